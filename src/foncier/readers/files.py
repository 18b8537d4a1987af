"""From a path to bytes, text or rows with geometry: shared by all readers."""

from __future__ import annotations

import glob
import hashlib
import io
import sqlite3
import warnings
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pyarrow as pa
import pyogrio
import pyproj
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from foncier._util import address_paths, gdal, geopackage
from foncier._util.scratch import scratch_folder
from foncier.errors import (
    ConfigError,
    FoncierError,
    FormatError,
    SourceError,
)
from foncier.i18n import label, without_secrets
from foncier.readers import archives, crs_references, csv_text, dbf, zips

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import pandas as pd

    from foncier.readers.report import Journal

# Allowed suffixes and the first bytes of such files. GDAL reads them confined to these formats
# (`foncier._util.gdal`): the first bytes alone do not tell a format.
SIGNATURES: dict[str, tuple[bytes, ...]] = {
    ".geojson": (b"{",),
    ".json": (b"{",),
    ".gpkg": (b"SQLite format 3",),
    ".shp": (b"\x00\x00\x27\x0a",),
    ".fgb": (b"fgb",),
    ".kml": (b"<?xml", b"<kml"),
    ".parquet": (b"PAR1",),
    ".zip": (b"PK",),
}
MULTILAYER_SUFFIXES = (".gml", ".kml")
OTHER_SUFFIXES = (".gml", ".tab", ".mif", ".csv", ".geojsonl", ".ndjson")  # `other_formats`
NOT_KML = b"opengis.net/gml"  # by which GDAL tells a GML, whatever its name
# What GDAL, GEOS and Arrow raise on a truncated file or one of another format than its name.
READ_ERRORS = (
    DataSourceError,
    DataLayerError,
    shapely.errors.ShapelyError,
    pa.ArrowException,
    ValueError,
    OSError,
    pyproj.exceptions.CRSError,
    IndexError,  # pyogrio, on a file without layers
)
HEAD_BYTES = 1 << 16  # more than GDAL reads to tell a format
ADDRESS_CHARS = 200  # of an address in a message
BOM = b"\xef\xbb\xbf"


def check(path: Path, shown: str) -> None:
    """Check that a path is a file and is not empty.

    Raises
    ------
    SourceError
        The file does not exist or cannot be read.
    FormatError
        The path is a folder, or the file is empty.
    """
    if address_paths.is_address(shown) and not path.exists():
        raise SourceError("readers.files.is_address", path=without_secrets(shown))
    if not path.exists():
        raise SourceError("readers.files.not_found", path=shown)
    if path.is_dir():
        if path.suffix.lower() == ".gdb":
            raise FormatError("readers.files.geodatabase", path=shown)
        raise FormatError("readers.files.is_folder", path=shown)
    if path.stat().st_size == 0:
        raise FormatError("readers.files.empty", path=shown)


def sha256(path: Path, shown: str) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    check(path, shown)
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as reason:
        raise SourceError("readers.files.not_readable", path=shown, why=reason.strerror) from reason


def content(path: Path, shown: str) -> bytes:
    """Return the bytes of a file, decompressed if ``.gz``, without byte order mark.

    Raises
    ------
    FormatError
        The archive is truncated, damaged (its checksum is verified) or empty.
    """
    check(path, shown)
    try:
        data = path.read_bytes()
    except OSError as reason:
        raise SourceError("readers.files.not_readable", path=shown, why=reason.strerror) from reason
    if path.suffix.lower() == ".gz":
        data = archives.gunzip_bytes(data, shown)
    if not data.strip():
        raise FormatError("readers.files.empty", path=shown)
    return data.removeprefix(BOM)


@contextmanager
def scratch(shown: str) -> Iterator[Path]:
    """Make a temporary folder for libraries that read only files; removed even after a kill.

    Raises
    ------
    SourceError
        No disk space or no permission for it.
    """
    try:
        with scratch_folder() as folder:
            yield folder
    except FoncierError:
        raise
    except OSError as reason:
        raise SourceError(
            "readers.files.no_scratch_folder", path=shown, why=reason.strerror or reason
        ) from reason


def rows(path: Path, shown: str, journal: Journal, *, sublayer: str | None = None) -> pd.DataFrame:
    """Read the rows of a CSV file, every cell as text (`foncier.readers.csv_text`).

    Of a zip the only table is read, or that which ``sublayer`` names.

    Raises
    ------
    FormatError
        The file has no header, or most lines have more cells than the header.
    """
    check(path, shown)
    zipped = path.suffix.lower() == ".zip"
    data = zips.table(path, shown, sublayer) if zipped else content(path, shown)
    text = csv_text.decode(data, shown, journal)
    return csv_text.table(text, shown, journal)


