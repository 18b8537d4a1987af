"""FlatGeobuf and GeoJSON: each layer as one file, for other programs and for the web."""

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

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from foncier.results import Layer, SavedResult

FAULTS = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.FeatureError,
    OSError,
    ValueError,
)
NO_ROOM = 1 << 16  # bytes: below, what a driver could not write did not fit
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
        # These drivers do not say that the disk was full when they closed the file.
        _, table = read_arrow(path, columns=[layer.columns[0].name], read_geometry=False)
        if table.num_rows == len(layer.frame):
            return
        reason = f"{table.num_rows} objets sur {len(layer.frame)}"
    except FAULTS:  # in the words of GDAL, with the hidden folder in them
        free = shutil.disk_usage(path.parent).free
        reason = "le disque est plein" if free < NO_ROOM else "GDAL a échoué"
    raise ExportError(
        f"{path.name}\u00a0: le fichier n'a pas pu être écrit en entier ({reason}). Vérifiez la "
        "place sur le disque et le droit d'écrire dans ce dossier."
    )


FORMS = ("xlsx", "flatgeobuf", "geojson")
WORKBOOK = "opportunites.xlsx"
# Suffix of the files of a form, and what writes a layer.
BY_LAYER = {"flatgeobuf": ("fgb", write_flatgeobuf), "geojson": ("geojson", write_geojson)}


def parse_formats(text: str) -> tuple[str, ...]:
    """Forms named in a list with commas, each once.

    Raises
    ------
    ConfigError
        A form that there is not.

    Examples
    --------
    >>> parse_formats("xlsx, geojson,xlsx")
    ('xlsx', 'geojson')
    """
    names = tuple(dict.fromkeys(n.strip().lower() for n in text.split(",") if n.strip()))
    unknown = [name for name in names if name not in FORMS]
    if unknown:
        raise ConfigError(
            f"--to {unknown[0]!r}\u00a0: forme inconnue. Attendu\u00a0: {', '.join(FORMS)}."
        )
    return names


def write_forms(result: SavedResult, folder: Path, forms: tuple[str, ...]) -> tuple[str, ...]:
    """Write a result in these forms to a folder; return the names of the files.

    The workbook is one file; FlatGeobuf and GeoJSON hold one layer a file, in a folder of their
    own. The files of a form are written all or none.

    Raises
    ------
    ExportError
        Something could not be written; the former files of this form are intact.
    """
    made: list[str] = []
    for form in forms:
        if form not in BY_LAYER:
            made += write_atomically(folder, {WORKBOOK: partial(write_workbook, result)})
            continue
        suffix, writer = BY_LAYER[form]
        write: dict[str, Callable[[Path], None]] = {
            f"{name}.{suffix}": partial(_write_layer, result, name, writer)
            for name, description in result.descriptions.items()
            if description.shape
        }
        made += [f"{form}/{name}" for name in write_atomically(folder / form, write)]
    return tuple(made)


def _write_layer(
    result: SavedResult, name: str, write: Callable[[Layer, Path], None], path: Path
) -> None:
    layer = result.layer(name)
    if layer is not None:
        write(layer, path)
