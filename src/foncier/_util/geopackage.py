"""What a GeoPackage is made of, before GDAL opens it: only tables are read, never a query."""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# Tables that GDAL reads by itself when it opens a file.
OWN = re.compile(r"(gpkg|rtree|sqlite)_", re.IGNORECASE)
VIRTUAL = re.compile(r"\s*create\s+virtual\b", re.IGNORECASE)
INDEX = re.compile(
    r"\s*create\s+virtual\s+table\s.*\busing\s+\W?rtree\W", re.IGNORECASE | re.DOTALL
)
GENERATED = (2, 3)  # `hidden` of a generated column in PRAGMA table_xinfo
WAL_BYTES = slice(18, 20)  # versions in the header; a file in memory has no write-ahead log


def layers(source: Path | bytes) -> dict[str, bool]:
    """Return the layers that a GeoPackage lists; True for one that is a plain table.

    A view, a virtual table and a table with generated columns are queries in the file: they can
    run without end, fill the memory, or call functions of GDAL.

    Raises
    ------
    sqlite3.Error
        Not a GeoPackage, damaged, or one whose own tables are such queries.
    """
    with closing(_open(source)) as base:
        kinds = _kinds(base)
        listed = base.execute(
            "SELECT table_name FROM gpkg_contents WHERE data_type IN ('features', 'attributes')"
        )
        names = [name for (name,) in listed if isinstance(name, str)]
        return {name: kinds.get(name.lower(), False) and _stored(base, name) for name in names}


def crs_texts(source: Path | bytes) -> list[str]:
    """Return every text of the table of CRS of a GeoPackage.

    Raises
    ------
    sqlite3.Error
        Damaged, or without that table.
    """
    with closing(_open(source)) as base:
        rows = base.execute("SELECT * FROM gpkg_spatial_ref_sys")
        return [cell for row in rows for cell in row if isinstance(cell, str)]


def drawn(source: Path | bytes) -> tuple[str, ...]:
    """Names of the layers with shapes: not tables beside them, such as the styles that QGIS saves.

    Of several those that have rows, if any has.

    Raises
    ------
    sqlite3.Error
        As `layers`.
    """
    with closing(_open(source)) as base:
        kinds = _kinds(base)
        listed = base.execute(
            "SELECT c.table_name FROM gpkg_contents c JOIN gpkg_geometry_columns g"
            " ON g.table_name = c.table_name WHERE c.data_type = 'features'"
        )
        names = tuple(dict.fromkeys(name for (name,) in listed if isinstance(name, str)))
        filled = tuple(n for n in names if kinds.get(n.lower(), False) and _has_rows(base, n))
    return filled if len(names) > 1 and filled else names


def _has_rows(base: sqlite3.Connection, name: str) -> bool:
    quoted = name.replace('"', '""')
    return base.execute(f'SELECT 1 FROM "{quoted}" LIMIT 1').fetchone() is not None  # noqa: S608


def open_read_only(path: Path) -> sqlite3.Connection:
    """Open a GeoPackage for reading, in a read-only folder too.

    A file that QGIS left in WAL mode needs a companion file, unless it cannot change.

    Raises
    ------
    sqlite3.Error
        Damaged, or its own tables (``gpkg_contents``…) are views.
    """
    wal = path.with_name(f"{path.name}-wal")
    fixed = not os.access(path.parent, os.W_OK) and not (wal.is_file() and wal.stat().st_size)
    mode = "mode=ro&immutable=1" if fixed else "mode=ro"
    return _checked(sqlite3.connect(f"{path.resolve().as_uri()}?{mode}", uri=True))


def _open(source: Path | bytes) -> sqlite3.Connection:
    if not isinstance(source, bytes):
        return open_read_only(source)
    base = sqlite3.connect(":memory:")
    data = bytearray(source)
    data[WAL_BYTES] = b"\x01\x01"
    base.deserialize(bytes(data))
    return _checked(base)


def _checked(base: sqlite3.Connection) -> sqlite3.Connection:
    """Refuse a file whose own tables are queries."""
    try:
        base.execute("PRAGMA trusted_schema = OFF")
        made = [name for name, kind in _kinds(base).items() if OWN.match(name) and not kind]
        made += _programs(base)
        if made:
            raise sqlite3.DatabaseError(f"{made[0]}: not a table")
    except sqlite3.Error:
        base.close()
        raise
    except UnicodeDecodeError as fault:  # the message would quote a damaged schema
        base.close()
        raise sqlite3.DatabaseError(str(fault)) from fault
    return base


def _programs(base: sqlite3.Connection) -> list[str]:
    """Return virtual tables that are called spatial indexes, and are of another module."""
    rows = base.execute("SELECT name, sql FROM sqlite_master WHERE name LIKE 'rtree_%'")
    return [n for n, sql in rows if VIRTUAL.match(sql or "") and not INDEX.match(sql)]


def _kinds(base: sqlite3.Connection) -> dict[str, bool]:
    """Return every table and view by its name in small letters; True for a plain table.

    The spatial index of a layer (a virtual table of the format) counts as one: no query of ours
    uses it.
    """
    found = base.execute("PRAGMA table_list").fetchall()  # since SQLite 3.37
    if found:
        kinds = [(name, kind in ("table", "shadow")) for _, name, kind, *_ in found]
    else:
        rows = base.execute(
            "SELECT name, type, sql FROM sqlite_master WHERE type IN ('table', 'view')"
        )
        kinds = [(n, kind == "table" and not VIRTUAL.match(sql or "")) for n, kind, sql in rows]
    return {name.lower(): plain or name.lower().startswith("rtree_") for name, plain in kinds}


def _stored(base: sqlite3.Connection, name: str) -> bool:
    """Tell if all columns of a table are stored in it."""
    columns = base.execute("SELECT hidden FROM pragma_table_xinfo(?)", (name,)).fetchall()
    return all(hidden not in GENERATED for (hidden,) in columns)
