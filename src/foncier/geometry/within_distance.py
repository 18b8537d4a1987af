"""Which plots lie wholly within reach of what stands around them, told without drawing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from foncier.geometry.parallel import in_threads, nearest_members

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.geometry.arrays import Floats, Geometries

HALVINGS = 6  # of the square around a plot; what is not told by then is drawn
QUARTERS = np.array([(-1, -1), (-1, 1), (1, -1), (1, 1)])


def all_within(
    plots: Geometries, tree: shapely.STRtree, reach_m: float, *, room_m: float = 0.0
) -> NDArray[np.bool_]:
    """Tell of which plots every point, and all ground up to a distance around, is near a cover.

    The square around each plot is quartered until a quarter is near enough to one cover as a whole,
    or off the ground, or shows a point that is too far.

    Parameters
    ----------
    plots
        Polygons, shape (n,), in a metric CRS.
    tree
        Index of the covers.
    reach_m
        How far a point may be from the nearest cover.
    room_m
        How far around the plot the ground reaches.

    Returns
    -------
    Shape (n,); False also where quarters too small to matter would have to be looked at.

    Examples
    --------
    >>> tree = shapely.STRtree(shapely.box([0, 30], 0, [10, 40], 10))
    >>> lots = shapely.box([11, 11], 0, [29, 29], [10, 40])
    >>> all_within(lots, tree, 15.0).tolist(), all_within(lots, tree, 15.0, room_m=15.0).tolist()
    ([True, False], [False, False])
    """
    held = np.ones(len(plots), dtype=np.bool_)
    if reach_m <= 0:
        return ~held
    west, south, east, north = shapely.bounds(plots).T
    centre = np.column_stack([west + east, south + north]) / 2
    half = np.maximum(east - west, north - south) / 2 + room_m
    plot = np.arange(len(plots))
    for _ in range(HALVINGS):
        points, round_m = shapely.points(centre), half * np.sqrt(2)
        off = in_threads(shapely.distance, plots[plot], points) - room_m
        away = _nearest_m(points, tree, reach_m)
        held[plot[(off <= 0) & (away > reach_m)]] = False
        open_ = held[plot] & (off <= round_m) & (away + round_m > reach_m)
        half = np.repeat(half[open_] / 2, len(QUARTERS))
        plot = np.repeat(plot[open_], len(QUARTERS))
        aside = np.tile(QUARTERS, (int(open_.sum()), 1)) * half[:, None]
        centre = np.repeat(centre[open_], len(QUARTERS), axis=0) + aside
    held[plot] = False
    return held


def _nearest_m(points: Geometries, tree: shapely.STRtree, most_m: float) -> Floats:
    """Distance of each point to the nearest cover; infinite beyond the most."""
    found = np.full(len(points), np.inf)
    point, _, distance = nearest_members(tree, points, most_m)
    found[point] = distance
    return found
