"""Rows that say where they are by coordinates or by parcels: a geometry for each, or a note."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier.geometry import unions_by
from foncier.readers import base, columns, files

if TYPE_CHECKING:
    from collections.abc import Iterable

    from foncier.model import LayerFile
    from foncier.readers.base import Draft, Target
    from foncier.readers.columns import Field
    from foncier.readers.report import Journal

DEGREES = "EPSG:4326"
SEPARATOR = " | "  # the items of a list in one cell


def cells(
    file: LayerFile, fields: Iterable[Field], journal: Journal
) -> tuple[pd.DataFrame, int, gpd.GeoSeries | None]:
    """Our columns of a CSV or of a vector file; how many rows it has; its own geometries if any."""
    if file.path.name.lower().endswith((".csv", ".csv.gz", ".txt")):
        written: Any = files.rows(file.path, file.shown, journal)
        return columns.pick(written, fields, file, journal), len(written), None
    raw = files.vector(file.path, shown=file.shown, sublayer=file.sublayer, crs=file.crs)
    plain = pd.DataFrame(raw.drop(columns="geometry"))
    lists = plain.map(lambda cell: isinstance(cell, (list, np.ndarray))).any()
    for name in lists.index[lists]:
        plain[name] = plain[name].map(_join_items, na_action="ignore")
    rows: Any = columns.pick(plain, fields, file, journal)
    return rows, len(raw), gpd.GeoSeries(raw.geometry.to_numpy(), index=rows.index, crs=raw.crs)


def _join_items(cell: Any) -> Any:
    return SEPARATOR.join(map(str, cell)) if isinstance(cell, (list, np.ndarray)) else cell


def to_numbers(values: pd.Series[Any]) -> pd.Series[Any]:
    """Numbers of a register; words (« non renseigné », ``[ND]``) are unknown."""
    written = values.astype("str").str.replace(r"\s", "", regex=True).str.replace(",", ".")
    read = pd.to_numeric(written, errors="coerce").astype("float64")
    return read.where(np.isfinite(read))


def to_points(rows: pd.DataFrame, crs: str) -> gpd.GeoSeries:
    """Points from the columns ``lon`` and ``lat`` (or x and y, in ``crs``); None where unknown."""
    lon, lat = to_numbers(rows["lon"]), to_numbers(rows["lat"])
    spots = np.array(shapely.points(lon.fillna(0).to_numpy(), lat.fillna(0).to_numpy()))
    spots[(lon.isna() | lat.isna() | ((lon == 0) & (lat == 0))).to_numpy()] = None
    return gpd.GeoSeries(spots, index=rows.index, crs=crs)


def parcel_outlines(lists: pd.Series[Any], target: Target) -> np.ndarray:
    """Outline of the parcels that each row lists, in the legal CRS; None where none is known."""
    found = np.full(len(lists), None, dtype=object)
    if target.parcels is None or not len(target.parcels):
        return found
    row = pd.Series(np.arange(len(lists)), index=lists.index)
    pairs = lists.str.split("|").explode()
    own = pd.Series(np.arange(len(target.parcels)), target.parcels["parcel_id"].to_numpy())
    pairs = pairs.map(own).dropna()
    if len(pairs):
        outline = np.array(target.parcels.geometry.to_numpy(), dtype=object)
        sites, unions = unions_by(
            row.loc[pairs.index].to_numpy(dtype=np.intp), outline[pairs.to_numpy(dtype=np.intp)]
        )
        found[sites] = unions
    return found


def locate(
    rows: pd.DataFrame,
    spots: gpd.GeoSeries,
    file: LayerFile,
    target: Target,
    journal: Journal,
    *,
    parcels_first: bool,
) -> Draft:
    """Give each row the outline of its parcels or its own place; rows of no place are dropped.

    Parameters
    ----------
    rows
        With ``parcel_ids`` (``|`` between IDUs), missing where unknown.
    spots
        Own place of each row in the file's CRS, None where unknown.
    parcels_first
        Whether the parcels, where they are known, say better than the point.
    """
    outline = parcel_outlines(rows["parcel_ids"], target)
    own = ~shapely.is_missing(spots.to_numpy()) & ~shapely.is_empty(spots.to_numpy())
    by_parcels = ~shapely.is_missing(outline)
    by_parcels = by_parcels if parcels_first else by_parcels & ~own
    nowhere = ~own & ~by_parcels
    journal.add(
        "dropped",
        int(nowhere.sum()),
        "readers.geolocate.no_location",
    )
    table = gpd.GeoDataFrame(rows, geometry=outline, crs=target.crs)
    parts = [table[by_parcels]]
    crs = "" if spots.crs is None else spots.crs.to_string()
    direct = own & ~by_parcels
    if direct.any():
        alone = gpd.GeoDataFrame(rows[direct], geometry=spots[direct], crs=spots.crs)
        parts.append(base.placed(alone, file, target, journal, shape="place").frame)
    kept = [part for part in parts if len(part)]
    whole = pd.concat(kept).sort_index() if kept else table.iloc[:0]
    return base.Draft(whole, len(rows), crs)
