"""National registers of buildings, firms, sales and certificates, and lists of premises, as signs.

Each register is read by its own column names; of persons (owners, firms of one person) nothing is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier import schemas
from foncier.i18n.arrays import localize_columns
from foncier.readers import (
    base,
    columns,
    files,
    geolocate,
    ids,
    parcel_refs,
)
from foncier.readers.columns import Field

if TYPE_CHECKING:
    from foncier.model import LayerFile
    from foncier.readers.base import Draft, Target
    from foncier.readers.report import Journal

SIRENE = (
    Field("observation_id", ("siret",), required=True),
    Field("state", ("etatadministratifetablissement", "etat_administratif"), required=True),
    Field("since", ("datedebut", "date_debut_activite", "date_fermeture")),
    Field("detail", ("activiteprincipaleetablissement", "activite_principale")),
    Field("insee", ("codecommuneetablissement", "code_commune", "plg_code_commune")),
    Field("lon", ("longitude", "x_longitude", "x")),
    Field("lat", ("latitude", "y_latitude", "y")),
)
DPE = (
    Field("observation_id", ("numero_dpe", "n°dpe", "n_dpe"), required=True),
    Field("observed_on", ("date_etablissement_dpe", "date_établissement_dpe"), required=True),
    Field("insee", ("code_insee_ban", "code_insee_(ban)")),
    Field("lon", ("coordonnee_cartographique_x_ban", "coordonnée_cartographique_x_(ban)")),
    Field("lat", ("coordonnee_cartographique_y_ban", "coordonnée_cartographique_y_(ban)")),
    Field("geopoint", ("_geopoint", "geopoint")),
)
DVF = (
    Field("mutation", ("id_mutation", "idmutation")),
    Field("observed_on", ("date_mutation", "datemut"), required=True),
    Field("nature", ("nature_mutation", "libnatmut")),
    Field("parcel_ids", ("id_parcelle", "l_idpar"), required=True),
    Field("local", ("type_local", "libtypbien")),
    Field("insee", ("code_commune", "l_codinsee")),
    Field("lon", ("longitude",)),
    Field("lat", ("latitude",)),
)
RNB = (
    Field("observation_id", ("rnb_id",), required=True),
    Field("status", required=True),
    Field("shape", ("geom",)),
    Field("point"),
)
BDNB = (
    Field("batiment_groupe_id", required=True),
    Field("dpe", ("date_etablissement_dpe", "dpe_date_etablissement")),
    Field("sale", ("date_mutation", "dvf_date_mutation")),
)
PREMISES = (
    Field("name", ("nom", "hotel"), required=True),
    Field("address", ("adresse",)),
    Field("lots", ("locaux", "nb_locaux"), required=True),
    Field("occupied", ("occupes", "occupés", "locaux_occupes"), required=True),
    Field("observed_on", ("date",)),
    Field("parcel_ids", ("parcelles", "refcad")),
    Field("insee", ("code_insee",)),
    Field("lon", ("longitude", "x")),
    Field("lat", ("latitude", "y")),
)
# Statuses of the RNB that say something; `constructed` and projects say nothing of use.
RNB_SIGNALS = {"notusable": "rnb_not_usable", "demolished": "rnb_demolished"}
RNB_SILENT = (
    "constructed",
    "constructionproject",
    "canceledconstructionproject",
    "ongoingconstruction",
    "ongoingchange",
)
SALES = "vente|adjudication"


def sirene(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read geolocated establishments: A is active, F is closed since the date of that state.

    An active one is dated by the layer. Other states, and rows without coordinates, say nothing.
    """
    rows, size, spots = geolocate.cells(file, SIRENE, journal)
    rows = _here(rows, target, journal)
    signal = rows["state"].str.strip().str.upper().map({"A": "sirene_active", "F": "sirene_closed"})
    since = columns.dates(rows["since"], column="dateDebut", journal=journal)
    vintage = np.datetime64(file.vintage or "NaT", "us")
    rows = rows.assign(
        signal=signal,
        observed_on=since.where(signal == "sirene_closed", vintage),
        detail=("NAF " + rows["detail"].astype("str")),
    )
    spots = geolocate.points(rows, file.crs or geolocate.DEGREES) if spots is None else spots
    return _signs(rows, spots, file, target, journal, size=size, source="SIRENE")


