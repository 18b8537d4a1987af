"""Registers of industrial sites: CASIAS (ex-BASIAS), ADEME polluted sites, ICPE."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from foncier import schemas
from foncier.readers import base, columns, geocoding, geolocate, ids, parse, registers
from foncier.readers.columns import Field
from foncier.readers.parcel_text import resolve_lists

if TYPE_CHECKING:
    from foncier.model import LayerFile
    from foncier.readers.base import Draft, Target
    from foncier.readers.report import Journal

ADEME = (
    Field("site_id", ("_id", "id"), required=True),
    Field("name", ("nom_site",)),
    Field("insee", ("code_insee",), required=True),
    Field("area_m2", ("surface_site_m2",)),
    Field("parcel_ids", ("numeros_parcelles_cadastrales",)),
    Field("activity", ("activites_historiques_site",)),
    Field("use", ("usage_actuel_site",)),
)
# Company names are not read: many are names of persons.
CASIAS = (
    Field(
        "site_id",
        ("identifiant_casias", "identifiant_ssp", "indice_departemental", "identifiant", "id"),
        required=True,
    ),
    Field("name", ("nom_usuel",)),
    Field("insee", ("code_insee", "comm_insee", "code_commune")),
    Field("address", ("adresse",)),
    Field("activity", ("activite", "activites", "libelle_activite")),
    Field("state", ("etat_occupation", "statut", "etat_occupation_site", "etat_site")),
    Field("updated_on", ("date_maj", "date_derniere_maj", "date")),
    Field("parcel_ids", ("parcelles", "refcad")),
    Field("url", ("fiche_risque", "url")),
    Field("lon", ("longitude", "x")),
    Field("lat", ("latitude", "y")),
)
# Names and addresses are not read: some are persons'.
ICPE = (
    Field("observation_id", ("code_aiot", "codeaiot"), required=True),
    Field("insee", ("code_insee", "codeinsee")),
    Field("state", ("etat_activite", "etatactivite"), required=True),
    Field("detail", ("regime", "regimevigueur")),
    Field("observed_on", ("date_maj",)),
    Field("lon", ("longitude",)),
    Field("lat", ("latitude",)),
)
SHOWN_SITES = 10  # a note lists so many ids
UNKNOWN_USE = (
    "",
    "non renseigne",
    "non connu",
    "non connue",
    "nr",
    "-",
    "ne sait pas",
    "indetermine",
    "inconnu",
    "interet manifeste par la mairie",
)
ABANDONED_USE = ("friche", "abandon", "ferme")
# What the source of a site says where its point is that of its address.
BY_ADDRESS = {True: " (adresse, BAN)", False: ""}
# A plan is no use.
PLANNED_USE = ("perspective", "projet", "epf ", "reprise")


def ademe(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read ADEME polluted sites: located by their parcels, else by their point.

    Parcel numbers are resolved with the commune (``000AR150`` → ``80021000AR0150``). The signal
    depends on the present use.

    Raises
    ------
    FormatError
        No ``_id`` or ``Code_INSEE``, or not a vector file.
    """
    rows, size, geometry = geolocate.cells(file, ADEME, journal)
    points = gpd.GeoSeries([], crs=geolocate.DEGREES) if geometry is None else geometry
    rows = geolocate.in_communes(rows, target, journal, points.reindex(rows.index))
    use = plain_text(rows["use"])
    abandoned = use.str.contains("|".join(ABANDONED_USE))
    unknown = use.isin(UNKNOWN_USE) | use.str.contains("|".join(PLANNED_USE))
    signal = np.select([abandoned, unknown], ["ademe_abandoned", "ademe_site"], "ademe_reused")
    area = parse.loose_numbers(rows["area_m2"])
    rows = rows.assign(
        site_id="ADEME-" + rows["site_id"].astype("str"),
        area_m2=area.where(area > 0),
        parcel_ids=resolve_lists(
            rows["parcel_ids"], rows["commune"], journal, parcels=target.parcels
        ),
        activity=columns.without_unknown(rows["activity"].str.replace(geolocate.SEPARATOR, ", ")),
        signal=signal,
        source=file.source or "ADEME",
    )
    return _sites(rows, points.reindex(rows.index), file, target, journal, size=size)


