"""Friches in the national exchange layout: CNIG friches 1.0.6, one row a site."""

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
UNKNOWN, OTHER, BETWEEN = "inconnu", "autre", "|"
DEGREES = 4326
DECIMALS = 8  # of a degree: about a millimetre
PREFIX = "FR-"  # of the opportunity that an inventory's site becomes
OWN_ID = re.compile(r"(?:[0-9]{2}|2[AB])[0-9]{3}_.+")
DRAWN = ("parcelles", "trace")
MELTED = "même site"  # the evidence that names the records of one site
# Versions before 1.0.6 did not say which use of a mixed site is the main one.
FORMER = {"mixte": "mixte - autre", "Friche carrière ou mine": "friche carrière ou mine"}
# What a spreadsheet would run. A blank in front stops it, and is no part of a text.
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
}
FIRST = (
    "site_type",
    "zone_type",
    "zone_label",
    "vacancy",
    "buildings_state",
    "pollution",
    "commune_name",
    "buildings_pollution",
    "renewables_zone",
    "buildings_number",
    "buildings_m2",
)
NUMBERS = {
    "area_m2": "unite_fonciere_surface",
    "buildings_number": "bati_nombre",
    "buildings_m2": "bati_surface",
}
EVERY = ("activity", "producer", "url")


@cache
def schema() -> dict[str, Any]:
    """Table Schema of the exchange file: every column in order, what it must and may hold."""
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
    """Friches of a result as an inventory: one row a site, whatever the records it was told by.

    Parameters
    ----------
    result
        The whole result; without its inventory only what the candidates say is known.

    Returns
    -------
    INVENTORY, sorted by ``site_id``, in the legal metric CRS: the outline where it is a real one,
    else the point. ``source``, ``producer``, ``activity`` and ``url`` join those of every record;
    elsewhere the record that gave the id speaks first. ``identified_on`` is the earliest date,
    ``updated_on`` the latest.
    """
    crs = result.candidates.crs
    own = result.candidates.loc[(result.candidates["kind"] == "friche").to_numpy(dtype=bool)]
    if own.empty:
        empty: gpd.GeoDataFrame = schemas.INVENTORY.empty(crs)
        return empty
    records = _records(result)
    told = _told(records, own["opportunity_id"])
    commune = own["commune"].fillna(own["parcel_ids"].str[:5])
    names = records.dropna(subset=["commune_name"]).drop_duplicates("commune")
    usual = commune.map(names.set_index("commune")["commune_name"])
    told["commune_name"] = told["commune_name"].astype("str").fillna(usual.astype("str"))
    drawn = own["perimeter"].isin(DRAWN).to_numpy(dtype=bool)
    shapes = own.geometry.to_numpy()
    rows = own[["name", "address", "status", "parcel_ids", "area_m2"]].assign(
        **told,
        commune=commune,
        site_id=_site_ids(own["opportunity_id"], commune),
        source=own["sources"].str.replace(" | ", BETWEEN, regex=False),
    )
    shaped = gpd.GeoDataFrame(
        rows, geometry=np.where(drawn, shapes, shapely.centroid(shapes)), crs=crs
    )
    table: gpd.GeoDataFrame = schemas.INVENTORY.conform(shaped.sort_values("site_id"))
    return table


def _told(records: pd.DataFrame, ids: pd.Series[str]) -> dict[str, pd.Series[Any]]:
    """What the records of each opportunity say together, on the index of ``ids``."""
    groups = records.groupby("opportunity_id", sort=False)
    columns = {name: groups[name].first() for name in FIRST}
    columns |= {name: groups[name].agg(_joined) for name in EVERY}
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
    return bare.where(bare.str.fullmatch(OWN_ID.pattern), placed)


