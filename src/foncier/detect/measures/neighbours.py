"""What the neighbours say of a parcel: the garden of a house, the way to a plot behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from foncier.detect.context import texts
from foncier.detect.measures.frontage import TOUCH_M, front_m
from foncier.detect.measures.parcel import Params, built_m2, built_share, counted_footprints
from foncier.geometry import Floats, intersecting_pairs, pairs_within
from foncier.i18n import Message

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.detect.context import SpatialContext

DEEP_M = 200.0  # the street of a neighbour that is deeper than this is not looked for
MAIN_SHARE = 0.5  # a building belongs to the parcel that so much of it stands on


def garden_share(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, NDArray[np.object_]]:
    """Share of the outline of a house's own parcel that runs along this one: its garden, perhaps.

    A neighbour counts when buildings cover ``params["filled_share"]`` of it; of several, the one
    with the largest share. 0 without such a neighbour. The detail names it.
    """
    plot, other = _neighbours(context, rows)
    some, back = np.unique(other, return_inverse=True)
    filled = built_share(context, some, params)[0]
    full = filled[back] >= float(params["filled_share"])
    plot, other, filled = plot[full], other[full], filled[back][full]
    rings = shapely.boundary(context.plots[other])
    near = shapely.buffer(context.plots[rows[plot]], TOUCH_M, join_style="mitre")
    share = shapely.length(shapely.intersection(rings, near)) / shapely.length(rings)
    ids = _ids(context)
    details = [
        Message("detect.details.garden_of", parcel=ids[n], built=float(b), share=float(s))
        for n, b, s in zip(other, filled, share, strict=True)
    ]
    return _largest(len(rows), plot, share, details, ids[other])


def served_behind(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, NDArray[np.object_]]:
    """Number of built neighbours without a street front of their own that this parcel can serve.

    Neighbours touch the parcel, which has a front itself. The detail names the first. Whether a
    neighbour reaches the street over other land is not known: to be verified.
    """
    count, details = np.zeros(len(rows)), np.full(len(rows), None, dtype=object)
    served = np.flatnonzero(front_m(context, rows, params) > 0)
    plot, other = _neighbours(context, rows[served])
    some, back = np.unique(other, return_inverse=True)
    built = built_m2(context, some, params) >= float(params["built_m2"])
    behind = np.zeros(len(some), dtype=bool)
    behind[built] = front_m(context, some[built], params) == 0
    plot, other = served[plot[behind[back]]], other[behind[back]]
    count += np.bincount(plot, minlength=len(rows))
    ids = _ids(context)
    order = np.argsort(ids[other].astype(str), kind="stable")[::-1]
    details[plot[order]] = [
        Message("detect.details.serves", parcel=parcel) for parcel in ids[other[order]]
    ]
    return count, details


def main_buildings(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, None]:
    """Number of buildings on the parcel, those that count (`counted_footprints`).

    A building stands on the parcel that half of it lies on.
    """
    plots, covers = context.plots[rows], counted_footprints(context, params)
    plot, cover = intersecting_pairs(plots, covers)
    shapes = covers.geometries[cover]
    inside = shapely.covers(plots[plot], shapes)
    astride = np.flatnonzero(~inside)
    part = shapely.area(shapely.intersection(plots[plot[astride]], shapes[astride]))
    inside[astride] = part >= MAIN_SHARE * shapely.area(shapes[astride])
    return np.bincount(plot[inside], minlength=len(rows)).astype(np.float64), None


def _neighbours(
    context: SpatialContext, rows: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    plot, other = pairs_within(context.plots[rows], context.plots_tree, TOUCH_M)
    apart = rows[plot] != other
    return plot[apart], other[apart]


def _ids(context: SpatialContext) -> NDArray[np.object_]:
    if context.parcels is None:
        return np.array([], dtype=object)
    return texts(context.parcels["parcel_id"])


def _largest(
    count: int,
    plot: NDArray[np.intp],
    values: Floats,
    details: list[Message],
    ids: NDArray[np.object_],
) -> tuple[Floats, NDArray[np.object_]]:
    """Largest value of each plot with its detail, the first by id of equal ones; 0 without any."""
    most, found = np.zeros(count), np.full(count, None, dtype=object)
    rank = np.argsort(np.argsort(ids.astype(str), kind="stable"))
    order = np.lexsort((-rank, values))  # the largest is written last
    most[plot[order]] = values[order]
    found[plot[order]] = np.array([*details, None], dtype=object)[:-1][order]
    return most, found
