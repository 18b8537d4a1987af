"""Stratified random sampling of visits, reproducible."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foncier.validation import strata, visit_plan
from foncier.validation.sampling import allocation

from .test_metrics import KINDS, SITE, found


def table(*rows: tuple[int, int, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["sites", "judged", "share"])


@pytest.mark.parametrize(
    ("name", "rows", "visits", "expected"),
    [
        ("none", [], 5, []),
        ("one visit each before two", [(100, 0, 0.5), (2, 0, 0.5)], 2, [1, 1]),
        ("as the sizes", [(10, 0, 0.5), (90, 0, 0.5)], 10, [1, 9]),
        ("where it is least sure", [(50, 0, 0.5), (50, 0, 0.98)], 20, [15, 5]),
        ("what is known counts", [(50, 10, 0.5), (50, 0, 0.5)], 10, [0, 10]),
        ("no more than there are", [(3, 1, 0.5), (2, 0, 0.5)], 50, [2, 2]),
        ("all known", [(3, 3, 0.5)], 5, [0]),
    ],
)
def test_allocation(name: str, rows: Any, visits: int, expected: list[int]) -> None:
    got = allocation(table(*rows), visits).tolist()
    if name == "where it is least sure":
        assert sum(got) == 20
        assert got[0] / got[1] == pytest.approx(0.5 / np.sqrt(0.98 * 0.02), rel=0.3)
    else:
        assert got == expected, name


def test_neyman_allocation_has_the_least_variance_of_all() -> None:
    """No other split of the visits gives a smaller variance of the estimated share."""
    rows = table((40, 0, 0.5), (30, 0, 0.2), (20, 0, 0.9))
    best = allocation(rows, 12)

    def variance(split: tuple[int, int, int]) -> float:
        size, share = rows["sites"].to_numpy(), rows["share"].to_numpy()
        return float((size**2 * share * (1 - share) / np.array(split)).sum())

    every = [(a, b, 12 - a - b) for a in range(1, 11) for b in range(1, 12 - a)]
    assert variance(tuple(best.tolist())) == pytest.approx(min(map(variance, every)))


def test_a_plan_leaves_out_judged_sites_and_gives_the_expected_interval() -> None:
    sites = found(
        *[("friche", 0.9, n < 3 or None) for n in range(20)],
        *[("dent_creuse", float("nan"), None)] * 10,
    )
    rows, told = visit_plan(sites, 8)[:2]
    known = set(sites.loc[sites["holds"].notna(), "opportunity_id"])
    assert len(rows) == 8
    assert not known & set(rows["opportunity_id"])
    assert told["chosen"].sum() == 8
    assert ((told["high_after"] - told["low_after"]) <= (told["high"] - told["low"])).all()
    assert told.loc[told["kind"] == "friche", "judged"].tolist() == [3]


def test_nothing_to_visit() -> None:
    rows, told = visit_plan(found(), 5)[:2]
    assert rows.empty
    assert told.empty
    assert strata(found()).empty
    rows = visit_plan(found(("friche", 0.9, True)), 5).rows
    assert rows.empty


@given(st.lists(SITE, min_size=1, max_size=25), st.integers(1, 30), st.randoms())
@settings(max_examples=20, deadline=None)
def test_the_same_plan_whatever_the_order(sites: Any, visits: int, random: Any) -> None:
    own = found(*sites)
    order = list(range(len(own)))
    random.shuffle(order)
    one, told = visit_plan(own, visits)[:2]
    two = visit_plan(own.iloc[order].reset_index(drop=True), visits).rows
    pd.testing.assert_frame_equal(one, two)
    free = int(own["holds"].isna().sum())
    assert len(one) == min(visits, free)
    assert one["opportunity_id"].is_unique
    assert set(told["kind"]) <= set(KINDS)
    assert (told["chosen"] <= told["sites"] - told["judged"]).all()


def test_another_seed_draws_other_sites() -> None:
    sites = found(*[("friche", 0.9, None)] * 40)
    one, two = (set(visit_plan(sites, 5, seed=seed)[0]["opportunity_id"]) for seed in (1, 2))
    assert one != two
