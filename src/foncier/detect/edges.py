"""Measures along the edge of a plot: its street front, what is built around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from foncier.detect.measures import Given, built_m2
from foncier.detect.sights import hidden, nearest
from foncier.geometry import Floats, Geometries, expand, nearest_members, pairs_within, queried

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.detect.ground import Ground

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


def front(ground: Ground, rows: NDArray[np.intp], given: Given) -> Front:
    """Part of the edge of each parcel from which a street is seen.

    The street's centre line is ``given["reach_m"]`` away at most, and no other parcel lies between
    (but the one that the street itself runs on). The owner is a position in ``rows``.
    """
    edge = edge_points(ground.plots[rows], step_m=float(given.get("step_m", 1.0)))
    aims = nearest(edge.xy, edge.owner, ground.ways, float(given["reach_m"]))
    ahead = _faces(edge, aims)
    edge, aims = edge.where(ahead), aims[ahead]
    return edge.where(~hidden(edge.xy, aims, rows[edge.owner], ground.plots_tree))


def _faces(edge: Front, aims: Floats) -> NDArray[np.bool_]:
    """Tell which points have a street before them, not beside them; on the street, all do."""
    view = aims - edge.xy
    size = np.hypot(*view.T) * np.hypot(*edge.along.T)
    across = np.abs((view * edge.along).sum(axis=1))
    return np.asarray(across <= FACING * size + 1e-9, dtype=np.bool_)


def frontage(ground: Ground, rows: NDArray[np.intp], given: Given) -> tuple[Floats, None]:
    """Length of the parcel's edge on a public way; 0 for a plot that others lock in.

    ``given``: see `front`. A plot behind others counts the width of its own strip to the street.
    """
    seen = front(ground, rows, given)
    length = np.bincount(seen.owner, seen.length_m, minlength=len(rows))
    return np.round(length, 3), None  # a front of just 3 m stays one when the map is turned


def street_distance(ground: Ground, rows: NDArray[np.intp], given: Given) -> tuple[Floats, None]:
    """Distance from the parcel to the nearest roadway: its centre line, less half its width.

    ``given["half_width_m"]`` is that half. Farther than ``reach_m`` is told as that figure, for
    beyond it the measure does not look.
    """
    reach, ways = float(given["reach_m"]), ground.ways
    found = np.full(len(rows), reach)
    if len(ways.lines):
        plot, _, distance = nearest_members(ways.tree, ground.plots[rows], reach)
        found[plot] = np.maximum(distance - float(given["half_width_m"]), 0.0)
    return found, None


def surrounded_share(ground: Ground, rows: NDArray[np.intp], given: Given) -> tuple[Floats, None]:
    """Share of the parcel's edge along built parcels or along a street.

    A neighbour is built when buildings cover ``given["built_m2"]`` of it (annexes and light
    constructions left out as in `standing`); the street is seen as in `front`.
    """
    edge = edge_points(ground.plots[rows], step_m=float(given.get("step_m", 1.0)))
    held = _beside_built(ground, rows, edge, given)
    loose = np.flatnonzero(~held)
    aims = nearest(edge.xy[loose], edge.owner[loose], ground.ways, float(given["reach_m"]))
    near = ~np.isnan(aims).any(axis=1)
    loose, aims = loose[near], aims[near]
    eyes, plots = edge.xy[loose], rows[edge.owner[loose]]
    held[loose[~hidden(eyes, aims, plots, ground.plots_tree)]] = True
    total = np.bincount(edge.owner, edge.length_m, minlength=len(rows))
    along = np.bincount(edge.owner[held], edge.length_m[held], minlength=len(rows))
    return np.divide(along, total, out=np.full(len(rows), np.nan), where=total > 0), None


def _beside_built(
    ground: Ground, rows: NDArray[np.intp], edge: Front, given: Given
) -> NDArray[np.bool_]:
    """Tell which points of the edge lie against another plot that is built."""
    near = np.unique(pairs_within(ground.plots[rows], ground.plots_tree, TOUCH_M)[1])
    built = near[built_m2(ground, near, given) >= float(given["built_m2"])]
    held = np.zeros(len(edge.xy), dtype=bool)
    if len(built):
        tree = shapely.STRtree(ground.plots[built])
        point, plot = queried(tree, shapely.points(edge.xy), "dwithin", TOUCH_M)
        held[point[built[plot] != rows[edge.owner[point]]]] = True
    return held
