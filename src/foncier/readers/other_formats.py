"""Vector files that are made safe before they are read: GML, MapInfo, GeoJSON by lines, CSV of WKT.

GDAL opens what these files refer to (schemas of a GML, tables of a MapInfo table), or tells their
format by their name alone. They are read as a whole, from a folder of their own (ADR 62).
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pyogrio

from foncier._util import gdal
from foncier.errors import FormatError
from foncier.geometry.nested import read_wkt
from foncier.readers import files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

    from foncier.model import LayerFile
    from foncier.readers.report import Journal

LINES = (".geojsonl", ".geojsons", ".ndjson", ".jsonl")
MAPINFO = {".tab": (".dat", ".map", ".id", ".ind"), ".mif": (".mid",)}
SUFFIXES = (".gml", *MAPINFO, *LINES, ".csv")
# Encodings of XML in which a byte below 128 is that letter, so that words are found as bytes.
PLAIN_XML = re.compile(rb"(?i)^(?:utf-?8|us-ascii|ascii|iso-8859-\d+|windows-125\d|latin-?1)$")
XML_ENCODING = re.compile(rb"""^[^>]{0,200}?encoding\s*=\s*["']([^"']*)["']""")
SCHEMA = re.compile(rb"(?i)schemaLocation")
NUMBER_MATCHED = re.compile(rb"""numberMatched\s*=\s*["'](\d+)["']""")  # of an answer of a WFS
RECORD_SEPARATOR = b"\x1e"  # RFC 8142
# Of other tables, which a MapInfo table then opens by their names.
MAPINFO_OTHERS = re.compile(rb"(?i)IsSeamless|create\s+view")
MAPINFO_NATIVE = re.compile(rb"(?im)^\s*Type\s+NATIVE\b")
WKT_NAMES = ("wkt", "the_geom", "geom", "geometry", "geometrie", "shape", "geo_wkt")
SNIFFED_ROWS = 50
SRID = re.compile(r"(?i)^\s*SRID\s*=\s*(\d+)\s*;")


def reads(path: Path) -> bool:
    """Tell whether a file, compressed or not, is of one of these formats by its name."""
    return _suffix(path) in SUFFIXES


def _suffix(path: Path) -> str:
    plain = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    return plain.suffix.lower()


def vector(file: LayerFile, journal: Journal) -> gpd.GeoDataFrame:
    """Read the rows of a file in its own CRS, or in that which the study names.

    Raises
    ------
    FormatError
        Not of the format of its name, without geometry, or it refers to another file.
    ConfigError
        The sublayer does not exist, or has to be named; ``crs`` is unknown.
    """
    path, shown, suffix = file.path, file.shown, _suffix(file.path)
    files.check(path, shown)
    if suffix == ".csv":
        frame = _csv(files.rows(path, shown, journal), shown)
    else:
        with _safe(path, shown, suffix) as source, files.readable(shown):
            frame = _read(source, shown, file.sublayer)
    if not isinstance(frame, gpd.GeoDataFrame):
        raise files.no_geometry_column(shown, frame.columns)
    if frame.geometry.name != "geometry":
        frame = frame.rename_geometry("geometry")
    if file.crs is None:
        return frame
    return frame.set_crs(files.system(file.crs, shown), allow_override=True)


def _read(source: Path, shown: str, sublayer: str | None) -> Any:
    opened, layer = files.gdal_source(source, shown, sublayer)
    try:
        frame = pyogrio.read_dataframe(opened, layer=layer, use_arrow=True, on_invalid="fix")
    except NotImplementedError:  # curves
        frame = pyogrio.read_dataframe(opened, layer=layer, use_arrow=False)
    frame.columns = _numbered([str(name) for name in frame.columns])
    return files.check_text(frame)


def _numbered(names: list[str]) -> list[str]:
    """Names of columns, the shapes last: another one of a name is numbered."""
    seen = dict.fromkeys(names[-1:], 1)
    numbered = []
    for name in names[:-1]:
        seen[name] = seen.get(name, 0) + 1
        numbered.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return numbered + names[-1:]


@contextmanager
def _safe(path: Path, shown: str, suffix: str) -> Iterator[Path]:
    """What GDAL may open of a file, in a folder of its own."""
    with files.scratch(shown) as folder:
        if suffix in MAPINFO:
            yield _mapinfo(path, shown, suffix, folder)
            return
        data = files.content(path, shown)
        if suffix == ".gml":
            copy, data = folder / "layer.gml", _without_schema(data, shown)
        else:
            copy, data = folder / "layer.geojson", _collection(data, shown)
        copy.write_bytes(data)
        yield copy


def _without_schema(data: bytes, shown: str) -> bytes:
    """GML that names no schema.

    Raises
    ------
    FormatError
        Not XML, in an encoding in which its words cannot be looked for, or with a document type.
    """
    stated = XML_ENCODING.match(data)
    if not data.lstrip().startswith(b"<") or b"\0" in data or b"opengis.net/gml" not in data[:4096]:
        raise FormatError("readers.files.wrong_content", path=shown, suffix=".gml")
    if (stated is not None and not PLAIN_XML.match(stated[1])) or b"<!DOCTYPE" in data:
        raise FormatError("readers.other_formats.xml", path=shown)
    return SCHEMA.sub(b"schemaIgnored_", data)


def _collection(data: bytes, shown: str) -> bytes:
    """One collection of the features of the lines."""
    lines = [line for line in data.replace(RECORD_SEPARATOR, b"").splitlines() if line.strip()]
    if not all(line.lstrip().startswith(b"{") for line in lines):
        raise FormatError("readers.files.wrong_content", path=shown, suffix=LINES[0])
    return b'{"type":"FeatureCollection","features":[' + b",\n".join(lines) + b"]}"


def _mapinfo(path: Path, shown: str, suffix: str, folder: Path) -> Path:
    """The files of a MapInfo table alone, in a folder.

    Raises
    ------
    FormatError
        The table is compressed, made of other tables, or of another type; a file of it is missing.
    """
    if path.suffix.lower() != suffix:
        raise FormatError("readers.other_formats.several_files", path=shown)
    if suffix == ".tab":
        head = path.read_bytes()
        if MAPINFO_OTHERS.search(head) or not MAPINFO_NATIVE.search(head):
            raise FormatError("readers.other_formats.not_native", path=shown)
    beside = {one.name.lower(): one for one in path.parent.iterdir()}
    for end in MAPINFO[suffix]:
        part = beside.get(f"{path.stem}{end}".lower())
        if part is not None:
            gdal.place(part, folder / f"layer{end}")
    return gdal.place(path, folder / f"layer{suffix}")


def _csv(rows: pd.DataFrame, shown: str) -> gpd.GeoDataFrame:
    """Rows of a CSV with the shapes of its column of WKT, which may state their CRS (``SRID=``)."""
    found = next((name for name in _wkt_columns(rows)), None)
    if found is None:
        raise files.no_geometry_column(shown, rows.columns)
    cells = rows[found].astype("str")
    stated = cells.str.extract(SRID, expand=False).dropna().unique()
    shapes = read_wkt(cells.str.replace(SRID, "", regex=True))
    crs = files.system(f"EPSG:{stated[0]}", shown) if len(stated) == 1 else None
    return gpd.GeoDataFrame(rows.drop(columns=found), geometry=shapes, crs=crs)


def _wkt_columns(rows: pd.DataFrame) -> Iterator[str]:
    """Columns of WKT, the likeliest name first: one whose first cells are shapes."""
    order = {name: n for n, name in enumerate(WKT_NAMES)}
    for name in sorted(rows, key=lambda name: order.get(str(name).strip().lower(), len(order))):
        cells = rows[name].astype("str").str.replace(SRID, "", regex=True)
        cells = cells[cells.str.strip() != ""].head(SNIFFED_ROWS)
        parsed = read_wkt(cells)
        if len(cells) and sum(shape is not None for shape in parsed) * 2 > len(cells):
            yield str(name)
