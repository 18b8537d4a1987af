"""Entrances of each plot: one on every street that it faces."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from foncier.network.access import (
    MAX_DISTANCE_M,
    access_of_pairs,
    ground_level_streets,
    is_open,
    nearby_streets,
    nearest_streets,
)
from foncier.schemas import ACCESS_POINTS
from foncier.schemas.results import KNOWN_OUTLINES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from foncier.network.access import NearbyStreets
    from foncier.network.graph import (
        Floats,
        Geometries,
        Integers,
        Mode,
    )

FACING_DISTANCE_M = 15.0  # half a wide street; farther, the plot does not face it
MIN_FRONTAGE_M = 3.0  # width of a car access
MAX_NEIGHBOUR_LAND_M = 2.0  # less is the offset between the layers of streets and parcels


def entrances(
    candidates: gpd.GeoDataFrame,
    streets: gpd.GeoDataFrame,
    parcels: gpd.GeoDataFrame | None = None,
    *,
    max_distance_m: float = MAX_DISTANCE_M,
    facing_distance_m: float = FACING_DISTANCE_M,
    min_frontage_m: float = MIN_FRONTAGE_M,
    max_neighbour_m: float = MAX_NEIGHBOUR_LAND_M,
    mode: Mode = "walk",
) -> gpd.GeoDataFrame:
    """Find the entrances of each plot: on the nearest street and on every other street it faces.

    A plot faces a street within ``facing_distance_m`` along ``min_frontage_m`` of frontage or
    more. A plot whose outline is estimated (a disc) has only its nearest street. With the parcels,
    an entrance that crosses ``max_neighbour_m`` or more of another parcel is dropped, unless the
    plot has no other.

    Parameters
    ----------
    candidates, streets, max_distance_m
        As for `access_points`.
    parcels
        Table of the schema ``PARCELS``, or None when unknown.
    mode
        Column of the open streets: ``walk`` or ``bike``.

    Returns
    -------
    Columns of the schema ``ACCESS_POINTS`` and ``over_m``, the metres of other parcels crossed
    before the street (missing without parcels). Several rows a plot, the main entrance first:
    that of `access_points`, or the nearest usable one where that is blocked. Sorted by id.
    """
    entrances_of_mode = entrances_by_mode(
        candidates,
        streets,
        parcels,
        modes=[mode],
        max_distance_m=max_distance_m,
        facing_distance_m=facing_distance_m,
        min_frontage_m=min_frontage_m,
        max_neighbour_m=max_neighbour_m,
    )
    return entrances_of_mode[mode]


def entrances_by_mode(
    candidates: gpd.GeoDataFrame,
    streets: gpd.GeoDataFrame,
    parcels: gpd.GeoDataFrame | None = None,
    *,
    modes: Sequence[Mode] = ("walk", "bike"),
    max_distance_m: float = MAX_DISTANCE_M,
    facing_distance_m: float = FACING_DISTANCE_M,
    min_frontage_m: float = MIN_FRONTAGE_M,
    max_neighbour_m: float = MAX_NEIGHBOUR_LAND_M,
) -> dict[Mode, gpd.GeoDataFrame]:
    """Find the entrances of each plot for several modes, each as `entrances` does.

    Most streets are open to all modes: the frontage on each street is computed once.
    """
    sites = candidates.sort_values("opportunity_id", ignore_index=True)
    open_streets = ground_level_streets(streets, *modes)
    if sites.empty or open_streets.empty:
        return dict.fromkeys(modes, _no_entrances(candidates))
    nearby = nearby_streets(
        sites.geometry.to_numpy(), open_streets.geometry.to_numpy(), within_m=facing_distance_m
    )
    has_outline = sites["perimeter"].isin(KNOWN_OUTLINES).to_numpy()
    by_mode = {
        m: _pairs(nearby, is_open(open_streets, m), has_outline, max_distance_m=max_distance_m)
        for m in modes
    }
    main = {mode: first for mode, (first, _) in by_mode.items()}
    every = np.unique(np.concatenate([pairs for _, pairs in by_mode.values()]))
    table = access_of_pairs(sites, open_streets, *np.divmod(every, len(open_streets)))
    wide = (table["frontage_m"] >= min_frontage_m).to_numpy()
    selected = wide | np.isin(every, np.concatenate(list(main.values())))
    every, wide, table = every[selected], wide[selected], table[selected].assign(over_m=np.nan)
    plot, street = np.divmod(every, len(open_streets))
    if parcels is not None:
        points, plot_shapes = table.geometry.to_numpy(), nearby.plots[plot]
        table["over_m"] = neighbour_land_m(points, nearby.ways[street], plot_shapes, parcels)
    entrances_of_mode = {}
    for mode, (_, pairs) in by_mode.items():
        first = np.isin(every, main[mode])
        rows = np.flatnonzero(first | (wide & np.isin(every, pairs)))
        entrances_of_mode[mode] = _usable_entrances(
            table.iloc[rows], plot[rows], first[rows], max_neighbour_m=max_neighbour_m
        )
    return entrances_of_mode


def _pairs(
    nearby: NearbyStreets,
    open_: NDArray[np.bool_],
    has_outline: NDArray[np.bool_],
    *,
    max_distance_m: float,
) -> tuple[Integers, Integers]:
    """Pairs of each plot with its nearest street, and with every open street that it may face.

    A pair is one integer; pairs sort by plot, then by street.
    """
    many = len(nearby.ways)
    plot, street = nearest_streets(nearby, open_, max_distance_m=max_distance_m)
    main = plot * many + street
    faces = has_outline[nearby.plot] & open_[nearby.way]
    return main, np.union1d(main, nearby.plot[faces] * many + nearby.way[faces])


def _no_entrances(candidates: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Empty table of entrances."""
    return ACCESS_POINTS.empty(candidates.crs).assign(over_m=pd.Series(dtype="float64"))


