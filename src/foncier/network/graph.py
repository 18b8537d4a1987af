"""The street network as arrays: nodes where streets meet, edges between them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    import geopandas as gpd
    import pyproj

Geometries = NDArray[np.object_]
Floats = NDArray[np.float64]
Integers = NDArray[np.signedinteger[Any]]
Mode = Literal["walk", "bike"]
VERTEX_TOLERANCE_M = 1e-3  # two vertices nearer than a millimetre on both axes are the same vertex
# A sparse matrix has no stored 0: a micrometre stands for an arc without effort.
EPSILON_M = 1e-6


@dataclass(frozen=True)
class Arcs:
    """Easiest arc from node to node, sorted by start then end, and the edge it comes from.

    ``effort_m`` is the equivalent length on the flat, in metres.
    """

    start: Integers
    end: Integers
    effort_m: Floats
    edge: Integers
    nodes: int

    def matrix(self) -> csr_array:
        """Sparse matrix of the efforts, for `scipy.sparse.csgraph`."""
        rows = np.concatenate([[0], np.cumsum(np.bincount(self.start, minlength=self.nodes))])
        return csr_array((self.effort_m, self.end, rows), shape=(self.nodes, self.nodes))

    def between(self, start: Integers, end: Integers) -> Integers:
        """Edge of the easiest arc between each pair of connected nodes."""
        # scipy numbers nodes with 32 bits; the key of an arc of a large town needs more.
        key = np.asarray(start, dtype=np.int64) * self.nodes + end
        return self.edge[np.searchsorted(self._key, key)]

    @cached_property
    def _key(self) -> Integers:
        """One number an arc, in growing order."""
        key: Integers = self.start.astype(np.int64) * self.nodes + self.end
        return key


def easiest_arcs(
    u: Integers, v: Integers, forward_m: Floats, backward_m: Floats, *, nodes: int
) -> Arcs:
    """Make the arcs of each edge in both directions and select the easiest of parallel arcs.

    scipy adds the weights of repeated entries, so parallel arcs are reduced first. Edges that
    return to their start shorten no path and are left out; so are arcs of infinite effort.
    """
    edge = np.tile(np.flatnonzero(u != v), 2)
    there = np.arange(len(edge)) < len(edge) // 2
    start, end = np.where(there, u[edge], v[edge]), np.where(there, v[edge], u[edge])
    effort = np.maximum(np.where(there, forward_m[edge], backward_m[edge]), EPSILON_M)
    order = np.lexsort((edge, effort, end, start))
    order = order[np.isfinite(effort[order])]
    start, end = start[order], end[order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (start[1:] != start[:-1]) | (end[1:] != end[:-1])
    return Arcs(start[first], end[first], effort[order][first], edge[order][first], nodes)


def expand_ranges(first: Integers, stop: Integers) -> tuple[Integers, Integers]:
    """All integers of the ranges [first, stop), and the range each comes from.

    Examples
    --------
    >>> import numpy as np
    >>> expand_ranges(np.array([3, 8]), np.array([5, 9]))
    (array([0, 0, 1]), array([3, 4, 8]))
    """
    count = stop - first
    owner = np.repeat(np.arange(len(first)), count)
    offset = np.cumsum(count) - count
    return owner, np.arange(len(owner)) - offset[owner] + first[owner]


@dataclass(frozen=True)
class Graph:
    """A street network of one mode. One-way streets hold for cyclists, not for walkers.

    Parameters
    ----------
    x, y
        Coordinates of the nodes in metres, shape (n,).
    component
        Connected part of each node, shape (n,); 0 is the one with the greatest length of street.
    u, v
        Nodes at both ends of each edge, shape (m,). Parallel edges and edges that come back to
        their start are kept: a plot may open on them.
    length_m
        Length of each edge in metres, shape (m,), never 0.
    lines
        Geometry of each edge, from ``u`` to ``v``, shape (m,).
    street, street_id
        Row of the street in the table that was read, and its id; edges are sorted by id.
    start_m, end_m
        Where the edge starts and ends along its street, in metres.
    forward_m, backward_m
        Effort of the edge from ``u`` to ``v`` and back, shape (m,): the equivalent length on the
        flat, in metres; infinite where that direction is closed to the mode.
    crs
        Metric CRS of the streets.
    """

    x: Floats
    y: Floats
    component: Integers
    u: Integers
    v: Integers
    length_m: Floats
    lines: Geometries
    street: Integers
    street_id: Geometries
    start_m: Floats
    end_m: Floats
    forward_m: Floats
    backward_m: Floats
    crs: pyproj.CRS | None = None

    @cached_property
    def arcs(self) -> Arcs:
        """Easiest arc between connected nodes, in both directions."""
        return easiest_arcs(self.u, self.v, self.forward_m, self.backward_m, nodes=len(self.x))

    @cached_property
    def edges_of(self) -> tuple[pd.Index[str], Integers]:
        """Ids of the streets, in order, and where the edges of each begin, and end."""
        fresh = np.flatnonzero(self.street_id[1:] != self.street_id[:-1]) + 1
        starts = np.concatenate([[0] * bool(len(self.lines)), fresh]).astype(np.int64)
        ids = pd.Index(self.street_id[starts], dtype=object)
        return ids, np.append(starts, len(self.lines))

    @cached_property
    def flat(self) -> bool:
        """Whether effort equals length on all open arcs: no slope is known."""
        return all(
            bool(((effort == self.length_m) | np.isinf(effort)).all())
            for effort in (self.forward_m, self.backward_m)
        )

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Spatial index of the edges."""
        return shapely.STRtree(self.lines)

    @property
    def components(self) -> int:
        """Number of connected parts."""
        return int(self.component.max() + 1) if len(self.component) else 0

    @property
    def islands(self) -> tuple[int, float]:
        """Number of parts not connected to the largest, and their length in metres."""
        apart = self.component[self.u] > 0
        return max(self.components - 1, 0), float(self.length_m[apart].sum())

    @property
    def main_share(self) -> float:
        """Share of the length of street in the largest connected part; NaN without a street."""
        total = self.length_m.sum()
        main = self.length_m[self.component[self.u] == 0].sum()
        return float(main / total) if total else float("nan")


