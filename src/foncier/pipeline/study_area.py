"""Axis, loop and study area."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from foncier import network, readers, schemas
from foncier.crs import DEGREES
from foncier.errors import ConfigError
from foncier.parallel import confined
from foncier.study import impedance

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyproj

    from foncier.i18n import Message
    from foncier.pipeline.layers import Layers
    from foncier.study.config import Layer, Study, Trace

LANDMARKS = ("station", "hospital", "university", "innovation")
EXTENT: tuple[Layer, ...] = ("parcels", "buildings", "inventory")


@dataclass(frozen=True)
class StudyLines:
    """Axis, loop and waypoints of the loop; each may be missing.

    ``straight`` are the legs of the loop that no street connects.
    """

    lines: gpd.GeoDataFrame
    stops: gpd.GeoDataFrame
    loop: shapely.Geometry | None
    axis: shapely.Geometry | None
    straight: tuple[tuple[Message, Message], ...] = ()


def trace_lines(study: Study, graph: Any, crs: pyproj.CRS, streets: Any = None) -> StudyLines:
    """Trace the axis and the loop; a loop of waypoints follows streets of the least impedance."""
    rows, shapes = [], []
    axis = loop = None
    straight: tuple[tuple[Message, Message], ...] = ()
    stops = gpd.GeoDataFrame({"order": [], "name": []}, geometry=[], crs=crs)
    if study.axis:
        axis = _line(study, study.axis, crs)
        rows.append({"name": study.axis.name, "role": "axis", "status": study.axis.status})
        shapes.append(axis)
    if study.loop:
        points = None if study.loop.file else _waypoints(study, study.loop, crs)
        stops = stops if points is None else points
        if points is None:
            loop = _line(study, study.loop, crs)
        elif graph is not None:
            tour = network.route_tour(points, graph, impedance=_comfort_factors(streets))
            loop, straight = tour.line, tour.straight
        if loop is not None:
            rows.append({"name": study.loop.name, "role": "loop", "status": study.loop.status})
            shapes.append(loop)
    lines = gpd.GeoDataFrame(
        pd.DataFrame(rows, columns=["name", "role", "status"]), geometry=shapes, crs=crs
    )
    table = schemas.LINES.conform(lines.assign(length_m=lines.length))
    return StudyLines(table, stops, loop, axis, straight)


def _comfort_factors(streets: Any) -> Any:
    """Comfort factor of each street; None without streets."""
    if streets is None:
        return None
    return streets["street_class"].str.lower().map(impedance()).fillna(1.0).to_numpy(float)


def _line(study: Study, trace: Trace, crs: pyproj.CRS) -> Any:
    if trace.file:
        return _drawn(study, readers.read_line, trace.file, crs, trace.layer)
    return shapely.LineString(shapely.get_coordinates(_waypoints(study, trace, crs).geometry))


def _waypoints(study: Study, trace: Trace, crs: pyproj.CRS) -> gpd.GeoDataFrame:
    if trace.waypoints_file:
        file, layer = trace.waypoints_file, trace.layer
        points: gpd.GeoDataFrame = _drawn(study, readers.read_waypoints, file, crs, layer)
        return points
    places = [shapely.Point(w.lon, w.lat) for w in trace.waypoints]
    names = [w.name for w in trace.waypoints]
    rows = {"order": range(1, len(names) + 1), "name": names}
    return gpd.GeoDataFrame(rows, geometry=places, crs=DEGREES).to_crs(crs)


def _drawn(
    study: Study, read: Callable[..., Any], file: str, crs: pyproj.CRS, layer: str | None
) -> Any:
    """Read what somebody drew, by a reader of `foncier.readers.study_geometry`."""
    limits = confined.limits_of(study.untrusted)
    path = study.path(file)
    return confined.call(limits, file, read, path, crs=crs, shown=file, sublayer=layer)


def landmarks(
    study: Study, places: gpd.GeoDataFrame | None, crs: pyproj.CRS
) -> dict[str, shapely.Point]:
    """Named points of the study, those that say most first.

    The waypoints of the axis, those of the loop, then the named places of `LANDMARKS`.
    """
    traces = [t for t in (study.axis, study.loop) if t is not None and not t.file]
    frames: list[Any] = [_waypoints(study, trace, crs) for trace in traces]
    if places is not None:
        frames += [places[places["category"] == category] for category in LANDMARKS]
    points: dict[str, shapely.Point] = {}
    for frame in frames:
        named = frame[frame["name"].notna()]
        for name, point in zip(named["name"], named.geometry, strict=True):
            points.setdefault(str(name), point)
    return points


def study_area(
    study: Study, layers: Layers, axis: shapely.Geometry | None, crs: pyproj.CRS
) -> shapely.Geometry:
    """Outline of the study area.

    Raises
    ------
    ConfigError
        No layer has an extent to use.
    """
    if study.around == "axis" and study.axis:
        return shapely.buffer(axis, study.axis.half_width_m)
    if study.area.file:
        return _drawn(study, readers.read_area, study.area.file, crs, study.area.layer)
    for layer in EXTENT:
        table = layers.get(layer)
        if table is not None and len(table):
            return shapely.buffer(shapely.box(*table.total_bounds), 1.0)
    raise ConfigError("pipeline.study_area.nothing_read")
