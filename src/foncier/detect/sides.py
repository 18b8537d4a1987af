"""On how many sides of a plot it is built, along its street."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from foncier.detect.edges import front
from foncier.detect.measures import Given, built_m2
from foncier.records import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.detect.edges import Front
    from foncier.detect.ground import Ground
    from foncier.geometry import Floats

APART = 1.2  # of a step: points of a front farther apart are two fronts
WORDS = (
    Text("bâti d'aucun côté le long de la rue", "built on no side along the street"),
    Text("bâti d'un seul côté le long de la rue", "built on one side only along the street"),
    Text("bâti des deux côtés le long de la rue", "built on both sides along the street"),
)


def built_sides(
    ground: Ground, rows: NDArray[np.intp], given: Given
) -> tuple[Floats, NDArray[np.object_] | None]:
    """On how many sides the next plot along the same street is built: 0, 1 or 2.

    The two ends of the street front (see `foncier.detect.edges.front`) each have a neighbour
    within ``given["beside_m"]``; it is built when buildings cover ``built_m2`` of it (annexes and
    light constructions left out as in `standing`). The parcel of a street is no neighbour. A plot
    without a front has no side: unknown.
    """
    seen = front(ground, rows, given)
    starts, ends = _ends(seen)
    found = np.full(len(rows), np.nan)
    found[seen.owner] = 0.0
    for side in (starts, ends):
        built = np.zeros(len(rows), dtype=bool)
        built[_beside_built(ground, rows, seen.where(side), given)] = True
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


def _beside_built(
    ground: Ground, rows: NDArray[np.intp], ends: Front, given: Given
) -> NDArray[np.intp]:
    """Owners of the ends that have a built parcel beside them."""
    point, plot = ground.plots_tree.query(
        shapely.points(ends.xy), predicate="dwithin", distance=float(given["beside_m"])
    )
    other = plot != rows[ends.owner[point]]
    point, plot = point[other], plot[other]
    beside = np.unique(plot)
    street = np.unique(ground.ways.tree.query(ground.plots[beside], predicate="intersects")[0])
    built = built_m2(ground, beside, given) >= float(given["built_m2"])
    built[street] = False
    owners: NDArray[np.intp] = np.unique(ends.owner[point[np.isin(plot, beside[built])]])
    return owners
