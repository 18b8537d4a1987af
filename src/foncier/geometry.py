"""Pure measures of arrays of geometries, in the unit of their CRS (metres here)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

Geometries = NDArray[np.object_]
Floats = NDArray[np.float64]
POLYGONAL = (3, 6)  # GEOS type ids of Polygon and MultiPolygon
COLLECTION = 7
THREADS = 2
THREAD_FROM = 500  # below, starting threads costs more than it brings


def polygons_only(values: Any) -> Geometries:
    """Keep the polygonal part of each geometry, made valid.

    Parameters
    ----------
    values
        Any geometries, shape (n,).

    Returns
    -------
    Valid polygons or multipolygons, shape (n,); None where nothing with an area is left.

    Examples
    --------
    >>> import shapely
    >>> bow_tie = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    >>> shapely.area(polygons_only([bow_tie, shapely.Point(0, 0)])[:1])
    array([2.])
    """
    kept: Geometries = np.array(shapely.make_valid(np.asarray(values, dtype=object)))
    kinds = shapely.get_type_id(kept)
    for i in np.flatnonzero(kinds == COLLECTION):
        parts = shapely.get_parts(kept[i])
        parts = parts[np.isin(shapely.get_type_id(parts), POLYGONAL)]
        kept[i] = shapely.union_all(parts) if len(parts) else None
    lost = ~np.isin(shapely.get_type_id(kept), POLYGONAL) | shapely.is_empty(kept)
    kept[lost] = None
    return kept


def covered_area_m2(plots: Geometries, covers: Geometries) -> Floats:
    """Area of each plot under the union of other shapes; what overlaps counts once.

    Whole shapes inside a plot bring their own area; only those astride a limit are cut, and only
    plots under shapes that overlap each other pay for a union.

    Parameters
    ----------
    plots, covers
        Valid polygons, shapes (n,) and (m,), in the same metric CRS.

    Returns
    -------
    Square metres, shape (n,); 0 where nothing covers the plot.

    Examples
    --------
    >>> plot, house = shapely.box(0, 0, 20, 20), shapely.box(-5, 0, 5, 10)
    >>> covered_area_m2(np.array([plot]), np.array([house, house]))
    array([50.])
    """
    if not len(plots) or not len(covers):
        return np.zeros(len(plots))
    plot, cover = shapely.STRtree(covers).query(plots, predicate="intersects")
    shapely.prepare(plots)
    whole = shapely.covers(plots[plot], covers[cover])
    area = np.where(whole, shapely.area(covers)[cover], 0.0)
    astride = ~whole
    area[astride] = shapely.area(
        in_threads(shapely.intersection, plots[plot[astride]], covers[cover[astride]])
    )
    total = np.bincount(plot, area, minlength=len(plots))
    tangled = np.isin(cover, _overlapping(covers))
    mixed = np.isin(plot, plot[tangled])
    owner, unions = unions_by(plot[mixed], covers[cover[mixed]])
    total[owner] = shapely.area(shapely.intersection(plots[owner], unions))
    return np.asarray(total, dtype=np.float64)


def unions_by(owner: NDArray[np.intp], shapes: Geometries) -> tuple[NDArray[np.intp], Geometries]:
    """Union of the shapes of each owner: the owners in order, and one geometry for each."""
    order = np.argsort(owner, kind="stable")
    owners, starts = np.unique(owner[order], return_index=True)
    groups = np.split(shapes[order], starts[1:]) if len(owners) else []
    return owners, np.array([shapely.union_all(group) for group in groups], dtype=object)


def _overlapping(shapes: Geometries) -> NDArray[np.intp]:
    """Positions of the shapes whose inside meets the inside of another one."""
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    once = first < second
    first, second = first[once], second[once]
    shapely.prepare(shapes)
    inside = shapely.relate_pattern(shapes[first], shapes[second], "T********")
    return np.union1d(first[inside], second[inside])


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


def _clear(plots: Geometries, built: Geometries, *, clear_m: float) -> Geometries:
    """Part of each plot that lies clear of what is built on it: one buffer for all its parts."""
    zone = shapely.buffer(built, clear_m, quad_segs=16)
    return np.asarray(shapely.difference(plots, zone), dtype=object)


def in_threads(work: Callable[..., Geometries], *arrays: Geometries) -> Geometries:
    """Do a vectorised work on the halves of long arrays at once: GEOS lets go of the GIL.

    The result does not depend on the split. Prepared predicates must stay out of it: a prepared
    geometry is not safe in two threads.
    """
    if len(arrays[0]) < THREAD_FROM:
        return work(*arrays)
    halves = [np.array_split(array, THREADS) for array in arrays]
    with ThreadPoolExecutor(THREADS) as pool:
        return np.concatenate(list(pool.map(work, *halves)))


def largest_free_piece_m2(
    plots: Geometries, covers: Geometries, *, clear_m: float, part_m2: float, radius_m: float
) -> Floats:
    """Opened area of the best piece of each plot that is left free around what stands on it.

    Parameters
    ----------
    plots, covers
        Valid polygons, shapes (n,) and (m,), in the same metric CRS.
    clear_m
        Distance kept free around every part of a shape inside the plot.
    part_m2
        Parts no larger than this are ignored.
    radius_m
        Radius of the opening (see `opened_area_m2`).

    Returns
    -------
    Square metres, shape (n,).
    """
    plot, cover = shapely.STRtree(covers).query(plots, predicate="intersects")
    cut = in_threads(shapely.intersection, plots[plot], covers[cover])
    parts, owner = shapely.get_parts(cut, return_index=True)
    large = (shapely.area(parts) > part_m2) & (shapely.get_type_id(parts) == POLYGONAL[0])
    taken, group = np.unique(plot[owner[large]], return_inverse=True)
    order = np.argsort(group, kind="stable")
    built = shapely.multipolygons(parts[large][order], indices=group[order])
    free = np.array(plots)
    free[taken] = in_threads(partial(_clear, clear_m=clear_m), plots[taken], built)
    pieces, piece_of = shapely.get_parts(free, return_index=True)
    best = np.zeros(len(plots))
    np.maximum.at(best, piece_of, opened_area_m2(pieces, radius_m=radius_m))
    return best
