"""FlatGeobuf and GeoJSON: each layer as one file, for other programs and for the web."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pyogrio
from pyogrio.raw import read_arrow, write_arrow

from foncier.errors import ExportError
from foncier.export.geopackage import GEOMETRY, stream

if TYPE_CHECKING:
    from pathlib import Path

    from foncier.export.layers import Layer

FAULTS = (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError,
          pyogrio.errors.FeatureError, OSError, ValueError)  # fmt: skip
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
            stream(layer), path, layer=layer.name, driver=driver, geometry_name=GEOMETRY,
            geometry_type=layer.shape, crs=layer.frame.crs.to_wkt(), layer_options=options,
        )  # fmt: skip
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