def casias(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read CASIAS (ex-BASIAS) sites: points or parcels; the signal depends on the state.

    A point that ``foncier fetch`` found by the address counts where the geocoder found the number
    with a score of `foncier.readers.geocoding.MIN_SCORE` or more, and the source says so; the
    others are listed as unresolved.

    Raises
    ------
    FormatError
        No identifier column.
    """
    rows, size, points = geolocate.cells(file, CASIAS, journal)
    rows = ids.drop_without_key(
        rows,
        "site_id",
        message="readers.ids.site_without_id",
        journal=journal,
    )
    if points is None:
        points = geolocate.to_points(rows, file.crs or geolocate.DEGREES)
    rows = geolocate.in_communes(rows, target, journal, points.reindex(rows.index))
    by_address = rows["geocoded"].notna()
    points = _resolved(rows, points.reindex(rows.index), by_address, journal)
    placed = by_address & points.notna()
    state = plain_text(rows["state"])
    signal = np.select(
        [
            state.str.contains("friche"),
            state.str.contains("termine|arret|ferme"),
            state.str.contains("activite|exploitation"),
        ],
        ["casias_waste", "casias_closed", "casias_active"],
        "casias_unknown",
    )
    rows = rows.assign(
        parcel_ids=resolve_lists(
            rows["parcel_ids"], rows["commune"], journal, parcels=target.parcels
        ),
        updated_on=parse.dates(rows["updated_on"], column="date", journal=journal),
        area_m2=np.nan,
        url=rows["url"].where(rows["url"].str.fullmatch(r"https?://\S+", na=False)),
        signal=signal,
        source=pd.Series(file.source or "CASIAS", rows.index) + placed.map(BY_ADDRESS),
    )
    return _sites(rows, points.reindex(rows.index), file, target, journal, size=size)


def _resolved(
    rows: pd.DataFrame, points: gpd.GeoSeries, by_address: pd.Series[bool], journal: Journal
) -> gpd.GeoSeries:
    """Points without those of addresses that the geocoder did not find for sure."""
    has_point = points.notna()
    unsure = by_address & has_point & geocoding.levels(rows).notna()
    unresolved = (by_address & ~has_point) | unsure
    ids = rows.loc[unresolved, "site_id"].astype("str").sort_values()
    shown = [*ids.head(SHOWN_SITES), *(["…"] if len(ids) > SHOWN_SITES else [])]
    journal.add(
        "kept",
        int((by_address & has_point & ~unsure).sum()),
        "readers.industrial_sites.by_address",
        score=geocoding.MIN_SCORE,
    )
    journal.add(
        "kept",
        int(unresolved.sum()),
        "readers.industrial_sites.unresolved",
        score=geocoding.MIN_SCORE,
        sites=shown,
    )
    return points.mask(unsure)


def icpe(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read classified installations (ICPE): closed works, and those in operation.

    An installation that is being built, or of unknown state, is no evidence. The date is that of
    the record. Its regime is the detail.

    Raises
    ------
    FormatError
        No code of the installation, or no state.
    """
    rows, size, points = geolocate.cells(file, ICPE, journal)
    points = geolocate.to_points(rows, file.crs or geolocate.DEGREES) if points is None else points
    rows = geolocate.in_communes(rows, target, journal, points)
    state = plain_text(rows["state"])
    closed = state.str.contains("arret|fin d.exploitation|cess|ferme|recole")
    open_ = state.str.contains("exploitation|fonctionnement|activite")
    signal = np.select([closed, open_], ["icpe_closed", "icpe_active"], "")
    day = rows["observed_on"].astype("str").str.slice(0, 10)
    rows = rows.assign(
        signal=pd.Series(signal, rows.index, dtype="str").replace("", None),
        observed_on=parse.dates(day, column="date_maj", journal=journal),
    )
    return registers.evidence(rows, points, file, target, journal, size=size, source="ICPE")


def _sites(
    rows: pd.DataFrame,
    points: gpd.GeoSeries,
    file: LayerFile,
    target: Target,
    journal: Journal,
    *,
    size: int,
) -> Draft:
    if rows.empty:
        return base.Draft(schemas.INVENTORY.empty(target.crs), size, geolocate.DEGREES)
    draft = geolocate.locate(rows, points, file, target, journal, parcels_first=True)
    return base.Draft(draft.frame, size, draft.crs)


def plain_text(words: pd.Series[Any]) -> pd.Series[Any]:
    """Return texts in lower case without accents; empty where unknown."""
    return pd.Series(
        [
            unicodedata.normalize("NFD", w).encode("ascii", "ignore").decode().strip().lower()
            if isinstance(w, str)
            else ""
            for w in words
        ],
        words.index,
        dtype="str",
    )
