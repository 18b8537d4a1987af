"""The cadastre in EDIGEO, as DGFiP delivers it: one archive a sheet, read by GDAL's driver."""

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

# IGN's names of the systems in which DGFiP delivers (RGF93 and its kin overseas). GDAL does not
# know them all; older ones (NTF) are to be named in the study, they need a grid to be exact.
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
UPDATE_COLUMNS = ("UPDATE_DATE", "exported")  # what tells the newest of two states of an object
SHEETS = "SUBDSECT_id"  # the sheet itself
PARCELS = "PARCELLE_id"
BUILDINGS = "BATIMENT_id"
STREETS = "ZONCOMMUNI_id"  # axis of a named public way
WATERS = "TRONFLUV_id"  # stretch of water
TOPOGRAPHY = "TSURF_id"  # surface of topographical detail, of the kind that its symbol tells
# PCI's symbols: 34 pond or lake; 51, 52 and 53 cemeteries. A pool (65) takes no ground away.
SYMBOL_KINDS = {"34": "water", "51": "cemetery", "52": "cemetery", "53": "cemetery"}
# What the first words of a way's name tell of it.
CLASS_BY_NAME = (
    (r"autoroute\b", "autoroute"),
    (r"(?:chemin|chin)\b|c\.[re]\.", "chemin rural"),
    (r"(?:sentier|sente|venelle|escalier)\b", "sentier"),
)


@dataclass(frozen=True)
class _ObjectKind:
    """Objects that become a layer: what GDAL calls them, and what is made of them.

    ``ours`` puts the rows of one sheet under our names; each has the two first characters of its
    INSEE code as ``prefix``. The first of ``fields`` is the key.
    """

    layers: tuple[str, ...]
    fields: tuple[Field, ...]
    shape: Shape
    ours: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]


