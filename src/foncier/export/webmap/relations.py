"""Best uses and effort of friches, land assemblies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foncier import schemas
from foncier.export.webmap import encode_geometry
from foncier.export.webmap.encode_table import (
    numbers,
    phrases,
    pool,
    texts,
)
from foncier.export.webmap.isochrones import known_sites
from foncier.schemas.results import TO_CONFIRM

if TYPE_CHECKING:
    import pandas as pd

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


def effort(result: ResultTables, ids: pd.Series[Any]) -> dict[str, Any]:
    """Ranges of the cost of recycling works (k€) and of the land hardness, None where unknown."""
    rows, owner = known_sites(_or_empty(result.effort, schemas.EFFORT), ids)
    return {
        "site": owner,
        "hardness": pool(rows["hardness"]),
        **{name: numbers(rows[name], 0) for name in ("works_low_keur", "works_high_keur")},
        **{name: numbers(rows[name], 1) for name in ("hardness_low", "hardness_high")},
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
