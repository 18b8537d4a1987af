"""Planning permits of Sitadel (SDES), located on the parcels that they name.

Neither applicants nor addresses are read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from foncier import communes, schemas
from foncier.readers import base, columns, frames, geolocate, ids, layouts, parse
from foncier.readers.parcel_ids import commune_codes, compose, with_prefix

if TYPE_CHECKING:
    from foncier.model import LayerFile
    from foncier.readers.base import Draft, Target
    from foncier.readers.report import Journal

REQUIRED = ("permit_id", "kind", "state", "section_1", "number_1")
KINDS = {"PC": "build", "DP": "declaration", "PA": "layout", "PD": "demolish"}
STATES = {"2": "authorised", "4": "cancelled", "5": "started", "6": "completed"}
NATURES = {"1": "new", "2": "works"}
DATES = ("authorised_on", "started_on", "completed_on")
AREAS = ("dwelling_m2", "premises_m2")
PARCELS_OF_A_PERMIT = (1, 2, 3)  # columns of the file


def sitadel(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read permits to build, to lay out, to demolish, and prior declarations.

    A permit is located on the parcels that it names and that the cadastre still has; one with none
    of them is dropped and counted. A permit of several files or rows is one, with the first known
    value of each column. ``nature`` is ``new`` for a new construction alone, ``works`` for works on
    an existing building alone, unknown otherwise.

    Raises
    ------
    FormatError
        The file has no column of the number, the kind, the state or the parcel.
    """
    table = frames.rows(file, journal)
    fields = layouts.fields("sitadel", map(str, table.columns), REQUIRED)
    rows: Any = columns.pick(table, fields, file, journal)
    rows = ids.drop_without_key(
        rows, "permit_id", message="readers.permits.no_number", journal=journal
    )
    rows = rows.assign(commune=_arrondissement(rows))
    rows = base.filter_communes(rows, target, journal)
    kind = rows["kind"].astype("str").str.strip().str.upper().map(KINDS)
    journal.add("dropped", int(kind.isna().sum()), "readers.permits.other_kind")
    rows = _typed(rows.assign(kind=kind)[kind.notna()], file, target, journal)
    permits = rows.groupby("permit_id", sort=True).first().reset_index()
    journal.add("kept", len(rows) - len(permits), "readers.permits.several_rows")
    if permits.empty:
        return base.Draft(schemas.PERMITS.empty(target.crs), len(table))
    nowhere = gpd.GeoSeries([None] * len(permits), crs=target.crs)
    draft = geolocate.locate(permits, nowhere, file, target, journal, parcels_first=True)
    return base.Draft(draft.frame, len(table))


def _arrondissement(rows: pd.DataFrame) -> pd.Series[Any]:
    """Commune of each permit; that of its number where the file has Paris, Lyon or Marseille.

    The parcels of these cities are by arrondissement, and the file has the city. The number of a
    permit begins with département and commune: ``PC 069 383 25 A0012``.
    """
    commune = commune_codes(rows["commune"])
    number = rows["permit_id"].astype("str").str.replace(r"^[A-Z]{2}|\s", "", regex=True)
    parts = number.str.extract(r"^0?(\d{2}|2[AB])(\d{3})")
    own = parts[0] + parts[1]
    cities = [code for code in commune.dropna().unique() if communes.arrondissements(code)]
    known = [part for code in cities for part in communes.arrondissements(code)]
    return own.where(commune.isin(cities) & own.isin(known), commune)


def _typed(rows: pd.DataFrame, file: LayerFile, target: Target, journal: Journal) -> pd.DataFrame:
    """State, dates, numbers and parcels of the rows; words that mean nothing are unknown."""
    areas = pd.DataFrame({name: parse.loose_numbers(rows[name]) for name in AREAS})
    area = areas.where(areas >= 0).sum(axis="columns", min_count=1)
    dwellings = parse.loose_numbers(rows["dwellings"])
    dates = {n: parse.dates(rows[n], column=n, journal=journal) for n in DATES}
    return rows.assign(
        **dates,
        state=rows["state"].astype("str").str.strip().map(STATES),
        nature=rows["nature"].astype("str").str.strip().map(NATURES),
        dwellings=dwellings.where(dwellings >= 0),
        floor_area_m2=area,
        parcel_ids=_parcel_ids(rows, target),
        source=file.source or "Sitadel",
    )


def _parcel_ids(rows: pd.DataFrame, target: Target) -> pd.Series[Any]:
    """Cadastral keys that each row names, sorted, joined by ``|``; missing without any.

    The file has no prefix: it is that of the only parcel of that section and number.
    """
    prefixed = with_prefix(target.parcels)
    parts = [
        compose(rows["commune"], None, rows[f"section_{n}"], rows[f"number_{n}"], prefixed=prefixed)
        for n in PARCELS_OF_A_PERMIT
    ]
    lists: pd.Series[Any] = (
        pd.concat(parts).dropna().sort_values(kind="stable").groupby(level=0).unique()
    )
    return lists.str.join("|").reindex(rows.index).astype("str")