def parcels(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read parcels; the IDU lacks the département, which the sheet's name or the study tells.

    Raises
    ------
    FormatError
        A sheet that cannot be read or is of another commune than its name says; no parcel.
    """
    kind = _ObjectKind((PARCELS,), cadastre.PARCEL_FIELDS, "polygon", _parcels)
    return cadastre.complete_parcels(_read(kind, file, target, journal), file, target, journal)


def _parcels(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return rows.assign(parcel_id=rows["prefix"] + rows["IDU"].str.replace(" ", "0"))


def buildings(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read buildings: hard or light as ``DUR`` says, keyed by the cadastre's own object number."""
    kind = _ObjectKind((BUILDINGS,), cadastre.BUILDING_FIELDS, "polygon", _buildings)
    return cadastre.complete_buildings(_read(kind, file, target, journal), journal)


def _buildings(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return rows.assign(building_id=_object_keys(rows), kind=rows["DUR"])


def lines(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read the axes of the named public ways; their name tells who may use them.

    A way along the edge of two sheets is in both, whole: it is kept once.
    """
    kind = _ObjectKind((STREETS,), streets.FIELDS, "line", _lines)
    return streets.complete_streets(_read(kind, file, target, journal), file, journal)


def _lines(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    name = _object_names(rows)
    street_class = pd.Series("voie", rows.index, dtype="str")
    for pattern, word in CLASS_BY_NAME:
        street_class = street_class.mask(name.str.match(f"(?i){pattern}", na=False), word)
    return rows.assign(street_id=_object_keys(rows), name=name, street_class=street_class)


def constraints(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read waters and cemeteries, both excluded from building land."""
    kind = _ObjectKind((WATERS, TOPOGRAPHY), planning.CONSTRAINT_FIELDS, "polygon", _constraints)
    return planning.complete_constraints(_read(kind, file, target, journal), file, journal)


def _constraints(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    kind = rows["SYM"].map(SYMBOL_KINDS).astype("str").mask(rows["object"] == WATERS, "water")
    told = rows.assign(constraint_id=_object_keys(rows), kind=kind, label=_object_names(rows))
    return told[told["kind"].notna()]


def _read(kind: _ObjectKind, file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Rows under our names, each object once, in the legal metric CRS."""
    if file.sublayer is not None:
        raise ConfigError("readers.edigeo.no_sublayer", path=file.shown)
    cells, packed, system = _read_sheets(kind, file, target, journal)
    rows_read, key = len(cells), kind.fields[0].name
    if not rows_read and PARCELS in kind.layers:
        raise FormatError("readers.edigeo.no_parcel", path=file.shown)
    cells, packed = _merge_repeated(cells, packed, key, system, journal)
    rows = chunked.WkbRows(packed, cells.drop(columns=list(UPDATE_COLUMNS)), system)
    draft = base.of_rows(rows, file, target, journal, fields=kind.fields, shape=kind.shape)
    return replace(draft, rows_read=rows_read)


def _read_sheets(
    kind: _ObjectKind, file: LayerFile, target: Target, journal: Journal
) -> tuple[pd.DataFrame, NDArray[np.object_], pyproj.CRS]:
    """Rows of all sheets: our cells of them, their shapes as WKB, and the system of the first.

    A sheet is packed, and let go, before the next is read.
    """
    told = None if file.crs is None else files.system(file.crs, file.shown)
    system: Any = None
    cells, packed, exported = [], [], []
    guessed = lost = 0
    for sheet in edigeo_sheets.read_sheets(file.path, file.shown, journal):
        found = _read_sheet(sheet, kind.layers, told or _sheet_crs(sheet))
        prefix = _departement(found, sheet, target)
        rows = found[found["object"] != SHEETS]
        guessed += not sheet.commune
        exported.append(sheet.exported)
        listed = sum(sheet.count(layer) for layer in kind.layers)
        lost += max(listed - len(rows), 0)  # numbers that repeat in a sheet give more rows
        system = rows.crs if system is None else system
        ours = kind.ours(rows.assign(prefix=prefix, exported=sheet.exported)).to_crs(system)
        packed.append(shapely.to_wkb(ours.geometry.to_numpy()))
        cells.append(_cells(ours, kind.fields))
    _note_sheets(guessed, lost, exported, journal)
    return pa.concat_tables(cells).to_pandas(), np.concatenate(packed), system


def _cells(rows: gpd.GeoDataFrame, fields: tuple[Field, ...]) -> pa.Table:
    """What is kept of the rows of a sheet: in Arrow, for a frame of few rows is mostly frame."""
    own = [field.name for field in fields if field.name in rows]
    kept = pd.DataFrame(rows[[*own, *UPDATE_COLUMNS]]).astype({"UPDATE_DATE": "float64"})
    return pa.Table.from_pandas(kept, preserve_index=False).replace_schema_metadata()


def _merge_repeated(
    cells: pd.DataFrame,
    packed: NDArray[np.object_],
    key: str,
    crs: pyproj.CRS,
    journal: Journal,
) -> tuple[pd.DataFrame, NDArray[np.object_]]:
    """Rows and shapes of each object once; only what comes again is unpacked for it."""
    again = (cells[key].duplicated(keep=False) & cells[key].notna()).to_numpy() & pd.notna(packed)
    twice = gpd.GeoDataFrame(cells[again], geometry=shapely.from_wkb(packed[again]), crs=crs)
    one = ids.merge_pieces(twice, key, newest=list(UPDATE_COLUMNS), journal=journal)
    once, kept = packed.copy(), ~again
    once[one.index] = shapely.to_wkb(one.geometry.to_numpy())
    kept[one.index] = True
    return cells[kept], once[kept]


def _note_sheets(guessed: int, lost: int, exported: list[str], journal: Journal) -> None:
    """Note what the sheets did not say, did not give, or say of different years."""
    journal.add(
        "assumed",
        guessed,
        "readers.edigeo.assumed_departement",
    )
    journal.add(
        "dropped",
        lost,
        "readers.edigeo.not_assembled",
    )
    _note_dates(exported, journal)


def _note_dates(exported: list[str], journal: Journal) -> None:
    """Note that the sheets are not of one year: what changed meanwhile is in some only."""
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
    """Objects of one sheet, with what kind each is, in the system of the sheet."""
    parts: list[Any] = [gpd.GeoDataFrame(geometry=[])]
    with files.scratch(sheet.shown) as folder, warnings.catch_warnings():
        # What GDAL warns of is what is repaired and counted later.
        warnings.simplefilter("ignore", RuntimeWarning)
        for name, data in sheet.files.items():
            # GDAL stops at a system whose name it does not know: it is told here, not there.
            known = CRS_LINE.sub(b"RELSA06:LAMB93", data) if name.endswith(".GEO") else data
            (folder / name).write_bytes(known)
        thf = folder / sheet.thf
        try:
            for layer in (SHEETS, *layers):
                # GDAL reads the whole sheet each time: no asking first what is in it. Every sheet
                # holds its own outline: one without is a sheet that GDAL could not follow.
                with nullcontext() if layer == SHEETS else suppress(DataLayerError):
                    read: Any = pyogrio.read_dataframe(thf, layer=layer)
                    once = read.loc[:, ~read.columns.duplicated()]
                    parts.append(once.assign(object=layer).set_crs(None, allow_override=True))
        except files.READ_ERRORS as reason:
            raise FormatError("readers.edigeo.unreadable_sheet", path=sheet.shown) from reason
    whole: Any = pd.concat(parts, ignore_index=True)
    # Columns that are used, there or not in the sheet: words as text, the date as a number.
    words = {
        name: whole[name].astype("str")
        if name in whole
        else pd.Series(None, whole.index, dtype="str")
        for name in (*TEXT_COLUMNS, *NAME_COLUMNS)
    }
    dated = whole.get("UPDATE_DATE", 0)
    return gpd.GeoDataFrame(
        {**words, "UPDATE_DATE": dated}, geometry=whole.geometry.to_numpy(), index=whole.index
    ).set_crs(crs)


def _sheet_crs(sheet: Sheet) -> pyproj.CRS:
    """System that the sheet declares.

    Raises
    ------
    CrsError
        None, or one that is not in the list.
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


def _departement(found: gpd.GeoDataFrame, sheet: Sheet, target: Target) -> str:
    """Two first characters of the INSEE code of a sheet, which its objects do not hold.

    Raises
    ------
    FormatError
        The name tells another sheet than the one inside, or nothing tells the département.
    """
    ids = found["IDU"].dropna()
    within = sorted(set(ids.str[:3]))
    if sheet.commune:
        inside = sorted(set(ids[found["object"] == SHEETS]))
        if within not in ([], [sheet.commune[2:]]) or inside not in (
            [],
            [sheet.commune[2:] + sheet.number],
        ):
            raise FormatError(
                "readers.edigeo.other_sheet",
                path=sheet.shown,
                commune=sheet.commune,
                number=sheet.number,
                content=inside or within,
            )
        return sheet.commune[:2]
    known = sorted({code[:2] for code in target.communes if [code[2:]] == within})
    if len(known) != 1:
        raise FormatError(
            "readers.edigeo.unknown_departement",
            path=sheet.shown,
            content=within,
            communes=target.communes or [label("readers.none")],
        )
    return known[0]


def _object_keys(rows: gpd.GeoDataFrame) -> pd.Series[Any]:
    """Key of an object: the cadastre's own number, which is the same on every sheet."""
    key: pd.Series[Any] = rows["prefix"] + "-" + rows["OBJECT_RID"].str.removeprefix("Objet_")
    return key


def _object_names(rows: gpd.GeoDataFrame) -> pd.Series[Any]:
    """Name of each object, whose words are in up to ten columns."""
    first, *others = [rows[name] for name in NAME_COLUMNS]
    words = first.str.cat(others, sep=" ", na_rep="").str.replace(r"\s+", " ", regex=True)
    words = words.str.strip()
    named: pd.Series[Any] = words.mask(words == "")
    return named
