"""Lines of sight from the edge of plots to the street, as plain coordinates.

A plot of a town has a hundred points along its edge, and each looks at a handful of streets and
plots: millions of pairs, each worth a few multiplications. One geometry a pair would cost twenty
times as much.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely

from foncier.geometry import expand, in_threads

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from foncier.geometry import Floats, Geometries

HIDDEN_M = 0.5  # a line of sight that crosses more of another plot than this is hidden
STRETCH = 16  # neighbouring points that ask the index together
BATCH = 400_000  # pairs looked at in one go: some tens of megabytes
VERTEX = 1e-9  # a line through a corner meets both of its sides


@dataclass(frozen=True)
class PlotSides:
    """Straight sides of many outlines, end to end; those of shape i are ``first[i]:first[i+1]``."""

    begin: Floats
    end: Floats
    first: NDArray[np.intp]


@dataclass(frozen=True)
class StreetLines:
    """Lines of streets, shape (n,), with the indexes that looking at them takes."""

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


def nearest(points: Floats, owner: NDArray[np.intp], ways: StreetLines, reach_m: float) -> Floats:
    """Nearest point of the ways to each point, NaN where none is within reach.

    Parameters
    ----------
    points
        Coordinates, shape (n, 2), those of an owner next to each other.
    owner
        What each point belongs to, shape (n,), in growing order.

    Returns
    -------
    Shape (n, 2). Of two ways equally near, the first.
    """
    if not len(ways.lines) or not len(points):
        return np.full(points.shape, np.nan)
    seek = partial(_nearest, every=ways.sides, tree=ways.sides_tree, reach_m=reach_m)
    return in_threads(seek, points, owner)


def _nearest(
    points: Floats,
    owner: NDArray[np.intp],
    *,
    every: PlotSides,
    tree: shapely.STRtree,
    reach_m: float,
) -> Floats:
    found = np.full(points.shape, np.nan)
    least = np.full(len(points), np.inf)
    starts = _stretches(owner)
    group, side = tree.query(_boxes(starts, points, margin_m=reach_m))
    size = np.diff([*starts, len(points)])[group]
    for batch in _batches(size):
        pair, rank = expand(size[batch])
        point, own = starts[group[batch]][pair] + rank, side[batch][pair]
        foot = _foot(points[point], every.begin[own], every.end[own])
        away = np.hypot(*(foot - points[point]).T)
        before = least[point]  # the pairs of a stretch may lie in two batches
        np.minimum.at(least, point, away)
        best = np.flatnonzero((away == least[point]) & (away < before) & (away <= reach_m))
        best = best[np.argsort(-own[best], kind="stable")]  # the first side is written last
        found[point[best]] = foot[best]
    return found


def _foot(points: Floats, begin: Floats, end: Floats) -> Floats:
    """Nearest point of each side to each point."""
    along = end - begin
    square = (along**2).sum(axis=1)
    share = np.divide(
        ((points - begin) * along).sum(axis=1), square, out=np.zeros(len(points)), where=square > 0
    )
    foot: Floats = begin + np.clip(share, 0.0, 1.0)[:, None] * along
    return foot


def hidden(
    eyes: Floats, aims: Floats, owner: NDArray[np.intp], plots: shapely.STRtree
) -> NDArray[np.bool_]:
    """Tell which lines of sight cross a plot for more than `HIDDEN_M` on their way.

    A plot in which the line ends carries the street and hides nothing, unless it is the one that
    the line starts from.

    Parameters
    ----------
    eyes, aims
        Ends of the lines, shapes (n, 2), those of an owner next to each other.
    owner
        Position in ``plots`` of the plot that each line starts from, shape (n,), in growing order.
    plots
        Index of all plots.
    """
    if not len(eyes):
        return np.zeros(0, dtype=bool)
    return in_threads(partial(_hidden, plots=plots), eyes, aims, owner)


def _hidden(
    eyes: Floats, aims: Floats, owner: NDArray[np.intp], plots: shapely.STRtree
) -> NDArray[np.bool_]:
    found, starts = np.zeros(len(eyes), dtype=bool), _stretches(owner)
    group, plot = plots.query(_boxes(starts, eyes, aims))
    met, place = np.unique(plot, return_inverse=True)
    # Copies: another thread may look at the same plots, and prepares its own.
    near = shapely.force_2d(plots.geometries[met])
    shapely.prepare(near)
    bounds, outline = shapely.bounds(near), sides(near)
    size = np.diff([*starts, len(eyes)])[group]
    for batch in _batches(size):
        pair, rank = expand(size[batch])
        line, which = starts[group[batch]][pair] + rank, place[batch][pair]
        long = _overlap_m(eyes[line], aims[line], bounds[which]) > HIDDEN_M
        line, which = line[long], which[long]
        crossed = _crossed_m(eyes[line], aims[line], near[which], which, outline)
        line, which = line[crossed > HIDDEN_M], which[crossed > HIDDEN_M]
        bearer = shapely.intersects_xy(near[which], *aims[line].T) & (met[which] != owner[line])
        found[line[~bearer]] = True
    return found


def _overlap_m(begin: Floats, end: Floats, bounds: Floats) -> Floats:
    """Longest that a line can run inside bounds, told by its own bounds; negative outside."""
    low = np.maximum(np.minimum(begin, end), bounds[:, :2])
    high = np.minimum(np.maximum(begin, end), bounds[:, 2:])
    span = high - low
    return np.where((span >= 0).all(axis=1), np.hypot(*span.T), -1.0)


def _crossed_m(
    begin: Floats, end: Floats, plots: Geometries, which: NDArray[np.intp], outline: PlotSides
) -> Floats:
    """Length of each line inside its plot: cut at the plot's sides, each piece in or out."""
    count = outline.first[which + 1] - outline.first[which]
    lines, cuts = [np.tile(np.arange(len(begin)), 2)], [np.repeat([0.0, 1.0], len(begin))]
    for batch in _batches(count):
        pair, rank = expand(count[batch])
        line = batch.start + pair
        at = _meeting(begin[line], end[line], outline, outline.first[which[line]] + rank)
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


def _meeting(begin: Floats, end: Floats, outline: PlotSides, side: NDArray[np.intp]) -> Floats:
    """Share of the way at which each line meets a side; NaN where it does not."""
    way, along = end - begin, outline.end[side] - outline.begin[side]
    gap = outline.begin[side] - begin
    across = way[:, 0] * along[:, 1] - way[:, 1] * along[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):  # a line along the side never meets it
        at = (gap[:, 0] * along[:, 1] - gap[:, 1] * along[:, 0]) / across
        share = (gap[:, 0] * way[:, 1] - gap[:, 1] * way[:, 0]) / across
    met = (at > 0) & (at < 1) & (share >= -VERTEX) & (share <= 1 + VERTEX)
    return np.where(met, at, np.nan)


def _stretches(owner: NDArray[np.intp]) -> NDArray[np.intp]:
    """Position of the first point of each stretch of an owner."""
    first = np.flatnonzero(np.diff(owner, prepend=-1))
    rank = np.arange(len(owner)) - np.repeat(first, np.diff([*first, len(owner)]))
    return np.flatnonzero(rank % STRETCH == 0)


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
