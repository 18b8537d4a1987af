"""Service area of each site: efforts to the nodes around it, residents and departures within."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from foncier.network.graph import EPSILON_M, Arcs, expand_ranges
from foncier.network.shortest_paths import SNAP_M, partial_effort
from foncier.network.splitting import (
    check_same_crs,
    snap,
    snap_to_street,
    split_edges,
)
from foncier.network.travel_times import WALK_KMH

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from foncier.network.graph import (
        Floats,
        Geometries,
        Graph,
        Integers,
    )
    from foncier.network.splitting import NetworkPoints, SplitGraph

SITES_AT_ONCE = 64  # neighbouring sites processed together
MARGIN_M = 1.0
MINUTES = (5, 10, 15)
WALK_MIN = 10.0
HOURS = 12.0  # runs are counted from 7 a.m. to 7 p.m.


@dataclass(frozen=True)
class Catchments:
    """Effort from some sites (positions of their ids) to the nodes around them.

    ``effort_m`` has one row a site and a column a node nearby, the last one for all others:
    infinite. ``column`` is that of each node of the graph.
    """

    sites: Integers
    effort_m: Floats
    column: Integers

    def to(self, nodes: Integers) -> Floats:
        """Effort to nodes of the graph, shape (sites, nodes); infinite beyond the limit."""
        return np.asarray(self.effort_m[:, self.column[nodes]], dtype=np.float64)

    def near(self, nodes: Integers) -> NDArray[np.bool_]:
        """Whether each node is within the limit of any site, roughly."""
        return np.asarray(self.column[nodes] < self.effort_m.shape[1] - 1, dtype=np.bool_)


@dataclass(frozen=True)
class ServiceArea:
    """Sites on the network: ids, the graph split at their entrances, and one node a site.

    ``place`` holds the entry points of each site, to process neighbouring sites together.
    """

    ids: Geometries
    split: SplitGraph
    matrix: csr_array
    place: gpd.GeoSeries

    def catchments(self, within_m: float) -> Iterator[Catchments]:
        """Effort from each site to the nodes around it, a few neighbouring sites at a time.

        Effort is the equivalent length on the flat in metres, infinite beyond ``within_m``. Only
        the nodes within that distance are searched: the cost grows with the sites, not with the
        sites times the streets.
        """
        if not len(self.ids):
            return
        graph = self.split.graph
        nodes, radius_m = len(graph.x), within_m / self._least_effort + MARGIN_M
        along = np.argsort(self.place.hilbert_distance(), kind="stable")
        bounds = self.place.bounds.to_numpy()
        by_x = np.argsort(graph.x, kind="stable")
        for first in range(0, len(self.ids), SITES_AT_ONCE):
            sites = np.sort(along[first : first + SITES_AT_ONCE])
            west, south = bounds[sites, :2].min(axis=0) - radius_m
            east, north = bounds[sites, 2:].max(axis=0) + radius_m
            # Nodes of a strip, then of the box: no scan of all nodes for each block of sites.
            strip = by_x[
                slice(*np.searchsorted(graph.x, [west, np.nextafter(east, np.inf)], sorter=by_x))
            ]
            nearby = np.sort(strip[(graph.y[strip] >= south) & (graph.y[strip] <= north)])
            column = np.full(nodes, len(nearby), dtype=np.int64)
            column[nearby] = np.arange(len(nearby))
            matrix = self._around(nearby, sites, column)
            site_rows = len(nearby) + np.arange(len(sites))
            effort = dijkstra(matrix, directed=True, indices=site_rows, limit=within_m)
            effort[:, len(nearby)] = np.inf
            yield Catchments(sites, effort[:, : len(nearby) + 1], column)

    def _around(self, nearby: Integers, sites: Integers, column: Integers) -> csr_array:
        """Arcs between some nodes, and from some sites to them: nodes first, then sites."""
        rows = np.concatenate([nearby, sites + len(column)])
        row, arc = expand_ranges(self.matrix.indptr[rows], self.matrix.indptr[rows + 1])
        head = column[self.matrix.indices[arc]]  # no arc leads to a site
        inside = head < len(nearby)
        stops = np.concatenate([[0], np.cumsum(np.bincount(row[inside], minlength=len(rows)))])
        arcs = self.matrix.data[arc[inside]], head[inside], stops
        return csr_array(arcs, shape=(len(rows), len(rows)))

    @property
    def _least_effort(self) -> float:
        """Least effort of a metre of street, below 1 downhill: the search radius grows by it."""
        graph = self.split.graph
        effort = np.minimum(graph.forward_m, graph.backward_m)
        some = graph.length_m > 0
        return float(min(1.0, (effort[some] / graph.length_m[some]).min(initial=1.0)))


class SnappedPoints:
    """Points on the split graph, with their effort to both nodes of their edge."""

    def __init__(self, area: ServiceArea, points: NetworkPoints) -> None:
        known, graph = points.known, area.split.graph
        inside = type(points)(
            points.edge[known],
            points.along_m[known],
            points.offset_m[known],
        )
        piece, along = area.split.pieces(inside)
        length = graph.length_m[piece]
        self.u, self.v = graph.u[piece], graph.v[piece]
        self.by_u_m = partial_effort(graph.forward_m[piece], along, length)
        self.by_v_m = partial_effort(graph.backward_m[piece], length - along, length)
        self.offset_m = inside.offset_m

    def effort(self, catchments: Catchments) -> tuple[Integers, Floats]:
        """Row numbers of the points within the limit, and the effort of each site to each."""
        which = np.flatnonzero(catchments.near(self.u) | catchments.near(self.v))
        by_u = catchments.to(self.u[which]) + self.by_u_m[which]
        by_v = catchments.to(self.v[which]) + self.by_v_m[which]
        return which, np.asarray(np.minimum(by_u, by_v) + self.offset_m[which])


def service_area(entrances: gpd.GeoDataFrame, graph: Graph) -> ServiceArea:
    """Connect sites to the network at their entrances; without a street in the graph, no site.

    Parameters
    ----------
    entrances
        Columns of the schema ``ACCESS_POINTS``; a site may have several.
    graph
        The streets, in the same CRS.

    Raises
    ------
    CrsError
        The entrances are not in the CRS of the streets.
    """
    check_same_crs(graph, entrances.crs, table="access_points")
    ordered = entrances.sort_values(["opportunity_id", "street_id"], ignore_index=True)
    network_points = snap_to_street(
        graph, ordered.geometry.to_numpy(), ordered["street_id"].to_numpy(dtype=object)
    )
    split = split_edges(graph, network_points)
    known = np.flatnonzero(network_points.known)
    ids, site = np.unique(
        ordered["opportunity_id"].to_numpy(dtype=object)[known], return_inverse=True
    )
    node, effort = split.node[known], np.maximum(network_points.offset_m[known], EPSILON_M)
    # Two entrances at one node: scipy would add their weights.
    order = np.lexsort((effort, node, site))
    fresh = np.ones(len(order), dtype=bool)
    fresh[1:] = (np.diff(site[order]) != 0) | (np.diff(node[order]) != 0)
    first = order[fresh]
    arcs = split.graph.arcs
    # Both are sorted: the rows of the sites follow those of the nodes.
    rows = np.concatenate([arcs.start, site[first] + arcs.nodes])
    columns = np.concatenate([arcs.end, node[first]])
    weights = np.concatenate([arcs.effort_m, effort[first]])
    matrix = Arcs(rows, columns, weights, columns, arcs.nodes + len(ids)).matrix()
    entries = shapely.points(split.graph.x[node[first]], split.graph.y[node[first]])
    place = gpd.GeoSeries(shapely.multipoints(entries, indices=site[first]), crs=entrances.crs)
    return ServiceArea(ids, split, matrix, place)


def residents_within(
    entrances: gpd.GeoDataFrame,
    graph: Graph,
    population: gpd.GeoDataFrame | None,
    *,
    minutes: Sequence[int] = MINUTES,
    speed_kmh: float = WALK_KMH,
    snap_m: float = SNAP_M,
    origins: ServiceArea | None = None,
) -> pd.DataFrame:
    """Count the residents within some minutes of each site along the streets.

    A cell counts entirely when its centre is within, with the distance from its street: on a grid
    of 200 m the count for 5 minutes is coarse.

    Parameters
    ----------
    entrances, graph, population, minutes, speed_kmh
        As for `isochrones`.
    snap_m
        Largest distance between the centre of a cell and a street, in metres.
    origins
        These entrances on the network, when computed before.

    Returns
    -------
    ``opportunity_id`` and one column ``residents_<n>min`` a time, one row a site, sorted. Missing
    without a population table, for a site off the network, and for a site outside the hull of
    the cells with no cell within; inside the hull, where the grid omits uninhabited cells, 0.

    Raises
    ------
    CrsError
        A layer is not in the CRS of the streets.
    """
    times = sorted(minutes)
    ids = np.unique(entrances["opportunity_id"].to_numpy(dtype=object))
    columns = {f"residents_{time}min": np.full(len(ids), np.nan) for time in times}
    table = pd.DataFrame({"opportunity_id": ids, **columns})
    if population is None or population.empty or not len(ids) or not times:
        return table
    check_same_crs(graph, population.crs, table="population")
    origins, centres = origins or service_area(entrances, graph), population.geometry.to_numpy()
    network_points = snap(graph, centres, within_m=snap_m)
    snapped = SnappedPoints(origins, network_points)
    people = population["residents"].to_numpy(dtype=np.float64)[network_points.known]
    hull = shapely.convex_hull(shapely.multipoints(centres))
    in_extent = entrances.geometry.intersects(hull).groupby(entrances["opportunity_id"]).any()
    metres = np.array(times) * speed_kmh * 1000 / 60
    rows = np.searchsorted(ids, origins.ids)
    for catchments in origins.catchments(metres[-1]):
        which, effort = snapped.effort(catchments)
        inside = in_extent.reindex(origins.ids[catchments.sites]).to_numpy(dtype=bool)
        for name, within in zip(columns, metres, strict=True):
            count = (effort <= within) @ people[which]
            columns[name][rows[catchments.sites]] = np.where(inside | (count > 0), count, np.nan)
    return table.assign(**columns)


def points_within(
    entrances: gpd.GeoDataFrame,
    graph: Graph,
    points: Geometries,
    *,
    minutes: float = WALK_MIN,
    speed_kmh: float = WALK_KMH,
    snap_m: float = SNAP_M,
) -> pd.DataFrame:
    """List the points within a walk of each site along the streets.

    Parameters
    ----------
    entrances
        Columns of the schema ``ACCESS_POINTS``; a site may have several.
    graph
        The streets, in the same CRS.
    points
        Points in the same CRS.
    minutes, speed_kmh
        Length of the walk, and its speed on the flat.
    snap_m
        A point farther than this from any street has no walk, in metres.

    Returns
    -------
    ``opportunity_id``, ``point`` (row number in ``points``) and ``minutes``, sorted by site and
    point. A site off the network has no row.

    Raises
    ------
    CrsError
        The entrances are not in the CRS of the streets.
    """
    pairs: list[pd.DataFrame] = []
    per_minute = speed_kmh * 1000 / 60
    if len(entrances) and len(points):
        origins, snapped_points = (
            service_area(entrances, graph),
            snap(graph, points, within_m=snap_m),
        )
        snapped, rows = SnappedPoints(origins, snapped_points), np.flatnonzero(snapped_points.known)
        for catchments in origins.catchments(minutes * per_minute):
            which, effort = snapped.effort(catchments)
            site, at = np.nonzero(effort <= minutes * per_minute)
            found = {
                "opportunity_id": origins.ids[catchments.sites[site]],
                "point": rows[which[at]],
                "minutes": effort[site, at] / per_minute,
            }
            pairs.append(pd.DataFrame(found))
    empty = {"opportunity_id": pd.Series(dtype="object"), "point": pd.Series(dtype="int64")}
    nothing = pd.DataFrame(empty).assign(minutes=pd.Series(dtype="float64"))
    table = pd.concat(pairs, ignore_index=True) if pairs else nothing
    return table.sort_values(["opportunity_id", "point"], ignore_index=True)


def departures_within(
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
        Columns of the schema ``ACCESS_POINTS``; a site may have several.
    graph
        The streets, in the same CRS.
    stops
        Table of the schema ``TRANSIT``, or None.
    minutes, speed_kmh
        Length of the walk, and its speed on the flat.
    snap_m
        Largest distance between a stop and a street, in metres.

    Returns
    -------
    ``opportunity_id`` and ``departures_per_hour``, one row a site, sorted. A run that serves
    several of these stops counts once. Missing without stops, for a site off the network, and for
    a site without a stop within and farther than the walk from the hull of the stops: the feed
    does not cover it.

    Raises
    ------
    CrsError
        A layer is not in the CRS of the streets.
    """
    ids = np.unique(entrances["opportunity_id"].to_numpy(dtype=object))
    found = np.full(len(ids), np.nan)
    if stops is not None and len(stops) and len(ids):
        check_same_crs(graph, stops.crs, table="transit")
        origins, points = service_area(entrances, graph), stops.geometry.to_numpy()
        network_points = snap(graph, points, within_m=snap_m)
        serves, runs = _runs_by_stop(stops[network_points.known])
        hull = shapely.convex_hull(shapely.multipoints(points))
        rows, metres = np.searchsorted(ids, origins.ids), minutes * speed_kmh * 1000 / 60
        near = shapely.dwithin(entrances.geometry.to_numpy(), hull, metres)
        in_extent = (
            pd.Series(near).groupby(entrances["opportunity_id"].to_numpy(dtype=object)).any()
        )
        snapped = SnappedPoints(origins, network_points)
        for catchments in origins.catchments(metres):
            which, effort = snapped.effort(catchments)
            within = effort <= metres
            served = (within.astype(np.float64) @ serves[which]) > 0
            known_sites = within.any(axis=1) | in_extent.reindex(
                origins.ids[catchments.sites]
            ).to_numpy(dtype=bool)
            found[rows[catchments.sites]] = np.where(known_sites, served @ runs / HOURS, np.nan)
    return pd.DataFrame({"opportunity_id": ids, "departures_per_hour": found})


def _runs_by_stop(stops: gpd.GeoDataFrame) -> tuple[csr_array, Floats]:
    """Which stops serve which groups of runs, shape (stops, groups), and the runs of each group."""
    listed = pd.Series(stops["runs"].to_numpy(dtype=object)).dropna().str.split("|").explode()
    parts = listed.str.split(":", expand=True).reindex(columns=[0, 1])
    group, names = pd.factorize(parts[0])
    runs = np.zeros(len(names))
    np.maximum.at(runs, group, parts[1].to_numpy(dtype=np.float64))
    rows = parts.index.to_numpy(dtype=np.int64)
    shape = (len(stops), len(names))
    return csr_array((np.ones(len(rows)), (rows, group)), shape=shape), runs
