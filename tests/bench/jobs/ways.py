"""Ways on foot over a drawn town: nearest-target fields, routes, isochrones.

The places lie on crossings, so that distances are those of the graph and all must agree.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import shapely
from scipy.sparse.csgraph import dijkstra
from tests.bench.jobs import Job, Place

from foncier import network, schemas
from foncier.crs import legal_crs
from foncier.network.shortest_paths import distance_fields, locate_destinations

if TYPE_CHECKING:
    from collections.abc import Iterable

BLOCK_M = 90.0
TARGETS, PLACES, SITES = 20, 5, 500
REACH_M = 5000  # pandana slows down with its range
BUDGETS_M = (375, 750, 1125)  # 5, 10 and 15 minutes


def town(edges: int) -> gpd.GeoDataFrame:
    """Streets of a grid town, corners moved by up to 25 m; a street is an edge."""
    draw = np.random.default_rng(80021)
    side = round((1 + np.sqrt(1 + 2 * edges)) / 2)
    corner = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1) * BLOCK_M
    corner = corner + draw.uniform(-25, 25, corner.shape) + (640_000, 6_970_000)
    across = np.stack([corner[:, :-1], corner[:, 1:]], axis=2).reshape(-1, 2, 2)
    along = np.stack([corner[:-1], corner[1:]], axis=2).reshape(-1, 2, 2)
    lines = shapely.linestrings(np.concatenate([across, along]))
    rows = {
        "street_id": [f"{n:07}" for n in range(len(lines))],
        "street_class": "residential",
        "level": 0,
        "walk": True,
        "bike": True,
        "drive": True,
    }
    frame: gpd.GeoDataFrame = schemas.STREETS.conform(
        gpd.GeoDataFrame(rows, geometry=lines, crs=legal_crs("80021"))
    )
    return frame


class Prepared:
    """The town, its graph, and the crossings of each target."""

    def __init__(self, place: Place) -> None:
        self.streets = town(place.size)
        self.graph = network.build_graph(self.streets)
        draw = np.random.default_rng(1)
        self.nodes = draw.integers(0, len(self.graph.x), (TARGETS, PLACES))

    def in_networkx(self) -> nx.Graph:
        """Give the same streets to networkx, parallel edges reduced to the shortest."""
        graph, made = self.graph, nx.Graph()
        longest_first = np.argsort(-graph.length_m)
        ends = (at[longest_first].tolist() for at in (graph.u, graph.v, graph.length_m))
        made.add_weighted_edges_from(zip(*ends, strict=True))
        return made

    def entrances(self, sites: int) -> gpd.GeoDataFrame:
        """Doors of plots of 20 by 20 m anywhere in the town."""
        west, south, east, north = self.streets.total_bounds
        draw = np.random.default_rng(7)
        middle = shapely.points(draw.uniform(west, east, sites), draw.uniform(south, north, sites))
        rows = {
            "opportunity_id": [f"{n:05}" for n in range(sites)],
            "kind": "friche",
            "perimeter": "parcelles",
            "sources": "bench",
        }
        shapes = shapely.buffer(middle, 10, cap_style="square")
        plots = schemas.CANDIDATES.conform(
            gpd.GeoDataFrame(rows, geometry=shapes, crs=self.streets.crs)
        )
        found: gpd.GeoDataFrame = network.entrances(plots, self.streets)
        return found

    def starts(self, entrances: gpd.GeoDataFrame) -> np.ndarray:
        """Crossing that each door is given where a library knows crossings alone."""
        own = network.main_entrances(entrances)["street_id"]
        found: np.ndarray = self.graph.u[np.searchsorted(self.graph.street_id, own)]
        return found


def _far(fields: Iterable[Any]) -> float:
    """Sum of the distances of all fields."""
    return float(sum(np.sum(field) for field in fields))


def graph(place: Place) -> Job:
    """Build the graph from the lines of the streets."""
    streets = town(place.size)
    return Job(lambda: network.build_graph(streets))


def ours(place: Place) -> Job:
    """Twenty fields, from entering the edges to the way back."""
    at = Prepared(place)
    names = [f"{n:03}" for n in range(PLACES)]
    destinations = {
        f"t{n:02}": gpd.GeoDataFrame(
            {"place_id": names, "name": names},
            crs=at.streets.crs,
            geometry=shapely.points(at.graph.x[group], at.graph.y[group]),
        )
        for n, group in enumerate(at.nodes)
    }

    def work() -> list[Any]:
        aims = locate_destinations(at.graph, destinations, None, snap_m=150.0, loop_name="")
        return distance_fields(at.graph, aims)[1]

    crossings = len(at.graph.x)
    return Job(work, lambda fields: _far(field.effort_m[:crossings] for field in fields))


def plain(place: Place) -> Job:
    """Distances alone, by the call of scipy that foncier makes."""
    at = Prepared(place)
    arcs = at.graph.arcs.matrix()
    return Job(
        lambda: [dijkstra(arcs, directed=False, indices=n, min_only=True) for n in at.nodes], _far
    )


def by_networkx(place: Place) -> Job:
    """Distances alone, by networkx."""
    at = Prepared(place)
    net = at.in_networkx()
    groups = [set(group.tolist()) for group in at.nodes]
    return Job(
        lambda: [nx.multi_source_dijkstra_path_length(net, group) for group in groups],
        lambda found: _far(list(field.values()) for field in found),
    )


def by_igraph(place: Place) -> Job:
    """Distances alone, by igraph: from each place, then the least."""
    at = Prepared(place)
    net = import_module("igraph").Graph(
        n=len(at.graph.x), edges=np.column_stack([at.graph.u, at.graph.v])
    )
    net.es["m"] = at.graph.length_m
    groups = at.nodes.tolist()
    return Job(
        lambda: [np.min(net.distances(group, weights="m"), axis=0) for group in groups], _far
    )


def by_pandana(place: Place) -> Job:
    """Distances within 5 km, by pandana, its hierarchy built before."""
    net = _hierarchy(Prepared(place))
    nodes = Prepared(place).nodes

    def work() -> list[Any]:
        found = []
        for n, group in enumerate(nodes):
            at = net.nodes_df.loc[group]
            net.set_pois(f"t{n}", REACH_M, 1, at["x"], at["y"])
            found.append(net.nearest_pois(REACH_M, f"t{n}", num_pois=1))
        return found

    return Job(work, once=True)


def pandana_built(place: Place) -> Job:
    """Build pandana's hierarchy."""
    import_module("pandana")
    at = Prepared(place)
    return Job(lambda: _hierarchy(at), once=True)


