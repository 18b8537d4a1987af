"""Write a result as one GeoPackage that is ready to use in QGIS."""

from __future__ import annotations

import shutil
import sqlite3
import struct
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
import shapely
from pyogrio.raw import write_arrow

from foncier.errors import ExportError
from foncier.export.geopackage import metadata
from foncier.export.layers import layers
from foncier.i18n import Message

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyproj

    from foncier.i18n import Lang
    from foncier.model import ResultTables
    from foncier.results.layers import Layer

# GeoPackage 1.2 is what every QGIS since 3.0 reads without a warning.
VERSION = "1.2"
ARROW = {
    "text": pa.string(),
    "number": pa.float64(),
    "count": pa.int64(),
    "yes_no": pa.bool_(),
    "date": pa.date32(),
}
GEOMETRY = "geom"
BATCH = 65_536  # rows
# Type of a single shape for GEOS, and of the collection of such shapes in WKB.
SINGLE = {"MultiPolygon": (3, 6), "MultiLineString": (1, 5)}
FAULTS = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.FeatureError,
    sqlite3.Error,
    OSError,
)
DISK_FULL = 1 << 20  # free bytes below which the disk counts as full


def write_geopackage(
    result: ResultTables, path: Path, *, lang: Lang = "fr", with_entries: bool = False
) -> None:
    """Write every table of a result, with styles, labels and metadata, to a new GeoPackage.

    Parameters
    ----------
    result
        The whole result of a run; geometries in the legal metric CRS, which the file keeps.
    path
        The file to write. A former file is replaced only when the new one is complete.
    lang
        Language of aliases, descriptions and legends, ``fr`` or ``en``. Layer and column names are
        the same in both.
    with_entries
        The project inside shows the layers of ``saisies.gpkg``, which lies beside the file.

    Notes
    -----
    What is unknown is NULL. The same result gives the same bytes: rows are sorted, and the dates
    that the format asks for are the edition of the result (1 January 2000 when undated).

    Raises
    ------
    ExportError
        The file cannot be written whole; a former one is intact.
    """
    made = layers(result)
    draft = path.with_name(f".{path.name}.draft.gpkg")
    whole = path.with_name(f".{path.name}.whole.gpkg")
    try:
        _clear(draft, whole)
        with _unsynchronised():
            for layer in made:
                _write_layer(layer, draft, result.candidates.crs)
        with closing(sqlite3.connect(draft, isolation_level=None)) as base:
            base.execute("PRAGMA synchronous = OFF")  # a draft: what counts is its copy
            _check_rows(base, made)
            metadata.write_metadata(
                base, result, made, file=path.name, lang=lang, with_entries=with_entries
            )
            # A copy has no freed pages and no change counter: the same result, the same bytes.
            base.execute("VACUUM INTO ?", (str(whole),))
        whole.replace(path)
    except FAULTS as error:
        raise _not_written(path, error) from error
    finally:
        _clear(draft, whole)


@contextmanager
def _unsynchronised() -> Iterator[None]:
    """Tell GDAL not to flush each step to the disk: the draft may be lost."""
    name = "OGR_SQLITE_SYNCHRONOUS"
    former = pyogrio.get_gdal_config_option(name)
    pyogrio.set_gdal_config_options({name: "OFF"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({name: former})


def _clear(*files: Path) -> None:
    """Remove drafts and the files that SQLite may have left beside them, where possible."""
    for file in files:
        for name in (file.name, f"{file.name}-journal", f"{file.name}-wal", f"{file.name}-shm"):
            with suppress(OSError):
                file.with_name(name).unlink()


def _write_layer(layer: Layer, path: Path, crs: pyproj.CRS) -> None:
    # Nothing here depends on the day or on the machine; `metadata` sets the dates.
    geometry: dict[str, Any] = {"geometry_name": None, "geometry_type": None, "crs": None}
    options = {}
    if layer.shape:
        geometry = {"geometry_name": GEOMETRY, "geometry_type": layer.shape, "crs": crs.to_wkt()}
        options = {"SPATIAL_INDEX": "YES", "GEOMETRY_NAME": GEOMETRY}
    write_arrow(
        stream(layer),
        path,
        layer=layer.name,
        driver="GPKG",
        **geometry,
        dataset_options={} if path.exists() else {"VERSION": VERSION},
        layer_options={**options, "DESCRIPTION": "", "IDENTIFIER": layer.name},
    )


def stream(layer: Layer) -> pa.RecordBatchReader:
    """Rows of a layer as Arrow, in batches: a million parcels are never in memory twice."""

    def batches() -> Iterator[pa.RecordBatch]:
        for start in range(0, len(layer.frame), BATCH):
            part = layer.frame.iloc[start : start + BATCH]
            yield from arrow(replace(layer, frame=part)).to_batches()

    schema = arrow(replace(layer, frame=layer.frame.iloc[:0])).schema
    return pa.RecordBatchReader.from_batches(schema, batches())


def arrow(layer: Layer) -> pa.Table:
    """Arrow table of a layer: typed by its schema, unknown as null, geometry as multi WKB."""
    columns = {}
    for column in layer.columns:
        values = layer.frame[column.name]
        if column.kind == "text":
            # OGR ends a text at its first NUL; without it the rest is kept.
            values = values.astype("str").str.replace("\x00", "", regex=False)
        elif column.kind == "date":
            values = pd.to_datetime(values).dt.date
        columns[column.name] = pa.array(values, type=ARROW[column.kind], from_pandas=True)
    if layer.shape:
        columns[GEOMETRY] = pa.array(_wkb(layer), type=pa.binary())
    return pa.table(columns)


def _wkb(layer: Layer) -> np.ndarray:
    """Geometries as WKB, single ones promoted to multi: one type per layer."""
    shapes = np.asarray(layer.frame.geometry.array, dtype=object)
    written = np.asarray(shapely.to_wkb(shapes, output_dimension=2, byte_order=1), dtype=object)
    if layer.shape in SINGLE:
        kind, many = SINGLE[layer.shape]
        alone = shapely.get_type_id(shapes) == kind
        # A collection of one: its order of bytes, its type, the number of its parts, its part.
        head = struct.pack("<BII", 1, many, 1)
        # One by one: numpy would take the head as text and drop the zeros at its end.
        written[alone] = [head + part for part in written[alone]]
    return written


def _check_rows(base: sqlite3.Connection, made: tuple[Layer, ...]) -> None:
    """Count the rows: GDAL does not always report an error when it closes a file."""
    for layer in made:
        (rows,) = base.execute(f'SELECT count(*) FROM "{layer.name}"').fetchone()  # noqa: S608  # nosec B608
        if rows != len(layer.frame):
            raise sqlite3.DatabaseError(
                Message(
                    "export.rows_missing",
                    layer=layer.name,
                    written=rows,
                    expected=len(layer.frame),
                )
            )


def _not_written(path: Path, error: Exception) -> ExportError:
    free = shutil.disk_usage(path.parent).free if path.parent.is_dir() else None
    if free is not None and free < DISK_FULL:
        return ExportError("export.disk_full", file=path.name)
    return ExportError("export.geopackage.not_written", file=path.name, why=error)
