"""Parcels and buildings of the cadastre: Etalab files, or any vector file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foncier import communes
from foncier.errors import ConfigError, FormatError
from foncier.i18n import label
from foncier.readers import base, columns, ids, layouts, parcel_ids, repeated, shapes
from foncier.readers.former_communes import in_absorbed

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    import pandas as pd

    from foncier.model import LayerFile
    from foncier.readers.base import Draft, Target
    from foncier.readers.report import Journal

PARCEL_ID = columns.Field(
    "parcel_id",
    holds=parcel_ids.share_of_ids,
    like=r"\b(id|idu|ref|refcad|cad|parc\w*|code|num\w*)\b",
)
ID_PARTS = ("commune", "prefixe", "section", "numero")
SHOWN = 5  # ids in a note
NO_ARRONDISSEMENT = ("", "000", "0")
# PCI: 01 « bâtiment en dur », 02 « construction légère ».
YES_NO = dict.fromkeys(("true", "oui", "1", "t"), "light")
YES_NO |= dict.fromkeys(("false", "non", "0", "f"), "hard")
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


def parcel_fields(names: Iterable[str]) -> tuple[columns.Field, ...]:
    """Columns of the layouts of parcels (`foncier.readers.layouts`)."""
    return layouts.fields("parcels", names, known={"parcel_id": PARCEL_ID})


def building_fields(names: Iterable[str]) -> tuple[columns.Field, ...]:
    """Columns of the layouts of buildings (`foncier.readers.layouts`)."""
    return layouts.fields("buildings", names)


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
    draft = base.layer(file, target, journal, fields=parcel_fields, shape="polygon")
    return complete_parcels(draft, file, target, journal)


def complete_parcels(draft: Draft, file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Add the id and the measured area of parcels, and drop those of other communes."""
    frame: Any = draft.frame
    if frame.empty:
        return base.Draft(frame.assign(area_m2=[]), draft.rows_read, draft.crs)
    frame = frame.assign(commune=_communes(frame))
    named_ids = _parcel_ids(frame, file.shown, target, draft.found, journal)
    frame = frame.assign(parcel_id=named_ids)
    frame = ids.drop_without_key(
        frame,
        "parcel_id",
        message="readers.ids.parcel_without_id",
        journal=journal,
    )
    official = frame["parcel_id"].str.fullmatch(parcel_ids.IDU.pattern)
    journal.add(
        "kept",
        int((~official).sum()),
        "readers.cadastre.not_idu",
        names=list(frame["parcel_id"][~official].head(SHOWN)),
    )
    own = frame["parcel_id"].str[:5].where(official)
    # The file of Parcellaire Express has the commune where the id has the arrondissement.
    arrondissement = own.map(communes.whole, na_action="ignore") == frame["commune"]
    frame = frame.assign(commune=frame["commune"].mask(arrondissement).fillna(own))
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
            found=[communes.named(code) for code in sorted(set(frame["commune"].dropna()))],
            communes=[communes.named(code) for code in target.communes],
        )
    near = shapes.drop_far(inside, "parcel_id", journal, group=inside["commune"])
    whole = repeated.merge_parcels(near, journal)
    kept = ids.first_of_crowds(whole, "parcel_id", journal=journal)
    return base.Draft(kept.assign(area_m2=kept.area), draft.rows_read, draft.crs)


def _communes(frame: gpd.GeoDataFrame) -> pd.Series[Any]:
    """Commune of each parcel: its code, else département and commune or arrondissement."""
    codes = parcel_ids.commune_codes(frame["commune"])
    if "code_com" not in frame or frame["code_com"].isna().all():
        return codes
    part = frame["code_arr"].astype("str").str.strip()
    code = part.where(part.notna() & ~part.isin(NO_ARRONDISSEMENT), frame["code_com"].astype("str"))
    return codes.fillna(parcel_ids.commune_of(frame["department"], code))


def _parcel_ids(
    frame: gpd.GeoDataFrame,
    shown: str,
    target: Target,
    found: tuple[str, ...],
    journal: Journal,
) -> pd.Series[Any]:
    """Return the IDU of each parcel: of its id, else of commune, prefix, section and number.

    An id of another kind, that of a unité foncière, is kept where there are no such columns; a
    number that lost its digits in Excel is none.
    """
    written: pd.Series[Any] = frame["parcel_id"].astype("str").str.strip()
    lost = parcel_ids.excel_numbers(written)
    journal.add("dropped", int(lost.sum()), "readers.parcel_ids.excel", cells=list(written[lost]))
    if lost.any() and lost.sum() >= written.notna().sum():
        raise FormatError("readers.cadastre.excel_ids", path=shown, cells=list(written[lost]))
    written = written.mask(lost)
    letters = int(parcel_ids.mistyped(written).sum())
    journal.add("repaired", letters, "readers.parcel_ids.mistyped")
    composed = parcel_ids.compose(*(frame[name] for name in ID_PARTS))
    keys = parcel_ids.identities(written, target.communes).fillna(composed).fillna(written)
    if keys.isna().all() and not lost.any():
        raise FormatError(
            "readers.cadastre.no_parcel_id", path=shown, columns=found or [label("readers.none")]
        )
    return keys


def buildings(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read buildings; without an id in the file, the key is derived from the location.

    ``kind`` is hard or light, else unknown. ``area_m2`` is the area of the footprint.
    """
    draft = base.layer(file, target, journal, fields=building_fields, shape="polygon")
    return complete_buildings(draft, journal)


def complete_buildings(draft: Draft, journal: Journal) -> Draft:
    """Add the key, the kind and the footprint area of buildings; planned ones are dropped."""
    frame: Any = draft.frame
    planned = base.planned(frame)
    journal.add("dropped", int(planned.sum()), "readers.cadastre.planned_buildings")
    frame = frame[~planned]
    words = frame["kind"].astype("str").str.lower()
    kind = words.map(BUILDING_KINDS).astype("str").fillna("unknown")
    if "light" in frame:
        light = frame["light"].astype("str").str.strip().str.lower().map(YES_NO)
        kind = kind.where(kind != "unknown", light).astype("str").fillna("unknown")
    unexpected = sorted(set(words[words.notna() & (kind == "unknown")]))
    journal.add(
        "kept",
        int((words.notna() & (kind == "unknown")).sum()),
        "readers.cadastre.unexpected_kind",
        kinds=unexpected,
    )
    best = ["kind", "building_id"]
    frame = ids.merge_equal_shapes(frame.assign(kind=kind), prefer=best, journal=journal)
    frame = ids.merge_crowds(frame, prefer=best, journal=journal)
    frame = shapes.drop_far(frame, "building_id", journal)
    frame = ids.fill_keys(frame, "building_id", journal=journal)
    return base.Draft(frame.assign(area_m2=frame.area), draft.rows_read, draft.crs)
