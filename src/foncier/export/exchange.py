"""FlatGeobuf and GeoJSON: each layer as one file, for other programs and for the web."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyogrio
from pyogrio.raw import write_arrow

from foncier.errors import ExportError
from foncier.export.geopackage import GEOMETRY, stream

if TYPE_CHECKING:
    from pathlib import Path

    from foncier.export.layers import Layer

FAULTS = (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError,
          pyogrio.errors.FeatureError)  # fmt: skip
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
    except FAULTS as reason:
        raise ExportError(
            f"{path.name}\u00a0: le fichier n'a pas pu être écrit ({reason}). Vérifiez la place "
            "sur le disque et le droit d'écrire dans ce dossier."
        ) from reason
