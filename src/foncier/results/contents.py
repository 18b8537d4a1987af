"""Read a whole delivered GeoPackage back: tables, words and dates, to give them another form."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
import pyogrio

from foncier.errors import FormatError
from foncier.export.layers import Layer, Shape
from foncier.model import Localized
from foncier.results.parts import GEOPACKAGE, geopackages, read_layer
from foncier.schemas import Column
from foncier.schemas.base import DTYPES, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

TYPES: dict[str, Kind] = {
    "TEXT": "text",
    "REAL": "number",
    "INTEGER": "count",
    "BOOLEAN": "yes_no",
    "DATE": "date",
}
SHAPES = {"POINT": "Point", "MULTILINESTRING": "MultiLineString", "MULTIPOLYGON": "MultiPolygon"}
TITLE_END = " – "


@dataclass(frozen=True)
class Delivered:
    """What a GeoPackage of foncier holds.

    ``layers`` have their columns as the file describes them: ``fr`` and ``en`` are both the alias,
    unit included, in the language of the file. ``comments`` tell more of a column, ``words`` give
    the coded values of a column their words; both by layer and column.
    """

    title: str
    edition: str | None
    fictional: bool
    lang: str
    layers: tuple[Layer, ...]
    comments: Mapping[tuple[str, str], str]
    words: Mapping[tuple[str, str], Mapping[str, str]]

    def layer(self, name: str) -> Layer | None:
        """One layer by its name; None when the file has not this one."""
        return next((layer for layer in self.layers if layer.name == name), None)


def read_delivered(folder: Path) -> Delivered:
    """Read every table of the GeoPackage of a result; its views by kind are left out.

    Parameters
    ----------
    folder
        Where ``opportunites.gpkg`` was delivered, or the GeoPackages of its départements.

    Raises
    ------
    ConfigError
        There is no result there.
    FormatError
        The GeoPackage cannot be read, or is not one of foncier.
    """
    paths = geopackages(folder)
    try:
        with closing(sqlite3.connect(f"{paths[0].resolve().as_uri()}?mode=ro", uri=True)) as base:
            return _read(base, paths)
    except (
        sqlite3.Error,
        pyogrio.errors.DataSourceError,
        pyogrio.errors.DataLayerError,
        ValueError,
        KeyError,
        TypeError,
    ) as reason:
        raise FormatError(
            f"{GEOPACKAGE}\u00a0: fichier illisible ou d'une autre version ({reason}). "
            "Relancez «\u00a0foncier run\u00a0»."
        ) from reason


def _read(base: sqlite3.Connection, paths: Sequence[Path]) -> Delivered:
    (known,) = base.execute("SELECT metadata FROM gpkg_metadata WHERE id = 1").fetchone()
    about = json.loads(known)
    described = base.execute(
        "SELECT table_name, column_name, title, description, constraint_name FROM gpkg_data_columns"
    ).fetchall()
    coded: dict[str, dict[str, str]] = {}
    for name, value, text in base.execute(
        "SELECT constraint_name, value, description FROM gpkg_data_column_constraints"
    ):
        coded.setdefault(name, {})[value] = text
    titles = {(table, column): title for table, column, title, _, _ in described}
    names = base.execute(
        "SELECT c.table_name, c.identifier, g.geometry_type_name FROM gpkg_contents c "
        "JOIN sqlite_master m ON m.name = c.table_name AND m.type = 'table' "
        "LEFT JOIN gpkg_geometry_columns g ON g.table_name = c.table_name "
        "WHERE c.table_name != 'layer_styles' ORDER BY m.rowid"
    ).fetchall()
    return Delivered(
        title=about["title"],
        edition=about["edition"],
        fictional=about["fictional"],
        lang=about["lang"],
        layers=tuple(_layer(base, paths, row, titles) for row in names),
        comments={(table, column): told for table, column, _, told, _ in described},
        words={(t, c): coded[rule] for t, c, _, _, rule in described if rule},
    )


def _layer(
    base: sqlite3.Connection,
    paths: Sequence[Path],
    row: tuple[str, str, str | None],
    titles: Mapping[tuple[str, str], str],
) -> Layer:
    name, title, geometry = row
    columns = tuple(
        Column(column, TYPES[kind], titles[name, column], titles[name, column], optional=True)
        for _, column, kind, *_ in base.execute("SELECT * FROM pragma_table_info(?)", (name,))
        if kind in TYPES and column != "fid"
    )
    frame = read_layer(paths, name, use_arrow=True)
    if name == "opportunites" and len(paths) > 1:  # the rank is one for all parts
        frame = frame.sort_values(["rank", "opportunity_id"], na_position="last", kind="stable")
    shown = title.rsplit(TITLE_END, maxsplit=1)[-1]
    shape = cast("Shape", SHAPES.get(geometry or "", ""))
    return Layer(name, Localized(shown, shown), columns, shape, typed(frame, columns))


def typed(frame: Any, columns: tuple[Column, ...]) -> Any:
    """Columns in the type of their kind, as the contracts have them; unknown stays unknown."""
    cast_to = {}
    for column in columns:
        values = frame[column.name]
        if column.kind == "text":
            values = values.astype("str").where(values.notna(), np.nan).astype("str")
        elif column.kind == "date":
            values = pd.to_datetime(values).astype(DTYPES["date"])
        elif column.kind == "yes_no":
            values = values.astype("boolean")
        else:
            values = values.astype(DTYPES[column.kind])
        cast_to[column.name] = values
    return frame.assign(**cast_to)
