"""Houses on the street line, halls, slabs and monuments, drawn on the plots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from tests.demo_city.monuments import monument
from tests.demo_city.plan import STYLES
from tests.demo_city.shapes import (
    Floats,
    Geometries,
    boxes,
    frame,
    largest,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tests.demo_city.plots import Plots

STREET_LINE = ("medieval", "centre", "row")
LEFT_EMPTY = (
    "park",
    "cemetery",
    "sports",
    "parking",
    "empty",
    "waste",
    "street",
    "river",
    "garden",
)


@dataclass(frozen=True)
class Houses:
    """Buildings, aligned arrays: shape, number of the plot, and whether it is a light one."""

    shape: Geometries
    plot: NDArray[np.int64]
    light: NDArray[np.bool_]


@dataclass(frozen=True)
class Frames:
    """A local frame a plot: middle of its front, along it, inward; width and depth in metres."""

    origin: Floats
    u: Floats
    v: Floats
    width: Floats
    depth: Floats


def main_fronts(plots: Plots) -> Geometries:
    """Longest street side of each plot (None where it has no street)."""
    parts, owner = shapely.get_parts(plots.front, return_index=True)
    order = np.lexsort((-shapely.length(parts), owner))
    owners, first = np.unique(owner[order], return_index=True)
    out: Geometries = np.full(len(plots.shape), None, dtype=object)
    out[owners] = parts[order][first]
    out[shapely.is_empty(out)] = None
    return out


def frames(shapes: Geometries, fronts: Geometries) -> Frames:
    """Local frames of plots that have a front."""
    a = shapely.get_coordinates(shapely.get_point(fronts, 0))
    b = shapely.get_coordinates(shapely.get_point(fronts, -1))
    middle = shapely.get_coordinates(shapely.line_interpolate_point(fronts, 0.5, normalized=True))
    size = np.maximum(np.hypot(*(b - a).T), 0.1)
    u = (b - a) / size[:, None]
    v = np.column_stack([-u[:, 1], u[:, 0]])
    inward = shapely.get_coordinates(shapely.centroid(shapes)) - middle
    v *= np.where((v * inward).sum(axis=1) < 0, -1.0, 1.0)[:, None]
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    deep = ((xy - middle[owner]) * v[owner]).sum(axis=1)
    depth = np.zeros(len(shapes))
    np.maximum.at(depth, owner, deep)
    return Frames(middle, u, v, size, depth)


def build(plots: Plots, rng: np.random.Generator) -> Houses:
    """Build on every plot that is not left empty on purpose."""
    lines = main_fronts(plots)
    ordinary = plots.use == ""
    faced = np.array([line is not None for line in lines])
    on_line = ordinary & faced & np.isin(plots.style, STREET_LINE)
    villas = ordinary & (plots.style == "villa")
    parts = [
        *_street_houses(plots, lines, np.flatnonzero(on_line), rng),
        _end_houses(plots, lines, np.flatnonzero(plots.use == "garden")),
        _villas(plots, lines, np.flatnonzero(villas & faced), rng),
        _back_houses(
            plots,
            np.flatnonzero(ordinary & ~faced & np.isin(plots.style, (*STREET_LINE, "villa"))),
            rng,
        ),
        _large(plots, rng),
    ]
    shape = np.concatenate([part.shape for part in parts])
    plot = np.concatenate([part.plot for part in parts])
    light = np.concatenate([part.light for part in parts])
    solid = ~shapely.is_missing(shape) & (shapely.area(shape) > 5)
    order = np.lexsort((light[solid], plot[solid]))
    return Houses(shape[solid][order], plot[solid][order], light[solid][order])


def _cleaned(shapes: Geometries) -> Geometries:
    """Keep the largest solid part of each shape, without needles."""
    rounded = shapely.set_precision(shapes, 0.01)
    open_ = shapely.buffer(
        shapely.buffer(rounded, -0.7, join_style="mitre"), 0.7, join_style="mitre", mitre_limit=2
    )
    out: Geometries = np.full(len(shapes), None, dtype=object)
    for i in np.flatnonzero(~shapely.is_empty(open_) & ~shapely.is_missing(open_)):
        kept = largest(open_[i])
        out[i] = None if kept is None else largest(shapely.intersection(kept, rounded[i]))
    return np.asarray(shapely.set_precision(out, 0.01), dtype=object)


def _street_houses(
    plots: Plots, lines: Geometries, at: NDArray[np.int64], rng: np.random.Generator
) -> list[Houses]:
    """Terraced houses: on the street from party wall to party wall, a wing and a shed behind."""
    shapes, local = plots.shape[at], frames(plots.shape[at], lines[at])
    span = np.array([STYLES[name].house for name in plots.style[at]])
    row = rng.uniform(0, 1, plots.strip.max() + 1)[plots.strip[at]]
    deep = span[:, 0] + (span[:, 1] - span[:, 0]) * row + rng.choice([0, 0, 0.5, -0.6], len(at))
    setback = np.where(rng.random(plots.strip.max() + 1)[plots.strip[at]] < 0.06, 3.0, 0.0)
    body = shapely.buffer(
        lines[at], deep + setback, cap_style="square", join_style="mitre", mitre_limit=2
    )
    yard = shapely.buffer(lines[at], setback, cap_style="square", join_style="mitre")
    body = shapely.difference(shapely.intersection(body, shapes), yard)
    # Wings stand two by two against the same party wall, as in the streets of Amiens.
    hand = np.where(plots.place[at] % 2 == 0, 1.0, -1.0)
    share = rng.uniform(0.34, 0.5, len(at)) * local.width
    long = np.minimum(rng.uniform(2.5, 9.0, len(at)), local.depth - deep - 4.0)
    near, far = hand * local.width, hand * (local.width / 2 - share)
    sides = (np.minimum(near, far), np.maximum(near, far), deep - 0.5, deep + long)
    wing = boxes(local.origin, local.u, local.v, sides)
    wing = shapely.intersection(wing, shapes)
    has = (long > 1.5) & (rng.random(len(at)) < 0.72) & (local.width > 3.5)
    body = np.where(has, shapely.union(body, wing), body)
    houses = Houses(_cleaned(body), at, np.zeros(len(at), dtype=bool))
    return [houses, _sheds(shapes, local, houses.shape, at, rng, share=0.3)]


def _sheds(
    shapes: Geometries,
    local: Frames,
    bodies: Geometries,
    at: NDArray[np.int64],
    rng: np.random.Generator,
    *,
    share: float,
) -> Houses:
    """Light sheds at the bottom of the garden, on a part of the plots."""
    some = np.flatnonzero((rng.random(len(at)) < share) & (local.depth > 17) & (local.width > 3))
    wide, deep = rng.uniform(2.2, 4.6, len(some)), rng.uniform(2.4, 4.5, len(some))
    hand = rng.choice([-1.0, 1.0], len(some))
    outer, inner = hand * local.width[some], hand * (local.width[some] / 2 - wide)
    shed = boxes(
        local.origin[some],
        local.u[some],
        local.v[some],
        (
            np.minimum(outer, inner),
            np.maximum(outer, inner),
            local.depth[some] - deep - 1,
            local.depth[some] + 3,
        ),
    )
    shed = shapely.intersection(shed, shapes[some])
    clear = shapely.distance(shed, bodies[some]) > 1.0
    shed = _cleaned(np.where(clear, shed, shapely.Polygon()))
    return Houses(shed, at[some], np.ones(len(some), dtype=bool))


def _villas(
    plots: Plots, lines: Geometries, at: NDArray[np.int64], rng: np.random.Generator
) -> Houses:
    """Detached houses behind a front garden, some with a garage beside them."""
    shapes, local = plots.shape[at], frames(plots.shape[at], lines[at])
    row = rng.uniform(2.5, 5.5, plots.strip.max() + 1)[plots.strip[at]]
    back = row + rng.normal(0, 0.3, len(at))
    wide = np.clip(local.width - rng.uniform(3.0, 5.5, len(at)), 6.0, 12.5)
    deep = np.minimum(rng.uniform(8.5, 11.5, len(at)), np.maximum(local.depth - back - 3, 6))
    shift = rng.uniform(-1, 1, len(at)) * np.maximum(local.width - wide - 1, 0) / 2
    body = boxes(
        local.origin, local.u, local.v, (shift - wide / 2, shift + wide / 2, back, back + deep)
    )
    hand = np.where(shift > 0, -1.0, 1.0)
    a, b = shift + hand * (wide / 2 - 0.3), shift + hand * (wide / 2 + 3.2)
    garage = boxes(
        local.origin, local.u, local.v, (np.minimum(a, b), np.maximum(a, b), back + 2, back + 8.0)
    )
    body = np.where(rng.random(len(at)) < 0.45, shapely.union(body, garage), body)
    body = shapely.intersection(body, shapely.buffer(shapes, -0.4, join_style="mitre"))
    houses = Houses(_cleaned(body), at, np.zeros(len(at), dtype=bool))
    sheds = _sheds(shapes, local, houses.shape, at, rng, share=0.4)
    return Houses(
        np.concatenate([houses.shape, sheds.shape]),
        np.concatenate([houses.plot, sheds.plot]),
        np.concatenate([houses.light, sheds.light]),
    )


def _end_houses(plots: Plots, lines: Geometries, at: NDArray[np.int64]) -> Houses:
    bodies = end_houses(plots.shape[at], lines[at], plots.style[at] == "villa")
    return Houses(_cleaned(bodies), at, np.zeros(len(at), dtype=bool))


def end_houses(shapes: Geometries, lines: Geometries, behind: NDArray[np.bool_]) -> Geometries:
    """One house at the end of each large garden, on the street or ``behind`` a front garden."""
    local = frames(shapes, lines)
    setback = np.where(behind, 4.0, 0.0)
    edge = local.width / 2
    body = boxes(local.origin, local.u, local.v, (-edge - 2, 11.0 - edge, setback, setback + 10))
    return np.asarray(shapely.intersection(body, shapes), dtype=object)


def _back_houses(plots: Plots, at: NDArray[np.int64], rng: np.random.Generator) -> Houses:
    """Workshops on the plots that touch no street: in the heart of the block."""
    shapes = [
        shapely.intersection(shape, _inner_box(shape, rng.uniform(0.62, 0.8)))
        for shape in plots.shape[at]
    ]
    return Houses(_cleaned(np.array(shapes, dtype=object)), at, np.zeros(len(at), dtype=bool))


def _inner_box(shape: shapely.Geometry, share: float) -> shapely.Geometry:
    centre, axis, length, width = frame(shape)
    side = np.array([-axis[1], axis[0]])
    u, v = axis * length * share / 2, side * width * share / 2
    return shapely.Polygon([centre - u - v, centre + u - v, centre + u + v, centre - u + v])


def _large(plots: Plots, rng: np.random.Generator) -> Houses:
    """Halls, slabs, pavilions and monuments: one drawing a plot."""
    shapes: list[shapely.Geometry] = []
    owner: list[int] = []
    wanted = (plots.use != "") | np.isin(plots.style, ("slab", "industry", "hospital"))
    seen: set[str] = set()
    for i in np.flatnonzero(wanted & ~np.isin(plots.use, LEFT_EMPTY)):
        kind = plots.use[i] or plots.style[i]
        if kind == "school":
            if plots.label[i] in seen:
                continue  # the second half is the yard
            seen.add(plots.label[i])
        for body in monument(kind, plots.shape[i], rng):
            shapes.append(body)
            owner.append(int(i))
    bodies = _cleaned(np.array(shapes, dtype=object))
    return Houses(bodies, np.array(owner, dtype=np.int64), np.zeros(len(owner), dtype=bool))
