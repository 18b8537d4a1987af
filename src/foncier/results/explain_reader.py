"""Read back, from a GeoPackage that was delivered, all that it says of one site or parcel."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyogrio

from foncier import schemas
from foncier.errors import ConfigError, FormatError
from foncier.results.parts import (
    GEOPACKAGE,
    geopackages,
    layer_names,
    read_layer,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

    from foncier.schemas import Table

    Paths = Sequence[Path]  # the GeoPackages of a result

ASSEMBLIES = "assemblages"
# Tables that a result of before may lack.
FRICHES = (
    ("mutability", "mutabilite", schemas.MUTABILITY),
    ("mutability_facts", "mutabilite_connus", schemas.MUTABILITY_FACTS),
    ("effort", "cout_durete", schemas.EFFORT),
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
    paths = geopackages(folder)
    try:
        sites: gpd.GeoDataFrame = read_layer(paths, "opportunites")
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as reason:
        raise FormatError(_unreadable(reason)) from reason
    return sites


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
    paths = geopackages(folder)
    try:
        return _found(paths, id)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as reason:
        raise FormatError(_unreadable(reason)) from reason


def _unreadable(reason: Exception) -> str:
    return (
        f"{GEOPACKAGE}\u00a0: fichier illisible ou d'une autre version ({reason}). "
        "Relancez «\u00a0foncier run\u00a0»."
    )


def _found(paths: Paths, asked: str) -> Explanation:
    compact = "".join(asked.split())
    for candidate in dict.fromkeys((asked, compact, compact.upper())):
        own = _read(paths, "opportunites", _among("opportunity_id", [candidate]))
        if len(own):
            held = own["parcel_ids"].dropna().str.split(SEVERAL).explode().tolist()
            return _gather(paths, candidate, own, held)
    parcel = compact.upper()
    held_by = _read(paths, "opportunites", f"parcel_ids LIKE {_quoted(f'%{parcel}%')}")
    holds = np.array([parcel in ids.split(SEVERAL) for ids in held_by["parcel_ids"]], dtype=bool)
    found = _gather(paths, parcel, held_by[holds].reset_index(drop=True), [parcel])
    if len(found.opportunities) + len(found.tests) + len(found.rejections) == 0:
        raise ConfigError(_unknown(paths, asked, parcel))
    return found


def _gather(paths: Paths, id_: str, rows: gpd.GeoDataFrame, parcels: list[str]) -> Explanation:
    ids = rows["opportunity_id"].tolist()
    return Explanation(
        id=id_,
        subject="opportunity" if id_ in ids else "parcel",
        fictional="donnees" in rows.columns,
        opportunities=rows,
        evidence=_table(paths, "preuves", schemas.EVIDENCE, _among("opportunity_id", ids)),
        access=_table(paths, "acces_detail", schemas.ACCESS, _among("opportunity_id", ids)),
        tests=_table(paths, "essais", schemas.TESTS, _among("parcel_id", parcels)),
        rejections=_read(paths, "parcelles_ecartees", _among("parcel_id", parcels)),
        criteria=_read(paths, "criteres", None),
        assemblies=_assemblies(paths, parcels),
        **{name: _optional(paths, layer, contract, ids) for name, layer, contract in FRICHES},
    )


def _assemblies(paths: Paths, parcels: list[str]) -> pd.DataFrame:
    """Groups that hold one of some parcels; none where the result sought none."""
    if ASSEMBLIES not in layer_names(paths) or not parcels:
        empty: pd.DataFrame = schemas.ASSEMBLIES.empty().drop(columns="geometry")
        return empty
    like = " OR ".join(f"parcel_ids LIKE {_quoted(f'%{parcel}%')}" for parcel in parcels)
    rows = read_layer(paths, ASSEMBLIES, where=like, read_geometry=False)
    sought = set(parcels)
    held = np.array([bool(sought & set(ids.split(SEVERAL))) for ids in rows["parcel_ids"]], bool)
    found: pd.DataFrame = rows.loc[held].reset_index(drop=True)
    return found


def _table(paths: Paths, layer: str, contract: Table, where: str) -> pd.DataFrame:
    table: pd.DataFrame = contract.conform(_read(paths, layer, where))
    return table


def _optional(paths: Paths, layer: str, contract: Table, ids: list[str]) -> Any:
    if layer not in layer_names(paths):
        return contract.empty()
    return _table(paths, layer, contract, _among("opportunity_id", ids))


def _read(paths: Paths, layer: str, where: str | None) -> Any:
    return read_layer(paths, layer, where=where)


def _among(column: str, values: list[str]) -> str:
    if not values:
        return "1 = 0"
    return f'"{column}" IN ({", ".join(_quoted(value) for value in values)})'


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''").replace("\x00", "") + "'"


def _unknown(paths: Paths, asked: str, parcel: str) -> str:
    sites = read_layer(paths, "opportunites", columns=["opportunity_id"], read_geometry=False)[
        "opportunity_id"
    ].tolist()
    # Comparing with a million parcels would take minutes: those of the same section are enough.
    near = _quoted(f"{parcel[:10]}%")
    parcels = read_layer(
        paths,
        "parcelles_ecartees",
        columns=["parcel_id"],
        read_geometry=False,
        where=f"parcel_id LIKE {near}",
        max_features=LOOKED_AT,
    )["parcel_id"].tolist()
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
