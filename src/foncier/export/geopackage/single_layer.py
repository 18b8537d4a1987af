"""A GeoPackage of a layer or a few: written as a draft, dated, then copied without a gap."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from pyogrio.raw import write_arrow

from foncier.errors import ExportError
from foncier.export.geopackage.metadata import UNDATED
from foncier.export.geopackage.write import (
    FAULTS,
    GEOMETRY,
    VERSION,
    arrow,
)

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
        A file that is not there yet.
    fill
        Writes the layers to the draft at the path it is given.
    day
        Date that the file carries (1 January 2000 when None).
    write_metadata
        Adds what QGIS reads (styles) to the draft, dated by the text it is given.

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
    except FAULTS as reason:
        raise ExportError(
            f"{path.name}\u00a0: le GeoPackage n'a pas pu être écrit ({reason}). Vérifiez la place "
            "sur le disque et le droit d'écrire dans ce dossier."
        ) from reason
    finally:
        draft.unlink(missing_ok=True)


STYLES = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256),
  f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256),
  styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT,
  owner TEXT(30), ui TEXT(30), update_time DATETIME DEFAULT CURRENT_TIMESTAMP);
"""


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
    base.executescript(STYLES)
    base.execute(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
        "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner, "
        "update_time) VALUES ('', '', ?, ?, ?, ?, '', 1, '', '', ?)",
        (layer.name, GEOMETRY, layer.title.fr[:30], style, moment),
    )
    base.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change) "
        "VALUES ('layer_styles', 'attributes', 'layer_styles', 'QGIS', ?)",
        (moment,),
    )
