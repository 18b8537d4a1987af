"""Uses and effort of friches, surroundings and needs of sites, land assemblies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from foncier import schemas
from foncier.export.webmap import encode_geometry
from foncier.export.webmap.encode_table import (
    numbers,
    phrases,
    pool,
    texts,
)
from foncier.export.webmap.isochrones import known_sites
from foncier.i18n import LANGUAGES
from foncier.results.surroundings import need_lines, surrounding_lines
from foncier.schemas.results import TO_CONFIRM

if TYPE_CHECKING:
    from foncier.model import ResultTables


def uses(result: ResultTables, ids: pd.Series[Any]) -> dict[str, Any]:
    """Uses of each friche by Mutafriches, the best first; empty where not computed.

    The rating is that which reliability and interval support.
    """
    table = _or_empty(result.mutability, schemas.MUTABILITY)
    best = table.sort_values(["opportunity_id", "use_rank", "use"], kind="stable")
    rows, owner = known_sites(best, ids)
    return {
        "site": owner,
        "use": pool(rows["use"]),
        "stated_band": pool(rows["stated_band"].fillna(TO_CONFIRM)),
        **{
            name: numbers(rows[name], 1)
            for name in ("index", "index_low", "index_high", "reliability")
        },
    }


def around(result: ResultTables, ids: pd.Series[Any]) -> dict[str, Any]:
    """Lines on what surrounds each site, in both languages; empty where not computed."""
    table = _or_empty(result.around, schemas.AROUND)
    groups = dict(iter(table.sort_values(["opportunity_id", "order"]).groupby("opportunity_id")))
    columns = ["opportunity_id", "in_perimeters", "qpv", "qpv_distance_m"]
    lines: dict[str, Any] = {
        lang: {
            site["opportunity_id"]: surrounding_lines(
                site, groups.get(site["opportunity_id"], table.iloc[:0]), lang
            )
            for site in pd.DataFrame(result.candidates[columns]).to_dict("records")
        }
        for lang in LANGUAGES
    }
    return _lines_by_site(lines, ids)


def needs(result: ResultTables, ids: pd.Series[Any]) -> dict[str, Any]:
    """Lines on the needs that each site meets, in both languages; empty without needs."""
    table = _or_empty(result.site_needs, schemas.SITE_NEEDS)
    lines: dict[str, Any] = {
        lang: {str(id_): need_lines(rows, lang) for id_, rows in table.groupby("opportunity_id")}
        for lang in LANGUAGES
    }
    return _lines_by_site(lines, ids)


def _lines_by_site(lines: dict[str, dict[str, list[str]]], ids: pd.Series[Any]) -> dict[str, Any]:
    """One row a line: its site and its words."""
    known = [id_ for id_ in ids.index if lines["fr"].get(id_)]
    owner = [int(ids[id_]) for id_ in known for _ in lines["fr"][id_]]
    words = {lang: [line for id_ in known for line in rows[id_]] for lang, rows in lines.items()}
    return {"site": owner, **words}


def effort(result: ResultTables, ids: pd.Series[Any]) -> dict[str, Any]:
    """Ranges of the cost of recycling works (k€) and of the land hardness, None where unknown."""
    rows, owner = known_sites(_or_empty(result.effort, schemas.EFFORT), ids)
    return {
        "site": owner,
        "hardness": pool(rows["hardness"]),
        **{name: numbers(rows[name], 0) for name in ("works_low_keur", "works_high_keur")},
        **{name: numbers(rows[name], 1) for name in ("hardness_low", "hardness_high")},
    }


def availability(result: ResultTables, ids: pd.Series[Any]) -> dict[str, Any]:
    """Factors of the availability of each site, in the order of the rules, known or not."""
    rows, owner = known_sites(_or_empty(result.availability, schemas.AVAILABILITY), ids)
    return {
        "site": owner,
        "known": rows["known"].astype(bool).tolist(),
        **{name: numbers(rows[name], 3) for name in ("low", "high")},
        **{
            f"{name}_{lang}": pool(rows[f"{name}_{lang}"])
            for name in ("label", "text")
            for lang in ("fr", "en")
        },
        "source": pool(rows["source"]),
    }


def _or_empty(table: pd.DataFrame | None, contract: schemas.Table) -> pd.DataFrame:
    return contract.empty() if table is None else table


ASSEMBLY_TEXTS = ("alone", "together", "agreement")


def assemblies(result: ResultTables) -> dict[str, Any]:
    """Outlines of the land assemblies, sorted by id, with the rules that each parcel fails alone.

    Empty where none was found or looked for. Areas in m², None where unknown.
    """
    crs = result.candidates.crs
    table = schemas.ASSEMBLIES.empty(crs) if result.assemblies is None else result.assemblies
    rows = table.sort_values("assembly_id", kind="stable")
    return {
        "id": texts(rows["assembly_id"]),
        "kind": pool(rows["kind"]),
        "parcels": texts(rows["parcel_ids"]),
        "area_m2": numbers(rows["area_m2"], 0),
        "usable_area_m2": numbers(rows["usable_area_m2"], 0),
        **{
            f"{name}_{lang}": phrases(rows[f"{name}_{lang}"])
            for name in ASSEMBLY_TEXTS
            for lang in ("fr", "en")
        },
        "shapes": encode_geometry.encode_polygons(rows.geometry.array, crs),
    }
