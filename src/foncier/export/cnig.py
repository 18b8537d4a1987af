"""Friches in the national exchange format: CNIG friches 1.0.6, one row per site."""

from __future__ import annotations

import csv
import json
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier import schemas

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from foncier.model import ResultTables

SCHEMA = "cnig-friches-1.0.6.json"
UNKNOWN, OTHER, SEPARATOR = "inconnu", "autre", "|"
DEGREES = 4326
DECIMALS = 8  # of a degree: about a millimetre
PREFIX = "FR-"  # of the id of an opportunity that comes from an inventory
CNIG_ID = re.compile(r"(?:[0-9]{2}|2[AB])[0-9]{3}_.+")
OUTLINED = ("parcelles", "trace")
SAME_SITE = "même site"  # signal of the evidence that lists the records merged into one site
# Versions before 1.0.6 did not say which use of a mixed site is the main one.
FORMER_TYPES = {"mixte": "mixte - autre", "Friche carrière ou mine": "friche carrière ou mine"}
# A spreadsheet runs a cell that begins so; a blank in front prevents it, and readers strip it.
FORMULA = r"^(?=[=+\-@])"
COLUMNS = {
    "site_id": "site_id",
    "name": "site_nom",
    "site_type": "site_type",
    "status": "site_statut",
    "address": "site_adresse",
    "commune": "comm_insee",
    "commune_name": "comm_nom",
    "parcel_ids": "unite_fonciere_refcad",
    "zone_type": "urba_zone_type",
    "zone_label": "urba_zone_lib",
    "vacancy": "bati_vacance",
    "buildings_state": "bati_etat",
    "pollution": "sol_pollution_existe",
    "activity": "activite_libelle",
    "source": "source_nom",
    "producer": "source_producteur",
    "url": "site_url",
    "buildings_pollution": "bati_pollution",
    "renewables_zone": "urba_zaer",
    "owner_types": "proprio_type",
}
FIRST_KNOWN = (
    "site_type",
    "zone_type",
    "zone_label",
    "vacancy",
    "buildings_state",
    "pollution",
    "commune_name",
    "buildings_pollution",
    "renewables_zone",
    "owner_types",
    "buildings_number",
    "buildings_m2",
)
NUMBERS = {
    "area_m2": "unite_fonciere_surface",
    "buildings_number": "bati_nombre",
    "buildings_m2": "bati_surface",
}
JOINED = ("activity", "producer", "url")


@cache
def schema() -> dict[str, Any]:
    """Table Schema of the exchange file: columns in order, with types and constraints."""
    text = files("foncier.export").joinpath(SCHEMA).read_text(encoding="utf-8")
    read: dict[str, Any] = json.loads(text)
    return read


def write_cnig(result: ResultTables, path: Path) -> None:
    """Write the friches of a result as a CNIG friches 1.0.6 file.

    ``;`` between cells, UTF-8, lists joined by ``|``, WKT in EPSG:4326 (longitude, latitude), ISO
    dates. What is unknown is ``inconnu`` where the column must be filled or has a list of values,
    else empty. Owners and contacts are never written: they are never read. Read it back with
    ``format = "cnig"``.

    Parameters
    ----------
    result
        The whole result of a run.
    path
        The file to write.
    """
    table = exchange(sites(result), day=result.edition)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        writer.writerow(table.columns)
        writer.writerows(table.itertuples(index=False, name=None))


