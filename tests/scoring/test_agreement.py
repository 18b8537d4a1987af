"""TOPSIS, the Pareto front and the agreement of two rankings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pymcdm  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.stats import rankdata

from foncier.i18n import Localized
from foncier.model import Criterion
from foncier.scoring import agreement, scores
from foncier.scoring.agreement import comparable, pareto, topsis_ranks

from .test_ranking import CRITERIA, NAN, sites

EVEN = np.ones(2)
FRONTS: dict[str, tuple[list[list[float]], list[bool | None]]] = {
    "none": ([], []),
    "alone": ([[0, 0]], [True]),
    "one beats the other": ([[1, 1], [0.5, 1]], [True, False]),
    "each is better somewhere": ([[1, 0], [0, 1], [0.5, 0.5]], [True, True, True]),
    "equal ones are both on it": ([[1, 0], [1, 0], [0.9, 0]], [True, True, False]),
    "equal to the ninth decimal": ([[0.5, 0.5], [0.5 + 1e-12, 0.5]], [True, True]),
    "a gap cannot be compared": ([[1, NAN], [0, 0]], [None, True]),
    "a criterion without any measure is left out": ([[1, NAN], [0, NAN]], [True, False]),
    "nothing known": ([[NAN, NAN]], [None]),
}


@pytest.mark.parametrize("case", FRONTS)
def test_the_front(case: str) -> None:
    rows, expected = FRONTS[case]
    criterion_scores = np.array(rows, dtype=float).reshape(-1, 2)
    assert pareto(criterion_scores, EVEN).tolist() == expected


def test_a_criterion_without_weight_does_not_put_a_site_on_the_front() -> None:
    criterion_scores = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert pareto(criterion_scores, np.array([1.0, 0.0])).tolist() == [True, False]
    assert comparable(criterion_scores, np.zeros(2))[0].tolist() == [False, False]


MARKS = arrays.arrays(
    float,
    st.tuples(st.integers(1, 40), st.integers(1, 4)),
    elements=st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]),
)


@settings(max_examples=30, deadline=None)
@given(criterion_scores=MARKS)
def test_sites_on_the_front_are_not_dominated_and_all_others_are(criterion_scores: Any) -> None:
    weights = np.ones(criterion_scores.shape[1])
    before = criterion_scores.copy()
    found = pareto(criterion_scores, weights).astype(bool)
    over = (criterion_scores[None] >= criterion_scores[:, None]).all(axis=2) & (
        criterion_scores[None] > criterion_scores[:, None]
    ).any(axis=2)
    assert (found == ~over.any(axis=1)).all()
    assert found[np.argmax(criterion_scores @ weights)], (
        "the first is on the front, whatever the weights"
    )
    assert (criterion_scores == before).all()


def test_the_front_by_blocks_equals_the_pairwise_front() -> None:
    criterion_scores = np.random.default_rng(7).random((5000, 3))
    found = pareto(criterion_scores, np.ones(3)).astype(bool)
    for row in np.flatnonzero(found)[:40]:
        assert not (
            (criterion_scores >= criterion_scores[row]).all(axis=1)
            & (criterion_scores > criterion_scores[row]).any(axis=1)
        ).any()
    for row in np.flatnonzero(~found)[:200]:
        assert (
            (criterion_scores >= criterion_scores[row]).all(axis=1)
            & (criterion_scores > criterion_scores[row]).any(axis=1)
        ).any()


def test_topsis_by_hand() -> None:
    """Distances to the best (1, 1) and the worst (0, 0) of two criteria of weight 0.5."""
    criterion_scores = np.array([[1, 0.5], [0.5, 1], [1, 1], [0, 0]])
    assert topsis_ranks(criterion_scores, EVEN).tolist() == [2, 2, 1, 4]
    # It prefers the even site to the one that is best and worst: the weighted mean does not.
    torn = np.array([[1, 0], [0.5, 0.5], [0, 1]])
    assert topsis_ranks(torn, np.array([3.0, 2.0])).tolist() == [1, 2, 3]


def test_topsis_ranks_as_pymcdm_does() -> None:
    generator = np.random.default_rng(4)
    criterion_scores = np.round(generator.random((300, 5)), 1)
    weights = np.array([0.4, 0.3, 0.2, 0.1, 0.0])
    method = pymcdm.methods.TOPSIS(normalization_function=lambda values, cost=False: values)
    theirs = method(criterion_scores, weights, np.ones(5), validation=False)
    expected = rankdata(-np.round(theirs, 9), method="min")
    assert topsis_ranks(criterion_scores, 10 * weights).tolist() == expected.tolist()


NO_RANK = {
    "one site": [[1.0, 0.0]],
    "all alike": [[0.5, 0.5], [0.5, 0.5]],
    "all with gaps": [[0.5, NAN], [NAN, 0.5]],
}


@pytest.mark.parametrize("case", NO_RANK)
def test_topsis_gives_no_rank_when_all_sites_are_equal(case: str) -> None:
    assert np.isnan(topsis_ranks(np.array(NO_RANK[case]), EVEN)).all()


def test_agreement_counts_the_sites_that_both_rank() -> None:
    same = scores(sites((1, 1, 0), (0.5, 0.5, 0.5), (0, 0, 1), (NAN, 1, 1)), CRITERIA, draws=10)
    assert np.array_equal(same["topsis_rank"], [1, 2, 3, NAN], equal_nan=True)
    found = agreement(same)
    assert found is not None
    assert (found.tau, found.sites) == (1.0, 3)
    assert agreement(scores(sites((1, 1, 0)), CRITERIA, draws=10)) is None
    assert agreement(scores(sites((1, 1, 0), (1, 1, 0)), CRITERIA, draws=10)) is None


def test_a_measure_that_a_site_lacks_stays_missing_to_the_end() -> None:
    """A site without a path has neither a TOPSIS rank nor a position on the front."""
    reach = Criterion(
        "gare", "station_min", Localized("Gare", "Station"), "min", 20, 3, 1, "METHODS"
    )
    table = sites((1, 1, 1), (0, 0, 0)).assign(station_min=[5.0, NAN])
    found: Any = scores(table, (*CRITERIA, reach), draws=10)
    assert np.isnan(found.loc[1, "gare"])
    assert np.isnan(found.loc[1, "topsis_rank"])
    assert found["pareto"].isna().tolist() == [False, True]


@pytest.mark.parametrize("site", [(1, 1, 0), (0, 0, 1), (0.5, NAN, 0.5)])
def test_adding_a_site_changes_no_other_score_and_weights_are_a_simplex(site: Any) -> None:
    table = sites((0.9, 0.2, 0.4), (0.3, 0.8, NAN))
    more = scores(sites((0.9, 0.2, 0.4), (0.3, 0.8, NAN), site), CRITERIA, draws=10)
    local = ["score", "score_low", "score_high", "coverage", "a", "b", "c"]
    alone = scores(table, CRITERIA, draws=10)
    assert more.iloc[:2][local].equals(alone[local])
    scaled = tuple(Criterion(**{**vars(c), "weight": c.weight * 7}) for c in CRITERIA)
    assert scores(table, scaled, draws=10)[local].equals(alone[local])


def test_topsis_ranks_two_sites_that_differ() -> None:
    assert topsis_ranks(np.array([[0.2, 0.2], [0.3, 0.2]]), EVEN).tolist() == [2, 1]


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_topsis_has_no_rank_where_each_criterion_is_the_same_for_all() -> None:
    """The two criteria differ from one another, the sites do not."""
    assert np.isnan(topsis_ranks(np.array([[1.0, 0.0]] * 3), EVEN)).all()


def test_topsis_measures_from_the_worst_of_each_criterion() -> None:
    """Not from the least score of all criteria, the 0 of the first one."""
    criterion_scores = np.array([[0.5, 0.4], [0.0, 0.2], [0.9, 0.2]])
    weights = np.array([0.3, 0.7])
    theirs = pymcdm.methods.TOPSIS(normalization_function=lambda values, cost=False: values)(
        criterion_scores, weights, np.ones(2), validation=False
    )
    assert (
        topsis_ranks(criterion_scores, weights).tolist() == rankdata(-theirs, method="min").tolist()
    )
    assert topsis_ranks(criterion_scores, weights).tolist() == [2, 3, 1]


@pytest.mark.parametrize(
    ("step", "ranks", "front"),
    [
        (1e-8, [2, 1, 3], [False, True, False]),
        (3e-10, [1, 1, 3], [True, True, False]),
    ],
)
def test_scores_that_differ_at_the_ninth_decimal_differ(
    step: float, ranks: list[int], front: list[bool]
) -> None:
    criterion_scores = np.array([[0.5, 0.5], [0.5 + step, 0.5], [0.0, 0.0]])
    assert topsis_ranks(criterion_scores, EVEN).tolist() == ranks
    assert pareto(criterion_scores, EVEN).tolist() == front


def table_of_ranks(rank: list[float], topsis: list[float]) -> Any:
    frame = sites(*[(1, 1, 1)] * len(rank))
    score = 1 - np.array(rank, dtype=float) / 10
    return frame.assign(score=score, topsis_rank=topsis, other=NAN)


def test_agreement_is_kendall_s_tau_over_the_sites_that_both_rank() -> None:
    """Two of three pairs agree; missing values of other columns have no effect."""
    found = agreement(table_of_ranks([1, 2, 3, 4, NAN], [2, 1, 3, NAN, 4]))
    assert found is not None
    assert (found.method, found.sites) == ("TOPSIS", 3)
    assert found.tau == pytest.approx(1 / 3)
    two = agreement(table_of_ranks([1, 2], [2, 1]))
    assert two is not None
    assert (two.tau, two.sites) == (-1, 2)


@pytest.mark.parametrize(
    ("rank", "topsis"), [([1, NAN], [1, 2]), ([1, 1, 1], [1, 2, 3]), ([1, 2, 3], [1, 1, 1])]
)
def test_there_is_no_agreement_of_one_site_nor_of_a_flat_order(
    rank: list[float], topsis: list[float]
) -> None:
    assert agreement(table_of_ranks(rank, topsis)) is None
