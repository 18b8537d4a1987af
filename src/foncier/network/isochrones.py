"""Isochrones: the area within some minutes of a site along the streets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier.geometry import line_substring
from foncier.network.service_area import MINUTES, residents_within, service_area
from foncier.network.travel_times import WALK_KMH
from foncier.schemas import ISOCHRONES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from foncier.network.graph import Floats, Geometries, Graph

BUFFER_M = 50.0  # plots along a street count with it
MIN_HOLE_M2 = 10_000.0  # smaller holes are inner parts of a block whose streets are all within
SIMPLIFY_M = 5.0


def isochrones(
    entrances: gpd.GeoDataFrame,
    graph: Graph,
    population: gpd.GeoDataFrame | None = None,
    *,
    minutes: Sequence[int] = MINUTES,
    speed_kmh: float = WALK_KMH,
    buffer_m: float = BUFFER_M,
    min_hole_m2: float = MIN_HOLE_M2,
    simplify_m: float = SIMPLIFY_M,
) -> gpd.GeoDataFrame:
    """Compute the area within some minutes of each site along the streets.

    Buffer of ``buffer_m`` around the streets within that time, the last ones cut where the time
    ends; holes under ``min_hole_m2`` are filled and the outline is simplified to ``simplify_m``.
    The buffer is for display: it may cross a river without a bridge. Paths start at the entrances
    of the site, inside an edge, and include the distance from the entrance to the street.

    Parameters
    ----------
    entrances
        Columns of the schema ``ACCESS_POINTS``; a site may have several rows.
    graph
        The streets, in the same CRS.
    population
        Table of the schema ``POPULATION``, or None.
    minutes
        Travel times; the area of a longer time contains that of a shorter one.
    speed_kmh
        Speed on the flat, in km/h.

    Returns
    -------
    Table of the schema ``ISOCHRONES``, sorted by id and minutes; no row for a site whose street
    is not in the graph. ``residents`` as `residents_within` counts them.

    Raises
    ------
    CrsError
        A layer is not in the CRS of the streets.
    """
    origins, times = service_area(entrances, graph), sorted(minutes)
    if not len(origins.ids) or not times:
        return ISOCHRONES.empty(entrances.crs)
    metres = np.array(times) * speed_kmh * 1000 / 60
    rows: list[tuple[Any, int]] = []
    areas: list[shapely.Geometry] = []
    every = np.arange(len(origins.split.graph.x))
    for catchments in origins.catchments(metres[-1]):
        for site, effort in zip(catchments.sites, catchments.to(every), strict=True):
            inner, inner_m = shapely.Polygon(), 0.0
            for time, within in zip(times, metres, strict=True):
                lines = _streets_within(origins.split.graph, effort, within, inner_m=inner_m)
                buffered = _buffer(lines, inner, buffer_m=buffer_m, min_hole_m2=min_hole_m2)
                # Simplification may remove a corner that the smaller area covers.
                inner = shapely.union(shapely.simplify(buffered, simplify_m), inner)
                inner_m = within
                if not inner.is_empty:
                    rows.append((origins.ids[site], time))
                    areas.append(inner)
    table = pd.DataFrame(rows, columns=["opportunity_id", "minutes"])
    counted = residents_within(
        entrances, graph, population, minutes=times, speed_kmh=speed_kmh, origins=origins
    )
    known = counted.melt("opportunity_id", var_name="column", value_name="residents")
    known["minutes"] = known["column"].str.extract(r"_(\d+)min", expand=False).astype("int64")
    table = table.merge(known, how="left", on=["opportunity_id", "minutes"])
    table["area_m2"] = shapely.area(np.array(areas, dtype=object))
    found = gpd.GeoDataFrame(table, geometry=areas, crs=entrances.crs)
    return ISOCHRONES.conform(found.sort_values(["opportunity_id", "minutes"]))


def _streets_within(graph: Graph, effort: Floats, within_m: float, *, inner_m: float) -> Geometries:
    """Streets within ``within_m`` of the nodes, the last ones cut at that effort.

    Streets that lie entirely within the smaller effort ``inner_m`` are left out.
    """
    left_u, left_v = within_m - effort[graph.u], within_m - effort[graph.v]
    near = np.flatnonzero((left_u > 0) | (left_v > 0))
    length, less = graph.length_m[near], within_m - inner_m
    forward, backward = graph.forward_m[near], graph.backward_m[near]
    from_u = _metres_covered(left_u[near], forward, length)
    from_v = _metres_covered(left_v[near], backward, length)
    done_u = _metres_covered(left_u[near] - less, forward, length)
    done_v = _metres_covered(left_v[near] - less, backward, length)
    fresh = done_u + done_v < length
    near, length, from_u, from_v = near[fresh], length[fresh], from_u[fresh], from_v[fresh]
    whole = from_u + from_v >= length
    ahead, back = ~whole & (from_u > 0), ~whole & (from_v > 0)
    return np.concatenate(
        [
            graph.lines[near[whole]],
            line_substring(graph.lines[near[ahead]], np.zeros(int(ahead.sum())), from_u[ahead]),
            line_substring(graph.lines[near[back]], (length - from_v)[back], length[back]),
        ]
    )


def _metres_covered(left_m: Floats, effort_m: Floats, length_m: Floats) -> Floats:
    """Metres of each edge that the remaining effort covers."""
    open_ = np.isfinite(effort_m) & (left_m > 0)
    metres = np.zeros(len(left_m))
    metres[open_] = left_m[open_] * (length_m[open_] / effort_m[open_])
    return np.minimum(metres, length_m)


def _buffer(
    lines: Geometries, inner: shapely.Geometry, *, buffer_m: float, min_hole_m2: float
) -> shapely.Geometry:
    """Buffer the lines, add the inner area, fill small holes."""
    if not len(lines):
        return inner
    merged = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(lines)))
    # Buffer line by line, then one union: three times faster than one buffer of all.
    strips = shapely.buffer(merged, buffer_m, quad_segs=4)
    buffered = shapely.get_parts(shapely.union_all([*strips, inner]))
    return shapely.union_all([_fill_holes(piece, min_hole_m2) for piece in buffered])


def _fill_holes(polygon: shapely.Polygon, min_hole_m2: float) -> shapely.Polygon:
    holes = shapely.get_rings(polygon)[1:]
    large = shapely.area(shapely.polygons(holes)) >= min_hole_m2
    return shapely.Polygon(polygon.exterior, list(holes[large]))
