"""Measures of parcels against the ground: what the rules of a profile compare with thresholds.

Each takes the ground, the positions of the parcels still in the race and the figures of its rule;
it returns one value a parcel (NaN: unknown) and, where there is one, a word of detail. The layers
that it needs are there and come to the parcels asked (`foncier.detect.measures.Measure`). Shares
are from 0 to 1; areas in square metres.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from foncier.detect.context import SpatialContext, shapes, texts
from foncier.geometry import (
    Covers,
    Floats,
    Geometries,
    Overlaps,
    covered_area_m2,
    opened_area_m2,
    overlaps,
    pairs_within,
    united_area_m2,
)
from foncier.i18n import Localized

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

Rows = "NDArray[np.intp]"
Params = Mapping[str, Any]
MeasureFunction = Callable[[SpatialContext, Any, Params], tuple[Floats, Any]]

KIND_WORDS = {
    "water": Localized("eau", "water"),
    "park": Localized("parc ou square", "park or square"),
    "cemetery": Localized("cimetière", "cemetery"),
    "sports": Localized("terrain de sport", "sports ground"),
    "school": Localized("cour ou terrain d'école", "school yard or ground"),
    "allotments": Localized("jardins familiaux ou hortillonnages", "allotments or market gardens"),
    "railway": Localized("emprise ferroviaire en service", "railway land in use"),
    "road": Localized("voirie", "road"),
    "hazard": Localized("risque", "hazard"),
    "heritage": Localized("patrimoine protégé", "protected heritage"),
    "parking": Localized("parc de stationnement", "car park"),
    "courtyard": Localized("cœur d'îlot d'immeubles", "courtyard of apartment blocks"),
    "other": Localized("autre usage", "another use"),
}
NO_ZONE = Localized("hors zonage", "outside the zoning")


def area_m2(context: SpatialContext, rows: NDArray[np.intp], _: Params) -> tuple[Floats, None]:
    """Area of the parcel as drawn."""
    return np.asarray(shapely.area(context.plots[rows]), dtype=np.float64), None


def in_zone(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, NDArray[np.object_] | None]:
    """Tell by 1 that the parcel's centre lies in one of the wanted zone types; else 0.

    The detail is the zone found there.
    """
    return zone_at(context.zones, context.centres[rows], tuple(params["zones"]))


def zone_at(
    zones: gpd.GeoDataFrame, points: Geometries, wanted: tuple[str, ...]
) -> tuple[Floats, NDArray[np.object_]]:
    """Wanted zone (1) or not (0) at each point, and the type of the zone there."""
    # Each zone is prepared once, and has thousands of corners; a point has one.
    zone, point = shapely.STRtree(points).query(shapes(zones), predicate="contains")
    types = texts(zones["zone_type"])
    hit = np.isin(types[zone], wanted)
    inside = np.zeros(len(points))
    inside[point[hit]] = 1.0
    detail = np.full(len(points), NO_ZONE.fr, dtype=object)
    order = np.lexsort((-zone, hit))  # a wanted zone wins, then the first in the table
    detail[point[order]] = types[zone[order]]
    return inside, detail


def zone_of(context: SpatialContext, points: Geometries, communes: Any) -> NDArray[np.object_]:
    """Type of the zone at each point; None where no zoning comes to its commune."""
    if context.zones is None:
        return np.full(len(points), None, dtype=object)
    found = zone_at(context.zones, points, ())[1]
    found[~context.comes_to("zones", communes)] = None
    return found


def built_share(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, None]:
    """CES: share of the parcel under buildings; a parcel without area is unknown.

    ``params["centred_in"]``, a tuple of zone types, keeps only the buildings whose centre lies in
    such a zone (foncier-api); ``least_m2``, ``no_light`` and ``wall_m`` as in `standing`.
    """
    return _share(context.plots[rows], built_m2(context, rows, params)), None


def built_m2(context: SpatialContext, rows: NDArray[np.intp], params: Params) -> Floats:
    """Area of each parcel under buildings; ``params`` as in `built_share`. Taken once a parcel."""
    wall, wanted = float(params.get("wall_m", 0.0)), tuple(params.get("centred_in", ()))

    def work(new: NDArray[np.intp]) -> tuple[Floats]:
        plots, footprints = context.plots[new], standing(context, params)
        zoned = context.known(("zones",), new)
        if not wanted or not zoned.any():
            return (covered_area_m2(plots, footprints, wall_m=wall),)
        covered = covered_area_m2(plots, _centred(context, footprints, wanted), wall_m=wall)
        covered[~zoned] = covered_area_m2(plots[~zoned], footprints, wall_m=wall)
        return (covered,)

    figures = (params.get("least_m2", 0.0), bool(params.get("no_light")), wall, wanted)
    return context.remembered.of(f"built {figures}", rows, work)[0]


def _centred(
    context: SpatialContext, footprints: shapely.STRtree, wanted: tuple[str, ...]
) -> shapely.STRtree:
    """Index of those of some footprints whose centre lies in a wanted zone."""
    centred, _ = zone_at(context.zones, shapely.centroid(footprints.geometries), wanted)
    return shapely.STRtree(footprints.geometries[centred == 1])


def standing(context: SpatialContext, params: Params) -> shapely.STRtree:
    """Index of the footprints that count as buildings.

    ``params["least_m2"]``: those smaller are annexes (QGIS Foncier 25 m², parcel-manager 20 m²);
    ``params["no_light"]``: light constructions of the cadastre (type 02) do not count.
    """
    figures = (float(params.get("least_m2", 0.0)), bool(params.get("no_light")))
    return context.layers.of(
        f"standing {figures}", lambda: shapely.STRtree(context.footprints[stands(context, params)])
    )


def stands(context: SpatialContext, params: Params) -> NDArray[np.bool_]:
    """Tell which buildings count (see `standing`)."""
    kept = context.footprints_m2 >= float(params.get("least_m2", 0.0))
    if params.get("no_light") and context.buildings is not None:
        kept &= (context.buildings["kind"] != "light").to_numpy(dtype=bool)
    return kept


def share_of(plots: Geometries, covers: Covers) -> Floats:
    """Share of each plot under the covers; NaN for a plot without area."""
    return _share(plots, covered_area_m2(plots, covers))


def _share(plots: Geometries, covered: Floats) -> Floats:
    area = np.asarray(shapely.area(plots))
    share = np.divide(covered, area, out=np.full(len(area), np.nan), where=area > 0)
    capped: Floats = np.minimum(share, 1.0)  # a plot wholly covered comes out a rounding above
    return capped


def constraint_shapes(constraints: gpd.GeoDataFrame, effect: str, line_m: float) -> Any:
    """Constraints of one effect as polygons: lines get a width, points are left out."""
    kept = constraints.loc[(constraints["effect"] == effect).to_numpy(dtype=bool)]
    dimension = shapely.get_dimensions(shapes(kept))
    kept = kept.loc[dimension > 0]
    outlines = shapes(kept)
    lines = shapely.get_dimensions(outlines) == 1
    outlines[lines] = shapely.buffer(outlines[lines], line_m)
    return kept, outlines


def excluded_share(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, NDArray[np.object_] | None]:
    """Share of the parcel under uses that exclude it; the detail names the largest of them."""
    plots = context.plots[rows]
    words, outlines = _excluding(context, params)
    shared = overlaps(plots, outlines)
    found = words[largest(shared, len(plots))]
    return _share(plots, united_area_m2(plots, shared)), np.asarray(found, dtype=object)


def put_to_use_share(context: SpatialContext, rows: NDArray[np.intp], params: Params) -> Floats:
    """Share of `excluded_share` alone, without its words; NaN without a layer."""
    if context.constraints is None:
        return np.full(len(rows), np.nan)
    return share_of(context.plots[rows], _excluding(context, params)[1])


def _excluding(
    context: SpatialContext, params: Params
) -> tuple[NDArray[np.object_], shapely.STRtree]:
    """Words for the constraints that exclude, None behind them, and the index of their outlines."""
    line_m = float(params.get("line_m", 1.0))

    def work() -> tuple[NDArray[np.object_], shapely.STRtree]:
        kept, outlines = constraint_shapes(context.constraints, "exclude", line_m)
        words = [*(text.fr for text in constraint_words(kept)), None]
        return np.array(words, dtype=object), shapely.STRtree(outlines)

    return context.layers.of(f"excluding {line_m}", work)


def largest(shared: Overlaps, plots: int) -> NDArray[np.intp]:
    """Position of the cover that lies over most of each plot; -1 where none does."""
    found = np.full(plots, -1, dtype=np.intp)
    # The largest is written last; the first of equals wins.
    order = np.lexsort((-shared.cover, shared.area_m2))
    found[shared.plot[order]] = shared.cover[order]
    return found


def constraint_words(kept: gpd.GeoDataFrame) -> list[Localized]:
    """Kind of each constraint, with the label of its source as it is written there."""
    told = []
    for kind, label in zip(texts(kept["kind"]), texts(kept["label"]), strict=True):
        words = KIND_WORDS[kind]
        told.append(
            Localized(f"{words.fr} « {label} »", f"{words.en} “{label}”") if label else words
        )
    return told


def road_share(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, None]:
    """Share of the parcel within a distance of the streets' centre lines."""
    plots, streets, reach = context.plots[rows], context.streets_tree, float(params["reach_m"])
    near = np.unique(pairs_within(plots, streets, reach)[1])
    return share_of(plots, shapely.buffer(streets.geometries[near], reach)), None


def opened_area(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, None]:
    """Area of the parcel that is left by an opening."""
    return opened_area_m2(context.plots[rows], radius_m=float(params["radius_m"])), None