def _hierarchy(at: Prepared) -> Any:
    graph = at.graph
    ends = pd.Series(graph.u), pd.Series(graph.v)
    metres = pd.DataFrame({"m": graph.length_m})
    return import_module("pandana").Network(pd.Series(graph.x), pd.Series(graph.y), *ends, metres)


def _loop(at: Prepared) -> shapely.Geometry:
    middle = shapely.Point(at.streets.union_all().centroid)
    ring = middle.buffer(1000, quad_segs=3).exterior
    stops = gpd.GeoDataFrame(
        {"order": range(12), "name": [str(n) for n in range(12)]},
        geometry=shapely.points(shapely.get_coordinates(ring)[:12]),
        crs=at.streets.crs,
    )
    return network.route_loop(stops, at.graph)


def routes(place: Place) -> Job:
    """Routes of 500 sites to the loop, drawn, from their doors."""
    at = Prepared(place)
    entrances, loop = at.entrances(SITES), _loop(at)
    return Job(lambda: network.routes(entrances, at.graph, {}, loop))


def routes_by_networkx(place: Place) -> Job:
    """The same as lists of crossings, from crossing to crossing, by networkx."""
    at = Prepared(place)
    loop, net = _loop(at), at.in_networkx()
    near = shapely.dwithin(loop, shapely.points(at.graph.x, at.graph.y), 1.0)
    on_loop, starts = set(np.flatnonzero(near).tolist()), at.starts(at.entrances(SITES)).tolist()

    def work() -> list[list[int]]:
        _, paths = nx.multi_source_dijkstra(net, on_loop)
        return [paths[node] for node in starts]

    return Job(work)


def isochrones(place: Place) -> Job:
    """Areas that 20 sites reach in 5, 10 and 15 minutes."""
    at = Prepared(place)
    entrances = at.entrances(20)
    return Job(lambda: network.isochrones(entrances, at.graph))


def isochrones_by_networkx(place: Place) -> Job:
    """The same by networkx: whole edges alone, buffered."""
    at = Prepared(place)
    net, starts = at.in_networkx(), at.starts(at.entrances(20)).tolist()
    x, y = at.graph.x, at.graph.y

    def work() -> list[Any]:
        found = []
        for node in starts:
            reached = nx.single_source_dijkstra_path_length(net, node, cutoff=BUDGETS_M[-1])
            for metres in BUDGETS_M:
                inside = [n for n, far in reached.items() if far <= metres]
                lines = [[(x[a], y[a]), (x[b], y[b])] for a, b in net.subgraph(inside).edges]
                found.append(shapely.buffer(shapely.multilinestrings(lines), 50))
        return found

    return Job(work)
