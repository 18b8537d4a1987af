"""Rivers and railways that explain detours, and crossings added by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier.errors import ContractError
from foncier.schemas import STREETS

if TYPE_CHECKING:
    from foncier.network.graph import Floats, Geometries, Integers

# Two sides of a square against its diagonal: a street grid alone explains such a detour.
MIN_DETOUR_INDEX = float(np.sqrt(2))
MIN_CROSSED_M = 3.0  # a ditch is no barrier
KINDS = ("water", "railway")


@dataclass(frozen=True)
class BarrierLayer:
    """Shape, kind and name of each water body and railway, with a spatial index."""

    shapes: Geometries
    kind: Geometries
    label: Geometries
    tree: shapely.STRtree


def barrier_layer(constraints: gpd.GeoDataFrame | None) -> BarrierLayer | None:
    """Select water and railways among the constraints; None without any.

    Parameters
    ----------
    constraints
        Table of the schema ``CONSTRAINTS``, or None.
    """
    if constraints is None:
        return None
    rows = constraints[constraints["kind"].isin(KINDS)]
    rows = rows[~rows.geometry.geom_type.isin(["Point", "MultiPoint"])]
    if rows.empty:
        return None
    rows = rows.sort_values("constraint_id")
    shapes = rows.geometry.to_numpy()
    label = rows["label"].to_numpy(dtype=object)
    return BarrierLayer(shapes, rows["kind"].to_numpy(dtype=object), label, shapely.STRtree(shapes))


def crossed_barriers(
    start: Geometries, end: Geometries, detour: Floats, layer: BarrierLayer | None
) -> tuple[Geometries, Geometries]:
    """Name the barriers that a straight line crosses where the path by the streets is a detour.

    A shape that contains one of the two ends is no barrier: a station lies in railway land.

    Parameters
    ----------
    start, end
        Points, shape (n,).
    detour
        Path length over straight distance, NaN where unknown.
    layer
        Possible barriers, None when unknown.

    Returns
    -------
    Kinds (``water``, ``railway``, ``water_railway``, ``none``) and the name of the barrier crossed
    over the greatest length, shape (n,). The kind is ``none`` without a detour, and without a
    barrier when both kinds are mapped; otherwise it is missing: an unmapped kind is unknown.
    """
    kinds, names = (np.full(len(start), None, dtype=object) for _ in range(2))
    if layer is None:
        return kinds, names
    kinds[detour < MIN_DETOUR_INDEX] = "none"
    detoured = np.flatnonzero(detour >= MIN_DETOUR_INDEX)
    lines = (
        shapely.linestrings(
            np.stack(
                [shapely.get_coordinates(start[detoured]), shapely.get_coordinates(end[detoured])],
                axis=1,
            )
        )
        if len(detoured)
        else np.empty(0, dtype=object)
    )
    line, barrier = _separating_pairs(lines, start[detoured], end[detoured], layer)
    row, shapes = detoured[line], layer.shapes[barrier]
    length = shapely.length(shapely.intersection(lines[line], shapes))
    is_line = shapely.get_dimensions(shapes) == 1  # a track drawn as a line has no width
    crossed = np.flatnonzero(is_line | (length >= MIN_CROSSED_M))
    if set(KINDS) <= set(layer.kind):
        kinds[detoured] = "none"
    row, barrier, length = row[crossed], barrier[crossed], length[crossed]
    water, railway = (
        np.bincount(row[layer.kind[barrier] == kind], minlength=len(start)) > 0 for kind in KINDS
    )
    kinds[water], kinds[railway], kinds[water & railway] = "water", "railway", "water_railway"
    has_name = np.array([isinstance(text, str) for text in layer.label[barrier]], dtype=bool)
    order = np.lexsort((barrier, -length, ~has_name, row))
    first, position = np.unique(row[order], return_index=True)
    best = order[position]
    names[first[has_name[best]]] = layer.label[barrier[best[has_name[best]]]]
    return kinds, names


def _separating_pairs(
    lines: Geometries, start: Geometries, end: Geometries, layer: BarrierLayer
) -> tuple[Integers, Integers]:
    """Pairs of a line and a barrier that it crosses and that contains neither of its ends.

    The barriers are few and large: prepare them, not the lines.
    """
    line, barrier = layer.tree.query(lines)
    shapely.prepare(layer.shapes)
    met = shapely.intersects(layer.shapes[barrier], lines[line])
    for ends in (start, end):
        line, barrier = line[met], barrier[met]
        met = ~shapely.intersects(layer.shapes[barrier], ends[line])
    return line[met], barrier[met]


MAX_END_DISTANCE_M = 80.0  # an end farther from any street cannot be connected
CROSSING_CLASS = "footway"


def add_crossing(
    streets: gpd.GeoDataFrame,
    line: shapely.Geometry,
    *,
    name: str,
    max_distance_m: float = MAX_END_DISTANCE_M,
) -> gpd.GeoDataFrame:
    """Add a footbridge to the streets and connect its two ends to the nearest streets.

    These streets get a vertex there and keep their id and geometry, so that access points on them
    stay valid.

    Parameters
    ----------
    streets
        Table of the schema ``STREETS``.
    line
        The crossing, in the CRS of the streets.
    name
        Name of the crossing.
    max_distance_m
        Largest distance between an end and the street it connects to, in metres.

    Returns
    -------
    Table of the schema ``STREETS`` with one more street.

    Raises
    ------
    ContractError
        An end is too far from any walkable street, or both ends connect at one point.
    """
    lines: Geometries = np.array(streets.geometry.to_numpy(), dtype=object)
    walked = np.flatnonzero(streets["walk"].fillna(False).to_numpy(dtype=bool))
    course = shapely.get_coordinates(line)
    ends = []
    for message, point in zip(
        ("first_end_far", "last_end_far"), shapely.points(course[[0, -1]]), strict=True
    ):
        distance = shapely.distance(lines[walked], point)
        nearest = np.nanmin(distance, initial=np.inf)
        if nearest > max_distance_m:
            raise ContractError(
                f"network.crossing.{message}",
                name=name,
                distance_m=nearest,
                radius_m=max_distance_m,
            )
        row = int(walked[np.nanargmin(distance)])
        lines[row], joint = _connect(lines[row], point)
        ends.append(joint)
    if np.hypot(*(ends[0] - ends[1])) < 1.0:
        raise ContractError("network.crossing.same_place", name=name)
    bridge = shapely.LineString([ends[0], *course[1:-1], ends[1]])
    row_of = {
        "street_id": f"+{name}",
        "name": name,
        "street_class": CROSSING_CLASS,
        "level": 1,
        "walk": True,
        "bike": True,
        "drive": False,
    }
    more = gpd.GeoDataFrame([row_of], geometry=[bridge], crs=streets.crs)
    both = pd.concat([streets.set_geometry(lines, crs=streets.crs), more], ignore_index=True)
    extended: gpd.GeoDataFrame = STREETS.conform(both)
    return extended


def _connect(line: shapely.Geometry, point: shapely.Geometry) -> tuple[shapely.Geometry, Floats]:
    """Add to a line the vertex nearest to a point, and return its coordinates."""
    along = shapely.line_locate_point(line, point)
    joint = shapely.line_interpolate_point(line, along)
    return _with_vertex(line, joint, float(along)), shapely.get_coordinates(joint)[0]


def _with_vertex(line: shapely.Geometry, joint: shapely.Geometry, along: float) -> shapely.Geometry:
    """Insert a vertex at a measure along a line (its nearest part, if it has several)."""
    parts = shapely.get_parts(line)
    nearest = int(np.argmin(shapely.distance(parts, joint)))
    before = float(shapely.length(parts[:nearest]).sum())
    xy = shapely.get_coordinates(parts[nearest])
    steps = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    at = int(np.searchsorted(steps, np.clip(along - before, 0.0, steps[-1])))
    parts[nearest] = shapely.LineString(
        np.insert(xy, np.clip(at, 1, len(xy) - 1), shapely.get_coordinates(joint), axis=0)
    )
    return parts[0] if len(parts) == 1 else shapely.multilinestrings(parts)
