"""What the page holds: one plain value of lists and words, from a result."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from foncier import tables
from foncier.export.webmap import shapes
from foncier.export.webmap.background import base_map, view_box
from foncier.export.words import VALUES

if TYPE_CHECKING:
    from foncier.records import LayerReport, Result, Text

MEASURES = (
    "area_m2", "usable_area_m2", "built_share", "axis_distance_m", "residents_around", "confidence",
)  # fmt: skip
SITE_TEXTS = ("kind", "name", "address", "commune", "parcel_ids", "status", "perimeter", "family",
              "zone", "flags", "sources")  # fmt: skip
SCORE_NUMBERS = ("score", "score_low", "score_high", "coverage", "rank", "rank_low", "rank_high")
WALK_DIGITS = {"distance_m": 1, "time_min": 2, "detour_index": 3}
DIGITS = 3
ROUTE_TOLERANCE_M = 1.0


def payload(result: Result, *, lang: str) -> dict[str, Any]:
    """Everything the page shows, ready for JSON.

    Coordinates are millionths of a degree (WGS 84); a missing value is None, never 0. Sites come
    in the order of their rank, those of unknown score last, by id.
    """
    sites = _ordered(result)
    ids = pd.Series(np.arange(len(sites)), index=sites["opportunity_id"].to_numpy())
    return {
        "lang": lang,
        "title": result.title,
        "communes": list(result.communes),
        "edition": result.edition.isoformat() if result.edition else None,
        "demo": result.demo,
        "profile": {"label": _pair(result.profile.label), "source": result.profile.source},
        "view": _view(result),
        "values": {code: _pair(text) for code, text in VALUES.items()},
        "labels": _labels(),
        "targets": {name: _pair(text) for name, text in result.targets.items()},
        "criteria": [_criterion(result, sites, index) for index in range(len(result.criteria))],
        "presets": presets(),
        "sites": _sites(result, sites),
        "evidence": _evidence(result.evidence, ids),
        "tests": _tests(result, sites),
        "access": _access(result, ids),
        "entries": _entries(result, ids),
        "rejected": _rejected(result),
        "lines": _lines(result),
        "routes": _routes(result, ids),
        "stops": _stops(result),
        "places": _places(result),
        "area": _area(result),
        "base": base_map(result),
        "missing": [[entry.what, *_pair(entry.cost)] for entry in result.missing],
        "reports": [_report(report) for report in result.reports],
        "credits": list(result.credits),
    }


def presets() -> list[dict[str, Any]]:
    """Weights by kind of project, offered beside the study's own; criteria by name."""
    source = resources.files("foncier") / "study" / "rulesets" / "projects.toml"
    found = tomllib.loads(source.read_text(encoding="utf-8"))["project"]
    return [
        {
            "name": preset["name"],
            "label": [preset["fr"], preset["en"]],
            "why": [preset["why_fr"], preset["why_en"]],
            "weights": preset["weights"],
        }
        for preset in found
    ]


def _pair(text: Text) -> list[str]:
    return [text.fr, text.en]


def _numbers(values: pd.Series[Any], digits: int | None = DIGITS) -> list[float | int | None]:
    """Numbers for JSON: None when unknown, an integer when it is whole."""
    found = values.to_numpy(dtype=np.float64, na_value=np.nan)
    found = found if digits is None else np.round(found, digits)
    known = np.isfinite(found)
    if not known.any():
        return [None] * len(found)
    whole = known & (found == np.rint(found))
    written = found.astype(object)
    written[whole] = found[whole].astype(np.int64).astype(object)
    written[~known] = None
    listed: list[float | int | None] = written.tolist()
    return listed


def _texts(values: pd.Series[Any]) -> list[str | None]:
    known = values.notna().tolist()
    return [str(value) if one else None for value, one in zip(values.tolist(), known, strict=True)]


def _ordered(result: Result) -> Any:
    """Candidates with their scores, best rank first, unknown scores last."""
    joined = result.candidates.merge(
        result.scores, on="opportunity_id", how="left", suffixes=("", "_criterion")
    )
    return joined.sort_values(
        ["rank", "opportunity_id"], na_position="last", kind="stable"
    ).reset_index(drop=True)


