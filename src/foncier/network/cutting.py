"""Cut lines by measures along them, many at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Geometries = NDArray[np.object_]
Floats = NDArray[np.float64]
Integers = NDArray[np.signedinteger[Any]]


def cut(lines: Geometries, start_m: Floats, end_m: Floats) -> Geometries:
    """Take the part of each line between two measures.

    Parameters
    ----------
    lines
        Lines without gaps, shape (n,), in a metric CRS.
    start_m, end_m
        Measures along each line in metres, ``0 <= start_m <= end_m <= length``.

    Returns
    -------
    Lines in the same direction, shape (n,).

    Examples
    --------
    >>> import numpy as np, shapely
    >>> line = shapely.LineString([(0, 0), (10, 0), (10, 10)])
    >>> print(cut(np.array([line]), np.array([4.0]), np.array([12.0]))[0])
    LINESTRING (4 0, 10 0, 10 2)
    """
    if not len(lines):
        return np.empty(0, dtype=object)
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    step = np.zeros(len(xy))
    step[1:] = np.where(owner[1:] == owner[:-1], np.hypot(*np.diff(xy, axis=0).T), 0.0)
    total = np.cumsum(step)
    along = total - total[np.searchsorted(owner, np.arange(len(lines)))][owner]
    inside = (along > start_m[owner]) & (along < end_m[owner])
    first = shapely.get_coordinates(shapely.line_interpolate_point(lines, start_m))
    last = shapely.get_coordinates(shapely.line_interpolate_point(lines, end_m))
    all_owner = np.concatenate([np.arange(len(lines)), owner[inside], np.arange(len(lines))])
    # Ends in their own right, not by measure: rounding must never put one behind a vertex.
    turn = np.concatenate([np.zeros(len(lines)), along[inside] + 1, np.full(len(lines), np.inf)])
    order = np.lexsort((turn, all_owner))
    points = np.concatenate([first, xy[inside], last])[order]
    pieces: Geometries = shapely.linestrings(points, indices=all_owner[order])
    return pieces
