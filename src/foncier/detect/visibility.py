"""Lines of sight from the edge of plots to the street, as plain coordinates.

A plot of a town has a hundred points along its edge, and each has a few streets and plots near it:
millions of pairs, each a few multiplications. One geometry per pair would be twenty times slower.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely

from foncier.geometry import expand, in_threads, query_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from foncier.geometry import Floats, Geometries

HIDDEN_M = 0.5  # a line of sight that crosses more of another plot than this is hidden
STRETCH = 16  # consecutive points that query the index together
BAND_M, BAND_LINES = 1.0, 8  # distance of a band from where its lines begin; lines that it crosses
BATCH = 400_000  # pairs computed together: some tens of megabytes
VERTEX = 1e-9  # a line through a corner crosses both of its sides
NEAR_M = 1e-3  # a side so near to a line may cross it by rounding


@dataclass(frozen=True)
class PlotSides:
    """Straight sides of many outlines, end to end; those of shape i are ``first[i]:first[i+1]``."""

    begin: Floats
    end: Floats
    first: NDArray[np.intp]


@dataclass(frozen=True)
class StreetLines:
    """Lines of streets, shape (n,), with their indexes."""

    lines: Geometries

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Index of the lines."""
        return shapely.STRtree(self.lines)

    @cached_property
    def sides(self) -> PlotSides:
        """Straight pieces of all lines."""
        return sides(self.lines)

    @cached_property
    def sides_tree(self) -> shapely.STRtree:
        """Index of the straight pieces."""
        return shapely.STRtree(shapely.linestrings(np.stack([self.sides.begin, self.sides.end], 1)))


def sides(shapes: Geometries) -> PlotSides:
    """Sides of polygons or lines.

    Examples
    --------
    >>> sides(np.array([shapely.box(0, 0, 1, 1), shapely.LineString([(0, 0), (5, 0)])])).first
    array([0, 4, 5])
    """
    parts, shape = shapely.get_parts(shapes, return_index=True)
    rings = shapely.boundary(parts)
    flat = shapely.get_dimensions(parts) < 2
    rings[flat] = parts[flat]
    lines, part = shapely.get_parts(rings, return_index=True)
    xy, line = shapely.get_coordinates(lines, return_index=True)
    begins = np.flatnonzero(line[1:] == line[:-1])
    count = np.bincount(shape[part[line[begins]]], minlength=len(shapes))
    return PlotSides(xy[begins], xy[begins + 1], np.concatenate([[0], np.cumsum(count)]))


@dataclass(frozen=True)
class Openings:
    """Plots that hide a line of sight less than others do.

    ``clear`` are plots that hide nothing; ``thin`` those that hide nothing along ``thin_m`` or
    less. ``private`` are codes, in order, of pairs (plot, line) of lines that end on a plot: the
    code of a pair is plot * ``lines`` + line. Such a plot hides its line from the others.
    """

    clear: NDArray[np.bool_] | None = None
    thin: NDArray[np.bool_] | None = None
    thin_m: float = 0.0
    private: NDArray[np.int64] | None = None
    lines: int = 0


def nearest_points(
    points: Floats, owner: NDArray[np.intp], ways: StreetLines, radius_m: float
) -> Floats:
    """Nearest point of the streets to each point; see `nearest_on_lines`."""
    return nearest_on_lines(points, owner, ways, radius_m)[0]


def nearest_on_lines(
    points: Floats, owner: NDArray[np.intp], ways: StreetLines, radius_m: float
) -> tuple[Floats, NDArray[np.intp]]:
    """Nearest point of the streets to each point, NaN where none is within the radius.

    Parameters
    ----------
    points
        Coordinates, shape (n, 2), those of an owner next to each other.
    owner
        Plot of each point, shape (n,), in growing order.

    Returns
    -------
    Shape (n, 2), and the line of each, shape (n,), -1 where none. Of two streets equally near, the
    first.
    """
    if not len(ways.lines) or not len(points):
        return np.full(points.shape, np.nan), np.full(len(points), -1)
    search = partial(_nearest, sides=ways.sides, tree=ways.sides_tree, radius_m=radius_m)
    found = in_threads(search, points, owner)
    line = np.searchsorted(ways.sides.first, found[:, 2], side="right") - 1
    return found[:, :2], np.asarray(line, dtype=np.intp)


def _nearest(
    points: Floats,
    owner: NDArray[np.intp],
    *,
    sides: PlotSides,
    tree: shapely.STRtree,
    radius_m: float,
) -> Floats:
    nearest = np.full((len(points), 3), np.nan)
    nearest[:, 2] = -1.0
    least = np.full(len(points), np.inf)
    starts = _stretches(owner)
    group, side = tree.query(_boxes(starts, points, margin_m=radius_m))
    size = np.diff([*starts, len(points)])[group]
    for batch in _batches(size):
        pair, rank = expand(size[batch])
        point, near = starts[group[batch]][pair] + rank, side[batch][pair]
        foot = _foot(points[point], sides.begin[near], sides.end[near])
        away = np.hypot(*(foot - points[point]).T)
        before = least[point]  # the pairs of a stretch may lie in two batches
        np.minimum.at(least, point, away)
        best = np.flatnonzero((away == least[point]) & (away < before) & (away <= radius_m))
        best = best[np.argsort(-near[best], kind="stable")]  # the first side is written last
        nearest[point[best]] = np.column_stack([foot[best], near[best]])
    return nearest


