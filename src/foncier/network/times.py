"""Walking times from each plot's own access to the nearest place of each target."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from foncier.network.fields import SNAP_M, Field, goals, solve, ways
from foncier.network.splitting import Split, Spots, check_crs, enter
from foncier.tables import ACCESS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from foncier.network.cutting import Floats, Geometries
    from foncier.network.graph import Graph

WALK_KMH = 4.5  # METHODS §6, on the flat
BIKE_KMH = 15.0  # METHODS §6
DETOUR_FROM_M = 10.0  # nearer, the ratio of two short lengths says nothing


def access_table(
    access_points: gpd.GeoDataFrame,
    candidates: gpd.GeoDataFrame,
    graph: Graph,
    targets: Mapping[str, gpd.GeoDataFrame],
    loop: shapely.Geometry | None = None,
    *,
    speed_kmh: float = WALK_KMH,
    snap_m: float = SNAP_M,
    loop_name: str = "Boucle",
) -> pd.DataFrame:
    """Measure the way from each opportunity to the nearest place of each target.

    A way is: from the plot's edge straight to its street, along the streets, from the street
    straight to the place. It enters the network inside an edge, never at its nearest node
    (METHODS §6).

    Parameters
    ----------
    access_points
        Table of the contract ``ACCESS_POINTS``.
    candidates
        Table of the contract ``CANDIDATES``: all opportunities, with or without an access.
    graph
        The streets, in the same CRS.
    targets
        Places of each target: columns ``place_id``, ``name`` and a point. May be empty.
    loop
        The loop, routed over the streets or drawn by hand; gives the target ``loop``.
    speed_kmh
        Speed on the flat, in km/h.
    snap_m
        A place farther than this from any street cannot be reached, in metres.
    loop_name
        What the loop is called in ``place``.

    Returns
    -------
    Table of the contract ``ACCESS``: one row for each opportunity and target, sorted. What cannot
    be reached, and what has no access, is missing, never a large number. ``detour_index`` is
    missing under 10 m as the crow flies. The straight line to the loop goes to its nearest point.

    Raises
    ------
    CrsError
        A layer is not in the CRS of the streets.
    """
    check_crs(graph, access_points.crs, what="access_points")
    ids = np.sort(candidates["opportunity_id"].to_numpy(dtype=object))
    aims = goals(graph, targets, loop, snap_m=snap_m, loop_name=loop_name)
    if not len(ids) or not aims:
        return _checked(ACCESS.empty())
    doors = access_points.set_index("opportunity_id").reindex(ids)
    points = doors.geometry.to_numpy()
    entries = _entries(graph, points, doors["street_id"].to_numpy(dtype=object))
    parted, fields = solve(graph, aims)
    blocks = [
        _block(ids, points, entries, streets=graph.lines, parted=parted, field=field)
        for field in fields
    ]
    table = pd.concat(blocks, ignore_index=True)
    table["time_min"] = table["distance_m"] / (speed_kmh * 1000 / 60)
    return _checked(table.sort_values(["opportunity_id", "target"]))


def _checked(table: pd.DataFrame) -> pd.DataFrame:
    found: pd.DataFrame = ACCESS.conform(table)
    return found


def _entries(graph: Graph, points: Geometries, street_id: Geometries) -> Spots:
    """Where each access point that is known enters the network."""
    known = np.flatnonzero(~shapely.is_missing(points))
    found = enter(graph, points[known], street_id[known])
    edge = np.full(len(points), -1)
    along, offset = np.full(len(points), np.nan), np.full(len(points), np.nan)
    edge[known], along[known], offset[known] = found.edge, found.along_m, found.offset_m
    return Spots(edge, along, offset)


def _block(
    ids: Geometries,
    points: Geometries,
    entries: Spots,
    *,
    streets: Geometries,
    parted: Split,
    field: Field,
) -> pd.DataFrame:
    """Rows of one target."""
    way = ways(parted, field, entries, streets)
    reached = np.flatnonzero(way.place >= 0)
    straight, names = np.full(len(ids), np.nan), np.full(len(ids), None, dtype=object)
    goal = field.goal
    there = goal.points[way.place[reached]] if goal.line is None else goal.line
    straight[reached] = shapely.distance(points[reached], there)
    names[reached] = goal.names[way.place[reached]]
    distance = way.distance_m + entries.offset_m
    return pd.DataFrame(
        {
            "opportunity_id": ids,
            "target": goal.key,
            "place": names,
            "distance_m": distance,
            "straight_m": straight,
            "detour_index": _detour(distance, straight),
        }
    )


def _detour(distance: Floats, straight: Floats) -> Floats:
    index = np.full(len(distance), np.nan)
    long = straight >= DETOUR_FROM_M  # False for NaN
    index[long] = distance[long] / straight[long]
    return index
