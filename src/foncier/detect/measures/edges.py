"""Points along the rings of plots, and the exact length of the parts for which something holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from foncier.geometry import Floats, Geometries, expand

if TYPE_CHECKING:
    from numpy.typing import NDArray

PARTS, ROUNDS = 8, 3  # of the step between two points: a change is found to two millimetres


@dataclass(frozen=True)
class Edge:
    """Points along the edges of plots, each for the stretch of the ring around it.

    ``owner`` is the plot of each, ``length_m`` its stretch, ``along`` the direction of the edge,
    ``outward`` that away from the plot; ``ring`` and ``at_m`` its place on the rings.
    """

    xy: Floats
    owner: NDArray[np.intp]
    length_m: Floats
    along: Floats
    outward: Floats
    ring: NDArray[np.intp]
    at_m: Floats

    def take(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> Edge:
        """Some of the points."""
        return Edge(
            self.xy[chosen],
            self.owner[chosen],
            self.length_m[chosen],
            self.along[chosen],
            self.outward[chosen],
            self.ring[chosen],
            self.at_m[chosen],
        )


Test = Callable[[Edge], "NDArray[np.bool_]"]


class Rings:
    """All rings of some plots, laid end to end.

    Examples
    --------
    >>> rings = Rings(np.array([shapely.box(0, 0, 4, 2)]))
    >>> edge = rings.points(step_m=1.0)
    >>> len(edge.xy), float(edge.length_m.sum())
    (12, 12.0)
    >>> west = edge.take(edge.xy[:, 0] == 0.0)
    >>> (west.outward + 0.0).tolist()  # no negative zeros
    [[-1.0, 0.0], [-1.0, 0.0]]
    """

    def __init__(self, plots: Geometries) -> None:
        parts, plot = shapely.get_parts(plots, return_index=True)
        rings, part = shapely.get_rings(parts, return_index=True)
        xy, of = shapely.get_coordinates(rings, return_index=True)
        begins = np.flatnonzero(of[1:] == of[:-1])  # the first corner of each side
        sides = xy[begins + 1] - xy[begins]
        size = np.hypot(*sides.T)
        begins, sides, size = begins[size > 0], sides[size > 0], size[size > 0]
        self.owner = plot[part]
        self.length_m = np.bincount(of[begins], size, minlength=len(rings))
        self._begins = xy[begins]
        self._along = sides / size[:, None]
        self._ends = np.cumsum(size)
        self._ring = of[begins]
        self._from_m = _from_first(self._ring, size)
        self._to_m = self._from_m + size
        outer = np.diff(part, prepend=-1) > 0  # the first ring of a polygon; holes follow
        # A ring drawn counter-clockwise has its outside on the right; a hole the other way.
        self._right = np.where(shapely.is_ccw(rings) == outer, 1.0, -1.0)

    def points(self, *, step_m: float) -> Edge:
        """Points ``step_m`` apart or a little less."""
        count = np.ceil(self.length_m / step_m).astype(np.intp)
        ring, rank = expand(count)
        step = self.length_m[ring] / count[ring]
        return self.locate(ring, (rank + 0.5) * step, step)

    def locate(self, ring: NDArray[np.intp], at_m: Floats, length_m: Floats) -> Edge:
        """Points at a distance from the first corner of their rings."""
        # All rings laid end to end: one search finds the side that each point falls on. The sums
        # over all rings are rounded, so the side is set right by the sums over its own ring: the
        # place of a point does not depend on which other plots there are.
        at = (np.cumsum(self.length_m) - self.length_m)[ring] + at_m
        side = np.minimum(np.searchsorted(self._ends, at), max(len(self._ends) - 1, 0))
        side = np.clip(
            side, np.searchsorted(self._ring, ring), np.searchsorted(self._ring, ring, "right") - 1
        )
        after = np.minimum(side + 1, len(self._ends) - 1)
        side = np.where((at_m > self._to_m[side]) & (self._ring[after] == ring), after, side)
        before = np.maximum(side - 1, 0)
        side = np.where((at_m <= self._from_m[side]) & (self._ring[before] == ring), before, side)
        along = self._along[side]
        ahead = at_m - self._from_m[side]
        outward = np.column_stack([along[:, 1], -along[:, 0]]) * self._right[ring][:, None]
        return Edge(
            self._begins[side] + along * ahead[:, None],
            self.owner[ring],
            length_m,
            along,
            outward,
            ring,
            at_m,
        )

    def holds(self, edge: Edge, test: Test) -> Edge:
        """Points of `points` for which a test holds, each with the length for which it does.

        Between two neighbours of which one passes, the place of the change is searched for, part
        by part: the sum of the lengths does not depend on where the points lie.
        """
        if not len(edge.ring):
            return edge
        passed = test(edge)
        first = np.flatnonzero(np.diff(edge.ring, prepend=-1))
        after = np.arange(1, len(edge.ring) + 1)
        after[np.append(first[1:], len(edge.ring)) - 1] = first
        change = np.flatnonzero(passed != passed[after])
        step = edge.length_m[change]
        low, width = np.zeros(len(change)), step.copy()
        for _ in range(ROUNDS):
            low, width = self._narrow(edge.take(change), test, passed[change], (low, width))
        more = low + width / 2 - step / 2
        length = edge.length_m.copy()
        np.add.at(length, change[passed[change]], more[passed[change]])
        np.add.at(length, after[change[~passed[change]]], -more[~passed[change]])
        exact = Edge(edge.xy, edge.owner, length, edge.along, edge.outward, edge.ring, edge.at_m)
        return exact.take(passed)

    def _narrow(
        self,
        edge: Edge,
        test: Test,
        before: NDArray[np.bool_],
        stretch: tuple[Floats, Floats],
    ) -> tuple[Floats, Floats]:
        """First of `PARTS` parts of a stretch after each point, at the end of which it changed.

        ``before`` is what the test gave for the points; a stretch has a begin and a width.
        """
        low, width = stretch
        inner = np.arange(1, PARTS)
        ring = np.repeat(edge.ring, PARTS - 1)
        ahead = (low[:, None] + width[:, None] * inner / PARTS).ravel()
        place = np.mod(np.repeat(edge.at_m, PARTS - 1) + ahead, self.length_m[ring])
        found = test(self.locate(ring, place, np.repeat(width, PARTS - 1)))
        differs = found.reshape(-1, PARTS - 1) != before[:, None]
        part = np.where(differs.any(axis=1), differs.argmax(axis=1), PARTS - 1)
        return low + part * width / PARTS, width / PARTS


def _from_first(ring: NDArray[np.intp], size: Floats) -> Floats:
    """Length of the sides of a ring before each side, the same whatever the other rings are.

    Examples
    --------
    >>> _from_first(np.array([0, 0, 0, 2, 2]), np.array([1.0, 2.0, 4.0, 3.0, 5.0])).tolist()
    [0.0, 1.0, 3.0, 0.0, 3.0]
    """
    begin = np.zeros(len(size))
    first = np.flatnonzero(np.diff(ring, prepend=-1))
    many = np.diff(first, append=len(ring))
    for rank in range(1, int(many.max(initial=0))):  # one addition for the same rank of all rings
        at = first[many > rank] + rank
        begin[at] = begin[at - 1] + size[at - 1]
    return begin


def edge_points(plots: Geometries, *, step_m: float) -> Edge:
    """Points along all rings of each plot, ``step_m`` apart or a little less."""
    return Rings(plots).points(step_m=step_m)
