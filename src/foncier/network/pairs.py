"""Pairs of streets that meet or are near, in an amount that the number of streets bounds.

Streets that all cross each other have as many crossings as pairs. Of such a file the pairs are
searched in the order of the streets, up to a limit; which streets the search left is returned.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from foncier.network.graph import Geometries, Integers

# Largest mean numbers for a shape: of boxes that meet it (real streets: 10), and of shapes (5).
MOST_BOXES, MOST_PAIRS = 200, 30
SMALL = 400  # streets that may all meet each other, whatever the means
HELD = 4_000_000  # pairs of boxes in memory at a time
LEAST_STEP, MOST_STEP = 16, 65_536


@dataclass(frozen=True)
class Pairs:
    """Positions of pairs, and how many of the first shapes have all of theirs."""

    first: Integers
    second: Integers
    searched: int


def near_pairs(shapes: Geometries, lines: Geometries, within_m: float = 0.0) -> Pairs:
    """Find which lines each shape meets, or is near; the first shapes alone where there are many.

    Parameters
    ----------
    shapes, lines
        Geometries in a metric CRS, shapes (n,) and (m,).
    within_m
        Largest distance, in metres; 0: shapes that meet.

    Returns
    -------
    Positions in ``shapes`` and in ``lines``, in the order of the shapes. ``searched`` is less than
    n where more than `MOST_BOXES` boxes or `MOST_PAIRS` lines a shape would be compared.

    Examples
    --------
    >>> lines = shapely.from_wkt(["LINESTRING (0 0, 9 0)", "LINESTRING (5 -5, 5 5)"])
    >>> pairs = near_pairs(lines, lines)
    >>> pairs.first.tolist(), pairs.second.tolist(), pairs.searched
    ([0, 0, 1, 1], [0, 1, 0, 1], 2)
    """
    tree, sought = shapely.STRtree(lines), _sought(shapes, within_m)
    boxes = max(SMALL**2, MOST_BOXES * len(shapes))
    left = max(SMALL**2, MOST_PAIRS * len(shapes))
    step = min(MOST_STEP, max(LEAST_STEP, HELD // max(1, len(lines))))
    firsts, seconds, searched = [], [], 0
    while searched < len(shapes):
        until = min(len(shapes), searched + step)
        first, second = tree.query(sought[searched:until])
        first += searched
        within_boxes = _within(first, searched, until, boxes)
        first, second = _before(first, second, within_boxes)
        boxes -= len(first)
        near = _are_near(shapes, lines, first, second, within_m)
        first, second = first[near], second[near]
        within_pairs = _within(first, searched, within_boxes, left)
        first, second = _before(first, second, within_pairs)
        left -= len(first)
        firsts.append(first)
        seconds.append(second)
        searched = within_pairs
        if searched < until:
            break
    none = np.empty(0, dtype=np.intp)
    return Pairs(np.concatenate([none, *firsts]), np.concatenate([none, *seconds]), searched)


def _sought(shapes: Geometries, within_m: float) -> Geometries:
    """Shapes whose boxes meet those of all lines within the distance."""
    if not within_m:
        return shapes
    west, south, east, north = shapely.bounds(shapes).T
    wide: Geometries = shapely.box(
        west - within_m, south - within_m, east + within_m, north + within_m
    )
    wide[np.isnan(west)] = None
    return wide


def _are_near(
    shapes: Geometries, lines: Geometries, first: Integers, second: Integers, within_m: float
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    shapely.prepare(shapes[np.unique(first)])
    if within_m:
        near = shapely.dwithin(shapes[first], lines[second], within_m)
    else:
        near = shapely.intersects(shapes[first], lines[second])
    return np.asarray(near, dtype=np.bool_)


def _within(first: Integers, start: int, until: int, most: int) -> int:
    """First shape, from ``start`` on, with which the pairs are more than ``most``."""
    total = np.cumsum(np.bincount(first - start, minlength=until - start))
    return start + int(np.searchsorted(total, most, side="right"))


def _before(first: Integers, second: Integers, until: int) -> tuple[Integers, Integers]:
    kept = int(np.searchsorted(first, until))
    return first[:kept], second[:kept]