def _view(result: Result) -> list[list[int]] | None:
    """South-west and north-east corners of what to show first: the study area."""
    known = result.area is not None and not shapely.is_empty(result.area)
    extent = tuple(shapely.bounds(result.area)) if known else view_box(result)
    if extent is None:
        return None
    west, south, east, north = extent
    corners = shapely.points([[west, south], [east, north]])
    return shapes.encode_points(shapes.to_degrees(corners, result.candidates.crs))


def _labels() -> dict[str, list[str]]:
    """French, English and unit of the columns that the cards show, from the contracts."""
    shown = (*tables.CANDIDATES.columns, *tables.ACCESS_POINTS.columns, *tables.ACCESS.columns)
    return {column.name: [column.fr, column.en, column.unit] for column in shown}


def _criterion(result: Result, sites: Any, index: int) -> dict[str, Any]:
    """One criterion: its words, its ramp, and for each site the measure and the score."""
    rule = result.criteria[index]
    # A criterion may bear the name of a column of the candidates: the merge then renamed it.
    column = f"{rule.name}_criterion" if f"{rule.name}_criterion" in sites else rule.name
    known = column in result.scores.columns or column.endswith("_criterion")
    return {
        "name": rule.name,
        "label": _pair(rule.label),
        "unit": rule.unit,
        "worst": rule.worst,
        "best": rule.best,
        "weight": rule.weight,
        "source": rule.source,
        "values": _measure(result, sites, rule.measure),
        "scores": _numbers(sites[column], None) if known else [None] * len(sites),
    }


def _measure(result: Result, sites: Any, name: str) -> list[float | int | None]:
    """Values of a measure: a column of the candidates, or ``<target>_min`` and ``<target>_m``."""
    if name in sites:
        return _numbers(sites[name])
    target, _, unit = name.rpartition("_")
    column = {"min": "time_min", "m": "distance_m", "detour": "detour_index"}.get(unit)
    if column is None:
        return [None] * len(sites)
    rows = result.access[result.access["target"] == target]
    known = rows.drop_duplicates("opportunity_id").set_index("opportunity_id")[column]
    return _numbers(known.reindex(sites["opportunity_id"]))


def _sites(result: Result, sites: Any) -> dict[str, Any]:
    outline = shapes.to_degrees(sites.geometry.array, result.candidates.crs)
    inside = shapely.point_on_surface(np.asarray(sites.geometry.array))
    return {
        "id": _texts(sites["opportunity_id"]),
        **{name: _texts(sites[name]) for name in SITE_TEXTS},
        **{name: _numbers(sites[name]) for name in MEASURES},
        **{name: _numbers(sites[name], 6) for name in SCORE_NUMBERS},
        "at": shapes.encode_points(shapes.to_degrees(inside, result.candidates.crs)),
        "shapes": shapes.encode_polygons(outline),
    }


def _known(table: Any, ids: pd.Series[Any]) -> tuple[Any, list[int]]:
    """Rows of sites that are on the map, and the position of their site."""
    owner = ids.index.get_indexer(table["opportunity_id"])
    return table[owner >= 0], owner[owner >= 0].tolist()


def _evidence(table: pd.DataFrame, ids: pd.Series[Any]) -> dict[str, Any]:
    rows, owner = _known(table, ids)
    return {
        "site": owner,
        "direction": shapes.pool(rows["direction"]),
        "weight": _numbers(rows["weight"]),
        "source": shapes.pool(rows["source"]),
        "date": _texts(rows["observed_on"].dt.strftime("%Y-%m-%d")),
        "fr": shapes.pack_phrases(rows["text_fr"]),
        "en": shapes.pack_phrases(rows["text_en"]),
    }


def _tests(result: Result, sites: Any) -> dict[str, Any]:
    """Tests of the parcels of each site, for the kind that the site is."""
    wanted = sites[["opportunity_id", "kind", "parcel_ids"]].assign(site=np.arange(len(sites)))
    wanted = pd.DataFrame(wanted.dropna(subset=["parcel_ids"]))
    wanted = wanted.assign(parcel_id=wanted["parcel_ids"].str.split("|")).explode("parcel_id")
    wanted = wanted.astype({"parcel_id": "str"})
    rows = wanted[["site", "kind", "parcel_id"]].merge(result.tests, on=["parcel_id", "kind"])
    rows = rows.sort_values(["site", "parcel_id", "step"], kind="stable")
    return {
        "site": rows["site"].tolist(),
        "parcel": shapes.pool(rows["parcel_id"]),
        **{name: _numbers(rows[name]) for name in ("value", "threshold", "margin")},
        "unit": shapes.pool(rows["unit"]),
        "passed": [None if pd.isna(value) else bool(value) for value in rows["passed"]],
        "detail": _texts(rows["detail"]),
        "fr": shapes.pool(rows["label_fr"]),
        "en": shapes.pool(rows["label_en"]),
    }


