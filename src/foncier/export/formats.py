"""Other formats of a result: Excel workbook, FlatGeobuf and GeoJSON."""

from __future__ import annotations

import shutil
from functools import partial
from typing import TYPE_CHECKING

import pyogrio
from pyogrio.raw import read_arrow, write_arrow

from foncier._util.atomic_write import write_atomically
from foncier.errors import ConfigError, ExportError
from foncier.export.geopackage.write import GEOMETRY, stream
from foncier.export.workbook import write_workbook
from foncier.i18n import Message

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from foncier._util.destination import Owner
    from foncier.results import Layer, SavedResult

FAULTS = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.FeatureError,
    OSError,
    ValueError,
)
DISK_FULL = 1 << 16  # free bytes below which the disk counts as full
DECIMALS = 7  # of a degree: about a centimetre


def write_flatgeobuf(layer: Layer, path: Path) -> None:
    """Write a layer as FlatGeobuf, in its legal metric CRS, with its spatial index.

    Raises
    ------
    ExportError
        The file cannot be written.
    """
    _write(layer, path, driver="FlatGeobuf", SPATIAL_INDEX="YES" if len(layer.frame) else "NO")


def write_geojson(layer: Layer, path: Path) -> None:
    """Write a layer as GeoJSON of RFC 7946: WGS 84, rings by the right-hand rule, 7 decimals.

    Raises
    ------
    ExportError
        The file cannot be written.
    """
    _write(layer, path, driver="GeoJSON", RFC7946="YES", COORDINATE_PRECISION=str(DECIMALS))


def _write(layer: Layer, path: Path, *, driver: str, **options: str) -> None:
    try:
        write_arrow(
            stream(layer),
            path,
            layer=layer.name,
            driver=driver,
            geometry_name=GEOMETRY,
            geometry_type=layer.shape,
            crs=layer.frame.crs.to_wkt(),
            layer_options=options,
        )
        # These drivers do not report that the disk was full when they closed the file.
        _, table = read_arrow(path, columns=[layer.columns[0].name], read_geometry=False)
        if table.num_rows == len(layer.frame):
            return
        why = Message(
            "export.rows_missing",
            layer=layer.name,
            written=table.num_rows,
            expected=len(layer.frame),
        )
    except FAULTS:  # the words of GDAL contain the hidden folder: they are not shown
        if shutil.disk_usage(path.parent).free < DISK_FULL:
            raise ExportError("export.disk_full", file=path.name) from None
        why = Message("export.formats.gdal_failed")
    raise ExportError("export.not_written", file=path.name, why=why)


FORMATS = ("xlsx", "flatgeobuf", "geojson")
WORKBOOK = "opportunites.xlsx"
# Suffix of the files of a format, and the function that writes a layer.
BY_LAYER = {"flatgeobuf": ("fgb", write_flatgeobuf), "geojson": ("geojson", write_geojson)}


def parse_formats(text: str) -> tuple[str, ...]:
    """Read a list of formats separated by commas, each once.

    Raises
    ------
    ConfigError
        A format is unknown.

    Examples
    --------
    >>> parse_formats("xlsx, geojson,xlsx")
    ('xlsx', 'geojson')
    """
    names = tuple(dict.fromkeys(n.strip().lower() for n in text.split(",") if n.strip()))
    unknown = [name for name in names if name not in FORMATS]
    if unknown:
        raise ConfigError("export.formats.unknown", format=unknown[0], formats=FORMATS)
    return names


def write_formats(
    result: SavedResult, folder: Path, formats: tuple[str, ...], *, owner: Owner | None = None
) -> tuple[str, ...]:
    """Write a result in some formats to a folder; return the names of the files.

    The workbook is one file; FlatGeobuf and GeoJSON have one file per layer, in a folder of their
    own. The files of a format are written all or none.

    Raises
    ------
    ConfigError
        A file may not be replaced (`foncier._util.destination`).
    ExportError
        A file could not be written; the former files of this format are intact.
    """
    written: list[str] = []
    for name in formats:
        if name not in BY_LAYER:
            workbook = {WORKBOOK: partial(write_workbook, result)}
            written += write_atomically(folder, workbook, owner=owner)
            continue
        suffix, writer = BY_LAYER[name]
        write: dict[str, Callable[[Path], None]] = {
            f"{layer}.{suffix}": partial(_write_layer, result, layer, writer)
            for layer, description in result.descriptions.items()
            if description.shape
        }
        written += [
            f"{name}/{file}" for file in write_atomically(folder / name, write, owner=owner)
        ]
    return tuple(written)


def _write_layer(
    result: SavedResult, name: str, write: Callable[[Layer, Path], None], path: Path
) -> None:
    layer = result.layer(name)
    if layer is not None:
        write(layer, path)