def _foot(points: Floats, begin: Floats, end: Floats) -> Floats:
    """Nearest point of each side to each point."""
    along = end - begin
    square = (along**2).sum(axis=1)
    share = np.divide(
        ((points - begin) * along).sum(axis=1), square, out=np.zeros(len(points)), where=square > 0
    )
    foot: Floats = begin + np.clip(share, 0.0, 1.0)[:, None] * along
    return foot


def is_hidden(
    begin: Floats,
    end: Floats,
    owner: NDArray[np.intp],
    plots: shapely.STRtree,
    *,
    line: NDArray[np.intp] | None = None,
    openings: Openings | None = None,
) -> NDArray[np.bool_]:
    """Tell which lines of sight cross another plot over more than `HIDDEN_M`.

    A plot that contains the end of the line contains the street and hides nothing, unless the line
    starts from it.

    Parameters
    ----------
    begin, end
        Ends of the lines, shapes (n, 2), those of an owner next to each other.
    owner
        Position in ``plots`` of the plot that each line starts from, shape (n,), in growing order.
    plots
        Index of all plots.
    line
        Street that each line of sight ends on, shape (n,); -1: on none, and no plot is open for
        the end that it contains.
    openings
        Plots that hide less than others.
    """
    if not len(begin):
        return np.zeros(0, dtype=bool)
    street = np.zeros(len(begin), dtype=np.intp) if line is None else line
    work = partial(_is_hidden, plots=plots, openings=openings or Openings())
    return in_threads(work, begin, end, owner, street)


def _is_hidden(
    begin: Floats,
    end: Floats,
    owner: NDArray[np.intp],
    street: NDArray[np.intp],
    *,
    plots: shapely.STRtree,
    openings: Openings,
) -> NDArray[np.bool_]:
    hidden, starts = np.zeros(len(begin), dtype=bool), _stretches(owner)
    boxes = _boxes(starts, begin, end)
    group, plot = plots.query(boxes)
    crossed_plots, position = np.unique(plot, return_inverse=True)
    # Copies: another thread may use the same plots, and prepares its own.
    near = shapely.force_2d(plots.geometries[crossed_plots])
    shapely.prepare(near)
    bounds, outline = shapely.bounds(near), sides(near)
    size = np.diff([*starts, len(begin)])[group]
    boxes = shapely.bounds(boxes)[group]
    for batch in _batches(size):
        pair, rank = expand(size[batch])
        line, which = starts[group[batch]][pair] + rank, position[batch][pair]
        long = _overlap_m(begin[line], end[line], bounds[which]) > HIDDEN_M
        line, which, pair = line[long], which[long], pair[long]
        some = _near_sides(outline, position[batch], boxes[batch])
        crossed = _crossed_m(begin[line], end[line], near[which], pair, some)
        far = crossed > HIDDEN_M
        line, which, crossed = line[far], which[far], crossed[far]
        seen = shapely.intersects_xy(near[which], *end[line].T) & (street[line] >= 0)
        seen = _is_open(seen, crossed_plots[which], street[line], crossed, openings)
        seen &= crossed_plots[which] != owner[line]
        hidden[line[~seen]] = True
    return hidden


