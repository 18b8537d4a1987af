"""Measures of parcels taken together, as if their common limits were gone."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier import schemas
from foncier.detect.context import SpatialContext
from foncier.detect.measures import MEASURES
from foncier.detect.rule_engine import MeasureCache
from foncier.geometry import (
    in_threads,
    pairs_within,
    polygons_only,
    queried,
    unions_by,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.geometry import Floats, Geometries
    from foncier.model import Rule

ALONG = (
    "frontage_m",
    "surrounded_share",
    "built_sides",
)  # look at the neighbours, no farther than their reach
AROUND = "unbuilt_group_m2"  # the land around is as bare as before
OPENED = "opened_area_m2"
GRID_M = 2.0**-20  # exact in binary
GAP_M = 0.3  # half of what two drawings of one limit may lie apart


class GroupMeasures(MeasureCache):
    """Measures of groups of parts; a row is the position of a group.

    Measures of the outline and of the ground under it are taken on the union. Those along the edge
    are taken on a map of its own for each group, where its parts are one plot and the rest of
    their parcels a neighbour. The bare land around a group is the largest around its parcels. What
    an opening leaves counts by its largest piece: two plots that meet by a corner are not one.

    Parameters
    ----------
    before
        Measures of the parcels as they are.
    unions
        Outline of each group.
    parcel, group
        Positions of the parcels of each group, as pairs.
    reach_m
        How far the measures along the edge look.
    """

    def __init__(
        self, before: MeasureCache, unions: Geometries, parcel: Any, group: Any, *, reach_m: float
    ) -> None:
        first = parcel[np.unique(group, return_index=True)[1]]
        frame = _plots(unions, before.context.parcels, first)
        super().__init__(before.context.with_parcels(frame), len(unions))
        self.before = before
        self.parcel, self.group = parcel, group
        self.reach_m = reach_m
        self._laid: tuple[NDArray[np.intp], SpatialContext | None] = (
            np.array([], dtype=np.intp),
            None,
        )

    def take(self, rule: Rule, rows: NDArray[np.intp]) -> tuple[Floats, Any]:
        """Take a rule's measure of these groups anew."""
        if rule.measure == AROUND:
            return self._around(rule, rows), None
        if rule.measure == OPENED:
            return _largest_opened(self.context.plots[rows], float(rule.params["radius_m"])), None
        if rule.measure in ALONG:
            context, places = self._side_by_side(rows)
            return MEASURES[rule.measure].take(context, places, rule.params)
        return super().take(rule, rows)

    def _around(self, rule: Rule, rows: NDArray[np.intp]) -> Floats:
        """Area of the bare land that each group is part of, itself included."""
        here = np.isin(self.group, rows)
        parcels, back = np.unique(self.parcel[here], return_inverse=True)
        value = self.before.measure(rule, parcels)[0][back]
        most = np.asarray(shapely.area(self.context.plots), dtype=np.float64)
        np.fmax.at(most, self.group[here], value)
        return most[rows]

    def _side_by_side(self, rows: NDArray[np.intp]) -> tuple[SpatialContext, NDArray[np.intp]]:
        """Neighbourhoods laid out for groups that these are some of, and where these stand."""
        laid, context = self._laid
        if context is None or not np.isin(rows, laid).all():
            laid, context = rows, self._apart(rows)
            self._laid = laid, context
        order = np.argsort(laid)
        return context, np.asarray(order[np.searchsorted(laid[order], rows)], dtype=np.intp)

    def _apart(self, rows: NDArray[np.intp]) -> SpatialContext:
        """Lay the neighbourhoods of some groups out side by side, each with its group as one plot.

        The groups come first, in the order of the rows.
        """
        old, unions = self.before.context, self.context.plots[rows]
        one, plot = pairs_within(unions, old.plots_tree, self.reach_m + 1)
        own = self._members(rows, one, plot)
        # Copies: a plot beside several groups is prepared, and would be asked in two threads.
        around = shapely.force_2d(old.plots[plot])
        around[own] = in_threads(shapely.difference, around[own], unions[one[own]])
        left = shapely.area(around) > 1.0
        one, around = one[left], around[left]
        near, house = queried(old.footprints_tree, around, "intersects")
        standing = np.unique(np.array([one[near], house]), axis=1)
        ways, of_way, way = self._ways(unions)
        spacing = _width(np.concatenate([unions, around])) + _width(ways) + 4 * self.reach_m
        shift = -np.floor(shapely.bounds(unions)[:, :2])
        shift[:, 0] += np.arange(len(rows)) * np.ceil(spacing)
        crs = None if old.parcels is None else old.parcels.crs
        plots = np.concatenate([_moved(unions, shift), _moved(around, shift[one])])
        houses = _moved(old.footprints[standing[1]], shift[standing[0]])
        return SpatialContext(
            parcels=self._communes(rows, plot[left]).set_geometry(plots, crs=crs),
            buildings=None
            if old.buildings is None
            else gpd.GeoDataFrame(
                {"kind": old.buildings["kind"].to_numpy()[standing[1]]}, geometry=houses, crs=crs
            ),
            streets=None
            if old.streets is None
            else gpd.GeoDataFrame(
                {c: old.streets[c].to_numpy()[way] for c in ("walk", "level")},
                geometry=_moved(ways, shift[of_way]),
                crs=crs,
            ),
            cut=old.cut,
            lacking=old.lacking,
        )

    def _communes(self, rows: NDArray[np.intp], around: NDArray[np.intp]) -> gpd.GeoDataFrame:
        """Communes of some groups, then those of the parcels around them; no shape yet."""
        own, old = self.context.parcels, self.before.context.parcels
        parts = [
            frame["commune"].iloc[at]
            for frame, at in ((own, rows), (old, around))
            if frame is not None
        ]
        commune = pd.concat(parts, ignore_index=True)
        ids = np.arange(len(commune)).astype(str)
        return gpd.GeoDataFrame({"parcel_id": ids, "commune": commune})

    def _members(
        self, rows: NDArray[np.intp], one: NDArray[np.intp], plot: NDArray[np.intp]
    ) -> NDArray[np.bool_]:
        """Tell which pairs (group, parcel) are a group and one of its own parcels."""
        size = len(self.before.context.plots)
        mine = self.group.astype(np.int64) * size + self.parcel
        return np.asarray(np.isin(rows[one].astype(np.int64) * size + plot, mine))

    def _ways(self, unions: Geometries) -> tuple[Geometries, NDArray[np.intp], NDArray[np.intp]]:
        """Part of each street around each group, with the group and the street."""
        streets = self.before.context.streets
        if streets is None or not len(streets):
            none = np.array([], dtype=np.intp)
            return np.array([], dtype=object), none, none
        tree = self.before.context.streets_tree
        group, way = tree.query(unions, predicate="dwithin", distance=self.reach_m + 1)
        west, south, east, north = shapely.bounds(unions).T
        far = self.reach_m + 1
        frames = shapely.box(west - far, south - far, east + far, north + far)
        return shapely.intersection(tree.geometries[way], frames[group]), group, way


