"""Bare land: the piece of adjoining unbuilt parcels that a parcel is part of, and what borders it.

Parcels are often cut from one field without a change on the ground. What the law asks of a dent
creuse, to be held between built plots, is asked of the land: two bare lots side by side do not
condemn each other. No owner is assumed; the rows of all tables stay parcels.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from foncier import geometry
from foncier.detect.context import SpatialContext
from foncier.detect.measures import shape
from foncier.detect.measures.edges import Edge, edge_points
from foncier.detect.measures.frontage import TOUCH_M, beside_street
from foncier.detect.measures.ground import ground
from foncier.detect.measures.openings import undrawn_streets
from foncier.detect.measures.parcel import (
    Params,
    built_m2,
    counted_footprints,
    excluded_share_only,
    road_share,
)
from foncier.geometry import Floats, Geometries, query_tree

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROAD_M, ROAD_SHARE = 5.0, 0.4  # a parcel with so much roadway is a street
IN_USE_SHARE = 0.5  # so much of an excluding use: the parcel is not unbuilt land
LEAST_M2 = 1.0  # of usable ground
LAND_PARAMS = (
    *("built_m2", "least_m2", "no_light", "light_m2", "wall_m", "centred_in"),
    *("zones", "available", "lane_m", "land_m"),
)
Border = Callable[[SpatialContext, "NDArray[np.intp]", Edge, Params], "NDArray[np.bool_]"]


def unbuilt_group(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, None]:
    """Area of the bare land that the parcel is part of, itself included (see `bare_land`)."""
    return _areas(context, rows, params)[1], None


def surrounded_share(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, None]:
    """Share of the edge along built parcels or along a street: of the parcel, or of its land.

    A neighbour is built when buildings cover ``params["built_m2"]`` of it (annexes and light
    constructions excluded as in `counted_footprints`); lines of sight to the street as in `front`.
    With ``params["land_m"]``, the larger of the share of the parcel and that of the piece of bare
    land that it is part of (`bare_land`, within that distance), so that no limit between two bare
    lots counts as open. The edge is that of the usable ground (`ground`).
    """
    own = _share(*border_m(context, rows, params, _bordered))
    if not params.get("land_m"):
        return own, None
    return np.fmax(own, land_share(context, rows, params, _bordered)), None


def open_land(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, None]:
    """Area of the bare land of the parcel where it is open on the country, else of the parcel.

    The land is open when less than ``params["share"]`` of its edge has a building within
    ``params["facing_m"]``, across the street too: "bordered by urban land on one side only". A
    parcel that is itself held between buildings is not condemned by the bare land behind it.
    """
    own_m2, group_m2 = _areas(context, rows, params)
    urban = _share(*border_m(context, rows, params, _facing))
    large = np.flatnonzero((group_m2 > own_m2) & ~(urban >= float(params["share"])))
    urban[large] = np.fmax(urban[large], land_share(context, rows[large], params, _facing))
    return np.where(urban >= float(params["share"]), 0.0, group_m2), None


def opened_area(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, None]:
    """Area that a morphological opening leaves of the usable part of the parcel.

    With ``params["land_m"]`` the bare land is opened, and what lies on the parcel counts: two bare
    strips side by side are as wide as both.
    """
    if not params.get("land_m"):
        return shape.opened_area(context, rows, params)
    radius_m = float(params["opening_radius_m"])
    opened = geometry.opened(_with_neighbours(context, rows, params), radius_m=radius_m)
    return shapely.area(shapely.intersection(opened, ground(context, rows, params))), None


def width(context: SpatialContext, rows: NDArray[np.intp], params: Params) -> tuple[Floats, None]:
    """Diameter of the largest circle in the parcel, or, with ``land_m``, in its bare land."""
    if not params.get("land_m"):
        return shape.width(context, rows, params)
    return geometry.width_m(_with_neighbours(context, rows, params)), None


def envelope_m2(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> shape.ValuesAndDetails:
    """Area inside the urban envelope: of the parcel, or, with ``land_m``, of its bare land."""
    own, details = shape.envelope_m2(context, rows, params)
    if not params.get("land_m"):
        return own, details
    plot, member = bare_land(context, rows, params)
    members, position = np.unique(member, return_inverse=True)
    inside = shape.envelope_m2(context, members, params)[0]
    land = np.bincount(plot, inside[position], minlength=len(rows))
    return np.maximum(own, land), details


def _with_neighbours(context: SpatialContext, rows: NDArray[np.intp], params: Params) -> Geometries:
    """Usable ground of each parcel with that of the bare parcels beside it."""
    plots = ground(context, rows, params)
    plot, member = bare_land(context, rows, params)
    apart = rows[plot] != member
    plot, member = plot[apart], member[apart]
    beside = ground(context, member, params)
    near = shapely.dwithin(plots[plot], beside, TOUCH_M)
    plot, beside = plot[near], beside[near]
    grown = shapely.buffer(beside, TOUCH_M, join_style="mitre")
    owner, unions = geometry.unions_by(
        np.concatenate([plot, np.unique(plot)]), np.concatenate([grown, plots[np.unique(plot)]])
    )
    whole: Geometries = np.array(plots, dtype=object)
    whole[owner] = unions
    return whole


def _areas(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, Floats]:
    """Usable area of each parcel, and of the bare land that it is part of."""
    own = np.asarray(shapely.area(ground(context, rows, params)), dtype=np.float64)
    plot, member = bare_land(context, rows, params)
    area = shapely.area(ground(context, member, params))
    return own, np.maximum(own, np.bincount(plot, area, minlength=len(rows)))


def _share(total: Floats, along: Floats) -> Floats:
    share: Floats = np.full(len(total), np.nan)
    np.divide(along, total, out=share, where=total > 0)
    return share


def border_m(
    context: SpatialContext, rows: NDArray[np.intp], params: Params, test: Border
) -> tuple[Floats, Floats]:
    """Length of the edge of each parcel, and of its part for which a test holds. Cached."""

    def work(new: NDArray[np.intp]) -> tuple[Floats, Floats]:
        edge = _edge(context, new, params)
        passed = test(context, new, edge, params)
        lengths = np.where(passed, edge.length_m, 0.0)
        total = np.bincount(edge.owner, edge.length_m, minlength=len(new))
        along = np.bincount(edge.owner, lengths, minlength=len(new))
        return total.astype(np.float64), along.astype(np.float64)

    name = f"border {test.__name__} {sorted(params.items())}"
    total, along = context.row_cache.get(name, rows, work)
    return total, along


def _edge(context: SpatialContext, rows: NDArray[np.intp], params: Params) -> Edge:
    return edge_points(ground(context, rows, params), step_m=float(params.get("step_m", 1.0)))


def _bordered(
    context: SpatialContext, rows: NDArray[np.intp], edge: Edge, params: Params
) -> NDArray[np.bool_]:
    """Tell which points of the edge lie along a built parcel or a street."""
    bordered = _beside_built(context, rows, edge, params)
    loose = np.flatnonzero(~bordered)
    bordered[loose] = beside_street(context, rows, edge.take(loose), params)
    return bordered


def _facing(
    context: SpatialContext, _: NDArray[np.intp], edge: Edge, params: Params
) -> NDArray[np.bool_]:
    """Tell which points of the edge have a building within ``params["facing_m"]``."""
    facing = np.zeros(len(edge.xy), dtype=bool)
    buildings = counted_footprints(context, params)
    points = shapely.points(edge.xy)
    facing[query_tree(buildings, points, "dwithin", float(params["facing_m"]))[0]] = True
    return facing


def _beside_built(
    context: SpatialContext, rows: NDArray[np.intp], edge: Edge, params: Params
) -> NDArray[np.bool_]:
    """Tell which points of the edge lie against another plot that is built."""
    near = np.unique(geometry.pairs_within(context.plots[rows], context.plots_tree, TOUCH_M)[1])
    built = near[built_m2(context, near, params) >= float(params["built_m2"])]
    beside = np.zeros(len(edge.xy), dtype=bool)
    if len(built):
        tree = shapely.STRtree(context.plots[built])
        point, plot = query_tree(tree, shapely.points(edge.xy), "dwithin", TOUCH_M)
        beside[point[built[plot] != rows[edge.owner[point]]]] = True
    return beside


def land_share(
    context: SpatialContext, rows: NDArray[np.intp], params: Params, test: Border
) -> Floats:
    """Share of the edge of the bare land of each parcel for which a test holds.

    The edge of a piece of land is that of its parcels, less the limits between them.
    """
    plot, member = bare_land(context, rows, params)
    members, position = np.unique(member, return_inverse=True)
    if not len(members):
        return np.full(len(rows), np.nan)
    total, along = border_m(context, members, params, test)
    pieces = pd.DataFrame({"plot": plot, "member": member})
    inner = _inner_limits(context, members, params, test)
    inner = pieces.merge(inner, on="member").merge(
        pieces.rename(columns={"member": "other"}), on=["plot", "other"]
    )
    edge_m = np.bincount(plot, total[position], minlength=len(rows))
    edge_m -= np.bincount(inner["plot"], inner["length"], minlength=len(rows))
    along_m = np.bincount(plot, along[position], minlength=len(rows))
    along_m -= np.bincount(inner["plot"], inner["along"], minlength=len(rows))
    return _share(np.maximum(edge_m, 0.0), np.maximum(along_m, 0.0))


def _inner_limits(
    context: SpatialContext, members: NDArray[np.intp], params: Params, test: Border
) -> pd.DataFrame:
    """Length of the edge of each bare parcel along each other one, and where a test holds."""
    edge = _edge(context, members, params)
    tree = shapely.STRtree(ground(context, members, params))
    point, other = query_tree(tree, shapely.points(edge.xy), "dwithin", TOUCH_M)
    apart = edge.owner[point] != other
    point, other = point[apart], other[apart]
    order = np.lexsort((other, point))
    point, other = point[order], other[order]
    first = np.unique(point, return_index=True)[1]  # a corner of three parcels counts once
    point, other = point[first], other[first]
    passed = test(context, members, edge.take(point), params)
    limits = pd.DataFrame(
        {
            "member": members[edge.owner[point]],
            "other": members[other],
            "length": edge.length_m[point],
            "along": np.where(passed, edge.length_m[point], 0.0),
        }
    )
    return limits.groupby(["member", "other"], as_index=False).sum()


def bare_land(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs (position in ``rows``, parcel): the bare land that each unbuilt parcel is part of.

    Unbuilt: less than ``params["built_m2"]`` of buildings, some usable ground (`ground`), neither
    a street nor an excluding use. Only parcels within ``params["land_m"]`` of this one count.
    A parcel that is not unbuilt has no pair.
    """
    distance_m = float(params["land_m"])

    def work(new: NDArray[np.intp]) -> tuple[NDArray[np.object_]]:
        plot, member = _bare_land(context, new, params, distance_m)
        order = np.lexsort((member, plot))
        cuts = np.searchsorted(plot[order], np.arange(1, len(new)))
        pieces = np.empty(len(new), dtype=object)
        pieces[:] = np.split(member[order], cuts)
        return (pieces,)

    if not len(rows):
        return rows, rows
    figures = {k: params.get(k) for k in LAND_PARAMS}
    pieces = context.row_cache.get(f"bare land {figures}", rows, work)[0]
    count = np.array([len(piece) for piece in pieces])
    plot = np.repeat(np.arange(len(rows)), count)
    return plot, np.concatenate(pieces).astype(np.intp)


