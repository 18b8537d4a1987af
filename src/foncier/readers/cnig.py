"""Inventories of friches in the CNIG exchange layout (v1.0.6): Cartofriches, observatories.

Only the columns below are parsed: names of owners (``proprio_nom``) and contacts, which may name a
person, are not read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier import schemas
from foncier.errors import FormatError
from foncier.readers import base, columns, frames, geolocate, ids, parse
from foncier.readers.columns import Field
from foncier.readers.former_communes import to_cadastre
from foncier.readers.parcel_ids import commune_codes
from foncier.readers.parcel_text import resolve_lists

if TYPE_CHECKING:
    from foncier.model import LayerFile
    from foncier.readers.base import Draft, Target
    from foncier.readers.report import Journal

FIELDS = (
    Field("site_id", required=True),
    Field("name", ("site_nom",), required=True),
    Field("site_type", required=True),
    Field("status", ("site_statut",)),
    Field("address", ("site_adresse",)),
    Field("commune", ("comm_insee",), required=True),
    Field("identified_on", ("site_identif_date",), required=True),
    Field("updated_on", ("site_actu_date",), required=True),
    Field("parcel_ids", ("unite_fonciere_refcad",)),
    Field("area_m2", ("unite_fonciere_surface",)),
    Field("zone_type", ("urba_zone_type",)),
    Field("zone_label", ("urba_zone_lib",)),
    Field("vacancy", ("bati_vacance",)),
    Field("buildings_state", ("bati_etat",)),
    Field("pollution", ("sol_pollution_existe",)),
    Field("activity", ("activite_libelle",)),
    Field("source", ("source_nom",), required=True),
    Field("producer", ("source_producteur",)),
    Field("url", ("site_url",)),
    Field("commune_name", ("comm_nom",)),
    Field("buildings_number", ("bati_nombre",)),
    Field("buildings_m2", ("bati_surface",)),
    Field("buildings_pollution", ("bati_pollution",)),
    Field("renewables_zone", ("urba_zaer",)),
    Field("owner_types", ("proprio_type",)),
    Field("geompoint", required=True),
    Field("geomsurf"),
    Field("local_ancien_annee"),
    Field("local_recent_annee"),
)
# Labels of activities are short (BASIAS: at most 172 characters). Longer texts, and those with a
# civil title, describe sellers and heirs: they are dropped.
MAX_LABEL_CHARACTERS = 250
CIVIL_TITLES = r"\b(?:Mme|Mlle|Monsieur|Madame|consorts)\b|\bMM?\. [A-ZÉÈ]"
YEARS = ("local_ancien_annee", "local_recent_annee")
# A producer is kept when it is an organisation: its name has one of these words…
ORGANISATIONS = re.compile(
    r"\b(ademe|agence|agglo\w*|aot|association|bureau|cerema|cci|commune|communauté|conseil|ddtm?|"
    r"deal|département|direction|dreal|driea\w*|epa|epci|epf\w*|établissement|fonds|insee|"
    r"institut|mairie|métropole|ministère|observatoire|office|pays|pnr|préfecture|région|safer|"
    r"sem|service|société|spl|syndicat|université|urbanisme|ville)\b",
    re.IGNORECASE,
)
# …or shares a word of at least this many letters with the name of its source.
MIN_SHARED_LETTERS = 3
WORD = re.compile(rf"[^\W\d_]{{{MIN_SHARED_LETTERS},}}")


def inventory(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read known friches: ``NA``, ``inconnu`` and empty are unknown, lists lose their braces.

    The geometry is ``geomsurf`` where there is one, else ``geompoint`` (WKT in EPSG:4326).
    ``parcel_ids`` are sorted IDUs joined by ``|``; ``area_m2`` is the declared area.

    Raises
    ------
    FormatError
        A required column is missing, or a number column holds text.
    CrsError
        The WKT has latitude before longitude.
    """
    table = frames.rows(file, journal, wkt=("geomsurf", "geompoint"))
    names = {name.lower() for field in FIELDS for name in (field.name, *field.aliases)}
    names |= {name.lower() for name in file.columns.values()}
    subset = table[[name for name in table.columns if str(name).strip().lower() in names]]
    rows: Any = columns.pick(subset, FIELDS, file, journal)
    rows = rows.assign(**{name: columns.without_unknown(rows[name]) for name in rows})
    rows = ids.drop_without_key(
        rows,
        "site_id",
        message="readers.ids.site_without_id",
        journal=journal,
    )
    rows = rows.assign(commune=commune_codes(rows["commune"]))
    points = gpd.GeoSeries(
        geolocate.from_wkt(rows["geompoint"]), rows.index, crs=file.crs or geolocate.DEGREES
    )
    rows = base.filter_communes(rows, target, journal, points)
    if rows.empty:
        empty = schemas.INVENTORY.empty(target.crs)
        return base.Draft(empty, len(table), file.crs or "EPSG:4326")
    rows = _with_numbers(
        _with_source(_clean_texts(rows, journal), file, journal), file.shown, journal
    )
    rows = rows.assign(parcel_ids=_parcel_lists(rows, target, journal))
    shapes = _with_geometry(rows, file, journal)
    draft = base.placed(shapes, file, target, journal, shape="place")
    return base.Draft(draft.frame, len(table), draft.crs)


def _parcel_lists(rows: pd.DataFrame, target: Target, journal: Journal) -> pd.Series[Any]:
    listed = resolve_lists(rows["parcel_ids"], rows["commune"], journal, parcels=target.parcels)
    return to_cadastre(listed, target.parcels, journal)


