"""Parcels and buildings of the cadastre: Etalab files, or any vector file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from foncier.communes import named
from foncier.errors import ConfigError, FormatError
from foncier.i18n import label
from foncier.readers import base, ids
from foncier.readers.columns import Field
from foncier.readers.former_communes import in_absorbed

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
    """Read parcels; the id is that of the file, else commune, prefix, section and number.

    ``area_m2`` is measured in the legal CRS; it is not the ``contenance`` of the cadastre.

    Raises
    ------
    ConfigError
        All parcels are of other communes than the study's.
    FormatError
        Neither an id nor the columns that compose it.
    """
    draft = base.layer(file, target, journal, fields=PARCEL_FIELDS, shape="polygon")
    return complete_parcels(draft, file, target, journal)


def complete_parcels(draft: Draft, file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Add the id and the measured area of parcels, and drop those of other communes."""
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
    codes = frame["commune"].astype("str").str.zfill(5)
    frame = frame.assign(commune=codes.fillna(frame["parcel_id"].str[:5].where(official)))
    frame = frame[in_absorbed(frame["parcel_id"], target.communes)]
    inside = base.filter_communes(frame, target, journal)
    journal.add(
        "assumed",
        int(inside["commune"].isna().sum()) if target.communes else 0,
        "readers.cadastre.unknown_commune",
        communes=target.communes,
    )
    if inside.empty:
        raise ConfigError(
            "readers.cadastre.other_communes",
            path=file.shown,
            found=[named(code) for code in sorted(set(frame["commune"].dropna()))],
            communes=[named(code) for code in target.communes],
        )
    kept = ids.first_of_crowds(inside, "parcel_id", journal=journal)
    return base.Draft(kept, draft.rows_read, draft.crs)


def _parcel_ids(frame: gpd.GeoDataFrame, shown: str, columns: tuple[str, ...]) -> pd.Series[Any]:
    """Return the ids of the file; compose missing ones of commune, prefix, section and number."""
    from_file: pd.Series[Any] = frame["parcel_id"].astype("str")
    parts = frame[list(ID_PARTS)].astype("str")
    # 000 is the prefix of a commune that no merger changed.
    prefix = parts["prefixe"].fillna("000").str.zfill(3)
    composed = (
        parts["commune"].str.zfill(5)
        + prefix
        + parts["section"].str.upper().str.zfill(2)
        + parts["numero"].str.replace(r"\.0$", "", regex=True).str.zfill(4)
    )
    ids = from_file.fillna(composed)
    if ids.isna().all():
        raise FormatError(
            "readers.cadastre.no_parcel_id", path=shown, columns=columns or [label("readers.none")]
        )
    return ids


def buildings(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read buildings; without an id in the file, the key is derived from the location.

    ``kind`` is hard or light, else unknown. ``area_m2`` is the area of the footprint.
    """
    draft = base.layer(file, target, journal, fields=BUILDING_FIELDS, shape="polygon")
    return complete_buildings(draft, journal)


def complete_buildings(draft: Draft, journal: Journal) -> Draft:
    """Add the key, the kind and the footprint area of buildings."""
    frame: Any = draft.frame
    words = frame["kind"].astype("str").str.lower()
    kind = words.map(BUILDING_KINDS).astype("str").fillna("unknown")
    unexpected = sorted(set(words[words.notna() & (kind == "unknown")]))
    journal.add(
        "kept",
        int((words.notna() & (kind == "unknown")).sum()),
        "readers.cadastre.unexpected_kind",
        kinds=unexpected,
    )
    frame = ids.merge_equal_shapes(
        frame.assign(kind=kind), prefer=["kind", "building_id"], journal=journal
    )
    frame = ids.fill_keys(frame, "building_id", journal=journal)
    return base.Draft(frame.assign(area_m2=frame.area), draft.rows_read, draft.crs)
