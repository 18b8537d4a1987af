"""Parcels and buildings of the cadastre: Etalab's files, or any vector file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from foncier.errors import ConfigError, FormatError
from foncier.i18n import label
from foncier.readers import base, ids
from foncier.readers.columns import Field

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from foncier.model import LayerFile
    from foncier.readers.base import Draft, Target
    from foncier.readers.report import Journal

IDU = re.compile(r"(?:[0-9]{2}|2[AB])[0-9]{3}[0-9]{3}[0-9A-Z]{2}[0-9]{4}")
PARCEL_FIELDS = (
    Field("parcel_id", ("id", "idu", "geo_parcelle", "id_parcelle", "parcelle")),
    Field("commune", ("insee", "code_insee", "insee_com", "code_com_insee", "idcom")),
    Field("prefixe", ("prefix", "ccopre", "com_abs")),
    Field("section", ("ccosec",)),
    Field("numero", ("dnupla",)),
)
ID_PARTS = ("commune", "prefixe", "section", "numero")
BUILDING_FIELDS = (
    Field("building_id", ("id_batiment", "rnb_id", "cleabs", "geo_batiment")),
    Field("kind", ("type", "dur", "geo_dur")),
)
# PCI: 01 « bâtiment en dur », 02 « construction légère ».
BUILDING_KINDS = {
    "01": "hard",
    "1": "hard",
    "hard": "hard",
    "dur": "hard",
    "02": "light",
    "2": "light",
    "light": "light",
    "léger": "light",
    "leger": "light",
    "légère": "light",
}


def parcels(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read parcels; the id is the file's, else made of commune, prefix, section and number.

    ``area_m2`` is measured in the legal CRS, not the cadastre's own ``contenance``.

    Raises
    ------
    ConfigError
        All parcels are of other communes than the study's.
    FormatError
        Neither an id nor the columns it is made of.
    """
    draft = base.layer(file, target, journal, fields=PARCEL_FIELDS, shape="polygon")
    return complete_parcels(draft, file, target, journal)


def complete_parcels(draft: Draft, file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Parcels of the study's communes, each with its id and its measured area."""
    frame: Any = draft.frame
    if frame.empty:
        return base.Draft(frame.assign(area_m2=[]), draft.rows_read, draft.crs)
    frame = frame.assign(parcel_id=_parcel_ids(frame, file.shown, draft.found), area_m2=frame.area)
    frame = ids.drop_without_key(
        frame,
        "parcel_id",
        message="readers.ids.parcel_without_id",
        journal=journal,
    )
    official = frame["parcel_id"].str.fullmatch(IDU.pattern)
    journal.add(
        "kept",
        int((~official).sum()),
        "readers.cadastre.not_idu",
    )
    said = frame["commune"].astype("str").str.zfill(5)
    frame = frame.assign(commune=said.fillna(frame["parcel_id"].str[:5].where(official)))
    kept = base.filter_communes(frame, target, journal)
    journal.add(
        "assumed",
        int(kept["commune"].isna().sum()) if target.communes else 0,
        "readers.cadastre.unknown_commune",
        communes=target.communes,
    )
    if kept.empty:
        raise ConfigError(
            "readers.cadastre.other_communes",
            path=file.shown,
            found=sorted(set(frame["commune"].dropna())),
            communes=target.communes,
        )
    return base.Draft(kept, draft.rows_read, draft.crs)


def _parcel_ids(frame: gpd.GeoDataFrame, shown: str, found: tuple[str, ...]) -> pd.Series[Any]:
    """Ids of the file, completed by those that commune, prefix, section and number make."""
    given: pd.Series[Any] = frame["parcel_id"].astype("str")
    parts = frame[list(ID_PARTS)].astype("str")
    # A parcel without prefix is of the commune's own territory: 000.
    prefix = parts["prefixe"].fillna("000").str.zfill(3)
    made = (
        parts["commune"].str.zfill(5)
        + prefix
        + parts["section"].str.upper().str.zfill(2)
        + parts["numero"].str.replace(r"\.0$", "", regex=True).str.zfill(4)
    )
    ids = given.fillna(made)
    if ids.isna().all():
        raise FormatError(
            "readers.cadastre.no_parcel_id", path=shown, columns=found or [label("readers.none")]
        )
    return ids


def buildings(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read buildings; without an id in the file, the key says where the building stands.

    ``kind`` is hard or light, unknown where the file does not say. ``area_m2`` is the footprint.
    """
    draft = base.layer(file, target, journal, fields=BUILDING_FIELDS, shape="polygon")
    return complete_buildings(draft, journal)


def complete_buildings(draft: Draft, journal: Journal) -> Draft:
    """Buildings with their key, their kind in our words and their footprint."""
    frame: Any = draft.frame
    said = frame["kind"].astype("str").str.lower()
    kind = said.map(BUILDING_KINDS).astype("str").fillna("unknown")
    strange = sorted(set(said[said.notna() & (kind == "unknown")]))
    journal.add(
        "kept",
        int((said.notna() & (kind == "unknown")).sum()),
        "readers.cadastre.unexpected_kind",
        kinds=strange,
    )
    frame = ids.fill_keys(frame.assign(kind=kind), "building_id", journal=journal)
    return base.Draft(frame.assign(area_m2=frame.area), draft.rows_read, draft.crs)
