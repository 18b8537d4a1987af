"""Measures of parcels by area: zoning, buildings, excluding uses, streets, slope.

A measure takes the context, the positions of parcels and the parameters of a rule. It returns one
value per parcel (NaN: unknown) and, where there is something to add, one detail per parcel: None,
text as its source writes it (a zone type), or a `foncier.i18n.Message`. The layers that it requires
cover the parcels (`foncier.detect.measures.Measure`). Shares are from 0 to 1; areas in square
metres.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from foncier.detect.context import SpatialContext, planning_codes, shapes, texts
from foncier.geometry import (
    Covers,
    Floats,
    Geometries,
    Overlaps,
    covered_area_m2,
    grid_points,
    overlaps,
    pairs_within,
    slope_at,
    united_area_m2,
)
from foncier.i18n import Message
from foncier.schemas import UNKNOWN_ZONE

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

Params = Mapping[str, Any]
MeasureFunction = Callable[[SpatialContext, Any, Params], tuple[Floats, Any]]

NO_ZONE = Message("detect.details.no_zone")
KNOWN_SHARE = 0.5  # of the points of a plot: with fewer heights, its slope is unknown


def in_zone(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, NDArray[np.object_] | None]:
    """1 where the centre of the parcel lies in one of the zone types ``params["zones"]``, else 0.

    The detail is the type of its zone.
    """
    return zone_at(context.zones, context.centres[rows], tuple(params["zones"]))


def zone_at(
    zones: gpd.GeoDataFrame, points: Geometries, wanted: tuple[str, ...]
) -> tuple[Floats, NDArray[np.object_]]:
    """Tell for each point if it lies in a wanted zone (1, else 0), and the type of its zone.

    NaN in a zone of unknown type (`foncier.schemas.UNKNOWN_ZONE`).
    """
    # Each zone is prepared once, and has thousands of corners; a point has one.
    zone, point = shapely.STRtree(points).query(shapes(zones), predicate="contains")
    types = texts(zones["zone_type"])
    hit = np.isin(types[zone], wanted)
    inside = np.zeros(len(points))
    inside[point[hit]] = 1.0
    detail = np.full(len(points), NO_ZONE, dtype=object)
    order = np.lexsort((-zone, hit))  # a wanted zone wins, then the first in the table
    detail[point[order]] = types[zone[order]]
    inside[detail == UNKNOWN_ZONE] = np.nan
    return inside, detail


def built_share(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, None]:
    """CES: share of the parcel under buildings; a parcel without area is unknown.

    ``params["centred_in"]``, a tuple of zone types, keeps only the buildings whose centre lies in
    such a zone (foncier-api); ``least_m2``, ``no_light`` and ``wall_m`` as in `counted_footprints`.
    """
    return _share(context.plots[rows], built_m2(context, rows, params)), None


def built_m2(context: SpatialContext, rows: NDArray[np.intp], params: Params) -> Floats:
    """Area of each parcel under buildings; ``params`` as in `built_share`. Cached by parcel."""
    wall, wanted = float(params.get("wall_m", 0.0)), tuple(params.get("centred_in", ()))

    def work(new: NDArray[np.intp]) -> tuple[Floats]:
        plots, footprints = context.plots[new], counted_footprints(context, params)
        zoned = context.known(("zones",), new)
        if not wanted or not zoned.any():
            return (covered_area_m2(plots, footprints, wall_m=wall),)
        covered = covered_area_m2(plots, _centred(context, footprints, wanted), wall_m=wall)
        covered[~zoned] = covered_area_m2(plots[~zoned], footprints, wall_m=wall)
        return (covered,)

    counted = (params.get("least_m2", 0.0), bool(params.get("no_light")), params.get("light_m2"))
    figures = (*counted, wall, wanted)
    return context.row_cache.get(f"built {figures}", rows, work)[0]


def _centred(
    context: SpatialContext, footprints: shapely.STRtree, wanted: tuple[str, ...]
) -> shapely.STRtree:
    """Index of the footprints whose centre lies in a wanted zone."""
    centred, _ = zone_at(context.zones, shapely.centroid(footprints.geometries), wanted)
    return shapely.STRtree(footprints.geometries[centred == 1])


def counted_footprints(context: SpatialContext, params: Params) -> shapely.STRtree:
    """Index of the footprints that count as buildings.

    ``params["least_m2"]``: those smaller are annexes (QGIS Foncier 25 m², parcel-manager 20 m²);
    ``params["no_light"]``: light constructions of the cadastre (type 02) do not count, but those
    of ``light_m2`` or more where the rule gives it: open sheds and hangars, not garden sheds.
    """
    figures = (
        float(params.get("least_m2", 0.0)),
        bool(params.get("no_light")),
        float(params.get("light_m2", np.inf)),
    )
    return context.layer_cache.get(
        f"footprints {figures}",
        lambda: shapely.STRtree(context.footprints[is_counted(context, params)]),
    )


def is_counted(context: SpatialContext, params: Params) -> NDArray[np.bool_]:
    """Tell which buildings count (see `counted_footprints`)."""
    counted = context.footprints_m2 >= float(params.get("least_m2", 0.0))
    if params.get("no_light") and context.buildings is not None:
        large = context.footprints_m2 >= float(params.get("light_m2", np.inf))
        counted &= (context.buildings["kind"] != "light").to_numpy(dtype=bool) | large
    return counted


def share_of(plots: Geometries, covers: Covers) -> Floats:
    """Share of each plot under the covers; NaN for a plot without area."""
    return _share(plots, covered_area_m2(plots, covers))


def _share(plots: Geometries, covered: Floats) -> Floats:
    area = np.asarray(shapely.area(plots))
    share = np.divide(covered, area, out=np.full(len(area), np.nan), where=area > 0)
    capped: Floats = np.minimum(share, 1.0)  # rounding may give slightly more than 1
    return capped


def constraint_shapes(constraints: gpd.GeoDataFrame, effect: str, line_m: float) -> Any:
    """Constraints of one effect as polygons: lines get a width, points are left out."""
    chosen = constraints.loc[(constraints["effect"] == effect).to_numpy(dtype=bool)]
    chosen = chosen.loc[shapely.get_dimensions(shapes(chosen)) > 0]
    outlines = shapes(chosen)
    lines = shapely.get_dimensions(outlines) == 1
    outlines[lines] = shapely.buffer(outlines[lines], line_m)
    return chosen, outlines


def excluded_share(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, NDArray[np.object_] | None]:
    """Share of the parcel under what excludes it; the detail names the largest of them.

    Uses, and prescriptions of the local plan (`foncier.model.Profile.excluded`). With these alone,
    a parcel under none of them is unknown: its use may exclude it.
    """
    plots = context.plots[rows]
    uses, outlines = excluding(context, params)
    shared = overlaps(plots, outlines)
    largest_use = uses[largest(shared, len(plots))]
    share = _share(plots, united_area_m2(plots, shared))
    return np.where((share > 0) | (context.constraints is not None), share, np.nan), largest_use


def excluded_share_only(context: SpatialContext, rows: NDArray[np.intp], params: Params) -> Floats:
    """Return the share of `excluded_share` without its details; NaN without a layer."""
    if not knows_exclusions(context):
        return np.full(len(rows), np.nan)
    return share_of(context.plots[rows], excluding(context, params)[1])


def excluding(
    context: SpatialContext, params: Params
) -> tuple[NDArray[np.object_], shapely.STRtree]:
    """Uses and prescriptions that exclude, None after the last, and the index of their outlines."""
    line_m = float(params.get("line_m", 1.0))

    def work() -> tuple[NDArray[np.object_], shapely.STRtree]:
        uses, parts = [], []
        if context.constraints is not None:
            chosen, outlines = constraint_shapes(context.constraints, "exclude", line_m)
            uses += constraint_uses(chosen)
            parts.append(outlines)
        words, outlines = excluding_prescriptions(context)
        every = np.array([*uses, *words, None], dtype=object)
        return every, shapely.STRtree(np.concatenate([*parts, outlines]))

    return context.layer_cache.get(f"excluding {line_m} {sorted(context.excluded)}", work)


def knows_exclusions(context: SpatialContext) -> bool:
    """Tell whether the study has a layer of what excludes land: of uses, or of prescriptions."""
    return context.constraints is not None or (
        context.prescriptions is not None and bool(context.excluded)
    )


def excluding_prescriptions(context: SpatialContext) -> tuple[list[Message], Geometries]:
    """Words and outlines of the surfaces of the local plan that exclude the land under them."""
    rows = context.prescriptions
    if rows is None or rows.empty or not context.excluded:
        return [], np.array([], dtype=object)
    codes = planning_codes(rows)
    outlines = shapes(rows)
    # Its own code, or that of subcode 00 where the standard has no such subcode.
    known = [one if one in context.excluded else f"{one[:-2]}00" for one in codes]
    chosen = np.isin(known, list(context.excluded)) & (shapely.get_dimensions(outlines) == 2)
    words = [
        Message("detect.details.prescription", words=context.excluded[known[n]])
        for n in np.flatnonzero(chosen)
    ]
    return words, outlines[chosen]


def largest(shared: Overlaps, plots: int) -> NDArray[np.intp]:
    """Position of the cover with the largest overlap of each plot; -1 where there is none."""
    position = np.full(plots, -1, dtype=np.intp)
    # The largest is written last; the first of equals wins.
    order = np.lexsort((-shared.cover, shared.area_m2))
    position[shared.plot[order]] = shared.cover[order]
    return position


def constraint_uses(constraints: gpd.GeoDataFrame) -> list[Message]:
    """Use of each constraint, with its name as the source writes it."""
    return [
        Message("detect.details.named_use", use=_use(kind), name=name) if name else _use(kind)
        for kind, name in zip(texts(constraints["kind"]), texts(constraints["label"]), strict=True)
    ]


@cache
def _use(kind: str) -> Message:
    return Message(f"detect.uses.{kind}_use")


def road_share(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, None]:
    """Share of the parcel within a distance of the streets' centre lines."""
    plots, streets, radius_m = context.plots[rows], context.streets_tree, float(params["radius_m"])
    near = np.unique(pairs_within(plots, streets, radius_m)[1])
    return share_of(plots, shapely.buffer(streets.geometries[near], radius_m)), None


def slope(context: SpatialContext, rows: NDArray[np.intp], params: Params) -> tuple[Floats, None]:
    """Median slope over the parcel, as a share (0.1 for 10 %).

    Sampled every ``params["step_m"]`` metres, or every cell of the DEM where it is coarser, over a
    base as long: a kerb or a wall is no slope. Without a DEM, or with heights for less than half of
    its points, a parcel is unknown.
    """
    if context.elevation is None:
        return np.full(len(rows), np.nan), None
    step = max(float(params["step_m"]), context.elevation.cell_m)
    xy, plot = grid_points(context.plots[rows], step)
    slopes = pd.Series(slope_at(context.elevation, xy[:, 0], xy[:, 1], base_m=step))
    median = slopes.groupby(plot).median().reindex(range(len(rows)))
    known = slopes.notna().groupby(plot).mean().reindex(range(len(rows)))
    return np.asarray(median.where(known >= KNOWN_SHARE), dtype=np.float64), None
