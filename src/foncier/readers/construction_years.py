"""Years of construction, by parcel (tax data) or by building (BDNB), for the back-test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from foncier.errors import FormatError
from foncier.readers import geolocate, parse
from foncier.readers.columns import Field
from foncier.readers.parcel_text import resolve_lists
from foncier.readers.report import Journal

if TYPE_CHECKING:
    import pyproj

    from foncier.model import LayerFile, Note

# Nothing else is read of a file of tax data, which may name its owners.
FIELDS = (
    Field(
        "parcel_ids",
        ("idpar", "idpar_14", "idu", "parcelle", "parcelles", "parcel_id", "l_parcelle_id"),
    ),
    Field("first", ("jannatmin", "annee_construction", "ffo_bat_annee_construction", "annee")),
    Field("last", ("jannatmax",)),
)
OLDEST, NEWEST = 1000, 2100
COLUMNS = ["parcel_ids", "first", "last", "geometry"]


def read_construction_years(
    file: LayerFile, *, crs: pyproj.CRS
) -> tuple[gpd.GeoDataFrame, tuple[Note, ...]]:
    """Read years of construction: fichiers fonciers, BDNB, or any table with parcel and year.

    A CSV or vector file (or a table in memory) with a parcel (``idpar``, ``l_parcelle_id``…) or
    outlines of buildings, and the year of the oldest building (``jannatmin``,
    ``annee_construction``); ``jannatmax`` is that of the newest. Other columns are not read.

    Returns
    -------
    ``parcel_ids`` (14 characters each, joined by ``|``; missing where the row has none), ``first``
    and ``last`` (years; ``last`` is ``first`` where the file has none), geometry in ``crs`` or
    missing; rows without a plausible year (1000 to 2100) or without a place are dropped with a
    note.

    Raises
    ------
    FormatError
        The file has no year.
    SourceError, CrsError
        It cannot be read.
    """
    journal = Journal()
    rows, _, geometry = geolocate.cells(file, FIELDS, journal)
    if rows["first"].isna().all():
        raise FormatError("readers.construction_years.no_year", path=file.shown)
    years = {name: _years(rows[name]) for name in ("first", "last")}
    shapes = gpd.GeoSeries([None] * len(rows), index=rows.index, crs=crs)
    if geometry is not None:
        shapes = geometry.to_crs(crs)
    nowhere = pd.Series(None, rows.index, dtype="str")
    lists = resolve_lists(rows["parcel_ids"], nowhere, journal)
    table = gpd.GeoDataFrame(
        {
            "parcel_ids": lists,
            "first": years["first"],
            "last": years["last"].fillna(years["first"]),
        },
        geometry=shapes,
        crs=crs,
    )
    dated, placed = table["first"].notna(), table["parcel_ids"].notna() | shapes.notna()
    journal.add("dropped", int((~dated).sum()), "readers.construction_years.undated")
    journal.add("dropped", int((dated & ~placed).sum()), "readers.construction_years.unplaced")
    kept = table.loc[dated & placed, COLUMNS].reset_index(drop=True)
    return gpd.GeoDataFrame(kept, geometry="geometry", crs=crs), journal.notes


def _years(values: pd.Series[Any]) -> pd.Series[Any]:
    numbers = parse.loose_numbers(values).astype("float64")
    plausible = (numbers >= OLDEST) & (numbers <= NEWEST)
    return numbers.where(plausible, np.nan)
