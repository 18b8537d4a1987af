"""The loop: a route through ordered waypoints along the streets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse.csgraph import dijkstra

from foncier.errors import ContractError
from foncier.i18n import Message
from foncier.network.graph import EPSILON_M, Arcs
from foncier.network.routes import concat_vertices
from foncier.network.shortest_paths import SNAP_M
from foncier.network.splitting import check_same_crs, snap, split_edges

if TYPE_CHECKING:
    import geopandas as gpd

    from foncier.network.graph import (
        Floats,
        Geometries,
        Graph,
        Integers,
    )


def route_loop(
    waypoints: gpd.GeoDataFrame,
    graph: Graph,
    *,
    closed: bool = True,
    snap_m: float = SNAP_M,
    impedance: Floats | None = None,
) -> shapely.LineString:
    """Connect ordered waypoints by the streets of least impedance.

    Parameters
    ----------
    waypoints
        Columns ``order``, ``name`` and a point, in the CRS of the streets; at least two.
    graph
        The streets.
    closed
        Return from the last waypoint to the first.
    snap_m
        Largest distance between a waypoint and a street, in metres.
    impedance
        Factor on the length of each street, by row of the table of streets: streets above 1 are
        avoided, below 1 preferred. None: the shortest path.

    Returns
    -------
    A line along the streets, from waypoint to waypoint. A line for a study, not a survey: the
    real course of the loop is not published (METHODS §2).

    Raises
    ------
    ContractError
        Fewer than two waypoints, one too far from any street, or no path between two of them.
    """
    check_same_crs(graph, waypoints.crs, table="stops")
    stops = waypoints.sort_values("order", kind="stable", ignore_index=True)
    if len(stops) < 2:
        raise ContractError("network.loop.too_few_stops", count=len(stops))
    names = [
        Message("network.loop.stop", number=number, name=name)
        for number, name in zip(stops["order"], stops["name"], strict=True)
    ]
    points = stops.geometry.to_numpy()
    spots = snap(graph, points, within_m=snap_m)
    _check_distances(graph, points, names, spots.known, snap_m)
    split = split_edges(graph, spots)
    node = np.append(split.node, split.node[:1]) if closed else split.node
    xy = concat_vertices(_legs(split.graph, node, [*names, names[0]], impedance))
    if len(xy) < 2:
        raise ContractError("network.loop.one_place")
    return shapely.LineString(xy)


def _check_distances(
    graph: Graph,
    points: Geometries,
    names: list[Message],
    known: np.ndarray[tuple[int], np.dtype[np.bool_]],
    snap_m: float,
) -> None:
    if known.all():
        return
    far = int(np.flatnonzero(~known)[0])
    distance = shapely.distance(points[far], graph.lines).min(initial=np.inf)
    if not np.isfinite(distance):
        raise ContractError("network.loop.no_street", stop=names[far])
    raise ContractError(
        "network.loop.far_from_streets", stop=names[far], distance_m=distance, snap_m=snap_m
    )


def _legs(
    graph: Graph, node: Integers, names: list[Message], impedance: Floats | None
) -> list[Floats]:
    """Vertices of the path from each stop to the next."""
    arcs = _least_impedance(graph, impedance)
    starts, row = np.unique(node[:-1], return_inverse=True)
    distance, before = dijkstra(arcs.matrix(), indices=starts, return_predecessors=True)
    sections = []
    for leg, (tree, end) in enumerate(zip(row, node[1:], strict=True)):
        if not np.isfinite(distance[tree, end]):
            raise ContractError("network.loop.no_way", start=names[leg], end=names[leg + 1])
        sections.append(_path_vertices(graph, arcs, _path(before[tree], int(end))[::-1]))
    return sections


def _least_impedance(graph: Graph, impedance: Floats | None) -> Arcs:
    """Arcs of each edge in both directions; of parallel arcs the one of least impedance."""
    edge = np.flatnonzero(graph.u != graph.v)
    cost_m = graph.length_m[edge] * (1.0 if impedance is None else impedance[graph.street[edge]])
    start = np.concatenate([graph.u[edge], graph.v[edge]])
    end = np.concatenate([graph.v[edge], graph.u[edge]])
    cost, both = np.maximum(np.tile(cost_m, 2), EPSILON_M), np.tile(edge, 2)
    order = np.lexsort((both, cost, end, start))
    fresh = np.ones(len(order), dtype=bool)
    fresh[1:] = (np.diff(start[order]) != 0) | (np.diff(end[order]) != 0)
    easiest = order[fresh]
    return Arcs(start[easiest], end[easiest], cost[easiest], both[easiest], len(graph.x))


def _path_vertices(graph: Graph, arcs: Arcs, nodes: list[int]) -> Floats:
    """Vertices of the streets along a path of nodes, shape (k, 2)."""
    stops = np.asarray(nodes, dtype=np.int64)
    edge = arcs.between(stops[:-1], stops[1:])
    lines = graph.lines[edge]
    back = graph.u[edge] != stops[:-1]
    lines[back] = shapely.reverse(lines[back])
    at_first = [[graph.x[stops[0]], graph.y[stops[0]]]]
    return np.concatenate([at_first, shapely.get_coordinates(lines)])


def _path(before: Integers, node: int) -> list[int]:
    """Nodes from one node back to the source of a Dijkstra tree, both included."""
    path = [node]
    while before[path[-1]] >= 0:
        path.append(int(before[path[-1]]))
    return path
