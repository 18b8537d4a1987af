"""Measures along the edge of a plot: its street front, what is built around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from foncier.detect.measures.parcel import Params, built_m2
from foncier.detect.visibility import hidden, nearest
from foncier.geometry import (
    Floats,
    Geometries,
    expand,
    nearest_members,
    pairs_within,
    queried,
)
from foncier.i18n import Localized

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.detect.context import SpatialContext
    from foncier.geometry import Floats

TOUCH_M = 0.5  # limits drawn twice lie up to this far apart
FACING = float(np.sqrt(0.5))  # an edge at more than 45° from the street is a side, not a front


@dataclass(frozen=True)
class Front:
    """Points along the edges of plots: the plot of each, the edge it stands for, its direction."""

    xy: Floats
    owner: NDArray[np.intp]
    length_m: Floats
    along: Floats

    def where(self, kept: NDArray[np.bool_]) -> Front:
        """Keep some of the points."""
        return Front(self.xy[kept], self.owner[kept], self.length_m[kept], self.along[kept])


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
    """Part of the edge of each parcel from which a street is seen.

    The street's centre line is ``params["reach_m"]`` away at most, and no other parcel lies between
    (but the one that the street itself runs on). The owner is a position in ``rows``.
    """
    edge = edge_points(context.plots[rows], step_m=float(params.get("step_m", 1.0)))
    aims = nearest(edge.xy, edge.owner, context.ways, float(params["reach_m"]))
    ahead = _faces(edge, aims)
    edge, aims = edge.where(ahead), aims[ahead]
    return edge.where(~hidden(edge.xy, aims, rows[edge.owner], context.plots_tree))


def _faces(edge: Front, aims: Floats) -> NDArray[np.bool_]:
    """Tell which points have a street before them, not beside them; on the street, all do."""
    view = aims - edge.xy
    size = np.hypot(*view.T) * np.hypot(*edge.along.T)
    across = np.abs((view * edge.along).sum(axis=1))
    return np.asarray(across <= FACING * size + 1e-9, dtype=np.bool_)


def frontage(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, None]:
    """Length of the parcel's edge on a public way; 0 for a plot that others lock in.

    ``params``: see `front`. A plot behind others counts the width of its own strip to the street.
    """
    seen = front(context, rows, params)
    length = np.bincount(seen.owner, seen.length_m, minlength=len(rows))
    return np.round(length, 3), None  # a front of just 3 m stays one when the map is turned


def street_distance(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, None]:
    """Distance from the parcel to the nearest roadway: its centre line, less half its width.

    ``params["half_width_m"]`` is that half. Farther than ``reach_m`` is told as that figure, for
    beyond it the measure does not look.
    """
    reach, ways = float(params["reach_m"]), context.ways
    found = np.full(len(rows), reach)
    if len(ways.lines):
        plot, _, distance = nearest_members(ways.tree, context.plots[rows], reach)
        found[plot] = np.maximum(distance - float(params["half_width_m"]), 0.0)
    return found, None


def surrounded_share(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, None]:
    """Share of the parcel's edge along built parcels or along a street.

    A neighbour is built when buildings cover ``params["built_m2"]`` of it (annexes and light
    constructions left out as in `standing`); the street is seen as in `front`.
    """
    edge = edge_points(context.plots[rows], step_m=float(params.get("step_m", 1.0)))
    held = _beside_built(context, rows, edge, params)
    loose = np.flatnonzero(~held)
    aims = nearest(edge.xy[loose], edge.owner[loose], context.ways, float(params["reach_m"]))
    near = ~np.isnan(aims).any(axis=1)
    loose, aims = loose[near], aims[near]
    eyes, plots = edge.xy[loose], rows[edge.owner[loose]]
    held[loose[~hidden(eyes, aims, plots, context.plots_tree)]] = True
    total = np.bincount(edge.owner, edge.length_m, minlength=len(rows))
    along = np.bincount(edge.owner[held], edge.length_m[held], minlength=len(rows))
    return np.divide(along, total, out=np.full(len(rows), np.nan), where=total > 0), None


def _beside_built(
    context: SpatialContext, rows: NDArray[np.intp], edge: Front, params: Params
) -> NDArray[np.bool_]:
    """Tell which points of the edge lie against another plot that is built."""
    near = np.unique(pairs_within(context.plots[rows], context.plots_tree, TOUCH_M)[1])
    built = near[built_m2(context, near, params) >= float(params["built_m2"])]
    held = np.zeros(len(edge.xy), dtype=bool)
    if len(built):
        tree = shapely.STRtree(context.plots[built])
        point, plot = queried(tree, shapely.points(edge.xy), "dwithin", TOUCH_M)
        held[point[built[plot] != rows[edge.owner[point]]]] = True
    return held


APART = 1.2  # of a step: points of a front farther apart are two fronts
WORDS = (
    Localized("bâti d'aucun côté le long de la rue", "built on no side along the street"),
    Localized("bâti d'un seul côté le long de la rue", "built on one side only along the street"),
    Localized("bâti des deux côtés le long de la rue", "built on both sides along the street"),
)


def built_sides(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, NDArray[np.object_] | None]:
    """On how many sides the next plot along the same street is built: 0, 1 or 2.

    The two ends of the street front (see `front`) each have a neighbour
    within ``params["beside_m"]``; it is built when buildings cover ``built_m2`` of it (annexes and
    light constructions left out as in `standing`). The parcel of a street is no neighbour. A plot
    without a front has no side: unknown.
    """
    seen = front(context, rows, params)
    starts, ends = _ends(seen)
    found = np.full(len(rows), np.nan)
    found[seen.owner] = 0.0
    for side in (starts, ends):
        built = np.zeros(len(rows), dtype=bool)
        built[_built_beside(context, rows, seen.where(side), params)] = True
        found += built
    told = np.full(len(rows), None, dtype=object)
    known = ~np.isnan(found)
    told[known] = [WORDS[sides].fr for sides in found[known].astype(np.intp)]
    return found, told


def _ends(seen: Front) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Points that begin a front, and those that end one, in the order of the ring."""
    count = len(seen.xy)
    first = np.ones(count, dtype=bool)
    first[1:] = seen.owner[1:] != seen.owner[:-1]
    last = np.roll(first, -1)
    # The ring's first corner may lie in the middle of a front: its last point goes on to its first.
    after = np.arange(1, count + 1)
    after[last] = np.flatnonzero(first)
    gap = np.hypot(*(seen.xy - seen.xy[after]).T)
    broken = (gap > APART * seen.length_m) | (after == np.arange(count))
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
