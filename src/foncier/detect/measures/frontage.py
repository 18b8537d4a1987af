"""Measures along the edge of a parcel: its street front, and whether its neighbours are built."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import shapely

from foncier.detect.context import shapes
from foncier.detect.measures.edges import Edge, Rings
from foncier.detect.measures.openings import barriers, openings_of
from foncier.detect.measures.parcel import Params, built_m2
from foncier.detect.visibility import (
    HIDDEN_M,
    Openings,
    is_hidden,
    nearest_on_lines,
)
from foncier.geometry import (
    Floats,
    nearest_members,
    pairs_within,
    query_tree,
)
from foncier.i18n import Message

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.detect.context import SpatialContext

TOUCH_M = 0.5  # two drawings of one limit lie up to this far apart
ACROSS_M = 30.0  # public ground is no wider: a street, a square
STREET_PARAMS = ("arrival_m", "public_m", "through_m", "drives", "lane_m")  # see `front`
FRONT_PARAMS = ("radius_m", "step_m", *STREET_PARAMS)
FACING = float(np.sqrt(0.5))  # an edge at more than 45° from the street is a side, not a front


def front(context: SpatialContext, rows: NDArray[np.intp], params: Params) -> Edge:
    """Part of the edge of each parcel that opens on a street, with its exact length.

    The centre line of the street is at most ``params["radius_m"]`` away, and no other parcel lies
    between (but the one that the street itself runs on). The owner is a position in ``rows``.

    Optional parameters: ``arrival_m``, a street that reaches or enters the parcel opens the edge
    up to this far from its line; ``public_m``, so does ground of that depth that no parcel covers
    and another parcel bounds (see `_on_public_ground`); ``through_m``, ``drives`` and ``lane_m``
    say what hides the street (see `foncier.detect.measures.openings`).
    """
    rings = Rings(context.plots[rows])
    edge = rings.points(step_m=float(params.get("step_m", 1.0)))
    return rings.holds(edge, partial(_opens, context, rows, params))


def _opens(
    context: SpatialContext, rows: NDArray[np.intp], params: Params, edge: Edge
) -> NDArray[np.bool_]:
    """Tell which points of the edge open on a street."""
    openings = openings_of(context, params)
    radius_m, arrival_m = float(params["radius_m"]), float(params.get("arrival_m", 0.0))
    ends, street = nearest_on_lines(edge.xy, edge.owner, context.ways, radius_m)
    ahead = np.flatnonzero(_faces(edge, ends))
    opens = np.zeros(len(edge.xy), dtype=bool)
    opens[ahead] = ~is_hidden(
        edge.xy[ahead],
        ends[ahead],
        rows[edge.owner[ahead]],
        context.plots_tree,
        line=street[ahead],
        openings=openings,
    )
    if arrival_m:
        opens |= _reached(context, rows, edge, arrival_m)
    if params.get("public_m"):
        rest = np.flatnonzero(~opens)
        opens[rest] = _on_public_ground(context, rows, edge.take(rest), params, openings)
    return opens


def _faces(edge: Edge, ends: Floats) -> NDArray[np.bool_]:
    """Tell which points face the street rather than stand beside it; on the street, all do."""
    view = ends - edge.xy
    size = np.hypot(*view.T) * np.hypot(*edge.along.T)
    across = np.abs((view * edge.along).sum(axis=1))
    return np.asarray(across <= FACING * size + 1e-9, dtype=np.bool_)


def _reached(
    context: SpatialContext, rows: NDArray[np.intp], edge: Edge, arrival_m: float
) -> NDArray[np.bool_]:
    """Tell which points lie across a street that reaches or enters their plot, and near it."""
    reached = np.zeros(len(edge.xy), dtype=bool)
    if not len(context.ways.lines) or not len(rows):
        return reached
    plots = context.plots[rows]
    plot, line = query_tree(context.ways.tree, plots, "dwithin", TOUCH_M)
    codes = np.unique(plot.astype(np.int64) * len(context.ways.lines) + line)
    near = np.flatnonzero(np.isin(edge.owner, plot))
    point, side = query_tree(
        context.ways.sides_tree, shapely.points(edge.xy[near]), "dwithin", arrival_m
    )
    point, sides = near[point], context.ways.sides
    line = np.searchsorted(sides.first, side, side="right") - 1
    own = np.isin(edge.owner[point].astype(np.int64) * len(context.ways.lines) + line, codes)
    point, side = point[own], side[own]
    run = sides.end[side] - sides.begin[side]
    across = np.abs((run * edge.along[point]).sum(axis=1)) <= FACING * np.hypot(*run.T)
    reached[point[across]] = True
    return reached


def _on_public_ground(
    context: SpatialContext,
    rows: NDArray[np.intp],
    edge: Edge,
    params: Params,
    openings: Openings,
) -> NDArray[np.bool_]:
    """Tell which points lie on public ground: no parcel covers it, another parcel bounds it.

    It is ``params["public_m"]`` deep at least, straight ahead, and `ACROSS_M` at most: beyond the
    last parcel that is known, nothing is known. An excluding use of it (water, a railway) is no
    access.
    """
    open_ = np.zeros(len(edge.xy), dtype=bool)

    def hidden(which: NDArray[np.intp], far_m: float) -> NDArray[np.bool_]:
        xy = edge.xy[which]
        none = np.full(len(which), -1)
        end = xy + far_m * edge.outward[which]
        return is_hidden(
            xy, end, rows[edge.owner[which]], context.plots_tree, line=none, openings=openings
        )

    depth_m = float(params["public_m"])
    some = np.flatnonzero(~np.isnan(edge.xy[:, 0]))
    some = some[~hidden(some, depth_m + HIDDEN_M)]
    some = some[hidden(some, ACROSS_M)]
    if context.constraints is not None and len(some):
        middle = shapely.points(edge.xy[some] + depth_m / 2 * edge.outward[some])
        used = query_tree(barriers(context), middle, "intersects")[0]
        some = np.delete(some, np.unique(used))
    open_[some] = True
    return open_


BY_UNIT = Message("detect.details.access_by_unit")


def frontage(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, NDArray[np.object_] | None]:
    """Length of the edge of the parcel on a public way; 0 for a landlocked parcel.

    ``params``: see `front`. A parcel behind others counts the width of its own strip to the street.
    With ``unit_m``, and a layer of land units, the fronts of the other parcels of its unit within
    that distance count too; the detail says so where they decide.
    """
    own = front_m(context, rows, params)
    reach_m = float(params.get("unit_m", 0.0))
    if not reach_m or context.land_units is None:
        return own, None
    parcel, other = unit_neighbours(context, rows, reach_m)
    shared = np.bincount(
        parcel,
        front_m(context, np.unique(other), params)[np.unique(other, return_inverse=True)[1]],
        minlength=len(rows),
    )
    detail = np.full(len(rows), None, dtype=object)
    detail[(own == 0) & (shared > 0)] = BY_UNIT
    return own + shared, detail


def front_m(context: SpatialContext, rows: NDArray[np.intp], params: Params) -> Floats:
    """Length of the front of each parcel alone, cached."""
    figures = {k: params[k] for k in FRONT_PARAMS if k in params}

    def work(new: NDArray[np.intp]) -> tuple[Floats]:
        found = front(context, new, figures)
        length = np.bincount(found.owner, found.length_m, minlength=len(new))
        return (np.round(length, 2),)  # a front of exactly 3 m stays one when the map is turned

    return context.row_cache.get(f"front {sorted(figures.items())}", rows, work)[0]


def unit_neighbours(
    context: SpatialContext, rows: NDArray[np.intp], reach_m: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs (position in ``rows``, other parcel) of one land unit, no farther apart than that."""
    units = shapes(context.land_units)
    plot, other = pairs_within(context.plots[rows], context.plots_tree, reach_m)
    apart = rows[plot] != other
    plot, other = plot[apart], other[apart]
    every = np.unique(np.concatenate([rows, other]))
    inner = shapely.point_on_surface(context.plots[every])
    unit = np.full(len(context.plots), -1)
    position, at = shapely.STRtree(units).query(inner, predicate="intersects")
    unit[every[position]] = at
    same = (unit[rows[plot]] == unit[other]) & (unit[other] >= 0)
    return plot[same], other[same]


