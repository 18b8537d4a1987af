"""Data of the page: a result as one JSON value of lists and texts."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from foncier import communes, schemas
from foncier.export.tables import by_rank
from foncier.export.webmap import districts, encode_geometry, isochrones, relations
from foncier.export.webmap.background import base_map, view_box
from foncier.export.webmap.encode_table import (
    numbers,
    pair,
    phrases,
    pool,
    texts,
)
from foncier.export.webmap.grid import count_by_cell, fit_to_page
from foncier.export.webmap.relations import assemblies
from foncier.export.words import VALUES
from foncier.i18n import localized
from foncier.model import Missing
from foncier.results.dates import layer_dates
from foncier.schemas.results import TAKEN

if TYPE_CHECKING:
    import geopandas as gpd

    from foncier.model import LayerReport, ResultTables

MEASURES = {
    "area_m2": 1,
    "counted_area_m2": 1,
    "usable_area_m2": 1,
    "built_share": 3,
    "axis_distance_m": 1,
    "residents_around": 0,
    "confidence": 3,
    "availability_low": 3,
    "availability_high": 3,
    "residents_5min": 0,
    "residents_10min": 0,
    "residents_15min": 0,
}
SITE_TEXTS = ("name", "address", "parcel_ids", "family")
SITE_WORDS = (
    "kind",
    "commune",
    "status",
    "perimeter",
    "zone",
    "warnings",
    "warnings_en",
    "sources",
    "confidence_band",
    "qpv",
    "in_perimeters",
    "availability_class",
    "owner_types",
    "owner_name",
    "permit_state",
    "public_land",
)
NOTED_WORDS = ("site_status",)  # noted by people: a page has them where anybody noted one
# The last three tell how robust a rank is; a result may lack them.
SCORE_NUMBERS = (
    "score",
    "score_low",
    "score_high",
    "coverage",
    "overall_rank",
    "rank_low",
    "rank_high",
    "top20_share",
    "topsis_rank",
    "pareto",
)


def payload(result: ResultTables, *, lang: str) -> dict[str, Any]:
    """Build the data of the page, ready for JSON.

    Coordinates are millionths of a degree (WGS 84); a missing value is None, never 0. Sites are
    in the order of their rank, those of unknown score last, by id.
    """
    rejected = result.rejections
    result, left_out = fit_to_page(result)
    sites = _ordered(result)
    ids = pd.Series(np.arange(len(sites)), index=sites["opportunity_id"].to_numpy())
    return {
        "lang": lang,
        "title": result.title,
        "communes": list(result.communes),
        "commune_names": _commune_names(result),
        "edition": result.edition.isoformat() if result.edition else None,
        "demo": result.demo,
        "profile": {"label": pair(result.profile.label), "source": result.profile.source},
        "view": _view(result),
        "values": {code: pair(text) for code, text in VALUES.items()},
        "labels": _labels(),
        "destinations": {name: pair(text) for name, text in result.destinations.items()},
        "criteria": [_criterion(result, sites, index) for index in range(len(result.criteria))],
        "presets": presets(),
        "sites": _sites(result, sites),
        "evidence": _evidence(result.evidence, ids),
        "layer_dates": _layer_dates(result),
        "tests": _tests(result, sites),
        "access": isochrones.access(result, ids),
        "entries": isochrones.entries(result, ids),
        **_rejected(result, rejected),
        "assemblies": assemblies(result),
        "uses": relations.uses(result, ids),
        "effort": relations.effort(result, ids),
        "availability": relations.availability(result, ids),
        "around": relations.around(result, ids),
        "needs": relations.needs(result, ids),
        "districts": districts.districts(result),
        "perimeters": districts.perimeters(result),
        "lines": _lines(result),
        "routes": isochrones.routes(result, ids),
        "isochrones": isochrones.isochrones(result, ids),
        "stops": _stops(result),
        "places": _places(result),
        "area": _area(result),
        "base": base_map(result),
        "missing": [
            [entry.what, *pair(entry.cost)]
            for entry in (*result.missing, *left_out, *_unlisted(result))
        ],
        "reports": [_report(report) for report in result.reports],
        "credits": list(result.credits),
    }


def _unlisted(result: ResultTables) -> tuple[Missing, ...]:
    """How many sites have too little confidence to be listed: the page does not show them."""
    if result.unlisted is None:
        return ()
    words = localized("export.webmap.unlisted", count=len(result.unlisted))
    return (Missing("unlisted", words),)


def _commune_names(result: ResultTables) -> dict[str, str]:
    """Names of the communes of the study and of the sites, by code, where they have one."""
    codes = {*result.communes, *result.candidates["commune"].dropna()}
    names = {code: communes.name_of(code) for code in sorted(codes)}
    return {code: name for code, name in names.items() if name != code}


def _layer_dates(result: ResultTables) -> dict[str, str]:
    layers = [(r.source, r.vintage.isoformat() if r.vintage else None) for r in result.reports]
    return layer_dates(result.evidence["source"].drop_duplicates(), layers)


def presets() -> list[dict[str, Any]]:
    """Weights by kind of project, offered beside the study's own; criteria by name."""
    source = resources.files("foncier") / "study" / "rulesets" / "projects.toml"
    presets_table = tomllib.loads(source.read_text(encoding="utf-8"))["project"]
    return [
        {
            "name": preset["name"],
            "label": [preset["fr"], preset["en"]],
            "why": [preset["why_fr"], preset["why_en"]],
            "weights": preset["weights"],
        }
        for preset in presets_table
    ]


