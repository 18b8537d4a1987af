"""Part of each parcel that may be built on: in the wanted zones, outside the excluding uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from foncier.detect.context import shapes, texts
from foncier.detect.measures.parcel import (
    NO_ZONE,
    Params,
    excluding,
    knows_exclusions,
)
from foncier.geometry import (
    Floats,
    Geometries,
    intersecting_pairs,
    polygons_only,
    unions_by,
)
from foncier.i18n import Message
from foncier.i18n.arrays import word_values
from foncier.schemas import UNKNOWN_ZONE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.detect.context import SpatialContext

DRAWING_SHARE = 0.02  # less is the imprecision between two drawings: nothing is cut


def ground(context: SpatialContext, rows: NDArray[np.intp], params: Params) -> Geometries:
    """Outline of the usable part of each parcel, an empty polygon where nothing is.

    ``params["zones"]``: types of the zones that it lies in, where the zoning covers its commune;
    ``params["available"]``: excluding uses and prescriptions are cut out. Without either, the
    parcel itself. A part of less than 2 % of the parcel is not cut off, and none of less than 2 %
    is left. Cached.
    """
    wanted, available = tuple(params.get("zones", ())), bool(params.get("available"))
    wanted = wanted if context.zones is not None else ()
    available &= knows_exclusions(context)
    if not wanted and not available:
        plots: Geometries = context.plots[rows]
        return plots

    def work(new: NDArray[np.intp]) -> tuple[Geometries]:
        parts: Geometries = np.array(context.plots[new], dtype=object)
        if wanted:
            zoned = context.known(("zones",), new)
            parts[zoned] = _within(parts[zoned], _wanted(context, wanted))
        if available:
            parts = _without(parts, excluding(context, {})[1])
        return (parts,)

    return context.row_cache.get(f"ground {wanted} {available}", rows, work)[0]


def _wanted(context: SpatialContext, wanted: tuple[str, ...]) -> shapely.STRtree:
    """Index of the zones of some types."""

    def work() -> shapely.STRtree:
        zones = context.zones
        if zones is None:
            return shapely.STRtree([])
        usable = (*wanted, UNKNOWN_ZONE)  # what such a zone allows is not known
        return shapely.STRtree(shapes(zones)[np.isin(texts(zones["zone_type"]), usable)])

    return context.layer_cache.get(f"zones {wanted}", work)


def _within(plots: Geometries, covers: shapely.STRtree) -> Geometries:
    """Part of each plot under some covers."""
    plot, cover = intersecting_pairs(plots, covers)
    inside: Geometries = np.full(len(plots), shapely.Polygon(), dtype=object)
    near = covers.geometries[cover]
    shapely.prepare(plots)
    # Most plots lie in one zone: the many corners of the zone are looked at once.
    once = np.array(covers.geometries)
    shapely.prepare(once)
    whole = shapely.covers(once[cover], plots[plot])
    inside[plot[whole]] = plots[plot[whole]]
    astride = ~np.isin(plot, plot[whole])
    parts = shapely.intersection(plots[plot[astride]], near[astride])
    owner, unions = unions_by(plot[astride], parts)
    inside[owner] = _tidy(plots[owner], unions)
    return inside


def _without(plots: Geometries, uses: shapely.STRtree) -> Geometries:
    """Part of each plot outside of some uses."""
    plot, use = intersecting_pairs(plots, uses)
    rest: Geometries = np.array(plots, dtype=object)
    owner, unions = unions_by(plot, uses.geometries[use])
    rest[owner] = _tidy(plots[owner], shapely.difference(plots[owner], unions))
    return rest


def _tidy(plots: Geometries, parts: Geometries) -> Geometries:
    """Polygons of the parts; the plot or nothing where a drawing's imprecision is between."""
    tidy = polygons_only(parts)
    tidy[shapely.is_missing(tidy)] = shapely.Polygon()
    whole, part = shapely.area(plots), shapely.area(tidy)
    tidy[part < DRAWING_SHARE * whole] = shapely.Polygon()
    almost = part > (1 - DRAWING_SHARE) * whole
    tidy[almost] = plots[almost]
    return tidy


