"""Minutes on foot to each target from every cell of a study area."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from foncier.model import TravelTimeRaster
from foncier.network.shortest_paths import (
    SNAP_M,
    goals,
    solve,
    ways,
)
from foncier.network.splitting import snap
from foncier.network.travel_times import WALK_KMH

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from foncier.network.graph import Graph
    from foncier.network.splitting import Floats

CELL_M = 25.0
BESIDE_M = 100.0  # farther from any street, nobody knows how one would walk


def cells_of(area: shapely.Geometry, *, cell_m: float = CELL_M) -> tuple[int, int, float, float]:
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
    beside_m: float = BESIDE_M,
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
    aims = goals(graph, destinations, loop, snap_m=snap_m, loop_name="")
    if not aims or area.is_empty:
        return None
    rows, columns, west, north = cells_of(area, cell_m=cell_m)
    x = west + (np.arange(columns) + 0.5) * cell_m
    y = north - (np.arange(rows) + 0.5) * cell_m
    across, down = (axis.ravel() for axis in np.meshgrid(x, y))
    shapely.prepare(area)
    inside = np.flatnonzero(shapely.intersects_xy(area, across, down))
    spots = snap(graph, shapely.points(across[inside], down[inside]), within_m=beside_m)
    parted, fields = solve(graph, aims)
    minutes = np.full((len(aims), rows * columns), np.nan, dtype=np.float32)
    for band, field in enumerate(fields):
        effort: Floats = ways(parted, field, spots, graph.lines).effort_m + spots.offset_m
        minutes[band, inside] = np.round(effort / (speed_kmh * 1000 / 60), 2)
    keys = tuple(aim.key for aim in aims)
    return TravelTimeRaster(minutes.reshape(len(aims), rows, columns), keys, west, north, cell_m)