def dpe(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read energy certificates: coordinates of the BAN in Lambert-93, else ``_geopoint``."""
    rows, size, spots = geolocate.cells(file, DPE, journal)
    rows = _here(rows, target, journal)
    rows = rows.assign(
        signal="dpe_recent",
        observed_on=columns.dates(
            rows["observed_on"], column="date_etablissement_dpe", journal=journal
        ),
    )
    if spots is None and rows["lon"].isna().all():
        pair = (
            rows["geopoint"].astype("str").str.split(",", n=1, expand=True).reindex(columns=[0, 1])
        )
        rows = rows.assign(lat=pair[0], lon=pair[1])
        spots = geolocate.points(rows, geolocate.DEGREES)
    spots = geolocate.points(rows, file.crs or "EPSG:2154") if spots is None else spots
    return _signs(rows, spots, file, target, journal, size=size, source="DPE (ADEME)")


def dvf(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read geolocated sales (DVF): one sign a sale and parcel with a building, on the parcel.

    Exchanges, expropriations and sales of bare land say nothing of a building.
    """
    rows, size, spots = geolocate.cells(file, DVF, journal)
    rows = _here(rows, target, journal)
    sale = rows["nature"].isna() | rows["nature"].str.lower().str.contains(SALES, na=False)
    built = rows["local"].notna() | bool(rows["local"].isna().all())
    journal.add(
        "dropped",
        int((~(sale & built)).sum()),
        "mutations qui ne sont pas la vente d'un local écartées",
        "transfers that are no sale of premises dropped",
    )
    rows = rows[sale & built].drop_duplicates(["mutation", "parcel_ids", "observed_on"])
    rows = rows.assign(
        signal="dvf_sale",
        subject="parcel",
        parcel_ids=parcel_refs.listed(rows["parcel_ids"], rows["commune"], journal),
        observed_on=columns.dates(rows["observed_on"], column="date_mutation", journal=journal),
        observation_id=rows["mutation"].astype("str") + "/" + rows["parcel_ids"].astype("str"),
    )
    spots = geolocate.points(rows, file.crs or geolocate.DEGREES) if spots is None else spots
    return _signs(rows, spots, file, target, journal, size=size, source="DVF")


def rnb(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read the RNB: only buildings that are not usable or demolished say something of use.

    The RNB tells the state of a building on the day of the file, without a date of its own: where
    the study gives that day (``date``), it is when the sign was seen.
    """
    rows, size, spots = geolocate.cells(file, RNB, journal)
    status = rows["status"].str.strip().str.lower().str.replace("_", "")
    strange = status.notna() & ~status.isin([*RNB_SIGNALS, *RNB_SILENT])
    journal.add(
        "kept",
        int(strange.sum()),
        "statuts du RNB inconnus de foncier : ils ne disent rien",
        "statuses of the RNB unknown to foncier: they say nothing",
    )
    seen = np.datetime64(file.vintage or "NaT", "us")
    rows = rows.assign(signal=status.map(RNB_SIGNALS), observed_on=seen)
    if spots is None:
        written = rows["shape"].fillna(rows["point"]).astype("str")
        bare = written.str.replace(r"^SRID=\d+;", "", regex=True)
        texts = [text if isinstance(text, str) else None for text in bare]
        shapes = shapely.from_wkt(texts, on_invalid="ignore")
        spots = gpd.GeoSeries(shapes, index=rows.index, crs=file.crs or geolocate.DEGREES)
    return _signs(rows, spots, file, target, journal, size=size, source="RNB")


def bdnb(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read groups of buildings of the BDNB: the dates of a certificate and of a sale, where known.

    They come from the DPE and from DVF: with those layers beside them they count once.
    """
    rows, size, spots = geolocate.cells(file, BDNB, journal)
    parts = []
    for column, signal in (("dpe", "dpe_recent"), ("sale", "dvf_sale")):
        day = columns.dates(rows[column], column=column, journal=journal)
        told = rows[day.notna()].assign(signal=signal, observed_on=day[day.notna()])
        ids = told["batiment_groupe_id"].astype("str") + "/" + signal
        parts.append(told.assign(observation_id=ids))
    signs = pd.concat(parts)
    if spots is None:
        spots = gpd.GeoSeries([None] * len(rows), index=rows.index, crs=target.crs)
    own = gpd.GeoSeries(spots.loc[signs.index].to_numpy(), crs=spots.crs)
    return _signs(
        signs.reset_index(drop=True), own, file, target, journal, size=size, source="BDNB"
    )


def premises(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read the premises of hôtels d'entreprises: how many lots, how many taken, when.

    A row whose lots are unknown or fewer than those taken says nothing, and is noted.
    """
    rows, size, spots = geolocate.cells(file, PREMISES, journal)
    rows = _here(rows, target, journal)
    lots, taken = (geolocate.figures(rows[name]) for name in ("lots", "occupied"))
    fair = (lots > 0) & (taken >= 0) & (taken <= lots)
    journal.add(
        "dropped",
        int((~fair).sum()),
        "locaux dont l'occupation est inconnue ou dépasse le nombre de lots écartés",
        "premises whose occupancy is unknown or above their number of lots dropped",
    )
    free = 1 - taken / lots.where(fair)
    signal = np.select(
        [free >= 1, free > 0], ["premises_empty", "premises_partly"], "premises_full"
    )
    vacant = (lots.fillna(0) - taken.fillna(0)).to_numpy(dtype=np.float64)
    total = lots.fillna(0).to_numpy(dtype=np.float64)
    details = localize_columns(
        "detail", "detect.details.free_lots", len(rows), count=vacant, total=total
    )
    rows = rows.assign(
        signal=pd.Series(signal, rows.index, dtype="str").where(fair),
        share=free,
        **details,
        observed_on=columns.dates(rows["observed_on"], column="date", journal=journal),
        parcel_ids=parcel_refs.listed(rows["parcel_ids"], rows["commune"], journal),
    )
    spots = geolocate.points(rows, file.crs or geolocate.DEGREES) if spots is None else spots
    return _signs(rows, spots, file, target, journal, size=size, source="Liste des locaux")


def _here(rows: pd.DataFrame, target: Target, journal: Journal) -> pd.DataFrame:
    rows = rows.assign(commune=rows["insee"].astype("str").str.zfill(5))
    return base.of_communes(rows, target, journal)


def _signs(
    rows: pd.DataFrame,
    spots: gpd.GeoSeries,
    file: LayerFile,
    target: Target,
    journal: Journal,
    *,
    size: int,
    source: str,
) -> Draft:
    """Rows that say something, with their place, in the columns of OBSERVATIONS."""
    told = rows[rows["signal"].notna()]
    journal.add(
        "kept",
        size - len(told),
        "lignes qui ne disent rien de l'occupation : non reprises comme indices",
        "rows that say nothing of use: not taken for signs",
    )
    if told.empty:
        return base.Draft(schemas.OBSERVATIONS.empty(target.crs), size)
    given = {"subject": "building", "parcel_ids": None, "observation_id": None}
    told = told.assign(
        **{name: value for name, value in given.items() if name not in told},
        source=file.source or source,
    )
    draft = geolocate.placed(
        told,
        spots.reindex(told.index),
        file,
        target,
        journal,
        parcels_first="subject" in rows,
    )
    frame: Any = draft.frame
    if not len(frame):
        return base.Draft(schemas.OBSERVATIONS.empty(target.crs), size, draft.crs)
    # A point cannot tell one building of its parcel from another: it is matched by distance.
    flat = shapely.get_dimensions(frame.geometry.to_numpy()) == 2
    frame = frame.assign(subject=frame["subject"].where(flat, "building"))
    return base.Draft(ids.keyed(frame, "observation_id", journal=journal), size, draft.crs)


FIELDS = (
    Field("commune", ("city_code", "codgeo", "code_insee"), required=True),
    Field("price_eur_m2", ("dvf_pxm2_median", "prix_m2_median"), required=True),
    Field("sales", ("dvf_nbtrans", "nb_ventes")),
)
FEWEST = 10  # sales: below, a median is an anecdote


def by_commune(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read the median price and the number of sales by commune.

    A median of fewer than ten sales, or of 0 €, is unknown.

    Raises
    ------
    FormatError
        A column is absent, or text where a number belongs.
    """
    written = files.rows(file.path, file.shown, journal)
    rows: Any = columns.pick(written, FIELDS, file, journal)
    rows = rows.assign(commune=rows["commune"].astype("str").str.zfill(5))
    rows = ids.dropped_without_key(
        rows,
        "commune",
        fr="lignes sans code de commune écartées",
        en="rows without commune code dropped",
        journal=journal,
    )
    kept = base.of_communes(rows, target, journal)
    price = columns.numbers(kept["price_eur_m2"], column="price_eur_m2", shown=file.shown)
    sales = columns.numbers(kept["sales"], column="sales", shown=file.shown)
    rare = price.notna() & ((sales < FEWEST) | (price <= 0))
    journal.add(
        "dropped",
        int(rare.sum()),
        f"prix médians de moins de {FEWEST} ventes tenus pour inconnus",
        f"median prices of fewer than {FEWEST} sales held as unknown",
    )
    return base.Draft(kept.assign(price_eur_m2=price.mask(rare), sales=sales), len(written))
