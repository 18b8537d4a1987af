"""Other ways to order the same sites: TOPSIS, and the front that no site dominates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from foncier.model import Agreement

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

DECIMALS = 9
FIRST = 64  # best sites tried before the whole front: most others fall to these
CELLS = 4_000_000  # pairs compared at once: 4 MB of yes and no


def comparable(
    criterion_scores: Floats, weights: Floats
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell the sites and the criteria that a method without gaps can compare.

    A criterion that weighs nothing, or that no site has a measure of, is left out; a site that
    lacks one of the rest cannot be compared.

    Returns
    -------
    Sites, shape (n,), and criteria, shape (k,), as yes or no.

    Examples
    --------
    >>> marks = np.array([[1, 0.5, np.nan], [0, np.nan, np.nan]])
    >>> comparable(marks, np.array([1.0, 1.0, 1.0]))
    (array([ True, False]), array([ True,  True, False]))
    """
    known = ~np.isnan(criterion_scores)
    used = (weights > 0) & known.any(axis=0)
    return np.asarray(known[:, used].all(axis=1) & used.any()), np.asarray(used)


def topsis_ranks(criterion_scores: Floats, weights: Floats) -> Floats:
    """Rank sites by TOPSIS: near the best of each criterion, far from the worst.

    The marks are taken as they are (already 0 to 1 by fixed ramps), so that only the way to add
    them up differs from the score (Hwang & Yoon 1981).

    Parameters
    ----------
    criterion_scores
        Marks in [0, 1], shape (sites, criteria).
    weights
        Weights of the criteria, shape (criteria,).

    Returns
    -------
    Ranks, 1 the best, equal ones share it; missing for a site that cannot be compared (see
    `comparable`), and for all where no two sites differ.
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
    """Tell which sites no other one beats on all criteria at once.

    A site is beaten when another is at least as good everywhere and better somewhere. Whatever the
    weights, the first of a ranking is on the front.

    Parameters
    ----------
    criterion_scores, weights
        As for `topsis_ranks`; only whether a weight is 0 counts.

    Returns
    -------
    True, False, or None for a site that cannot be compared.

    Notes
    -----
    Sites are taken by the sum of their marks, the best first: one can only be beaten by one that
    came before, so each is compared with the front found so far. Blocks hold the memory down; the
    worst case (nobody beats anybody) takes n² / 2 comparisons.

    Examples
    --------
    >>> marks = np.array([[1, 0], [0.5, 0.5], [0.4, 0.5], [0.4, np.nan]])
    >>> pareto(marks, np.array([1.0, 1.0])).tolist()
    [True, True, False, None]
    """
    found = np.full(len(criterion_scores), None, dtype=object)
    rows, used = comparable(criterion_scores, weights)
    # Whole numbers: equal to the ninth decimal is equal, and sums are exact.
    whole = np.round(criterion_scores[np.ix_(rows, used)] * 10**DECIMALS).astype(np.int64)
    once, back = np.unique(whole, axis=0, return_inverse=True)
    if len(whole):
        found[rows] = _front(once)[back.reshape(-1)]
    return found


def _front(points: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Points of the front among distinct ones."""
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
    """Tell which points some other one of ``by`` equals or beats everywhere.

    The points are distinct, so to be at least as good everywhere and not the same is to beat.
    """
    over = np.ones((len(points), len(by)), dtype=bool)
    same = np.ones((len(points), len(by)), dtype=bool)
    for column in range(points.shape[1]):
        over &= by[None, :, column] >= points[:, None, column]
        same &= by[None, :, column] == points[:, None, column]
    return np.asarray((over & ~same).any(axis=1))


def agreement(scores: pd.DataFrame) -> Agreement | None:
    """How far TOPSIS orders the sites as the score does.

    Parameters
    ----------
    scores
        Table of the contract ``SCORES``.

    Returns
    -------
    Kendall's tau-b over the sites that both rank; None under two such sites, or when one of the
    two orders is flat.
    """
    both = scores.dropna(subset=["overall_rank", "topsis_rank"])
    if len(both) < 2:
        return None
    from scipy.stats import kendalltau  # noqa: PLC0415 (slow to import)

    tau = kendalltau(both["overall_rank"], both["topsis_rank"]).statistic
    return Agreement("TOPSIS", float(tau), len(both)) if np.isfinite(tau) else None
