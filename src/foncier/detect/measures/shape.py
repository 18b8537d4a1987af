"""Measures of the outline of a parcel, of the urban envelope, and of its group of bare land."""

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
    counted_footprints,
    excluded_share_only,
    in_zone,
    is_counted,
    road_share,
)
from foncier.geometry import Floats, covered_area_m2
from foncier.i18n import Message

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.detect.context import SpatialContext
    from foncier.geometry import Geometries


ROAD_M, ROAD_SHARE = 5.0, 0.4  # a parcel with so much roadway is a street
IN_USE_SHARE = 0.5  # so much of an excluding use: the parcel is not unbuilt land


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
    grow, covers = params["grow_m"], counted_footprints(context, params)
    if isinstance(grow, Mapping):
        counted = is_counted(context, params) & (context.building_fabric >= 0)
        grow_by_class = np.array([float(grow[name]) for name in CLASSES])
        grow = grow_by_class[context.building_fabric[counted]]
        covers = context.footprints[counted]
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
    """Area of the connected unbuilt parcels around this one, itself included.

    Unbuilt: less than ``params["built_m2"]`` of buildings, in a zone type of ``zones`` (where there
    is a zoning), neither a street nor an excluding use. Only parcels within ``radius_m`` of this
    one count. A large group that opens on the country is no dent creuse (CAA Lyon 21LY00114).
    """
    own_area = np.asarray(shapely.area(context.plots[rows]), dtype=np.float64)
    unbuilt = _connected_unbuilt(context, rows, params)
    if not len(unbuilt):
        return own_area, None
    plots = context.plots[unbuilt]
    plot, member = geometry.pairs_within(
        context.plots[rows], shapely.STRtree(plots), float(params["radius_m"])
    )
    itself = unbuilt[member] == rows[plot]
    group = _groups(plot, member, _adjacent_pairs(plots))
    group_of_plot = np.full(len(rows), -1)
    group_of_plot[plot[itself]] = group[itself]
    together = group == group_of_plot[plot]
    area = shapely.area(plots)[member]
    total = np.bincount(plot[together], area[together], minlength=len(rows))
    return np.maximum(own_area, total), None


def _connected_unbuilt(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> NDArray[np.intp]:
    """Unbuilt parcels connected to some of the parcels, within the radius of one of them."""
    plots, radius_m = context.plots, float(params["radius_m"])
    starts = shapely.STRtree(plots[rows])
    visited = np.zeros(len(plots), dtype=bool)
    unbuilt = np.zeros(len(plots), dtype=bool)
    frontier = np.asarray(rows)
    while len(frontier):
        visited[frontier] = True
        bare = frontier[_is_unbuilt(context, frontier, params)]
        unbuilt[bare] = True
        beside = np.unique(geometry.pairs_within(plots[bare], context.plots_tree, TOUCH_M)[1])
        beside = beside[~visited[beside]]
        within = geometry.pairs_within(plots[beside], starts, radius_m)[0]
        frontier = beside[np.unique(within)]
    return np.flatnonzero(unbuilt)


def _is_unbuilt(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> NDArray[np.bool_]:
    unbuilt = built_m2(context, rows, params) < float(params["built_m2"])
    if context.streets is not None:
        unbuilt &= ~(road_share(context, rows, {"radius_m": ROAD_M})[0] >= ROAD_SHARE)
    unbuilt &= ~(excluded_share_only(context, rows, {}) >= IN_USE_SHARE)
    if params.get("zones"):
        zoned = np.flatnonzero(context.known(("zones",), rows))
        if len(zoned):
            unbuilt[zoned] &= in_zone(context, rows[zoned], params)[0] == 1
    return unbuilt


def _adjacent_pairs(plots: Geometries) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs of plots that touch."""
    first, second = geometry.pairs_within(plots, shapely.STRtree(plots), TOUCH_M)
    once = first < second
    return first[once], second[once]


def _groups(
    plot: NDArray[np.intp],
    member: NDArray[np.intp],
    pairs: tuple[NDArray[np.intp], NDArray[np.intp]],
) -> NDArray[np.intp]:
    """Group of each pair (plot, member): the connected members within the radius of one plot."""
    nodes = pd.DataFrame({"plot": plot, "member": member, "node": np.arange(len(plot))})
    first, second = (
        pd.DataFrame({"member": ends, "pair": np.arange(len(ends))}).merge(nodes, on="member")
        for ends in pairs
    )
    links = first.merge(second, on=["pair", "plot"], suffixes=("", "_other"))
    graph = coo_matrix(
        (np.ones(len(links)), tuple(links[["node", "node_other"]].to_numpy().T)),
        shape=(len(plot), len(plot)),
    )
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.intp)


SUPPLIED = Message("detect.details.envelope_supplied")
ValuesAndDetails = tuple["Floats", "NDArray[np.object_] | None"]


def envelope_m2(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> ValuesAndDetails:
    """Area of the parcel inside the urban envelope.

    The envelope is that of the study where it supplies one (tache urbaine of the SCOT or the PLU;
    the detail says so), else it is drawn from the buildings (see `drawn_envelope_m2`).
    """
    if context.envelope is None:
        return drawn_envelope_m2(context, rows, params)
    inside = covered_area_m2(context.plots[rows], shapes(context.envelope))
    return inside, np.full(len(rows), SUPPLIED, dtype=object)


def envelope_share(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> ValuesAndDetails:
    """Share of the parcel inside the urban envelope (see `envelope_m2`)."""
    if context.envelope is None:
        return drawn_envelope_share(context, rows, params)
    inside, details = envelope_m2(context, rows, params)
    area = shapely.area(context.plots[rows])
    return np.divide(inside, area, out=np.full(len(rows), np.nan), where=area > 0), details
