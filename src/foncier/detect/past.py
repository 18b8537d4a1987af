"""The ground as it was: buildings put up since a year taken away, plots cut since joined."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from foncier.detect.measures import find_measure
from foncier.geometry import unions_by

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.detect.context import SpatialContext
    from foncier.geometry import Floats

    Flags = NDArray[np.bool_]

# What counts as built (QGIS Foncier): not the annexes under 25 m², nor light constructions; 2 % of
# a plot is a drawing error (docs/adr/0008).
BUILT, BUILT_SHARE = {"least_m2": 25.0, "no_light": True, "wall_m": 1.0}, 0.02
ZONES = {"zones": ("U",)}
SAME_BUILDING = 0.5  # share of a footprint inside the outline that dates it
CONTACT_M = 3.0  # a driveway; parcels with less contact are not one piece of land
STREET_OPENING_M, STREET_SHARE = 4.0, 0.5  # a parcel that an opening leaves less than half of


@dataclass(frozen=True)
class Past:
    """The ground before a year. Masks have one value a parcel.

    ``context`` has no building put up since. ``bare``: without a building then, in the wanted zone
    where zones are known. ``since``: of these, built now. ``built``: built then, in the zone.
    ``added``: of these, with a building put up since. ``dated`` and ``undated``: built now, with or
    without a year. ``mixed``: with buildings of both times that the file does not tell apart; they
    count as built then.
    """

    context: SpatialContext
    bare: Flags
    since: Flags
    built: Flags
    added: Flags
    dated: Flags
    undated: Flags
    mixed: Flags


def past_ground(context: SpatialContext, years: gpd.GeoDataFrame, since: int) -> Past:
    """Take away the buildings put up in a year or later.

    Parameters
    ----------
    context
        Needs parcels and buildings.
    years
        ``parcel_ids``, ``first``, ``last`` and outlines
        (`foncier.readers.read_construction_years`). A row with an outline dates the buildings that
        lie by half in it, another one all buildings of its parcels.
    since
        First year of the buildings that are taken away.

    Returns
    -------
    `Past`. A building without a year follows the dated ones of its parcel: it goes when all of them
    are that young, and stays otherwise.
    """
    plots, footprints = context.plots, context.footprints
    plot_of = _plot_of(context)
    year, newest = _dates(context, years, plot_of)
    oldest = _by_plot(year, plot_of, len(plots), np.fmin)
    latest = _by_plot(newest, plot_of, len(plots), np.fmax)
    all_new = oldest >= since
    of_new = np.zeros(len(footprints), dtype=bool)
    known = plot_of >= 0
    of_new[known] = all_new[plot_of[known]]
    gone = of_new | (year >= since)
    before = _without(context, gone)
    rows = np.arange(len(plots))
    was_built, is_built = (
        find_measure("built_share").take(ground, rows, BUILT)[0] >= BUILT_SHARE
        for ground in (before, context)
    )
    zone = find_measure("in_zone").take(before, rows, ZONES)[0]
    wanted = ~(zone < 1)  # unknown where the study has no zones: all of its land
    lost = np.bincount(plot_of[gone & known], minlength=len(plots)) > 0
    return Past(
        context=before,
        bare=~was_built & wanted,
        since=~was_built & is_built & wanted,
        built=was_built & wanted,
        added=was_built & lost & wanted,
        dated=is_built & ~np.isnan(oldest),
        undated=is_built & np.isnan(oldest),
        mixed=is_built & (oldest < since) & (latest >= since) & ~lost,
    )


def _plot_of(context: SpatialContext) -> NDArray[np.intp]:
    """Position of the parcel that each building stands on; -1 on none."""
    points = shapely.point_on_surface(context.footprints)
    building, plot = context.plots_tree.query(points, predicate="within")
    of = np.full(len(points), -1, dtype=np.intp)
    of[building[::-1]] = plot[::-1]  # of overlapping parcels, the first
    return of


def _dates(
    context: SpatialContext, years: gpd.GeoDataFrame, plot_of: NDArray[np.intp]
) -> tuple[Floats, Floats]:
    """Year of each building, and the newest that its parcel has; NaN where unknown.

    Of several rows, the oldest year counts for the building.
    """
    shapes, first, last = (
        np.asarray(years.geometry.array, dtype=object),
        years["first"].to_numpy(dtype=np.float64),
        years["last"].to_numpy(dtype=np.float64),
    )
    outlined = shapely.get_dimensions(shapes) == 2
    row, building = context.footprints_tree.query(shapes[outlined], predicate="intersects")
    row = np.flatnonzero(outlined)[row]
    inside = shapely.area(shapely.intersection(shapes[row], context.footprints[building]))
    same = inside >= SAME_BUILDING * context.footprints_m2[building]
    listed = years.loc[~outlined, "parcel_ids"].str.split("|").explode().dropna()
    index = pd.Index(parcel_ids(context))
    plot, source = index.get_indexer(listed), listed.index.to_numpy()
    plots = len(context.plots)
    by_plot = [np.full(plots, np.nan) for _ in range(2)]
    for values, out, pick in ((first, by_plot[0], np.fmin), (last, by_plot[1], np.fmax)):
        pick.at(out, plot[plot >= 0], values[source[plot >= 0]])
    known = plot_of >= 0
    result = []
    for values, of_plot, pick in ((first, by_plot[0], np.fmin), (last, by_plot[1], np.fmax)):
        out = np.full(len(context.footprints), np.nan)
        out[known] = of_plot[plot_of[known]]
        pick.at(out, building[same], values[row[same]])
        result.append(out)
    return result[0], result[1]


def _by_plot(values: Floats, plot_of: NDArray[np.intp], plots: int, pick: np.ufunc) -> Floats:
    out = np.full(plots, np.nan)
    pick.at(out, plot_of[plot_of >= 0], values[plot_of >= 0])
    return out


def _without(context: SpatialContext, gone: Flags) -> SpatialContext:
    buildings = None if context.buildings is None else context.buildings.loc[~gone]
    return replace(context, buildings=buildings)


def parcel_ids(context: SpatialContext) -> NDArray[np.object_]:
    """Ids of all parcels; none without a layer of parcels."""
    ids = [] if context.parcels is None else context.parcels["parcel_id"]
    return np.array(ids, dtype=object)


def as_one_piece(past: Past) -> tuple[SpatialContext, NDArray[np.intp]]:
    """Join the bare parcels that touch: today's were often cut by the building itself.

    Parcels that touch along 3 m or more are one piece, transitively. Streets in the cadastre (an
    opening of 8 m leaves less than half of them) join nothing.

    Returns
    -------
    The ground with one parcel a piece, named after the first of its parcels; and for each parcel of
    today the position of its piece.
    """
    plots = past.context.plots
    narrow = shapely.buffer(shapely.buffer(plots, -STREET_OPENING_M), STREET_OPENING_M)
    wide = shapely.area(narrow) >= STREET_SHARE * shapely.area(plots)
    rows = np.flatnonzero(past.bare & wide)
    first, second = shapely.STRtree(plots[rows]).query(plots[rows], predicate="intersects")
    pairs = first < second
    first, second = first[pairs], second[pairs]
    edge = shapely.intersection(plots[rows[first]], plots[rows[second]])
    joined = shapely.length(edge) >= CONTACT_M
    links = coo_matrix(
        (np.ones(joined.sum()), (first[joined], second[joined])), shape=(len(rows), len(rows))
    )
    piece = np.arange(len(plots))
    label = connected_components(links, directed=False)[1]
    _, start = np.unique(label, return_index=True)
    piece[rows] = rows[start[label]]
    heads, position = np.unique(piece, return_inverse=True)
    many = np.flatnonzero(np.bincount(position) > 1)
    members = np.flatnonzero(np.isin(position, many))
    unions = unions_by(position[members], plots[members])[1]
    merged = plots[heads]
    merged[many] = unions
    parcels = past.context.parcels
    if parcels is None:
        return past.context, position
    rest = pd.DataFrame(parcels.drop(columns="geometry")).iloc[heads].reset_index(drop=True)
    table = gpd.GeoDataFrame(
        rest.assign(area_m2=shapely.area(merged)), geometry=merged, crs=parcels.crs
    )
    return replace(past.context, parcels=table), position
