"""What covers plots: the area under other shapes, the envelope that passes over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from foncier.geometry.arrays import Floats, Geometries, in_threads, unions_by

if TYPE_CHECKING:
    from numpy.typing import NDArray


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


def _overlapping(shapes: Geometries, which: NDArray[np.intp]) -> NDArray[np.intp]:
    """Positions of those among the shapes ``which`` whose inside meets that of another of them."""
    some = shapes[which]
    first, second = shapely.STRtree(some).query(some, predicate="intersects")
    once = first < second
    first, second = first[once], second[once]
    shapely.prepare(some)
    inside = shapely.relate_pattern(some[first], some[second], "T********")
    return np.asarray(which[np.union1d(first[inside], second[inside])], dtype=np.intp)


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
