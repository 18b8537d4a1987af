"""Measures of the outline of a parcel, of the urban envelope, and of its group of bare land."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import shapely

from foncier import geometry
from foncier.detect.context import shapes
from foncier.detect.fabric import CLASSES
from foncier.detect.measures.ground import ground
from foncier.detect.measures.parcel import (
    Params,
    counted_footprints,
    is_counted,
)
from foncier.geometry import Floats, covered_area_m2
from foncier.i18n import Message

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.detect.context import SpatialContext
    from foncier.geometry import Geometries


def width(context: SpatialContext, rows: NDArray[np.intp], params: Params) -> tuple[Floats, None]:
    """Diameter of the largest circle in the usable part of the parcel, to half a metre."""
    return geometry.width_m(ground(context, rows, params)), None


def gravelius(context: SpatialContext, rows: NDArray[np.intp], _: Params) -> tuple[Floats, None]:
    """Compactness of Gravelius: 1 for a disc, 1.12 for a square, more for a strip."""
    return geometry.gravelius(context.plots[rows]), None


def convexity(context: SpatialContext, rows: NDArray[np.intp], _: Params) -> tuple[Floats, None]:
    """Share of the convex hull that the parcel fills; streets in the cadastre fill little."""
    return geometry.convexity(context.plots[rows]), None


def opened_area(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, None]:
    """Area that a morphological opening leaves of the usable part (`foncier.geometry`)."""
    radius_m = float(params["opening_radius_m"])
    return geometry.opened_area_m2(ground(context, rows, params), radius_m=radius_m), None


def _envelope(context: SpatialContext, rows: NDArray[np.intp], params: Params) -> Geometries:
    grow, covers = params["grow_m"], counted_footprints(context, params)
    if isinstance(grow, Mapping):
        counted = is_counted(context, params) & (context.building_fabric >= 0)
        grow_by_class = np.array([float(grow[name]) for name in CLASSES])
        grow = grow_by_class[context.building_fabric[counted]]
        covers = context.footprints[counted]
    return geometry.closed_cover(
        ground(context, rows, params),
        covers,
        grow_m=grow,
        shrink_m=float(params.get("shrink_m", 0.0)),
        hole_m2=float(params.get("hole_m2", 0.0)),
    )


def drawn_envelope_m2(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, None]:
    """Area of the parcel inside the urban envelope drawn from the buildings.

    ``params["grow_m"]`` (one, or one by fabric class of the building), ``shrink_m``, ``hole_m2``:
    see `foncier.geometry.closed_cover`.
    """
    return np.asarray(shapely.area(_envelope(context, rows, params)), dtype=np.float64), None


def drawn_envelope_share(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, None]:
    """Share of the parcel inside the urban envelope (see `envelope_m2`)."""
    inside, _ = drawn_envelope_m2(context, rows, params)
    area = shapely.area(context.plots[rows])
    return np.divide(inside, area, out=np.full(len(rows), np.nan), where=area > 0), None


SUPPLIED = Message("detect.details.envelope_supplied")
ValuesAndDetails = tuple["Floats", "NDArray[np.object_] | None"]


def envelope_m2(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> ValuesAndDetails:
    """Area of the parcel inside the urban envelope.

    The envelope is that of the study where it supplies one (tache urbaine of the SCOT or the PLU;
    the detail says so), else it is drawn from the buildings (see `drawn_envelope_m2`).
    """
    if context.envelope is None:
        return drawn_envelope_m2(context, rows, params)
    inside = covered_area_m2(ground(context, rows, params), shapes(context.envelope))
    return inside, np.full(len(rows), SUPPLIED, dtype=object)


def envelope_share(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> ValuesAndDetails:
    """Share of the parcel inside the urban envelope (see `envelope_m2`)."""
    if context.envelope is None:
        return drawn_envelope_share(context, rows, params)
    inside, details = envelope_m2(context, rows, params)
    area = shapely.area(context.plots[rows])
    return np.divide(inside, area, out=np.full(len(rows), np.nan), where=area > 0), details