def _ordered(result: ResultTables) -> Any:
    """Candidates with their scores, best rank first, unknown scores last."""
    joined = result.candidates.merge(
        result.scores, on="opportunity_id", how="left", suffixes=("", "_criterion")
    )
    return by_rank(joined)


def _view(result: ResultTables) -> list[int] | None:
    """South-west and north-east corners of the first view: the study area."""
    known = result.area is not None and not shapely.is_empty(result.area)
    extent = tuple(shapely.bounds(result.area)) if known else view_box(result)
    if extent is None:
        return None
    west, south, east, north = extent
    corners = shapely.points([[west, south], [east, north]])
    return encode_geometry.encode_points(corners, result.candidates.crs)


def _labels() -> dict[str, list[str]]:
    """French, English and unit of the columns that the cards show, from the contracts."""
    tabled = (schemas.CANDIDATES, schemas.ACCESS_POINTS, schemas.ACCESS, schemas.ASSEMBLIES)
    shown = [column for table in reversed(tabled) for column in table.columns]
    return {column.name: [column.fr, column.en, column.unit] for column in shown}


def _criterion(result: ResultTables, sites: Any, index: int) -> dict[str, Any]:
    """One criterion: label, value function, path of its measure, and the score of each site."""
    rule = result.criteria[index]
    # A criterion may have the name of a column of the candidates: the merge then renamed it.
    column = f"{rule.name}_criterion" if f"{rule.name}_criterion" in sites else rule.name
    known = column in result.scores.columns or column.endswith("_criterion")
    return {
        "name": rule.name,
        "label": pair(rule.label),
        "unit": rule.unit,
        "worst": rule.worst,
        "best": rule.best,
        "weight": rule.weight,
        "source": rule.source,
        "where": _where(result, rule.measure),
        "scores": numbers(sites[column], None) if known else [None] * len(sites),
    }


def _where(result: ResultTables, name: str) -> list[str] | None:
    """Path of a measure in the page: a column of the sites, or of the access to a destination."""
    if name in result.candidates:
        return ["sites", name]
    destination, _, unit = name.rpartition("_")
    column = {"min": "time_min", "m": "distance_m", "detour": "detour_index"}.get(unit)
    if column is None or not (result.access["target"] == destination).any():
        return None
    return ["access", destination, column]


def _sites(result: ResultTables, sites: Any) -> dict[str, Any]:
    crs = result.candidates.crs
    inside = shapely.point_on_surface(np.asarray(sites.geometry.array))
    return {
        "id": texts(sites["opportunity_id"]),
        **{name: texts(sites[name]) for name in SITE_TEXTS},
        **{name: pool(sites[name]) for name in (*SITE_WORDS, *_noted(sites))},
        **{name: numbers(sites[name], digits) for name, digits in MEASURES.items()},
        **{name: numbers(sites[name]) for name in _other_measures(result)},
        **{name: numbers(sites[name], 6) for name in SCORE_NUMBERS if name in sites},
        **_composition(result, sites),
        "at": encode_geometry.encode_points(inside, crs),
        "shapes": encode_geometry.encode_polygons(sites.geometry.array, crs),
    }


def _noted(sites: Any) -> list[str]:
    return [name for name in NOTED_WORDS if name in sites and sites[name].notna().any()]


def _composition(result: ResultTables, sites: Any) -> dict[str, Any]:
    """What composes the rank with the score, for other weights: to the last bit.

    The factor is null where sites are ranked by their score alone.
    """
    order, composed = result.order, sites["availability"].notna()
    taken = (sites["availability_class"] == TAKEN) & (not order.rank_taken)
    return {
        "rank_factor": numbers(sites["rank_factor"].where(composed), None),
        "rank_apart": taken.tolist(),
        "rank_last": (sites["confidence"] < order.least_confidence).tolist(),
    }


