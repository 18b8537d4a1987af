"""Small tools of the drawing: smooth lines, cuts, frames. Metres everywhere."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely
import shapely.ops
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

if TYPE_CHECKING:
    from collections.abc import Sequence

Floats = NDArray[np.float64]
Geometries = NDArray[np.object_]
Sides = tuple[Floats | float, Floats | float, Floats | float, Floats | float]
GRID_M = 0.01  # every corner lies on this grid, so that neighbours share it exactly


def smooth(points: Sequence[tuple[float, float]], *, step_m: float = 18.0) -> shapely.LineString:
    """Draw a supple line through sketched points, one corner about every ``step_m``.

    Examples
    --------
    >>> line = smooth([(0, 0), (50, 10), (100, 0)], step_m=25)
    >>> line.coords[0], line.coords[-1]
    ((0.0, 0.0), (100.0, 0.0))
    """
    given = np.asarray(points, dtype=np.float64)
    along = np.r_[0.0, np.cumsum(np.hypot(*np.diff(given, axis=0).T))]
    count = max(2, round(along[-1] / step_m) + 1)
    wanted = np.unique(np.r_[np.linspace(0.0, along[-1], count), along])
    return shapely.LineString(
        np.column_stack([PchipInterpolator(along, given[:, k])(wanted) for k in (0, 1)])
    )


def ribbon(points: Sequence[tuple[float, float, float]]) -> shapely.Geometry:
    """Draw a river or a railway: (easting, northing, width) along its middle."""
    given = np.asarray(points, dtype=np.float64)
    along = np.r_[0.0, np.cumsum(np.hypot(*np.diff(given[:, :2], axis=0).T))]
    wanted = np.unique(np.r_[np.linspace(0, along[-1], round(along[-1] / 22) + 1), along])
    xy = np.column_stack([PchipInterpolator(along, given[:, k])(wanted) for k in (0, 1)])
    half = PchipInterpolator(along, given[:, 2])(wanted)[:, None] / 2
    ahead = np.gradient(xy, axis=0)
    ahead /= np.hypot(ahead[:, 0], ahead[:, 1])[:, None]
    side = np.column_stack([-ahead[:, 1], ahead[:, 0]]) * half
    return largest(shapely.Polygon(np.vstack([xy + side, (xy - side)[::-1]])).buffer(0))


def frame(shape: shapely.Geometry) -> tuple[Floats, Floats, float, float]:
    """Centre, unit vector of the long side, length and width of the tightest rectangle around."""
    box = shapely.minimum_rotated_rectangle(shape)
    corners = shapely.get_coordinates(box)
    if len(corners) < 4:
        return corners.mean(axis=0), np.array([1.0, 0.0]), 0.0, 0.0
    sides = np.diff(corners[:3], axis=0)
    sizes = np.hypot(sides[:, 0], sides[:, 1])
    long = int(np.argmax(sizes))
    axis = sides[long] / sizes[long]
    axis = axis if (axis[0], axis[1]) > (-axis[0], -axis[1]) else -axis
    return corners[:4].mean(axis=0), axis, float(sizes[long]), float(sizes[1 - long])


def turned(vector: Floats, degrees: float) -> Floats:
    """Turn a vector to the left."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([c * vector[0] - s * vector[1], s * vector[0] + c * vector[1]])


def cut_line(
    centre: Floats, direction: Floats, reach_m: float, *, bend: float = 0.0
) -> shapely.LineString:
    """Draw a line through ``centre``, long enough to cross, bowed by ``bend`` of its half reach."""
    side = np.array([-direction[1], direction[0]])
    t = np.linspace(-1.0, 1.0, 9 if bend else 2)[:, None]
    bow = bend * reach_m * (1.0 - t**2) - bend * reach_m * 0.8
    return shapely.LineString(centre + direction * t * reach_m + side * bow)


