"""Measures of outlines: width, compactness, openings, free pieces around covers."""

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
    intersecting_pairs,
    shapes_of,
)
from foncier.geometry.parallel import in_threads, predicate_holds

if TYPE_CHECKING:
    from numpy.typing import NDArray


CORNER = 1.6  # radii from the centre of a round corner to the corner of a lot, if of 77° or more
MANY = 100  # parts of a plot: more are united before they are grown


def opened_area_m2(plots: Geometries, *, radius_m: float) -> Floats:
    """Area of the morphological opening of each plot: without parts narrower than two radii.

    Shrink, then grow, with round corners, as QGIS Foncier and foncier-api.

    Returns
    -------
    Square metres, shape (n,); NaN for a missing plot.

    Examples
    --------
    >>> lane, court = shapely.box(0, 0, 3, 400), shapely.box(0, 0, 30, 30)
    >>> opened_area_m2(np.array([lane, court]), radius_m=10).round()
    array([  0., 814.])
    """
    area = shapely.area(opened(plots, radius_m=radius_m))
    area[shapely.is_missing(plots)] = np.nan
    return np.asarray(area, dtype=np.float64)


def opened(plots: Geometries, *, radius_m: float) -> Geometries:
    """Morphological opening of each plot (see `opened_area_m2`)."""
    return in_threads(partial(_opened, radius_m=radius_m), plots)


def _opened(plots: Geometries, *, radius_m: float) -> Geometries:
    shrunk = shapely.buffer(plots, -radius_m, quad_segs=16)
    return np.asarray(shapely.buffer(shrunk, radius_m, quad_segs=16), dtype=object)


def free_pieces(
    plots: Geometries, covers: Covers, *, clear_m: float, part_m2: float
) -> tuple[Geometries, NDArray[np.intp]]:
    """Pieces of each plot that are free around the covers on it.

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
    built = np.array(shapely.multipolygons(parts[large][order], indices=group[order]))
    # GEOS cuts every part of a buffer with every other: where there are many, they are united.
    many = shapely.get_num_geometries(built) > MANY
    built[many] = in_threads(partial(shapely.union_all, axis=1), built[many][:, None])
    free = np.array(plots)
    free[taken] = in_threads(partial(_clear, clear_m=clear_m), plots[taken], built)
    pieces, piece_of = shapely.get_parts(free, return_index=True)
    some = ~shapely.is_empty(pieces)
    return pieces[some], np.asarray(piece_of[some], dtype=np.intp)


def _parts_on(
    plots: Geometries, covers: Covers, part_m2: float
) -> tuple[NDArray[np.intp], Geometries]:
    """Part of each cover on each plot, with the plot; some parts below ``part_m2`` are left out.

    A cover that is shrunk by d loses at most d times its perimeter. If it then no longer intersects
    the plot, less than ``part_m2`` of it lies on the plot: most neighbours stand on the limit. If
    it then lies in the plot, it counts whole: at most ``part_m2`` of it lies beyond the limit.
    """
    plot, cover = intersecting_pairs(plots, covers)
    covers = shapes_of(covers)
    large = shapely.area(covers)[cover] > part_m2
    plot, cover = plot[large], cover[large]
    shapely.prepare(plots)
    whole = predicate_holds(shapely.covers, plots, plot, covers[cover])
    astride = np.flatnonzero(~whole)
    once, back = np.unique(cover[astride], return_inverse=True)
    deep = part_m2 / shapely.length(covers[once])
    shrunk = in_threads(partial(shapely.buffer, quad_segs=1), covers[once], -deep)[back]
    on_plot = np.ones(len(plot), dtype=bool)
    on_plot[astride] = predicate_holds(shapely.intersects, plots, plot[astride], shrunk)
    whole[astride] = (
        predicate_holds(shapely.covers, plots, plot[astride], shrunk) & on_plot[astride]
    )
    plot, cover, whole = plot[on_plot], cover[on_plot], whole[on_plot]
    cut = covers[cover]
    cut[~whole] = in_threads(shapely.intersection, plots[plot[~whole]], cut[~whole])
    return plot, cut


def _clear(plots: Geometries, built: Geometries, *, clear_m: float) -> Geometries:
    """Part of each plot outside the buffer of what is built on it."""
    zone = shapely.buffer(built, clear_m, quad_segs=16)
    shapely.prepare(zone)
    some = ~shapely.covers(zone, plots)  # faster than an empty difference, frequent in towns
    free: Geometries = np.full(len(plots), shapely.Polygon(), dtype=object)
    free[some] = shapely.difference(plots[some], zone[some])
    return free


def largest_free_pieces(
    plots: Geometries,
    covers: Covers,
    *,
    clear_m: float,
    part_m2: float,
    radius_m: float,
) -> Geometries:
    """Best free piece of each plot; None where there is none.

    The best piece has the largest opening by ``radius_m`` (see `opened_area_m2`). See
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