def in_one_plot(
    begin: Floats, end: Floats, run: NDArray[np.intp], plots: shapely.STRtree
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs (line, plot) of lines that surely cross the plot over more than `HIDDEN_M`.

    The plot covers a band across several lines: one geometry for all of them. Lines without a pair
    have to be looked at one by one (`is_hidden`).

    Parameters
    ----------
    begin, end
        Ends of the lines, shapes (n, 2), longer than `BAND_M` and `HIDDEN_M`. Those of one run
        begin on one straight side, and are parallel and equally long.
    run
        Number of the run of each line, shape (n,), in growing order.
    plots
        Index of all plots.
    """
    starts = _stretches(run, BAND_LINES)
    last = np.append(starts[1:], len(begin))[: len(starts)] - 1
    wide = last > starts
    first, last = starts[wide], last[wide]
    view = (end - begin)[first]
    view /= np.hypot(*view.T)[:, None]
    near, far = BAND_M * view, (BAND_M + 1.01 * HIDDEN_M) * view
    corners = [begin[first] + near, begin[last] + near, begin[last] + far, begin[first] + far]
    bands: Geometries = shapely.polygons(np.stack(corners, axis=1))
    band, plot = query_tree(plots, bands, "covered_by")
    pair, rank = expand(last[band] - first[band] + 1)
    return first[band[pair]] + rank, plot[pair]


def _is_open(
    has_street: NDArray[np.bool_],
    plot: NDArray[np.intp],
    street: NDArray[np.intp],
    crossed_m: Floats,
    openings: Openings,
) -> NDArray[np.bool_]:
    """Tell which plots let a line of sight pass that crosses them."""
    seen = has_street
    if openings.private is not None:
        seen &= ~np.isin(plot.astype(np.int64) * openings.lines + street, openings.private)
    if openings.clear is not None:
        seen |= openings.clear[plot]
    if openings.thin is not None:
        seen |= openings.thin[plot] & (crossed_m <= openings.thin_m)
    return seen


def _overlap_m(begin: Floats, end: Floats, bounds: Floats) -> Floats:
    """Upper bound of the length of a line inside bounds, from its own bounds; negative outside."""
    low = np.maximum(np.minimum(begin, end), bounds[:, :2])
    high = np.minimum(np.maximum(begin, end), bounds[:, 2:])
    span = high - low
    return np.where((span >= 0).all(axis=1), np.hypot(*span.T), -1.0)


def _near_sides(outline: PlotSides, which: NDArray[np.intp], boxes: Floats) -> PlotSides:
    """Sides of some outlines, one after the other, whose bounds intersect a box for each.

    No line inside the box crosses another side of the outline.
    """
    pair, rank = expand(outline.first[which + 1] - outline.first[which])
    side = outline.first[which[pair]] + rank
    begin, end = outline.begin[side], outline.end[side]
    near = (np.maximum(begin, end) >= boxes[pair, :2] - NEAR_M).all(axis=1)
    near &= (np.minimum(begin, end) <= boxes[pair, 2:] + NEAR_M).all(axis=1)
    count = np.bincount(pair[near], minlength=len(which))
    return PlotSides(begin[near], end[near], np.concatenate([[0], np.cumsum(count)]))


def _crossed_m(
    begin: Floats, end: Floats, plots: Geometries, which: NDArray[np.intp], outline: PlotSides
) -> Floats:
    """Length of each line inside its plot: the line is cut at the sides of the plot.

    ``which`` is the position of each line's plot in the outlines.
    """
    count = outline.first[which + 1] - outline.first[which]
    lines, cuts = [np.tile(np.arange(len(begin)), 2)], [np.repeat([0.0, 1.0], len(begin))]
    for batch in _batches(count):
        pair, rank = expand(count[batch])
        line = batch.start + pair
        at = _crossing(begin[line], end[line], outline, outline.first[which[line]] + rank)
        lines.append(line[~np.isnan(at)])
        cuts.append(at[~np.isnan(at)])
    line, cut = np.concatenate(lines), np.concatenate(cuts)
    order = np.lexsort((cut, line))
    line, cut = line[order], cut[order]
    piece = np.flatnonzero((line[1:] == line[:-1]) & (cut[1:] > cut[:-1]))
    line, middle, share = line[piece], (cut[piece] + cut[piece + 1]) / 2, np.diff(cut)[piece]
    xy = begin[line] + middle[:, None] * (end - begin)[line]
    inside = shapely.intersects_xy(plots[line], *xy.T)
    size = np.hypot(*(end - begin).T)
    crossed: Floats = size * np.bincount(line[inside], share[inside], minlength=len(begin))
    return crossed


def _crossing(begin: Floats, end: Floats, outline: PlotSides, side: NDArray[np.intp]) -> Floats:
    """Share of each line at which it crosses a side; NaN where it does not."""
    line, along = end - begin, outline.end[side] - outline.begin[side]
    gap = outline.begin[side] - begin
    across = line[:, 0] * along[:, 1] - line[:, 1] * along[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):  # parallel lines do not cross
        at = (gap[:, 0] * along[:, 1] - gap[:, 1] * along[:, 0]) / across
        share = (gap[:, 0] * line[:, 1] - gap[:, 1] * line[:, 0]) / across
    crosses = (at > 0) & (at < 1) & (share >= -VERTEX) & (share <= 1 + VERTEX)
    return np.where(crosses, at, np.nan)


def _stretches(owner: NDArray[np.intp], most: int = STRETCH) -> NDArray[np.intp]:
    """Position of the first point of each stretch of an owner."""
    first = np.flatnonzero(np.diff(owner, prepend=-1))
    rank = np.arange(len(owner)) - np.repeat(first, np.diff([*first, len(owner)]))
    return np.flatnonzero(rank % most == 0)


def _boxes(starts: NDArray[np.intp], *points: Floats, margin_m: float = 0.0) -> Geometries:
    """Box around the points of each stretch."""
    low = np.minimum.reduceat(np.min(points, axis=0), starts) - margin_m
    high = np.maximum.reduceat(np.max(points, axis=0), starts) + margin_m
    boxes: Geometries = shapely.box(*low.T, *high.T)
    return boxes


def _batches(sizes: NDArray[np.intp]) -> Iterator[slice]:
    """Consecutive items of `BATCH` pairs together or a little more."""
    if not len(sizes):
        return
    batch = (np.cumsum(sizes) - sizes) // BATCH
    cuts = [*np.flatnonzero(np.diff(batch, prepend=-1)), len(sizes)]
    yield from (slice(int(a), int(b)) for a, b in pairwise(cuts))
