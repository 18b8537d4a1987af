"""Pure measures of arrays of geometries, in the unit of their CRS (metres here)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

if TYPE_CHECKING:
    from collections.abc import Callable

    from foncier.records import Relief

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


def covered_area_m2(plots: Geometries, covers: Geometries, *, wall_m: float = 0.0) -> Floats:
    """Area of each plot under the union of other shapes; what overlaps counts once.

    Whole shapes inside a plot bring their own area; only those astride a limit are cut, and only
    plots under shapes that overlap each other pay for a union.

    Parameters
    ----------
    plots, covers
        Valid polygons, shapes (n,) and (m,), in the same metric CRS.
    wall_m
        Covers astride a limit are shrunk by this first, so that the wall of a neighbour, drawn a
        hand's breadth over the limit, does not count (QGIS Foncier: 1 m).

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
    if wall_m and astride.any():
        covers = _shrunk(covers, np.unique(cover[astride]), wall_m)
    area[astride] = shapely.area(
        in_threads(shapely.intersection, plots[plot[astride]], covers[cover[astride]])
    )
    total = np.bincount(plot, area, minlength=len(plots))
    shared = np.bincount(plot, minlength=len(plots))[plot] > 1  # alone, a cover counts once
    tangled = shared & np.isin(cover, _overlapping(covers, np.unique(cover[shared])))
    mixed = np.isin(plot, plot[tangled])
    owner, unions = unions_by(plot[mixed], covers[cover[mixed]])
    total[owner] = shapely.area(shapely.intersection(plots[owner], unions))
    return np.asarray(total, dtype=np.float64)


def _shrunk(shapes: Geometries, which: NDArray[np.intp], by_m: float) -> Geometries:
    """Copy of the shapes, some of them worn on all sides."""
    thin = np.array(shapes)
    thin[which] = shapely.buffer(shapes[which], -by_m, join_style="mitre")
    return thin


def unions_by(owner: NDArray[np.intp], shapes: Geometries) -> tuple[NDArray[np.intp], Geometries]:
    """Union of the shapes of each owner: the owners in order, and one geometry for each."""
    order = np.argsort(owner, kind="stable")
    owners, starts = np.unique(owner[order], return_index=True)
    groups = np.full(len(owners), None, dtype=object)
    groups[:] = np.split(shapes[order], starts[1:]) if len(owners) else []
    return owners, in_threads(_unions, groups)


def _unions(groups: NDArray[np.object_]) -> Geometries:
    return np.array([shapely.union_all(group) for group in groups], dtype=object)


def _overlapping(shapes: Geometries, which: NDArray[np.intp]) -> NDArray[np.intp]:
    """Positions of those among the shapes ``which`` whose inside meets that of another of them."""
    some = shapes[which]
    first, second = shapely.STRtree(some).query(some, predicate="intersects")
    once = first < second
    first, second = first[once], second[once]
    shapely.prepare(some)
    inside = shapely.relate_pattern(some[first], some[second], "T********")
    return np.asarray(which[np.union1d(first[inside], second[inside])], dtype=np.intp)


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