def build_graph(streets: gpd.GeoDataFrame, *, mode: Mode = "walk") -> Graph:
    """Build the graph of the streets open to a mode, connected where they share a vertex.

    The end of a line connects to every line with that vertex, whatever their levels: a bridge
    connects to the streets at its ends. Two lines that share an inner vertex connect only at the
    same level, and lines that cross without a shared vertex do not connect (OpenStreetMap,
    *Key:layer*).

    Parameters
    ----------
    streets
        Table of the schema ``STREETS``, in a metric CRS.
    mode
        Column of the open streets: ``walk`` or ``bike``. Cyclists follow the direction of
        ``bike_way``, both where it is unknown; walkers use both directions.

    Returns
    -------
    The graph; only `Graph.street` depends on the order of the rows.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> lines = shapely.from_wkt(["LINESTRING (0 0, 50 0, 90 0)", "LINESTRING (50 0, 50 30)"])
    >>> streets = gpd.GeoDataFrame(
    ...     {"street_id": ["a", "b"], "level": 0, "walk": True}, geometry=lines, crs=2154)
    >>> build_graph(streets).length_m
    array([50., 40., 30.])
    """
    rows = np.flatnonzero(streets[mode].fillna(False).to_numpy(dtype=bool))
    ids = streets["street_id"].to_numpy(dtype=object)
    rows = rows[np.argsort(ids[rows], kind="stable")]
    xy, part, street, label = _vertices(streets.geometry.to_numpy()[rows])
    level = streets["level"].to_numpy(dtype=np.int64)[rows]
    group, is_node = _group_vertices(label, part, level[street])
    stops = np.flatnonzero(is_node)
    consecutive = part[stops[1:]] == part[stops[:-1]]
    first, last = stops[:-1][consecutive], stops[1:][consecutive]
    _, sample, node = np.unique(group[is_node], return_index=True, return_inverse=True)
    place = np.full(len(xy), -1)
    place[is_node] = node
    along = _measure_along(xy, part, street)
    lines = _edge_lines(xy, first, last)
    length = shapely.length(lines)
    u, v = place[first], place[last]
    way = _directions(streets, mode)[rows]
    return Graph(
        x=xy[stops[sample], 0],
        y=xy[stops[sample], 1],
        component=_components(u, v, length, len(sample)),
        u=u,
        v=v,
        length_m=length,
        lines=lines,
        street=rows[street[first]],
        street_id=ids[rows[street[first]]],
        start_m=along[first],
        end_m=along[last],
        forward_m=_effort(length, way[street[first]], "backward"),
        backward_m=_effort(length, way[street[first]], "forward"),
        crs=streets.crs,
    )


