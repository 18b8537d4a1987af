"""Times from each plot's own access to the nearest place of each target."""

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
MAX_CELL_DISTANCE_M = 100.0  # farther from any street, nobody knows how one would walk
MIN_STRAIGHT_M = 10.0  # nearer, the ratio of two short lengths says nothing


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
    """Measure the way from each opportunity to the nearest place of each target.

    A way is: from the plot's edge straight to its street, along the streets, from the street
    straight to the place. It enters the network inside an edge, never at its nearest node
    (METHODS §6).

    Parameters
    ----------
    access_points
        Columns of the contract ``ACCESS_POINTS``. A plot may have several: the best is taken for
        each target.
    candidates
        Table of the contract ``CANDIDATES``: all opportunities, with or without an access.
    graph
        The streets, in the same CRS.
    destinations
        Places of each target: columns ``place_id``, ``name`` and a point. May be empty.
    loop
        The loop, routed over the streets or drawn by hand; gives the target ``loop``.
    constraints
        Table of the contract ``CONSTRAINTS``, for the water and the railways that a way goes
        round (see `foncier.network.barriers`); None when unknown.
    speed_kmh
        Speed on the flat, in km/h.
    snap_m
        A place farther than this from any street cannot be reached, in metres.
    loop_name
        Name of the loop in ``place``; None: its name in French.

    Returns
    -------
    Table of the contract ``ACCESS``: one row for each opportunity and target, sorted. What cannot
    be reached, and what has no access, is missing, never a large number. ``distance_m`` is the
    length of the quickest way, ``leaves_by`` the street it begins in. ``detour_index`` is missing
    under 10 m as the crow flies. The straight line to the loop goes to its nearest point.

    Raises
    ------
    CrsError
        A layer is not in the CRS of the streets.
    """
    check_same_crs(graph, access_points.crs, table="access_points")
    ids = np.sort(candidates["opportunity_id"].to_numpy(dtype=object))
    loop_name = loop_name or label("network.loop.name").fr
    located = locate_destinations(graph, destinations, loop, snap_m=snap_m, loop_name=loop_name)
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
    """Put cycling metres and minutes beside the walking ones.

    Parameters
    ----------
    access
        Table of the contract ``ACCESS``, on foot.
    by_bike
        The same opportunities and targets on the network of cyclists, at their speed.

    Returns
    -------
    The table on foot with ``bike_m`` and ``bike_min``: to the place nearest by bike, which may be
    another than the one on foot. Missing where no way is open to cyclists.
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
    """Rows of one target: the best door of each site."""
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

    Its corners are whole multiples of the cell, so that two studies share their cells.

    Examples
    --------
    >>> cells_of(shapely.box(10, 10, 60, 30))
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
    beside_m: float = MAX_CELL_DISTANCE_M,
    speed_kmh: float = WALK_KMH,
    snap_m: float = SNAP_M,
) -> TravelTimeRaster | None:
    """Measure the way from the middle of each cell to the nearest place of each target.

    The way goes straight to the nearest street, then as for `access_table`.

    Parameters
    ----------
    graph, targets, loop, speed_kmh, snap_m
        As for `access_table`.
    area
        Cells whose middle lies in it are measured, in the CRS of the streets.
    cell_m
        Side of the cells, in metres.
    beside_m
        A cell farther than this from any street is unknown, in metres.

    Returns
    -------
    One band a target, sorted by key: minutes, rounded to the second decimal; NaN outside the area,
    off the streets, and where there is no way. None without a target or an area.

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
    cell_points = snap(graph, shapely.points(across[inside], down[inside]), within_m=beside_m)
    split, fields = distance_fields(graph, located)
    minutes = np.full((len(located), rows * columns), np.nan, dtype=np.float32)
    for band, field in enumerate(fields):
        effort: Floats = (
            paths_from(split, field, cell_points, graph.lines).effort_m + cell_points.offset_m
        )
        minutes[band, inside] = np.round(effort / (speed_kmh * 1000 / 60), 2)
    keys = tuple(aim.key for aim in located)
    return TravelTimeRaster(minutes.reshape(len(located), rows, columns), keys, west, north, cell_m)