def _bare_land(
    context: SpatialContext, rows: NDArray[np.intp], params: Params, distance_m: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    unbuilt = _connected_unbuilt(context, rows, params, distance_m)
    if not len(unbuilt):
        return unbuilt, unbuilt
    plots = ground(context, unbuilt, params)
    plot, member = geometry.pairs_within(context.plots[rows], shapely.STRtree(plots), distance_m)
    itself = unbuilt[member] == rows[plot]
    group = _groups(plot, member, _adjacent_pairs(plots))
    group_of_plot = np.full(len(rows), -1)
    group_of_plot[plot[itself]] = group[itself]
    together = group == group_of_plot[plot]
    return plot[together], unbuilt[member[together]]


def _connected_unbuilt(
    context: SpatialContext, rows: NDArray[np.intp], params: Params, distance_m: float
) -> NDArray[np.intp]:
    """Unbuilt parcels connected to some of the parcels, within the distance of one of them."""
    plots = context.plots
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
        within = geometry.pairs_within(plots[beside], starts, distance_m)[0]
        frontier = beside[np.unique(within)]
    return np.flatnonzero(unbuilt)


def _is_unbuilt(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> NDArray[np.bool_]:
    unbuilt = built_m2(context, rows, params) < float(params["built_m2"])
    if context.streets is not None:
        unbuilt &= ~(road_share(context, rows, {"radius_m": ROAD_M})[0] >= ROAD_SHARE)
    if params.get("lane_m"):
        unbuilt &= ~undrawn_streets(context, float(params["lane_m"]))[rows]
    unbuilt &= ~(excluded_share_only(context, rows, {}) >= IN_USE_SHARE)
    unbuilt[unbuilt] = shapely.area(ground(context, rows[unbuilt], params)) >= LEAST_M2
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