def vector(
    path: Path, *, shown: str, sublayer: str | None = None, crs: str | None = None
) -> gpd.GeoDataFrame:
    """Read the rows of a vector file in its own CRS, or in ``crs`` if the study names one.

    Raises
    ------
    FormatError
        Not a vector file of a known format, truncated, or without geometry.
    ConfigError
        The sublayer does not exist, or has to be named; ``crs`` is unknown.
    """
    check(path, shown)
    with readable(shown):
        frame = check_text(_read_vector(path, shown, sublayer))
    if not isinstance(frame, gpd.GeoDataFrame):
        raise no_geometry_column(shown, frame.columns)
    if frame.geometry.name != "geometry":
        frame = frame.rename_geometry("geometry")
    return frame if crs is None else frame.set_crs(system(crs, shown), allow_override=True)


@contextmanager
def no_choice() -> Iterator[None]:
    """Word the error on a file of several layers for a file that no study names."""
    try:
        yield
    except ConfigError as fault:
        if fault.id != "readers.files.several_layers":
            raise
        raise ConfigError("readers.files.several_layers_here", **fault.params) from fault


@contextmanager
def readable(shown: str) -> Iterator[None]:
    """Confine GDAL, and turn the exceptions of libraries on a damaged vector file into one error.

    GDAL warns of what is repaired and counted later (open rings, empty geometries): no warnings.
    """
    try:
        with warnings.catch_warnings(), gdal.confined():
            warnings.simplefilter("ignore", RuntimeWarning)
            yield
    except FoncierError:
        raise
    except gdal.OutsideReferenceError as reason:
        raise outside_reference(shown, reason) from reason
    except READ_ERRORS as reason:
        raise FormatError("readers.files.unreadable", path=shown) from reason


def outside_reference(shown: str, reason: gdal.OutsideReferenceError) -> FormatError:
    """Return the error for a file that refers to an address or to another file."""
    address = "".join(c for c in reason.address[:ADDRESS_CHARS] if c.isprintable())
    return FormatError("readers.files.outside_reference", path=shown, address=address)


def no_geometry_column(shown: str, names: Iterable[object]) -> FormatError:
    """Return the error for a file without geometry column."""
    return FormatError("readers.files.no_geometry_column", path=shown, columns=list(names))


def check_text(frame: Any) -> Any:
    """Decode all text, so that invalid UTF-8 is an error here: Arrow decodes it lazily."""
    for name in frame.select_dtypes("str"):
        frame[name].to_numpy()
    return frame


def _read_vector(path: Path, shown: str, sublayer: str | None) -> Any:
    gz = path.suffix.lower() == ".gz"
    data = content(path, shown) if gz else None
    suffix = checked_suffix(path.with_suffix("") if gz else path, shown, data)
    if suffix == ".parquet":
        packed = path if data is None else data
        names = archives.parquet_columns(packed, shown)
        crs_references.check_texts(archives.parquet_metadata(packed))
        return gpd.read_parquet(path if data is None else io.BytesIO(data), columns=names)
    source, layer = gdal_source(path, shown, sublayer, data)
    given = {"layer": layer, "encoding": dbf.encoding_of(source)}
    try:
        return pyogrio.read_dataframe(source, use_arrow=True, on_invalid="fix", **given)
    except NotImplementedError:  # curves: GDAL turns them into lines, but not through Arrow
        return pyogrio.read_dataframe(source, use_arrow=False, **given)


def checked_suffix(path: Path, shown: str, data: bytes | None = None) -> str:
    """Return the suffix of a file after a check of the first bytes of the file or ``data``.

    Raises
    ------
    FormatError
        The format is not supported, or the file is truncated.
    """
    suffix = path.suffix.lower()
    if suffix not in SIGNATURES:
        raise FormatError(
            "readers.files.unknown_extension",
            path=shown,
            suffix=suffix or label("readers.no_extension"),
            formats=[*SIGNATURES, *OTHER_SUFFIXES],
        )
    if data is None:
        with path.open("rb") as file:
            head, size = file.read(HEAD_BYTES), path.stat().st_size
    else:
        head, size = data[:HEAD_BYTES], len(data)
    _check_content(suffix, head, size, shown)
    return suffix


def _check_content(suffix: str, head: bytes, size: int, shown: str) -> None:
    """Check the first bytes of a file, and that a Shapefile is whole."""
    start = head.removeprefix(BOM).lstrip()
    if not start.startswith(SIGNATURES[suffix]) or (suffix == ".kml" and NOT_KML in head):
        raise FormatError("readers.files.wrong_content", path=shown, suffix=suffix)
    if suffix == ".shp" and size < 2 * int.from_bytes(head[24:28], "big"):
        # GDAL reads a truncated shapefile without an error; the header has the length.
        raise FormatError("readers.files.truncated_shapefile", path=shown)


