"""The rank: score × confidence × availability, low confidence last, one line a family."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foncier.i18n import Localized
from foncier.model import Criterion, RankOrder
from foncier.scoring import scores

NAME = Localized("a", "a")
CRITERIA = (
    Criterion("a", "a_x", NAME, "", 0, 1, 2, "METHODS §7"),
    Criterion("b", "b_x", NAME, "", 0, 1, 1, "METHODS §7"),
)


def sites(*rows: dict[str, Any]) -> pd.DataFrame:
    usual = {
        "a_x": 0.5,
        "b_x": 0.5,
        "confidence": 0.8,
        "availability": 0.5,
        "availability_class": "a_confirmer",
        "family": None,
        "kind": "friche",
    }
    table = pd.DataFrame([{**usual, **row} for row in rows])
    table = table.astype({"confidence": float, "availability": float, "family": "str"})
    return table.assign(opportunity_id=[f"p{n:02d}" for n in range(len(rows))])


def ranked(table: pd.DataFrame, **how: Any) -> pd.DataFrame:
    return scores(table, CRITERIA, draws=50, **how)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"availability": 0.9}, {"a_x": 0.9, "b_x": 0.9, "availability": 0.4}),
        ({"confidence": 0.9}, {"a_x": 0.6, "confidence": 0.4}),
        ({"confidence": 0.31, "a_x": 0.0}, {"confidence": 0.29, "a_x": 1.0, "b_x": 1.0}),
        ({"confidence": 0.6}, {"confidence": None}),
        ({"confidence": None}, {"confidence": 0.4}),
        ({"a_x": 0.0}, {"availability_class": "pris", "a_x": 1.0}),
    ],
)
def test_of_two_sites_the_better_offer_is_first(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    for rows in ((first, second), (second, first)):
        found = ranked(sites(*rows))
        assert found["overall_rank"].iloc[rows.index(first)] == 1
        assert found["overall_rank"].iloc[rows.index(second)] in (
            2.0,
            pytest.approx(np.nan, nan_ok=True),
        )


def test_a_site_of_low_confidence_never_leads() -> None:
    rows = [{"confidence": 0.26, "a_x": 1.0, "b_x": 1.0, "availability": 1.0}]
    rows += [{"a_x": 0.1, "b_x": 0.0, "availability": 1e-4} for _ in range(5)]
    found = ranked(sites(*rows))
    assert found["overall_rank"].tolist() == [6, 1, 1, 1, 1, 1]
    assert found["rank_low"].iloc[0] == 6


def test_a_taken_site_is_apart_unless_the_study_ranks_it() -> None:
    table = sites({"availability_class": "pris", "a_x": 1.0}, {})
    apart = ranked(table).iloc[0]
    figures = ["overall_rank", "rank_low", "rank_high", "top20_share", "topsis_rank", "pareto"]
    assert apart[figures].isna().all()
    assert apart["score"] > 0
    kept = ranked(table, order=RankOrder(rank_taken=True))
    assert kept["overall_rank"].tolist() == [1, 2]


def test_a_family_is_one_line_with_the_rank_of_its_best_member() -> None:
    table = sites(
        {"family": "F", "a_x": 0.9},
        {"family": "F", "a_x": 0.1},
        {"a_x": 0.5},
        {"family": "G", "a_x": 0.2},
        {"family": "F", "a_x": 1.0, "availability_class": "pris"},
    )
    found = ranked(table)
    assert found["overall_rank"].tolist()[:4] == [1, 1, 2, 3]
    assert found["line"].tolist() == ["p00", "p00", "p02", "p03", "p00"]
    assert found["rank_high"].max() <= 3


def test_without_availability_the_score_ranks() -> None:
    table = sites({"a_x": 0.4, "confidence": 0.9}, {"a_x": 0.6, "confidence": 0.1})
    found = ranked(table.drop(columns=["availability", "availability_class"]))
    assert found["overall_rank"].tolist() == [2, 1]
    assert found["rank_factor"].tolist() == [1, 1]


def test_the_value_is_the_product() -> None:
    found = ranked(sites({"a_x": 0.9, "b_x": 0.3, "confidence": 0.5, "availability": 0.2})).iloc[0]
    assert found["rank_factor"] == pytest.approx(0.1)
    assert found["rank_value"] == pytest.approx(0.7 * 0.1)


def test_a_kind_may_have_bounds_of_its_own() -> None:
    own = (Criterion("a", "a_x", NAME, "", 300, 5000, 1, "", {"batiment_non_affecte": (50, 500)}),)
    table = sites({"a_x": 275.0}, {"a_x": 275.0, "kind": "batiment_non_affecte"})
    assert scores(table, own, draws=10)["score"].tolist() == [0, 0.5]


ROW = st.fixed_dictionaries(
    {
        "a_x": st.sampled_from((0.0, 0.3, 0.9, None)),
        "b_x": st.sampled_from((0.1, 0.5, 1.0)),
        "confidence": st.sampled_from((None, 0.1, 0.5, 0.9)),
        "availability": st.sampled_from((0.0, 1e-5, 0.2, 0.9)),
        "availability_class": st.sampled_from(("pret", "a_confirmer", "pris")),
        "family": st.sampled_from((None, "F", "G")),
    }
)


@settings(max_examples=40, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=12), ROW)
def test_adding_a_site_changes_no_figure_and_no_order_of_others(
    rows: list[dict[str, Any]], other: dict[str, Any]
) -> None:
    alone, more = ranked(sites(*rows)), ranked(sites(*rows, {**other, "family": None}))
    figures = ["score", "score_low", "score_high", "coverage", "rank_factor", "rank_value", "line"]
    pd.testing.assert_frame_equal(more.iloc[: len(rows)][figures], alone[figures])
    before = alone["overall_rank"].dropna()
    after = more["overall_rank"].reindex(before.index)
    assert (before.rank(method="dense") == after.rank(method="dense")).all()


@settings(max_examples=40, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=12))
def test_ranks_follow_the_stated_order(rows: list[dict[str, Any]]) -> None:
    table = sites(*rows)
    found = ranked(table)
    there = found["overall_rank"].notna()
    assert not (there & (table["availability_class"] == "pris")).any()
    kept = found[there].assign(last=table["confidence"] < 0.3)
    heads = kept[kept["line"] == kept["opportunity_id"]].sort_values("overall_rank")
    assert heads["last"].is_monotonic_increasing
    for _, group in heads.groupby("last"):
        assert (-group["rank_value"].round(9)).is_monotonic_increasing
    lines = kept.groupby("line")["overall_rank"].nunique()
    assert (lines == 1).all()
    assert kept["overall_rank"].max() <= len(heads) if len(heads) else True
