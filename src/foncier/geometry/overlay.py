"""Overlay of plots: area under other shapes, urban envelope."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import shapely

from foncier.geometry.arrays import (
    Covers,
    Floats,
    Geometries,
    distinct,
    expand,
    indexed,
    intersecting_pairs,
    pairs_within,
    shapes_of,
    unions_by,
)
from foncier.geometry.crowds import crowded_bounds
from foncier.geometry.parallel import in_threads, nearest_members, predicate_holds, query_tree

if TYPE_CHECKING:
    from numpy.typing import NDArray

QUADRANT = 8  # sides that stand for a quarter of a circle
INSCRIBED = float(np.cos(np.pi / (4 * QUADRANT)))  # they lie this much nearer than the circle
CORNER = float(np.sqrt(2.0))  # a sharp right corner lies this much farther than a round one
MANY = 100  # covers of one plot: more are united without comparing them by pairs
HALVINGS = 6  # of the square around a plot; what is undecided then is drawn
CORNERS = np.array([(-1, -1), (-1, 1), (1, -1), (1, 1)])


@dataclass(frozen=True)
class Overlaps:
    """Pairs (plot, cover) that share an area, ordered by plot, then cover.

    ``area_m2`` is what each pair shares; ``counted`` is the cover of each pair as it was counted:
    shrunk where it crosses the limit of the plot. ``covers`` are all covers, unchanged.
    """

    plot: NDArray[np.intp]
    cover: NDArray[np.intp]
    area_m2: Floats
    counted: Geometries
    covers: Geometries


def counted_once_m2(shapes: Geometries) -> Floats:
    """Area of each shape that no smaller shape covers: the sum is the land that all cover.

    Of two shapes of one area the first in order counts. Where a shape overlaps more than `CROWD`
    others (registers put sites without an address on one point), those of the crowd share their
    land in proportion to their areas, and overlaps with shapes outside the crowd count twice.

    Parameters
    ----------
    shapes
        Valid polygons in a metric CRS, shape (n,).

    Returns
    -------
    Square metres, shape (n,).

    Examples
    --------
    >>> counted_once_m2(np.array([shapely.box(0, 0, 10, 10), shapely.box(5, 0, 9, 10)])).tolist()
    [60.0, 40.0]
    """
    first, _ = distinct(shapes)
    area = np.zeros(len(shapes))
    crowded = first[crowded_bounds(shapes[first])]
    others = np.setdiff1d(first, crowded)
    area[crowded] = _shared_m2(shapes[crowded])
    drawn, own = shapes[others], np.asarray(shapely.area(shapes[others]), dtype=np.float64)
    rank = np.empty(len(drawn), dtype=np.intp)
    rank[np.lexsort((np.arange(len(drawn)), own))] = np.arange(len(drawn))
    shape, other = intersecting_pairs(drawn, drawn)
    smaller = rank[other] < rank[shape]
    larger, cover = unions_by(shape[smaller], drawn[other[smaller]])
    own[larger] = shapely.area(shapely.difference(drawn[larger], cover))
    area[others] = own
    return area


def _shared_m2(shapes: Geometries) -> Floats:
    """Land of each crowd of shapes, shared in proportion to their areas."""
    parts = shapely.get_parts(shapely.union_all(shapes)) if len(shapes) else shapes
    shape, part = query_tree(shapely.STRtree(parts), shapely.point_on_surface(shapes), "intersects")
    of = np.zeros(len(shapes), dtype=np.intp)
    of[shape] = part
    area = np.asarray(shapely.area(shapes), dtype=np.float64)
    total = np.bincount(of, weights=area, minlength=len(parts))
    land = np.asarray(shapely.area(parts), dtype=np.float64)
    return np.asarray(area * (land / total)[of] if len(shapes) else area)


def overlaps(plots: Geometries, covers: Covers, *, wall_m: float = 0.0) -> Overlaps:
    """Area that each plot shares with each cover, pair by pair; see `covered_area_m2`."""
    plot, cover = intersecting_pairs(plots, covers)
    covers = shapes_of(covers)
    shapely.prepare(plots)
    whole = predicate_holds(shapely.covers, plots, plot, covers[cover])
    area = np.zeros(len(plot))
    area[whole] = shapely.area(covers[cover[whole]])
    counted, astride = covers[cover], np.flatnonzero(~whole)
    if wall_m and len(astride):
        counted[astride] = _shrunk(covers, cover[astride], wall_m)
        # Shrunk, most buildings of a street lie on one side of the limit and need no cut.
        astride = astride[
            predicate_holds(shapely.intersects, plots, plot[astride], counted[astride])
        ]
        inside = predicate_holds(shapely.covers, plots, plot[astride], counted[astride])
        area[astride[inside]] = shapely.area(counted[astride[inside]])
        astride = astride[~inside]
    area[astride] = shapely.area(
        in_threads(shapely.intersection, plots[plot[astride]], counted[astride])
    )
    some = area > 0
    return Overlaps(plot[some], cover[some], area[some], counted[some], covers)


def covered_area_m2(plots: Geometries, covers: Covers, *, wall_m: float = 0.0) -> Floats:
    """Area of each plot under the union of other shapes; what overlaps counts once.

    Shapes inside a plot add their own area; only those across a limit are cut, and only plots
    under shapes that overlap each other need a union.

    Parameters
    ----------
    plots, covers
        Valid polygons, shapes (n,) and (m,), in the same metric CRS.
    wall_m
        Covers across a limit are shrunk by this first, so that the wall of a neighbour that is
        drawn slightly over the limit does not count (QGIS Foncier: 1 m).

    Returns
    -------
    Square metres, shape (n,); 0 where nothing covers the plot.

    Examples
    --------
    >>> plot, building = shapely.box(0, 0, 20, 20), shapely.box(-5, 0, 5, 10)
    >>> covered_area_m2(np.array([plot]), np.array([building, building]))
    array([50.])
    """
    if not len(plots) or not len(covers):
        return np.zeros(len(plots))
    return united_area_m2(plots, overlaps(plots, covers, wall_m=wall_m))


def united_area_m2(plots: Geometries, shared: Overlaps) -> Floats:
    """Area of each plot under its covers together; what two of them cover counts once."""
    plot = shared.plot
    total = np.bincount(plot, shared.area_m2, minlength=len(plots))
    several = np.isin(plot, np.flatnonzero(np.bincount(plot) > MANY))
    mixed = several | np.isin(plot, _with_overlapping_covers(shared, among=~several))
    owner, unions = unions_by(plot[mixed], shared.counted[mixed])
    united = shapely.area(shapely.intersection(plots[owner], unions))
    # The sum is exact where no two of many covers overlap.
    apart = np.isin(owner, plot[several]) & np.isclose(united, total[owner], rtol=1e-9, atol=0.0)
    total[owner[~apart]] = united[~apart]
    return np.asarray(total, dtype=np.float64)


def _shrunk(covers: Geometries, which: NDArray[np.intp], by_m: float) -> Geometries:
    """Some covers, one or more times each, shrunk on all sides."""
    once, back = np.unique(which, return_inverse=True)
    shrink = partial(shapely.buffer, distance=-by_m, join_style="mitre")
    return np.asarray(in_threads(shrink, covers[once]), dtype=object)[back]


def _with_overlapping_covers(shared: Overlaps, *, among: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Plots of which two covers overlap each other, among some pairs of a plot and a cover.

    The covers of one plot are compared with each other alone: at most `MANY` of them.
    """
    plot, cover = shared.plot[among], shared.cover[among]
    last = np.searchsorted(plot, plot, side="right")
    one, rank = expand(last - np.arange(len(plot)) - 1)
    other = one + 1 + rank
    size = np.int64(len(shared.covers))
    pair, back = np.unique(cover[one].astype(np.int64) * size + cover[other], return_inverse=True)
    first, second = pair // max(size, 1), pair % max(size, 1)
    west, south, east, north = shapely.bounds(shared.covers).T
    near = (west[first] <= east[second]) & (west[second] <= east[first])
    near &= (south[first] <= north[second]) & (south[second] <= north[first])
    inside = np.zeros(len(pair), dtype=np.bool_)
    inside[near] = shapely.relate_pattern(
        shared.covers[first[near]], shared.covers[second[near]], "T********"
    )
    return np.asarray(np.unique(plot[one[inside[back]]]), dtype=np.intp)


