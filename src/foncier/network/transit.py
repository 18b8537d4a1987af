"""Public transport within a walk: the departures of the stops that each site reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_array

from foncier.network.service_area import Spotted, start
from foncier.network.shortest_paths import SNAP_M
from foncier.network.splitting import check_crs, snap
from foncier.network.travel_times import WALK_KMH

if TYPE_CHECKING:
    import geopandas as gpd

    from foncier.network.graph import Graph
    from foncier.network.splitting import Floats

WALK_MIN = 10.0
HOURS = 12.0  # runs are counted from 7 a.m. to 7 p.m.


def departures_reached(
    entrances: gpd.GeoDataFrame,
    graph: Graph,
    stops: gpd.GeoDataFrame | None,
    *,
    minutes: float = WALK_MIN,
    speed_kmh: float = WALK_KMH,
    snap_m: float = SNAP_M,
) -> pd.DataFrame:
    """Count the departures an hour within a walk along the streets, each run once.

    Parameters
    ----------
    entrances
        Columns of the contract ``ACCESS_POINTS``; a site may have several.
    graph
        The streets, in the same CRS.
    stops
        Table of the contract ``TRANSIT``, or None.
    minutes, speed_kmh
        Length of the walk, and its speed on the flat.
    snap_m
        A stop farther than this from any street is not reached, in metres.

    Returns
    -------
    ``opportunity_id`` and ``departures_per_hour``, one row a site, sorted. A run that serves
    several of the stops reached counts once. Missing without stops, for a site off the network,
    and where no stop is reached farther than such a walk from the hull of the stops: the feed
    says nothing there.

    Raises
    ------
    CrsError
        A layer is not in the CRS of the streets.
    """
    ids = np.unique(entrances["opportunity_id"].to_numpy(dtype=object))
    found = np.full(len(ids), np.nan)
    if stops is not None and len(stops) and len(ids):
        check_crs(graph, stops.crs, what="transit")
        begun, points = start(entrances, graph), stops.geometry.to_numpy()
        spots = snap(graph, points, within_m=snap_m)
        serves, runs = _groups(stops[spots.known])
        hull = shapely.convex_hull(shapely.multipoints(points))
        rows, metres = np.searchsorted(ids, begun.ids), minutes * speed_kmh * 1000 / 60
        near = shapely.dwithin(entrances.geometry.to_numpy(), hull, metres)
        held = pd.Series(near).groupby(entrances["opportunity_id"].to_numpy(dtype=object)).any()
        spotted = Spotted(begun, spots)
        for reach in begun.fields(metres):
            which, effort = spotted.effort(reach)
            within = effort <= metres
            taken = (within.astype(np.float64) @ serves[which]) > 0
            seen = within.any(axis=1) | held.reindex(begun.ids[reach.sites]).to_numpy(dtype=bool)
            found[rows[reach.sites]] = np.where(seen, taken @ runs / HOURS, np.nan)
    return pd.DataFrame({"opportunity_id": ids, "departures_per_hour": found})


def _groups(stops: gpd.GeoDataFrame) -> tuple[csr_array, Floats]:
    """Which stops serve which groups of runs, shape (stops, groups), and the runs of each group."""
    told = pd.Series(stops["runs"].to_numpy(dtype=object)).dropna().str.split("|").explode()
    parts = told.str.split(":", expand=True).reindex(columns=[0, 1])
    group, names = pd.factorize(parts[0])
    runs = np.zeros(len(names))
    np.maximum.at(runs, group, parts[1].to_numpy(dtype=np.float64))
    rows = parts.index.to_numpy(dtype=np.int64)
    shape = (len(stops), len(names))
    return csr_array((np.ones(len(rows)), (rows, group)), shape=shape), runs