def _other_measures(result: ResultTables) -> list[str]:
    """Columns that a criterion reads and that no card shows."""
    measures = {rule.measure for rule in result.criteria} & set(result.candidates.columns)
    return sorted(measures - set(MEASURES))


def _evidence(table: pd.DataFrame, ids: pd.Series[Any]) -> dict[str, Any]:
    rows, owner = isochrones.known_sites(table, ids)
    return {
        "site": owner,
        "direction": pool(rows["direction"]),
        "weight": numbers(rows["weight"]),
        "source": pool(rows["source"]),
        "date": texts(rows["observed_on"].dt.strftime("%Y-%m-%d")),
        "fr": phrases(rows["text_fr"]),
        "en": phrases(rows["text_en"]),
    }


def _tests(result: ResultTables, sites: Any) -> dict[str, Any]:
    """Tests of the parcels of each site, for the kind that the site is."""
    listed = sites["parcel_ids"].fillna("").tolist()
    owner = np.repeat(np.arange(len(sites)), [ids.count("|") + 1 for ids in listed])
    wanted = pd.DataFrame(
        {
            "site": owner,
            "kind": sites["kind"].to_numpy()[owner],
            "parcel_id": pd.Series("|".join(listed).split("|")[: len(owner)], dtype="str"),
        }
    )
    rows = wanted.merge(result.tests, on=["parcel_id", "kind"])
    rows = rows.sort_values(["site", "parcel_id", "step"], kind="stable")
    return {
        "site": rows["site"].tolist(),
        "parcel": pool(rows["parcel_id"]),
        **{name: numbers(rows[name]) for name in ("value", "threshold", "margin")},
        "unit": pool(rows["unit"]),
        "passed": [None if pd.isna(value) else bool(value) for value in rows["passed"]],
        "detail": pool(rows["detail"]),
        "detail_en": pool(rows["detail_en"]),
        "fr": pool(rows["label_fr"]),
        "en": pool(rows["label_en"]),
    }


def _rejected(result: ResultTables, all_rejections: gpd.GeoDataFrame) -> dict[str, Any]:
    """Rejected parcels one by one, or counted by grid cell where they are too many."""
    rows = result.rejections
    counted = all_rejections[: 0 if len(rows) else None]
    return {"rejected": _parcels(rows), "grid": count_by_cell(counted, result.profile)}


def _parcels(rows: gpd.GeoDataFrame) -> dict[str, Any]:
    return {
        "parcel": texts(rows["parcel_id"]),
        "kind": pool(rows["kind"]),
        "area_m2": numbers(rows["area_m2"], 0),
        "fr": phrases(rows["reason_fr"]),
        "en": phrases(rows["reason_en"]),
        "shapes": encode_geometry.encode_polygons(rows.geometry.array, rows.crs),
    }


def _lines(result: ResultTables) -> dict[str, Any]:
    rows = result.lines
    return {
        "name": texts(rows["name"]),
        "role": texts(rows["role"]),
        "status": texts(rows["status"]),
        "length_m": numbers(rows["length_m"], 0),
        "shapes": encode_geometry.encode_lines(rows.geometry.array, rows.crs),
    }


def _stops(result: ResultTables) -> dict[str, Any]:
    rows = result.stops
    if not len(rows):
        return {"name": [], "at": []}
    rows = rows.sort_values("order", kind="stable")
    return {
        "name": texts(rows["name"]),
        "at": encode_geometry.encode_points(rows.geometry.array, rows.crs),
    }


def _places(result: ResultTables) -> dict[str, Any]:
    rows = result.background.places.sort_values("place_id", kind="stable")
    return {
        "name": texts(rows["name"]),
        "category": pool(rows["category"]),
        "at": encode_geometry.encode_points(rows.geometry.array, rows.crs),
    }


def _area(result: ResultTables) -> encode_geometry.Packed:
    if result.area is None or shapely.is_empty(result.area):
        return encode_geometry.encode_polygons([], result.candidates.crs)
    return encode_geometry.encode_polygons([result.area], result.candidates.crs)


def _report(report: LayerReport) -> dict[str, Any]:
    return {
        "layer": report.layer,
        "path": report.path,
        "rows": [report.rows_read, report.rows_kept],
        "vintage": report.vintage.isoformat() if report.vintage else None,
        "source": report.source,
        "licence": report.licence,
        "notes": [[note.effect, note.count, *pair(note.text)] for note in report.notes],
    }
