"""A GeoPackage of a layer or a few: written as a draft, dated, then copied without a gap."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from pyogrio.raw import write_arrow

from foncier.errors import ExportError
from foncier.export import words
from foncier.export.geopackage.metadata import UNDATED
from foncier.export.geopackage.write import (
    FAULTS,
    GEOMETRY,
    VERSION,
    arrow,
)
from foncier.export.qgis import symbols
from foncier.export.qgis.styles import QGIS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date
    from pathlib import Path

    import pyproj

    from foncier.results.layers import Layer
    from foncier.schemas import Column


def write_layers(
    path: Path,
    fill: Callable[[Path], None],
    *,
    day: date | None,
    dress: Callable[[sqlite3.Connection, str], None] = lambda _base, _moment: None,
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
    dress
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
            dress(base, moment)
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
DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"


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

    write_layers(path, fill, day=day, dress=partial(_dress, layer, style))


def _dress(layer: Layer, style: str, base: sqlite3.Connection, moment: str) -> None:
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


def qml(
    layer: Layer,
    renderer: Element,
    *,
    open_to: tuple[str, ...],
    values: Mapping[str, str],
    lang: str,
) -> str:
    """Style of a layer with its form: how it is drawn, labels, how each column is asked for.

    Parameters
    ----------
    layer
        A column with values is a list to choose from, a date a calendar.
    renderer
        How the layer is drawn.
    open_to
        Columns that may be written; the others are read only.
    values
        Words of the coded values.
    lang
        Language of the aliases.
    """
    root = Element(
        "qgis", {"version": QGIS, "styleCategories": "AllStyleCategories", "labelsEnabled": "1"}
    )
    root.append(renderer)
    label = 'coalesce("name", "opportunity_id")'
    root.append(symbols.labelling(label, size=9, below_scale=25_000, bold=True))
    configuration = SubElement(root, "fieldConfiguration")
    aliases, editable = SubElement(root, "aliases"), SubElement(root, "editable")
    for place, column in enumerate(layer.columns, start=1):
        field = SubElement(configuration, "field", {"name": column.name})
        field.append(widget(column, values, lang))
        alias = {"field": column.name, "index": str(place), "name": words.label(column, lang)}
        SubElement(aliases, "alias", alias)
        may = "1" if column.name in open_to else "0"
        SubElement(editable, "field", {"name": column.name, "editable": may})
    SubElement(root, "previewExpression").text = label
    indent(root, " ")
    return f"{DOCTYPE}\n{tostring(root, encoding='unicode')}\n"


def widget(column: Column, values: Mapping[str, str], lang: str) -> Element:
    """How a form asks for a column: a list, a calendar, a text of several lines, a plain cell."""
    if column.values:
        made, config = _widget("ValueMap")
        listed = SubElement(config, "Option", {"name": "map", "type": "List"})
        for value in column.values:
            one = SubElement(listed, "Option", {"type": "Map"})
            SubElement(one, "Option", {"name": values[value], "type": "QString", "value": value})
        return made
    if column.kind == "date":
        made, config = _widget("DateTime")
        for name, kind, value in (
            ("allow_null", "bool", "true"),
            ("calendar_popup", "bool", "true"),
            ("display_format", "QString", "dd/MM/yyyy" if lang == "fr" else "yyyy-MM-dd"),
            ("field_format", "QString", "yyyy-MM-dd"),
            ("field_iso_format", "bool", "false"),
        ):
            SubElement(config, "Option", {"name": name, "type": kind, "value": value})
        return made
    made, config = _widget("TextEdit")
    several = "true" if column.name in ("note", "reason") else "false"
    SubElement(config, "Option", {"name": "IsMultiline", "type": "bool", "value": several})
    return made


def _widget(kind: str) -> tuple[Element, Element]:
    made = Element("editWidget", {"type": kind})
    return made, SubElement(SubElement(made, "config"), "Option", {"type": "Map"})
