"""Registers as evidence: DPE, DVF, RNB, BDNB, lists of premises; DVF prices by commune.

Nothing on persons is read (owners, sole proprietors).
"""

from __future__ import annotations

from functools import partial
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
    frames,
    geolocate,
    ids,
    layouts,
    parse,
)
from foncier.readers.columns import Field
from foncier.readers.lovac import of_arrondissements
from foncier.readers.parcel_ids import commune_codes, commune_of, compose
from foncier.readers.parcel_text import resolve_lists

if TYPE_CHECKING:
    from foncier.model import LayerFile
    from foncier.readers.base import Draft, Target
    from foncier.readers.report import Journal

DPE = ("observation_id", "observed_on")  # columns that it must have
DVF = {"local": Field("local", absent="not stated")}
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
# RNB statuses that are evidence; `constructed` and projects are not.
RNB_SIGNALS = {"notusable": "rnb_not_usable", "demolished": "rnb_demolished"}
RNB_WITHOUT_EVIDENCE = (
    "constructed",
    "constructionproject",
    "canceledconstructionproject",
    "ongoingconstruction",
    "ongoingchange",
)
SALE_NATURES = "vente|adjudication"


def dpe(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read DPE (energy certificates): Lambert-93 coordinates of the BAN, else ``_geopoint``.

    A certificate that was not geocoded, or to a street or a commune only, is no evidence.
    """
    rows, size, points = geolocate.cells(
        file, partial(layouts.fields, "dpe", required=DPE), journal
    )
    if points is None:
        points = geolocate.points_of(rows, file.crs or "EPSG:2154", journal)
    rows = geolocate.in_communes(rows, target, journal, points)
    rows = rows.assign(
        signal="dpe_recent",
        observed_on=parse.dates(
            rows["observed_on"], column="date_etablissement_dpe", journal=journal
        ),
    )
    return evidence(rows, points, file, target, journal, size=size, source="DPE (ADEME)")


def dvf(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read DVF sales: evidence per sale and parcel with premises, on the parcel.

    Exchanges, expropriations and sales of bare land are dropped: where the file has the type of the
    premises, a sale without one is of bare land, even if all of them are.
    """
    fields = partial(layouts.fields, "dvf", required=("observed_on",), known=DVF)
    rows, size, points = geolocate.cells(file, fields, journal)
    rows = _with_parcels(rows)
    points = geolocate.to_points(rows, file.crs or geolocate.DEGREES) if points is None else points
    rows = geolocate.in_communes(rows, target, journal, points)
    sale = rows["nature"].isna() | rows["nature"].str.lower().str.contains(SALE_NATURES, na=False)
    built = rows["local"].notna()
    journal.add(
        "dropped",
        int((~(sale & built)).sum()),
        "readers.registers.not_a_sale",
    )
    rows = rows[sale & built].drop_duplicates(["mutation", "parcel_ids", "observed_on"])
    rows = rows.assign(
        signal="dvf_sale",
        subject="parcel",
        parcel_ids=resolve_lists(
            rows["parcel_ids"], rows["commune"], journal, parcels=target.parcels
        ),
        observed_on=parse.dates(rows["observed_on"], column="date_mutation", journal=journal),
        observation_id=rows["mutation"].astype("str") + "/" + rows["parcel_ids"].astype("str"),
    )
    return evidence(rows, points, file, target, journal, size=size, source="DVF")


def _with_parcels(rows: pd.DataFrame) -> pd.DataFrame:
    """Parcel and commune of each sale; of its parts in the file of DGFiP itself."""
    parts = commune_of(rows["department"], rows["code_com"])
    commune = rows["insee"].where(rows["department"].isna() | rows["insee"].isna(), parts)
    commune = commune.astype("str").fillna(parts)
    if rows["section"].isna().all():
        return rows.assign(insee=commune)
    composed = compose(commune_codes(commune), rows["prefix"], rows["section"], rows["number"])
    return rows.assign(insee=commune, parcel_ids=rows["parcel_ids"].astype("str").fillna(composed))


def rnb(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read the RNB: only buildings that are not usable or demolished are evidence.

    The RNB has no date of the state: the date of the evidence is that of the layer (``date``).
    """
    rows, size, points = geolocate.cells(file, RNB, journal)
    status = rows["status"].str.strip().str.lower().str.replace("_", "")
    unexpected = status.notna() & ~status.isin([*RNB_SIGNALS, *RNB_WITHOUT_EVIDENCE])
    journal.add(
        "kept",
        int(unexpected.sum()),
        "readers.registers.unknown_rnb_status",
    )
    file_date = np.datetime64(file.vintage or "NaT", "us")
    rows = rows.assign(signal=status.map(RNB_SIGNALS), observed_on=file_date)
    if points is None:
        shapes = geolocate.from_wkt(rows["shape"].fillna(rows["point"]))
        points = gpd.GeoSeries(shapes, index=rows.index, crs=file.crs or geolocate.DEGREES)
    return evidence(rows, points, file, target, journal, size=size, source="RNB")


def bdnb(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read building groups of the BDNB: dates of the DPE and of the DVF sale, where known.

    The same evidence in a DPE or DVF layer of the study counts once.
    """
    rows, size, points = geolocate.cells(file, BDNB, journal)
    parts = []
    for column, signal in (("dpe", "dpe_recent"), ("sale", "dvf_sale")):
        day = parse.dates(rows[column], column=column, journal=journal)
        known = rows[day.notna()].assign(signal=signal, observed_on=day[day.notna()])
        ids = known["batiment_groupe_id"].astype("str") + "/" + signal
        parts.append(known.assign(observation_id=ids))
    dated = pd.concat(parts)
    if points is None:
        points = gpd.GeoSeries([None] * len(rows), index=rows.index, crs=target.crs)
    locations = gpd.GeoSeries(points.loc[dated.index].to_numpy(), crs=points.crs)
    return evidence(
        dated.reset_index(drop=True), locations, file, target, journal, size=size, source="BDNB"
    )


def premises(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read the premises of hôtels d'entreprises: number of lots, occupied lots, date.

    A row whose lots are unknown or fewer than the occupied ones is dropped with a note.
    """
    rows, size, points = geolocate.cells(file, PREMISES, journal)
    points = geolocate.to_points(rows, file.crs or geolocate.DEGREES) if points is None else points
    rows = geolocate.in_communes(rows, target, journal, points)
    lots, occupied = (parse.loose_numbers(rows[name]) for name in ("lots", "occupied"))
    valid = (lots > 0) & (occupied >= 0) & (occupied <= lots)
    journal.add(
        "dropped",
        int((~valid).sum()),
        "readers.registers.bad_occupancy",
    )
    free = 1 - occupied / lots.where(valid)
    signal = np.select(
        [free >= 1, free > 0], ["premises_empty", "premises_partly"], "premises_full"
    )
    details = localize_columns(
        "detail",
        "detect.details.free_lots",
        len(rows),
        count=(lots.fillna(0) - occupied.fillna(0)).to_numpy(dtype=np.float64),
        total=lots.fillna(0).to_numpy(dtype=np.float64),
    )
    rows = rows.assign(
        signal=pd.Series(signal, rows.index, dtype="str").where(valid),
        share=free,
        **details,
        observed_on=parse.dates(rows["observed_on"], column="date", journal=journal),
        parcel_ids=resolve_lists(
            rows["parcel_ids"], rows["commune"], journal, parcels=target.parcels
        ),
    )
    return evidence(rows, points, file, target, journal, size=size, source="Liste des locaux")


def evidence(
    rows: pd.DataFrame,
    points: gpd.GeoSeries,
    file: LayerFile,
    target: Target,
    journal: Journal,
    *,
    size: int,
    source: str,
) -> Draft:
    """Return the rows with a signal, located, in the columns of OBSERVATIONS."""
    signals = rows[rows["signal"].notna()]
    journal.add(
        "kept",
        len(rows) - len(signals),
        "readers.registers.no_signal",
    )
    if signals.empty:
        return base.Draft(schemas.OBSERVATIONS.empty(target.crs), size)
    defaults = {"subject": "building", "parcel_ids": None, "observation_id": None}
    signals = signals.assign(
        **{name: value for name, value in defaults.items() if name not in signals},
        source=file.source or source,
    )
    draft = geolocate.locate(
        signals,
        points.reindex(signals.index),
        file,
        target,
        journal,
        parcels_first="subject" in rows,
    )
    frame: Any = draft.frame
    if not len(frame):
        return base.Draft(schemas.OBSERVATIONS.empty(target.crs), size, draft.crs)
    # A point does not identify a building of its parcel: it is linked by distance.
    flat = shapely.get_dimensions(frame.geometry.to_numpy()) == 2
    frame = frame.assign(subject=frame["subject"].where(flat, "building"))
    return base.Draft(ids.fill_keys(frame, "observation_id", journal=journal), size, draft.crs)


DVF_COMMUNES = (
    Field("commune", ("city_code", "codgeo", "code_insee"), required=True),
    Field("price_eur_m2", ("dvf_pxm2_median", "prix_m2_median"), required=True),
    Field("sales", ("dvf_nbtrans", "nb_ventes")),
)
MIN_SALES = 10  # for a median that means something


def dvf_communes(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read the median price and the number of sales by commune.

    A median of fewer than ten sales, or of 0 €, is unknown.

    Raises
    ------
    FormatError
        A column is missing, or a number is text.
    """
    table = frames.rows(file, journal)
    rows: Any = columns.pick(table, DVF_COMMUNES, file, journal)
    rows = rows.assign(commune=commune_codes(rows["commune"]))
    rows = ids.drop_without_key(
        rows,
        "commune",
        message="readers.ids.no_commune_code",
        journal=journal,
    )
    selected = base.filter_communes(rows, target, journal)
    selected = of_arrondissements(selected, target.communes, journal)
    price = parse.numbers(
        selected["price_eur_m2"], column="price_eur_m2", shown=file.shown, journal=journal
    )
    sales = parse.numbers(selected["sales"], column="sales", shown=file.shown, journal=journal)
    rare = price.notna() & ((sales < MIN_SALES) | (price <= 0))
    journal.add(
        "dropped",
        int(rare.sum()),
        "readers.registers.few_sales",
        fewest=MIN_SALES,
    )
    return base.Draft(selected.assign(price_eur_m2=price.mask(rare), sales=sales), len(table))
