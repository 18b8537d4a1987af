"""Inventories of friches in the CNIG exchange layout (v1.0.6): Cartofriches, observatories.

Of the columns of the layout only those below are ever parsed: those on owners (``proprio_*``) and
contacts, which may name a person, are not read at all.
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
from foncier.readers import (
    base,
    columns,
    files,
    ids,
)
from foncier.readers.columns import Field
from foncier.readers.parcel_refs import resolve_lists

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
    Field("geompoint", required=True),
    Field("geomsurf"),
    Field("local_ancien_annee"),
    Field("local_recent_annee"),
)
# A label of an activity is short (BASIAS: 172 characters at most). Longer ones are memoirs of
# sellers and heirs, as are those with a civil title: neither is passed on.
MAX_LABEL_CHARACTERS = 250
CIVIL_TITLES = r"\b(?:Mme|Mlle|Monsieur|Madame|consorts)\b|\bMM?\. [A-ZÉÈ]"
YEARS = ("local_ancien_annee", "local_recent_annee")
# A producer is named when it is seen to be an organisation: it bears a word of these…
ORGANISATIONS = re.compile(
    r"\b(ademe|agence|agglo\w*|aot|association|bureau|cerema|cci|commune|communauté|conseil|ddtm?|"
    r"deal|département|direction|dreal|driea\w*|epa|epci|epf\w*|établissement|fonds|insee|"
    r"institut|mairie|métropole|ministère|observatoire|office|pays|pnr|préfecture|région|safer|"
    r"sem|service|société|spl|syndicat|université|urbanisme|ville)\b",
    re.IGNORECASE,
)
# …or shares a word of at least this many letters with the name of the source beside it.
MIN_SHARED_LETTERS = 3
WORD = re.compile(rf"[^\W\d_]{{{MIN_SHARED_LETTERS},}}")


def inventory(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read known friches: ``NA``, ``inconnu`` and empty are unknown, lists lose their braces.

    The geometry is ``geomsurf`` where it is given, else ``geompoint`` (WKT in EPSG:4326).
    ``parcel_ids`` are sorted IDUs joined by ``|``; ``area_m2`` is the declared area.

    Raises
    ------
    FormatError
        A required column of the layout is absent, or text where a number belongs.
    CrsError
        The WKT has latitude before longitude.
    """
    written = files.rows(file.path, file.shown, journal)
    own = {name.lower() for field in FIELDS for name in (field.name, *field.aliases)}
    own |= {name.lower() for name in file.columns.values()}
    known = written[[name for name in written.columns if str(name).strip().lower() in own]]
    rows: Any = columns.pick(known, FIELDS, file, journal)
    rows = rows.assign(**{name: columns.without_unknown(rows[name]) for name in rows})
    rows = ids.drop_without_key(
        rows,
        "site_id",
        message="readers.ids.site_without_id",
        journal=journal,
    )
    rows = rows.assign(commune=rows["commune"].astype("str").str.zfill(5))
    rows = base.filter_communes(rows, target, journal)
    if rows.empty:
        shaped = schemas.INVENTORY.empty(target.crs)
        return base.Draft(shaped, len(written), file.crs or "EPSG:4326")
    rows = _with_numbers(
        _with_source(_clean_texts(rows, journal), file, journal), file.shown, journal
    )
    rows = rows.assign(parcel_ids=resolve_lists(rows["parcel_ids"], rows["commune"], journal))
    shapes = _with_geometry(rows, file, journal)
    draft = base.placed(shapes, file, target, journal, shape="place")
    return base.Draft(draft.frame, len(written), draft.crs)


def _clean_texts(rows: pd.DataFrame, journal: Journal) -> pd.DataFrame:
    """Text columns: lists without braces, no id for a name, only real addresses on the web."""
    lists = ("site_type", "vacancy", "buildings_state", "pollution", "activity", "zone_type")
    opened = {name: _without_braces(rows[name]) for name in lists}
    status = columns.allowed_values(schemas.INVENTORY, "status")
    strange = rows["status"].notna() & ~rows["status"].isin(status)
    journal.add(
        "dropped",
        int(strange.sum()),
        "readers.cnig.unknown_status",
    )
    web = rows["url"].str.fullmatch(r"https?://\S+", na=True)
    journal.add(
        "dropped",
        int((~web).sum()),
        "readers.cnig.not_http",
    )
    told = opened["activity"]
    private = (told.str.len() > MAX_LABEL_CHARACTERS) | told.str.contains(CIVIL_TITLES, na=False)
    journal.add(
        "dropped",
        int(private.sum()),
        "readers.cnig.private_activity",
    )
    opened["activity"] = told.mask(private)
    return rows.assign(
        **opened,
        name=rows["name"].mask(rows["name"] == rows["site_id"]),
        status=rows["status"].mask(strange),
        url=rows["url"].where(web),
    )


