"""How well a confidence tells true sites from false ones: AUC and Brier score, with intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from foncier.validation.metrics import band
from foncier.validation.posterior import UNKNOWN, Share, share

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.geometry import Floats

DRAWS, SEED = 2000, 20260115


@dataclass(frozen=True)
class Discrimination:
    """AUC, Brier score, and Brier score of a constant forecast at the share of true sites."""

    auc: Share
    brier: Share
    brier_base: float


def discrimination(sites: pd.DataFrame) -> Discrimination:
    """Judge a confidence on the sites that were visited, each with the weight of its stratum.

    Parameters
    ----------
    sites
        ``kind``, ``confidence`` and ``holds``; sites without a confidence do not count.

    Returns
    -------
    Values and intervals at 95 %. The intervals are those of the Bayesian bootstrap
    (Rubin 1981, 2000 draws with a fixed seed). NaN and [0, 1] without data; the AUC needs
    true and false sites.

    Examples
    --------
    >>> rows = {"kind": "friche", "confidence": [0.9, 0.8, 0.3], "holds": [True, False, False]}
    >>> discrimination(pd.DataFrame(rows)).auc.value
    1.0
    """
    sure = sites.loc[sites["confidence"].notna()]
    judged = sure["holds"].notna().to_numpy(dtype=bool)
    if not judged.any():
        return Discrimination(UNKNOWN, UNKNOWN, float("nan"))
    weights = _weights(sure, judged)
    true = sure.loc[judged, "holds"].to_numpy(dtype=bool)
    confidence = sure.loc[judged, "confidence"].to_numpy(dtype=np.float64)
    total = weights.sum(axis=1)
    brier = weights @ (confidence - true) ** 2 / total
    mean = (weights @ true / total)[0]
    areas = auc(confidence, true, weights)
    return Discrimination(_share(areas), _share(brier), float(mean * (1 - mean)))


def _weights(sure: pd.DataFrame, judged: NDArray[np.bool_]) -> Floats:
    """Weights of the judged sites, shape (1 + DRAWS, n): those of the plan, then drawn ones."""
    names = sure["kind"].astype("str").to_numpy(dtype=object) + " " + band(sure["confidence"])
    codes, _ = pd.factorize(names, sort=True)
    own = codes[judged]
    size, visited = np.bincount(codes), np.bincount(own, minlength=codes.max() + 1)
    rng = np.random.default_rng(SEED)
    stands_for = size[own] / visited[own]
    return np.vstack([stands_for, stands_for * rng.exponential(size=(DRAWS, len(own)))])


def auc(confidence: Floats, true: NDArray[np.bool_], weights: Floats) -> Floats:
    """Area under the ROC curve for each row of weights, shape (k, n) to (k,).

    The probability that a true site has more confidence than a false one; ties count for a half.
    NaN without both.

    Examples
    --------
    >>> ones = np.ones((1, 4))
    >>> auc(np.array([0.9, 0.5, 0.5, 0.1]), np.array([True, True, False, False]), ones).tolist()
    [0.875]
    """
    _, place = np.unique(confidence, return_inverse=True)
    shares = np.zeros((2, len(weights), int(place.max()) + 1))
    for side, members in enumerate((~true, true)):
        np.add.at(shares[side].T, place[members], weights[:, members].T)
    below = np.cumsum(shares[0], axis=1) - shares[0] / 2
    total = shares.sum(axis=2)
    product = total[0] * total[1]
    ordered = (shares[1] * below).sum(axis=1)
    areas = np.divide(ordered, product, out=np.full(len(weights), np.nan), where=product > 0)
    return np.asarray(areas, dtype=np.float64)


def _share(values: Floats) -> Share:
    """First value, and the interval of the others."""
    if np.isnan(values[0]):
        return UNKNOWN
    drawn = share(values[1:])
    value = float(values[0])
    return Share(value, min(drawn.low, value), max(drawn.high, value))
