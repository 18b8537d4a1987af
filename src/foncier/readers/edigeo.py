"""Cadastre in EDIGEO as DGFiP delivers it: one archive per sheet, read by GDAL."""

from __future__ import annotations

import re
import warnings
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
import pyproj
import shapely
from pyogrio.errors import DataLayerError

from foncier._util import gdal
from foncier.errors import ConfigError, CrsError, FormatError
from foncier.i18n import label
from foncier.readers import (
    base,
    cadastre,
    chunked,
    edigeo_sheets,
    files,
    ids,
    planning,
    streets,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from foncier.model import LayerFile
    from foncier.readers.base import Draft, Target
    from foncier.readers.columns import Field
    from foncier.readers.edigeo_sheets import Sheet
    from foncier.readers.report import Journal
    from foncier.readers.shapes import Shape

# IGN names of the CRS in which DGFiP delivers (RGF93 and overseas). GDAL does not know them all.
# Older ones (NTF) need a grid to be exact: the study has to name them.
SYSTEMS = {
    "LAMB93": 2154,
    **{f"RGF93CC{zone}": 3900 + zone for zone in range(42, 51)},
    "WGS84UTM20": 4559,
    "UTM20W84GUAD": 4559,
    "UTM20W84MART": 4559,
    "RRAFUTM20": 4559,
    "RGAF09UTM20": 5490,
    "RGFG95UTM22": 2972,
    "UTM22RGFG95": 2972,
    "RGR92UTM40S": 2975,
    "RGR92UTM": 2975,
    "RGM04UTM38S": 4471,
    "RGM04": 4471,
    "GUADFM49U20": 2969,
    "GUAD48UTM20": 2970,
    "MART38UTM20": 2973,
}
YEAR_DAYS = 366
CRS_LINE = re.compile(rb"RELSA[0-9]{2}:[^\r\n]*")
TEXT_COLUMNS = ("object", "IDU", "DUR", "SYM", "OBJECT_RID")
NAME_COLUMNS = ("TEX", *(f"TEX{n}" for n in range(2, 11)))
UPDATE_COLUMNS = ("UPDATE_DATE", "exported")  # order of two versions of an object
SHEETS = "SUBDSECT_id"  # the sheet itself
PARCELS = "PARCELLE_id"
BUILDINGS = "BATIMENT_id"
STREETS = "ZONCOMMUNI_id"  # axis of a named public way
WATERS = "TRONFLUV_id"  # stretch of water
TOPOGRAPHY = "TSURF_id"  # topographic area, its symbol gives its kind
# PCI symbols: 34 pond or lake; 51, 52, 53 cemeteries. A pool (65) is no constraint.
SYMBOL_KINDS = {"34": "water", "51": "cemetery", "52": "cemetery", "53": "cemetery"}
# Class of a way by the first words of its name.
CLASS_BY_NAME = (
    (r"autoroute\b", "autoroute"),
    (r"(?:chemin|chin)\b|c\.[re]\.", "chemin rural"),
    (r"(?:sentier|sente|venelle|escalier)\b", "sentier"),
)


@dataclass(frozen=True)
class _ObjectKind:
    """EDIGEO objects that become a layer: their names in GDAL, and the columns of the layer.

    ``to_columns`` maps the rows of a sheet to contract columns; each row has the first two
    characters of its INSEE code as ``prefix``. The first of ``fields`` is the key.
    """

    layers: tuple[str, ...]
    fields: tuple[Field, ...]
    shape: Shape
    to_columns: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]