def largest_lots(
    plots: Geometries,
    covers: Covers,
    *,
    clear_m: float,
    part_m2: float,
    radius_m: float,
) -> Geometries:
    """Largest lot that could be cut from the free pieces of each plot; None where there is none.

    A lot is what a morphological opening leaves in one piece: ground around a building that is
    narrower than two radii joins no two lots. A lot is the opened piece with its corners where
    they have 77° or more. Into a strip or a sharper corner it reaches at most 0.6 of a radius
    farther than the opened piece. See `free_pieces` for the rest.

    Examples
    --------
    >>> plot, house = shapely.box(0, 0, 60, 30), shapely.box(20, 10, 35, 20)
    >>> figures = {"clear_m": 4.0, "part_m2": 10.0, "radius_m": 5.0}
    >>> lot = largest_lots(np.array([plot]), np.array([house]), **figures)[0]
    >>> lot.bounds[1:], 39.0 - lot.bounds[0] <= 5.0
    ((0.0, 60.0, 30.0), True)
    """
    pieces, owner = free_pieces(plots, covers, clear_m=clear_m, part_m2=part_m2)
    shrunk = in_threads(partial(shapely.buffer, distance=-radius_m, quad_segs=16), pieces)
    cores, piece = shapely.get_parts(shrunk, return_index=True)
    some = ~shapely.is_empty(cores)
    cores, piece = cores[some], piece[some]
    # A round join would cut the square corners of a lot, a longer mitre would reach into strips.
    grow = partial(shapely.buffer, distance=radius_m, join_style="mitre", mitre_limit=CORNER)
    near = partial(shapely.buffer, distance=CORNER * radius_m, quad_segs=16)
    grown = in_threads(shapely.intersection, in_threads(grow, cores), in_threads(near, cores))
    lots = in_threads(shapely.intersection, grown, pieces[piece])
    parts, lot = shapely.get_parts(lots, return_index=True)
    flat = shapely.get_type_id(parts) != POLYGONAL[0]
    parts, plot = parts[~flat], owner[piece[lot[~flat]]]
    order = np.argsort(shapely.area(parts), kind="stable")  # the largest is written last
    best: Geometries = np.full(len(plots), None, dtype=object)
    best[plot[order]] = parts[order]
    return best


def width_m(plots: Geometries, *, tolerance_m: float = 0.5) -> Floats:
    """Diameter of the largest circle that fits in each plot.

    Parameters
    ----------
    plots
        Polygons, shape (n,), in a metric CRS.
    tolerance_m
        Tolerance of the inscribed circle. 0.5 m is four times faster than the default of GEOS.

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
    """Compactness of Gravelius, G = 0.28 · perimeter / √area: 1 for a disc, more for a strip.

    Returns
    -------
    Shape (n,); NaN for a plot without area.

    Examples
    --------
    >>> gravelius(np.array([shapely.box(0, 0, 10, 10), shapely.box(0, 0, 4, 100)])).round(2)
    array([1.12, 2.91])
    """
    area = shapely.area(plots)
    compactness: Floats = np.full(len(plots), np.nan)
    some = area > 0
    compactness[some] = 0.28 * shapely.length(plots[some]) / np.sqrt(area[some])
    return compactness


def mean_width_m(plots: Geometries) -> Floats:
    """Mean width of each plot, as a strip of its area and perimeter; NaN without an outline.

    Examples
    --------
    >>> mean_width_m(np.array([shapely.box(0, 0, 4, 100)])).round(1)
    array([3.8])
    """
    length, area = shapely.length(plots), shapely.area(plots)
    width: Floats = np.full(len(plots), np.nan)
    np.divide(2 * area, length, out=width, where=length > 0)
    return width


def convexity(plots: Geometries) -> Floats:
    """Area of each plot over that of its convex hull; 1 for a convex plot, NaN without area.

    Examples
    --------
    >>> bend = shapely.Polygon([(0, 0), (20, 0), (20, 2), (2, 2), (2, 20), (0, 20)])
    >>> convexity(np.array([shapely.box(0, 0, 3, 3), bend])).round(2)
    array([1.  , 0.32])
    """
    area, hull = shapely.area(plots), shapely.area(shapely.convex_hull(plots))
    share: Floats = np.full(len(plots), np.nan)
    np.divide(area, hull, out=share, where=(area > 0) & (hull > 0))
    return share
