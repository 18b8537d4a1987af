"""Needs against sites: verdicts, near misses, and what nobody knows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foncier.errors import ConfigError
from foncier.i18n import Localized
from foncier.scoring import Condition, Tolerance, match

NAN = float("nan")


def sites(**more: Any) -> pd.DataFrame:
    row = {
        "opportunity_id": "a",
        "kind": "friche",
        "overall_rank": 1.0,
        "area_m2": 1000.0,
        "existing_m2": 400.0,
        "station_min": 10.0,
        **more,
    }
    return pd.DataFrame([row])


def asked(measure: str, **more: Any) -> Condition:
    return Condition(measure, measure, Localized(measure, measure), "m²", **more)


CASES: dict[str, tuple[dict[str, Any], Condition, str, float, str]] = {
    # name: site, condition; verdict, what is short, outcome
    "large enough": ({}, asked("area_m2", at_least=1000), "yes", NAN, "fits"),
    "a little short": ({}, asked("area_m2", at_least=1100), "no", 100, "near_miss"),
    "far too short": ({}, asked("area_m2", at_least=4000), "no", 3000, "no"),
    "too large": ({}, asked("area_m2", at_least=100, at_most=900), "no", 100, "near_miss"),
    "near enough": ({}, asked("station_min", at_most=10), "yes", NAN, "fits"),
    "a little far": ({}, asked("station_min", at_most=9), "no", 1, "near_miss"),
    "unreachable is unknown": (
        {"station_min": NAN},
        asked("station_min", at_most=9),
        "unknown",
        NAN,
        "to_check",
    ),
    "of the kind": ({}, asked("kind", any_of=("friche",)), "yes", NAN, "fits"),
    "another kind is never a near miss": (
        {"kind": "dent_creuse"},
        asked("kind", any_of=("friche",)),
        "no",
        NAN,
        "no",
    ),
    "footprint holds the floor": ({}, asked("floor_m2", at_least=400), "yes", NAN, "fits"),
    "storeys may hold it": ({}, asked("floor_m2", at_least=900), "unknown", NAN, "to_check"),
    "no building, no floor": (
        {"existing_m2": 0.0},
        asked("floor_m2", at_least=50),
        "no",
        NAN,
        "no",
    ),
    "buildings not known": (
        {"existing_m2": NAN},
        asked("floor_m2", at_least=50),
        "unknown",
        NAN,
        "to_check",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_one_condition(case: str) -> None:
    more, condition, verdict, short, outcome = CASES[case]
    table = sites(**more)
    before = table.copy(deep=True)
    matches, checks = match(table, [condition])
    assert checks["verdict"].tolist() == [verdict]
    assert np.array_equal(checks["short"], [short], equal_nan=True)
    assert matches["outcome"].tolist() == [outcome]
    assert table.equals(before)


def test_near_misses_are_few_and_small() -> None:
    three = [
        asked("area_m2", at_least=1100),
        asked("station_min", at_most=9),
        asked("existing_m2", at_least=420),
    ]
    assert match(sites(), three[:2])[0]["outcome"].tolist() == ["near_miss"]
    assert match(sites(), three)[0]["outcome"].tolist() == ["no"]
    assert match(sites(), three, Tolerance(0.25, 3))[0]["outcome"].tolist() == ["near_miss"]
    assert match(sites(), three[:1], Tolerance(0.05, 3))[0]["outcome"].tolist() == ["no"]


def test_the_best_come_first() -> None:
    table = pd.concat(
        [
            sites(opportunity_id="no", area_m2=10.0),
            sites(opportunity_id="near", area_m2=900.0),
            sites(opportunity_id="second", rank=2.0),
            sites(opportunity_id="unranked", rank=NAN),
            sites(opportunity_id="first"),
            sites(opportunity_id="ask", area_m2=NAN),
        ]
    )
    matches, checks = match(table, [asked("area_m2", at_least=1000)])
    order = ["first", "second", "unranked", "ask", "near", "no"]
    assert matches["opportunity_id"].tolist() == order
    assert len(checks) == 6


def test_empty_and_wrong_needs() -> None:
    condition = asked("area_m2", at_least=1)
    matches, checks = match(sites().iloc[:0], [condition])
    assert matches.empty
    assert checks.empty
    with pytest.raises(ConfigError, match="aucune condition"):
        match(sites(), [])
    with pytest.raises(ConfigError, match="station_min"):
        match(sites(), [asked("campus_min", at_most=9)])


VALUE = st.one_of(st.just(NAN), st.floats(0, 5000))


@settings(max_examples=15, deadline=None)
@given(values=st.lists(VALUE, min_size=1, max_size=8), least=st.floats(1, 5000))
def test_a_site_is_judged_alone_and_the_unknown_never_fails(
    values: list[float], least: float
) -> None:
    table = pd.concat([sites(opportunity_id=f"s{n}", area_m2=v) for n, v in enumerate(values)])
    condition = asked("area_m2", at_least=least)
    whole = match(table, [condition])[0].set_index("opportunity_id")
    for n, value in enumerate(values):
        alone = match(table.iloc[[n]], [condition])[0]
        assert alone["outcome"].tolist() == [whole.loc[f"s{n}", "outcome"]]
        assert (alone["to_check"] == 1).tolist() == [np.isnan(value)]


def test_of_two_bounds_the_one_that_is_not_kept_is_told() -> None:
    """1 000 m² against 100 to 900, then against 1 100 to 2 000."""
    for low, high, side, bound in ((100, 900, "at_most", 900), (1100, 2000, "at_least", 1100)):
        checks = match(sites(), [asked("area_m2", at_least=low, at_most=high)])[1]
        told = checks.loc[checks["verdict"] == "no"].iloc[0]
        assert (told["side"], told["bound"]) == (side, bound)
