"""Read `saisies.gpkg`, the file of what people write, and add rows to it; no row is removed."""

from __future__ import annotations

import datetime as dt
import sqlite3
import struct
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from foncier._util.geopackage import open_read_only
from foncier.errors import ExportError, FormatError
from foncier.geometry.nested import without_deep_wkb
from foncier.model.entries import (
    STATUS_ENTRIES,
    STATUS_WRITTEN,
    STATUSES,
    VISIT_ENTRIES,
    VISITS,
    WRITTEN,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from foncier.schemas import Table

Row = dict[str, Any]
GEOMETRY = "geom"
DEPARTURE = "foncier_depart_{}"  # table with the rows as they were when they left for the field
HEADER = struct.Struct("<2sBBi")  # GeoPackage geometry: magic, version, flags, CRS
ENVELOPES = (0, 32, 48, 48, 64)  # bytes, by the code in the flags
BUSY_S = 5.0


@dataclass(frozen=True)
class EntryLayer:
    """A layer of entries: its schema, its key, the columns that people write, its geometry."""

    table: Table
    key: str
    written: tuple[str, ...]

    @property
    def name(self) -> str:
        """Name of the layer."""
        return self.table.name


LAYERS = {
    VISITS: EntryLayer(VISIT_ENTRIES, "visit_id", WRITTEN),
    STATUSES: EntryLayer(STATUS_ENTRIES, "status_id", STATUS_WRITTEN),
}


def read_rows(path: Path, layer: str = VISITS) -> list[Row]:
    """Rows of a layer, with every column of the file, its ``fid``, and ``geom`` as a geometry.

    Missing is None, a date is a `datetime.date` where it can be read as one.

    Raises
    ------
    FormatError
        The file cannot be read.
    """
    try:
        with closing(open_read_only(path)) as base:
            return rows_of(base, layer)
    except sqlite3.Error as fault:
        raise FormatError("results.entries.unreadable", path=path.name, why=fault) from fault


def rows_of(base: sqlite3.Connection, table: str) -> list[Row]:
    """Rows of a table by its name; none where there is no such table."""
    columns = columns_of(base, table)
    if not columns:
        return []
    names = ", ".join(_quoted(name) for name in columns)
    found = base.execute(f"SELECT {names} FROM {_quoted(table)} ORDER BY rowid")  # noqa: S608  # nosec B608
    return [_typed(dict(zip(columns, values, strict=True))) for values in found]


def columns_of(base: sqlite3.Connection, table: str) -> list[str]:
    """Columns of a table; none where there is no such table."""
    return [n for (n,) in base.execute("SELECT name FROM pragma_table_info(?)", (table,))]


@contextmanager
def editing(path: Path) -> Iterator[sqlite3.Connection]:
    """Change a file of entries in one transaction: all changes, or none.

    Raises
    ------
    ExportError
        Another program is writing in it, or it cannot be written.
    """
    try:
        with closing(sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)) as base:
            base.execute("BEGIN IMMEDIATE")
            yield base
            base.execute("COMMIT")
    except sqlite3.Error as fault:
        raise ExportError("results.entries.not_written", path=path.name, why=fault) from fault


def insert(base: sqlite3.Connection, layer: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add rows to a layer; a column that the layer does not have is left out."""
    columns = [name for name in columns_of(base, layer) if name != "fid"]
    srid = _srid(base, layer)
    for row in rows:
        names = [name for name in columns if row.get(name) is not None]
        values = [_stored(row[name], srid) for name in names]
        listed, marks = ", ".join(map(_quoted, names)), ", ".join("?" * len(names))
        if names:
            base.execute(
                f"INSERT INTO {_quoted(layer)} ({listed}) VALUES ({marks})",  # noqa: S608  # nosec B608
                values,
            )


def update(base: sqlite3.Connection, layer: str, fid: int, values: Mapping[str, Any]) -> None:
    """Set columns of one row."""
    names = [name for name in columns_of(base, layer) if name in values and name != "fid"]
    if names:
        srid = _srid(base, layer)
        setters = ", ".join(f"{_quoted(name)} = ?" for name in names)
        base.execute(
            f"UPDATE {_quoted(layer)} SET {setters} WHERE fid = ?",  # noqa: S608  # nosec B608
            [*(_stored(values[name], srid) for name in names), fid],
        )


def keep_departure(base: sqlite3.Connection) -> None:
    """Keep the rows as they are now, to see later who changed what (`former_rows`)."""
    for layer in LAYERS:
        former = _quoted(DEPARTURE.format(layer))
        base.execute(f"DROP TABLE IF EXISTS {former}")
        base.execute(f"CREATE TABLE {former} AS SELECT * FROM {_quoted(layer)}")  # noqa: S608  # nosec B608


def former_rows(path: Path, layer: str) -> list[Row]:
    """Rows as they were when the file left for the field; none without that."""
    return read_rows(path, DEPARTURE.format(layer))


def _typed(row: Row) -> Row:
    if isinstance(row.get(GEOMETRY), bytes):
        row[GEOMETRY] = _geometry(row[GEOMETRY])
    if isinstance(row.get("date"), str):
        with suppress(ValueError):  # the words of a person stay as they are
            row["date"] = dt.date.fromisoformat(row["date"][:10])
    return row


def _geometry(blob: bytes) -> shapely.Geometry | None:
    """Geometry of a GeoPackage blob; None when it is empty or not one."""
    if blob[:2] != b"GP" or len(blob) <= HEADER.size:
        return None
    start = HEADER.size + ENVELOPES[min(blob[3] >> 1 & 7, 4)]
    wkb = without_deep_wkb(np.array([blob[start:]], dtype=object))
    made: shapely.Geometry | None = shapely.from_wkb(wkb, on_invalid="ignore")[0]
    return None if made is None or made.is_empty else made


def _stored(value: Any, srid: int) -> Any:
    if isinstance(value, shapely.Geometry):
        return HEADER.pack(b"GP", 0, 1, srid) + shapely.to_wkb(value, byte_order=1)
    if isinstance(value, dt.date):
        return value.isoformat()[:10]
    return value


def _srid(base: sqlite3.Connection, layer: str) -> int:
    query = "SELECT srs_id FROM gpkg_geometry_columns WHERE table_name = ?"
    row = base.execute(query, (layer,)).fetchone()
    return 0 if row is None else int(row[0])


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