def closed_cover(
    plots: Geometries,
    covers: Covers,
    *,
    grow_m: float | Floats,
    shrink_m: float = 0.0,
    hole_m2: float = 0.0,
    gap_m2: float = 0.0,
    mitre: bool = False,
) -> Geometries:
    """Envelope of the covers where it passes over each plot: grown, holes filled, shrunk again.

    Each plot uses only the covers that can change its part, so that the result does not depend on
    covers that are farther away.

    Parameters
    ----------
    plots, covers
        Valid polygons, shapes (n,) and (m,), in the same metric CRS.
    grow_m
        Growth of the covers: one, or one a cover.
    shrink_m
        How much the grown covers are shrunk again.
    hole_m2
        Holes of the grown covers no larger than this are filled.
    gap_m2
        Holes no larger than this are filled after the shrinking.
    mitre
        The grown covers have sharp corners, not round ones.

    Returns
    -------
    Part of each plot inside the envelope, shape (n,); empty where no cover is near.

    Examples
    --------
    >>> plot, buildings = shapely.box(0, 0, 10, 10), shapely.box([-20, 20], 0, [-10, 30], 10)
    >>> shapely.area(closed_cover(np.array([plot]), buildings, grow_m=50.0, shrink_m=30.0)).round()
    array([100.])
    """
    grow = np.broadcast_to(np.asarray(grow_m, dtype=np.float64), len(covers))
    inside: Geometries = np.full(len(plots), shapely.Polygon(), dtype=object)
    if not len(covers) or not len(plots):
        return inside
    # A hole that is filled, and the shrunk edge, may lie this far outside the plot.
    beyond = (
        float(grow.max()) * (CORNER if mitre else 1.0) + shrink_m + np.sqrt(max(hole_m2, gap_m2))
    )
    tree, covers = indexed(covers), shapes_of(covers)
    # A plot that lies under the covers with the margin of the shrinking needs no drawing.
    sure = all_within(plots, tree, float(grow.min()) * INSCRIBED, margin_m=shrink_m)
    inside[sure] = plots[sure]
    rest = np.flatnonzero(~sure)
    plot, cover = pairs_within(plots[rest], tree, beyond)
    plot = rest[plot]
    owner, unions = unions_by(plot, _grown(covers, cover, grow, mitre=mitre))
    if hole_m2:
        unions = np.array([without_holes(shape, hole_m2) for shape in unions], dtype=object)
    if shrink_m:
        unions = shapely.buffer(unions, -shrink_m, quad_segs=QUADRANT)
    if gap_m2:
        unions = np.array([without_holes(shape, gap_m2) for shape in unions], dtype=object)
    inside[owner] = shapely.intersection(plots[owner], unions)
    return inside


