"""Shares with their intervals, bands of confidence, AUC and Brier score of assessed sites."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

INTERVAL_LEVEL = 0.95
# Lower bounds of the bands of confidence, in increasing order.
BANDS = (0.0, 0.3, 0.6, 0.85)
BAND_NAMES = ("0-0.3", "0.3-0.6", "0.6-0.85", "0.85-1")
NO_BAND = "sans"  # a plot that passes the rules has no confidence


def wilson(true: int, judged: int) -> tuple[float, float, float]:
    """Share and its Wilson interval at 95 %; without data NaN and [0, 1].

    Examples
    --------
    >>> [round(x, 3) for x in wilson(9, 10)]
    [0.9, 0.596, 0.982]
    """
    if not judged:
        return float("nan"), 0.0, 1.0
    from scipy.stats import binomtest  # noqa: PLC0415 (slow to import)

    interval = binomtest(true, judged).proportion_ci(INTERVAL_LEVEL, method="wilson")
    # Rounding may put a share of 0 or 1 outside its interval.
    share = true / judged
    return share, min(float(interval.low), share), max(float(interval.high), share)


def band(confidence: ArrayLike) -> Any:
    """Name of the band of each confidence; `WITHOUT` where it is unknown.

    Examples
    --------
    >>> band([0.2, 0.5, 0.95, float("nan")]).tolist()
    ['0-0.3', '0.3-0.6', '0.85-1', 'sans']
    """
    values = np.asarray(confidence, dtype=np.float64)
    place = np.searchsorted(BANDS, values, side="right") - 1
    names = np.array(BAND_NAMES, dtype=object)[np.clip(place, 0, len(BAND_NAMES) - 1)]
    return np.where(np.isnan(values), NO_BAND, names)


def f1(precision: float, recall: float) -> float:
    """Harmonic mean of precision and recall; NaN when one is NaN, 0 when both are 0."""
    total = precision + recall
    return 2 * precision * recall / total if total else total


def is_increasing(table: pd.DataFrame) -> bool | None:
    """Whether the share of true sites increases with each band; None with fewer than two bands."""
    if len(table) < 2:
        return None
    return bool((np.diff(table["seen"].to_numpy(dtype=np.float64)) > 0).all())