def gdal_source(
    path: Path, shown: str, sublayer: str | None, data: bytes | None = None
) -> tuple[Any, str | None]:
    """Return what GDAL opens of a file, and its one layer or ``sublayer``, both checked.

    Parameters
    ----------
    data
        Content of a file that was compressed.

    Raises
    ------
    FormatError, ConfigError
        As `vector`.
    """
    suffix = path.suffix.lower() if data is None else path.with_suffix("").suffix.lower()
    source: Any = path if data is None else data
    if suffix == ".shp" and not dbf.has_index(path):
        raise FormatError("readers.files.no_shx", path=shown, name=f"{path.stem}.shx")
    if suffix == ".zip":
        source, suffix, sublayer = _zip_layer(path, shown, sublayer)
    else:
        _check_crs(source, suffix, shown)
    if suffix == ".gpkg":
        return source, _table_of_geopackage(source, shown, sublayer)
    if suffix in MULTILAYER_SUFFIXES or sublayer is not None:
        names = [str(name) for name in pyogrio.list_layers(source)[:, 0]]
        return source, _one_layer(names, shown, sublayer)
    return source, None


def _zip_layer(path: Path, shown: str, sublayer: str | None) -> tuple[Any, str, str | None]:
    """Return what GDAL opens of a layer in a zip, its suffix as `checked_suffix`, its sublayer."""
    name = zips.chosen(path, shown, zips.LAYERS, sublayer)
    suffix = PurePosixPath(name).suffix.lower()
    head, size = archives.zip_member(path, name, most=HEAD_BYTES)
    _check_content(suffix, head, size, f"{shown}/{name}")
    content = archives.zip_member(path, _with_crs(name, archives.zip_members(path, shown)))[0]
    _check_crs(content, suffix, shown)
    if suffix == ".gpkg":
        return content, suffix, sublayer
    return f"/vsizip/{path.as_posix()}/{name}", suffix, None


def _with_crs(name: str, names: Iterable[str]) -> str:
    """Return the file that holds the CRS of a layer: that beside a Shapefile, else its own."""
    beside = PurePosixPath(name).with_suffix(".prj").as_posix().lower()
    found = (other for other in names if other.lower() == beside)
    return next(found, name) if name.lower().endswith(".shp") else name


def _check_crs(source: Path | bytes, suffix: str, shown: str) -> None:
    """Check that the CRS in a file names no other file, before GDAL opens that."""
    if suffix == ".gpkg":
        with _whole_geopackage(shown):
            crs_references.check_texts(geopackage.crs_texts(source))
    elif isinstance(source, bytes) or suffix != ".shp":
        crs_references.check_content(source)
    else:
        for beside in source.parent.glob(f"{glob.escape(source.stem)}.[pP][rR][jJ]"):
            crs_references.check_content(beside)


def geopackage_layers(source: Path | bytes, shown: str) -> dict[str, bool]:
    """Return the layers of a GeoPackage; True for a table, the only kind that is read.

    Raises
    ------
    FormatError
        The file is damaged, or its own tables are queries.
    """
    with _whole_geopackage(shown):
        return geopackage.layers(source)


@contextmanager
def _whole_geopackage(shown: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as reason:
        raise FormatError("readers.files.unreadable", path=shown) from reason


def _table_of_geopackage(source: Path | bytes, shown: str, sublayer: str | None) -> str:
    tables = geopackage_layers(source, shown)
    names = list(tables)
    if sublayer is None and len(names) > 1:
        try:
            names = [name for name in geopackage.drawn(source) if name in tables] or names
        except sqlite3.Error as reason:
            raise FormatError("readers.files.unreadable", path=shown) from reason
    name = _one_layer(names, shown, sublayer)
    if not tables[name]:
        raise FormatError("readers.files.layer_is_query", path=shown, layer=name)
    return name


def _one_layer(names: list[str], shown: str, sublayer: str | None) -> str:
    """Return the only layer, or the one that the study names."""
    if sublayer is not None and sublayer not in names:
        raise ConfigError(
            "readers.files.no_such_sublayer", path=shown, sublayer=sublayer, names=names
        )
    if sublayer is None and len(names) != 1:
        raise ConfigError(
            "readers.files.several_layers", path=shown, layers=len(names), names=names
        )
    return names[0] if sublayer is None else sublayer


def system(crs: str, shown: str) -> pyproj.CRS:
    """Return the CRS that a study names.

    Raises
    ------
    ConfigError
        The CRS is unknown.
    FormatError
        It names a file or an address.
    """
    try:
        crs_references.check_texts([crs])
    except gdal.OutsideReferenceError as reason:
        raise outside_reference(shown, reason) from reason
    try:
        return pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError as reason:
        raise ConfigError("readers.files.unknown_crs", path=shown, crs=crs) from reason
