"""Larger cities for benchmarks: the same city again and again, side by side.

A copy is told from the others by its prefix in the cadastre (``prefixe``, 000 to 999), as a former
commune is within the one that took it in. It is no larger city, only more of the same.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from tests.demo_city.city import City

from foncier.errors import ConfigError

LEAST, PREFIXES = 500, 1000
GAP_M = 400.0
KEYS = {
    "buildings": "building_id",
    "streets": "street_id",
    "constraints": "constraint_id",
    "places": "place_id",
    "zones": "zone_id",
    "inventory": "site_id",
    "observations": "observation_id",
    "population": "cell_id",
    "establishments": "siret",
    "premises": "nom",
}


def checked(parcels: int) -> None:
    """Refuse a number of parcels that no city here can have.

    Raises
    ------
    ConfigError
        Fewer than 500, or more than the prefixes of the cadastre can number.
    """
    if not LEAST <= parcels <= 6_000_000:
        raise ConfigError(
            f"parcels = {parcels} : la ville de démonstration se dessine de {LEAST} à 6 000 000 "
            "de parcelles. Choisissez un nombre entre les deux."
        )


def grow(city: City, parcels: int) -> City:
    """Lay copies of a city side by side until there are exactly ``parcels`` parcels.

    The parcels that are too many are taken from the end of the last copy, with their buildings.
    Every copy has its own ids: prefix of the cadastre for the parcels, ``_001`` after the others.
    """
    checked(parcels)
    count = -(-parcels // len(city.parcels))
    if count > PREFIXES:
        raise ConfigError(
            f"parcels = {parcels} : il faudrait {count} copies, le cadastre n'a que {PREFIXES} "
            "préfixes. Demandez moins de parcelles."
        )
    west, south, east, north = city.parcels.total_bounds
    side = int(np.ceil(np.sqrt(count)))
    step = np.array([east - west + GAP_M, north - south + GAP_M])
    shifts = [np.array([k % side, -(k // side)]) * step for k in range(count)]
    land = _copies(city.parcels, shifts, _renumbered).iloc[:parcels]
    tables: dict[str, Any] = {"parcels": land}
    for name, key in KEYS.items():
        tables[name] = _copies(getattr(city, name), shifts, _suffixed(key))
    tables["truth"] = _copies(city.truth, shifts, _truth)
    parts = [city.tax.assign(idpar=_prefixed(city.tax["idpar"], k)) for k in range(count)]
    tables["tax"] = pd.concat(parts, ignore_index=True)
    gone = len(city.parcels) * count - parcels
    if gone:
        tables |= _trimmed(tables, city, gone, count)
    return City(vacancy_rates=city.vacancy_rates, **tables)


def _copies(table: gpd.GeoDataFrame, shifts: list[np.ndarray], rename: Any) -> gpd.GeoDataFrame:
    shapes = table.geometry.to_numpy()
    moved = [shapely.transform(shapes, lambda xy, by=by: xy + by) for by in shifts]
    plain = pd.DataFrame(table.drop(columns="geometry"))
    parts = [plain if k == 0 else rename(plain, k) for k in range(len(shifts))]
    return gpd.GeoDataFrame(
        pd.concat(parts, ignore_index=True), geometry=np.concatenate(moved), crs=table.crs
    )


def _prefixed(ids: pd.Series, copy: int) -> pd.Series:
    return ids.str.replace("80021000", f"80021{copy:03d}", regex=False)


def _renumbered(plain: pd.DataFrame, copy: int) -> pd.DataFrame:
    return plain.assign(parcel_id=_prefixed(plain["parcel_id"], copy), prefixe=f"{copy:03d}")


def _suffixed(key: str) -> Any:
    def rename(plain: pd.DataFrame, copy: int) -> pd.DataFrame:
        new = plain.assign(**{key: plain[key] + f"_{copy:03d}"})
        if "unite_fonciere_refcad" in new:
            new["unite_fonciere_refcad"] = _prefixed(new["unite_fonciere_refcad"], copy)
        return new

    return rename


def _truth(plain: pd.DataFrame, copy: int) -> pd.DataFrame:
    site = plain["subject"] == "site"
    ids = _prefixed(plain["id"], copy).where(~site, plain["id"] + f"_{copy:03d}")
    return plain.assign(id=ids, parcel_ids=_prefixed(plain["parcel_ids"], copy))


def _trimmed(tables: dict[str, Any], city: City, gone: int, count: int) -> dict[str, Any]:
    """Take away what stood on the parcels that are gone (all of them in the last copy)."""
    lost = _prefixed(city.parcels["parcel_id"].iloc[-gone:], count - 1)
    shapes = city.parcels.geometry.iloc[-gone:].to_numpy()
    houses = shapely.point_on_surface(city.buildings.geometry.to_numpy())
    inside = np.unique(shapely.STRtree(shapes).query(houses, predicate="within")[0])
    last = (count - 1) * len(city.buildings)
    buildings = tables["buildings"].drop(index=last + inside).reset_index(drop=True)
    missing = set(lost)
    whole = [missing.isdisjoint(ids.split("|")) for ids in tables["truth"]["parcel_ids"]]
    known = [
        missing.isdisjoint(ids.split("|")) for ids in tables["inventory"]["unite_fonciere_refcad"]
    ]
    return {
        "buildings": buildings,
        "truth": tables["truth"][whole].reset_index(drop=True),
        "inventory": tables["inventory"][known].reset_index(drop=True),
    }
