"""Scores of opportunities, and ranks with their robustness to the weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from foncier.errors import ConfigError
from foncier.schemas import SCORES
from foncier.scoring.agreement import pareto, topsis_ranks
from foncier.scoring.composition import Composition, compose
from foncier.scoring.criteria import value_function

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from foncier.model import Criterion, RankOrder

    Floats = NDArray[np.float64]

DRAWS = 1000
SEED = 80021
# Concentration of the Dirichlet law: at 50, a weight of 0.20 varies by ± 0.06 (one standard
# deviation), about the uncertainty of a choice between 15 and 25 %.
CONCENTRATION = 50.0
# With less than half of the weight known, a score is not comparable with a complete one.
MIN_COVERAGE = 0.5
DECIMALS = 9  # scores equal to nine decimals are equal
FIRST = 20
TOGETHER = 64  # draws whose ranks are transposed at once
BLOCK = 16_384  # scores in memory at once while sampling: they fit in the cache
SITES = 2048  # sites whose sampled ranks are sorted at once


def scores(
    measures: pd.DataFrame,
    criteria: Sequence[Criterion],
    *,
    draws: int = DRAWS,
    seed: int = SEED,
    concentration: float = CONCENTRATION,
    min_coverage: float = MIN_COVERAGE,
    first: int = FIRST,
    order: RankOrder | None = None,
) -> pd.DataFrame:
    """Score each opportunity by the weighted mean of its known criterion scores, and rank them.

    Sites are ranked by score × confidence × availability, as `foncier.scoring.composition` states,
    where ``measures`` has their availability; else by their score.

    Parameters
    ----------
    measures
        One row an opportunity: ``opportunity_id`` and the measures of the criteria. A measure
        that is missing, or whose column is absent, is unknown. ``availability``,
        ``availability_class``, ``confidence`` and ``family`` compose the rank.
    criteria
        Value functions (``kind`` of the measures for those of one kind) and weights; only the
        proportions of the weights count.
    draws, seed, concentration
        Weights are sampled ``draws`` times from a Dirichlet law around the chosen ones
        (METHODS §7); a greater concentration keeps them nearer.
    min_coverage
        Least share of the weight known for a site to be ranked. A site below has a score and an
        interval without a rank: a plot known by its area alone must not come first.
    first
        ``top20_share`` is the share of the draws in which a site is among this many.
    order
        How the rank is composed; by default as `foncier.model.RankOrder`.

    Returns
    -------
    Table of the schema ``SCORES``, sorted by id, with one column a criterion in [0, 1].
    ``coverage`` is the share of the weight that is known; ``score_low`` and ``score_high`` set
    the unknown criteria to 0 and to 1. Without any known criterion the score is missing.
    Equal scores have equal ranks, 1 is the best; ``rank_low`` and ``rank_high`` are the 5 and
    95 % quantiles of the draws. The sites of a family are one line of the ranking: all have the
    rank of the best of them, which ``line`` names. ``rank_factor`` is confidence × availability and
    ``rank_value`` the product with the score. ``topsis_rank`` and ``pareto`` are missing for the
    sites without a rank and for those that `comparable` excludes.

    Raises
    ------
    ConfigError
        No criterion, a repeated name, a negative weight, or weights that sum to 0.

    Examples
    --------
    >>> from foncier.i18n import Localized
    >>> from foncier.model import Criterion
    >>> name = Localized("Gare", "Station")
    >>> gare = Criterion("gare", "station_min", name, "min", 20, 3, 3, "METHODS")
    >>> axe = Criterion("axe", "axis_m", Localized("Axe", "Axis"), "m", 500, 0, 1, "METHODS")
    >>> known = pd.DataFrame({"opportunity_id": ["a", "b"], "station_min": [3.0, 20.0],
    ...                       "axis_m": [None, 0.0]})
    >>> columns = ["score", "score_low", "score_high", "coverage", "overall_rank"]
    >>> scores(known, [gare, axe])[columns]
       score  score_low  score_high  coverage  overall_rank
    0   1.00       0.75        1.00      0.75           1.0
    1   0.25       0.25        0.25      1.00           2.0
    """
    weights = _weights(criteria)
    sites = measures.sort_values("opportunity_id", ignore_index=True)
    if sites.empty:
        empty = np.empty((0, len(criteria)))
        return _with_criteria(SCORES.empty(), criteria, empty)
    criterion_scores = _score_criteria(sites, criteria)
    mean, coverage, gained = _weighted_mean(criterion_scores, weights)
    composition = compose(sites, order)
    ranked = _is_ranked(coverage, min_coverage) & ~composition.apart
    table = pd.DataFrame({"opportunity_id": sites["opportunity_id"]})
    table["score"] = mean
    table["score_low"] = np.clip(gained, 0.0, 1.0)
    table["score_high"] = np.clip(gained + (1.0 - coverage), table["score_low"], 1.0)
    # Rounding must not put a mean outside its interval.
    table["score"] = table["score"].clip(table["score_low"], table["score_high"])
    table["coverage"] = coverage
    table["rank_factor"], table["rank_value"] = composition.factor, composition.factor * mean
    for column in ("overall_rank", "rank_low", "rank_high", "top20_share", "topsis_rank"):
        table[column] = np.nan
    table["pareto"] = np.full(len(table), None, dtype=object)
    if ranked.any():
        known, among = criterion_scores[ranked], composition.of(ranked)
        table.loc[ranked, "overall_rank"] = among.spread(_ranks(among.places(mean[ranked])))
        sampled = _sampled_ranks(known, weights, among, Draws(draws, seed, concentration))
        for name, values in _rank_bounds(sampled, first).items():
            table.loc[ranked, name] = among.spread(values)
        table.loc[ranked, "topsis_rank"] = topsis_ranks(known, weights)
        table.loc[ranked, "pareto"] = pareto(known, weights)
    table["line"] = composition.heads(table["overall_rank"], table["rank_value"])
    result: pd.DataFrame = SCORES.conform(_with_criteria(table, criteria, criterion_scores))
    return result


def _weights(criteria: Sequence[Criterion]) -> Floats:
    """Weights as shares of 1."""
    names = [criterion.name for criterion in criteria]
    if len(set(names)) < len(names):
        raise ConfigError("scoring.criteria.name_repeated", names=names)
    weights = np.array([criterion.weight for criterion in criteria], dtype=np.float64)
    wrong = ~np.isfinite(weights) | (weights < 0)
    if wrong.any():
        name = names[int(np.flatnonzero(wrong)[0])]
        raise ConfigError(
            "scoring.criteria.weight_not_positive", name=name, weight=weights[wrong][0]
        )
    if not weights.sum() > 0:
        raise ConfigError("scoring.criteria.no_weight")
    return np.asarray(weights / weights.sum())


def _score_criteria(sites: pd.DataFrame, criteria: Sequence[Criterion]) -> Floats:
    """Criterion scores in [0, 1], shape (sites, criteria)."""
    criterion_scores = np.full((len(sites), len(criteria)), np.nan)
    for column, criterion in enumerate(criteria):
        if criterion.measure in sites:
            values = sites[criterion.measure].to_numpy(dtype=np.float64, na_value=np.nan)
            criterion_scores[:, column] = value_function(
                values, worst=criterion.worst, best=criterion.best
            )
            for kind, (worst, best) in criterion.by_kind.items():
                rows = (sites["kind"] == kind).to_numpy(dtype=bool)
                criterion_scores[rows, column] = value_function(
                    values[rows], worst=worst, best=best
                )
    return criterion_scores


def _weighted_mean(criterion_scores: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Weighted mean of the known scores, share of the weight known, and weighted sum.

    Summed criterion by criterion, in order: the figures of a site depend only on its row, to the
    last bit.
    """
    gained, total = np.zeros(len(criterion_scores)), 0.0
    known_weight = np.zeros(len(criterion_scores))
    known = ~np.isnan(criterion_scores)
    filled = np.where(known, criterion_scores, 0.0)
    for column, weight in enumerate(weights):
        gained += weight * filled[:, column]
        known_weight += weight * known[:, column]
        total += weight
    mean = np.full(len(criterion_scores), np.nan)
    np.divide(gained, known_weight, out=mean, where=known_weight > 0)
    return mean, known_weight / total, gained / total


