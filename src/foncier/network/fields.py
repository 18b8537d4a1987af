"""Distance fields: from every place of the network to the nearest place of each target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from foncier.network.arcs import EPSILON_M
from foncier.network.splitting import Split, Spots, check_crs, snap, split

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd

    from foncier.network.cutting import Floats, Geometries, Integers
    from foncier.network.graph import Graph

SNAP_M = 150.0  # a place farther from any street is off the network
LOOP_STEP_M = 20.0
LOOP_SNAP_M = 30.0
ON_LOOP_M = 1.0  # who enters the network this near to the loop is on it


@dataclass(frozen=True)
class Goal:
    """One target: its places, their names, and where they touch the network."""

    key: str
    points: Geometries
    names: Geometries
    spots: Spots
    line: shapely.Geometry | None = None


@dataclass(frozen=True)
class Field:
    """Shortest way from each node to one target.

    ``distance_m`` is infinite and ``place`` is -1 where there is none; ``before`` is the next node
    on the way, negative at its end.
    """

    goal: Goal
    distance_m: Floats
    place: Integers
    before: Integers


def goals(
    graph: Graph,
    targets: Mapping[str, gpd.GeoDataFrame],
    loop: shapely.Geometry | None,
    *,
    snap_m: float,
    loop_name: str,
) -> list[Goal]:
    """Places of each target on the network, then those of the loop; keys sorted."""
    found = []
    for key, places in targets.items():
        check_crs(graph, places.crs, what=f"places ({key})")
        ordered = places.sort_values("place_id", kind="stable")
        points = ordered.geometry.to_numpy()
        names = ordered["name"].to_numpy(dtype=object)
        found.append(Goal(key, points, names, snap(graph, points, within_m=snap_m)))
    if loop is not None and not loop.is_empty:
        points = _loop_points(graph, loop)
        names = np.full(len(points), loop_name, dtype=object)
        spots = snap(graph, points, within_m=LOOP_SNAP_M)
        found.append(Goal("loop", points, names, spots, loop))
    return sorted(found, key=lambda goal: goal.key)


def _loop_points(graph: Graph, loop: shapely.Geometry) -> Geometries:
    """Points that stand for a loop: one each 20 m, its own vertices, and those nearest to a node.

    On a loop that follows the streets every way in is a node or an end, so distances are exact; on
    a line drawn by hand they are within half a step.
    """
    lines = shapely.get_parts(loop)
    parts = shapely.get_parts(shapely.segmentize(lines, LOOP_STEP_M))
    shapely.prepare(loop)
    nodes = shapely.points(graph.x, graph.y)
    near = nodes[shapely.dwithin(loop, nodes, LOOP_SNAP_M)]
    beside = shapely.get_point(shapely.shortest_line(loop, near), 0)
    return np.concatenate([shapely.points(shapely.get_coordinates(parts)), beside])


def solve(graph: Graph, aims: Sequence[Goal]) -> tuple[Split, list[Field]]:
    """Split the graph at the places of all targets, and measure the way to each target."""
    edge, along, offset = (
        np.concatenate([np.empty(0, dtype=kind), *(getattr(goal.spots, name) for goal in aims)])
        for name, kind in (("edge", np.int64), ("along_m", float), ("offset_m", float))
    )
    parted = split(graph, Spots(edge, along, offset))
    matrix = _with_places(parted, offset)
    first = len(parted.graph.x)
    fields = []
    for goal in aims:
        known = np.flatnonzero(goal.spots.known) + first
        fields.append(_field(matrix, goal, known, first, nodes=len(parted.graph.x)))
        first += len(goal.points)
    return parted, fields


def _with_places(parted: Split, offset: Floats) -> csr_array:
    """Arcs of the graph, and one from each place (a node after the others) to its street."""
    arcs = parted.graph.arcs
    place = np.flatnonzero(parted.node >= 0)
    start = np.concatenate([arcs.start, place + arcs.nodes])
    end = np.concatenate([arcs.end, parted.node[place]])
    length = np.concatenate([arcs.length_m, np.maximum(offset[place], EPSILON_M)])
    size = arcs.nodes + len(parted.node)
    rows = np.concatenate([[0], np.cumsum(np.bincount(start, minlength=size))])
    return csr_array((length, end, rows), shape=(size, size))


def _field(matrix: csr_array, goal: Goal, sources: Integers, first: int, *, nodes: int) -> Field:
    if not len(sources):
        nothing = np.full(nodes, -1)
        return Field(goal, np.full(nodes, np.inf), nothing, nothing)
    distance, before, source = dijkstra(
        matrix, directed=True, indices=sources, min_only=True, return_predecessors=True
    )
    place = np.where(np.isfinite(distance), source - first, -1)
    return Field(goal, distance[:nodes], place[:nodes], before)


@dataclass(frozen=True)
class Way:
    """Way from each entry to one target: metres from the street, place, and the node it takes.

    ``place`` is -1 and ``distance_m`` NaN where there is none; ``node`` is -1 where the entry lies
    on the loop already.
    """

    distance_m: Floats
    place: Integers
    node: Integers


def ways(parted: Split, field: Field, entries: Spots, streets: Geometries) -> Way:
    """Shortest way from each entry of the former graph; ``streets`` are that graph's lines."""
    count = len(entries.edge)
    distance, place, node = np.full(count, np.nan), np.full(count, -1), np.full(count, -1)
    known = np.flatnonzero(entries.known)
    inside = Spots(entries.edge[known], entries.along_m[known], entries.offset_m[known])
    piece, along = parted.pieces(inside)
    u, v = parted.graph.u[piece], parted.graph.v[piece]
    by_u = field.distance_m[u] + along
    by_v = field.distance_m[v] + parted.graph.length_m[piece] - along
    node[known] = np.where(by_u <= by_v, u, v)
    distance[known] = np.minimum(by_u, by_v)
    place[known] = field.place[node[known]]
    if field.goal.line is not None and len(field.goal.points):
        entry = shapely.line_interpolate_point(streets[inside.edge], inside.along_m)
        on_loop = known[shapely.dwithin(field.goal.line, entry, ON_LOOP_M)]
        distance[on_loop], place[on_loop], node[on_loop] = 0.0, 0, -1
    distance[~np.isfinite(distance)] = np.nan
    return Way(distance, place, node)