def _records(result: ResultTables) -> pd.DataFrame:
    """Inventory rows by the opportunity they tell, the one that gave the id first."""
    names = [*schemas.INVENTORY.names[:-1], "opportunity_id"]
    if result.inventory is None or result.inventory.empty:
        nothing: pd.DataFrame = schemas.INVENTORY.empty().reindex(columns=names)
        return nothing
    rows = pd.DataFrame(result.inventory.drop(columns="geometry"))
    own = rows.assign(opportunity_id=PREFIX + rows["site_id"], nth=0)
    melted = result.evidence.loc[(result.evidence["signal"] == MELTED).to_numpy(dtype=bool)]
    named = melted.assign(site_id=melted["text_fr"].str.findall(r"[\w.\-]+")).explode("site_id")
    pairs = named[["opportunity_id", "site_id"]].drop_duplicates()
    others = rows.merge(pairs, on="site_id").assign(nth=1)
    both = pd.concat([own, others], ignore_index=True)
    both = both.sort_values(
        ["opportunity_id", "nth", "updated_on", "site_id"], ascending=[True, True, False, True]
    )
    return both.drop_duplicates(["opportunity_id", "site_id"])[names]


def _joined(values: pd.Series[Any]) -> str | None:
    """Distinct values of lists, in the order in which they are told."""
    parts = [part for value in values.dropna() for part in str(value).split(BETWEEN)]
    return BETWEEN.join(dict.fromkeys(parts)) or None


def exchange(inventory: gpd.GeoDataFrame, *, day: date | None) -> pd.DataFrame:
    """Cells of the exchange file, each a text; the columns of `schema` in order.

    Parameters
    ----------
    inventory
        INVENTORY in a metric CRS.
    day
        Date of what is written (None: undated). A site without a date of update is held as
        updated then, and as identified when it was updated, as the standard has the producer do.

    Returns
    -------
    One row a site in the order of ``inventory``. Areas are whole square metres; a value that its
    list of values does not know is ``autre``.

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
        theirs: _guarded(inventory[ours]) for ours, theirs in COLUMNS.items()
    }
    cells["site_type"] = cells["site_type"].replace(FORMER)
    cells["urba_zone_lib"] = _zone_label(cells)
    cells |= _dates(inventory, day) | _shapes(inventory)
    for ours, theirs in NUMBERS.items():
        whole = inventory[ours].round().astype("Int64").astype("str")
        cells[theirs] = whole.where(inventory[ours].notna())
    return pd.DataFrame(
        {field["name"]: _cells(field, cells, inventory.index) for field in schema()["fields"]}
    )


def _guarded(values: pd.Series[Any]) -> pd.Series[Any]:
    """Text; what a spreadsheet would run is led by a blank, which no reader keeps."""
    return values.astype("str").str.replace(FORMULA, " ", regex=True)


def _zone_label(cells: dict[str, pd.Series[Any]]) -> pd.Series[Any]:
    """Label of the zone; a type of zone that the list does not know is not lost."""
    known = next(f for f in schema()["fields"] if f["name"] == "urba_zone_type")
    strange = ~cells["urba_zone_type"].isin(known["constraints"]["enum"])
    return cells["urba_zone_lib"].fillna(cells["urba_zone_type"].where(strange))


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
    told = np.where(surface, degrees, None)
    return {
        "geompoint": pd.Series(_wkt(points), inventory.index, dtype="str"),
        "geomsurf": pd.Series(_wkt(told), inventory.index, dtype="str"),
    }


def _wkt(shapes: Any) -> Any:
    return shapely.to_wkt(np.asarray(shapes, dtype=object), rounding_precision=DECIMALS)


def _cells(field: dict[str, Any], cells: dict[str, pd.Series[Any]], index: Any) -> pd.Series[Any]:
    """Cells of one column: in its list of values, ``inconnu`` or empty where nothing is known."""
    name, rules = field["name"], field.get("constraints", {})
    values = cells.get(name, pd.Series(None, index, dtype="str")).astype("str")
    if "enum" in rules:
        values = values.where(values.isin(rules["enum"]) | values.isna(), OTHER)
    listed = "enum" in rules or (rules.get("required") and field["type"] == "string")
    return values.fillna(UNKNOWN if listed else "")