def _without_braces(values: pd.Series[Any]) -> pd.Series[Any]:
    """``{a,b}`` (a list as the database exports it) as ``a|b``, as the layout wants it."""
    inner = values.str.extract(r"^\{(.*)\}$", expand=False)
    listed = inner.str.replace(r'\s*"?,"?\s*', "|", regex=True).str.strip('"')
    return columns.without_unknown(values.where(inner.isna(), listed))


def _with_source(rows: pd.DataFrame, file: LayerFile, journal: Journal) -> pd.DataFrame:
    """Source and producer; a producer that may be a person is not passed on."""
    source = rows["source"].fillna(file.source or file.shown)
    known = [
        producer if isinstance(producer, str) and is_organisation(producer, beside) else None
        for producer, beside in zip(rows["producer"], source, strict=True)
    ]
    kept = pd.Series(known, rows.index, dtype="str")
    journal.add(
        "dropped",
        int((kept.isna() & rows["producer"].notna()).sum()),
        "readers.cnig.private_producer",
    )
    return rows.assign(source=source, producer=kept)


def is_organisation(producer: str, source: str) -> bool:
    """Whether a producer is seen to be an organisation, from its own words or its source's.

    Examples
    --------
    >>> organisation("DDT 80", "DDT de la Somme"), organisation("ADUGA", "ADUGA (Grand Amiénois)")
    (True, True)
    >>> organisation("prénom nom", "Site Basias non vérifié")
    False
    """
    shared = set(WORD.findall(producer.lower())) & set(WORD.findall(source.lower()))
    return bool(ORGANISATIONS.search(producer) or shared)


def _with_numbers(rows: pd.DataFrame, shown: str, journal: Journal) -> pd.DataFrame:
    years = pd.concat([rows[name].astype("str") for name in YEARS])
    wrong = years.notna() & ~years.str.fullmatch(r"(18|19|20)\d\d", na=False)
    journal.add(
        "dropped",
        int(wrong.sum()),
        "readers.cnig.years_in_seconds",
    )
    first = columns.dates(rows["identified_on"], column="site_identif_date", journal=journal)
    last = columns.dates(rows["updated_on"], column="site_actu_date", journal=journal)
    journal.add(
        "kept",
        int((first > last).sum()),
        "readers.cnig.identified_after_update",
    )
    area = columns.numbers(rows["area_m2"], column="unite_fonciere_surface", shown=shown)
    journal.add(
        "dropped",
        int((area <= 0).sum()),
        "readers.cnig.area_not_positive",
    )
    # Of no weight for the site itself: what is no number there is unknown, not a fault.
    built = {
        name: pd.to_numeric(rows[name].astype("str").str.replace(",", "."), errors="coerce")
        for name in ("buildings_number", "buildings_m2")
    }
    built = {name: values.where(values >= 0).astype("float64") for name, values in built.items()}
    return rows.assign(identified_on=first, updated_on=last, area_m2=area.where(area > 0), **built)


def _with_geometry(rows: pd.DataFrame, file: LayerFile, journal: Journal) -> gpd.GeoDataFrame:
    points, surfaces = (_from_wkt(rows[name]) for name in ("geompoint", "geomsurf"))
    given = rows["geompoint"].notna() | rows["geomsurf"].notna()
    shaped = ~shapely.is_missing(surfaces) & ~shapely.is_empty(surfaces)
    shapes = np.where(shaped, surfaces, points)
    if shapely.is_missing(shapes).all():
        raise FormatError("readers.cnig.no_geometry", path=file.shown, sites=len(rows))
    journal.add(
        "kept",
        int((given.to_numpy() & shapely.is_missing(shapes)).sum()),
        "readers.cnig.bad_wkt",
    )
    return gpd.GeoDataFrame(
        rows.drop(columns=["geompoint", "geomsurf", *YEARS]),
        geometry=shapes,
        crs=file.crs or "EPSG:4326",
    )


def _from_wkt(values: pd.Series[Any]) -> np.ndarray:
    bare = values.str.replace(r"^SRID=\d+;", "", regex=True)
    texts = [text if isinstance(text, str) else None for text in bare]
    return np.asarray(shapely.from_wkt(texts, on_invalid="ignore"), dtype=object)
