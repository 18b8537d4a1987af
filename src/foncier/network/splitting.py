"""Snap points to the network and split its edges there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from foncier.errors import CrsError
from foncier.geometry import line_substring
from foncier.network.graph import expand_ranges

if TYPE_CHECKING:
    from foncier.network.graph import (
        Floats,
        Geometries,
        Graph,
        Integers,
    )

NODE_TOLERANCE_M = 1e-4  # split points nearer than this are one node


@dataclass(frozen=True)
class NetworkPoints:
    """Points on the network: edge (-1: none), metres along it, metres from it."""

    edge: Integers
    along_m: Floats
    offset_m: Floats

    @property
    def known(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Whether each point is on the network."""
        return np.asarray(self.edge >= 0)


@dataclass(frozen=True)
class SplitGraph:
    """A graph split at some points, with the relation of its edges to the former ones."""

    graph: Graph
    node: Integers  # node of each point, -1 off the network
    first: Integers  # first piece of each former edge
    start_m: Floats  # where each piece starts along its former edge
    cuts: Floats  # position of each split point on the former edges laid end to end
    base: Floats  # start of each former edge in that sequence

    def pieces(self, points: NetworkPoints) -> tuple[Integers, Floats]:
        """Piece that contains each point of the former graph, and metres along the piece."""
        start = np.searchsorted(self.cuts, self.base[points.edge], side="left")
        stop = np.searchsorted(self.cuts, self.base[points.edge] + points.along_m, side="left")
        piece = self.first[points.edge] + stop - start
        along = np.clip(points.along_m - self.start_m[piece], 0.0, self.graph.length_m[piece])
        return piece, along


def check_same_crs(graph: Graph, crs: object, *, table: str) -> None:
    """Refuse a layer that is not in the CRS of the streets.

    Raises
    ------
    CrsError
        Both are known and differ.
    """
    if graph.crs is not None and crs is not None and graph.crs != crs:
        raise CrsError(
            "network.streets.other_crs", table=table, crs=crs, streets_crs=graph.crs.to_string()
        )


def snap(graph: Graph, points: Geometries, *, within_m: float) -> NetworkPoints:
    """Snap each point to its nearest edge within ``within_m`` metres.

    Of edges at the same distance, the first is used (edges are sorted by street id).
    """
    if not len(graph.lines) or not len(points):
        return off_network(len(points))
    point, edge = graph.tree.query_nearest(points, max_distance=within_m)
    return _nearest_edges(graph, points, point, edge)


def component_of(graph: Graph, points: Geometries, *, within_m: float) -> Integers:
    """Return the connected part of the nearest street of each point, 0 the largest; −1 off it."""
    spots = snap(graph, points, within_m=within_m)
    part = np.full(len(points), -1)
    part[spots.known] = graph.component[graph.u[spots.edge[spots.known]]]
    return part


def snap_to_street(graph: Graph, points: Geometries, street_id: Geometries) -> NetworkPoints:
    """Snap each point to its street; off the network when the graph lacks that street.

    ``street_id`` is aligned with ``points``.
    """
    if not len(graph.lines) or not len(points):
        return off_network(len(points))
    ids, starts = graph.edges_of
    street = ids.get_indexer(pd.Index(street_id, dtype=object))
    known = np.flatnonzero(street >= 0)
    row, edge = expand_ranges(starts[street[known]], starts[street[known] + 1])
    point = known[row]
    return _nearest_edges(graph, points, point, edge)


def off_network(count: int) -> NetworkPoints:
    """Points off the network."""
    return NetworkPoints(np.full(count, -1), np.full(count, np.nan), np.full(count, np.nan))


def _nearest_edges(
    graph: Graph, points: Geometries, point: Integers, edge: Integers
) -> NetworkPoints:
    """Select the nearest edge of each point among pairs of points and edges."""
    nearest = off_network(len(points))
    offset = shapely.distance(points[point], graph.lines[edge])
    order = np.lexsort((edge, offset, point))
    snapped, row = np.unique(point[order], return_index=True)
    best = order[row]
    nearest.edge[snapped], nearest.offset_m[snapped] = edge[best], offset[best]
    along = shapely.line_locate_point(graph.lines[edge[best]], points[snapped])
    nearest.along_m[snapped] = np.clip(along, 0.0, graph.length_m[edge[best]])
    return nearest


def split_edges(graph: Graph, points: NetworkPoints) -> SplitGraph:
    """Split the edges at the points, so that each point becomes a node.

    Points within a tenth of a millimetre of a node, or of each other, share a node. Length and
    effort are distributed evenly along an edge: splitting changes no distance and no time.
    """
    edge, along, node = _cuts(graph, points)
    many = np.bincount(edge, minlength=len(graph.u)) + 1
    first = np.cumsum(many) - many
    parent = np.repeat(np.arange(len(graph.u)), many)
    start, tail = np.zeros(len(parent)), graph.u[parent]
    inner = np.ones(len(parent), dtype=bool)
    inner[first] = False
    start[inner], tail[inner] = along, np.arange(len(edge)) + len(graph.x)
    stop, head = graph.length_m[parent], graph.v[parent]
    stop[:-1][inner[1:]], head[:-1][inner[1:]] = start[inner], tail[inner]
    lines = graph.lines[parent]
    is_cut = many[parent] > 1
    lines[is_cut] = line_substring(graph.lines[parent[is_cut]], start[is_cut], stop[is_cut])
    new = shapely.get_coordinates(shapely.line_interpolate_point(graph.lines[edge], along))
    base = np.cumsum(graph.length_m + 1) - graph.length_m
    divided = replace(
        graph,
        x=np.concatenate([graph.x, new[:, 0]]),
        y=np.concatenate([graph.y, new[:, 1]]),
        component=np.concatenate([graph.component, graph.component[graph.u[edge]]]),
        u=tail,
        v=head,
        length_m=stop - start,
        lines=lines,
        street=graph.street[parent],
        street_id=graph.street_id[parent],
        start_m=graph.start_m[parent] + start,
        end_m=graph.start_m[parent] + stop,
        forward_m=(stop - start) * (graph.forward_m / graph.length_m)[parent],
        backward_m=(stop - start) * (graph.backward_m / graph.length_m)[parent],
    )
    return SplitGraph(divided, node, first, start, base[edge] + along, base)


def _cuts(graph: Graph, points: NetworkPoints) -> tuple[Integers, Floats, Integers]:
    """Edge and measure of each distinct split point, sorted, and the node of each point."""
    node = np.full(len(points.edge), -1)
    known = np.flatnonzero(points.known)
    edge, along = points.edge[known], points.along_m[known]
    at_start = along <= NODE_TOLERANCE_M
    at_end = along >= graph.length_m[edge] - NODE_TOLERANCE_M
    node[known] = np.where(at_start, graph.u[edge], graph.v[edge])
    inside = known[~(at_start | at_end)]
    order = inside[np.lexsort((points.along_m[inside], points.edge[inside]))]
    edge, along = points.edge[order], points.along_m[order]
    fresh = np.ones(len(order), dtype=bool)
    fresh[1:] = (np.diff(edge) != 0) | (np.diff(along) > NODE_TOLERANCE_M)
    node[order] = len(graph.x) + np.cumsum(fresh) - 1
    return edge[fresh], along[fresh], node