def street_distance(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, None]:
    """Distance from the parcel to the nearest roadway: its centre line, less half its width.

    ``params["half_width_m"]`` is that half. The measure is ``params["radius_m"]`` for every parcel
    that is farther.
    """
    radius_m, ways = float(params["radius_m"]), context.ways
    distance_m = np.full(len(rows), radius_m)
    if len(ways.lines):
        plot, _, distance = nearest_members(ways.tree, context.plots[rows], radius_m)
        distance_m[plot] = np.maximum(distance - float(params["half_width_m"]), 0.0)
    return distance_m, None


def beside_street(
    context: SpatialContext, rows: NDArray[np.intp], edge: Edge, params: Params
) -> NDArray[np.bool_]:
    """Tell which points of the edge have a line of sight to a street, whatever way they face."""
    seen = np.zeros(len(edge.xy), dtype=bool)
    ends, street = nearest_on_lines(edge.xy, edge.owner, context.ways, float(params["radius_m"]))
    near = np.flatnonzero(~np.isnan(ends[:, 0]))
    openings = openings_of(context, params)
    seen[near] = ~is_hidden(
        edge.xy[near],
        ends[near],
        rows[edge.owner[near]],
        context.plots_tree,
        line=street[near],
        openings=openings,
    )
    if params.get("public_m"):
        rest = np.flatnonzero(~seen)
        seen[rest] = _on_public_ground(context, rows, edge.take(rest), params, openings)
    return seen