def area_m2(context: SpatialContext, rows: NDArray[np.intp], params: Params) -> tuple[Floats, None]:
    """Area of the parcel as the cadastre draws it, or of its usable part (see `ground`)."""
    return np.asarray(shapely.area(ground(context, rows, params)), dtype=np.float64), None


def ground_share(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, NDArray[np.object_] | None]:
    """Share of the parcel that is usable (see `ground`); the detail is its main zone.

    NaN where that is of unknown type (`foncier.schemas.UNKNOWN_ZONE`).
    """
    area, plots = area_m2(context, rows, params)[0], context.plots[rows]
    whole = np.asarray(shapely.area(plots), dtype=np.float64)
    share = np.divide(area, whole, out=np.full(len(rows), np.nan), where=whole > 0)
    zone = main_zone(context, plots)
    return np.where(zone == UNKNOWN_ZONE, np.nan, np.minimum(share, 1.0)), zone


def main_zone(context: SpatialContext, plots: Geometries) -> NDArray[np.object_]:
    """Type of the zone that covers most of each plot, as its source writes it, or `NO_ZONE`."""
    zones = context.zones
    if zones is None or not len(plots):
        return np.full(len(plots), None, dtype=object)
    types = np.array([*texts(zones["zone_type"]), NO_ZONE], dtype=object)
    return types[main_zones(context, plots)]


def main_zones(context: SpatialContext, plots: Geometries) -> NDArray[np.intp]:
    """Position of the zone that covers most of each plot; -1 where none does."""
    outlines = context.layer_cache.get("zone outlines", lambda: shapes(context.zones))
    shapely.prepare(outlines)
    plot, zone = shapely.STRtree(outlines).query(plots, predicate="intersects")
    area = shapely.area(plots[plot])  # an upper bound, reached inside of a zone
    several = np.bincount(plot, minlength=len(plots))[plot] > 1
    cut = several & ~shapely.covers(outlines[zone], plots[plot])
    area[cut] = shapely.area(shapely.intersection(outlines[zone[cut]], plots[plot[cut]]))
    order = np.lexsort((-zone, area))  # the largest is written last; the first of equals wins
    found = np.full(len(plots), -1, dtype=np.intp)
    found[plot[order]] = zone[order]
    return found


def zone_of(context: SpatialContext, sites: Geometries, communes: Any) -> NDArray[np.object_]:
    """Type of the zone of most of each site; None where the zoning does not cover its commune.

    Outside all zones of a covered commune: the French words for it.
    """
    if context.zones is None:
        return np.full(len(sites), None, dtype=object)
    types = word_values(main_zone(context, sites), "fr")
    types[~context.covers("zones", communes)] = None
    return types


def vocation_share(
    context: SpatialContext, rows: NDArray[np.intp], params: Params
) -> tuple[Floats, NDArray[np.object_]]:
    """1 where most of the parcel lies in a zone of one of ``params["vocations"]``, else 0.

    The detail names the zone as its plan does, and its vocation (`foncier.schemas.ZONES`).
    """
    zones = context.zones
    inside, details = np.zeros(len(rows)), np.full(len(rows), None, dtype=object)
    if zones is None or "vocation" not in zones:
        return inside, details
    zone = main_zones(context, context.plots[rows])
    vocations = np.array([*texts(zones["vocation"]), None], dtype=object)[zone]
    labels = np.array([*texts(zones["label"]), None], dtype=object)[zone]
    types = np.array([*texts(zones["zone_type"]), None], dtype=object)[zone]
    held = np.flatnonzero(np.isin(vocations.astype(str), list(params["vocations"])))
    inside[held] = 1.0
    for n in held:
        name = Message(f"detect.uses.{vocations[n]}_vocation")
        details[n] = Message("detect.details.vocation", label=labels[n] or types[n], vocation=name)
    return inside, details
