"""From a sign to what it speaks of: the building under it or beside it, certain or shared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from foncier.detect.evidence import signal_of

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from foncier.geometry import Floats, Geometries
    from foncier.model import EvidenceModel

OVERLAP_SHARE = 0.5  # of a building: an outline that covers so much of it speaks of it
TIE_M = 2.0  # buildings that are nearer to one another than that cannot be told apart by a point


@dataclass(frozen=True)
class Links:
    """Signs carried to buildings, aligned arrays: one row a pair.

    ``row`` and ``hit`` are positions of the sign and of the building. ``distance_m`` is 0 inside.
    ``share`` is what the sign's outline covers of the building (NaN for a point). ``part`` is one
    over the number of buildings that the sign may speak of: an ambiguous match is weak evidence.
    """

    row: NDArray[np.intp]
    hit: NDArray[np.intp]
    distance_m: Floats
    share: Floats
    part: Floats


def search_radii(signals: pd.Series[str], evidence_model: EvidenceModel) -> Floats:
    """How far each sign may lie from its building, by the origin of its signal, in metres."""
    default = evidence_model.reach_m.get("default", 5.0)
    known = {
        name: evidence_model.reach_m.get(signal_of(str(name), evidence_model).origin, default)
        for name in signals.unique()
    }
    return signals.map(known).to_numpy(dtype=np.float64)


def link_observations(
    spots: Geometries,
    whole: NDArray[np.bool_],
    reach_m: Floats,
    footprints: Geometries,
    *,
    tree: shapely.STRtree,
) -> Links:
    """Carry signs to the buildings that they speak of.

    A point speaks of the building that it lies in, else of the nearest within its reach; of all
    that are as near to within 2 m. An outline speaks of every building that it covers by half;
    else, when half of it lies in one, of that one.

    Parameters
    ----------
    spots
        Points or polygons, shape (n,), metric.
    whole
        True where the sign concerns all that its outline covers (all premises of a parcel), so
        that several buildings under it are no doubt.
    reach_m
        Greatest distance from a point to its building, shape (n,).
    footprints
        Outlines of the buildings.
    tree
        Their index.
    """
    flat = shapely.get_dimensions(spots) == 2
    parts = [
        _by_overlap(spots, np.flatnonzero(flat), whole, footprints, tree),
        _by_distance(spots, np.flatnonzero(~flat), reach_m, footprints, tree),
    ]
    row, hit, far, share, part = (
        np.concatenate([getattr(p, name) for p in parts])
        for name in ("row", "hit", "distance_m", "share", "part")
    )
    order = np.lexsort((hit, row))
    return Links(row[order], hit[order], far[order], share[order], part[order])


def _by_distance(
    spots: Geometries,
    at: NDArray[np.intp],
    reach_m: Floats,
    footprints: Geometries,
    tree: shapely.STRtree,
) -> Links:
    inside, under = tree.query(spots[at], predicate="intersects")
    away = np.setdiff1d(np.arange(len(at)), inside)
    near, beside = tree.query(spots[at[away]], predicate="dwithin", distance=reach_m[at[away]])
    metres = shapely.distance(spots[at[away]][near], footprints[beside])
    least = np.full(len(away), np.inf)
    np.minimum.at(least, near, metres)
    kept = metres <= least[near] + TIE_M
    row = np.concatenate([at[inside], at[away[near[kept]]]])
    hit = np.concatenate([under, beside[kept]])
    far = np.concatenate([np.zeros(len(inside)), metres[kept]])
    return Links(row, hit, far, np.full(len(row), np.nan), _shared(row, len(spots)))


def _by_overlap(
    spots: Geometries,
    at: NDArray[np.intp],
    whole: NDArray[np.bool_],
    footprints: Geometries,
    tree: shapely.STRtree,
) -> Links:
    spot, hit = tree.query(spots[at], predicate="intersects")
    common = shapely.area(shapely.intersection(spots[at][spot], footprints[hit]))
    of_building = common / shapely.area(footprints)[hit]
    of_spot = common / shapely.area(spots[at])[spot]
    covers = of_building >= OVERLAP_SHARE
    settled = np.isin(spot, spot[covers])
    best = np.zeros(len(at))
    np.maximum.at(best, spot, common)
    within = ~settled & (of_spot >= OVERLAP_SHARE) & (common == best[spot])
    kept = covers | within
    row, of_building = at[spot[kept]], np.minimum(of_building[kept], 1.0)
    # A mapped outline over two drawings of the cadastre is one building that the cadastre cuts.
    part = np.where(whole[row], 1.0, _shared(row, len(spots)))
    return Links(row, hit[kept], np.zeros(len(row)), of_building, part)


def _shared(row: NDArray[np.intp], size: int) -> Floats:
    return 1.0 / np.maximum(np.bincount(row, minlength=size), 1)[row]