def free_pieces(
    plots: Geometries, covers: Geometries, *, clear_m: float, part_m2: float
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
    return pieces, np.asarray(piece_of, dtype=np.intp)


def largest_free_pieces(
    plots: Geometries,
    covers: Geometries,
    *,
    clear_m: float,
    part_m2: float,
    radius_m: float,
) -> tuple[Geometries, Floats]:
    """Best piece of each plot that is left free, and its opened area in square metres.

    The best is the one that keeps most when opened by ``radius_m`` (see `opened_area_m2`); a plot
    without a free piece gets None and 0. See `free_pieces` for the rest.
    """
    pieces, owner = free_pieces(plots, covers, clear_m=clear_m, part_m2=part_m2)
    opened = opened_area_m2(pieces, radius_m=radius_m)
    order = np.lexsort((shapely.area(pieces), opened))  # the best is written last
    best: Geometries = np.full(len(plots), None, dtype=object)
    area = np.zeros(len(plots))
    best[owner[order]], area[owner[order]] = pieces[order], opened[order]
    return best, area


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


def closed_cover(
    plots: Geometries,
    covers: Geometries,
    *,
    grow_m: float | Floats,
    shrink_m: float = 0.0,
    hole_m2: float = 0.0,
) -> Geometries:
    """Envelope of the covers where it passes over each plot: grown, holes filled, shrunk again.

    Each plot is measured with the covers that can change its own part only, so that the answer
    does not depend on what lies farther away.

    Parameters
    ----------
    plots, covers
        Valid polygons, shapes (n,) and (m,), in the same metric CRS.
    grow_m
        Growth of the covers: one, or one a cover.
    shrink_m
        How much the grown covers are worn again.
    hole_m2
        Holes no larger than this are filled.

    Returns
    -------
    Part of each plot inside the envelope, shape (n,); empty where no cover comes near.

    Examples
    --------
    >>> plot, houses = shapely.box(0, 0, 10, 10), shapely.box([-20, 20], 0, [-10, 30], 10)
    >>> shapely.area(closed_cover(np.array([plot]), houses, grow_m=50.0, shrink_m=30.0)).round()
    array([100.])
    """
    grow = np.broadcast_to(np.asarray(grow_m, dtype=np.float64), len(covers))
    found: Geometries = np.full(len(plots), shapely.Polygon(), dtype=object)
    if not len(covers) or not len(plots):
        return found
    # A hole that is filled, and the worn edge, may lie this far outside the plot.
    beyond = float(grow.max()) + shrink_m + np.sqrt(hole_m2)
    tree = shapely.STRtree(covers)
    # What the covers hold with room to spare is in the envelope: few of them tell it for most.
    rest = np.arange(len(plots))
    for room in (0.0, shrink_m):
        spare = shapely.buffer(plots[rest], room, quad_segs=8)
        sure = _held(spare, covers, tree, float(grow.min()) - shrink_m + room)
        found[rest[sure]] = plots[rest[sure]]
        rest = rest[~sure]
    plot, cover = tree.query(plots[rest], predicate="dwithin", distance=beyond)
    plot = rest[plot]
    grown = shapely.buffer(covers[cover], grow[cover], quad_segs=8)
    owner, unions = unions_by(plot, grown)
    if hole_m2:
        unions = np.array([_without_holes(shape, hole_m2) for shape in unions], dtype=object)
    if shrink_m:
        unions = shapely.buffer(unions, -shrink_m, quad_segs=8)
    found[owner] = shapely.intersection(plots[owner], unions)
    return found


def _held(
    plots: Geometries, covers: Geometries, tree: shapely.STRtree, grow_m: float
) -> NDArray[np.bool_]:
    """Tell which plots lie wholly under the covers grown by so much."""
    held = np.zeros(len(plots), dtype=bool)
    if grow_m > 0:
        plot, cover = tree.query(plots, predicate="dwithin", distance=grow_m)
        owner, unions = unions_by(plot, shapely.buffer(covers[cover], grow_m, quad_segs=8))
        held[owner] = shapely.covers(unions, plots[owner])
    return held


def _without_holes(shape: shapely.Geometry, hole_m2: float) -> shapely.Geometry:
    polygons = []
    for part in shapely.get_parts(shape):
        rings = shapely.get_rings(part)
        holes = [r for r in rings[1:] if shapely.area(shapely.polygons(r)) > hole_m2]
        polygons.append(shapely.polygons(rings[0], holes=holes or None))
    return shapely.union_all(polygons)


def heights_m(relief: Relief, x: Floats, y: Floats) -> Floats:
    """Height of the ground at points, between the middles of the four cells around each.

    ``x`` and ``y`` are coordinates in the relief's CRS, shape (n,).

    Returns
    -------
    Metres, shape (n,); NaN off the grid or where one of the four cells is unknown.

    Examples
    --------
    >>> from foncier.records import Relief
    >>> slope = Relief(np.array([[0, 10], [0, 10]], dtype=np.float32), 0.0, 20.0, 10.0)
    >>> heights_m(slope, np.array([5.0, 10.0, 40.0]), np.array([5.0, 10.0, 5.0]))
    array([ 0.,  5., nan])
    """
    rows, columns = relief.heights_m.shape
    across = (np.asarray(x, dtype=np.float64) - relief.west_m) / relief.cell_m
    down = (relief.north_m - np.asarray(y, dtype=np.float64)) / relief.cell_m
    found = np.full(len(across), np.nan)
    on = (across >= 0) & (across <= columns) & (down >= 0) & (down <= rows)
    # The outer half of the border cells is as high as their middle.
    middles = np.array([down[on], across[on]]) - 0.5
    found[on] = map_coordinates(relief.heights_m, middles, np.float64, order=1, mode="nearest")
    return found
