"""Distance fields: effort from every node to the nearest point of each destination."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from foncier.network.graph import EPSILON_M
from foncier.network.splitting import (
    NetworkPoints,
    SplitGraph,
    check_same_crs,
    snap,
    split_edges,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd

    from foncier.network.graph import (
        Floats,
        Geometries,
        Graph,
        Integers,
    )

SNAP_M = 150.0  # a point farther from any street is off the network
LOOP_STEP_M = 20.0
LOOP_SNAP_M = 30.0
LOOP_TOLERANCE_M = 1.0  # an entry this near to the loop is on it


@dataclass(frozen=True)
class Destination:
    """One destination: its points, their names and their position on the network."""

    key: str
    points: Geometries
    names: Geometries
    snapped: NetworkPoints
    line: shapely.Geometry | None = None


@dataclass(frozen=True)
class DistanceField:
    """Easiest path from each node to one destination.

    ``effort_m`` is the equivalent length on the flat and ``distance_m`` the length of that path,
    infinite without a path; ``place`` is the row of the nearest point, -1 without a path;
    ``before`` is the next node on the path, negative at its end.
    """

    destination: Destination
    effort_m: Floats
    distance_m: Floats
    place: Integers
    before: Integers


def locate_destinations(
    graph: Graph,
    destinations: Mapping[str, gpd.GeoDataFrame],
    loop: shapely.Geometry | None,
    *,
    snap_m: float,
    loop_name: str,
) -> list[Destination]:
    """Locate the points of each destination and of the loop on the network; sorted by key."""
    found = []
    for key, table in destinations.items():
        check_same_crs(graph, table.crs, table=f"destinations ({key})")
        ordered = table.sort_values("place_id", kind="stable")
        points = ordered.geometry.to_numpy()
        names = ordered["name"].to_numpy(dtype=object)
        found.append(Destination(key, points, names, snap(graph, points, within_m=snap_m)))
    if loop is not None and not loop.is_empty:
        points = _loop_points(graph, loop)
        names = np.full(len(points), loop_name, dtype=object)
        snapped = snap(graph, points, within_m=LOOP_SNAP_M)
        found.append(Destination("loop", points, names, snapped, loop))
    return sorted(found, key=lambda destination: destination.key)


def _loop_points(graph: Graph, loop: shapely.Geometry) -> Geometries:
    """Points that represent a loop: one every 20 m, its vertices, and those nearest to a node.

    On a loop along the streets every access is a node or an end, so distances are exact; on a line
    drawn by hand they are within half a step.
    """
    lines = shapely.get_parts(loop)
    parts = shapely.get_parts(shapely.segmentize(lines, LOOP_STEP_M))
    shapely.prepare(loop)
    nodes = shapely.points(graph.x, graph.y)
    near = nodes[shapely.dwithin(loop, nodes, LOOP_SNAP_M)]
    beside = shapely.get_point(shapely.shortest_line(loop, near), 0)
    return np.concatenate([shapely.points(shapely.get_coordinates(parts)), beside])


def distance_fields(
    graph: Graph, located: Sequence[Destination]
) -> tuple[SplitGraph, list[DistanceField]]:
    """Split the graph at the points of all destinations and compute the field of each."""
    edge, along, offset = (
        np.concatenate(
            [
                np.empty(0, dtype=kind),
                *(getattr(destination.snapped, name) for destination in located),
            ]
        )
        for name, kind in (("edge", np.int64), ("along_m", float), ("offset_m", float))
    )
    split = split_edges(graph, NetworkPoints(edge, along, offset))
    matrix = _reversed_arcs(split, offset)
    first = len(split.graph.x)
    fields = []
    for destination in located:
        known = np.flatnonzero(destination.snapped.known) + first
        fields.append(
            _distance_field(matrix, destination, known, first=first, split=split, offset=offset)
        )
        first += len(destination.points)
    return split, fields


def _reversed_arcs(split: SplitGraph, offset: Floats) -> csr_array:
    """Reversed arcs of the graph, and one from each point (a node after the others).

    Reversed because the search runs from the points back to the nodes.
    """
    arcs = split.graph.arcs
    place = np.flatnonzero(split.node >= 0)
    start = np.concatenate([arcs.end, place + arcs.nodes])
    end = np.concatenate([arcs.start, split.node[place]])
    effort = np.concatenate([arcs.effort_m, np.maximum(offset[place], EPSILON_M)])
    size = arcs.nodes + len(split.node)
    return csr_array((effort, (start, end)), shape=(size, size))


def _distance_field(
    matrix: csr_array,
    destination: Destination,
    sources: Integers,
    *,
    first: int,
    split: SplitGraph,
    offset: Floats,
) -> DistanceField:
    nodes = len(split.graph.x)
    if not len(sources):
        none, nothing = np.full(nodes, np.inf), np.full(nodes, -1)
        return DistanceField(destination, none, none, nothing, nothing)
    effort, before, source = dijkstra(
        matrix, directed=True, indices=sources, min_only=True, return_predecessors=True
    )
    place = np.where(np.isfinite(effort), source - first, -1)
    length = effort if split.graph.flat else _path_lengths(split.graph, before, offset)
    return DistanceField(destination, effort[:nodes], length[:nodes], place[:nodes], before)


def _path_lengths(graph: Graph, before: Integers, offset: Floats) -> Floats:
    """Length of the path from each node along its Dijkstra tree, infinite without a path."""
    nodes = len(graph.x)
    length = np.full(len(before), np.inf)
    length[nodes:] = 0.0
    stepped = np.flatnonzero(before[:nodes] >= 0)
    after = before[stepped]
    street = after < nodes
    step = np.where(street, np.inf, offset[np.maximum(after - nodes, 0)])
    between = graph.arcs.between(stepped[street], after[street])
    step[street] = graph.length_m[between]
    length[stepped] = step
    # Pointer doubling: each pass doubles the summed part of the path.
    ahead = np.arange(len(before))
    ahead[stepped] = after
    while (further := ahead[ahead] != ahead).any():
        length[further] += length[ahead[further]]
        ahead[further] = ahead[ahead[further]]
    return length


@dataclass(frozen=True)
class Paths:
    """Paths from each entry to one destination: metres from the street, point and first node.

    Without a path ``place`` is -1, ``effort_m`` and ``distance_m`` NaN; ``node`` is -1 where the
    entry is on the loop; ``to_u`` is True where the path starts towards node ``u`` of the edge.
    """

    effort_m: Floats
    distance_m: Floats
    place: Integers
    node: Integers
    to_u: np.ndarray[tuple[int], np.dtype[np.bool_]]


def paths_from(
    split: SplitGraph, field: DistanceField, entries: NetworkPoints, streets: Geometries
) -> Paths:
    """Easiest path from each entry of the graph before the split; ``streets`` are its lines."""
    count = len(entries.edge)
    effort, distance = np.full(count, np.nan), np.full(count, np.nan)
    place, node = np.full(count, -1), np.full(count, -1)
    to_u = np.zeros(count, dtype=bool)
    known = np.flatnonzero(entries.known)
    inside = NetworkPoints(entries.edge[known], entries.along_m[known], entries.offset_m[known])
    piece, along = split.pieces(inside)
    graph = split.graph
    u, v, rest = graph.u[piece], graph.v[piece], graph.length_m[piece] - along
    by_u = field.effort_m[u] + partial_effort(graph.backward_m[piece], along, graph.length_m[piece])
    by_v = field.effort_m[v] + partial_effort(graph.forward_m[piece], rest, graph.length_m[piece])
    to_u[known] = by_u <= by_v
    node[known] = np.where(to_u[known], u, v)
    effort[known] = np.minimum(by_u, by_v)
    distance[known] = field.distance_m[node[known]] + np.where(to_u[known], along, rest)
    place[known] = np.where(np.isfinite(effort[known]), field.place[node[known]], -1)
    if field.destination.line is not None and len(field.destination.points):
        entry = shapely.line_interpolate_point(streets[inside.edge], inside.along_m)
        on_loop = known[shapely.dwithin(field.destination.line, entry, LOOP_TOLERANCE_M)]
        effort[on_loop] = distance[on_loop] = 0.0
        place[on_loop], node[on_loop] = 0, -1
    effort[place < 0] = distance[place < 0] = np.nan
    return Paths(effort, distance, place, node, to_u)


def partial_effort(effort_m: Floats, along_m: Floats, length_m: Floats) -> Floats:
    """Effort of a part of an edge, in proportion to length; 0 m of a closed edge costs 0.

    Examples
    --------
    >>> import numpy as np
    >>> effort, along = np.array([12.0, np.inf, np.inf]), np.array([5.0, 5.0, 0.0])
    >>> partial_effort(effort, along, np.full(3, 10.0))
    array([ 6., inf,  0.])
    """
    moved = along_m > 0
    found = np.zeros(len(effort_m))
    found[moved] = along_m[moved] * (effort_m[moved] / length_m[moved])
    return found


def easiest_rows(site: Integers, effort_m: Floats) -> Integers:
    """Row of least effort of each site, in the order of the sites.

    ``site`` numbers the site of each row from 0, each site at least once. Ties go to the first row;
    a missing effort counts as infinite.

    Examples
    --------
    >>> import numpy as np
    >>> easiest_rows(np.array([0, 1, 1, 0]), np.array([np.nan, 4.0, 3.0, 9.0]))
    array([3, 2])
    """
    order = np.lexsort((np.arange(len(site)), np.nan_to_num(effort_m, nan=np.inf), site))
    _, first = np.unique(site[order], return_index=True)
    return np.asarray(order[first])
