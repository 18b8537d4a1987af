"""Measures along the edge of a parcel: its street front, and whether its neighbours are built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from foncier.detect.measures.parcel import Params, built_m2
from foncier.detect.visibility import is_hidden, nearest_points
from foncier.geometry import (
    Floats,
    Geometries,
    expand,
    nearest_members,
    pairs_within,
    query_tree,
)
from foncier.i18n import Message

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.detect.context import SpatialContext

TOUCH_M = 0.5  # two drawings of one limit lie up to this far apart
FACING = float(np.sqrt(0.5))  # an edge at more than 45° from the street is a side, not a front


@dataclass(frozen=True)
class Front:
    """Points along the edges of plots: the plot of each, the edge it stands for, its direction."""

    xy: Floats
    owner: NDArray[np.intp]
    length_m: Floats
    along: Floats

    def take(self, chosen: NDArray[np.bool_]) -> Front:
        """Some of the points."""
        return Front(self.xy[chosen], self.owner[chosen], self.length_m[chosen], self.along[chosen])


def edge_points(plots: Geometries, *, step_m: float) -> Front:
    """Points along all rings of each plot, ``step_m`` apart or a little less.

    Examples
    --------
    >>> edge = edge_points(np.array([shapely.box(0, 0, 4, 2)]), step_m=1.0)
    >>> len(edge.xy), float(edge.length_m.sum())
    (12, 12.0)
    """
    parts, plot = shapely.get_parts(plots, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    xy, of = shapely.get_coordinates(rings, return_index=True)
    begins = np.flatnonzero(of[1:] == of[:-1])  # the first corner of each side
    sides = xy[begins + 1] - xy[begins]
    size = np.hypot(*sides.T)
    begins, sides, size = begins[size > 0], sides[size > 0], size[size > 0]
    length = np.bincount(of[begins], size, minlength=len(rings))
    count = np.ceil(length / step_m).astype(np.intp)
    ring, rank = expand(count)
    step = length[ring] / count[ring]
    # All rings laid end to end: one search finds the side that each point falls on.
    at = (np.cumsum(length) - length)[ring] + (rank + 0.5) * step
    ends = np.cumsum(size)
    side = np.minimum(np.searchsorted(ends, at), max(len(ends) - 1, 0))
    along = sides[side] / size[side, None]
    points = xy[begins[side]] + along * (at - ends[side] + size[side])[:, None]
    return Front(points, plot[part][ring], step, along)


def front(context: SpatialContext, rows: NDArray[np.intp], params: Params) -> Front:
    """Part of the edge of each parcel with a line of sight to a street.

    The centre line of the street is at most ``params["radius_m"]`` away, and no other parcel lies
    between (but the one that the street itself runs on). The owner is a position in ``rows``.
    """
    edge = edge_points(context.plots[rows], step_m=float(params.get("step_m", 1.0)))
    ends = nearest_points(edge.xy, edge.owner, context.ways, float(params["radius_m"]))
    ahead = _faces(edge, ends)
    edge, ends = edge.take(ahead), ends[ahead]
    return edge.take(~is_hidden(edge.xy, ends, rows[edge.owner], context.plots_tree))


def _faces(edge: Front, ends: Floats) -> NDArray[np.bool_]:
    """Tell which points face the street rather than stand beside it; on the street, all do."""
    view = ends - edge.xy
    size = np.hypot(*view.T) * np.hypot(*edge.along.T)
    across = np.abs((view * edge.along).sum(axis=1))
    return np.asarray(across <= FACING * size + 1e-9, dtype=np.bool_)


def frontage(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, None]:
    """Length of the edge of the parcel on a public way; 0 for a landlocked parcel.

    ``params``: see `front`. A parcel behind others counts the width of its own strip to the street.
    """
    street_front = front(context, rows, params)
    length = np.bincount(street_front.owner, street_front.length_m, minlength=len(rows))
    return np.round(length, 3), None  # a front of exactly 3 m stays one when the map is turned


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


def surrounded_share(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, None]:
    """Share of the edge of the parcel along built parcels or along a street.

    A neighbour is built when buildings cover ``params["built_m2"]`` of it (annexes and light
    constructions excluded as in `counted_footprints`); lines of sight to the street as in `front`.
    """
    edge = edge_points(context.plots[rows], step_m=float(params.get("step_m", 1.0)))
    bordered = _beside_built(context, rows, edge, params)
    loose = np.flatnonzero(~bordered)
    ends = nearest_points(
        edge.xy[loose], edge.owner[loose], context.ways, float(params["radius_m"])
    )
    near = ~np.isnan(ends).any(axis=1)
    loose, ends = loose[near], ends[near]
    points, plots = edge.xy[loose], rows[edge.owner[loose]]
    bordered[loose[~is_hidden(points, ends, plots, context.plots_tree)]] = True
    total = np.bincount(edge.owner, edge.length_m, minlength=len(rows))
    along = np.bincount(edge.owner[bordered], edge.length_m[bordered], minlength=len(rows))
    return np.divide(along, total, out=np.full(len(rows), np.nan), where=total > 0), None


def _beside_built(
    context: SpatialContext, rows: NDArray[np.intp], edge: Front, params: Params
) -> NDArray[np.bool_]:
    """Tell which points of the edge lie against another plot that is built."""
    near = np.unique(pairs_within(context.plots[rows], context.plots_tree, TOUCH_M)[1])
    built = near[built_m2(context, near, params) >= float(params["built_m2"])]
    beside = np.zeros(len(edge.xy), dtype=bool)
    if len(built):
        tree = shapely.STRtree(context.plots[built])
        point, plot = query_tree(tree, shapely.points(edge.xy), "dwithin", TOUCH_M)
        beside[point[built[plot] != rows[edge.owner[point]]]] = True
    return beside


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


def _ends(street_front: Front) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
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
    context: SpatialContext, rows: NDArray[np.intp], ends: Front, params: Params
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
