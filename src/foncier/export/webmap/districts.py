"""Districts and perimeters of public policies, with the words that the map shows of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from foncier import schemas
from foncier.export.webmap import encode_geometry
from foncier.export.webmap.encode_table import numbers, texts
from foncier.i18n import LANGUAGES, localize
from foncier.results.labels import VALUES
from foncier.scoring.by_district import OUTSIDE_ID

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foncier.i18n import Lang
    from foncier.model import ResultTables

FACTS = ("ready_number", "residents", "price_eur_m2", "vacancy_share")
SQUARE_METRES = 10_000.0  # of a hectare


def districts(result: ResultTables) -> dict[str, Any]:
    """Districts with their supply of all kinds; without the land outside all of them.

    ``share`` is the area on offer over that of the district.
    """
    crs = result.candidates.crs
    table = schemas.DISTRICTS.empty(crs) if result.districts is None else result.districts
    rows = table[(table["kind"] == schemas.ALL_KINDS) & (table["quarter_id"] != OUTSIDE_ID)]
    rows = rows.sort_values("quarter_id", kind="stable")
    ground = rows.geometry.area
    return {
        "name": texts(rows["name"].fillna(rows["quarter_id"])),
        "share": numbers(rows["area_m2"] / ground.where(ground > 0)),
        **{
            lang: [district_line(row, lang) for row in pd.DataFrame(rows).to_dict("records")]
            for lang in LANGUAGES
        },
        "shapes": encode_geometry.encode_polygons(rows.geometry.array, crs),
    }


def district_line(row: Mapping[Any, Any], lang: Lang) -> str:
    """Supply, residents, price and vacancy of a district; what is unknown is left out."""
    known = {name for name in FACTS if not pd.isna(row[name])}
    parts = [
        localize(
            "export.webmap.district_supply",
            lang,
            count=row["number"],
            hectares=row["area_m2"] / SQUARE_METRES,
        )
    ]
    if "ready_number" in known:
        parts.append(
            localize(
                "export.webmap.district_classes",
                lang,
                ready=row["ready_number"],
                confirm=row["to_confirm_number"],
                taken=row["taken_number"],
            )
        )
    parts += [
        localize(f"export.webmap.district_{name}", lang, value=row[name])
        for name in FACTS[1:]
        if name in known
    ]
    return " · ".join(parts)


def perimeters(result: ResultTables) -> dict[str, Any]:
    """Perimeters of public policies with their kind; empty where the study has none."""
    crs = result.candidates.crs
    table = schemas.PERIMETERS.empty(crs) if result.perimeters is None else result.perimeters
    rows = table.sort_values("perimeter_id", kind="stable")
    kinds = rows["kind"].tolist()
    return {
        "name": texts(rows["name"].fillna(rows["perimeter_id"])),
        **{lang: [VALUES[kind][lang] for kind in kinds] for lang in LANGUAGES},
        "shapes": encode_geometry.encode_polygons(rows.geometry.array, crs),
    }
