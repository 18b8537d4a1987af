"""Parcels that pass together and fail alone: what the map says of each group, never ranked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foncier import tables
from foncier.export.webmap import shapes
from foncier.export.webmap.columns import numbers, phrases, pool, texts

if TYPE_CHECKING:
    from foncier.records import Result

TOLD = ("alone", "together", "agreement")


def assemblies(result: Result) -> dict[str, Any]:
    """Outlines of the assemblies, sorted by id, with what each parcel lacks and the union passes.

    Empty where none was found or sought. Areas in m², None where unknown.
    """
    crs = result.candidates.crs
    table = tables.ASSEMBLIES.empty(crs) if result.assemblies is None else result.assemblies
    rows = table.sort_values("assembly_id", kind="stable")
    return {
        "id": texts(rows["assembly_id"]),
        "kind": pool(rows["kind"]),
        "parcels": texts(rows["parcel_ids"]),
        "area_m2": numbers(rows["area_m2"], 0),
        "usable_area_m2": numbers(rows["usable_area_m2"], 0),
        **{f"{name}_{lang}": phrases(rows[f"{name}_{lang}"])
           for name in TOLD for lang in ("fr", "en")},
        "shapes": shapes.encode_polygons(rows.geometry.array, crs),
    }  # fmt: skip
