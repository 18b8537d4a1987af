"""What a GeoPackage is made of, before GDAL opens it: only tables are read, never a query."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# Tables that GDAL reads by itself when it opens a file.
OF_THE_FORMAT = re.compile(r"(gpkg|rtree|sqlite)_", re.IGNORECASE)
VIRTUAL = re.compile(r"\s*create\s+virtual\b", re.IGNORECASE)
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
        made = [name for name, kind in kinds.items() if OF_THE_FORMAT.match(name) and not kind]
        if made:
            raise sqlite3.DatabaseError(f"{made[0]}: not a table")
        listed = base.execute(
            "SELECT table_name FROM gpkg_contents WHERE data_type IN ('features', 'attributes')"
        )
        names = [name for (name,) in listed if isinstance(name, str)]
        return {name: kinds.get(name.lower(), False) and _stored(base, name) for name in names}


def _open(source: Path | bytes) -> sqlite3.Connection:
    if isinstance(source, bytes):
        base = sqlite3.connect(":memory:")
        data = bytearray(source)
        data[WAL_BYTES] = b"\x01\x01"
        base.deserialize(bytes(data))
    else:
        base = sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)
    base.execute("PRAGMA trusted_schema = OFF")
    return base


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
