"""Measures as QGIS Foncier's own SQL takes them: after a 6 m opening, and inside its envelope."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from foncier import geometry
from foncier.detect.measures import shape
from foncier.detect.measures.parcel import counted_footprints

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.detect.context import SpatialContext
    from foncier.detect.measures.parcel import Params
    from foncier.geometry import Floats, Geometries

QUADRANT = 8  # sides of a quarter of a circle: PostGIS
ENVELOPE = ("grow_m", "shrink_m", "hole_m2", "island_m2", "island_buildings")


def opened_plots(context: SpatialContext, rows: NDArray[np.intp], radius_m: float) -> Geometries:
    """Outlines of parcels after an opening; unchanged with a radius of 0."""
    plots = context.plots[rows]
    if not radius_m:
        return plots
    inner = shapely.buffer(plots, -radius_m, quad_segs=QUADRANT)
    opened: Geometries = shapely.buffer(inner, radius_m, quad_segs=QUADRANT)
    return opened


def gravelius(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, None]:
    """Compactness of what an opening leaves of the parcel; unknown where it leaves nothing."""
    return geometry.gravelius(opened_plots(context, rows, float(params["opening_radius_m"]))), None


def convexity(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, None]:
    """Share of its convex hull that what an opening leaves of the parcel fills."""
    return geometry.convexity(opened_plots(context, rows, float(params["opening_radius_m"]))), None


def shrunk_built_share(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, None]:
    """Share of the parcel under buildings that are shrunk by ``wall_m``, inside a plot as well.

    So a wall of less than twice that is no building. ``least_m2``, ``no_light``: which buildings.
    """
    wall = float(params["wall_m"])

    def work() -> shapely.STRtree:
        footprints = np.asarray(counted_footprints(context, params).geometries)
        return shapely.STRtree(shapely.buffer(footprints, -wall, quad_segs=QUADRANT))

    shrunk = context.layer_cache.get(f"shrunk {sorted(params.items())}", work)
    plots = context.plots[rows]
    built, area = geometry.covered_area_m2(plots, shrunk), shapely.area(plots)
    return np.divide(built, area, out=np.full(len(rows), np.nan), where=area > 0), None


def radius_m(params: Params) -> float:
    """Distance of the buildings that decide whether an island of the envelope is kept."""
    near = 2 * params["grow_m"] + params["shrink_m"] + params["hole_m2"] ** 0.5
    return float(near + params["island_m2"] ** 0.5 * params["island_buildings"] / 2)


def built_up_m2(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, NDArray[np.object_] | None]:
    """Area of the parcel inside QGIS Foncier's envelope, or inside the supplied one.

    Buildings grown by ``grow_m`` with sharp corners, shrunk again by ``shrink_m``, holes up to
    ``hole_m2`` filled; islands under ``island_m2`` or with fewer than ``island_buildings`` are
    dropped (creat_envurb_bdtopo.sql).
    """
    if context.envelope is not None:
        return shape.envelope_m2(context, rows, params)
    covers = counted_footprints(context, params)
    grow, shrink = float(params["grow_m"]), float(params["shrink_m"])
    inside = geometry.closed_cover(
        context.plots[rows],
        covers,
        grow_m=grow,
        shrink_m=shrink,
        gap_m2=float(params["hole_m2"]),
        mitre=True,
    )
    islands = context.layer_cache.get(
        f"islands {sorted(params.items())}", lambda: _islands(np.asarray(covers.geometries), params)
    )
    row, island = islands.query(inside, predicate="intersects")
    owner, dropped = geometry.unions_by(row, np.asarray(islands.geometries)[island])
    inside[owner] = shapely.difference(inside[owner], dropped)
    return np.asarray(shapely.area(inside), dtype=np.float64), None


def _islands(footprints: Geometries, params: Params) -> shapely.STRtree:
    """Index of the parts of the envelope that are too small, or have too few buildings."""
    grown = shapely.buffer(
        footprints, float(params["grow_m"]), quad_segs=QUADRANT, join_style="mitre"
    )
    whole = shapely.buffer(shapely.union_all(grown), -float(params["shrink_m"]), quad_segs=QUADRANT)
    parts = shapely.get_parts(whole)
    parts = parts[~shapely.is_empty(parts)]
    hole_m2 = float(params["hole_m2"])
    parts = np.array([geometry.without_holes(part, hole_m2) for part in parts], dtype=object)
    part, _ = shapely.STRtree(shapely.centroid(footprints)).query(parts, predicate="intersects")
    buildings = np.bincount(part, minlength=len(parts))
    small = shapely.area(parts) < float(params["island_m2"])
    return shapely.STRtree(parts[small | (buildings < float(params["island_buildings"]))])


def built_up_share(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, NDArray[np.object_] | None]:
    """Share of the parcel inside the envelope (see `built_up_m2`)."""
    inside, detail = built_up_m2(context, rows, params)
    area = shapely.area(context.plots[rows])
    return np.divide(inside, area, out=np.full(len(rows), np.nan), where=area > 0), detail