def _access(result: Result, ids: pd.Series[Any]) -> dict[str, Any]:
    """Walk to each target, one value a site, None where it is unknown."""
    table = result.access
    return {
        target: _walk(table[table["target"] == target], ids)
        for target in table["target"].drop_duplicates()
    }


def _walk(rows: pd.DataFrame, ids: pd.Series[Any]) -> dict[str, Any]:
    place = pd.Index(rows["opportunity_id"]).get_indexer(ids.index)
    wide = rows.reset_index(drop=True).reindex(np.where(place < 0, len(rows), place))
    return {
        "place": shapes.pool(wide["place"]),
        **{name: _numbers(wide[name], digits) for name, digits in WALK_DIGITS.items()},
    }


def _entries(result: Result, ids: pd.Series[Any]) -> dict[str, Any]:
    """Street access of each site."""
    rows, owner = _known(result.access_points, ids)
    return {
        "site": owner,
        "street": _texts(rows["street_name"]),
        "frontage_m": _numbers(rows["frontage_m"], 1),
        "at": shapes.encode_points(shapes.to_degrees(rows["geometry"], result.access_points.crs)),
    }


def _rejected(result: Result) -> dict[str, Any]:
    rows = result.rejections
    return {
        "parcel": _texts(rows["parcel_id"]),
        "kind": shapes.pool(rows["kind"]),
        "area_m2": _numbers(rows["area_m2"], 0),
        "fr": shapes.pack_phrases(rows["reason_fr"]),
        "en": shapes.pack_phrases(rows["reason_en"]),
        "shapes": shapes.encode_polygons(shapes.to_degrees(rows.geometry.array, rows.crs)),
    }


def _lines(result: Result) -> dict[str, Any]:
    rows = result.lines
    return {
        "name": _texts(rows["name"]),
        "role": _texts(rows["role"]),
        "status": _texts(rows["status"]),
        "length_m": _numbers(rows["length_m"], 0),
        "shapes": shapes.encode_lines(shapes.to_degrees(rows.geometry.array, rows.crs)),
    }


def _routes(result: Result, ids: pd.Series[Any]) -> dict[str, Any]:
    """Ways on foot from the sites to the loop, for those that have one."""
    if result.routes is None or not len(result.routes):
        return {"site": [], "shapes": []}
    rows, owner = _known(result.routes, ids)
    lines = shapely.simplify(np.asarray(rows["geometry"], dtype=object), ROUTE_TOLERANCE_M)
    return {
        "site": owner,
        "shapes": shapes.encode_lines(shapes.to_degrees(lines, result.routes.crs)),
    }


def _stops(result: Result) -> dict[str, Any]:
    rows = result.stops
    if not len(rows):
        return {"name": [], "at": []}
    rows = rows.sort_values("order", kind="stable")
    return {
        "name": _texts(rows["name"]),
        "at": shapes.encode_points(shapes.to_degrees(rows.geometry.array, rows.crs)),
    }


def _places(result: Result) -> dict[str, Any]:
    rows = result.background.places.sort_values("place_id", kind="stable")
    return {
        "name": _texts(rows["name"]),
        "category": shapes.pool(rows["category"]),
        "at": shapes.encode_points(shapes.to_degrees(rows.geometry.array, rows.crs)),
    }


def _area(result: Result) -> list[Any]:
    if result.area is None or shapely.is_empty(result.area):
        return []
    return shapes.encode_polygons(shapes.to_degrees([result.area], result.candidates.crs))


def _report(report: LayerReport) -> dict[str, Any]:
    return {
        "layer": report.layer,
        "path": report.path,
        "rows": [report.rows_read, report.rows_kept],
        "vintage": report.vintage.isoformat() if report.vintage else None,
        "source": report.source,
        "licence": report.licence,
        "notes": [[note.effect, note.count, *_pair(note.text)] for note in report.notes],
    }
