"""From blocks to plots: strips along the streets, cut at right angles to the front."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray
from tests.demo_city.plan import STYLES, Style
from tests.demo_city.shapes import (
    GRID_M,
    Floats,
    Geometries,
    cut_line,
    frame,
    split,
    turned,
)

if TYPE_CHECKING:
    from tests.demo_city.layout import Block, Layout

WHOLE = (
    "park",
    "cemetery",
    "sports",
    "school",
    "university",
    "innovation",
    "research",
    "station",
    "parking",
    "public_service",
    "cathedral",
    "citadel",
)
CLOSED = ("medieval", "centre", "row", "villa")
Numbers = NDArray[np.int64]
FRONT_GAP_M = 0.6  # a side this near the ground of a street is on the street


@dataclass(frozen=True)
class Plots:
    """Plots of the city, aligned arrays of length n, in metres from the origin of the plan.

    ``strip`` and ``place`` say which row of plots a plot stands in, and where in the row;
    ``front`` holds the sides on a street (empty where there is none).
    """

    shape: Geometries
    block: Numbers
    strip: Numbers
    place: Numbers
    style: Geometries
    use: Geometries
    label: Geometries
    front: Geometries


def divide(
    blocks: list[Block], rng: np.random.Generator
) -> list[tuple[shapely.Geometry, int, int]]:
    """Cut every block into plots: (shape, number of its block, number of its row of plots)."""
    rows: list[tuple[shapely.Geometry, int, int]] = []
    strip_no = 0
    for number, block in enumerate(blocks):
        style = STYLES[block.style]
        if block.use == "school":  # the buildings on one half, the yard on the other
            centre, axis, length, _ = frame(block.shape)
            strips = split(block.shape, cut_line(centre, np.array([-axis[1], axis[0]]), length))
        else:
            strips = [block.shape] if block.use else _strips(block.shape, style, rng)
        for strip in strips:
            whole = bool(block.use) or strip.area < 1.3 * style.frontage * style.depth * 0.7
            cut = [strip] if whole else _along(strip, style, rng)
            rows += [(plot, number, strip_no) for plot in cut]
            strip_no += 1
    return rows


def _strips(
    shape: shapely.Geometry, style: Style, rng: np.random.Generator
) -> list[shapely.Geometry]:
    """Cut a block into rows of plots: its two ends, then along its middle."""
    centre, axis, length, width = frame(shape)
    if width < 1.5 * style.depth:
        return [shape]
    side = np.array([-axis[1], axis[0]])
    strips, middle = [], shape
    for end in (-1, 1):
        if length > 3.6 * style.depth and rng.random() < 0.55:
            at = centre + axis * end * (length / 2 - style.depth * rng.uniform(0.75, 0.95))
            pieces = split(middle, cut_line(at, turned(side, rng.normal(0, 1)), width))
            pieces.sort(key=lambda p: p.centroid.distance(shape.centroid))
            middle = pieces[0]
            strips += pieces[1:]
    centre, axis, length, width = frame(middle)
    at = centre + np.array([-axis[1], axis[0]]) * width * rng.normal(0, 0.03)
    halves = split(middle, cut_line(at, axis, length))
    return strips + halves


def _along(
    strip: shapely.Geometry, style: Style, rng: np.random.Generator
) -> list[shapely.Geometry]:
    """Cut a row into plots; a long or bent row is halved first, so that plots follow the street."""
    centre, axis, length, _ = frame(strip)
    side = np.array([-axis[1], axis[0]])
    if length > 9 * style.frontage:
        at = centre + axis * length * rng.normal(0, 0.03)
        halves = split(strip, cut_line(at, side, length))
        if len(halves) == 2:
            halves.sort(key=lambda p: float(np.dot(axis, shapely.get_coordinates(p.centroid)[0])))
            return [plot for half in halves for plot in _along(half, style, rng)]
    count = max(1, round(length / style.frontage * rng.uniform(0.8, 0.95)))
    steps = _uneven(count, rng)
    pieces = [strip]
    for step in steps:
        at = centre + axis * length * (step - 0.5)
        line = cut_line(at, turned(side, rng.normal(0, 0.8)), length + 60)
        pieces = pieces[:-1] + _ordered(pieces[-1], line, axis)
    return pieces


def _ordered(
    piece: shapely.Geometry, line: shapely.LineString, axis: Floats
) -> list[shapely.Geometry]:
    parts = split(piece, line)
    return sorted(parts, key=lambda p: float(np.dot(axis, shapely.get_coordinates(p.centroid)[0])))


def _uneven(count: int, rng: np.random.Generator) -> Floats:
    """Shares of a length where ``count`` uneven plots meet."""
    widths = rng.choice([1.0, 1.5, 2.0], count, p=[0.8, 0.12, 0.08]) * rng.uniform(
        0.85, 1.15, count
    )
    return np.asarray(np.cumsum(widths)[:-1] / widths.sum(), dtype=np.float64)


def join(rows: list[tuple[shapely.Geometry, int, int]], layout: Layout) -> Plots:
    """Make neighbours share their corners exactly, melt what is too small, find the fronts."""
    shapes = np.array([row[0] for row in rows], dtype=object)
    block = np.array([row[1] for row in rows])
    strip = np.array([row[2] for row in rows])
    lines = shapely.union_all(shapely.boundary(shapes), grid_size=GRID_M)
    faces = np.asarray(shapely.get_parts(shapely.polygonize([lines])), dtype=object)
    inner = shapely.point_on_surface(faces)
    face, origin = shapely.STRtree(shapes).query(inner, predicate="intersects")
    keep = np.unique(face, return_index=True)[1]
    face, origin = face[keep], origin[keep]
    order = np.argsort(origin, kind="stable")
    faces, origin = faces[face[order]], origin[order]
    place = origin - np.searchsorted(strip[origin], strip[origin])
    shut = shapely.is_empty(fronts(faces, layout))
    shut &= np.array([layout.blocks[i].style in CLOSED for i in block[origin]])
    faces, kept = _melt(faces, block[origin], strip[origin], shut)
    origin, place = origin[kept], place[kept]
    info = [layout.blocks[i] for i in block[origin]]
    return Plots(
        shape=faces,
        block=block[origin],
        strip=strip[origin],
        place=place,
        style=np.array([b.style for b in info], dtype=object),
        use=np.array([b.use for b in info], dtype=object),
        label=np.array([b.label for b in info], dtype=object),
        front=fronts(faces, layout),
    )


def _melt(
    shapes: Geometries, block: Numbers, strip: Numbers, shut: NDArray[np.bool_]
) -> tuple[Geometries, Numbers]:
    """Join each scrap (under 38 m², under 3 m wide, or shut in) to its longest neighbour."""
    first, shapes = shapes, shapes.copy()
    area = shapely.area(shapes)
    thin = shapely.is_empty(shapely.buffer(shapes, -1.5))
    alive = np.ones(len(shapes), dtype=bool)
    for i in np.flatnonzero((area < 38) | thin | shut):
        others = np.flatnonzero((block == block[i]) & alive)
        others = others[others != i]
        shared = shapely.length(shapely.intersection(shapes[i], shapes[others]))
        beside = shapely.length(shapely.intersection(first[i], first[others]))
        back = ~shut[others] & (strip[others] != strip[i])
        if shut[i] and (beside[back] > 0.5).any():  # the garden of the house behind it
            shared = np.where(back, beside, 0.0)
        if len(others) and shared.max() > 0.5:
            best = others[int(np.argmax(shared))]
            melted = shapely.union_all(shapes[[i, best]], grid_size=GRID_M)
            if melted.geom_type == "Polygon":
                shapes[best] = melted
                alive[i] = False
        elif area[i] < 38:
            alive[i] = False
    return shapes[alive], np.flatnonzero(alive)


def fronts(shapes: Geometries, layout: Layout) -> Geometries:
    """Sides of each plot that lie on a street or on a quay, merged; an empty line without one."""
    xy, plot = shapely.get_coordinates(shapely.get_exterior_ring(shapes), return_index=True)
    same = plot[1:] == plot[:-1]
    a, b, plot = xy[:-1][same], xy[1:][same], plot[1:][same]
    middle = shapely.points((a + b) / 2)
    near = layout.open_sides.query(middle, predicate="dwithin", distance=FRONT_GAP_M)
    hit = np.unique(near[0])
    sides = shapely.linestrings(np.stack([a[hit], b[hit]], axis=1))
    out: Geometries = np.full(len(shapes), shapely.LineString(), dtype=object)
    if len(hit) == 0:
        return out
    which, start = np.unique(plot[hit], return_index=True)
    for i, part in zip(which, np.split(sides, start[1:]), strict=True):
        out[i] = shapely.line_merge(shapely.multilinestrings(part))
    return out
