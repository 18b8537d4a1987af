"""The loop: a route through ordered waypoints along the streets."""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True)
class Tour:
    """A line through ordered waypoints, and the legs that no street connects.

    These legs (first and last waypoint) are straight on the line.
    """

    line: shapely.LineString
    straight: tuple[tuple[Message, Message], ...] = ()


def route_loop(
    waypoints: gpd.GeoDataFrame,
    graph: Graph,
    *,
    closed: bool = True,
    snap_m: float = SNAP_M,
    impedance: Floats | None = None,
) -> shapely.LineString:
    """Connect ordered waypoints by the streets of least impedance; see `route_tour`.

    Returns
    -------
    A line along the streets, from waypoint to waypoint. A line for a study, not a survey: the
    real course of the loop is not published (METHODS §2).

    Raises
    ------
    ContractError
        Fewer than two waypoints, one too far from any street, or no path between two of them.
    """
    tour = route_tour(waypoints, graph, closed=closed, snap_m=snap_m, impedance=impedance)
    for start, end in tour.straight:
        raise ContractError("network.loop.no_way", start=start, end=end)
    return tour.line


def route_tour(
    waypoints: gpd.GeoDataFrame,
    graph: Graph,
    *,
    closed: bool = True,
    snap_m: float = SNAP_M,
    impedance: Floats | None = None,
) -> Tour:
    """Connect ordered waypoints by the streets; a leg without a path is straight, and named.

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

    Raises
    ------
    ContractError
        Fewer than two waypoints, or one too far from any street.
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
    legs, routed = _legs(split.graph, node, impedance)
    xy = concat_vertices(legs)
    if len(xy) < 2:
        raise ContractError("network.loop.one_place")
    pairs = zip(names, [*names[1:], names[0]], strict=True)
    straight = [pair for pair, known in zip(pairs, routed, strict=False) if not known]
    return Tour(shapely.LineString(xy), tuple(straight))


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
    graph: Graph, node: Integers, impedance: Floats | None
) -> tuple[list[Floats], list[bool]]:
    """Vertices of the path from each stop to the next, and whether there is one by the streets."""
    arcs = _least_impedance(graph, impedance)
    starts, row = np.unique(node[:-1], return_inverse=True)
    distance, before = dijkstra(arcs.matrix(), indices=starts, return_predecessors=True)
    sections, routed = [], []
    for leg, (tree, end) in enumerate(zip(row, node[1:], strict=True)):
        routed.append(bool(np.isfinite(distance[tree, end])))
        if routed[-1]:
            sections.append(_path_vertices(graph, arcs, _path(before[tree], int(end))[::-1]))
        else:
            both = node[leg : leg + 2]
            sections.append(np.column_stack([graph.x[both], graph.y[both]]))
    return sections, routed


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
