"""Bounds of what a tile reads: its parcels, and each layer as far around them as rules look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from foncier import detect
from foncier.readers import geoparquet

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from foncier.geometry import Floats
    from foncier.model import Profile

# A part of the Hilbert curve winds: boxes of pieces of it cover less than the box of the whole.
PATCHES = 16
TOUCH_M = 1.0
LONG_M = 500.0  # a river or a railway has a box of its own and does not widen a patch


@dataclass(frozen=True)
class Halo:
    """Boxes (west, south, east, north; shape (n, 4)) that a tile reads of the layers."""

    parcels: Floats
    buildings: Floats
    others: Floats


def halo(path: Path, bounds: Floats, profile: Profile) -> Halo:
    """Boxes to read around the parcels of a tile.

    An assembly may add adjacent parcels; rules look at other parcels and at their buildings within
    their radius; the urban fabric depends on buildings farther away.

    Parameters
    ----------
    path
        File of all parcels.
    bounds
        Bounds of the parcels of the tile, in the order of the curve.
    """
    boxes, assembly = patches(bounds), profile.assembly
    for _ in range(0 if assembly is None else assembly.most - 1):
        boxes = _covering(path, grown(boxes, TOUCH_M))
    radius = detect.rules_radius_m(profile) + TOUCH_M
    parcels = grown(boxes, radius)
    others = grown(_covering(path, parcels), radius)
    return Halo(parcels, grown(others, detect.fabric_radius_m(profile)), others)


def patches(bounds: Floats) -> Floats:
    """Boxes around parts of a run along the curve.

    Examples
    --------
    >>> row = np.array([[0, 0, 1, 1], [5, 0, 6, 1]], dtype=float)
    >>> patches(row).tolist()
    [[0.0, 0.0, 1.0, 1.0], [5.0, 0.0, 6.0, 1.0]]
    """
    return np.array([_box(part) for part in np.array_split(bounds, min(PATCHES, len(bounds)))])


def grown(boxes: Floats, by_m: float) -> Floats:
    """Boxes enlarged by a distance on all sides."""
    wider: Floats = boxes + np.array([-by_m, -by_m, by_m, by_m])
    return wider


def _covering(path: Path, boxes: Floats) -> Floats:
    """Boxes that cover all parcels that intersect these; a long parcel has one of its own."""
    bounds = geoparquet.read_bounds_near(path, boxes)[1]
    long = (bounds[:, 2:] - bounds[:, :2]).max(axis=1, initial=0.0) > LONG_M
    short, rivers = bounds[~long], bounds[long]
    wider = np.array([_box(np.vstack([box, short[_intersects(short, box)]])) for box in boxes])
    inside = np.zeros(len(rivers), dtype=np.bool_)
    for box in wider:
        inside |= (rivers[:, :2] >= box[:2]).all(axis=1) & (rivers[:, 2:] <= box[2:]).all(axis=1)
    return np.concatenate([wider, rivers[~inside]])


def _intersects(boxes: Floats, other: Floats) -> NDArray[np.bool_]:
    inside = (boxes[:, :2] <= other[2:]).all(axis=1) & (boxes[:, 2:] >= other[:2]).all(axis=1)
    return np.asarray(inside, dtype=np.bool_)


def _box(boxes: Floats) -> Floats:
    box: Floats = np.array([*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0)])
    return box
