"""From a path to bytes, to text or to rows with a geometry: what every reader shares."""

from __future__ import annotations

import hashlib
import io
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyogrio
import pyproj
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from foncier._util.scratch import scratch_folder
from foncier.errors import (
    ConfigError,
    FoncierError,
    FormatError,
    SourceError,
)
from foncier.i18n import label
from foncier.readers import archives

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from foncier.readers.report import Journal

# What may be opened, and how such a file begins. GDAL knows dozens of formats, some of which
# open a connection or another file: what does not begin as it should never reaches it.
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
MULTILAYER_SUFFIXES = (".gpkg", ".kml", ".zip")
DRIVERS = {"GeoJSON", "GPKG", "ESRI Shapefile", "FlatGeobuf", "KML", "LIBKML"}
SUFFIXES_IN_ZIP = (".shp", ".gpkg", ".geojson", ".json", ".fgb")
# All that GDAL, GEOS and Arrow say of a file that is cut short or is not what its name says.
READ_ERRORS = (
    DataSourceError,
    DataLayerError,
    shapely.errors.ShapelyError,
    pa.ArrowException,
    ValueError,
    OSError,
    pyproj.exceptions.CRSError,
    IndexError,  # pyogrio, of a file without any layer
)
MAX_COLUMNS = 2000  # the widest register has two hundred
BOM = b"\xef\xbb\xbf"


def check(path: Path, shown: str) -> None:
    """Make sure that a file is there, is a file and holds something.

    Raises
    ------
    SourceError
        The file does not exist or may not be read.
    FormatError
        It is a folder, or it is empty.
    """
    if not path.exists():
        raise SourceError("readers.files.not_found", path=shown)
    if path.is_dir():
        raise FormatError("readers.files.is_folder", path=shown)
    if path.stat().st_size == 0:
        raise FormatError("readers.files.empty", path=shown)


def sha256(path: Path, shown: str) -> str:
    """Fingerprint of the file as it lies on the disk, in hexadecimal."""
    check(path, shown)
    try:
        with path.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as reason:
        raise SourceError("readers.files.not_readable", path=shown, why=reason.strerror) from reason


def content(path: Path, shown: str) -> bytes:
    """Bytes of a file, decompressed when its name ends in ``.gz``, without byte order mark.

    Raises
    ------
    FormatError
        The archive is cut short or damaged (its checksum is verified), or holds nothing.
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


def text(path: Path, shown: str, journal: Journal) -> str:
    """Text of a file: UTF-8, else Windows-1252 (what French offices export), which is noted."""
    data = content(path, shown)
    if data.startswith(b"PK"):
        raise FormatError("readers.files.not_csv", path=shown)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        journal.add(
            "assumed",
            1,
            "readers.files.not_utf8",
        )
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:  # five bytes mean nothing there; Latin-1 knows them all
        return data.decode("latin-1")


@contextmanager
def scratch(shown: str) -> Iterator[Path]:
    """Folder for what a library reads from a file only; gone at the end, a kill notwithstanding.

    Raises
    ------
    SourceError
        There is no room or no right for it.
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