def _directions(streets: gpd.GeoDataFrame, mode: Mode) -> Geometries:
    """Open direction of each street: ``forward``, ``backward`` or ``both``."""
    if mode == "walk" or "bike_way" not in streets:
        return np.full(len(streets), "both", dtype=object)
    return np.asarray(streets["bike_way"].fillna("both"), dtype=object)


def _effort(length: Floats, way: Geometries, shut: str) -> Floats:
    return np.where(way == shut, np.inf, length)


def _labels(xy: Floats) -> Integers:
    """Number the distinct vertices, by position."""
    x, y = np.round(xy / VERTEX_TOLERANCE_M).astype(np.int64).T
    order = np.lexsort((y, x))
    fresh = np.zeros(len(order), dtype=np.int64)
    fresh[1:] = (np.diff(x[order]) != 0) | (np.diff(y[order]) != 0)
    label = np.empty(len(order), dtype=np.int64)
    label[order] = np.cumsum(fresh)
    return label


def _vertices(lines: Geometries) -> tuple[Floats, Integers, Integers, Integers]:
    """Vertices of all lines with part, street and number; without repeats and single points."""
    parts, owner = shapely.get_parts(lines, return_index=True)
    xy, part = shapely.get_coordinates(parts, return_index=True)
    label = _labels(xy)
    fresh = np.ones(len(xy), dtype=bool)
    fresh[1:] = (label[1:] != label[:-1]) | (part[1:] != part[:-1])
    xy, part, label = xy[fresh], part[fresh], label[fresh]
    whole = np.bincount(part, minlength=len(parts))[part] > 1
    xy, part = xy[whole], part[whole]
    return xy, part, owner[part], label[whole]


def _group_vertices(
    label: Integers, part: Integers, level: Integers
) -> tuple[Integers, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """Group the vertices that coincide in the network, and flag those that are nodes."""
    end = np.ones(len(label), dtype=bool)
    end[1:-1] = (part[1:-1] != part[:-2]) | (part[1:-1] != part[2:])
    open_end = np.zeros(label.max(initial=-1) + 1, dtype=bool)
    open_end[label[end]] = True
    floors, floor = np.unique(level, return_inverse=True)
    # An end connects all levels: they share one group.
    floor = np.where(open_end[label], 0, floor + 1)
    _, group, count = np.unique(
        label * (len(floors) + 1) + floor, return_inverse=True, return_counts=True
    )
    return group, open_end[label] | (count[group] > 1)


def _measure_along(xy: Floats, part: Integers, street: Integers) -> Floats:
    """Measure of each vertex along its street, in metres; the parts of a street add up."""
    step = np.zeros(len(xy))
    step[1:] = np.where(part[1:] == part[:-1], np.hypot(*np.diff(xy, axis=0).T), 0.0)
    total = np.cumsum(step)
    _, start, owner = np.unique(street, return_index=True, return_inverse=True)
    return total - total[start][owner]


def _edge_lines(xy: Floats, first: Integers, last: Integers) -> Geometries:
    if not len(first):
        return np.empty(0, dtype=object)
    owner, vertex = expand_ranges(first, last + 1)
    lines: Geometries = shapely.linestrings(xy[vertex], indices=owner)
    return lines


def _components(u: Integers, v: Integers, length: Floats, nodes: int) -> Integers:
    """Connected part of each node, numbered from the longest."""
    if not nodes:
        return np.empty(0, dtype=np.int64)
    links = csr_array((np.ones(len(u)), (u, v)), shape=(nodes, nodes))
    count, label = connected_components(links, directed=False)
    weight = np.bincount(label[u], weights=length, minlength=count)
    rank = np.empty(count, dtype=np.int64)
    rank[np.argsort(-weight, kind="stable")] = np.arange(count)
    return np.asarray(rank[label])
