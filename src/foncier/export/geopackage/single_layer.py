"""GeoPackages of one or a few layers."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from pyogrio.raw import write_arrow

from foncier.errors import ExportError
from foncier.export.geopackage.metadata import INSERT_STYLE, LAYER_STYLES, UNDATED
from foncier.export.geopackage.write import (
    FAULTS,
    GEOMETRY,
    VERSION,
    arrow,
)
from foncier.export.qgis.styles import NAME_LENGTH

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from pathlib import Path

    import pyproj

    from foncier.results.layers import Layer


def write_layers(
    path: Path,
    fill: Callable[[Path], None],
    *,
    day: date | None,
    write_metadata: Callable[[sqlite3.Connection, str], None] = lambda _base, _moment: None,
) -> None:
    """Write a new GeoPackage; the same layers give the same bytes.

    Parameters
    ----------
    path
        A file that does not exist yet.
    fill
        Writes the layers to the draft at the path of its argument.
    day
        Date of the file (1 January 2000 when None).
    write_metadata
        Adds the styles of QGIS to the draft; its second argument is the date.

    Raises
    ------
    ExportError
        The file cannot be written whole.
    """
    draft = path.with_name(f"{path.name}.draft.gpkg")
    moment = f"{day or UNDATED}T00:00:00.000Z"
    try:
        fill(draft)
        with closing(sqlite3.connect(draft, isolation_level=None)) as base:
            write_metadata(base, moment)
            base.execute("UPDATE gpkg_contents SET last_change = ?", (moment,))
            base.execute("VACUUM INTO ?", (str(path),))
    except FAULTS as error:
        raise ExportError("export.not_written", file=path.name, why=error) from error
    finally:
        draft.unlink(missing_ok=True)


def write_single_layer(
    layer: Layer, path: Path, *, crs: pyproj.CRS, style: str, title: str, day: date | None
) -> None:
    """Write a layer to a new GeoPackage with its style; the same layer gives the same bytes.

    Raises
    ------
    ExportError
        The file cannot be written whole.
    """

    def fill(draft: Path) -> None:
        write_arrow(
            arrow(layer),
            draft,
            layer=layer.name,
            driver="GPKG",
            geometry_name=GEOMETRY,
            geometry_type=layer.shape,
            crs=crs.to_wkt(),
            dataset_options={"VERSION": VERSION},
            layer_options={
                "SPATIAL_INDEX": "YES",
                "GEOMETRY_NAME": GEOMETRY,
                "IDENTIFIER": layer.name,
                "DESCRIPTION": title,
            },
        )

    write_layers(path, fill, day=day, write_metadata=partial(_write_style, layer, style))


def _write_style(layer: Layer, style: str, base: sqlite3.Connection, moment: str) -> None:
    base.executescript(LAYER_STYLES)
    name = layer.title.fr[:NAME_LENGTH]
    base.execute(INSERT_STYLE, (layer.name, GEOMETRY, name, style, "", 1, "", moment))
    base.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change) "
        "VALUES ('layer_styles', 'attributes', 'layer_styles', 'QGIS', ?)",
        (moment,),
    )
