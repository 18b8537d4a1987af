"""Shares, intervals, AUC and calibration: by hand and by properties."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foncier.validation import discrimination, estimates, metrics

KINDS = ("friche", "dent_creuse", "batiment_non_affecte", "terrain_divisible")


def found(*rows: tuple[str, float, Any]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["kind", "confidence", "holds"])
    return table.assign(
        opportunity_id=[f"S{n}" for n in range(len(table))],
        confidence=table["confidence"].astype("float64"),
        holds=pd.array(table["holds"].tolist(), dtype="boolean"),
        verdict=None,
    )


def wanted(*rows: tuple[str, float, bool]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["kind", "confidence", "hit"])
    return table.astype({"confidence": "float64", "hit": "bool"}).assign(
        truth_id=[f"T{n}" for n in range(len(table))], opportunity_id=None
    )


@pytest.mark.parametrize(
    ("true", "judged", "expected"),
    [
        (0, 0, (math.nan, 0.0, 1.0)),
        (0, 10, (0.0, 0.0, 0.2775)),
        (10, 10, (1.0, 0.7225, 1.0)),
        (4, 20, (0.2, 0.0807, 0.4160)),
        (81, 263, (0.3080, 0.2553, 0.3662)),
    ],
)
def test_wilson_by_known_cases(
    true: int, judged: int, expected: tuple[float, float, float]
) -> None:
    """The last case is that of Newcombe (1998), method 3."""
    np.testing.assert_allclose(metrics.wilson(true, judged), expected, atol=1e-4)


@given(st.integers(0, 400), st.integers(0, 400))
def test_an_interval_holds_its_share_and_stays_in_bounds(a: int, b: int) -> None:
    share, low, high = metrics.wilson(min(a, b), max(a, b))
    assert 0 <= low <= high <= 1
    assert math.isnan(share) == (max(a, b) == 0)
    assert math.isnan(share) or low <= share <= high


@pytest.mark.parametrize(
    ("name", "sites", "truths", "figures"),
    [
        (
            "nothing known",
            [("friche", 0.9, None)],
            [],
            {"found": 1, "judged": 0, "true": 0, "wanted": 0},
        ),
        (
            "all true",
            [("friche", 0.9, True)] * 3,
            [("friche", 0.9, True)] * 3,
            {"precision": 1.0, "recall": 1.0, "f1": 1.0, "wanted": 3},
        ),
        (
            "all false",
            [("friche", 0.9, False)] * 2,
            [("friche", math.nan, False)],
            {"precision": 0.0, "recall": 0.0, "f1": 0.0},
        ),
        (
            "half",
            [("friche", 0.9, True), ("friche", 0.4, False), ("friche", 0.5, None)],
            [("friche", 0.9, True), ("friche", math.nan, False)],
            {"precision": 1 / 3, "recall": 0.5, "f1": 0.4, "judged": 2, "found": 3},
        ),
        ("no site", [], [("friche", math.nan, False)], {"found": 0, "recall": 0.0}),
    ],
)
def test_figures_of_a_list(name: str, sites: Any, truths: Any, figures: dict[str, float]) -> None:
    got = estimates.by_kind(found(*sites), wanted(*truths), KINDS).iloc[-1]
    assert got["kind"] == "ensemble", name
    for column, value in figures.items():
        assert got[column] == pytest.approx(value), column
    if not figures.get("judged", 1):
        assert math.isnan(got["precision"])
        assert math.isnan(got["f1"])


def test_each_kind_has_its_row_and_an_unknown_kind_counts_in_all() -> None:
    table = estimates.by_kind(
        found(("friche", 0.9, True), ("dent_creuse", math.nan, False)),
        wanted(("friche", 0.9, True), ("batiment_non_affecte", math.nan, False)),
        KINDS,
    )
    assert table["kind"].tolist() == ["friche", "dent_creuse", "batiment_non_affecte", "ensemble"]
    assert table["precision"].tolist()[:2] == [1.0, 0.0]
    assert table.loc[2, "recall"] == 0
    assert table.loc[3, "recall"] == 0.5


def test_recall_of_a_band_is_that_of_a_list_that_stops_there() -> None:
    sites = found(
        ("friche", 0.9, True),
        ("friche", 0.4, True),
        ("friche", 0.35, False),
        ("dent_creuse", math.nan, True),
    )
    truths = wanted(
        ("friche", 0.9, True),
        ("friche", 0.4, True),
        ("friche", math.nan, False),
        ("dent_creuse", math.nan, True),
    )
    table = estimates.by_band(sites, truths, KINDS).set_index(["kind", "band"])
    assert table.loc[("friche", "0.3-0.6"), "recall"] == pytest.approx(2 / 3)
    assert table.loc[("friche", "0.85-1"), "recall"] == pytest.approx(1 / 3)
    assert table.loc[("friche", "0.3-0.6"), "precision"] == 0.5
    # A plot bears no confidence: it is in no band, and no truth of its kind counts as missed.
    assert table.loc[("ensemble", "0.3-0.6"), "wanted"] == 3


def test_calibration_and_its_rise() -> None:
    sites = found(
        ("friche", 0.2, False),
        ("friche", 0.2, False),
        ("friche", 0.5, True),
        ("friche", 0.5, False),
        ("friche", 0.9, True),
        ("friche", 0.95, None),
    )
    table = estimates.calibration(sites)
    assert table["seen"].tolist() == [0.0, 0.5, 1.0]
    assert table["judged"].tolist() == [2, 2, 1]
    assert metrics.is_increasing(table) is True
    assert metrics.is_increasing(table.iloc[::-1]) is False
    assert metrics.is_increasing(table.iloc[:1]) is None
    flat = found(("friche", 0.2, True), ("friche", 0.9, True))
    assert metrics.is_increasing(estimates.calibration(flat)) is False


def test_auc_and_brier_by_hand() -> None:
    sites = found(
        ("friche", 0.9, True),
        ("friche", 0.4, False),
        ("friche", 0.4, True),
        ("dent_creuse", math.nan, False),
    )
    told = discrimination(sites)
    assert told.auc.value == pytest.approx(0.75)  # one pair won, one tied
    assert told.auc.low <= 0.75 <= told.auc.high
    assert told.brier.value == pytest.approx((0.01 + 0.16 + 0.36) / 3)
    assert told.brier_base == pytest.approx((2 * (1 / 9) + 4 / 9) / 3)
    one = found(("friche", 0.9, True))
    assert math.isnan(discrimination(one).auc.value)
    assert math.isnan(discrimination(found(("friche", math.nan, True))).brier.value)


SITE = st.tuples(
    st.sampled_from(KINDS),
    st.floats(0, 1) | st.just(math.nan),
    st.sampled_from([True, False, None]),
)
TRUTH = st.tuples(st.sampled_from(KINDS), st.floats(0, 1) | st.just(math.nan), st.booleans())


@given(st.lists(SITE, max_size=20), st.lists(TRUTH, max_size=20), st.randoms())
@settings(max_examples=20, deadline=None)
def test_any_list_has_shares_in_bounds_that_no_shuffle_changes(
    sites: Any, truths: Any, random: Any
) -> None:
    one, sought = found(*sites), wanted(*truths)
    order, other = list(range(len(one))), list(range(len(sought)))
    random.shuffle(order)
    random.shuffle(other)
    for table, again in (
        (
            estimates.by_kind(one, sought, KINDS),
            estimates.by_kind(one.iloc[order], sought.iloc[other], KINDS),
        ),
        (
            estimates.by_band(one, sought, KINDS),
            estimates.by_band(one.iloc[order], sought.iloc[other], KINDS),
        ),
    ):
        pd.testing.assert_frame_equal(table, again)
        for name in ("precision", "recall"):
            known = table[name].dropna()
            assert known.between(0, 1).all()
            assert (table[f"{name}_low"] <= table[name].fillna(1)).all()
            assert (table[f"{name}_high"] >= table[name].fillna(0)).all()
    value = discrimination(one).auc.value
    assert math.isnan(value) or 0 <= value <= 1
    assert value == pytest.approx(discrimination(one.iloc[order]).auc.value, nan_ok=True)