def _usable_entrances(
    table: gpd.GeoDataFrame, plot: Integers, main: NDArray[np.bool_], *, max_neighbour_m: float
) -> gpd.GeoDataFrame:
    """Entrances of each plot that are not blocked, the main one first; without any, the main one.

    Rows are sorted by plot, then by street.
    """
    blocked = (table["over_m"] >= max_neighbour_m).to_numpy()
    has_free = np.bincount(plot[~blocked], minlength=plot.max(initial=0) + 1) > 0
    selected = np.flatnonzero(~blocked | (~has_free[plot] & main))
    order = np.lexsort((table["offset_m"].to_numpy()[selected], ~main[selected], plot[selected]))
    return table.iloc[selected[order]][[*ACCESS_POINTS.names, "over_m"]].reset_index(drop=True)


def main_entrances(entrances: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Select the main entrance of each plot, as a table of the schema ``ACCESS_POINTS``."""
    points: gpd.GeoDataFrame = ACCESS_POINTS.conform(entrances.drop_duplicates("opportunity_id"))
    return points


EDGE_TOLERANCE_M = 1e-3  # the edge of a plot may be the edge of a parcel too


def neighbour_land_m(
    points: Geometries, ways: Geometries, plot_shapes: Geometries, parcels: gpd.GeoDataFrame
) -> Floats:
    """Length of the line from each access point to its street over the parcels of others.

    Public ways lie outside the parcels of the cadastre; where one is drawn as a parcel, the length
    is overestimated: use it as a warning only.

    Parameters
    ----------
    points, ways, plot_shapes
        Access points, street and plot of each, shape (n,).
    parcels
        Table of the schema ``PARCELS``, in the same metric CRS.

    Returns
    -------
    Metres, shape (n,); 0 where no parcel lies between.

    Examples
    --------
    >>> import geopandas as gpd
    >>> plot, front = shapely.box(0, 20, 20, 40), shapely.box(0, 0, 20, 20)
    >>> street = shapely.LineString([(0, -5), (20, -5)])
    >>> land = gpd.GeoDataFrame(geometry=[plot, front])
    >>> at = np.array([shapely.Point(10, 20)])
    >>> neighbour_land_m(at, np.array([street]), np.array([plot]), land).tolist()
    [20.0]
    """
    # Few lines cross a parcel beyond the plot: only these are cut by the plot.
    lines, plots = shapely.shortest_line(points, ways), parcels.geometry.to_numpy()
    # `sindex` is cached on the table: a million parcels are indexed once for all modes.
    beyond = _without_edge(lines)
    line, plot = parcels.sindex.query(beyond)
    met = np.unique(line[shapely.intersects(beyond[line], plots[plot])])
    between = shapely.difference(lines[met], plot_shapes[met])
    line, plot = parcels.sindex.query(between, predicate="intersects")
    crossed = shapely.length(shapely.intersection(between[line], plots[plot]))
    total = np.zeros(len(lines))
    total[met] = np.bincount(line, weights=crossed, minlength=len(met))
    return total


def _without_edge(lines: Geometries) -> Geometries:
    """Remove the first millimetre of each line, at the edge of the plot."""
    ends = shapely.get_coordinates(lines).reshape(-1, 2, 2)
    step = ends[:, 1] - ends[:, 0]
    length = np.maximum(np.hypot(*step.T), EDGE_TOLERANCE_M)
    ends[:, 0] += step * (EDGE_TOLERANCE_M / length)[:, None]
    beyond: Geometries = shapely.linestrings(ends)
    return beyond
