"""Travel times from the access of each plot, or from each cell, to the nearest destinations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from foncier.i18n import label
from foncier.model import TravelTimeRaster
from foncier.network.barriers import barrier_layer, crossed_barriers
from foncier.network.shortest_paths import (
    SNAP_M,
    distance_fields,
    easiest_rows,
    locate_destinations,
    paths_from,
)
from foncier.network.splitting import check_same_crs, snap, snap_to_street
from foncier.schemas import ACCESS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from foncier.network.barriers import BarrierLayer
    from foncier.network.graph import (
        Floats,
        Geometries,
        Graph,
        Integers,
    )
    from foncier.network.shortest_paths import Destination, Paths

WALK_KMH = 4.5  # METHODS §6, on the flat
BIKE_KMH = 15.0  # METHODS §6
CELL_M = 25.0
MAX_CELL_DISTANCE_M = 100.0  # farther from any street, the path is unknown
MIN_STRAIGHT_M = 10.0  # shorter, the ratio of two short lengths is noise


def travel_time_table(
    access_points: gpd.GeoDataFrame,
    candidates: gpd.GeoDataFrame,
    graph: Graph,
    destinations: Mapping[str, gpd.GeoDataFrame],
    loop: shapely.Geometry | None = None,
    *,
    constraints: gpd.GeoDataFrame | None = None,
    speed_kmh: float = WALK_KMH,
    snap_m: float = SNAP_M,
    loop_name: str | None = None,
) -> pd.DataFrame:
    """Compute the path from each opportunity to the nearest point of each destination.

    A path goes straight from the edge of the plot to its street, along the streets, then straight
    to the destination. It enters the network inside an edge, not at the nearest node
    (METHODS §6).

    Parameters
    ----------
    access_points
        Columns of the schema ``ACCESS_POINTS``. A plot may have several rows: the best is used
        for each destination.
    candidates
        Table of the schema ``CANDIDATES``: all opportunities, with or without access.
    graph
        The streets, in the same CRS.
    destinations
        Points of each destination: columns ``place_id``, ``name`` and a point. May be empty.
    loop
        The loop, routed along the streets or drawn by hand; adds the destination ``loop``.
    constraints
        Table of the schema ``CONSTRAINTS``, to name the barriers behind
        detours (see `foncier.network.barriers`); None when unknown.
    speed_kmh
        Speed on the flat, in km/h.
    snap_m
        A destination farther than this from any street has no path, in metres.
    loop_name
        Name of the loop in ``place``; None: its name in French.

    Returns
    -------
    Table of the schema ``ACCESS``: one row for each opportunity and destination, sorted.
    Without a path or an access, figures are missing. ``distance_m`` is the length of the quickest
    path, ``leaves_by`` its first street. ``detour_index`` is missing under 10 m of straight
    distance. The straight line to the loop goes to its nearest point.

    Raises
    ------
    CrsError
        A layer is not in the CRS of the streets.
    """
    check_same_crs(graph, access_points.crs, table="access_points")
    ids = np.sort(candidates["opportunity_id"].to_numpy(dtype=object))
    name_of_loop = loop_name or label("network.loop.name").fr
    located = locate_destinations(graph, destinations, loop, snap_m=snap_m, loop_name=name_of_loop)
    if not len(ids) or not located:
        return _conform(ACCESS.empty())
    entrances = access_points[access_points["opportunity_id"].isin(ids)]
    points = entrances.geometry.to_numpy()
    entries = snap_to_street(graph, points, entrances["street_id"].to_numpy(dtype=object))
    split, fields = distance_fields(graph, located)
    site = np.searchsorted(ids, entrances["opportunity_id"].to_numpy(dtype=object))
    names = entrances["street_name"].to_numpy(dtype=object)
    layer = barrier_layer(constraints)
    blocks = [
        _destination_rows(
            ids,
            points,
            site=site,
            streets=names,
            paths=paths_from(split, field, entries, graph.lines),
            offset_m=entries.offset_m,
            destination=field.destination,
            layer=layer,
        )
        for field in fields
    ]
    table = pd.concat(blocks, ignore_index=True)
    table["time_min"] = table.pop("effort_m") / (speed_kmh * 1000 / 60)
    return _conform(table.sort_values(["opportunity_id", "target"]))


def add_cycling(access: pd.DataFrame, by_bike: pd.DataFrame) -> pd.DataFrame:
    """Add cycling metres and minutes to the walking ones.

    Parameters
    ----------
    access
        Table of the schema ``ACCESS``, on foot.
    by_bike
        The same opportunities and destinations on the cycling network, at cycling speed.

    Returns
    -------
    The table on foot with ``bike_m`` and ``bike_min``: to the nearest destination by bike, which
    may differ from the one on foot. Missing where no path is open to cyclists.
    """
    keys = ["opportunity_id", "target"]
    bike = by_bike.set_index(keys)[["distance_m", "time_min"]]
    bike = bike.reindex(pd.MultiIndex.from_frame(access[keys]))
    return _conform(
        access.assign(bike_m=bike["distance_m"].to_numpy(), bike_min=bike["time_min"].to_numpy())
    )


def _conform(table: pd.DataFrame) -> pd.DataFrame:
    found: pd.DataFrame = ACCESS.conform(table)
    return found


def _destination_rows(
    ids: Geometries,
    points: Geometries,
    *,
    site: Integers,
    streets: Geometries,
    paths: Paths,
    offset_m: Floats,
    destination: Destination,
    layer: BarrierLayer | None,
) -> pd.DataFrame:
    """Rows of one destination: the best entrance of each site."""
    entrance = easiest_rows(site, paths.effort_m + offset_m)
    entrance = entrance[paths.place[entrance] >= 0]
    row, place = site[entrance], paths.place[entrance]
    arrival = destination.points[place]
    if destination.line is not None:
        arrival = shapely.get_point(shapely.shortest_line(points[entrance], destination.line), 1)
    distance = paths.distance_m[entrance] + offset_m[entrance]
    straight = shapely.distance(points[entrance], arrival)
    detour = _detour_index(distance, straight)
    barrier, barrier_name = crossed_barriers(points[entrance], arrival, detour, layer)
    columns = {
        "place": (destination.names[place], object),
        "distance_m": (distance, float),
        "effort_m": (paths.effort_m[entrance] + offset_m[entrance], float),
        "straight_m": (straight, float),
        "detour_index": (detour, float),
        "leaves_by": (streets[entrance], object),
        "barrier": (barrier, object),
        "barrier_name": (barrier_name, object),
    }
    table = pd.DataFrame({"opportunity_id": ids, "target": destination.key})
    for name, (values, kind) in columns.items():
        whole = np.full(len(ids), None if kind is object else np.nan, dtype=kind)
        whole[row] = values
        table[name] = whole
    return table


def _detour_index(distance: Floats, straight: Floats) -> Floats:
    index = np.full(len(distance), np.nan)
    long = straight >= MIN_STRAIGHT_M  # False for NaN
    index[long] = distance[long] / straight[long]
    return index


def raster_grid(area: shapely.Geometry, *, cell_m: float = CELL_M) -> tuple[int, int, float, float]:
    """Rows, columns, west and north of the grid that covers an area.

    Corners are multiples of the cell size, so that two studies share their cells.

    Examples
    --------
    >>> raster_grid(shapely.box(10, 10, 60, 30))
    (2, 3, 0.0, 50.0)
    """
    west, south, east, north = (value / cell_m for value in shapely.bounds(area))
    rows, columns = np.ceil(north) - np.floor(south), np.ceil(east) - np.floor(west)
    return int(rows), int(columns), float(np.floor(west) * cell_m), float(np.ceil(north) * cell_m)


def travel_time_raster(
    graph: Graph,
    destinations: Mapping[str, gpd.GeoDataFrame],
    loop: shapely.Geometry | None,
    area: shapely.Geometry,
    *,
    cell_m: float = CELL_M,
    max_cell_distance_m: float = MAX_CELL_DISTANCE_M,
    speed_kmh: float = WALK_KMH,
    snap_m: float = SNAP_M,
) -> TravelTimeRaster | None:
    """Compute the path from the centre of each cell to the nearest point of each destination.

    The path goes straight to the nearest street, then as for `travel_time_table`.

    Parameters
    ----------
    graph, destinations, loop, speed_kmh, snap_m
        As for `travel_time_table`.
    area
        Cells whose centre lies in it are computed, in the CRS of the streets.
    cell_m
        Side of the cells, in metres.
    max_cell_distance_m
        A cell farther than this from any street is unknown, in metres.

    Returns
    -------
    One band a destination, sorted by key: minutes rounded to two decimals; NaN outside the area,
    off the streets and without a path. None without a destination or an area.

    Raises
    ------
    CrsError
        A layer is not in the CRS of the streets.
    """
    located = locate_destinations(graph, destinations, loop, snap_m=snap_m, loop_name="")
    if not located or area.is_empty:
        return None
    rows, columns, west, north = raster_grid(area, cell_m=cell_m)
    x = west + (np.arange(columns) + 0.5) * cell_m
    y = north - (np.arange(rows) + 0.5) * cell_m
    across, down = (axis.ravel() for axis in np.meshgrid(x, y))
    shapely.prepare(area)
    inside = np.flatnonzero(shapely.intersects_xy(area, across, down))
    cell_points = snap(
        graph, shapely.points(across[inside], down[inside]), within_m=max_cell_distance_m
    )
    split, fields = distance_fields(graph, located)
    minutes = np.full((len(located), rows * columns), np.nan, dtype=np.float32)
    for band, field in enumerate(fields):
        effort: Floats = (
            paths_from(split, field, cell_points, graph.lines).effort_m + cell_points.offset_m
        )
        minutes[band, inside] = np.round(effort / (speed_kmh * 1000 / 60), 2)
    keys = tuple(aim.key for aim in located)
    return TravelTimeRaster(minutes.reshape(len(located), rows, columns), keys, west, north, cell_m)