APART = 1.2  # of a step: points of a front farther apart are two fronts
SIDES = tuple(Message(f"detect.details.built_sides_{sides}") for sides in ("none", "one", "both"))


def built_sides(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, NDArray[np.object_] | None]:
    """Number of sides (0, 1 or 2) on which the next parcel along the same street is built.

    The neighbours at the two ends of the street front (see `front`) lie within
    ``params["beside_m"]`` of it. A neighbour is built when buildings cover ``built_m2`` of it
    (annexes and light constructions excluded as in `counted_footprints`). The parcel of a street is
    no neighbour. A parcel without a front is unknown.
    """
    street_front = front(context, rows, params)
    starts, ends = _ends(street_front)
    sides = np.full(len(rows), np.nan)
    sides[street_front.owner] = 0.0
    for side in (starts, ends):
        built = np.zeros(len(rows), dtype=bool)
        built[_built_beside(context, rows, street_front.take(side), params)] = True
        sides += built
    details = np.full(len(rows), None, dtype=object)
    known = ~np.isnan(sides)
    details[known] = np.array(SIDES, dtype=object)[sides[known].astype(np.intp)]
    return sides, details


def _ends(street_front: Edge) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Points that begin a front, and those that end one, in the order of the ring."""
    count = len(street_front.xy)
    first = np.ones(count, dtype=bool)
    first[1:] = street_front.owner[1:] != street_front.owner[:-1]
    last = np.roll(first, -1)
    # The ring's first corner may lie in the middle of a front: its last point goes on to its first.
    after = np.arange(1, count + 1)
    after[last] = np.flatnonzero(first)
    gap = np.hypot(*(street_front.xy - street_front.xy[after]).T)
    broken = (gap > APART * street_front.length_m) | (after == np.arange(count))
    begins = np.zeros(count, dtype=bool)
    begins[after[broken]] = True
    return begins, broken


def _built_beside(
    context: SpatialContext, rows: NDArray[np.intp], ends: Edge, params: Params
) -> NDArray[np.intp]:
    """Owners of the ends that have a built parcel beside them."""
    point, plot = context.plots_tree.query(
        shapely.points(ends.xy), predicate="dwithin", distance=float(params["beside_m"])
    )
    other = plot != rows[ends.owner[point]]
    point, plot = point[other], plot[other]
    beside = np.unique(plot)
    street = np.unique(context.ways.tree.query(context.plots[beside], predicate="intersects")[0])
    built = built_m2(context, beside, params) >= float(params["built_m2"])
    built[street] = False
    owners: NDArray[np.intp] = np.unique(ends.owner[point[np.isin(plot, beside[built])]])
    return owners
