"""Measures of outlines: width, compactness, what an opening or a clear distance leaves."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import shapely

from foncier.geometry.arrays import (
    POLYGONAL,
    Covers,
    Floats,
    Geometries,
    meeting,
    shapes_of,
)
from foncier.geometry.parallel import in_threads, which_hold

if TYPE_CHECKING:
    from numpy.typing import NDArray


def opened_area_m2(plots: Geometries, *, radius_m: float) -> Floats:
    """Area that is left of each plot when all parts narrower than two radii are worn away.

    The morphological opening (shrink, then grow, round corners) of QGIS Foncier and foncier-api.

    Returns
    -------
    Square metres, shape (n,); NaN for a missing plot.

    Examples
    --------
    >>> lane, court = shapely.box(0, 0, 3, 400), shapely.box(0, 0, 30, 30)
    >>> opened_area_m2(np.array([lane, court]), radius_m=10).round()
    array([  0., 814.])
    """
    area = shapely.area(in_threads(partial(_opened, radius_m=radius_m), plots))
    area[shapely.is_missing(plots)] = np.nan
    return np.asarray(area, dtype=np.float64)


def _opened(plots: Geometries, *, radius_m: float) -> Geometries:
    shrunk = shapely.buffer(plots, -radius_m, quad_segs=16)
    return np.asarray(shapely.buffer(shrunk, radius_m, quad_segs=16), dtype=object)


def free_pieces(
    plots: Geometries, covers: Covers, *, clear_m: float, part_m2: float
) -> tuple[Geometries, NDArray[np.intp]]:
    """Pieces of each plot that are left free around what stands on it.

    Parameters
    ----------
    plots, covers
        Valid polygons, shapes (n,) and (m,), in the same metric CRS.
    clear_m
        Distance kept free around every part of a shape inside the plot.
    part_m2
        Parts no larger than this are ignored.

    Returns
    -------
    The pieces, and the position of the plot of each.
    """
    plot, cut = _parts_on(plots, covers, part_m2)
    parts, owner = shapely.get_parts(cut, return_index=True)
    large = (shapely.area(parts) > part_m2) & (shapely.get_type_id(parts) == POLYGONAL[0])
    taken, group = np.unique(plot[owner[large]], return_inverse=True)
    order = np.argsort(group, kind="stable")
    built = shapely.multipolygons(parts[large][order], indices=group[order])
    free = np.array(plots)
    free[taken] = in_threads(partial(_clear, clear_m=clear_m), plots[taken], built)
    pieces, piece_of = shapely.get_parts(free, return_index=True)
    some = ~shapely.is_empty(pieces)
    return pieces[some], np.asarray(piece_of[some], dtype=np.intp)


def _parts_on(
    plots: Geometries, covers: Covers, part_m2: float
) -> tuple[NDArray[np.intp], Geometries]:
    """What lies of each cover on each plot, with the plot; some parts of ``part_m2`` left out.

    Worn by d, a cover loses no more than d times its outline. One that a plot then no longer meets
    brings it less than ``part_m2``: most neighbours lean on the limit. One that then lies in the
    plot is taken whole: no more than ``part_m2`` of it is drawn beyond the limit.
    """
    plot, cover = meeting(plots, covers)
    covers = shapes_of(covers)
    large = shapely.area(covers)[cover] > part_m2
    plot, cover = plot[large], cover[large]
    shapely.prepare(plots)
    whole = which_hold(shapely.covers, plots, plot, covers[cover])
    astride = np.flatnonzero(~whole)
    once, back = np.unique(cover[astride], return_inverse=True)
    deep = part_m2 / shapely.length(covers[once])
    worn = in_threads(partial(shapely.buffer, quad_segs=1), covers[once], -deep)[back]
    kept = np.ones(len(plot), dtype=bool)
    kept[astride] = which_hold(shapely.intersects, plots, plot[astride], worn)
    whole[astride] = which_hold(shapely.covers, plots, plot[astride], worn) & kept[astride]
    plot, cover, whole = plot[kept], cover[kept], whole[kept]
    cut = covers[cover]
    cut[~whole] = in_threads(shapely.intersection, plots[plot[~whole]], cut[~whole])
    return plot, cut


def _clear(plots: Geometries, built: Geometries, *, clear_m: float) -> Geometries:
    """Part of each plot that lies clear of what is built on it: one buffer for all its parts."""
    zone = shapely.buffer(built, clear_m, quad_segs=16)
    shapely.prepare(zone)
    left = ~shapely.covers(zone, plots)  # nothing is left of many a town plot, which is told faster
    free: Geometries = np.full(len(plots), shapely.Polygon(), dtype=object)
    free[left] = shapely.difference(plots[left], zone[left])
    return free


def largest_free_pieces(
    plots: Geometries,
    covers: Covers,
    *,
    clear_m: float,
    part_m2: float,
    radius_m: float,
) -> Geometries:
    """Best piece of each plot that is left free; None where nothing is.

    The best is the one that keeps most when opened by ``radius_m`` (see `opened_area_m2`). See
    `free_pieces` for the rest.
    """
    pieces, owner = free_pieces(plots, covers, clear_m=clear_m, part_m2=part_m2)
    rivals = np.bincount(owner, minlength=len(plots))[owner] > 1
    opened = np.zeros(len(pieces))
    opened[rivals] = opened_area_m2(pieces[rivals], radius_m=radius_m)
    order = np.lexsort((shapely.area(pieces), opened))  # the best is written last
    best: Geometries = np.full(len(plots), None, dtype=object)
    best[owner[order]] = pieces[order]
    return best


def width_m(plots: Geometries, *, tolerance_m: float = 0.5) -> Floats:
    """Diameter of the largest circle that fits in each plot.

    Parameters
    ----------
    plots
        Polygons, shape (n,), in a metric CRS.
    tolerance_m
        How near the circle must come to the largest. 0.5 m is four times faster than the default
        of GEOS and within a wall's thickness.

    Returns
    -------
    Metres, shape (n,); NaN for a missing or empty plot.

    Examples
    --------
    >>> lane, court = shapely.box(0, 0, 3, 40), shapely.box(0, 0, 11, 11)
    >>> width_m(np.array([lane, court, None])).round()
    array([ 3., 11., nan])
    """
    widths = np.full(len(plots), np.nan)
    known = ~(shapely.is_missing(plots) | shapely.is_empty(plots)) & (shapely.area(plots) > 0)
    radius = shapely.maximum_inscribed_circle(plots[known], tolerance=tolerance_m)
    widths[known] = 2 * shapely.length(radius)
    return widths


def gravelius(plots: Geometries) -> Floats:
    """Compactness of Gravelius, G = 0.28 · perimeter / √area: 1 for a disc, more when stretched.

    Returns
    -------
    Shape (n,); NaN for a plot without area.

    Examples
    --------
    >>> gravelius(np.array([shapely.box(0, 0, 10, 10), shapely.box(0, 0, 4, 100)])).round(2)
    array([1.12, 2.91])
    """
    area = shapely.area(plots)
    found: Floats = np.full(len(plots), np.nan)
    some = area > 0
    found[some] = 0.28 * shapely.length(plots[some]) / np.sqrt(area[some])
    return found


def convexity(plots: Geometries) -> Floats:
    """Area of each plot over that of its convex hull; 1 when nothing is hollow, NaN without area.

    Examples
    --------
    >>> bend = shapely.Polygon([(0, 0), (20, 0), (20, 2), (2, 2), (2, 20), (0, 20)])
    >>> convexity(np.array([shapely.box(0, 0, 3, 3), bend])).round(2)
    array([1.  , 0.32])
    """
    area, hull = shapely.area(plots), shapely.area(shapely.convex_hull(plots))
    found: Floats = np.full(len(plots), np.nan)
    np.divide(area, hull, out=found, where=(area > 0) & (hull > 0))
    return found
