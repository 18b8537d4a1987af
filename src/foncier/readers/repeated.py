"""Keys that several rows of a file share: merged, made of the position, or set aside and listed.

A repeated key never stops a run: official files have some.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier.geometry import polygons_only, unions_by
from foncier.readers import ids
from foncier.readers.parcel_ids import IDU

if TYPE_CHECKING:
    from collections.abc import Callable

    from foncier.readers.report import Journal

SHOWN = 5  # keys in a note
NEAR_M = 1000.0  # rows of one site are within it; farther ones are sites of their own


def unique_rows(frame: pd.DataFrame, layer: str, key: str, *, journal: Journal) -> pd.DataFrame:
    """Drop duplicates of identical rows, then resolve the keys that different rows share.

    Sites of an inventory are merged (a file may have one row a parcel); figures of a commune that
    contradict each other are unknown; other shapes get a key made of their position, other rows
    without shapes are reduced to the first one. Each with a note that lists the keys.

    Parameters
    ----------
    frame
        Rows of a contract table, before it is checked.
    layer
        Its name.
    key
        Column of the key.
    """
    frame = _without_copies(frame, key, journal)
    repeated = frame[key].duplicated(keep=False)
    if not repeated.any():
        return frame
    return RESOLVED.get(layer, _keyed_by_place)(frame, key, repeated, journal)


def _without_copies(frame: Any, key: str, journal: Journal) -> Any:
    """Drop duplicates of identical rows."""
    part = frame[frame[key].duplicated(keep=False)]
    if part.empty:
        return frame
    texts = ids.as_text(part) if isinstance(part, gpd.GeoDataFrame) else part
    duplicates = texts.index[texts.duplicated()]
    journal.add("dropped", len(duplicates), "readers.ids.duplicate_rows")
    return frame.drop(index=duplicates)


def merge_parcels(frame: gpd.GeoDataFrame, journal: Journal) -> gpd.GeoDataFrame:
    """Make one parcel of the rows with the same IDU, of all their ground, with a note.

    Examples
    --------
    >>> from foncier.readers.report import Journal
    >>> halves = [shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)]
    >>> rows = gpd.GeoDataFrame({"parcel_id": ["80021000AB0011"] * 2}, geometry=halves)
    >>> list(merge_parcels(rows, Journal()).area)
    [200.0]
    """
    frame = _without_copies(frame, "parcel_id", journal)
    key = frame["parcel_id"]
    repeated = key.duplicated(keep=False) & key.str.fullmatch(IDU.pattern).fillna(False)
    if not repeated.any():
        return frame
    merged = _united(frame, "parcel_id", repeated)
    _note(journal, "repaired", "readers.repeated.merged_parcels", key[repeated])
    return merged


def _united(frame: gpd.GeoDataFrame, key: str, rows: pd.Series[Any]) -> gpd.GeoDataFrame:
    """Rows of which those with one key are one, with the union of their shapes.

    Of each column the first known value is kept, in the order of the cells.
    """
    part = frame[rows]
    cells = pd.DataFrame(part.drop(columns="geometry")).astype(object)
    order = cells.astype("str").sort_values(list(cells.columns), kind="stable").index
    first = cells.loc[order].groupby(key, sort=True).first()
    group = pd.Index(first.index).get_indexer(part[key])
    _, unions = unions_by(group.astype(np.intp), np.array(part.geometry.to_numpy(), dtype=object))
    keep = part.index[~part[key].duplicated()]
    united = frame.drop(index=part.index.difference(keep))
    row_of = pd.Series(np.arange(len(first)), first.index)
    at = row_of.loc[united.loc[keep, key]].to_numpy()
    shapes = np.array(united.geometry.to_numpy(), dtype=object)
    shapes[united.index.get_indexer(keep)] = _of_one_kind(np.asarray(unions, dtype=object))[at]
    for name in first.columns:
        values = united[name].astype(object)
        values.loc[keep] = first[name].to_numpy(dtype=object)[at]
        united[name] = values.astype(frame[name].dtype)
    return united.set_geometry(gpd.GeoSeries(shapes, united.index, crs=frame.crs))


def _of_one_kind(unions: Any) -> Any:
    """Polygons where there are any, else the first of several points."""
    several = ~np.isin(shapely.get_type_id(unions), (0, 3, 6))
    surfaces = polygons_only(unions[several])
    first = shapely.get_geometry(unions[several], 0)
    unions[several] = np.where(shapely.is_missing(surfaces), first, surfaces)
    return unions


def _one_site(
    frame: pd.DataFrame, key: str, repeated: pd.Series[Any], journal: Journal
) -> pd.DataFrame:
    """Merge the rows of one site: its ground, its parcels, and the area where they agree on it.

    Rows of another name, or more than a kilometre away from the first, are sites of their own.
    """
    part: Any = frame[repeated]
    ordered = part.sort_values([key, "name"], na_position="last", kind="stable")
    groups = ordered.groupby(key)
    name = groups["name"].transform("first")
    centre = shapely.centroid(ordered.geometry.to_numpy())
    places = pd.DataFrame({"x": shapely.get_x(centre), "y": shapely.get_y(centre)}, ordered.index)
    middle = places.groupby(ordered[key]).transform("median")
    far = np.hypot(places["x"] - middle["x"], places["y"] - middle["y"]) > NEAR_M
    alien = far | (ordered["name"].notna() & (ordered["name"] != name))
    others = alien.index[alien]
    frame = _keyed_by_place(frame, key, pd.Series(frame.index.isin(others), frame.index), journal)
    same = repeated & ~frame.index.isin(others)
    if not frame.loc[same, key].duplicated().any():
        return frame
    rows: Any = frame[same]
    by_site = rows.groupby(key)
    parcels = by_site["parcel_ids"].agg(_joined)
    areas = by_site["area_m2"].agg(["nunique", "first"])
    united: Any = _united(gpd.GeoDataFrame(frame), key, same)
    concerned = united[key].isin(parcels.index)
    site = united.loc[concerned, key]
    area = areas["first"].where(areas["nunique"] == 1)
    united.loc[concerned, "parcel_ids"] = site.map(parcels).astype("str")
    united.loc[concerned, "area_m2"] = site.map(area).astype("float64")
    _note(journal, "repaired", "readers.repeated.merged_sites", rows[key])
    merged: pd.DataFrame = gpd.GeoDataFrame(united)
    return merged


def _joined(lists: pd.Series[Any]) -> Any:
    found = {one for text in lists.dropna() for one in str(text).split("|")}
    return "|".join(sorted(found)) or None


def _keyed_by_place(
    frame: pd.DataFrame, key: str, repeated: pd.Series[Any], journal: Journal
) -> pd.DataFrame:
    """Give repeated rows the position of their shape as key; without shapes keep the first one."""
    if not repeated.any():
        return frame
    if not isinstance(frame, gpd.GeoDataFrame):
        return _first(frame, key, repeated, journal)
    _note(journal, "repaired", "readers.repeated.keyed_by_place", frame.loc[repeated, key])
    keys = frame[key].astype("str").mask(repeated)
    filled: pd.DataFrame = ids.fill_keys(frame.assign(**{key: keys}), key, journal=journal)
    return filled


def _first(
    frame: pd.DataFrame, key: str, repeated: pd.Series[Any], journal: Journal
) -> pd.DataFrame:
    part = pd.DataFrame(frame[repeated]).drop(columns="geometry", errors="ignore").astype("str")
    order = part.sort_values(list(part.columns), kind="stable").index
    later = order[frame.loc[order, key].duplicated()]
    _note(journal, "dropped", "readers.repeated.first_kept", frame.loc[later, key])
    kept: pd.DataFrame = frame.loc[~frame.index.isin(later)]
    return kept


def _none(
    frame: pd.DataFrame, key: str, repeated: pd.Series[Any], journal: Journal
) -> pd.DataFrame:
    _note(journal, "dropped", "readers.repeated.contradictory", frame.loc[repeated, key])
    return frame.loc[~repeated]


def _note(journal: Journal, effect: Any, message: str, keys: pd.Series[Any]) -> None:
    names = sorted(keys.dropna().astype("str").unique())
    journal.add(effect, len(keys), message, names=names)


if TYPE_CHECKING:
    Resolve = Callable[[pd.DataFrame, str, pd.Series[Any], Journal], pd.DataFrame]

RESOLVED: dict[str, Resolve] = {
    "inventory": _one_site,
    "transit": _first,
    "vacancy_rates": _none,
    "prices": _none,
}