def split(shape: shapely.Geometry, line: shapely.LineString) -> list[shapely.Geometry]:
    """Cut a polygon by a line; pieces from west to east, then south to north."""
    pieces = list(shapely.ops.split(shape, line).geoms)
    return sorted(pieces, key=lambda piece: tuple(piece.bounds))


def boxes(
    origin: Floats,
    u: Floats,
    v: Floats,
    sides: Sides,
) -> Geometries:
    """Draw rectangles in local frames: (n, 2) origins and axes, sides u0, u1, v0, v1 (n,)."""
    u0, u1, v0, v1 = (np.broadcast_to(np.asarray(s, dtype=float), len(origin)) for s in sides)
    corners = [
        origin + u * a[:, None] + v * b[:, None]
        for a, b in ((u0, v0), (u1, v0), (u1, v1), (u0, v1), (u0, v0))
    ]
    return np.asarray(shapely.polygons(np.stack(corners, axis=1)), dtype=object)


def largest(shape: shapely.Geometry) -> shapely.Geometry:
    """Keep the largest polygon of a geometry (None when there is none)."""
    parts = shapely.get_parts(shape)
    parts = parts[(shapely.get_type_id(parts) == 3) & ~shapely.is_empty(parts)]
    return parts[int(np.argmax(shapely.area(parts)))] if len(parts) else None


def opened(shapes: Geometries, radius_m: float) -> Geometries:
    """Shrink then grow again: what is narrower than the double of the radius goes away."""
    return np.asarray(shapely.buffer(shapely.buffer(shapes, -radius_m), radius_m), dtype=object)


def free_piece_m2(plot: shapely.Geometry, houses: Geometries) -> float:
    """Largest piece 8 m away from the buildings where 20 m fit (foncier-api, divisible plots)."""
    rest = plot.difference(shapely.union_all(shapely.buffer(houses, 8.0)))
    pieces = np.asarray(shapely.get_parts(rest), dtype=object)
    return float(shapely.area(opened(pieces, 10.0)).max()) if len(pieces) else 0.0


CLEAR_M, LOT_M, PASSAGE_M = 4.0, 10.0, 2.8


def best_lot(plot: shapely.Geometry, houses: Geometries) -> shapely.Geometry:
    """Largest lot 4 m away from the buildings and 10 m wide (foncier, divisible plots)."""
    rest = plot.difference(shapely.union_all(shapely.buffer(houses, CLEAR_M)))
    cores = shapely.get_parts(rest.buffer(-LOT_M / 2))
    lots = [
        core.buffer(LOT_M / 2, join_style="mitre", mitre_limit=2.0).intersection(rest)
        for core in cores
        if not core.is_empty
    ]
    return max(lots, key=lambda lot: lot.area, default=shapely.Polygon())


def has_passage(
    plot: shapely.Geometry, houses: Geometries, front: shapely.Geometry, lot: shapely.Geometry
) -> bool:
    """Say whether a passage of 3 m leads from the street front to a lot, around the houses."""
    half = PASSAGE_M / 2
    ways = shapely.get_parts(plot.difference(shapely.union_all(houses)).buffer(-half))
    return any(
        not way.is_empty and way.distance(lot) <= half and way.distance(front) <= 1.2 * half
        for way in ways
    )


def facing(front: shapely.Geometry, streets: shapely.Geometry) -> shapely.Geometry:
    """Sides of a front within 20 m of a street that they face rather than run away from."""
    sides = []
    for line in shapely.get_parts(front):
        xy = shapely.get_coordinates(line)
        sides += [shapely.LineString(np.array(pair)) for pair in pairwise(xy)]
    kept = []
    for side in sides:
        view = np.diff(
            shapely.get_coordinates(shapely.shortest_line(side.centroid, streets)), axis=0
        )
        along = np.diff(shapely.get_coordinates(side), axis=0)
        size = np.hypot(*view[0]) * np.hypot(*along[0])
        if np.hypot(*view[0]) <= 20.0 and abs(float(view[0] @ along[0])) <= 0.7 * size:
            kept.append(side)
    return shapely.MultiLineString(kept)