def _plots(
    unions: Geometries, like: gpd.GeoDataFrame | None, first: NDArray[np.intp]
) -> gpd.GeoDataFrame:
    """Groups as parcels, each of the commune of its first one."""
    frame = gpd.GeoDataFrame(
        {"parcel_id": np.arange(len(unions)).astype(str), "area_m2": shapely.area(unions)},
        geometry=unions,
        crs=None if like is None else like.crs,
    )
    if like is not None:
        frame["commune"] = like["commune"].array.take(first)
    checked: gpd.GeoDataFrame = schemas.PARCELS.conform(frame)
    return checked


def _largest_opened(unions: Geometries, radius_m: float) -> Floats:
    """Area of the largest piece that an opening leaves of each."""
    worn = in_threads(partial(shapely.buffer, distance=-radius_m, quad_segs=16), unions)
    pieces, owner = shapely.get_parts(worn, return_index=True)
    largest = np.zeros(len(unions))
    grown = in_threads(partial(shapely.buffer, distance=radius_m, quad_segs=16), pieces)
    np.maximum.at(largest, owner, shapely.area(grown))
    return largest


def _width(values: Geometries) -> float:
    """Width of the widest, from west to east."""
    bounds = shapely.bounds(values)
    return float(np.nanmax(bounds[:, 2] - bounds[:, 0])) if len(values) else 0.0


def _moved(values: Geometries, by_m: Floats) -> Geometries:
    """Copies, each moved by its own whole number of metres, shape (n, 2).

    On a grid of a millionth of a metre such a move loses no digit: a group is the same shape
    wherever it is laid, whatever groups lie beside it.
    """
    copies = np.array(values, dtype=object)
    xy, of = shapely.get_coordinates(copies, return_index=True)
    xy = np.round(xy / GRID_M) * GRID_M + by_m[of]
    moved: Geometries = shapely.set_coordinates(copies, xy)
    return moved


def union_by_group(parts: Geometries, group: NDArray[np.intp]) -> Geometries:
    """One outline a group; a gap no wider than two drawings of one limit is closed.

    Parameters
    ----------
    parts, group
        Outlines, and the group of each (0, 1, 2…); parts of a group in a fixed order.

    Examples
    --------
    >>> halves = shapely.box([0, 10.2], 0, [10, 20], 10)
    >>> shapely.get_num_geometries(union_by_group(halves, np.array([0, 0]))).tolist()
    [1]
    """
    found = unions_by(group, parts)[1]
    apart = shapely.get_num_geometries(found) > 1
    grown = shapely.buffer(found[apart], GAP_M, join_style="mitre")
    found[apart] = shapely.buffer(grown, -GAP_M, join_style="mitre")
    # Where two limits lie a hair apart, what is closed may cross itself.
    faulty = ~shapely.is_valid(found)
    found[faulty] = polygons_only(found[faulty])
    return found
