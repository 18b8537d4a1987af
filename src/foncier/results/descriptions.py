"""Metadata of the layers of a GeoPackage: titles, columns, aliases, comments, coded values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from foncier.i18n import Localized
from foncier.results.contents import recorded_tables
from foncier.results.labels import unit_of
from foncier.schemas import Column
from foncier.schemas.base import DTYPES, Kind

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterator, Mapping

    from foncier.results.layers import Shape

KINDS: dict[str, Kind] = {
    "TEXT": "text",
    "REAL": "number",
    "INTEGER": "count",
    "BOOLEAN": "yes_no",
    "DATE": "date",
}
# Of a column that somebody added in QGIS, by the type without its length. A whole number may be
# unknown there; a type that is not listed (BLOB) is left out.
ADDED_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("TEXT", "VARCHAR", "JSON", "DATETIME"), "text"),
    **dict.fromkeys(("REAL", "DOUBLE", "FLOAT"), "number"),
    **dict.fromkeys(("INTEGER", "INT", "MEDIUMINT", "SMALLINT", "TINYINT"), "number"),
    "BOOLEAN": "yes_no",
    "DATE": "date",
}
SHAPES = {"POINT": "Point", "MULTILINESTRING": "MultiLineString", "MULTIPOLYGON": "MultiPolygon"}
TITLE_END = " – "


@dataclass(frozen=True)
class Description:
    """Metadata of one layer, under the names that the file uses.

    ``columns`` have the alias, unit included, as their French and English label, in the language
    of the file. ``comments`` and ``words`` (labels of the coded values) are by column.
    """

    name: str
    title: str
    shape: Shape
    columns: tuple[Column, ...]
    comments: Mapping[str, str]
    words: Mapping[str, Mapping[str, str]]

    @property
    def column_names(self) -> list[str]:
        """Names of the columns in the file."""
        return [column.name for column in self.columns]

    @property
    def units(self) -> dict[str, str]:
        """Unit of each column that has one, read from its alias."""
        units = {column.name: unit_of(column.fr) for column in self.columns}
        return {name: unit for name, unit in units.items() if unit}


def read_descriptions(base: sqlite3.Connection) -> dict[str, Description]:
    """Describe every table of a result in a GeoPackage, in the order of the file.

    Views and the tables that people added are left out; columns that people added are not.
    """
    coded: dict[str, dict[str, str]] = {}
    for rule, value, text in base.execute(
        "SELECT constraint_name, value, description FROM gpkg_data_column_constraints"
    ):
        coded.setdefault(rule, {})[value] = text
    names = base.execute(
        "SELECT c.table_name, c.identifier, g.geometry_type_name FROM gpkg_contents c "
        "JOIN sqlite_master m ON m.name = c.table_name AND m.type = 'table' "
        "LEFT JOIN gpkg_geometry_columns g ON g.table_name = c.table_name "
        "WHERE c.table_name != 'layer_styles' ORDER BY m.rowid"
    ).fetchall()
    written = recorded_tables(base)
    return {
        row[0]: _description(base, row, coded) for row in names if not written or row[0] in written
    }


def _description(
    base: sqlite3.Connection,
    row: tuple[str, str, str | None],
    coded: Mapping[str, Mapping[str, str]],
) -> Description:
    name, title, geometry = row
    rows = base.execute(
        "SELECT column_name, title, description, constraint_name FROM gpkg_data_columns "
        "WHERE table_name = ?",
        (name,),
    ).fetchall()
    aliases = {column: alias for column, alias, _, _ in rows}
    columns = tuple(
        _column(column, kind, aliases.get(column, column))
        for column, kind in _kinds(base, name, aliases)
    )
    return Description(
        name,
        (title or name).rsplit(TITLE_END, maxsplit=1)[-1],
        cast("Shape", SHAPES.get(geometry or "", "")),
        columns,
        {column: comment for column, _, comment, _ in rows},
        {column: coded[rule] for column, _, _, rule in rows if rule},
    )


def _kinds(
    base: sqlite3.Connection, table: str, written: Collection[str]
) -> Iterator[tuple[str, Kind]]:
    """Columns of a table and their kinds; ``written`` are those that foncier wrote."""
    for _, column, kind, *_ in base.execute("SELECT * FROM pragma_table_info(?)", (table,)):
        if column in written or not written:
            if kind in KINDS and column != "fid":
                yield column, KINDS[kind]
        elif (bare := kind.upper().split("(")[0].strip()) in ADDED_KINDS and column != "fid":
            yield column, ADDED_KINDS[bare]


def _column(name: str, kind: Kind, alias: str) -> Column:
    return Column(name, kind, optional=True, title=Localized(alias, alias))


def typed(frame: Any, columns: tuple[Column, ...]) -> Any:
    """Convert the columns to the types of `foncier.schemas`; unknown stays unknown."""
    cast_to = {}
    for column in columns:
        if column.name not in frame:
            continue
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
