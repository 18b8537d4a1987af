"""Shortest paths as lines for the map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from foncier.geometry import line_substring
from foncier.network.graph import expand_ranges
from foncier.network.shortest_paths import (
    SNAP_M,
    DistanceField,
    Paths,
    distance_fields,
    easiest_rows,
    locate_destinations,
    paths_from,
)
from foncier.network.splitting import (
    NetworkPoints,
    SplitGraph,
    check_same_crs,
    snap_to_street,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from foncier.network.graph import (
        Floats,
        Geometries,
        Graph,
        Integers,
    )

AT_ONCE = 4096  # paths built together: their vertices are in memory at once


def routes(
    access_points: gpd.GeoDataFrame,
    graph: Graph,
    destinations: Mapping[str, gpd.GeoDataFrame],
    loop: shapely.Geometry | None = None,
    *,
    snap_m: float = SNAP_M,
) -> gpd.GeoDataFrame:
    """Build the line of the path from each access point to the nearest point of each destination.

    The same paths as `travel_time_table` measures, from the edge of the plot to the destination.

    Parameters
    ----------
    access_points
        Columns of the schema ``ACCESS_POINTS``; of several entrances of a plot the best is used.
    graph, destinations, loop, snap_m
        As for `travel_time_table`; for the path to the loop alone, pass no destination.

    Returns
    -------
    Columns ``opportunity_id``, ``target`` and a line, sorted; no row without a path.

    Raises
    ------
    CrsError
        A layer is not in the CRS of the streets.
    """
    check_same_crs(graph, access_points.crs, table="access_points")
    entrances = access_points.sort_values("opportunity_id", kind="stable", ignore_index=True)
    points = entrances.geometry.to_numpy()
    entries = snap_to_street(graph, points, entrances["street_id"].to_numpy(dtype=object))
    split, fields = distance_fields(
        graph, locate_destinations(graph, destinations, loop, snap_m=snap_m, loop_name="")
    )
    _, site = np.unique(entrances["opportunity_id"].to_numpy(dtype=object), return_inverse=True)
    rows: list[Integers] = []
    keys: list[str] = []
    lines: list[Geometries] = []
    for field in fields:
        paths = paths_from(split, field, entries, graph.lines)
        entrance = easiest_rows(site, paths.effort_m + entries.offset_m)
        route_lines = RouteLines(points, entries, graph.lines, split, field, paths)
        entrance = entrance[paths.place[entrance] >= 0]
        stubs = route_lines.stubs(entrance)
        for first in range(0, len(entrance), AT_ONCE):
            some = slice(first, first + AT_ONCE)
            with_line, shapes_of = route_lines.lines(entrance[some], stubs[some])
            rows.append(with_line)
            keys += [field.destination.key] * len(with_line)
            lines.append(shapes_of)
    row = np.concatenate([np.empty(0, dtype=np.int64), *rows])
    ids = entrances["opportunity_id"].to_numpy(dtype=object)[row]
    shapes = np.concatenate([np.empty(0, dtype=object), *lines])
    found = gpd.GeoDataFrame(
        {"opportunity_id": ids, "target": np.array(keys, dtype=object)},
        geometry=gpd.GeoSeries(shapes, crs=access_points.crs),
        crs=access_points.crs,
    )
    return found.sort_values(["opportunity_id", "target"], ignore_index=True)


def concat_vertices(parts: Sequence[Floats]) -> Floats:
    """Concatenate vertices and drop those that repeat the previous one."""
    xy = np.concatenate(parts)
    fresh = np.ones(len(xy), dtype=bool)
    fresh[1:] = (xy[1:] != xy[:-1]).any(axis=1)
    return xy[fresh]


@dataclass(frozen=True)
class RouteLines:
    """Builder of the lines of the paths to one destination, many at a time."""

    points: Geometries
    entries: NetworkPoints
    streets: Geometries
    split: SplitGraph
    field: DistanceField
    paths: Paths

    def stubs(self, entrance: Integers) -> Geometries:
        """Part of the street from each entrance to the first node of its path; None on the loop."""
        found: Geometries = np.full(len(entrance), None, dtype=object)
        walks = self.paths.node[entrance] >= 0
        walked = entrance[walks]
        found[walks] = _first_pieces(self.split, self.entries, walked, self.paths.to_u[walked])
        return found

    def lines(self, entrance: Integers, stubs: Geometries) -> tuple[Integers, Geometries]:
        """Line of the path from each entrance: row numbers of the entrances with a path, and lines.

        From the entrance to its street, to the first node, along the streets, to the destination.
        """
        walks = self.paths.node[entrance] >= 0
        row, walked, on_loop_row = np.flatnonzero(walks), entrance[walks], np.flatnonzero(~walks)
        on_loop = shapely.line_interpolate_point(
            self.streets[self.entries.edge[entrance[on_loop_row]]],
            self.entries.along_m[entrance[on_loop_row]],
        )
        over, streets = self._streets(self.paths.node[walked])
        stub, first_xy = _vertices(stubs)
        arrivals = self.field.destination.points[self.paths.place[walked]]
        owner = np.concatenate([np.arange(len(entrance)), on_loop_row, stub, row[over], row])
        xy = np.concatenate(
            [
                shapely.get_coordinates(self.points[entrance]),
                shapely.get_coordinates(on_loop),
                first_xy,
                streets,
                shapely.get_coordinates(arrivals),
            ]
        )
        order = np.argsort(owner, kind="stable")
        owner, xy = owner[order], xy[order]
        fresh = np.ones(len(xy), dtype=bool)
        fresh[1:] = (xy[1:] != xy[:-1]).any(axis=1) | (owner[1:] != owner[:-1])
        owner, xy = owner[fresh], xy[fresh]
        long = np.bincount(owner, minlength=len(entrance))[owner] > 1
        drawn_rows, number = np.unique(owner[long], return_inverse=True)
        with_line: Geometries = np.empty(0, dtype=object)
        if len(drawn_rows):
            with_line = shapely.linestrings(xy[long], indices=number)
        return entrance[drawn_rows], with_line

    def _streets(self, node: Integers) -> tuple[Integers, Floats]:
        """Vertices of the paths from some nodes to their destinations, and the path of each vertex.

        Each path starts with its node; all advance one edge at a time.
        """
        graph, row = self.split.graph, np.arange(len(node))
        ways, edges, backward = [row[:0]], [row[:0]], [np.zeros(0, dtype=bool)]
        current = node
        while len(current):
            after = self.field.before[current]
            further = self.field.before[after] >= 0  # the last one is the destination
            row, current, after = row[further], current[further], after[further]
            edge = graph.arcs.between(current, after)
            ways.append(row)
            edges.append(edge)
            backward.append(graph.u[edge] != current)
            current = after
        owner = np.concatenate(ways)
        order = np.argsort(owner, kind="stable")
        step, xy = _directed_vertices(
            graph.lines, np.concatenate(edges)[order], np.concatenate(backward)[order]
        )
        first_xy = np.column_stack([graph.x[node], graph.y[node]])
        owner = np.concatenate([np.arange(len(node)), owner[order][step]])
        return owner, np.concatenate([first_xy, xy])


def _vertices(lines: Geometries) -> tuple[Integers, Floats]:
    """Vertices of all lines, and the line of each."""
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    return owner, xy


def _directed_vertices(
    lines: Geometries, edges: Integers, backward: NDArray[np.bool_]
) -> tuple[Integers, Floats]:
    """Vertices of the lines of some edges, reversed for some, and the row of each vertex.

    The vertices of an edge that many paths follow are extracted once.
    """
    once, line = np.unique(edges, return_inverse=True)
    owner, xy = _vertices(lines[once])
    stops = np.cumsum(np.bincount(owner, minlength=len(once)))
    starts = np.concatenate([[0], stops[:-1]])[line] if len(once) else stops
    turn, vertex = expand_ranges(starts, stops[line])
    mirrored = (starts + stops[line] - 1)[turn] - vertex
    return turn, xy[np.where(backward[turn], mirrored, vertex)]


def _first_pieces(
    split: SplitGraph, entries: NetworkPoints, rows: Integers, to_u: Any
) -> Geometries:
    """Part of the street from each entry to the first node of its path."""
    piece, along = split.pieces(
        NetworkPoints(entries.edge[rows], entries.along_m[rows], entries.offset_m[rows])
    )
    length = split.graph.length_m[piece]
    start, stop = np.where(to_u, 0.0, along), np.where(to_u, along, length)
    stubs = line_substring(split.graph.lines[piece], start, stop)
    stubs[to_u] = shapely.reverse(stubs[to_u])
    return stubs
