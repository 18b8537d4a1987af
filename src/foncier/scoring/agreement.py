"""Other rankings of the same sites: TOPSIS and the Pareto front."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from foncier.model import Agreement

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

DECIMALS = 9
FIRST = 64  # best sites compared before the whole front: they dominate most others
CELLS = 4_000_000  # pairs compared at once: 4 MB of booleans


def comparable(
    criterion_scores: Floats, weights: Floats
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Select the sites and the criteria for methods that accept no missing score.

    A criterion without weight, or missing for all sites, is left out; a site with a missing score
    on one of the other criteria cannot be compared.

    Returns
    -------
    Masks of the sites, shape (n,), and of the criteria, shape (k,).

    Examples
    --------
    >>> scores = np.array([[1, 0.5, np.nan], [0, np.nan, np.nan]])
    >>> comparable(scores, np.array([1.0, 1.0, 1.0]))
    (array([ True, False]), array([ True,  True, False]))
    """
    known = ~np.isnan(criterion_scores)
    used = (weights > 0) & known.any(axis=0)
    return np.asarray(known[:, used].all(axis=1) & used.any()), np.asarray(used)


def topsis_ranks(criterion_scores: Floats, weights: Floats) -> Floats:
    """Rank sites by TOPSIS: near the best of each criterion, far from the worst.

    The criterion scores are not normalised again (value functions give 0 to 1), so that only the
    aggregation differs from the score (Hwang & Yoon 1981).

    Parameters
    ----------
    criterion_scores
        Scores in [0, 1], NaN where unknown, shape (sites, criteria).
    weights
        Weights of the criteria, shape (criteria,).

    Returns
    -------
    Ranks, 1 is the best, ties share a rank; missing for a site that cannot be compared (see
    `comparable`), and for all sites when no two differ.
    """
    ranks = np.full(len(criterion_scores), np.nan)
    rows, used = comparable(criterion_scores, weights)
    compared = criterion_scores[np.ix_(rows, used)]
    if len(compared) < 2 or not (np.ptp(compared, axis=0) > 0).any():
        return ranks
    weighted = compared * (weights[used] / weights[used].sum())
    to_best, to_worst = (
        np.sqrt(((weighted - ideal) ** 2).sum(axis=1))
        for ideal in (weighted.max(axis=0), weighted.min(axis=0))
    )
    closeness = pd.Series(np.round(to_worst / (to_worst + to_best), DECIMALS))
    ranks[rows] = closeness.rank(method="min", ascending=False)
    return ranks


def pareto(criterion_scores: Floats, weights: Floats) -> NDArray[np.object_]:
    """Whether each site is on the Pareto front.

    A site is dominated when another is at least as good on all criteria and better on one.
    Whatever the weights, the first of a ranking is on the front.

    Parameters
    ----------
    criterion_scores, weights
        As for `topsis_ranks`; weights matter only by being 0 or not.

    Returns
    -------
    True, False, or None for a site that cannot be compared.

    Notes
    -----
    Sites are sorted by the sum of their scores, the best first: only an earlier site can dominate
    a later one, so each is compared with the front so far. Blocks limit the memory; the worst case
    (no site dominated) takes n² / 2 comparisons.

    Examples
    --------
    >>> scores = np.array([[1, 0], [0.5, 0.5], [0.4, 0.5], [0.4, np.nan]])
    >>> pareto(scores, np.array([1.0, 1.0])).tolist()
    [True, True, False, None]
    """
    found = np.full(len(criterion_scores), None, dtype=object)
    rows, used = comparable(criterion_scores, weights)
    # Integers: scores equal to nine decimals are equal, and sums are exact.
    whole = np.round(criterion_scores[np.ix_(rows, used)] * 10**DECIMALS).astype(np.int64)
    once, back = np.unique(whole, axis=0, return_inverse=True)
    if len(whole):
        found[rows] = _front(once)[back.reshape(-1)]
    return found


def _front(points: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether each of some distinct points is on the front."""
    order = np.argsort(-points.sum(axis=1), kind="stable")
    ordered = points[order]
    front = ordered[:0]
    on_front = np.zeros(len(points), dtype=bool)
    start = 0
    while start < len(ordered):
        stop = start + max(FIRST, CELLS // max(len(front), 1) // 8)
        block = np.arange(start, min(stop, start + 2048, len(ordered)))
        block = block[~_dominated(ordered[block], front[:FIRST])]
        block = block[~_dominated(ordered[block], front[FIRST:])]
        block = block[~_dominated(ordered[block], ordered[block])]
        on_front[block] = True
        front = np.concatenate([front, ordered[block]])
        start = min(stop, start + 2048)
    result = np.zeros(len(points), dtype=bool)
    result[order] = on_front
    return result


def _dominated(points: NDArray[np.int64], by: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether a point of ``by`` dominates each point.

    The points are distinct: a different point that is at least as good everywhere dominates.
    """
    over = np.ones((len(points), len(by)), dtype=bool)
    same = np.ones((len(points), len(by)), dtype=bool)
    for column in range(points.shape[1]):
        over &= by[None, :, column] >= points[:, None, column]
        same &= by[None, :, column] == points[:, None, column]
    return np.asarray((over & ~same).any(axis=1))


def agreement(scores: pd.DataFrame) -> Agreement | None:
    """Rank correlation between TOPSIS and the score.

    Parameters
    ----------
    scores
        Table of the schema ``SCORES``.

    Returns
    -------
    Kendall's tau-b over the sites with both ranks; None with fewer than two such sites, or when
    one of the two rankings is constant.
    """
    both = scores.dropna(subset=["score", "topsis_rank"])
    if len(both) < 2:
        return None
    from scipy.stats import kendalltau  # noqa: PLC0415 (slow to import)

    tau = kendalltau(-both["score"].round(DECIMALS), both["topsis_rank"]).statistic
    return Agreement("TOPSIS", float(tau), len(both)) if np.isfinite(tau) else None
