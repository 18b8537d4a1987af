"""True members of strata, from visits drawn in each of them: a hierarchical Bayesian estimate."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import betaln, expit, logit, softmax

if TYPE_CHECKING:
    import pandas as pd

    from foncier.geometry import Floats

DRAWS, SEED = 4000, 20260115
LEVEL = 0.95
# Prior, stated in docs/adr/0061. The share of true members of a stratum is Beta(κμ, κ(1 − μ)) with
# logit μ = α + β·logit(expected): α says how far the confidence of the whole group is off, β how
# much it tells strata apart, κ how alike strata are beyond that.
INTERCEPT_SD = 2.0
SLOPE, SLOPE_SD = 1.0, 0.5
# What is not listed: few are true, and strata of rare cases say nothing of each other. Each has
# a Beta of its own: half a true case in five and a half, wide enough for 1 % to 30 %.
UNLISTED = (0.5, 5.0)
ALIKE = 2.0 ** np.arange(9)  # κ, in visits, each as likely
EDGE = 0.01  # an expected share is at least this far from 0 and 1


class Share(NamedTuple):
    """An estimated share and its interval at 95 %; NaN and [0, 1] without data."""

    value: float
    low: float
    high: float


UNKNOWN = Share(float("nan"), 0.0, 1.0)


def true_counts(strata: pd.DataFrame, *, draws: int = DRAWS, seed: int = SEED) -> Floats:
    """Draw the number of true members of each stratum from its posterior.

    Members not visited are drawn too, so that a stratum of which all are known does not vary (no
    correction for finite populations is needed).

    Parameters
    ----------
    strata
        ``group`` (strata of a group inform each other), ``sites``, ``judged``, ``true`` (which may
        be fractions, for what is expected of a plan), ``expected`` (share of true members that was
        forecast; missing where there is no forecast) and ``listed`` (prior of the group).
    draws, seed
        Number of draws, shape and seed of the generator; the same input gives the same draws.

    Returns
    -------
    Shape (draws, strata).

    Examples
    --------
    >>> import pandas as pd
    >>> one = {"group": "friche", "sites": 10, "judged": 10, "true": 7, "expected": 0.5}
    >>> np.unique(true_counts(pd.DataFrame([one | {"listed": True}]))).tolist()
    [7.0]
    """
    rng = np.random.default_rng(seed)
    drawn = np.zeros((draws, len(strata)))
    groups = strata["group"].to_numpy(dtype=str)
    for name in np.unique(groups):
        own = np.flatnonzero(groups == name)
        drawn[:, own] = _group_counts(strata.iloc[own], draws, rng)
    return drawn


def _group_counts(strata: pd.DataFrame, draws: int, rng: np.random.Generator) -> Floats:
    sites, judged, true = (
        strata[name].to_numpy(dtype=np.float64) for name in ("sites", "judged", "true")
    )
    if bool(strata["listed"].iloc[0]):
        mean, alike, log_prior = _grid(strata["expected"].to_numpy(dtype=np.float64))
        a, b = alike[:, None] * mean, alike[:, None] * (1 - mean)
        fit = (betaln(a + true, b + judged - true) - betaln(a, b)).sum(axis=1)
        chosen = rng.choice(len(fit), size=draws, p=softmax(fit + log_prior))
        a, b = a[chosen], b[chosen]
    else:
        a, b = (np.full((draws, len(strata)), one) for one in UNLISTED)
    share = rng.beta(a + true, b + judged - true)
    left = np.maximum(np.round(sites - judged), 0).astype(np.int64)
    return np.asarray(true + rng.binomial(left, share), dtype=np.float64)


def _grid(expected: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean of each stratum, shape (grid, strata), likeness and log prior, shape (grid,)."""
    known = ~np.isnan(expected)
    forecast = np.where(known, logit(np.clip(expected, EDGE, 1 - EDGE)), 0.0)
    steps = np.linspace(-2.5, 2.5, 31)
    slopes = np.maximum(SLOPE + SLOPE_SD * np.linspace(-2.5, 2.5, 9), 0) if known.any() else [1.0]
    alpha, beta, alike = (
        axis.ravel() for axis in np.meshgrid(INTERCEPT_SD * steps, slopes, ALIKE, indexing="ij")
    )
    log_prior = -((alpha / INTERCEPT_SD) ** 2) / 2
    if known.any():
        log_prior = log_prior - ((beta - SLOPE) / SLOPE_SD) ** 2 / 2
    mean = np.clip(expit(alpha[:, None] + beta[:, None] * forecast), 1e-6, 1 - 1e-6)
    return mean, alike, log_prior


def share(values: Floats) -> Share:
    """Mean and interval at 95 % of drawn shares; `UNKNOWN` where none is finite."""
    known = values[np.isfinite(values)]
    if not len(known):
        return UNKNOWN
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Share(float(known.mean()), float(low), float(high))
