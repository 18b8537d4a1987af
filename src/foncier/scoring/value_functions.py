"""Fixed ramps from a measure to a mark in [0, 1]."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from foncier.errors import ConfigError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def value_function(values: ArrayLike, *, worst: float, best: float) -> NDArray[np.float64]:
    """Mark each value from 0 at ``worst`` to 1 at ``best``, on a straight line between.

    The bounds are given, never read from the data: the mark of a site must not change because
    another is added (METHODS §7).

    Parameters
    ----------
    values
        Measures, in the unit of the bounds. Missing (NaN) stays missing.
    worst, best
        Where the mark is 0 and 1; ``best`` may be the smaller.

    Raises
    ------
    ConfigError
        Both bounds are the same, or one is not a number.

    Examples
    --------
    >>> value_function([3.0, 11.5, 40.0, float("nan")], worst=20, best=3)
    array([1. , 0.5, 0. , nan])
    """
    if worst == best or not np.isfinite([worst, best]).all():
        raise ConfigError("scoring.criteria.bounds_not_distinct", worst=worst, best=best)
    known = np.asarray(values, dtype=np.float64)
    # Adding 0.0 turns a -0.0 into 0.0, so that equal marks are equal bytes.
    return np.clip((known - worst) / (best - worst), 0.0, 1.0) + 0.0
