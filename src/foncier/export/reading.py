"""Read back, from a GeoPackage that was delivered, all that it says of one site or parcel."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyogrio

from foncier import tables
from foncier.errors import ConfigError, FormatError

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

    from foncier.tables import Table

GEOPACKAGE = "opportunites.gpkg"
ASSEMBLIES = "assemblages"
# Tables that a result of before may lack.
FRICHES = (
    ("mutability", "mutabilite", tables.MUTABILITY),
    ("mutability_facts", "mutabilite_connus", tables.MUTABILITY_FACTS),
    ("effort", "cout_durete", tables.EFFORT),
)
SEVERAL = "|"  # between the parcels of a site
SHOWN = 3  # ids that a message offers
LOOKED_AT = 5000  # ids that are compared with an unknown one


@dataclass(frozen=True)
class Explanation:
    """All that a result says of one opportunity or of one parcel; tables may be empty.

    ``opportunities`` holds the opportunity, or those that hold the parcel, with every column of
    the layer; ``evidence``, ``access`` are theirs. ``tests`` and ``rejections`` are of the parcel,
    or of the parcels of the opportunity. ``criteria`` are those of the whole result.
    ``assemblies`` are the groups (ASSEMBLIES) that hold the parcel, or one of those parcels.
    ``mutability``, ``mutability_facts`` and ``effort`` are empty for what is no friche.
    """

    id: str
    subject: Literal["opportunity", "parcel"]
    fictional: bool
    opportunities: gpd.GeoDataFrame
    evidence: pd.DataFrame
    access: pd.DataFrame
    tests: pd.DataFrame
    rejections: gpd.GeoDataFrame
    criteria: pd.DataFrame
    assemblies: pd.DataFrame
    mutability: pd.DataFrame
    mutability_facts: pd.DataFrame
    effort: pd.DataFrame


def delivered(folder: Path) -> gpd.GeoDataFrame:
    """Read all opportunities of a delivered result, with every column of their layer.

    Raises
    ------
    ConfigError
        There is no result there.
    FormatError
        The GeoPackage cannot be read.
    """
    path = _there(folder)
    try:
        return pyogrio.read_dataframe(path, layer="opportunites")
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as reason:
        raise FormatError(_unreadable(reason)) from reason


def explain(folder: Path, id: str) -> Explanation:  # noqa: A002 (the word of the command line)
    """Gather what a delivered result says of an opportunity or of a parcel.

    Parameters
    ----------
    folder
        Where ``opportunites.gpkg`` was delivered.
    id
        An ``opportunity_id``, or a parcel of 14 characters; blanks and case do not count.

    Raises
    ------
    ConfigError
        There is no result there, or nothing bears this id; the nearest ids are named.
    FormatError
        The GeoPackage cannot be read.
    """
    path = _there(folder)
    try:
        return _found(path, id)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as reason:
        raise FormatError(_unreadable(reason)) from reason


def _there(folder: Path) -> Path:
    path = folder / GEOPACKAGE
    if not path.is_file():
        raise ConfigError(
            f"{folder.name}\u00a0: aucun résultat ici ({GEOPACKAGE} n'y est pas). "
            "Lancez d'abord «\u00a0foncier run\u00a0», ou indiquez le dossier de ses résultats."
        )
    return path


def _unreadable(reason: Exception) -> str:
    return (
        f"{GEOPACKAGE}\u00a0: fichier illisible ou d'une autre version ({reason}). "
        "Relancez «\u00a0foncier run\u00a0»."
    )


def _found(path: Path, asked: str) -> Explanation:
    compact = "".join(asked.split())
    for candidate in dict.fromkeys((asked, compact, compact.upper())):
        own = _read(path, "opportunites", _among("opportunity_id", [candidate]))
        if len(own):
            held = own["parcel_ids"].dropna().str.split(SEVERAL).explode().tolist()
            return _gather(path, candidate, own, held)
    parcel = compact.upper()
    held_by = _read(path, "opportunites", f"parcel_ids LIKE {_quoted(f'%{parcel}%')}")
    holds = np.array([parcel in ids.split(SEVERAL) for ids in held_by["parcel_ids"]], dtype=bool)
    found = _gather(path, parcel, held_by[holds].reset_index(drop=True), [parcel])
    if len(found.opportunities) + len(found.tests) + len(found.rejections) == 0:
        raise ConfigError(_unknown(path, asked, parcel))
    return found


def _gather(path: Path, id_: str, rows: gpd.GeoDataFrame, parcels: list[str]) -> Explanation:
    ids = rows["opportunity_id"].tolist()
    return Explanation(
        id=id_,
        subject="opportunity" if id_ in ids else "parcel",
        fictional="donnees" in rows.columns,
        opportunities=rows,
        evidence=_table(path, "preuves", tables.EVIDENCE, _among("opportunity_id", ids)),
        access=_table(path, "acces_detail", tables.ACCESS, _among("opportunity_id", ids)),
        tests=_table(path, "essais", tables.TESTS, _among("parcel_id", parcels)),
        rejections=_read(path, "parcelles_ecartees", _among("parcel_id", parcels)),
        criteria=_read(path, "criteres", None),
        assemblies=_assemblies(path, parcels),
        **{name: _optional(path, layer, contract, ids) for name, layer, contract in FRICHES},
    )


def _assemblies(path: Path, parcels: list[str]) -> pd.DataFrame:
    """Groups that hold one of some parcels; none where the result sought none."""
    if ASSEMBLIES not in pyogrio.list_layers(path)[:, 0] or not parcels:
        empty: pd.DataFrame = tables.ASSEMBLIES.empty().drop(columns="geometry")
        return empty
    like = " OR ".join(f"parcel_ids LIKE {_quoted(f'%{parcel}%')}" for parcel in parcels)
    rows = pyogrio.read_dataframe(path, layer=ASSEMBLIES, where=like, read_geometry=False)
    sought = set(parcels)
    held = np.array([bool(sought & set(ids.split(SEVERAL))) for ids in rows["parcel_ids"]], bool)
    found: pd.DataFrame = rows.loc[held].reset_index(drop=True)
    return found


def _table(path: Path, layer: str, contract: Table, where: str) -> pd.DataFrame:
    table: pd.DataFrame = contract.conform(_read(path, layer, where))
    return table


def _optional(path: Path, layer: str, contract: Table, ids: list[str]) -> Any:
    if layer not in pyogrio.list_layers(path)[:, 0]:
        return contract.empty()
    return _table(path, layer, contract, _among("opportunity_id", ids))


def _read(path: Path, layer: str, where: str | None) -> Any:
    return pyogrio.read_dataframe(path, layer=layer, where=where)


def _among(column: str, values: list[str]) -> str:
    if not values:
        return "1 = 0"
    return f'"{column}" IN ({", ".join(_quoted(value) for value in values)})'


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''").replace("\x00", "") + "'"


def _unknown(path: Path, asked: str, parcel: str) -> str:
    sites = pyogrio.read_dataframe(
        path, layer="opportunites", columns=["opportunity_id"], read_geometry=False
    )["opportunity_id"].tolist()
    # Comparing with a million parcels would take minutes: those of the same section are enough.
    near = _quoted(f"{parcel[:10]}%")
    parcels = pyogrio.read_dataframe(
        path, layer="parcelles_ecartees", columns=["parcel_id"], read_geometry=False,
        where=f"parcel_id LIKE {near}", max_features=LOOKED_AT,
    )["parcel_id"].tolist()  # fmt: skip
    close = [
        *get_close_matches(asked, sites[:LOOKED_AT], SHOWN),
        *get_close_matches(parcel, parcels, SHOWN),
    ][:SHOWN]
    hint = f" Les plus proches\u00a0: {', '.join(close)}." if close else ""
    return (
        f"{asked!r}\u00a0: ni une opportunité, ni une parcelle de ce résultat.{hint} "
        "Attendu\u00a0: un identifiant de la couche opportunites, ou une parcelle de 14 caractères "
        "(par exemple 80021000AR0150)."
    )
