"""Owners of sites by parcel: their types, the number of their rights, names of public bodies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier import schemas
from foncier.detect.context import shapes
from foncier.detect.evidence import neutral
from foncier.detect.permits import exploded
from foncier.geometry import pairs_within, unions_by
from foncier.i18n import Localized, label, localized

if TYPE_CHECKING:
    from foncier.model import OwnerRules

SIGNAL = "owner"
PRIVATE = "personnes_privees"
LEGAL_PERSONS, TAX_DATA, INVENTORY = schemas.OWNER_SOURCES
COLUMNS = ("owner_types", "public_land", "owner_rights", "owner_name", "owner_source")
ADJACENT_M = 0.1  # parcels of one owner as near as this adjoin
LEAST_CONTACT_M = 1.0  # a corner is no contact


def parcel_owners(owners: pd.DataFrame, rules: OwnerRules) -> pd.DataFrame:
    """Owners by parcel: those whose rights own it, of the best source of the parcel.

    Managers, agents and occupants (`OwnerRules.managers`) own nothing. A group or code that the
    rules do not know is dropped.

    Returns
    -------
    Columns ``parcel_id``, ``type``, ``owner`` (number or name of a public body, else missing),
    ``owner_name``, ``rights``, ``source``; several rows a parcel.
    """
    letters = owners["right_codes"].astype("str").str.split("|")
    owns = ~letters.map(lambda one: isinstance(one, list) and set(one) <= rules.managers)
    of_group = owners["owner_group"].map(rules.groups)
    of_code = owners["owner_code"].astype("str").map(rules.type_of, na_action="ignore")
    rows = owners.assign(type=of_group.fillna(of_code), owner=owners["owner_siren"])
    rows = rows.assign(owner=rows["owner"].fillna(rows["owner_name"]))
    rows = rows.loc[owns.to_numpy(dtype=bool) & rows["type"].notna().to_numpy(dtype=bool)]
    order = {LEGAL_PERSONS: 0, TAX_DATA: 1}
    rank = rows["source"].map(order)
    best = rank == rank.groupby(rows["parcel_id"]).transform("min")
    columns = ["parcel_id", "type", "owner", "owner_name", "rights", "source"]
    return pd.DataFrame(rows.loc[best.to_numpy(dtype=bool), columns]).reset_index(drop=True)


def complete_communes(owners: pd.DataFrame) -> frozenset[str]:
    """Communes of which the file states that it has every right of legal persons.

    A parcel of such a commune that the file does not have belongs to natural persons, or is newer
    than the file; elsewhere its owner is unknown.
    """
    complete = owners["complete"].fillna(False).to_numpy(dtype=bool)
    return frozenset(owners["parcel_id"][complete].astype("str").str.slice(0, 5))


def owner_columns(
    sites: gpd.GeoDataFrame,
    owners: pd.DataFrame | None,
    inventory: pd.DataFrame | None,
    rules: OwnerRules,
) -> gpd.GeoDataFrame:
    """Sites with the columns `COLUMNS`; missing is unknown.

    By parcel (legal persons first, then tax data), and by what the inventory says of a friche none
    of whose parcels has a known owner. ``owner_rights`` is the least number of owners: each public
    body once, and of a group without names the most rights that one parcel has.
    ``public_land`` is stated where the owners of all parcels are known, or where some are public
    and some are not.

    Parameters
    ----------
    owners
        OWNERS, or None.
    inventory
        INVENTORY, for ``owner_types`` of friches, or None.
    """
    found = _by_parcel(sites, owners, rules)
    found = _with_inventory(sites, found, inventory, rules)
    ids = sites["opportunity_id"]
    return sites.assign(**{name: ids.map(found[name]) for name in COLUMNS})


def _by_parcel(
    sites: gpd.GeoDataFrame, owners: pd.DataFrame | None, rules: OwnerRules
) -> pd.DataFrame:
    """Columns of owners by site, of its parcels."""
    if owners is None or owners.empty:
        return pd.DataFrame(columns=list(COLUMNS), dtype=object)
    known = parcel_owners(owners, rules)
    parcels = exploded(sites["parcel_ids"])
    rows = parcels.merge(known, on="parcel_id", how="left")
    absent = rows["type"].isna() & rows["parcel_id"].str.slice(0, 5).isin(complete_communes(owners))
    # A parcel that the file lists with managers alone has an owner that it does not state.
    absent &= ~rows["parcel_id"].isin(owners["parcel_id"])
    rows = rows.assign(
        type=rows["type"].mask(absent, PRIVATE),
        source=rows["source"].mask(absent, LEGAL_PERSONS),
        site=sites["opportunity_id"].to_numpy()[rows["row"]],
    )
    some = rows.dropna(subset="type")
    groups = some.groupby("site", sort=True)
    table = pd.DataFrame(
        {
            "owner_types": groups["type"].agg(_in_order),
            "owner_rights": _least_rights(some),
            "owner_name": groups["owner_name"].agg(_names),
            "owner_source": groups["source"].agg("first"),
        }
    )
    whole = rows["type"].notna().groupby(rows["site"]).all().reindex(table.index)
    public = [
        _public(types, rules, whole=every)
        for types, every in zip(table["owner_types"], whole, strict=True)
    ]
    return table.assign(public_land=pd.Series(public, table.index, dtype=object))


def _least_rights(rows: pd.DataFrame) -> pd.Series[float]:
    """Least number of owners of each site."""
    named = rows.dropna(subset="owner").groupby("site")["owner"].nunique()
    unnamed = rows.loc[rows["owner"].isna()].groupby(["site", "type"])["rights"].max()
    unnamed = unnamed.groupby("site").sum(min_count=1)
    total = pd.concat([named, unnamed], axis="columns").sum(axis="columns", min_count=1)
    return total.astype("float64")


def _in_order(types: pd.Series[str]) -> str:
    present = set(types)
    return "|".join(name for name in schemas.OWNER_TYPES if name in present)


def _names(names: pd.Series[Any]) -> str | None:
    return "|".join(sorted(set(names.dropna()))) or None


def _public(types: str, rules: OwnerRules, *, whole: bool) -> str | None:
    """Whether land of these owners is public; ``whole``: they own all of it."""
    known = [rules.public.get(name) for name in types.split("|")]
    if True in known and False in known:
        return "partiel"
    if not whole or None in known:
        return None
    return "public" if known[0] else "prive"


def _with_inventory(
    sites: gpd.GeoDataFrame,
    found: pd.DataFrame,
    inventory: pd.DataFrame | None,
    rules: OwnerRules,
) -> pd.DataFrame:
    """Owners by site, with those of the inventory for the friches that have none."""
    if inventory is None or "owner_types" not in inventory:
        return found
    listed = inventory.dropna(subset="owner_types")
    ids = "FR-" + listed["site_id"].astype("str")
    wanted = ids.isin(sites["opportunity_id"]) & ~ids.isin(found.index)
    codes = listed.loc[wanted.to_numpy(dtype=bool), "owner_types"].str.findall(r"[A-Z]\d[a-z]?")
    types = [
        _in_order(pd.Series([t for t in map(rules.type_of, one) if t], dtype=object))
        for one in codes
    ]
    more = pd.DataFrame(
        {"owner_types": types, "owner_source": INVENTORY}, index=ids[wanted].to_numpy()
    )
    more = more.loc[more["owner_types"] != ""]
    public = [_public(one, rules, whole=True) for one in more["owner_types"]]
    more = more.assign(public_land=pd.Series(public, more.index, dtype=object))
    parts = [part for part in (found, more) if len(part)]
    every = pd.concat(parts) if parts else found
    return every.reindex(columns=list(COLUMNS)).loc[lambda one: ~one.index.duplicated()]


def owner_evidence(sites: gpd.GeoDataFrame, sources: dict[str, str]) -> pd.DataFrame:
    """EVIDENCE rows of owners, neutral: types, names of public bodies, least number of owners.

    Parameters
    ----------
    sources
        Attribution of each of `foncier.schemas.OWNER_SOURCES`.
    """
    rows = sites.loc[sites["owner_types"].notna().to_numpy(dtype=bool)]
    if rows.empty:
        return schemas.EVIDENCE.empty()  # type: ignore[no-any-return]
    words = [
        _words(types, name, rights)
        for types, name, rights in zip(
            rows["owner_types"], rows["owner_name"], rows["owner_rights"], strict=True
        )
    ]
    return neutral(
        rows["opportunity_id"].to_numpy(),
        SIGNAL,
        "detect.owners.evidence",
        params={"words": np.array(words, dtype=object)},
        source=rows["owner_source"].map(sources).fillna(rows["owner_source"]).to_numpy(object),
    )


def _words(types: str, name: Any, rights: float) -> Localized:
    labels = [label(f"results.value_{one}") for one in types.split("|")]
    words = localized("detect.owners.types", types=labels)
    if isinstance(name, str):
        words = localized("detect.owners.named", words=words, names=name.split("|"))
    if rights > 1:
        words = localized("detect.owners.rights", words=words, count=int(rights))
    return words


def public_units(
    parcels: gpd.GeoDataFrame, owners: pd.DataFrame, rules: OwnerRules
) -> gpd.GeoDataFrame:
    """LAND_UNITS of adjoining parcels that one public body owns alone, by its number or name.

    Parcels of one owner adjoin along 1 m or more; a unit has two parcels or more.
    """
    known = parcel_owners(owners, rules)
    sole = known.loc[~known["parcel_id"].duplicated(keep=False)].dropna(subset="owner")
    sole = sole.loc[sole["source"] == LEGAL_PERSONS]
    at = pd.Index(parcels["parcel_id"]).get_indexer(sole["parcel_id"])
    owner, at = pd.factorize(sole["owner"].to_numpy(object)[at >= 0])[0], at[at >= 0]
    plots = shapes(parcels)[at]
    one, other = pairs_within(plots, shapely.STRtree(plots), ADJACENT_M)
    same = (one < other) & (owner[one] == owner[other])
    one, other = one[same], other[same]
    grown = shapely.buffer(plots[one], ADJACENT_M, quad_segs=1)
    contact = shapely.length(shapely.intersection(shapely.boundary(plots[other]), grown))
    unit = _components(one[contact >= LEAST_CONTACT_M], other[contact >= LEAST_CONTACT_M], len(at))
    several = np.isin(unit, np.flatnonzero(np.bincount(unit, minlength=1) > 1))
    if not several.any():
        none: gpd.GeoDataFrame = schemas.LAND_UNITS.empty(parcels.crs)
        return none
    outlines = unions_by(unit[several], plots[several])[1]
    first = pd.Series(parcels["parcel_id"].to_numpy()[at[several]]).groupby(unit[several]).min()
    names = "public-" + first.astype("str")  # in the order of the units, as the outlines
    units: gpd.GeoDataFrame = schemas.LAND_UNITS.conform(
        gpd.GeoDataFrame({"unit_id": names.to_numpy()}, geometry=list(outlines), crs=parcels.crs)
    )
    return units


def _components(one: Any, other: Any, size: int) -> Any:
    """Number of the connected component of each parcel, shape (size,)."""
    from scipy.sparse import coo_array  # noqa: PLC0415 (slow to import)
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415 (slow to import)

    links = coo_array((np.ones(len(one)), (one, other)), shape=(size, size))
    return connected_components(links, directed=False)[1]
