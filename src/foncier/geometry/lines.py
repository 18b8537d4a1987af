"""Measures along lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.geometry.arrays import Floats, Geometries


def vertex_measures(lines: Geometries) -> tuple[Floats, NDArray[np.intp], Floats]:
    """Return the vertices of lines, the line of each, and its measure along the line in metres.

    Parameters
    ----------
    lines
        Lines without gaps, shape (n,), in a metric CRS.

    Returns
    -------
    Arrays of shapes (k, 2), (k,) and (k,).

    Examples
    --------
    >>> import numpy as np, shapely
    >>> line = shapely.LineString([(0, 0), (10, 0), (10, 5)])
    >>> vertex_measures(np.array([line]))[2].tolist()
    [0.0, 10.0, 15.0]
    """
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    step = np.zeros(len(xy))
    step[1:] = np.where(owner[1:] == owner[:-1], np.hypot(*np.diff(xy, axis=0).T), 0.0)
    total = np.cumsum(step)
    start = np.zeros(len(lines))
    first = np.flatnonzero(np.append(True, owner[1:] != owner[:-1])[: len(owner)])
    start[owner[first]] = total[first]
    return xy, owner, total - start[owner]


def line_substring(lines: Geometries, start_m: Floats, end_m: Floats) -> Geometries:
    """Extract the part of each line between two measures.

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
    >>> print(line_substring(np.array([line]), np.array([4.0]), np.array([12.0]))[0])
    LINESTRING (4 0, 10 0, 10 2)
    """
    if not len(lines):
        return np.empty(0, dtype=object)
    xy, owner, along = vertex_measures(lines)
    inside = (along > start_m[owner]) & (along < end_m[owner])
    first = shapely.get_coordinates(shapely.line_interpolate_point(lines, start_m))
    last = shapely.get_coordinates(shapely.line_interpolate_point(lines, end_m))
    all_owner = np.concatenate([np.arange(len(lines)), owner[inside], np.arange(len(lines))])
    # Ends sort first and last, not by measure: rounding could put one behind a vertex.
    turn = np.concatenate([np.zeros(len(lines)), along[inside] + 1, np.full(len(lines), np.inf)])
    order = np.lexsort((turn, all_owner))
    points = np.concatenate([first, xy[inside], last])[order]
    pieces: Geometries = shapely.linestrings(points, indices=all_owner[order])
    return pieces