def sites(result: ResultTables) -> gpd.GeoDataFrame:
    """Friches of a result as an inventory: one row per site, its records merged.

    Parameters
    ----------
    result
        The whole result; without its inventory, only the columns of the candidates are known.

    Returns
    -------
    INVENTORY, sorted by ``site_id``, in the legal metric CRS: the outline of parcels or of the
    inventory, else the point. ``source``, ``producer``, ``activity`` and ``url`` join those of all
    records; other columns take the first known value, that of the record with the id first.
    ``identified_on`` is the earliest date, ``updated_on`` the latest.
    """
    crs = result.candidates.crs
    friches = result.candidates.loc[(result.candidates["kind"] == "friche").to_numpy(dtype=bool)]
    if friches.empty:
        empty: gpd.GeoDataFrame = schemas.INVENTORY.empty(crs)
        return empty
    records = _records(result)
    merged = _merge_records(records, friches["opportunity_id"])
    commune = friches["commune"].fillna(friches["parcel_ids"].str[:5])
    names = records.dropna(subset=["commune_name"]).drop_duplicates("commune")
    usual = commune.map(names.set_index("commune")["commune_name"])
    merged["commune_name"] = merged["commune_name"].astype("str").fillna(usual.astype("str"))
    outlined = friches["perimeter"].isin(OUTLINED).to_numpy(dtype=bool)
    shapes = friches.geometry.to_numpy()
    rows = friches[["name", "address", "status", "parcel_ids", "area_m2"]].assign(
        **merged,
        commune=commune,
        site_id=_site_ids(friches["opportunity_id"], commune),
        source=friches["sources"].str.replace(" | ", SEPARATOR, regex=False),
    )
    table_rows = gpd.GeoDataFrame(
        rows, geometry=np.where(outlined, shapes, shapely.centroid(shapes)), crs=crs
    )
    table: gpd.GeoDataFrame = schemas.INVENTORY.conform(table_rows.sort_values("site_id"))
    return table


def _merge_records(records: pd.DataFrame, ids: pd.Series[str]) -> dict[str, pd.Series[Any]]:
    """Merge the records of each opportunity, on the index of ``ids``."""
    groups = records.groupby("opportunity_id", sort=False)
    columns = {name: groups[name].first() for name in FIRST_KNOWN}
    columns |= {name: groups[name].agg(_join_distinct) for name in JOINED}
    columns |= {
        "identified_on": groups["identified_on"].min(),
        "updated_on": groups["updated_on"].max(),
    }
    return {
        name: pd.Series(values.reindex(ids).to_numpy(), ids.index)
        for name, values in columns.items()
    }


def _site_ids(ids: pd.Series[str], commune: pd.Series[str]) -> pd.Series[str]:
    bare = ids.str.removeprefix(PREFIX)
    placed = commune.fillna(UNKNOWN) + "_" + bare
    return bare.where(bare.str.fullmatch(CNIG_ID.pattern), placed)


def _records(result: ResultTables) -> pd.DataFrame:
    """Inventory rows with their opportunity; the row that gave the id comes first."""
    names = [*schemas.INVENTORY.names[:-1], "opportunity_id"]
    if result.inventory is None or result.inventory.empty:
        nothing: pd.DataFrame = schemas.INVENTORY.empty().reindex(columns=names)
        return nothing
    rows = pd.DataFrame(result.inventory.drop(columns="geometry"))
    first = rows.assign(opportunity_id=PREFIX + rows["site_id"], nth=0)
    same_site = result.evidence.loc[(result.evidence["signal"] == SAME_SITE).to_numpy(dtype=bool)]
    texts = same_site.set_index("opportunity_id")["text_fr"]
    listed = texts.str.findall(r"[\w.\-]+").explode().rename("site_id")
    pairs = listed.reset_index().drop_duplicates()
    others = rows.merge(pairs, on="site_id").assign(nth=1)
    both = pd.concat([first, others], ignore_index=True)
    both = both.sort_values(
        ["opportunity_id", "nth", "updated_on", "site_id"], ascending=[True, True, False, True]
    )
    return both.drop_duplicates(["opportunity_id", "site_id"])[names]


def _join_distinct(values: pd.Series[Any]) -> str | None:
    """Join the distinct values of lists, in their order."""
    parts = [part for value in values.dropna() for part in str(value).split(SEPARATOR)]
    return SEPARATOR.join(dict.fromkeys(parts)) or None


