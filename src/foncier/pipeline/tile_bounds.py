"""What a tile has to see: the parcels that it owns, and how far around them each layer is read."""

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

PATCHES = (
    16  # a run of the curve is a winding shape: its parts fill their boxes better than it does
)
TOUCH_M = 1.0
LONG_M = 500.0  # a river or a railway gets a box of its own, and does not widen a whole patch


@dataclass(frozen=True)
class Halo:
    """Boxes (west, south, east, north; shape (n, 4)) that a tile reads of the layers."""

    parcels: Floats
    buildings: Floats
    others: Floats


def halo(path: Path, own: Floats, profile: Profile) -> Halo:
    """Boxes to read around the parcels that a tile owns.

    An assembly may add parcels to them, from one to the next; the rules look so far around all of
    these, at other parcels, which are told by what stands on them; and the fabric of a place by
    buildings that lie farther still.

    Parameters
    ----------
    path
        File of all parcels.
    own
        Bounds of the own ones, in the order of the curve.
    """
    boxes, assembly = patches(own), profile.assembly
    for _ in range(0 if assembly is None else assembly.most - 1):
        boxes = _holding(path, grown(boxes, TOUCH_M))
    reach = detect.rules_radius_m(profile) + TOUCH_M
    seen = grown(boxes, reach)
    told = grown(_holding(path, seen), reach)
    return Halo(seen, grown(told, detect.fabric_radius_m(profile)), told)


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
    """Boxes moved outwards on all sides."""
    wider: Floats = boxes + np.array([-by_m, -by_m, by_m, by_m])
    return wider


def _holding(path: Path, boxes: Floats) -> Floats:
    """Boxes that hold all parcels that come into these; a long parcel has one of its own."""
    found = geoparquet.read_bounds_near(path, boxes)[1]
    long = (found[:, 2:] - found[:, :2]).max(axis=1, initial=0.0) > LONG_M
    short, rivers = found[~long], found[long]
    wider = np.array([_box(np.vstack([box, short[_meet(short, box)]])) for box in boxes])
    inside = np.zeros(len(rivers), dtype=np.bool_)
    for box in wider:
        inside |= (rivers[:, :2] >= box[:2]).all(axis=1) & (rivers[:, 2:] <= box[2:]).all(axis=1)
    return np.concatenate([wider, rivers[~inside]])


def _meet(boxes: Floats, other: Floats) -> NDArray[np.bool_]:
    met = (boxes[:, :2] <= other[2:]).all(axis=1) & (boxes[:, 2:] >= other[:2]).all(axis=1)
    return np.asarray(met, dtype=np.bool_)


def _box(boxes: Floats) -> Floats:
    box: Floats = np.array([*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0)])
    return box
