"""Measures of the part of a built plot that is left free, and could be split off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import shapely

from foncier.detect.fabric import CLASSES
from foncier.detect.measures.frontage import Front, front
from foncier.detect.measures.parcel import Params, standing
from foncier.geometry import (
    Floats,
    Geometries,
    largest_free_pieces,
    meeting,
    opened_area_m2,
    unions_by,
    width_m,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.detect.context import SpatialContext


def best_pieces(context: SpatialContext, rows: NDArray[np.intp], params: Params) -> Geometries:
    """Best free piece of each parcel, None where nothing is left.

    ``params["clear_m"]`` is one distance, or one by fabric class of the parcel (QGIS Foncier:
    10, 15, 25, 35 m); ``part_m2`` and ``radius_m`` as in `foncier.geometry.largest_free_pieces`.
    """
    names = ("clear_m", "part_m2", "radius_m")
    taken = ("least_m2", "no_light")
    key = f"free pieces {[params[k] for k in names]} {[params.get(k) for k in taken]}"

    def work(new: NDArray[np.intp]) -> tuple[Geometries]:
        return (_best_pieces(context, new, params),)

    return context.remembered.of(key, rows, work)[0]


def _best_pieces(context: SpatialContext, rows: NDArray[np.intp], params: Params) -> Geometries:
    plots, covers = context.plots[rows], standing(context, params)
    figures = {k: float(params[k]) for k in ("part_m2", "radius_m")}
    clear = params["clear_m"]
    if not isinstance(clear, Mapping):
        return largest_free_pieces(plots, covers, clear_m=float(clear), **figures)
    kind = context.fabric_of(rows)
    best: Geometries = np.full(len(rows), None, dtype=object)
    for n, name in enumerate(CLASSES):
        own = kind == n
        best[own] = largest_free_pieces(plots[own], covers, clear_m=float(clear[name]), **figures)
    return best


def free_piece(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, None]:
    """Opened area of the best piece left free around the buildings on the parcel."""
    pieces = best_pieces(context, rows, params)
    opened = opened_area_m2(pieces, radius_m=float(params["radius_m"]))
    return np.where(shapely.is_missing(pieces), 0.0, opened), None


def free_width(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, None]:
    """Width of that piece: the largest circle that fits in it."""
    return width_m(best_pieces(context, rows, params)), None


def free_access(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, None]:
    """Street front from which a strip ``params["strip_m"]`` wide leads to that piece.

    The strip stays on the parcel and goes around its buildings (QGIS Foncier: 4 m;
    parcel-manager: a driveway of 3 m). Street front as in `frontage.frontage`.
    """
    pieces = best_pieces(context, rows, params)
    seen = front(context, rows, params)
    half = float(params["strip_m"]) / 2
    plots, covers = context.plots[rows], standing(context, params)
    plot, cover = meeting(plots, covers)
    bare, (built, houses) = np.array(plots), unions_by(plot, covers.geometries[cover])
    bare[built] = shapely.difference(plots[built], houses)
    ways, owner = shapely.get_parts(
        shapely.buffer(bare, 1e-3 - half, quad_segs=4), return_index=True
    )
    leads = shapely.dwithin(ways, pieces[owner], half)
    return _led(seen, ways[leads], owner[leads], half, len(rows)), None


def _led(seen: Front, ways: Geometries, owner: NDArray[np.intp], half: float, count: int) -> Floats:
    """Length of the street front that the ways of each parcel come to."""
    length = np.zeros(count)
    if not len(ways):
        return np.round(length, 3)
    points = shapely.points(seen.xy)
    point, way = shapely.STRtree(ways).query(points, predicate="dwithin", distance=1.2 * half)
    own = owner[way] == seen.owner[point]
    reached = np.unique(point[own])
    np.add.at(length, seen.owner[reached], seen.length_m[reached])
    return np.round(length, 3)
