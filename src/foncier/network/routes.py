"""The ways themselves, as lines to draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from foncier.network.arcs import way
from foncier.network.cutting import cut
from foncier.network.fields import SNAP_M, Field, Way, best, goals, solve, ways
from foncier.network.splitting import Split, Spots, check_crs, enter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from foncier.network.cutting import Floats, Geometries, Integers
    from foncier.network.graph import Graph


def routes(
    access_points: gpd.GeoDataFrame,
    graph: Graph,
    targets: Mapping[str, gpd.GeoDataFrame],
    loop: shapely.Geometry | None = None,
    *,
    snap_m: float = SNAP_M,
) -> gpd.GeoDataFrame:
    """Draw the way from each access point to the nearest place of each target.

    The same ways as `access_table` measures, from the plot's edge to the place.

    Parameters
    ----------
    access_points
        Columns of the contract ``ACCESS_POINTS``; of several doors of a plot the best is taken.
    graph, targets, loop, snap_m
        As for `access_table`; for the way to the loop alone, pass no target.

    Returns
    -------
    Columns ``opportunity_id``, ``target`` and a line, sorted; no row where there is no way.

    Raises
    ------
    CrsError
        A layer is not in the CRS of the streets.
    """
    check_crs(graph, access_points.crs, what="access_points")
    doors = access_points.sort_values("opportunity_id", kind="stable", ignore_index=True)
    points = doors.geometry.to_numpy()
    entries = enter(graph, points, doors["street_id"].to_numpy(dtype=object))
    parted, fields = solve(graph, goals(graph, targets, loop, snap_m=snap_m, loop_name=""))
    _, site = np.unique(doors["opportunity_id"].to_numpy(dtype=object), return_inverse=True)
    rows: list[tuple[str, str]] = []
    lines: list[shapely.LineString] = []
    for field in fields:
        taken = ways(parted, field, entries, graph.lines)
        door = best(site, taken.effort_m + entries.offset_m)
        drawn = _drawn(
            points, entries, graph.lines, parted=parted, field=field, door=door, taken=taken
        )
        rows += [(doors["opportunity_id"].iat[i], field.goal.key) for i in drawn]
        lines += drawn.values()
    ids, keys = zip(*rows, strict=True) if rows else ((), ())
    found = gpd.GeoDataFrame(
        {"opportunity_id": np.array(ids, dtype=object), "target": np.array(keys, dtype=object)},
        geometry=gpd.GeoSeries(lines, crs=access_points.crs),
        crs=access_points.crs,
    )
    return found.sort_values(["opportunity_id", "target"], ignore_index=True)


def trace(graph: Graph, nodes: Sequence[int]) -> Floats:
    """Vertices of the streets along a path of nodes, shape (k, 2)."""
    stops = np.asarray(nodes, dtype=np.int64)
    edge = graph.arcs.between(stops[:-1], stops[1:])
    lines = graph.lines[edge]
    back = graph.u[edge] != stops[:-1]
    lines[back] = shapely.reverse(lines[back])
    at_first = [[graph.x[stops[0]], graph.y[stops[0]]]]
    return np.concatenate([at_first, shapely.get_coordinates(lines)])


def joined(parts: Sequence[Floats]) -> Floats:
    """Vertices one after the other, without those that repeat the one before."""
    xy = np.concatenate(parts)
    fresh = np.ones(len(xy), dtype=bool)
    fresh[1:] = (xy[1:] != xy[:-1]).any(axis=1)
    return xy[fresh]


def _drawn(
    points: Geometries,
    entries: Spots,
    streets: Geometries,
    *,
    parted: Split,
    field: Field,
    door: Integers,
    taken: Way,
) -> dict[int, shapely.LineString]:
    """Line of each way to one target from the best doors, by position of the access point."""
    door = door[taken.place[door] >= 0]
    walked = door[taken.node[door] >= 0]
    stubs = dict(zip(walked, _stubs(parted, entries, walked, taken.to_u[walked]), strict=True))
    lines = {}
    for i in door:
        parts = [shapely.get_coordinates(points[i])]
        if i in stubs:
            path = way(field.before, int(taken.node[i]))
            parts += [shapely.get_coordinates(stubs[i]), trace(parted.graph, path[:-1])]
            parts.append(shapely.get_coordinates(field.goal.points[taken.place[i]]))
        else:
            edge, along = entries.edge[i], entries.along_m[i]
            spot = shapely.line_interpolate_point(streets[edge], along)
            parts.append(shapely.get_coordinates(spot))
        xy = joined(parts)
        if len(xy) > 1:
            lines[int(i)] = shapely.LineString(xy)
    return lines


def _stubs(parted: Split, entries: Spots, rows: Integers, to_u: Any) -> Geometries:
    """Part of the street from each entry to the node that its way takes."""
    piece, along = parted.pieces(
        Spots(entries.edge[rows], entries.along_m[rows], entries.offset_m[rows])
    )
    length = parted.graph.length_m[piece]
    start, stop = np.where(to_u, 0.0, along), np.where(to_u, along, length)
    stubs = cut(parted.graph.lines[piece], start, stop)
    stubs[to_u] = shapely.reverse(stubs[to_u])
    return stubs
