"""Marks from measures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foncier.errors import ConfigError
from foncier.scoring import value_function

NAN = float("nan")
CASES: dict[str, Any] = {
    # name: values, worst, best, marks
    "increasing": ([0, 5, 10, 20], 0, 10, [0, 0.5, 1, 1]),
    "decreasing": ([0, 3, 11.5, 20, 99], 20, 3, [1, 1, 0.5, 0, 0]),
    "missing stays missing": ([NAN, 5], 0, 10, [NAN, 0.5]),
    "infinite is the bound": ([np.inf, -np.inf], 20, 3, [0, 1]),
    "none": ([], 0, 1, []),
}


@pytest.mark.parametrize("case", CASES)
def test_a_ramp_marks_from_worst_to_best(case: str) -> None:
    values, worst, best, marks = CASES[case]
    assert np.array_equal(value_function(values, worst=worst, best=best), marks, equal_nan=True)


@pytest.mark.parametrize("bounds", [(3, 3), (NAN, 1), (0, np.inf)])
def test_a_ramp_needs_two_bounds(bounds: tuple[float, float]) -> None:
    with pytest.raises(ConfigError, match="worst"):
        value_function([1.0], worst=bounds[0], best=bounds[1])


@given(
    values=st.lists(st.floats(-1e9, 1e9)),
    worst=st.floats(-1e6, 1e6),
    width=st.floats(1e-3, 1e6),
    sign=st.sampled_from([-1, 1]),
)
def test_marks_stay_between_0_and_1_and_in_order(
    values: list[float], worst: float, width: float, sign: int
) -> None:
    values = sorted(values)
    marks = value_function(values, worst=worst, best=worst + sign * width)
    assert ((marks >= 0) & (marks <= 1)).all()
    assert (np.diff(marks) * sign >= 0).all()


def test_the_error_of_equal_bounds_names_them() -> None:
    with pytest.raises(ConfigError) as refused:
        value_function([1.0], worst=3, best=3)
    assert refused.value.id == "scoring.criteria.bounds_not_distinct"
    assert refused.value.params == {"worst": 3, "best": 3}


def test_a_mark_of_nothing_is_0_and_never_minus_0() -> None:
    """Equal marks are equal bytes."""
    assert not np.signbit(value_function([20.0, 25.0], worst=20, best=3)).any()


def test_whole_numbers_and_unknown_ones_are_read_as_numbers() -> None:
    assert np.array_equal(
        value_function(np.array([None, 5], dtype=object), worst=0, best=10),
        [NAN, 0.5],
        equal_nan=True,
    )