def _is_ranked(coverage: Floats, least: float) -> NDArray[np.bool_]:
    """Whether enough of the weight is known to rank each site."""
    return np.asarray((coverage > 0) & (np.round(coverage, DECIMALS) >= least))


def _ranks(mean: Floats) -> Floats:
    """Rank along the last axis: 1 is the highest, equal scores share the better rank."""
    scores = pd.DataFrame(np.atleast_2d(np.round(mean, DECIMALS)))
    return scores.rank(axis=1, method="min", ascending=False).to_numpy().reshape(mean.shape)


@dataclass(frozen=True)
class Draws:
    """Number of draws of the weights, seed, and concentration of their Dirichlet law."""

    number: int
    seed: int
    concentration: float


def _sampled_ranks(
    criterion_scores: Floats, weights: Floats, composition: Composition, draws: Draws
) -> NDArray[np.int32]:
    """Rank of each line in each draw of the weights, shape (lines, draws)."""
    generator = np.random.default_rng(draws.seed)
    # A Dirichlet law is normalised gamma laws; a weight of 0 stays 0.
    shape = (draws.number, len(weights))
    sampled = generator.standard_gamma(weights * draws.concentration, size=shape)
    chosen, _, _ = _weighted_mean(criterion_scores, weights)
    means, few = WeightedMeans(criterion_scores), max(1, BLOCK // len(criterion_scores))
    ranks = np.empty((composition.lines, draws.number), dtype=np.int32)
    for first in range(0, draws.number, TOGETHER):
        some = sampled[first : first + TOGETHER]
        result = []
        for at in range(0, len(some), few):
            mean = means.under(some[at : at + few])
            # A draw that gives all known criteria a weight of 0 keeps the mean of the chosen ones.
            means_or_chosen = np.where(np.isnan(mean), chosen, mean)
            result.append(rank_rows(composition.places(means_or_chosen)))
        ranks[:, first : first + TOGETHER] = np.concatenate(result).T
    return ranks


class WeightedMeans:
    """Weighted means of the same sites under many weights, bit by bit those of `_weighted_mean`.

    The sum of the known weights is computed once for each pattern of known criteria.
    """

    def __init__(self, criterion_scores: Floats) -> None:
        known = ~np.isnan(criterion_scores)
        self.columns = np.ascontiguousarray(np.where(known, criterion_scores, 0.0).T)
        self.patterns, pattern = np.unique(known, axis=0, return_inverse=True)
        self.pattern = pattern.reshape(-1)

    def under(self, weights: Floats) -> Floats:
        """Mean of each site under each row of weights, shape (draws, sites).

        NaN where the known criteria of a site have no weight.
        """
        shape = (len(weights), len(self.pattern))
        gained, share = np.zeros(shape), np.empty(shape)
        known_weight = np.zeros((len(weights), len(self.patterns)))
        for column, one_criterion in enumerate(self.columns):
            weight = weights[:, column, None]
            np.multiply(one_criterion, weight, out=share)
            gained += share
            known_weight += weight * self.patterns[:, column]
        return np.asarray(
            gained / np.where(known_weight > 0, known_weight, np.nan)[:, self.pattern]
        )


def rank_rows(mean: Floats) -> NDArray[np.int32]:
    """Rank of each mean in [0, 1] in its row, equal to `_ranks`.

    Means rounded to nine decimals are integers of 30 bits. numpy sorts their lower, then their
    upper 16 bits (radix sort) five times faster than the integers.
    """
    whole = (2**30 - np.rint(mean * 10.0**DECIMALS)).astype(np.uint32)
    lower, upper = (whole & 0xFFFF).astype(np.uint16), (whole >> 16).astype(np.uint16)
    rows = np.arange(len(mean))[:, None] * mean.shape[1]
    order = np.argsort(lower, axis=1, kind="stable") + rows
    second = np.argsort(upper.take(order), axis=1, kind="stable") + rows
    order = order.take(second)
    value = whole.take(order)
    better = np.tile(np.arange(1, mean.shape[1] + 1, dtype=np.int32), (len(mean), 1))
    better[:, 1:][value[:, 1:] == value[:, :-1]] = 1
    ranks = np.empty(mean.shape, dtype=np.int32)
    ranks.reshape(-1)[order] = np.maximum.accumulate(better, axis=1)
    return ranks


def _rank_bounds(sampled: NDArray[np.int32], first: int) -> dict[str, Floats]:
    """Quantiles of the sampled ranks of each line, and share of the draws among the first."""
    result = {name: np.empty(len(sampled)) for name in ("rank_low", "rank_high", "top20_share")}
    for start in range(0, len(sampled), SITES):
        block = slice(start, start + SITES)
        low, high = np.quantile(sampled[block], [0.05, 0.95], axis=1, method="inverted_cdf")
        result["rank_low"][block], result["rank_high"][block] = low, high
        result["top20_share"][block] = (sampled[block] <= first).mean(axis=1)
    return result


def _with_criteria(
    table: pd.DataFrame, criteria: Sequence[Criterion], criterion_scores: Floats
) -> pd.DataFrame:
    columns = pd.DataFrame(criterion_scores, columns=[c.name for c in criteria], index=table.index)
    return pd.concat([table, columns], axis=1)