def _grown(
    covers: Geometries, which: NDArray[np.intp], grow_m: Floats, *, mitre: bool
) -> Geometries:
    """Some covers, one or more times each, grown by their distance."""
    once, back = np.unique(which, return_inverse=True)
    join = "mitre" if mitre else "round"
    grown = shapely.buffer(covers[once], grow_m[once], quad_segs=QUADRANT, join_style=join)
    return np.asarray(grown, dtype=object)[back]


def without_holes(shape: shapely.Geometry, hole_m2: float) -> shapely.Geometry:
    """Fill the holes of a polygon that are no larger than an area."""
    polygons = []
    for part in shapely.get_parts(shape):
        rings = shapely.get_rings(part)
        holes = [r for r in rings[1:] if shapely.area(shapely.polygons(r)) > hole_m2]
        polygons.append(shapely.polygons(rings[0], holes=holes or None))
    return shapely.union_all(polygons)


def all_within(
    plots: Geometries, tree: shapely.STRtree, radius_m: float, *, margin_m: float = 0.0
) -> NDArray[np.bool_]:
    """Tell for which plots every point, and every point up to a margin around, is near a cover.

    The square around each plot is divided into four until a part is near enough to one cover as a
    whole, or lies outside the margin, or has a point that is too far.

    Parameters
    ----------
    plots
        Polygons, shape (n,), in a metric CRS.
    tree
        Index of the covers.
    radius_m
        Largest distance of a point from the nearest cover.
    margin_m
        Width of the margin around the plot.

    Returns
    -------
    Shape (n,); False also where parts of the last division are undecided, True for an empty plot.

    Examples
    --------
    >>> tree = shapely.STRtree(shapely.box([0, 30], 0, [10, 40], 10))
    >>> lots = shapely.box([11, 11], 0, [29, 29], [10, 40])
    >>> all_within(lots, tree, 15.0).tolist(), all_within(lots, tree, 15.0, margin_m=15.0).tolist()
    ([True, False], [False, False])
    """
    within = np.ones(len(plots), dtype=np.bool_)
    if radius_m <= 0:
        return ~within
    west, south, east, north = shapely.bounds(plots).T
    centre = np.column_stack([west + east, south + north]) / 2
    half = np.maximum(east - west, north - south) / 2 + margin_m
    plot = np.flatnonzero(~shapely.is_empty(plots))  # an empty plot has no square
    half, centre = half[plot], centre[plot]
    for _ in range(HALVINGS):
        points, round_m = shapely.points(centre), half * np.sqrt(2)
        off = in_threads(shapely.distance, plots[plot], points) - margin_m
        away = _nearest_m(points, tree, radius_m)
        within[plot[(off <= 0) & (away > radius_m)]] = False
        open_ = within[plot] & (off <= round_m) & (away + round_m > radius_m)
        half = np.repeat(half[open_] / 2, len(CORNERS))
        plot = np.repeat(plot[open_], len(CORNERS))
        aside = np.tile(CORNERS, (int(open_.sum()), 1)) * half[:, None]
        centre = np.repeat(centre[open_], len(CORNERS), axis=0) + aside
    within[plot] = False
    return within


def _nearest_m(points: Geometries, tree: shapely.STRtree, most_m: float) -> Floats:
    """Distance of each point to the nearest cover; infinite beyond ``most_m``."""
    distances = np.full(len(points), np.inf)
    point, _, distance = nearest_members(tree, points, most_m)
    distances[point] = distance
    return distances
