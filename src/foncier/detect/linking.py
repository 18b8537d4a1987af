"""Record linkage: observations linked to the buildings that they concern."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from foncier.detect.evidence import signal_of

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from foncier.geometry import Floats, Geometries
    from foncier.model import EvidenceModel

OVERLAP_SHARE = 0.5  # of a building: an outline that covers so much of it concerns it
DEFAULT_RADIUS_M = 5.0
TIE_M = 2.0  # a point does not distinguish buildings whose distances differ by less


@dataclass(frozen=True)
class Links:
    """Observations linked to buildings, as aligned arrays: one row per pair.

    ``row`` and ``building`` are positions. ``distance_m`` is 0 inside. ``share`` is the share of
    the building that the outline of the observation covers (NaN for a point). ``part`` is one over
    the number of buildings that the observation may concern: an ambiguous link is weak evidence.
    """

    row: NDArray[np.intp]
    building: NDArray[np.intp]
    distance_m: Floats
    share: Floats
    part: Floats

    def take(self, chosen: NDArray[Any]) -> Links:
        """Some of the links, by position or by mask."""
        return Links(**{name: values[chosen] for name, values in vars(self).items()})


def search_radii(signals: pd.Series[str], evidence_model: EvidenceModel) -> Floats:
    """Largest distance of each observation from its building, by source group, in metres."""
    radii = evidence_model.search_radius_m
    default = radii.get("default", DEFAULT_RADIUS_M)
    radius = {
        name: radii.get(signal_of(str(name), evidence_model).source_group, default)
        for name in signals.unique()
    }
    return signals.map(radius).to_numpy(dtype=np.float64)


def link_observations(
    spots: Geometries,
    whole: NDArray[np.bool_],
    radius_m: Floats,
    footprints: Geometries,
    *,
    tree: shapely.STRtree,
) -> Links:
    """Link observations to the buildings that they concern.

    A point concerns the building that it lies in, else the nearest within its search radius, and
    all that are as near to within 2 m. An outline concerns every building that it covers by half;
    else, when half of the outline lies in one building, that building.

    Parameters
    ----------
    spots
        Points or polygons, shape (n,), in a metric CRS.
    whole
        True where the observation concerns all that its outline covers (all premises of a parcel),
        so that several buildings under it are not ambiguous.
    radius_m
        Search radius of points, shape (n,).
    footprints
        Outlines of the buildings.
    tree
        Their index.
    """
    flat = shapely.get_dimensions(spots) == 2
    parts = [
        _by_overlap(spots, np.flatnonzero(flat), whole, footprints, tree),
        _by_distance(spots, np.flatnonzero(~flat), radius_m, footprints, tree),
    ]
    return join_links(*parts)


def join_links(*parts: Links) -> Links:
    """All links of some parts, by observation, then building."""
    names = Links.__dataclass_fields__
    columns = {name: np.concatenate([getattr(p, name) for p in parts]) for name in names}
    order = np.lexsort((columns["building"], columns["row"]))
    return Links(**{name: values[order] for name, values in columns.items()})


def _by_distance(
    spots: Geometries,
    at: NDArray[np.intp],
    radius_m: Floats,
    footprints: Geometries,
    tree: shapely.STRtree,
) -> Links:
    inside, under = tree.query(spots[at], predicate="intersects")
    away = np.setdiff1d(np.arange(len(at)), inside)
    near, beside = tree.query(spots[at[away]], predicate="dwithin", distance=radius_m[at[away]])
    distance = shapely.distance(spots[at[away]][near], footprints[beside])
    least = np.full(len(away), np.inf)
    np.minimum.at(least, near, distance)
    nearest = distance <= least[near] + TIE_M
    row = np.concatenate([at[inside], at[away[near[nearest]]]])
    building = np.concatenate([under, beside[nearest]])
    distance_m = np.concatenate([np.zeros(len(inside)), distance[nearest]])
    return Links(row, building, distance_m, np.full(len(row), np.nan), _parts(row, len(spots)))


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
    linked = np.isin(spot, spot[covers])
    best = np.zeros(len(at))
    np.maximum.at(best, spot, common)
    within = ~linked & (of_spot >= OVERLAP_SHARE) & (common == best[spot])
    linked = covers | within
    row, share = at[spot[linked]], np.minimum(of_building[linked], 1.0)
    # A mapped outline over two buildings of the cadastre is one building that the cadastre cuts.
    part = np.where(whole[row], 1.0, _parts(row, len(spots)))
    return Links(row, hit[linked], np.zeros(len(row)), share, part)


def _parts(row: NDArray[np.intp], size: int) -> Floats:
    """One over the number of links of each observation."""
    return 1.0 / np.maximum(np.bincount(row, minlength=size), 1)[row]
