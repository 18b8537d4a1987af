"""Thresholds that depend on the plot: by fabric class, and by size within the class."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from foncier.detect.fabric import CLASSES, WORDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.detect.ground import Ground
    from foncier.geometry import Floats

Limit = Callable[["Ground", Any, Mapping[str, Any]], tuple["Floats", Any]]


def by_fabric(
    ground: Ground, rows: NDArray[np.intp], figures: Mapping[str, Any]
) -> tuple[Floats, NDArray[np.object_]]:
    """One threshold a fabric class; the detail is the class.

    ``figures`` holds one number for each of ``dense``, ``groupee``, ``diffuse``, ``isolee``.
    """
    kind = ground.fabric_of(rows)
    table = np.array([float(figures[name]) for name in CLASSES])
    return table[kind], class_words(kind)


def gravelius_by_fabric(
    ground: Ground, rows: NDArray[np.intp], figures: Mapping[str, Any]
) -> tuple[Floats, NDArray[np.object_]]:
    """Limit of compactness by class and by area (QGIS Foncier): the larger, the looser.

    ``figures["least_m2"]`` holds the least area S of each class; each class holds pairs (up to so
    many times S, limit). Beyond the last band there is no test: NaN.
    """
    kind = ground.fabric_of(rows)
    least = np.array([float(figures["least_m2"][name]) for name in CLASSES])
    times = shapely.area(ground.plots[rows]) / least[kind]
    limit = np.full(len(rows), np.nan)
    for n, name in enumerate(CLASSES):
        for up_to, bound in sorted(figures[name], reverse=True):
            limit[(kind == n) & (times <= up_to)] = bound
    return limit, class_words(kind)


def class_words(kind: NDArray[np.intp]) -> NDArray[np.object_]:
    """French words of classes given by their position."""
    return np.array([WORDS[name].fr for name in CLASSES], dtype=object)[kind]


LIMITS: Mapping[str, Limit] = {
    "by_fabric": by_fabric,
    "gravelius_by_fabric": gravelius_by_fabric,
}