def parcels(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read parcels; the département, which the IDU lacks, is that of the sheet name or the study.

    Raises
    ------
    FormatError
        A sheet is unreadable or not of the commune in its name; there is no parcel.
    """
    kind = _ObjectKind((PARCELS,), cadastre.parcel_fields(()), "polygon", _parcels)
    return cadastre.complete_parcels(_read(kind, file, target, journal), file, target, journal)


def _parcels(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return rows.assign(parcel_id=rows["prefix"] + rows["IDU"].str.replace(" ", "0"))


def buildings(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read buildings: hard or light by ``DUR``; the key is the object number of the cadastre."""
    kind = _ObjectKind((BUILDINGS,), cadastre.building_fields(()), "polygon", _buildings)
    return cadastre.complete_buildings(_read(kind, file, target, journal), journal)


def _buildings(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return rows.assign(building_id=_object_keys(rows), kind=rows["DUR"])


def lines(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read the axes of the named public ways; their name gives the class.

    A way along the edge of two sheets is complete in both: it is kept once.
    """
    kind = _ObjectKind((STREETS,), streets.fields(()), "line", _lines)
    return streets.complete_streets(_read(kind, file, target, journal), file, journal)


def _lines(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    name = _object_names(rows)
    street_class = pd.Series("voie", rows.index, dtype="str")
    for pattern, word in CLASS_BY_NAME:
        street_class = street_class.mask(name.str.match(f"(?i){pattern}", na=False), word)
    return rows.assign(street_id=_object_keys(rows), name=name, street_class=street_class)


def constraints(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read waters and cemeteries, which are not building land."""
    kind = _ObjectKind((WATERS, TOPOGRAPHY), planning.CONSTRAINT_FIELDS, "polygon", _constraints)
    return planning.complete_constraints(_read(kind, file, target, journal), file, journal)


def _constraints(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    kind = rows["SYM"].map(SYMBOL_KINDS).astype("str").mask(rows["object"] == WATERS, "water")
    constraints = rows.assign(
        constraint_id=_object_keys(rows), kind=kind, label=_object_names(rows)
    )
    return constraints[constraints["kind"].notna()]


def _read(kind: _ObjectKind, file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read the objects of all sheets, each once, in the legal metric CRS."""
    if file.sublayer is not None:
        raise ConfigError("readers.edigeo.no_sublayer", path=file.shown)
    cells, packed, crs = _read_sheets(kind, file, target, journal)
    rows_read, key = len(cells), kind.fields[0].name
    if not rows_read and PARCELS in kind.layers:
        raise FormatError("readers.edigeo.no_parcel", path=file.shown)
    cells, packed = _merge_repeated(cells, packed, key, crs, journal)
    rows = chunked.WkbRows(packed, cells.drop(columns=list(UPDATE_COLUMNS)), crs)
    draft = base.of_rows(rows, file, target, journal, fields=kind.fields, shape=kind.shape)
    return replace(draft, rows_read=rows_read)


def _read_sheets(
    kind: _ObjectKind, file: LayerFile, target: Target, journal: Journal
) -> tuple[pd.DataFrame, NDArray[np.object_], pyproj.CRS]:
    """Return the attributes of all sheets, their geometries as WKB, and the CRS of the first.

    Each sheet is packed and released before the next is read, to save memory.
    """
    study_crs = None if file.crs is None else files.system(file.crs, file.shown)
    crs: Any = None
    cells, packed, exported = [], [], []
    without_departement = missing = 0
    for sheet in edigeo_sheets.read_sheets(file.path, file.shown, journal):
        objects = _read_sheet(sheet, kind.layers, study_crs or _sheet_crs(sheet))
        prefix = _departement(objects, sheet, target)
        rows = objects[objects["object"] != SHEETS]
        without_departement += not sheet.commune
        exported.append(sheet.exported)
        listed = sum(sheet.count(layer) for layer in kind.layers)
        missing += max(listed - len(rows), 0)  # repeated numbers in a sheet give more rows
        crs = rows.crs if crs is None else crs
        columns = kind.to_columns(rows.assign(prefix=prefix, exported=sheet.exported)).to_crs(crs)
        packed.append(shapely.to_wkb(columns.geometry.to_numpy()))
        cells.append(_cells(columns, kind.fields))
    _note_sheets(without_departement, missing, exported, journal)
    return pa.concat_tables(cells).to_pandas(), np.concatenate(packed), crs


def _cells(rows: gpd.GeoDataFrame, fields: tuple[Field, ...]) -> pa.Table:
    """Return the used attributes of a sheet in Arrow, which is smaller than many small frames."""
    names = [field.name for field in fields if field.name in rows]
    cells = pd.DataFrame(rows[[*names, *UPDATE_COLUMNS]]).astype({"UPDATE_DATE": "float64"})
    return pa.Table.from_pandas(cells, preserve_index=False).replace_schema_metadata()


def _merge_repeated(
    cells: pd.DataFrame,
    packed: NDArray[np.object_],
    key: str,
    crs: pyproj.CRS,
    journal: Journal,
) -> tuple[pd.DataFrame, NDArray[np.object_]]:
    """Merge the rows of each object; only the geometries of repeated objects are decoded."""
    repeated = (cells[key].duplicated(keep=False) & cells[key].notna()).to_numpy() & pd.notna(
        packed
    )
    duplicates = gpd.GeoDataFrame(
        cells[repeated], geometry=shapely.from_wkb(packed[repeated]), crs=crs
    )
    merged = ids.merge_pieces(duplicates, key, newest=list(UPDATE_COLUMNS), journal=journal)
    wkb, keep = packed.copy(), ~repeated
    wkb[merged.index] = shapely.to_wkb(merged.geometry.to_numpy())
    keep[merged.index] = True
    return cells[keep], wkb[keep]


def _note_sheets(
    without_departement: int, missing: int, exported: list[str], journal: Journal
) -> None:
    """Note assumed départements, objects that were not assembled, and different dates."""
    journal.add(
        "assumed",
        without_departement,
        "readers.edigeo.assumed_departement",
    )
    journal.add(
        "dropped",
        missing,
        "readers.edigeo.not_assembled",
    )
    _note_dates(exported, journal)


def _note_dates(exported: list[str], journal: Journal) -> None:
    """Note that the sheets are more than a year apart: some lack recent changes."""
    days = pd.to_datetime(pd.Series(exported), format="%Y%m%d", errors="coerce").dropna()
    if len(days) and (days.max() - days.min()).days > YEAR_DAYS:
        journal.add(
            "kept",
            len(days),
            "readers.edigeo.different_dates",
            first=days.min(),
            last=days.max(),
        )


def _read_sheet(sheet: Sheet, layers: tuple[str, ...], crs: pyproj.CRS) -> gpd.GeoDataFrame:
    """Read the objects of one sheet in its CRS, each with its GDAL layer as ``object``."""
    parts: list[Any] = [gpd.GeoDataFrame(geometry=[])]
    with files.scratch(sheet.shown) as folder, warnings.catch_warnings(), gdal.confined():
        # GDAL warns of what is repaired and counted later.
        warnings.simplefilter("ignore", RuntimeWarning)
        for name, data in sheet.files.items():
            # GDAL fails on an unknown CRS name: the CRS is set below.
            readable = CRS_LINE.sub(b"RELSA06:LAMB93", data) if name.endswith(".GEO") else data
            (folder / name).write_bytes(readable)
        thf = folder / sheet.thf
        try:
            for layer in (SHEETS, *layers):
                # No list of layers first: GDAL reads the whole sheet for each call. Every sheet has
                # its own outline: without it, GDAL could not read the sheet.
                with nullcontext() if layer == SHEETS else suppress(DataLayerError):
                    read: Any = pyogrio.read_dataframe(thf, layer=layer)
                    unique = read.loc[:, ~read.columns.duplicated()]
                    parts.append(unique.assign(object=layer).set_crs(None, allow_override=True))
        except files.READ_ERRORS as reason:
            raise FormatError("readers.edigeo.unreadable_sheet", path=sheet.shown) from reason
    objects: Any = pd.concat(parts, ignore_index=True)
    # All used columns, even where the sheet lacks them: text, and the date as a number.
    words = {
        name: objects[name].astype("str")
        if name in objects
        else pd.Series(None, objects.index, dtype="str")
        for name in (*TEXT_COLUMNS, *NAME_COLUMNS)
    }
    dated = objects.get("UPDATE_DATE", 0)
    return gpd.GeoDataFrame(
        {**words, "UPDATE_DATE": dated}, geometry=objects.geometry.to_numpy(), index=objects.index
    ).set_crs(crs)


def _sheet_crs(sheet: Sheet) -> pyproj.CRS:
    """Return the CRS that a sheet declares.

    Raises
    ------
    CrsError
        None, or one that is not in `SYSTEMS`.
    """
    code = SYSTEMS.get(sheet.system)
    if code is None:
        raise CrsError(
            "readers.edigeo.unknown_crs",
            path=sheet.shown,
            system=sheet.system,
            systems=list(SYSTEMS),
        )
    return pyproj.CRS.from_epsg(code)


def _departement(objects: gpd.GeoDataFrame, sheet: Sheet, target: Target) -> str:
    """Return the first two characters of the INSEE code of a sheet, which its objects lack.

    Raises
    ------
    FormatError
        The name is that of another sheet, or the département is unknown.
    """
    ids = objects["IDU"].dropna()
    communes = sorted(set(ids.str[:3]))
    if sheet.commune:
        sheet_ids = sorted(set(ids[objects["object"] == SHEETS]))
        if communes not in ([], [sheet.commune[2:]]) or sheet_ids not in (
            [],
            [sheet.commune[2:] + sheet.number],
        ):
            raise FormatError(
                "readers.edigeo.other_sheet",
                path=sheet.shown,
                commune=sheet.commune,
                number=sheet.number,
                content=sheet_ids or communes,
            )
        return sheet.commune[:2]
    departements = sorted({code[:2] for code in target.communes if [code[2:]] == communes})
    if len(departements) != 1:
        raise FormatError(
            "readers.edigeo.unknown_departement",
            path=sheet.shown,
            content=communes,
            communes=target.communes or [label("readers.none")],
        )
    return departements[0]


def _object_keys(rows: gpd.GeoDataFrame) -> pd.Series[Any]:
    """Return the keys of objects: the number of the cadastre, the same on every sheet."""
    key: pd.Series[Any] = rows["prefix"] + "-" + rows["OBJECT_RID"].str.removeprefix("Objet_")
    return key


def _object_names(rows: gpd.GeoDataFrame) -> pd.Series[Any]:
    """Return the names of objects, which are split over up to ten columns."""
    first, *others = [rows[name] for name in NAME_COLUMNS]
    words = first.str.cat(others, sep=" ", na_rep="").str.replace(r"\s+", " ", regex=True)
    words = words.str.strip()
    names: pd.Series[Any] = words.mask(words == "")
    return names
