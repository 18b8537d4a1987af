"""Gather what a result says of one opportunity or of one parcel."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from foncier.errors import ConfigError
from foncier.results.layers import SITES
from foncier.results.reader import quoted

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from foncier.results.reader import SavedResult

REJECTED = "parcelles_ecartees"
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


def explain(result: SavedResult, id: str) -> Explanation:  # noqa: A002 (the word of the command line)
    """Gather what a result says of an opportunity or of a parcel.

    Parameters
    ----------
    result
        A result, opened by `foncier.results.read_saved`.
    id
        An ``opportunity_id``, or a parcel of 14 characters; blanks and case do not count.

    Raises
    ------
    ConfigError
        Nothing has this id; the nearest ids are named.
    FormatError
        The GeoPackage cannot be read.
    """
    compact = "".join(id.split())
    for candidate in dict.fromkeys((id, compact, compact.upper())):
        own = result.table(SITES, ids=[candidate])
        if len(own):
            parcels = own["parcel_ids"].dropna().str.split(SEVERAL).explode().tolist()
            return _gather(result, candidate, own, parcels)
    parcel = compact.upper()
    found = _gather(result, parcel, _holding(result, SITES, [parcel]), [parcel])
    if len(found.opportunities) + len(found.tests) + len(found.rejections) == 0:
        raise ConfigError(_unknown(result, id, parcel))
    return found


def parcels_of(parcel_ids: Any) -> list[str]:
    """Parcels of a site, in the order of the result; empty when none is known.

    Examples
    --------
    >>> parcels_of("80021000AB0001|80021000AB0002"), parcels_of(float("nan"))
    (['80021000AB0001', '80021000AB0002'], [])
    """
    return [p for p in parcel_ids.split(SEVERAL) if p] if isinstance(parcel_ids, str) else []


def _gather(
    result: SavedResult, id_: str, rows: gpd.GeoDataFrame, parcels: list[str]
) -> Explanation:
    ids = rows["opportunity_id"].tolist()
    return Explanation(
        id=id_,
        subject="opportunity" if id_ in ids else "parcel",
        fictional=result.fictional,
        opportunities=rows,
        evidence=result.table("indices", ids=ids),
        access=result.table("acces_detail", ids=ids),
        tests=result.table("tests", ids=parcels, key="parcel_id"),
        rejections=result.table(REJECTED, ids=parcels, key="parcel_id"),
        criteria=result.table("criteres"),
        assemblies=_holding(result, "assemblages", parcels, geometry=False),
        mutability=result.table("mutabilite", ids=ids),
        mutability_facts=result.table("mutabilite_connus", ids=ids),
        effort=result.table("cout_durete", ids=ids),
    )


def _holding(result: SavedResult, layer: str, parcels: list[str], *, geometry: bool = True) -> Any:
    """Rows of a layer whose ``parcel_ids`` name one of some parcels."""
    like = " OR ".join(f"parcel_ids LIKE {quoted(f'%{parcel}%')}" for parcel in parcels)
    rows = result.table(layer, where=like or "1 = 0", geometry=geometry)
    asked = set(parcels)
    held = np.array([bool(asked.intersection(parcels_of(ids))) for ids in rows["parcel_ids"]], bool)
    return rows[held].reset_index(drop=True)


def _unknown(result: SavedResult, asked: str, parcel: str) -> str:
    sites = result.table(SITES, columns=["opportunity_id"], geometry=False)
    # Comparing with a million parcels would take minutes: those of the same section are enough.
    parcels = result.table(
        REJECTED,
        columns=["parcel_id"],
        where=f"parcel_id LIKE {quoted(f'{parcel[:10]}%')}",
        geometry=False,
        limit=LOOKED_AT,
    )
    close = [
        *get_close_matches(asked, sites["opportunity_id"].tolist()[:LOOKED_AT], SHOWN),
        *get_close_matches(parcel, parcels["parcel_id"].tolist(), SHOWN),
    ][:SHOWN]
    hint = f" Les plus proches\u00a0: {', '.join(close)}." if close else ""
    return (
        f"{asked!r}\u00a0: ni une opportunité, ni une parcelle de ce résultat.{hint} "
        "Attendu\u00a0: un identifiant de la couche opportunites, ou une parcelle de 14 caractères "
        "(par exemple 80021000AR0150)."
    )
