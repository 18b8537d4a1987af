"""Access point of each plot: its street and its frontage."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from foncier.geometry import in_threads, pairs_within
from foncier.schemas import ACCESS_POINTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.network.graph import (
        Floats,
        Geometries,
        Integers,
        Mode,
    )

MAX_DISTANCE_M = 60.0  # farther, a plot is landlocked or its access is not mapped
FRONT_DEPTH_M = 4.0  # a wall set back less than a car's length still faces the street
# A side at more than 45° to the street is a lateral side of the plot, not its front.
FACING = float(np.sqrt(0.5))
TIE_M = 1e-3  # shorter differences are rounding: such distances are equal
STRIPS = 4096  # strips along streets in memory at once, a kilobyte each
CLOSE_M = 15.0  # most plots have a street within this distance: one search serves them all


@dataclass(frozen=True)
class NearbyStreets:
    """Plots, streets, and their pairs within ``within_m`` metres, sorted by plot."""

    plots: Geometries
    ways: Geometries
    within_m: float
    plot: Integers
    way: Integers
    distance_m: Floats


def nearby_streets(
    plots: Geometries, ways: Geometries, *, within_m: float = CLOSE_M
) -> NearbyStreets:
    """Pair each plot with the streets around it."""
    plot, way = pairs_within(plots, shapely.STRtree(ways), within_m)
    return NearbyStreets(plots, ways, within_m, plot, way, shapely.distance(plots[plot], ways[way]))


def access_points(
    candidates: gpd.GeoDataFrame,
    streets: gpd.GeoDataFrame,
    *,
    max_distance_m: float = MAX_DISTANCE_M,
    front_depth_m: float = FRONT_DEPTH_M,
    mode: Mode = "walk",
) -> gpd.GeoDataFrame:
    """Find the street that each plot opens on, its frontage, and the middle of that frontage.

    The street is the nearest one at ground level that is open to the mode (a plot has no access to
    a bridge above it or a tunnel under it); of streets at the same distance, the one nearest to
    the plot's edge, then the smallest id. The frontage is the part of the edge that faces the
    street, up to ``front_depth_m`` farther than the nearest point. METHODS §6: measure from the
    access of the plot, not from its centroid.

    Parameters
    ----------
    candidates
        Table of the schema ``CANDIDATES``.
    streets
        Table of the schema ``STREETS``, in the same CRS.
    max_distance_m
        Largest distance between the plot and the centre line of the street, in metres.
    front_depth_m
        Depth of the strip in which the edge still counts as frontage, in metres.
    mode
        Column of the open streets: ``walk`` or ``bike``.

    Returns
    -------
    Table of the schema ``ACCESS_POINTS``, sorted by id. The point lies on the plot's edge;
    ``frontage_m`` is 0 where only a corner touches the strip. A plot farther than
    ``max_distance_m`` from any street has no row.
    """
    open_streets = ground_level_streets(streets, mode)
    sites = candidates.sort_values("opportunity_id", ignore_index=True)
    if sites.empty or open_streets.empty:
        return ACCESS_POINTS.empty(candidates.crs)
    nearby = nearby_streets(sites.geometry.to_numpy(), open_streets.geometry.to_numpy())
    plot, street = nearest_streets(
        nearby, np.ones(len(open_streets), dtype=bool), max_distance_m=max_distance_m
    )
    if not len(plot):
        return ACCESS_POINTS.empty(candidates.crs)
    found = access_of_pairs(sites, open_streets, plot, street, front_depth_m=front_depth_m)
    points: gpd.GeoDataFrame = ACCESS_POINTS.conform(found)
    return points


def ground_level_streets(streets: gpd.GeoDataFrame, *modes: Mode) -> gpd.GeoDataFrame:
    """Select the streets at ground level that are open to any of the modes, sorted by id."""
    open_ = np.any([is_open(streets, mode) for mode in modes], axis=0)
    selected = streets[open_ & (streets["level"] == 0).to_numpy()]
    return selected.sort_values("street_id", ignore_index=True)


def is_open(streets: gpd.GeoDataFrame, mode: Mode) -> NDArray[np.bool_]:
    """Whether each street is open to a mode; unknown counts as closed."""
    return np.asarray(streets[mode].fillna(False), dtype=bool)


def access_of_pairs(
    sites: gpd.GeoDataFrame,
    open_streets: gpd.GeoDataFrame,
    plot: Integers,
    street: Integers,
    *,
    front_depth_m: float = FRONT_DEPTH_M,
) -> gpd.GeoDataFrame:
    """Access point of each pair of a plot and a street (row numbers).

    Columns of the schema ``ACCESS_POINTS``; a plot may have several rows.
    """
    plots, ways = sites.geometry.to_numpy(), open_streets.geometry.to_numpy()
    point, frontage = _frontage(shapely.boundary(plots[plot]), ways[street], front_depth_m)
    found = {
        "opportunity_id": sites["opportunity_id"].array[plot],
        "street_id": open_streets["street_id"].array[street],
        "street_name": open_streets["name"].array[street],
        "frontage_m": frontage,
        "offset_m": shapely.distance(point, ways[street]),
    }
    return gpd.GeoDataFrame(found, geometry=point, crs=sites.crs)


def nearest_streets(
    nearby: NearbyStreets, open_: NDArray[np.bool_], *, max_distance_m: float
) -> tuple[Integers, Integers]:
    """Pairs of a plot and its street, one a plot, among the streets that are open.

    Streets are sorted by id. The pairs settle the plots whose nearest street is well within their
    radius; only the other plots need a second search.
    """
    open_pairs = np.flatnonzero(open_[nearby.way])
    plot, way, distance = (
        nearby.plot[open_pairs],
        nearby.way[open_pairs],
        nearby.distance_m[open_pairs],
    )
    least = np.full(len(nearby.plots), np.inf)
    np.minimum.at(least, plot, distance)
    settled = (least < max_distance_m) & (least <= nearby.within_m - TIE_M)
    tied_rows = settled[plot] & (distance <= least[plot] + TIE_M)
    far = _nearest_of_rest(nearby, np.flatnonzero(~settled), np.flatnonzero(open_), max_distance_m)
    plot, way = (
        np.concatenate(both) for both in zip((plot[tied_rows], way[tied_rows]), far, strict=True)
    )
    tied = np.flatnonzero(np.bincount(plot, minlength=len(nearby.plots))[plot] > 1)
    edge_distance = np.zeros(len(plot))
    edges = shapely.boundary(nearby.plots[plot[tied]])
    edge_distance[tied] = shapely.distance(edges, nearby.ways[way[tied]])
    selected = _minima(edge_distance, plot)
    plot, way = plot[selected], way[selected]
    first = np.lexsort((way, plot))
    _, row = np.unique(plot[first], return_index=True)
    return plot[first[row]], way[first[row]]


def _nearest_of_rest(
    nearby: NearbyStreets, rows: Integers, open_: Integers, max_distance_m: float
) -> tuple[Integers, Integers]:
    """Pairs of some plots and their nearest open streets, ties included."""
    tree, plots = shapely.STRtree(nearby.ways[open_]), nearby.plots[rows]
    (found, _), distance = tree.query_nearest(
        plots, max_distance=max_distance_m, return_distance=True, all_matches=False
    )
    row, way = tree.query(plots[found], predicate="dwithin", distance=distance + TIE_M)
    return rows[found[row]], open_[way]


def _minima(values: Floats, group: Integers) -> Integers:
    """Positions of the values within ``TIE_M`` of the minimum of their group."""
    if not len(values):
        return np.empty(0, dtype=np.int64)
    least = np.full(int(group.max()) + 1, np.inf)
    np.minimum.at(least, group, values)
    return np.flatnonzero(values <= least[group] + TIE_M)


def _frontage(
    edges: Geometries, ways: Geometries, front_depth_m: float
) -> tuple[Geometries, Floats]:
    """Midpoint of the longest front of each plot, and the total length of its fronts."""
    strip = in_threads(partial(_front_strip, front_depth_m=front_depth_m), edges, ways)
    owner, sides = _facing_sides(strip, ways)
    fronts, piece_of = shapely.get_parts(shapely.line_merge(sides), return_index=True)
    plot = owner[piece_of]
    length = shapely.length(fronts)
    frontage = np.bincount(plot, weights=length, minlength=len(edges))
    longest = _minima(-length, plot)
    middle = shapely.line_interpolate_point(fronts[longest], 0.5, normalized=True)
    # Fronts of equal length: the nearest to the street, then the first along the edge.
    near = _minima(shapely.distance(middle, ways[plot[longest]]), plot[longest])
    middle, plot = middle[near], plot[longest][near]
    order = np.lexsort((shapely.line_locate_point(edges[plot], middle), plot))
    fronted, row = np.unique(plot[order], return_index=True)
    points: Geometries = np.full(len(edges), None, dtype=object)
    points[fronted] = middle[order[row]]
    bare = np.flatnonzero(shapely.is_missing(points))
    points[bare] = shapely.get_point(shapely.shortest_line(edges[bare], ways[bare]), 0)
    return points, np.asarray(frontage)


def _front_strip(edges: Geometries, ways: Geometries, *, front_depth_m: float) -> Geometries:
    """Part of each edge at most ``front_depth_m`` farther from its street than the nearest one."""
    found: Geometries = np.empty(len(edges), dtype=object)
    for start in range(0, len(edges), STRIPS):
        edge, way = edges[start : start + STRIPS], ways[start : start + STRIPS]
        strips = shapely.buffer(way, shapely.distance(edge, way) + front_depth_m, quad_segs=16)
        found[start : start + STRIPS] = shapely.intersection(edge, strips)
    return found


def _facing_sides(pieces: Geometries, ways: Geometries) -> tuple[Integers, Geometries]:
    """Select the segments that face the street: plots with such segments, and the segments."""
    parts, owner = shapely.get_parts(pieces, return_index=True)
    xy, part = shapely.get_coordinates(parts, return_index=True)
    pair = np.flatnonzero(part[1:] == part[:-1])
    plot = owner[part[pair]]
    distance = shapely.distance(shapely.points(xy), ways[owner[part]])
    start, end = distance[pair], distance[pair + 1]
    length = np.hypot(*(xy[pair + 1] - xy[pair]).T)
    facing = (np.abs(end - start) <= FACING * length) & (length > 0)
    pair, plot = pair[facing], plot[facing]
    if not len(pair):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=object)
    sides = shapely.linestrings(np.stack([xy[pair], xy[pair + 1]], axis=1))
    owners, row = np.unique(plot, return_inverse=True)
    order = np.argsort(row, kind="stable")
    return owners, shapely.multilinestrings(sides[order], indices=row[order])
