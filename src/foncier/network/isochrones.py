"""What is reached on foot from a site: an area to draw, and the residents within."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier.network.service_area import MINUTES, residents_within, service_area
from foncier.network.splitting import line_substring
from foncier.network.travel_times import WALK_KMH
from foncier.schemas import ISOCHRONES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from foncier.network.graph import Floats, Geometries, Graph

BUFFER_M = 50.0  # plots beside a street that is reached are reached with it
MIN_HOLE_M2 = 10_000.0  # a smaller hole is the heart of a block whose every street is reached
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
    """Draw what is reached from each site in some minutes along the streets.

    The streets reached, the last of each cut where the time is up, with ``buffer_m`` to each side;
    holes under ``min_hole_m2`` filled, then simplified to ``simplify_m``. The strip beside the streets
    is a drawing, not a measure: it may reach over a bank that no bridge crosses. Starts at the
    doors of the site, inside an edge; the way from the door to the street counts.

    Parameters
    ----------
    entrances
        Columns of the contract ``ACCESS_POINTS`` for the sites to draw; a site may have several.
    graph
        The streets, in the same CRS.
    population
        Table of the contract ``POPULATION``, or None.
    minutes
        Times to draw; the area of a longer time holds that of a shorter one.
    speed_kmh
        Speed on the flat, in km/h.

    Returns
    -------
    Table of the contract ``ISOCHRONES``, sorted by id and minutes; no row for a site whose street
    the graph lacks. ``residents`` as `residents_reached` counts them.

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
    for catchments in origins.fields(metres[-1]):
        for site, effort in zip(catchments.sites, catchments.to(every), strict=True):
            inner, inner_m = shapely.Polygon(), 0.0
            for time, within in zip(times, metres, strict=True):
                lines = _streets_within(origins.split.graph, effort, within, inner_m=inner_m)
                buffered = _buffer(lines, inner, buffer_m=buffer_m, min_hole_m2=min_hole_m2)
                # Simplified alone, a larger one may cut a corner of the smaller one.
                inner, inner_m = (
                    shapely.union(shapely.simplify(buffered, simplify_m), inner),
                    within,
                )
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
    """Streets reached with an effort from the nodes, the last ones cut where it is spent.

    Those that the smaller effort ``inner_m`` reaches from end to end are left out.
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
    """Metres of each edge that an effort left over is good for."""
    open_ = np.isfinite(effort_m) & (left_m > 0)
    metres = np.zeros(len(left_m))
    metres[open_] = left_m[open_] * (length_m[open_] / effort_m[open_])
    return np.minimum(metres, length_m)


def _buffer(
    lines: Geometries, inner: shapely.Geometry, *, buffer_m: float, min_hole_m2: float
) -> shapely.Geometry:
    """Strip beside the lines, joined to what is reached already, small holes filled."""
    if not len(lines):
        return inner
    merged = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(lines)))
    # Line by line, then one union: three times as fast as the buffer of them all.
    strips = shapely.buffer(merged, buffer_m, quad_segs=4)
    buffered = shapely.get_parts(shapely.union_all([*strips, inner]))
    return shapely.union_all([_fill_holes(piece, min_hole_m2) for piece in buffered])


def _fill_holes(polygon: shapely.Polygon, min_hole_m2: float) -> shapely.Polygon:
    holes = shapely.get_rings(polygon)[1:]
    large = shapely.area(shapely.polygons(holes)) >= min_hole_m2
    return shapely.Polygon(polygon.exterior, list(holes[large]))
