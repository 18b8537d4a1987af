"""Opportunities by district and kind: number, area, dwellings, mean score and confidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier import schemas
from foncier.geometry import polygons_only, unions_by
from foncier.i18n import label
from foncier.schemas.results import KINDS, READY, TAKEN, TO_CONFIRM

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.i18n import Localized

    Geometries = NDArray[np.object_]

OUTSIDE_ID = "hors_quartiers"
OUTSIDE_NAME = label("scoring.districts.outside")
MIN_AREA_M2 = 1e-3  # less is a contact of two outlines
ADDITIVE = ("yield_low", "yield_high")
# Number of sites of each class of availability.
SUPPLY = {
    READY: "ready_number",
    TO_CONFIRM: "to_confirm_number",
    TAKEN: "taken_number",
}
AREAS = ("area_m2", "offered_area_m2")
MEANS = {"score": "mean_score", "confidence": "mean_confidence"}


def by_district(
    candidates: gpd.GeoDataFrame,
    scores: pd.DataFrame,
    districts: gpd.GeoDataFrame,
    *,
    outside_name: Localized = OUTSIDE_NAME,
) -> gpd.GeoDataFrame:
    """Sum up the opportunities of each district, by kind and all kinds together.

    A site in two districts counts in each by its share of area there: the number and the
    dwellings of a row may have decimals, and the rows of all districts and of the outside sum to
    the total. Where two districts overlap, the land belongs to the first by id. Land shared by
    several sites is counted once.

    Parameters
    ----------
    candidates
        Table of the schema ``CANDIDATES``, legal metric CRS.
    scores
        Table of the schema ``SCORES``.
    districts
        Table of the schema ``DISTRICT_OUTLINES``, same CRS.
    outside_name
        Name of the row of what lies in no district.

    Returns
    -------
    Table of the schema ``DISTRICTS``: each district has a row for all kinds and one for each kind
    present; sites outside all districts are under ``hors_quartiers``. Dwellings are the sum of
    the known values, means are weighted by the share; missing where nothing is known. The numbers
    by class of availability sum to the number of sites. Areas are those that the sites count
    (``counted_area_m2``), by the same shares: they sum to the total of the result.
    ``offered_area_m2`` leaves out the sites that are taken.
    """
    outlines = districts.sort_values("quarter_id", ignore_index=True)
    district_shapes = _without_overlaps(outlines.geometry.to_numpy())
    sites = candidates.merge(scores[["opportunity_id", "score"]], on="opportunity_id", how="left")
    parts = _site_parts(sites, district_shapes)
    rows = pd.concat([parts.assign(kind=schemas.ALL_KINDS), parts], ignore_index=True)
    keys: Any = rows.groupby(["place", "kind"], sort=True)
    summed = [{"place": place, "kind": kind, **_summary(group)} for (place, kind), group in keys]
    nothing = dict.fromkeys(("number", *AREAS), 0.0)
    empty = [
        {"place": place, "kind": schemas.ALL_KINDS, **nothing}
        for place in sorted(set(range(len(district_shapes))) - set(parts["place"]))
    ]
    outside = shapely.union_all(parts["shape"].to_numpy()[(parts["place"] == -1).to_numpy()])
    ids = [*outlines["quarter_id"], OUTSIDE_ID]
    names = [*outlines["name"], outside_name.fr]
    # A district covered by earlier ones has no area left: it keeps its own outline.
    whole = outlines.geometry.to_numpy()
    shown = np.where(shapely.area(district_shapes) > 0, district_shapes, whole)
    shapes = np.append(shown, outside)  # last: place -1
    return _table([*summed, *empty], ids, names, shapes, candidates.crs)


def _without_overlaps(shapes: Geometries) -> Geometries:
    """Remove from each outline its overlap with the outlines before it."""
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    earlier = second < first
    later, before = unions_by(first[earlier], shapes[second[earlier]])
    disjoint: Geometries = shapes.copy()
    disjoint[later] = polygons_only(shapely.difference(shapes[later], before))
    return disjoint


def _site_parts(sites: pd.DataFrame, district_shapes: Geometries) -> pd.DataFrame:
    """Part and share of each site in each district, one row a pair; place -1 is outside."""
    shapes = np.asarray(sites["geometry"], dtype=object)
    known = ~(shapely.is_empty(district_shapes) | shapely.is_missing(district_shapes))
    known_rows = np.flatnonzero(known)
    row, hit = shapely.STRtree(district_shapes[known]).query(shapes, predicate="intersects")
    place = known_rows[hit]
    within = shapely.covers(
        district_shapes[place], shapes[row]
    )  # most sites lie within one district
    inside = shapes[row].copy()
    inside[~within] = shapely.intersection(shapes[row[~within]], district_shapes[place[~within]])
    rest = shapes.copy()
    rest[row[within]] = None
    astride, overlapped = unions_by(row[~within], district_shapes[place[~within]])
    rest[astride] = shapely.difference(rest[astride], overlapped)
    rows = np.concatenate([row, np.arange(len(shapes))])
    where = np.concatenate([place, np.full(len(shapes), -1)])
    cut = polygons_only(np.concatenate([inside, rest]))
    area = shapely.area(cut)
    has_area = area > MIN_AREA_M2
    columns = ["kind", "availability_class", *ADDITIVE, *MEANS]
    counted = sites["counted_area_m2"].fillna(sites["area_m2"])
    found: pd.DataFrame = (
        sites[columns].assign(counted=counted).iloc[rows[has_area]].reset_index(drop=True)
    )
    share = area[has_area] / shapely.area(shapes)[rows[has_area]]
    return found.assign(place=where[has_area], share=share, shape=cut[has_area])


def _summary(rows: pd.DataFrame) -> dict[str, Any]:
    share = rows["share"]
    sums = {name: (rows[name] * share).sum(min_count=1) for name in ADDITIVE}
    means = {}
    for name, column in MEANS.items():
        known = rows[name].notna()
        weight = share[known].sum()
        mean = (rows[name] * share)[known].sum() / weight if weight > 0 else np.nan
        means[column] = min(mean, 1.0) if known.any() else np.nan
    classes = rows["availability_class"]
    area = (rows["counted"] * share).fillna(0.0)
    sums |= {"area_m2": area.sum(), "offered_area_m2": area[(classes != TAKEN).to_numpy()].sum()}
    if classes.notna().any():  # a result of a former version has none
        sums |= {name: share[classes == one].sum() for one, name in SUPPLY.items()}
    return {"number": share.sum(), **sums, **means}


def _table(
    rows: list[dict[str, Any]], ids: list[str], names: list[Any], shapes: Geometries, crs: Any
) -> gpd.GeoDataFrame:
    """Rows in the order of the districts, then of the kinds; the outside comes last."""
    if not rows:
        nothing: gpd.GeoDataFrame = schemas.DISTRICTS.empty(crs)
        return nothing
    table = pd.DataFrame(rows)
    place = table["place"].to_numpy()
    table = table.assign(quarter_id=[ids[i] for i in place], name=[names[i] for i in place])
    frame = gpd.GeoDataFrame(table, geometry=polygons_only(shapes[place]), crs=crs)
    order = {kind: i for i, kind in enumerate((schemas.ALL_KINDS, *KINDS))}
    frame = frame.assign(step=frame["kind"].map(order), last=place == -1)
    ordered = frame.sort_values(["last", "quarter_id", "step"])
    summary: gpd.GeoDataFrame = schemas.DISTRICTS.conform(ordered)
    return summary