def _clean_texts(rows: pd.DataFrame, journal: Journal) -> pd.DataFrame:
    """Clean text columns: lists without braces, no id in place of a name, http links only."""
    lists = (
        "site_type",
        "vacancy",
        "buildings_state",
        "pollution",
        "activity",
        "zone_type",
        "owner_types",
    )
    cleaned = {name: _without_braces(rows[name]) for name in lists}
    status = columns.allowed_values(schemas.INVENTORY, "status")
    unexpected = rows["status"].notna() & ~rows["status"].isin(status)
    journal.add(
        "dropped",
        int(unexpected.sum()),
        "readers.cnig.unknown_status",
    )
    web = rows["url"].str.fullmatch(r"https?://\S+", na=True)
    journal.add(
        "dropped",
        int((~web).sum()),
        "readers.cnig.not_http",
    )
    activity = cleaned["activity"]
    private = (activity.str.len() > MAX_LABEL_CHARACTERS) | activity.str.contains(
        CIVIL_TITLES, na=False
    )
    journal.add(
        "dropped",
        int(private.sum()),
        "readers.cnig.private_activity",
    )
    cleaned["activity"] = activity.mask(private)
    return rows.assign(
        **cleaned,
        name=rows["name"].mask(rows["name"] == rows["site_id"]),
        status=rows["status"].mask(unexpected),
        url=rows["url"].where(web),
    )


def _without_braces(values: pd.Series[Any]) -> pd.Series[Any]:
    """Turn ``{a,b}`` (list of a database export) into ``a|b`` (list of the CNIG layout)."""
    inner = values.str.extract(r"^\{(.*)\}$", expand=False)
    joined_by_bars = inner.str.replace(r'\s*"?,"?\s*', "|", regex=True).str.strip('"')
    return columns.without_unknown(values.where(inner.isna(), joined_by_bars))


def _with_source(rows: pd.DataFrame, file: LayerFile, journal: Journal) -> pd.DataFrame:
    """Set source and producer; a producer that may be a person is dropped."""
    source = rows["source"].fillna(file.source or file.shown)
    names = [
        producer if isinstance(producer, str) and is_organisation(producer, row_source) else None
        for producer, row_source in zip(rows["producer"], source, strict=True)
    ]
    producers = pd.Series(names, rows.index, dtype="str")
    journal.add(
        "dropped",
        int((producers.isna() & rows["producer"].notna()).sum()),
        "readers.cnig.private_producer",
    )
    return rows.assign(source=source, producer=producers)


def is_organisation(producer: str, source: str) -> bool:
    """Tell if a producer is an organisation, by its own words or those of its source.

    Examples
    --------
    >>> is_organisation("DDT 80", "DDT de la Somme")
    True
    >>> is_organisation("ADUGA", "ADUGA (Grand Amiénois)")
    True
    >>> is_organisation("prénom nom", "Site Basias non vérifié")
    False
    """
    common = set(WORD.findall(producer.lower())) & set(WORD.findall(source.lower()))
    return bool(ORGANISATIONS.search(producer) or common)


def _with_numbers(rows: pd.DataFrame, shown: str, journal: Journal) -> pd.DataFrame:
    years = pd.concat([rows[name].astype("str") for name in YEARS])
    invalid = years.notna() & ~years.str.fullmatch(r"(18|19|20)\d\d", na=False)
    journal.add(
        "dropped",
        int(invalid.sum()),
        "readers.cnig.years_in_seconds",
    )
    first = parse.dates(rows["identified_on"], column="site_identif_date", journal=journal)
    last = parse.dates(rows["updated_on"], column="site_actu_date", journal=journal)
    journal.add(
        "kept",
        int((first > last).sum()),
        "readers.cnig.identified_after_update",
    )
    area = parse.numbers(
        rows["area_m2"], column="unite_fonciere_surface", shown=shown, journal=journal
    )
    journal.add(
        "dropped",
        int((area <= 0).sum()),
        "readers.cnig.area_not_positive",
    )
    # Secondary figures: text in them means unknown and is no error.
    built = {name: parse.loose_numbers(rows[name]) for name in ("buildings_number", "buildings_m2")}
    built = {name: values.where(values >= 0).astype("float64") for name, values in built.items()}
    return rows.assign(identified_on=first, updated_on=last, area_m2=area.where(area > 0), **built)


def _with_geometry(rows: pd.DataFrame, file: LayerFile, journal: Journal) -> gpd.GeoDataFrame:
    points, surfaces = (geolocate.from_wkt(rows[name]) for name in ("geompoint", "geomsurf"))
    has_wkt = rows["geompoint"].notna() | rows["geomsurf"].notna()
    has_surface = ~shapely.is_missing(surfaces) & ~shapely.is_empty(surfaces)
    shapes = np.where(has_surface, surfaces, points)
    if shapely.is_missing(shapes).all():
        raise FormatError("readers.cnig.no_geometry", path=file.shown, sites=len(rows))
    journal.add(
        "kept",
        int((has_wkt.to_numpy() & shapely.is_missing(shapes)).sum()),
        "readers.cnig.bad_wkt",
    )
    return gpd.GeoDataFrame(
        rows.drop(columns=["geompoint", "geomsurf", *YEARS]),
        geometry=shapes,
        crs=file.crs or "EPSG:4326",
    )
