"""What objects of OpenStreetMap are (roof, land, network, furniture), and their present use.

The table is ``osm_objects.toml``; this module looks objects up in it.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    Table = Mapping[str, list[str]]

Nature = Literal["roof", "land", "network", "furniture"]
NATURES: tuple[Nature, ...] = ("roof", "land", "network", "furniture")
ANY = "*"


@cache
def _tables() -> dict[str, Any]:
    text = files("foncier.readers").joinpath("osm_objects.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


LIFECYCLES: tuple[str, ...] = tuple(_tables()["lifecycle"]["evidence"])
VACANT_VALUES: Mapping[str, str] = _tables()["vacant_values"]
ROOF_KEYS: tuple[str, ...] = tuple(_tables()["roof"])
LAND_KEYS: tuple[str, ...] = tuple(key for key in _tables()["land"] if key not in ROOF_KEYS)
# Activities: a building as such says nothing of its use.
ACTIVITY_KEYS: tuple[str, ...] = tuple(k for k in ROOF_KEYS if not k.startswith("building"))
PRESENT_KEYS: tuple[str, ...] = tuple(_tables()["present"])
CHECK_DATE_KEYS = ("check_date", "survey:date", "lastcheck")
ROOTS = (*ROOF_KEYS, *LAND_KEYS)
# Keys of the objects that are read as evidence, and their other tags.
EVIDENCE_KEYS = (
    *ROOTS,
    *(f"{life}:{root}" for life in LIFECYCLES for root in ROOTS),
    "building:condition",
)
EVIDENCE_TAGS = ("name", *LIFECYCLES, *CHECK_DATE_KEYS, *PRESENT_KEYS)


def is_set(values: pd.Series[Any]) -> pd.Series[Any]:
    """Tell which values are known and not ``no``."""
    return values.notna() & (values != "no")


def nature(key: str, value: str) -> Nature | None:
    """Return the nature of an object by one of its tags; None where the table has no such key.

    Examples
    --------
    >>> nature("amenity", "pub"), nature("amenity", "post_box"), nature("railway", "rail")
    ('roof', 'furniture', 'network')
    >>> nature("landuse", "industrial"), nature("leisure", "fitness_centre")
    ('land', 'roof')
    """
    tables = _tables()
    for wanted in (value, ANY):
        for name in NATURES:
            if wanted in tables[name].get(key, ()):
                return name
    return None


def natures(key: str, values: pd.Series[Any]) -> pd.Series[Any]:
    """Return the nature of objects by their values of one key; missing where a value is."""
    names = {value: nature(key, str(value)) for value in values.dropna().unique()}
    return values.map(names)


def in_use(rows: pd.DataFrame, key: str) -> pd.Series[Any]:
    """Tell the objects with a present activity under a roof, by one key of `ACTIVITY_KEYS`."""
    return (
        is_set(rows[key])
        & ~rows[key].isin(list(VACANT_VALUES))
        & (natures(key, rows[key]) == "roof")
        & ~is_past(rows)
    )


def is_past(rows: pd.DataFrame) -> pd.Series[Any]:
    """Tell the objects whose own tags are of the past: ``disused=yes`` and the like."""
    past = pd.Series(False, rows.index)
    for life in LIFECYCLES:
        past |= rows[life] == "yes"
    return past


def present_use(rows: pd.DataFrame, former_key: str, former: pd.Series[Any]) -> pd.Series[Any]:
    """Tell the objects whose present use takes precedence over their past.

    Parameters
    ----------
    rows
        Tags: columns of `ACTIVITY_KEYS`, `PRESENT_KEYS` and `LIFECYCLES`.
    former_key, former
        What they were: ``disused:landuse`` has the key ``landuse`` and its value.

    Examples
    --------
    >>> tags = {"leisure": ["park", None], "disused:landuse": ["railway", "railway"]}
    >>> keys = {*ACTIVITY_KEYS, *PRESENT_KEYS, *LIFECYCLES}
    >>> rows = pd.DataFrame(tags).reindex(columns=sorted(keys | set(tags))).astype("str")
    >>> list(present_use(rows, "landuse", rows["disused:landuse"]))
    [True, False]
    """
    tables = _tables()
    building = rows["building"]
    works = (building == "construction") | (rows["landuse"] == "construction")
    if former_key.startswith("building"):
        dwellings = tables["dwellings"]["building"]
        converted = building.isin(dwellings) & ~former.isin([*dwellings, "yes"])
        return works | (converted & ~is_past(rows))
    active = works | _listed(rows, "highway", tables["present"])
    roof = natures(former_key, former) == "roof"
    for key in ACTIVITY_KEYS:
        active |= in_use(rows, key)
    for key in PRESENT_KEYS:
        if key != "highway":
            applies = ~is_past(rows)
            applies &= ~roof if key in ("landuse", "natural", "building", "railway") else True
            active |= _listed(rows, key, tables["present"]) & applies
    if former_key == "landuse":
        other_kind = _listed(rows, "landuse", tables["present_kind_of_land"])
        active |= other_kind & (rows["landuse"] != former) & ~is_past(rows)
    return active


def is_dwelling(rows: pd.DataFrame) -> pd.Series[Any]:
    """Tell the buildings that are lived in."""
    return _listed(rows, "building", _tables()["dwellings"])


def _listed(rows: pd.DataFrame, key: str, table: Table) -> pd.Series[Any]:
    """Tell the objects with a value of a key that a table lists; ``*`` is any but a vacant one."""
    values, listed = rows[key], table.get(key, [])
    if ANY in listed:
        return is_set(values) & ~values.isin(list(VACANT_VALUES))
    return values.isin(listed)
