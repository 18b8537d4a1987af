"""Measures of the part of a built parcel that is free of buildings and could be split off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import shapely

from foncier.detect.fabric import CLASSES
from foncier.detect.measures.frontage import front
from foncier.detect.measures.ground import ground
from foncier.detect.measures.parcel import Params, counted_footprints
from foncier.geometry import (
    Floats,
    Geometries,
    intersecting_pairs,
    largest_free_pieces,
    largest_lots,
    opened_area_m2,
    unions_by,
    width_m,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.detect.context import SpatialContext
    from foncier.detect.measures.edges import Edge


def best_pieces(context: SpatialContext, rows: NDArray[np.intp], params: Params) -> Geometries:
    """Best free piece of each parcel, None where nothing is left.

    ``params["clear_m"]`` is one distance, or one by fabric class of the parcel (QGIS Foncier:
    10, 15, 25, 35 m); for ``part_m2`` and ``opening_radius_m`` see
    `foncier.geometry.largest_free_pieces`. With ``params["lot"]``, the largest lot in one piece
    (`foncier.geometry.largest_lots`). With ``zones`` and ``available``, of the usable ground
    (`foncier.detect.measures.ground`).
    """
    names = ("clear_m", "part_m2", "opening_radius_m")
    counted = ("least_m2", "no_light", "light_m2", "lot", "zones", "available")
    key = f"free pieces {[params[k] for k in names]} {[params.get(k) for k in counted]}"

    def work(new: NDArray[np.intp]) -> tuple[Geometries]:
        return (_best_pieces(context, new, params),)

    return context.row_cache.get(key, rows, work)[0]


def _best_pieces(context: SpatialContext, rows: NDArray[np.intp], params: Params) -> Geometries:
    plots, covers = ground(context, rows, params), counted_footprints(context, params)
    figures = {
        "part_m2": float(params["part_m2"]),
        "radius_m": float(params["opening_radius_m"]),
    }
    clear, largest = params["clear_m"], largest_lots if params.get("lot") else largest_free_pieces
    if not isinstance(clear, Mapping):
        return largest(plots, covers, clear_m=float(clear), **figures)
    kind = context.fabric_of(rows)
    best: Geometries = np.full(len(rows), None, dtype=object)
    for n, name in enumerate(CLASSES):
        of_class = kind == n
        best[of_class] = largest(plots[of_class], covers, clear_m=float(clear[name]), **figures)
    return best


def free_piece(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, None]:
    """Opened area of the best piece that is free around the buildings on the parcel."""
    pieces = best_pieces(context, rows, params)
    if params.get("lot"):
        opened = np.asarray(shapely.area(pieces), dtype=np.float64)
    else:
        opened = opened_area_m2(pieces, radius_m=float(params["opening_radius_m"]))
    return np.where(shapely.is_missing(pieces), 0.0, opened), None


def free_width(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, None]:
    """Width of that piece: the largest circle that fits in it."""
    return width_m(best_pieces(context, rows, params)), None


def free_access(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, None]:
    """Length of the street front from which a strip ``params["strip_m"]`` wide leads to that piece.

    The strip stays on the parcel and goes around its buildings (QGIS Foncier: 4 m;
    parcel-manager: a driveway of 3 m). Street front as in `frontage.frontage`.
    """
    pieces = best_pieces(context, rows, params)
    street_front = front(context, rows, params)
    half = float(params["strip_m"]) / 2
    plots, covers = context.plots[rows], counted_footprints(context, params)
    plot, cover = intersecting_pairs(plots, covers)
    unbuilt, (built, buildings) = np.array(plots), unions_by(plot, covers.geometries[cover])
    unbuilt[built] = shapely.difference(plots[built], buildings)
    strips, owner = shapely.get_parts(
        shapely.buffer(unbuilt, 1e-3 - half, quad_segs=4), return_index=True
    )
    leads = shapely.dwithin(strips, pieces[owner], half)
    return _connected_front(street_front, strips[leads], owner[leads], half, len(rows)), None


def _connected_front(
    street_front: Edge, strips: Geometries, owner: NDArray[np.intp], half_m: float, count: int
) -> Floats:
    """Length of the street front of each parcel that its strips lead to."""
    length = np.zeros(count)
    if not len(strips):
        return length
    points = shapely.points(street_front.xy)
    point, strip = shapely.STRtree(strips).query(points, predicate="dwithin", distance=1.2 * half_m)
    connected = np.unique(point[owner[strip] == street_front.owner[point]])
    np.add.at(length, street_front.owner[connected], street_front.length_m[connected])
    return np.round(length, 3)