def exchange(inventory: gpd.GeoDataFrame, *, day: date | None) -> pd.DataFrame:
    """Cells of the exchange file as text; the columns of `schema` in order.

    Parameters
    ----------
    inventory
        INVENTORY in a metric CRS.
    day
        Date of the file (None: undated). A site without a date of update takes this date, and a
        site without a date of identification takes its date of update, as the standard asks.

    Returns
    -------
    One row per site in the order of ``inventory``. Areas are whole square metres; a value that is
    not in its list of values is ``autre``.

    Examples
    --------
    >>> site = {"site_id": "80021_1", "source": "ADUGA", "updated_on": pd.Timestamp("2024-02-13")}
    >>> point = gpd.GeoSeries([shapely.Point(650000, 6977000)], crs=2154)
    >>> known = schemas.INVENTORY.conform(gpd.GeoDataFrame([site], geometry=point))
    >>> row = exchange(known, day=None).iloc[0]
    >>> row["site_nom"], row["site_identif_date"], row["urba_zaer"], row["proprio_nom"]
    ('inconnu', '2024-02-13', 'inconnu', '')
    """
    cells: dict[str, pd.Series[Any]] = {
        theirs: _escape_formula(inventory[ours]) for ours, theirs in COLUMNS.items()
    }
    cells["site_type"] = cells["site_type"].replace(FORMER_TYPES)
    cells["urba_zone_lib"] = _zone_label(cells)
    cells |= _dates(inventory, day) | _shapes(inventory)
    for ours, theirs in NUMBERS.items():
        whole = inventory[ours].round().astype("Int64").astype("str")
        cells[theirs] = whole.where(inventory[ours].notna())
    return pd.DataFrame(
        {field["name"]: _cells(field, cells, inventory.index) for field in schema()["fields"]}
    )


def _escape_formula(values: pd.Series[Any]) -> pd.Series[Any]:
    """Text in which a blank in front prevents a formula; readers strip it."""
    return values.astype("str").str.replace(FORMULA, " ", regex=True)


def _zone_label(cells: dict[str, pd.Series[Any]]) -> pd.Series[Any]:
    """Label of the zone, or its type where the list of values does not have it."""
    known = next(f for f in schema()["fields"] if f["name"] == "urba_zone_type")
    unlisted = ~cells["urba_zone_type"].isin(known["constraints"]["enum"])
    return cells["urba_zone_lib"].fillna(cells["urba_zone_type"].where(unlisted))


def _dates(inventory: gpd.GeoDataFrame, day: date | None) -> dict[str, pd.Series[Any]]:
    last = inventory["updated_on"].fillna(inventory["identified_on"])
    if day is not None:
        last = last.fillna(pd.Timestamp(day))
    first = inventory["identified_on"].fillna(last)
    pair = pd.DataFrame({"first": first, "last": last})
    return {
        "site_identif_date": pair.min(axis=1).dt.strftime("%Y-%m-%d"),
        "site_actu_date": pair.max(axis=1).dt.strftime("%Y-%m-%d"),
    }


def _shapes(inventory: gpd.GeoDataFrame) -> dict[str, pd.Series[Any]]:
    degrees = inventory.geometry.to_crs(DEGREES).to_numpy()
    surface = shapely.get_dimensions(degrees) == 2
    inside = gpd.GeoSeries(shapely.centroid(inventory.geometry.to_numpy()), crs=inventory.crs)
    points = np.where(surface, inside.to_crs(DEGREES).to_numpy(), degrees)
    surfaces = np.where(surface, degrees, None)
    return {
        "geompoint": pd.Series(_wkt(points), inventory.index, dtype="str"),
        "geomsurf": pd.Series(_wkt(surfaces), inventory.index, dtype="str"),
    }


def _wkt(shapes: Any) -> Any:
    return shapely.to_wkt(np.asarray(shapes, dtype=object), rounding_precision=DECIMALS)


def _cells(field: dict[str, Any], cells: dict[str, pd.Series[Any]], index: Any) -> pd.Series[Any]:
    """Cells of one column: values of its list, ``inconnu`` or empty where unknown."""
    name, rules = field["name"], field.get("constraints", {})
    values = cells.get(name, pd.Series(None, index, dtype="str")).astype("str")
    if "enum" in rules:
        values = values.where(values.isin(rules["enum"]) | values.isna(), OTHER)
    listed = "enum" in rules or (rules.get("required") and field["type"] == "string")
    return values.fillna(UNKNOWN if listed else "")
