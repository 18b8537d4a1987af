"""Write `saisies.gpkg`, empty: the file in which people write, which no run replaces."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pyogrio.raw import write_arrow

from foncier.export.geopackage.metadata import INSERT_STYLE, LAYER_STYLES
from foncier.export.geopackage.single_layer import write_layers
from foncier.export.geopackage.write import GEOMETRY, VERSION, arrow
from foncier.export.qgis.entries import entry_layers
from foncier.export.qgis.sld import sld
from foncier.export.qgis.styles import entry_style
from foncier.results.tokens import add_token

if TYPE_CHECKING:
    import sqlite3
    from datetime import date
    from pathlib import Path

    import pyproj

    from foncier.i18n import Lang
    from foncier.results.layers import Layer


def write_entries(
    path: Path, *, crs: pyproj.CRS, title: str, day: date | None, token: str, lang: Lang
) -> None:
    """Write an empty file of entries: the layers ``visites`` and ``avis``, with their forms.

    Parameters
    ----------
    path
        A file that does not exist yet.
    crs
        Legal metric CRS of the study.
    title
        Title of the study.
    day
        Date of the file (1 January 2000 when None).
    token
        Name by which the project recognises the file (`foncier.results.tokens.entries_token`).
    lang
        Language of the forms.

    Raises
    ------
    ExportError
        The file cannot be written whole.
    """
    layers = entry_layers(crs)

    def fill(draft: Path) -> None:
        for layer in layers.values():
            _write_layer(layer, draft, crs, title)

    write_layers(path, fill, day=day, write_metadata=partial(_write_styles, layers, token, lang))


def _write_layer(layer: Layer, draft: Path, crs: pyproj.CRS, title: str) -> None:
    shaped = {"geometry_name": GEOMETRY, "geometry_type": layer.shape, "crs": crs.to_wkt()}
    unshaped = {"geometry_name": None, "geometry_type": None, "crs": None}
    # Without a spatial index a row can be added with SQLite alone: there are few rows.
    options = {"SPATIAL_INDEX": "NO", "GEOMETRY_NAME": GEOMETRY} if layer.shape else {}
    write_arrow(
        arrow(layer),
        draft,
        layer=layer.name,
        driver="GPKG",
        **(shaped if layer.shape else unshaped),
        dataset_options={} if draft.exists() else {"VERSION": VERSION},
        layer_options={**options, "IDENTIFIER": layer.name, "DESCRIPTION": title},
    )


def _write_styles(
    layers: dict[str, Layer], token: str, lang: Lang, base: sqlite3.Connection, moment: str
) -> None:
    add_token(base, token)
    base.executescript(LAYER_STYLES)
    for layer in layers.values():
        made = entry_style(layer, lang)
        column = GEOMETRY if layer.shape else ""
        plain = sld(layer.name, made.name, made.content) if layer.shape else ""
        base.execute(INSERT_STYLE, (layer.name, column, made.name, made.qml, plain, 1, "", moment))
    base.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change) "
        "VALUES ('layer_styles', 'attributes', 'layer_styles', 'QGIS', ?)",
        (moment,),
    )
