"""Measures of the parcel's own outline, and of the envelope and the group it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from foncier import geometry
from foncier.detect.edges import TOUCH_M
from foncier.detect.fabric import CLASSES
from foncier.detect.measures import (
    Given,
    built_m2,
    in_zone,
    put_to_use_share,
    road_share,
    standing,
    stands,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.detect.ground import Ground
    from foncier.geometry import Floats, Geometries


def width(ground: Ground, rows: NDArray[np.intp], _: Given) -> tuple[Floats, None]:
    """Diameter of the largest circle in the parcel, to half a metre."""
    return geometry.width_m(ground.plots[rows]), None


def gravelius(ground: Ground, rows: NDArray[np.intp], _: Given) -> tuple[Floats, None]:
    """Compactness of Gravelius: 1 for a disc, 1.12 for a square, more for a strip."""
    return geometry.gravelius(ground.plots[rows]), None


def convexity(ground: Ground, rows: NDArray[np.intp], _: Given) -> tuple[Floats, None]:
    """Share of the convex hull that the parcel fills; streets in the cadastre fill little."""
    return geometry.convexity(ground.plots[rows]), None


def _envelope(ground: Ground, rows: NDArray[np.intp], given: Given) -> Geometries:
    grow, covers = given["grow_m"], standing(ground, given)
    if isinstance(grow, Mapping):
        kept = stands(ground, given) & (ground.building_fabric >= 0)
        table = np.array([float(grow[name]) for name in CLASSES])
        grow, covers = table[ground.building_fabric[kept]], ground.footprints[kept]
    return geometry.closed_cover(
        ground.plots[rows], covers, grow_m=grow,
        shrink_m=float(given.get("shrink_m", 0.0)), hole_m2=float(given.get("hole_m2", 0.0)),
    )  # fmt: skip


def envelope_m2(ground: Ground, rows: NDArray[np.intp], given: Given) -> tuple[Floats, None]:
    """Area of the parcel inside the urban envelope drawn from the buildings.

    ``given["grow_m"]`` (one, or one by fabric class of the building), ``shrink_m``, ``hole_m2``:
    see `foncier.geometry.closed_cover`.
    """
    return np.asarray(shapely.area(_envelope(ground, rows, given)), dtype=np.float64), None


def envelope_share(ground: Ground, rows: NDArray[np.intp], given: Given) -> tuple[Floats, None]:
    """Share of the parcel inside the urban envelope (see `envelope_m2`)."""
    inside, _ = envelope_m2(ground, rows, given)
    area = shapely.area(ground.plots[rows])
    return np.divide(inside, area, out=np.full(len(rows), np.nan), where=area > 0), None


def unbuilt_group(ground: Ground, rows: NDArray[np.intp], given: Given) -> tuple[Floats, None]:
    """Area of the unbuilt parcels that hang together with this one, itself included.

    Unbuilt: less than ``given["built_m2"]`` of buildings, in a wanted zone (``zones``, where there
    is a zoning), no street and not put to another use. Only parcels within ``reach_m`` of this one
    count. One large group open on the country is no dent creuse (CAA Lyon 21LY00114).
    """
    reach = float(given["reach_m"])
    found = np.asarray(shapely.area(ground.plots[rows]), dtype=np.float64)
    free = _reached(ground, rows, given)
    if not len(free):
        return found, None
    start, other = _beside(ground.plots[free])
    tree = shapely.STRtree(ground.plots[free])
    one, member = geometry.pairs_within(ground.plots[rows], tree, reach)
    own = free[member] == rows[one]
    group = _groups(one, member, (start, other))
    seed = np.full(len(rows), -1)
    seed[one[own]] = group[own]
    together = group == seed[one]
    area = shapely.area(ground.plots[free])[member]
    total = np.bincount(one[together], area[together], minlength=len(rows))
    return np.maximum(found, total), None


def _reached(ground: Ground, rows: NDArray[np.intp], given: Given) -> NDArray[np.intp]:
    """Unbuilt parcels that some of the parcels hang together with, going from one to the next."""
    plots, reach = ground.plots, float(given["reach_m"])
    starts = shapely.STRtree(plots[rows])
    known = np.zeros(len(plots), dtype=bool)
    free = np.zeros(len(plots), dtype=bool)
    edge = np.asarray(rows)
    while len(edge):
        known[edge] = True
        bare = edge[_unbuilt(ground, edge, given)]
        free[bare] = True
        beside = np.unique(geometry.pairs_within(plots[bare], ground.plots_tree, TOUCH_M)[1])
        beside = beside[~known[beside]]
        within = geometry.pairs_within(plots[beside], starts, reach)[0]
        edge = beside[np.unique(within)]
    return np.flatnonzero(free)


def _unbuilt(ground: Ground, rows: NDArray[np.intp], given: Given) -> NDArray[np.bool_]:
    kept = built_m2(ground, rows, given) < float(given["built_m2"])
    if ground.streets is not None:
        kept &= ~(road_share(ground, rows, {"reach_m": 5.0})[0] >= 0.4)
    kept &= ~(put_to_use_share(ground, rows, {}) >= 0.5)
    if given.get("zones"):
        zoned = np.flatnonzero(ground.known(("zones",), rows))
        if len(zoned):
            kept[zoned] &= in_zone(ground, rows[zoned], given)[0] == 1
    return kept


def _beside(plots: Geometries) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs of plots that touch."""
    first, second = geometry.pairs_within(plots, shapely.STRtree(plots), TOUCH_M)
    once = first < second
    return first[once], second[once]


def _groups(
    one: NDArray[np.intp],
    member: NDArray[np.intp],
    pairs: tuple[NDArray[np.intp], NDArray[np.intp]],
) -> NDArray[np.intp]:
    """Group of each (plot, member near it): members of one plot that hang together near it."""
    nodes = pd.DataFrame({"plot": one, "member": member, "node": np.arange(len(one))})
    first, second = (
        pd.DataFrame({"member": ends, "pair": np.arange(len(ends))}).merge(nodes, on="member")
        for ends in pairs
    )
    links = first.merge(second, on=["pair", "plot"], suffixes=("", "_other"))
    graph = coo_matrix(
        (np.ones(len(links)), tuple(links[["node", "node_other"]].to_numpy().T)),
        shape=(len(one), len(one)),
    )
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.intp)