def rows(path: Path, shown: str, journal: Journal) -> pd.DataFrame:
    """Rows of a CSV file, every cell as the text that it is; the separator is the header's own.

    Raises
    ------
    FormatError
        The file has no header, or a line has more cells than the header.
    """
    written = text(path, shown, journal)
    header = written.split("\n", 1)[0]
    separator = max(";,\t", key=header.count)
    if header.count(separator) >= MAX_COLUMNS:
        raise FormatError("readers.files.too_many_columns", path=shown, most=MAX_COLUMNS)
    try:
        table = pd.read_csv(
            io.StringIO(written), sep=separator, dtype=str, keep_default_na=False, na_filter=False
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as reason:
        raise FormatError("readers.files.bad_csv", path=shown, why=str(reason).strip()) from reason
    # With a longer first row pandas takes the first cells for an index, one column off.
    if not isinstance(table.index, pd.RangeIndex):
        raise FormatError("readers.files.ragged_csv", path=shown)
    return table


def vector(
    path: Path, *, shown: str, sublayer: str | None = None, crs: str | None = None
) -> gpd.GeoDataFrame:
    """Rows of a vector file, in its own system, or in ``crs`` where the study says better.

    Raises
    ------
    FormatError
        Not a vector file of a known format, cut short, or without geometry.
    ConfigError
        The sublayer is not there, or must be chosen; ``crs`` names no system.
    """
    check(path, shown)
    with readable(shown):
        frame = _check_text(_read_vector(path, shown, sublayer))
    if not isinstance(frame, gpd.GeoDataFrame):
        raise no_geometry_column(shown, frame.columns)
    if frame.geometry.name != "geometry":
        frame = frame.rename_geometry("geometry")
    return frame if crs is None else frame.set_crs(system(crs, shown), allow_override=True)


@contextmanager
def readable(shown: str) -> Iterator[None]:
    """Turn what libraries say of a damaged vector file into one error, and silence GDAL.

    What GDAL warns of is what is repaired and counted later (open rings, empty shapes).
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            yield
    except FoncierError:
        raise
    except READ_ERRORS as reason:
        raise FormatError("readers.files.unreadable", path=shown) from reason


def no_geometry_column(shown: str, names: Iterable[object]) -> FormatError:
    """Error about a file of rows that have no geometry column."""
    return FormatError("readers.files.no_geometry_column", path=shown, columns=list(names))


def _check_text(frame: Any) -> Any:
    """The rows, once all of their text is known to be text: Arrow looks at it only when asked."""
    for name in frame.select_dtypes("str"):
        frame[name].to_numpy()
    return frame


def _read_vector(path: Path, shown: str, sublayer: str | None) -> Any:
    gz = path.suffix.lower() == ".gz"
    data = content(path, shown) if gz else None
    suffix = checked_suffix(path.with_suffix("") if gz else path, shown, data)
    if suffix == ".parquet":
        return gpd.read_parquet(path if data is None else io.BytesIO(data))
    source = gdal_source(path, shown, sublayer, data)
    return pyogrio.read_dataframe(source, layer=sublayer, use_arrow=True, on_invalid="fix")


def checked_suffix(path: Path, shown: str, data: bytes | None = None) -> str:
    """Ending of a file's name, once the file (or its unpacked ``data``) is seen to begin so.

    Raises
    ------
    FormatError
        It is not of a format that is read here, or is cut short.
    """
    suffix = path.suffix.lower()
    if data is None:
        with path.open("rb") as opened:
            start = opened.read(100)
    else:
        start = data[:100]
    if suffix not in SIGNATURES:
        raise FormatError(
            "readers.files.unknown_extension",
            path=shown,
            suffix=suffix or label("readers.no_extension"),
            formats=list(SIGNATURES),
        )
    if not start.removeprefix(BOM).lstrip().startswith(SIGNATURES[suffix]):
        raise FormatError("readers.files.wrong_content", path=shown, suffix=suffix)
    size = path.stat().st_size if data is None else len(data)
    if suffix == ".shp" and size < 2 * int.from_bytes(start[24:28], "big"):
        # GDAL reads what is left and says nothing of the rest; the header knows the length.
        raise FormatError("readers.files.truncated_shapefile", path=shown)
    return suffix


def gdal_source(path: Path, shown: str, sublayer: str | None, data: bytes | None = None) -> Any:
    """What GDAL opens of a file; its one layer, or ``sublayer``, is seen to be there.

    Raises
    ------
    FormatError, ConfigError
        As `vector`.
    """
    suffix = path.suffix.lower() if data is None else path.with_suffix("").suffix.lower()
    source: Any = path if data is None else data
    source = _zip_layer(path, shown) if suffix == ".zip" else source
    if suffix in MULTILAYER_SUFFIXES or sublayer is not None:
        _check_layer(source, shown, sublayer)
    return source


def _zip_layer(path: Path, shown: str) -> str:
    """Path for GDAL of the only layer in a zip."""
    found = [n for n in archives.zip_members(path, shown) if n.lower().endswith(SUFFIXES_IN_ZIP)]
    if len(found) != 1:
        raise FormatError(
            "readers.files.one_layer_in_zip", path=shown, layers=found or [label("readers.none")]
        )
    return f"/vsizip/{path.as_posix()}/{found[0]}"


def _check_layer(source: Any, shown: str, sublayer: str | None) -> None:
    names = [str(name) for name in pyogrio.list_layers(source)[:, 0]]
    if sublayer is not None and sublayer not in names:
        raise ConfigError(
            "readers.files.no_such_sublayer", path=shown, sublayer=sublayer, names=names
        )
    if sublayer is None and len(names) != 1:
        raise ConfigError(
            "readers.files.several_layers", path=shown, layers=len(names), names=names
        )
    driver = pyogrio.read_info(source, layer=sublayer)["driver"]
    if driver not in DRIVERS:
        raise FormatError("readers.files.unknown_driver", path=shown, driver=driver)


def system(crs: str, shown: str) -> pyproj.CRS:
    """Coordinate system that a study names.

    Raises
    ------
    ConfigError
        There is none of that name.
    """
    try:
        return pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError as reason:
        raise ConfigError("readers.files.unknown_crs", path=shown, crs=crs) from reason
