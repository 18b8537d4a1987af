"""Scores, ranks and their robustness."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from foncier import schemas
from foncier.errors import ConfigError
from foncier.i18n import Localized
from foncier.model import Criterion
from foncier.scoring import ranking, scores

NAN = float("nan")


def criterion(name: str, weight: float, *, worst: float = 0, best: float = 1) -> Criterion:
    return Criterion(
        name, f"{name}_x", Localized(name, name), "", worst, best, weight, "METHODS §7"
    )


CRITERIA = (criterion("a", 3), criterion("b", 2), criterion("c", 1, worst=1, best=0))


def sites(*rows: tuple[float, float, float]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["a_x", "b_x", "c_x"], dtype=float)
    return table.assign(opportunity_id=[f"p{i:02d}" for i in range(len(rows))])


CASES: dict[str, tuple[tuple[float, float, float], list[float]]] = {
    # name: measures of a, b, c; score, low, high, coverage
    "all known": ((1, 0.5, 1), [4 / 6, 4 / 6, 4 / 6, 1]),
    "one unknown": ((1, NAN, 1), [3 / 4, 3 / 6, 5 / 6, 4 / 6]),
    "one known": ((NAN, NAN, 0), [1, 1 / 6, 1, 1 / 6]),
    "nothing known": ((NAN, NAN, NAN), [NAN, 0, 1, 0]),
    "outside the bounds": ((9, -9, -9), [4 / 6, 4 / 6, 4 / 6, 1]),
}


@pytest.mark.parametrize("case", CASES)
def test_a_score_is_the_mean_of_what_is_known(case: str) -> None:
    row, expected = CASES[case]
    found = scores(sites(row), CRITERIA, draws=10).iloc[0]
    figures = found[["score", "score_low", "score_high", "coverage"]].to_numpy(dtype=float)
    assert np.allclose(figures, expected, equal_nan=True)
    ranks = found[["overall_rank", "rank_low", "rank_high"]]
    # Less than half of the weight known: a score, but no rank.
    assert ranks.isna().all() if expected[3] < 0.5 else (ranks == 1).all()


def test_a_site_below_the_least_coverage_has_a_score_and_no_rank() -> None:
    found = scores(sites((NAN, NAN, 0), (0.4, 0.4, 0.6)), CRITERIA, draws=10)
    assert found["score"].tolist()[0] == 1
    assert np.array_equal(found["overall_rank"], [NAN, 1], equal_nan=True)
    lenient = scores(sites((NAN, NAN, 0), (0.4, 0.4, 0.6)), CRITERIA, draws=10, min_coverage=0)
    assert lenient["overall_rank"].tolist() == [1, 2]


def test_full_coverage_is_exactly_one() -> None:
    thirds = tuple(criterion(name, 0.1) for name in "abc")
    assert scores(sites((1, 1, 0), (0, 0, 0)), thirds)["coverage"].tolist() == [1.0, 1.0]


def test_a_measure_that_is_absent_is_unknown() -> None:
    found = scores(sites((1, 1, 0)).drop(columns="b_x"), CRITERIA)
    assert found["coverage"].tolist() == pytest.approx([4 / 6])
    assert found["b"].isna().all()


def test_a_criterion_without_weight_counts_for_nothing() -> None:
    found = scores(sites((NAN, 1, 0)), (criterion("a", 1), criterion("b", 0)))
    assert found["coverage"].tolist() == [0]
    assert found[["score", "overall_rank"]].isna().all(axis=None)


def test_ranks_of_equal_sites_are_equal_and_the_next_follows() -> None:
    found = scores(
        sites((0.5, 0.5, 0.5), (1, 1, 0), (0.5, 0.5, 0.5), (0, 0, 1), (NAN,) * 3), CRITERIA
    )
    assert np.array_equal(found["overall_rank"], [2, 1, 2, 4, NAN], equal_nan=True)
    assert np.array_equal(found["rank_low"], [2, 1, 2, 4, NAN], equal_nan=True)
    assert np.array_equal(found["rank_high"], [2, 1, 2, 4, NAN], equal_nan=True)


def test_ranks_that_depend_on_the_weights_have_a_wide_interval() -> None:
    table = sites((1, 0, 0), (0, 1, 0), (0, 0, 1))
    even = (criterion("a", 1), criterion("b", 1), criterion("c", 1, worst=1, best=0))
    loose = scores(table, even, concentration=5)
    firm = scores(table, (criterion("a", 9), *even[1:]), concentration=1e6)
    assert loose.loc[:1, "rank_low"].tolist() == [1, 1]
    assert loose.loc[:1, "rank_high"].tolist() == [2, 2]
    assert (firm["rank_low"] == firm["rank_high"]).all()


def test_share_of_the_draws_among_the_first() -> None:
    table = sites((1, 1, 0), (1, 0, 0), (0, 1, 0), (NAN,) * 3)
    found = scores(table, CRITERIA, first=1)["top20_share"]
    assert np.array_equal(found, [1, 0, 0, NAN], equal_nan=True)
    middle = scores(table, CRITERIA, first=2)["top20_share"]
    assert middle[1] > middle[2] > 0


def test_the_same_seed_draws_the_same_and_blocks_change_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    generator = np.random.default_rng(1)
    table = sites(*map(tuple, generator.random((40, 3))))
    once = scores(table, CRITERIA)
    monkeypatch.setattr("foncier.scoring.ranking.TOGETHER", 7)
    monkeypatch.setattr("foncier.scoring.ranking.SITES", 3)
    monkeypatch.setattr("foncier.scoring.ranking.BLOCK", 120)
    pd.testing.assert_frame_equal(scores(table, CRITERIA), once, check_exact=True)
    assert not scores(table, CRITERIA, seed=2).equals(once)


def test_empty_table() -> None:
    found = scores(sites(), CRITERIA)
    assert list(found.columns) == [*schemas.SCORES.names, "a", "b", "c"]
    assert found.empty
    assert (found.dtypes[schemas.SCORES.names] == schemas.SCORES.empty().dtypes).all()


WRONG: dict[str, Any] = {
    "a negative weight": (
        (criterion("a", 1), criterion("b", -1)),
        "weight_not_positive",
    ),
    "a weight of NaN": ((criterion("a", NAN),), "weight_not_positive"),
    "weights of 0": ((criterion("a", 0),), "no_weight"),
    "no criterion": ((), "no_weight"),
    "the same name twice": (
        (criterion("a", 1), criterion("a", 1)),
        "name_repeated",
    ),
    "equal bounds": ((criterion("a", 1, worst=2, best=2),), "bounds_not_distinct"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_criteria_are_refused(case: str) -> None:
    criteria, message = WRONG[case]
    with pytest.raises(ConfigError) as refused:
        scores(sites((1, 1, 1)), criteria)
    assert refused.value.id == f"scoring.criteria.{message}"


MEASURE = st.one_of(st.just(NAN), st.floats(-2, 2), st.sampled_from([0.0, 0.3, 1.0]))
ROWS = st.lists(st.tuples(MEASURE, MEASURE, MEASURE), min_size=1, max_size=12)
LOCAL = ["opportunity_id", "score", "score_low", "score_high", "coverage", "a", "b", "c"]


@settings(max_examples=15, deadline=None)
@given(rows=ROWS, more=ROWS, seed=st.integers(0, 99))
def test_a_score_is_local_and_the_order_of_rows_is_nothing(
    rows: list[tuple[float, float, float]], more: list[tuple[float, float, float]], seed: int
) -> None:
    table = sites(*rows, *more)
    before = table.copy(deep=True)
    whole = scores(table, CRITERIA, draws=40)
    alone = scores(table.iloc[: len(rows)], CRITERIA, draws=40)
    pd.testing.assert_frame_equal(alone[LOCAL], whole.iloc[: len(rows)][LOCAL], check_exact=True)
    mixed = scores(table.sample(frac=1, random_state=seed), CRITERIA, draws=40)
    pd.testing.assert_frame_equal(mixed, whole, check_exact=True)
    assert table.equals(before)


@settings(max_examples=25, deadline=None)
@given(rows=ROWS, weights=st.tuples(*[st.floats(0, 9)] * 3).filter(lambda w: sum(w) > 1e-3))
def test_scores_stay_in_their_bounds(
    rows: list[tuple[float, float, float]], weights: tuple[float, float, float]
) -> None:
    criteria = tuple(criterion(n, w) for n, w in zip("abc", weights, strict=True))
    found = scores(sites(*rows), criteria, draws=40)
    known = found[found["score"].notna()]
    figures = found[["score_low", "score_high", "coverage"]].to_numpy(dtype=float)
    assert ((figures >= 0) & (figures <= 1)).all()
    assert (known["score_low"] <= known["score"]).all()
    assert (known["score"] <= known["score_high"]).all()
    assert (found["score"].isna() == (found["coverage"] == 0)).all()
    ranked = found[found["overall_rank"].notna()]
    assert (ranked["coverage"] >= 0.5 - 1e-9).all()
    assert (ranked["rank_low"] <= ranked["rank_high"]).all()
    assert ranked["overall_rank"].between(1, max(len(ranked), 1)).all()
    doubled = tuple(criterion(n, 2 * w) for n, w in zip("abc", weights, strict=True))
    pd.testing.assert_frame_equal(scores(sites(*rows), doubled, draws=40), found)


KNOWN = st.one_of(st.just(NAN), st.floats(0, 1), st.sampled_from([0.0, 0.3, 0.3 + 1e-11, 1.0]))


@settings(max_examples=30, deadline=None)
@given(
    rows=st.lists(st.tuples(KNOWN, KNOWN, KNOWN), min_size=1, max_size=12),
    weights=st.tuples(*[st.sampled_from([0.0, 1e-9, 0.1, 0.7, 3.0])] * 3),
)
def test_many_draws_give_the_means_and_the_ranks_of_one(
    rows: list[tuple[float, float, float]], weights: tuple[float, float, float]
) -> None:
    criterion_scores, own = np.array(rows), np.array(weights)
    with np.errstate(invalid="ignore"):  # all weights 0: nothing is covered
        alone, _, _ = ranking._weighted_mean(criterion_scores, own)
    together = ranking.WeightedMeans(criterion_scores).under(np.stack([own[::-1], own]))
    assert np.array_equal(together[1], alone, equal_nan=True)
    known = together[:, ~np.isnan(together).any(axis=0)]
    assert ranking.rank_rows(known).tolist() == ranking._ranks(known).tolist()


def test_the_table_has_the_columns_of_the_schema_then_one_per_criterion() -> None:
    found = scores(sites((1, 0.25, 0.6), (NAN, 2, -1)), CRITERIA, draws=10)
    assert list(found.columns) == [*schemas.SCORES.names, "a", "b", "c"]
    assert np.allclose(found[["a", "b", "c"]], [[1, 0.25, 0.4], [NAN, 1, 1]], equal_nan=True)


def test_topsis_and_the_front_compare_the_sites_without_a_gap() -> None:
    found = scores(sites((0.5, 0.4, 0.5), (1, 1, 0), (1, NAN, 0)), CRITERIA, draws=10)
    assert np.array_equal(found["topsis_rank"], [2, 1, NAN], equal_nan=True)
    assert found["pareto"].tolist() == [False, True, pd.NA]


def test_unless_stated_weights_are_drawn_as_the_method_says() -> None:
    """1 000 draws at a concentration of 50, half of the weight known, the 20 first.

    Of the last two sites 45 and 55 % of the weight are known.
    """
    criteria = (criterion("a", 45), criterion("b", 45), criterion("c", 10, worst=1, best=0))
    generator = np.random.default_rng(3)
    table = sites(*map(tuple, generator.random((40, 3))), (NAN, 0.9, NAN), (0.5, NAN, 0.1))
    stated = scores(
        table, criteria, draws=1000, seed=80021, concentration=50.0, min_coverage=0.5, first=20
    )
    found = scores(table, criteria)
    pd.testing.assert_frame_equal(found, stated, check_exact=True)
    assert found["overall_rank"].isna().tolist() == [False] * 40 + [True, False]


@pytest.mark.parametrize("share", [0.14, 0.2, 0.26])
def test_a_weight_of_a_fifth_is_drawn_at_a_fifth_give_or_take_6_percent(share: float) -> None:
    """The first site is first where the sampled weight of a exceeds ``share``: a beta law."""
    table = sites((1, 0, NAN), (0, share / (1 - share), NAN))
    found = scores(table, (criterion("a", 1), criterion("b", 4)), draws=4000, first=1)
    assert found["top20_share"][0] == pytest.approx(beta(10, 40).sf(share), abs=0.02)


@pytest.mark.parametrize(("least", "ranked"), [(0.5, True), (0.51, False), (0.0, True)])
def test_a_site_is_ranked_from_the_least_share_of_the_weight_known(
    least: float, *, ranked: bool
) -> None:
    """Half of the weight is known; a site without any known criterion is never ranked."""
    table = sites((1, NAN, NAN), (NAN, NAN, NAN))
    found = scores(table, CRITERIA, draws=10, min_coverage=least)
    assert found["coverage"].tolist() == pytest.approx([0.5, 0])
    assert found["overall_rank"].notna().tolist() == [ranked, False]


def test_six_tenths_of_the_weight_are_less_than_seven() -> None:
    found = scores(sites((1, 0, NAN)), (criterion("a", 6), criterion("c", 4)), min_coverage=0.7)
    assert found["overall_rank"].isna().all()


def test_scores_equal_to_the_ninth_decimal_are_equal() -> None:
    found = scores(
        sites((0.5, 0.5, 0.5), (0.5 + 1e-8, 0.5, 0.5), (0.5 + 1e-10, 0.5, 0.5)), CRITERIA
    )
    assert found["overall_rank"].tolist() == [2, 1, 2]
    assert found["rank_high"].tolist() == [2, 1, 2]


def test_coverage_is_one_where_the_shares_of_the_weights_do_not_add_up_to_one() -> None:
    """4, 3.5 and 3.5 of 11, as shares, add up to a last bit less than 1."""
    three = (criterion("a", 4), criterion("b", 3.5), criterion("c", 3.5))
    found = scores(sites((1, 1, 1)), three, draws=10)
    assert found[["score", "score_low", "score_high", "coverage"]].to_numpy().tolist() == [[1] * 4]


def test_where_what_is_known_draws_no_weight_the_chosen_weights_hold() -> None:
    """A weight of 1e-9 is nearly always sampled at 0: its mean would be unknown."""
    tiny = (criterion("a", 1), criterion("b", 1), criterion("c", 1e-9, worst=1, best=0))
    found = scores(sites((0.9, 0.9, 1), (NAN, NAN, 0)), tiny, draws=50, min_coverage=0)
    assert found["overall_rank"].tolist() == [2, 1]
    assert found[["rank_low", "rank_high"]].to_numpy().tolist() == [[2, 2], [1, 1]]


def test_the_bounds_of_the_ranks_are_ranks_that_were_drawn() -> None:
    """5 and 95 % of seven draws lie between two of them: no rank of 1.3."""
    table = sites(*map(tuple, np.random.default_rng(5).random((30, 3))))
    found = scores(table, CRITERIA, draws=7, concentration=5)[["rank_low", "rank_high"]]
    assert (found % 1 == 0).all(axis=None)


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_the_unknown_raises_no_warning() -> None:
    found = scores(sites((NAN, NAN, NAN), (1, NAN, 0), (NAN, NAN, 0)), CRITERIA, draws=10)
    assert found["score"].isna().tolist() == [True, False, False]


def test_a_nullable_column_is_read_with_its_gaps() -> None:
    table = sites((1, 1, 0), (0, 0, 1)).astype({"a_x": "Int64"})
    table.loc[1, "a_x"] = pd.NA
    assert np.array_equal(scores(table, CRITERIA, draws=10)["a"], [1, NAN], equal_nan=True)


def test_errors_name_the_wrong_criteria() -> None:
    with pytest.raises(ConfigError) as twice:
        scores(sites((1, 1, 1)), (criterion("a", 1), criterion("b", 1), criterion("a", 1)))
    assert twice.value.params == {"names": ["a", "b", "a"]}
    with pytest.raises(ConfigError) as negative:
        scores(sites((1, 1, 1)), (criterion("a", 1), criterion("b", -1), criterion("c", -2)))
    assert negative.value.params == {"name": "b", "weight": -1}
