"""Draw the axis, the loop and the study area."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from foncier import network, sources, study, tables
from foncier.crs import DEGREES
from foncier.errors import ConfigError

if TYPE_CHECKING:
    import pyproj

    from foncier.pipeline.layers import Layers
    from foncier.study.model import Layer, Study, Trace

EXTENT: tuple[Layer, ...] = ("parcels", "buildings", "inventory")


@dataclass(frozen=True)
class Traced:
    """Axis, loop and the loop's stops; each may be missing."""

    lines: gpd.GeoDataFrame
    stops: gpd.GeoDataFrame
    loop: shapely.Geometry | None
    axis: shapely.Geometry | None


def trace(plan: Study, graph: Any, crs: pyproj.CRS, streets: Any = None) -> Traced:
    """Draw the axis and the loop; a loop given by its stops follows the softest streets."""
    rows, shapes = [], []
    axis = loop = None
    stops = gpd.GeoDataFrame({"order": [], "name": []}, geometry=[], crs=crs)
    if plan.axis:
        axis = _drawn(plan, plan.axis, crs)
        rows.append({"name": plan.axis.name, "role": "axis", "status": plan.axis.status})
        shapes.append(axis)
    if plan.loop:
        points = None if plan.loop.file else _waypoints(plan, plan.loop, crs)
        stops = stops if points is None else points
        if points is None:
            loop = _drawn(plan, plan.loop, crs)
        elif graph is not None:
            loop = network.tour(points, graph, feels=_feels(streets))
        if loop is not None:
            rows.append({"name": plan.loop.name, "role": "loop", "status": plan.loop.status})
            shapes.append(loop)
    lines = gpd.GeoDataFrame(
        pd.DataFrame(rows, columns=["name", "role", "status"]), geometry=shapes, crs=crs
    )
    table = tables.LINES.conform(lines.assign(length_m=lines.length))
    return Traced(table, stops, loop, axis)


def _feels(streets: Any) -> Any:
    """How long a metre of each street feels; None without streets."""
    if streets is None:
        return None
    return streets["street_class"].str.lower().map(study.softness()).fillna(1.0).to_numpy(float)


def _drawn(plan: Study, trace: Trace, crs: pyproj.CRS) -> Any:
    if trace.file:
        return sources.read_line(plan.path(trace.file), crs=crs, shown=trace.file)
    return shapely.LineString(shapely.get_coordinates(_waypoints(plan, trace, crs).geometry))


def _waypoints(plan: Study, trace: Trace, crs: pyproj.CRS) -> gpd.GeoDataFrame:
    if trace.waypoints_file:
        file = trace.waypoints_file
        return sources.read_waypoints(plan.path(file), crs=crs, shown=file)
    points = [shapely.Point(w.lon, w.lat) for w in trace.waypoints]
    names = [w.name for w in trace.waypoints]
    rows = {"order": range(1, len(names) + 1), "name": names}
    return gpd.GeoDataFrame(rows, geometry=points, crs=DEGREES).to_crs(crs)


def axis_stops(plan: Study, crs: pyproj.CRS) -> dict[str, shapely.Point]:
    """Named waypoints of the axis, in its order; none where the axis is drawn in a file."""
    if plan.axis is None or plan.axis.file:
        return {}
    points = _waypoints(plan, plan.axis, crs)
    return dict(zip(points["name"], points.geometry, strict=True))


def study_area(
    plan: Study, layers: Layers, axis: shapely.Geometry | None, crs: pyproj.CRS
) -> shapely.Geometry:
    """Outline within which opportunities are sought.

    Raises
    ------
    ConfigError
        Nothing to take the outline from.
    """
    if plan.around == "axis" and plan.axis:
        return shapely.buffer(axis, plan.axis.half_width_m)
    if plan.area.file:
        return sources.read_area(plan.path(plan.area.file), crs=crs, shown=plan.area.file)
    for layer in EXTENT:
        table = layers.get(layer)
        if table is not None and len(table):
            return shapely.buffer(shapely.box(*table.total_bounds), 1.0)
    raise ConfigError(
        "study.toml : aucune parcelle, aucun bâtiment ni site lus : rien ne dit où chercher. "
        "Vérifiez les couches, ou donnez [area] file."
    )
