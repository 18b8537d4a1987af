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
from foncier.detect.context import shapes
from foncier.detect.fabric import CLASSES
from foncier.detect.measures.frontage import TOUCH_M
from foncier.detect.measures.parcel import (
    Params,
    built_m2,
    in_zone,
    put_to_use_share,
    road_share,
    standing,
    stands,
)
from foncier.geometry import Floats, covered_area_m2
from foncier.i18n import Localized

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.detect.context import SpatialContext
    from foncier.detect.measures.parcel import Params
    from foncier.geometry import Floats, Geometries


def width(context: SpatialContext, rows: NDArray[np.intp], _: Params) -> tuple[Floats, None]:
    """Diameter of the largest circle in the parcel, to half a metre."""
    return geometry.width_m(context.plots[rows]), None


def gravelius(context: SpatialContext, rows: NDArray[np.intp], _: Params) -> tuple[Floats, None]:
    """Compactness of Gravelius: 1 for a disc, 1.12 for a square, more for a strip."""
    return geometry.gravelius(context.plots[rows]), None


def convexity(context: SpatialContext, rows: NDArray[np.intp], _: Params) -> tuple[Floats, None]:
    """Share of the convex hull that the parcel fills; streets in the cadastre fill little."""
    return geometry.convexity(context.plots[rows]), None


def _envelope(context: SpatialContext, rows: NDArray[np.intp], params: Params) -> Geometries:
    grow, covers = params["grow_m"], standing(context, params)
    if isinstance(grow, Mapping):
        kept = stands(context, params) & (context.building_fabric >= 0)
        table = np.array([float(grow[name]) for name in CLASSES])
        grow, covers = table[context.building_fabric[kept]], context.footprints[kept]
    return geometry.closed_cover(
        context.plots[rows],
        covers,
        grow_m=grow,
        shrink_m=float(params.get("shrink_m", 0.0)),
        hole_m2=float(params.get("hole_m2", 0.0)),
    )


def drawn_envelope_m2(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, None]:
    """Area of the parcel inside the urban envelope drawn from the buildings.

    ``params["grow_m"]`` (one, or one by fabric class of the building), ``shrink_m``, ``hole_m2``:
    see `foncier.geometry.closed_cover`.
    """
    return np.asarray(shapely.area(_envelope(context, rows, params)), dtype=np.float64), None


def drawn_envelope_share(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, None]:
    """Share of the parcel inside the urban envelope (see `envelope_m2`)."""
    inside, _ = drawn_envelope_m2(context, rows, params)
    area = shapely.area(context.plots[rows])
    return np.divide(inside, area, out=np.full(len(rows), np.nan), where=area > 0), None


def unbuilt_group(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, None]:
    """Area of the unbuilt parcels that hang together with this one, itself included.

    Unbuilt: less than ``params["built_m2"]`` of buildings, in a wanted zone (``zones``, where there
    is a zoning), no street and not put to another use. Only parcels within ``reach_m`` of this one
    count. One large group open on the country is no dent creuse (CAA Lyon 21LY00114).
    """
    reach = float(params["reach_m"])
    found = np.asarray(shapely.area(context.plots[rows]), dtype=np.float64)
    free = _reached(context, rows, params)
    if not len(free):
        return found, None
    start, other = _beside(context.plots[free])
    tree = shapely.STRtree(context.plots[free])
    one, member = geometry.pairs_within(context.plots[rows], tree, reach)
    own = free[member] == rows[one]
    group = _groups(one, member, (start, other))
    seed = np.full(len(rows), -1)
    seed[one[own]] = group[own]
    together = group == seed[one]
    area = shapely.area(context.plots[free])[member]
    total = np.bincount(one[together], area[together], minlength=len(rows))
    return np.maximum(found, total), None


def _reached(context: SpatialContext, rows: NDArray[np.intp], params: Params) -> NDArray[np.intp]:
    """Unbuilt parcels that some of the parcels hang together with, going from one to the next."""
    plots, reach = context.plots, float(params["reach_m"])
    starts = shapely.STRtree(plots[rows])
    known = np.zeros(len(plots), dtype=bool)
    free = np.zeros(len(plots), dtype=bool)
    edge = np.asarray(rows)
    while len(edge):
        known[edge] = True
        bare = edge[_unbuilt(context, edge, params)]
        free[bare] = True
        beside = np.unique(geometry.pairs_within(plots[bare], context.plots_tree, TOUCH_M)[1])
        beside = beside[~known[beside]]
        within = geometry.pairs_within(plots[beside], starts, reach)[0]
        edge = beside[np.unique(within)]
    return np.flatnonzero(free)


def _unbuilt(context: SpatialContext, rows: NDArray[np.intp], params: Params) -> NDArray[np.bool_]:
    kept = built_m2(context, rows, params) < float(params["built_m2"])
    if context.streets is not None:
        kept &= ~(road_share(context, rows, {"reach_m": 5.0})[0] >= 0.4)
    kept &= ~(put_to_use_share(context, rows, {}) >= 0.5)
    if params.get("zones"):
        zoned = np.flatnonzero(context.known(("zones",), rows))
        if len(zoned):
            kept[zoned] &= in_zone(context, rows[zoned], params)[0] == 1
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


SUPPLIED = Localized("enveloppe fournie", "envelope supplied")
Measured = tuple["Floats", "NDArray[np.object_] | None"]


def envelope_m2(context: SpatialContext, rows: NDArray[np.intp], params: Params) -> Measured:
    """Area of the parcel inside the urban envelope.

    That of the study where it supplies one (tache urbaine of the SCOT or the PLU: the detail says
    so), else the one drawn from the buildings by the figures of the rule (see
    `foncier.detect.measures.shape.drawn_envelope_m2`).
    """
    if context.envelope is None:
        return drawn_envelope_m2(context, rows, params)
    inside = covered_area_m2(context.plots[rows], shapes(context.envelope))
    return inside, np.full(len(rows), SUPPLIED.fr, dtype=object)


def envelope_share(context: SpatialContext, rows: NDArray[np.intp], params: Params) -> Measured:
    """Share of the parcel inside the urban envelope (see `envelope_m2`)."""
    if context.envelope is None:
        return drawn_envelope_share(context, rows, params)
    inside, told = envelope_m2(context, rows, params)
    area = shapely.area(context.plots[rows])
    return np.divide(inside, area, out=np.full(len(rows), np.nan), where=area > 0), told
