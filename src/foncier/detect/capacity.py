"""How many dwellings a plot may bear."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from foncier.detect.fabric import CLASSES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from foncier.geometry import Floats
    from foncier.model import DwellingCapacity


def dwellings(
    usable_m2: Floats, fabric: NDArray[np.intp], rule: DwellingCapacity | None
) -> tuple[Floats, Floats]:
    """Low and high number of dwellings, by the rule of a profile.

    Parameters
    ----------
    usable_m2
        Area that can be built on, shape (n,).
    fabric
        Fabric class of each plot, as a position in `foncier.detect.fabric.CLASSES`.
    rule
        None where the profile says nothing of dwellings: both are unknown.

    Returns
    -------
    Whole numbers as floats, shape (n,); NaN where unknown.

    Examples
    --------
    >>> from foncier.model import DwellingCapacity
    >>> each = dict.fromkeys(CLASSES, 300.0)
    >>> rule = DwellingCapacity(each, dict.fromkeys(CLASSES, 4.0), {}, "QGIS Foncier")
    >>> [n.tolist() for n in dwellings(np.array([650.0]), np.array([0]), rule)]
    [[2.0], [8.0]]
    """
    if rule is None:
        return np.full(len(usable_m2), np.nan), np.full(len(usable_m2), np.nan)
    low = np.floor(usable_m2 / _by_class(rule.low_m2)[fabric])
    if rule.high_m2:
        return low, np.floor(usable_m2 / _by_class(rule.high_m2)[fabric])
    return low, low * _by_class(rule.factor)[fabric]


def _by_class(figures: Mapping[str, float]) -> Floats:
    return np.array([float(figures[name]) for name in CLASSES])
