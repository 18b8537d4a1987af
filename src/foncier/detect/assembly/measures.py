"""Measures of groups of parcels, without the limits between them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier import schemas
from foncier.detect.context import SpatialContext
from foncier.detect.measures import find_measure
from foncier.detect.measures.ground import ground
from foncier.detect.rule_engine import MeasureCache
from foncier.geometry import (
    in_threads,
    pairs_within,
    polygons_only,
    query_tree,
    unions_by,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.geometry import Floats, Geometries
    from foncier.model import Rule

EDGE_MEASURES = ("frontage_m", "surrounded_share", "built_sides")  # depend on neighbours
GROUP_MEASURES = ("unbuilt_group_m2", "open_land_m2")  # the land around is as unbuilt as before
SURROUNDED = "surrounded_share"
OPENED_AREA = "opened_area_m2"
ELSEWHERE = ("land_m", "unit_m", "zones", "available")  # a separate map shows no land, no zones
GRID_M = 2.0**-20  # exact in binary
GAP_M = 0.3  # half of what two drawings of one limit may lie apart


class GroupMeasures(MeasureCache):
    """Measures of groups of parts; a row is the position of a group.

    Measures of the outline and of the layers under it are taken on the union. Those along the edge
    are taken on a separate map of each group, where its parts are one plot and the rest of their
    parcels a neighbour. The unbuilt group of a group is the largest of those of its parcels. An
    opening counts by its largest piece: two plots that meet at a corner are not one.

    Parameters
    ----------
    single
        Measures of the single parcels.
    unions
        Outline of each group.
    parcel, group
        Positions of the parcels of each group, as pairs.
    radius_m
        Radius of influence of the measures along the edge.
    """

    def __init__(
        self, single: MeasureCache, unions: Geometries, parcel: Any, group: Any, *, radius_m: float
    ) -> None:
        first = parcel[np.unique(group, return_index=True)[1]]
        frame = _plots(unions, single.context.parcels, first)
        super().__init__(single.context.with_parcels(frame), len(unions))
        self.single = single
        self.parcel, self.group = parcel, group
        self.radius_m = radius_m
        self._layout: tuple[NDArray[np.intp], SpatialContext | None] = (
            np.array([], dtype=np.intp),
            None,
        )

    def take(self, rule: Rule, rows: NDArray[np.intp]) -> tuple[Floats, Any]:
        """Measure these groups anew."""
        if rule.measure in GROUP_MEASURES:
            return self._largest_of_parcels(rule, rows), None
        if rule.measure == OPENED_AREA:
            usable = ground(self.context, rows, rule.params)
            return _largest_opened(usable, float(rule.params["opening_radius_m"])), None
        if rule.measure in EDGE_MEASURES:
            context, positions = self._side_by_side(rows)
            value, detail = find_measure(rule.measure).take(
                context, positions, edge_rule(rule).params
            )
            if rule.measure == SURROUNDED and rule.params.get("land_m"):
                value = np.fmax(value, self._largest_of_parcels(rule, rows))
            return value, detail
        return super().take(rule, rows)

    def _largest_of_parcels(self, rule: Rule, rows: NDArray[np.intp]) -> Floats:
        """Largest value among the parcels of each group: they are part of the same land."""
        chosen = np.isin(self.group, rows)
        parcels, back = np.unique(self.parcel[chosen], return_inverse=True)
        value = self.single.measure(rule, parcels)[0][back]
        most = np.full(len(self.context.plots), np.nan)
        np.fmax.at(most, self.group[chosen], value)
        return most[rows]

    def _side_by_side(self, rows: NDArray[np.intp]) -> tuple[SpatialContext, NDArray[np.intp]]:
        """Context of the separate maps of groups that include these, and their positions in it."""
        laid_out, context = self._layout
        if context is None or not np.isin(rows, laid_out).all():
            laid_out, context = rows, self._separate_maps(rows)
            self._layout = laid_out, context
        order = np.argsort(laid_out)
        return context, np.asarray(order[np.searchsorted(laid_out[order], rows)], dtype=np.intp)

    def _separate_maps(self, rows: NDArray[np.intp]) -> SpatialContext:
        """Context with the neighbourhoods of some groups side by side, each group one plot.

        The groups come first, in the order of the rows.
        """
        old, unions = self.single.context, self.context.plots[rows]
        one, plot = pairs_within(unions, old.plots_tree, self.radius_m + 1)
        member = self._members(rows, one, plot)
        # Copies: a plot beside several groups is prepared, and two threads must not use it.
        around = shapely.force_2d(old.plots[plot])
        around[member] = in_threads(shapely.difference, around[member], unions[one[member]])
        left = shapely.area(around) > 1.0
        one, around = one[left], around[left]
        near, building = query_tree(old.footprints_tree, around, "intersects")
        on_map = np.unique(np.array([one[near], building]), axis=1)
        ways, of_way, way = self._ways(unions)
        spacing = _width(np.concatenate([unions, around])) + _width(ways) + 4 * self.radius_m
        shift = -np.floor(shapely.bounds(unions)[:, :2])
        shift[:, 0] += np.arange(len(rows)) * np.ceil(spacing)
        crs = None if old.parcels is None else old.parcels.crs
        plots = np.concatenate([_moved(unions, shift), _moved(around, shift[one])])
        footprints = _moved(old.footprints[on_map[1]], shift[on_map[0]])
        return SpatialContext(
            parcels=self._communes(rows, plot[left]).set_geometry(plots, crs=crs),
            buildings=None
            if old.buildings is None
            else gpd.GeoDataFrame(
                {"kind": old.buildings["kind"].to_numpy()[on_map[1]]}, geometry=footprints, crs=crs
            ),
            streets=None
            if old.streets is None
            else gpd.GeoDataFrame(
                {c: old.streets[c].to_numpy()[way] for c in ("walk", "level")},
                geometry=_moved(ways, shift[of_way]),
                crs=crs,
            ),
            fabric=old.fabric,
            uncovered=old.uncovered,
        )

    def _communes(self, rows: NDArray[np.intp], around: NDArray[np.intp]) -> gpd.GeoDataFrame:
        """Communes of some groups, then those of the parcels around them; no geometry yet."""
        groups, parcels = self.context.parcels, self.single.context.parcels
        parts = [
            frame["commune"].iloc[at]
            for frame, at in ((groups, rows), (parcels, around))
            if frame is not None
        ]
        commune = pd.concat(parts, ignore_index=True)
        ids = np.arange(len(commune)).astype(str)
        return gpd.GeoDataFrame({"parcel_id": ids, "commune": commune})

    def _members(
        self, rows: NDArray[np.intp], one: NDArray[np.intp], plot: NDArray[np.intp]
    ) -> NDArray[np.bool_]:
        """Tell which pairs (group, parcel) are a group and one of its parcels."""
        size = len(self.single.context.plots)
        members = self.group.astype(np.int64) * size + self.parcel
        return np.asarray(np.isin(rows[one].astype(np.int64) * size + plot, members))

    def _ways(self, unions: Geometries) -> tuple[Geometries, NDArray[np.intp], NDArray[np.intp]]:
        """Part of each street around each group, with the group and the street."""
        streets = self.single.context.streets
        if streets is None or not len(streets):
            none = np.array([], dtype=np.intp)
            return np.array([], dtype=object), none, none
        tree = self.single.context.streets_tree
        group, way = tree.query(unions, predicate="dwithin", distance=self.radius_m + 1)
        west, south, east, north = shapely.bounds(unions).T
        far = self.radius_m + 1
        frames = shapely.box(west - far, south - far, east + far, north + far)
        return shapely.intersection(tree.geometries[way], frames[group]), group, way


def edge_rule(rule: Rule) -> Rule:
    """Rule as it is measured on the separate map of a group (see `GroupMeasures`)."""
    return replace(rule, params={k: v for k, v in rule.params.items() if k not in ELSEWHERE})


def _plots(
    unions: Geometries, like: gpd.GeoDataFrame | None, first: NDArray[np.intp]
) -> gpd.GeoDataFrame:
    """Groups as PARCELS, each in the commune of its first parcel."""
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
    """Area of the largest piece that a morphological opening leaves of each."""
    shrunk = in_threads(partial(shapely.buffer, distance=-radius_m, quad_segs=16), unions)
    pieces, owner = shapely.get_parts(shrunk, return_index=True)
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

    On a grid of a millionth of a metre such a move loses no digit: the outline of a group does not
    depend on its position on the map.
    """
    copies = np.array(values, dtype=object)
    xy, of = shapely.get_coordinates(copies, return_index=True)
    xy = np.round(xy / GRID_M) * GRID_M + by_m[of]
    moved: Geometries = shapely.set_coordinates(copies, xy)
    return moved


def union_by_group(parts: Geometries, group: NDArray[np.intp]) -> Geometries:
    """One outline per group; a gap no wider than two drawings of one limit is closed.

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
    unions = unions_by(group, parts)[1]
    apart = shapely.get_num_geometries(unions) > 1
    grown = shapely.buffer(unions[apart], GAP_M, join_style="mitre")
    unions[apart] = shapely.buffer(grown, -GAP_M, join_style="mitre")
    # Where two limits nearly coincide, the closed outline may cross itself.
    invalid = ~shapely.is_valid(unions)
    unions[invalid] = polygons_only(unions[invalid])
    return unions
