"""Content of the tables of a GeoPackage as foncier wrote them, and what people changed since.

QGIS changes the bytes of a file that it only opens, and saves projects and styles in it. The tables
are therefore compared with a record of their content that the file itself holds.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from foncier._util.geopackage import open_read_only
from foncier.i18n import Localized, localized

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

STANDARD = "urn:foncier:contents"  # of the record in gpkg_metadata
PROJECTS, STYLES = "qgis_projects", "layer_styles"
CHUNK = 2_000  # rows
OWN_TABLES = ("gpkg_%", "rtree_%", "sqlite_%", "foncier_%")  # those of the format and of SQLite


@dataclass(frozen=True)
class Edits:
    """What people changed in a GeoPackage since foncier wrote it.

    ``tables`` have other rows, ``columns`` (``table.column``) and ``new_tables`` were added.
    ``readable`` is False for a file without a record (version 0.1.0, or another program).
    """

    tables: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    new_tables: tuple[str, ...] = ()
    readable: bool = True

    def __bool__(self) -> bool:
        """Tell whether anything was changed, or may have been."""
        return bool(self.names) or not self.readable

    @property
    def names(self) -> tuple[str, ...]:
        """Changed tables, added columns and added tables."""
        return (*self.tables, *self.columns, *self.new_tables)

    @property
    def in_data(self) -> tuple[str, ...]:
        """Tables of the result whose rows changed: neither projects nor styles."""
        return tuple(name for name in self.tables if name not in {PROJECTS, STYLES})

    @property
    def words(self) -> Localized:
        """What was changed, for a reader."""
        if not self.readable:
            return localized("results.contents.unknown")
        return localized("results.contents.changed", names=list(self.names))


def record(base: sqlite3.Connection) -> str:
    """Columns and digest of the rows of each table, as JSON; the same tables give the same text.

    Examples
    --------
    >>> with closing(sqlite3.connect(":memory:")) as base:
    ...     _ = base.execute("CREATE TABLE a (fid INTEGER PRIMARY KEY, name TEXT)")
    ...     list(json.loads(record(base))["a"])
    ['columns', 'sha256']
    """
    content = {}
    for name in _tables(base):
        columns = _columns(base, name)
        content[name] = {"columns": columns, "sha256": _digest(base, name, columns)}
    return json.dumps(content, ensure_ascii=False, sort_keys=True)


def read_record(path: Path) -> str | None:
    """Record that a GeoPackage holds; None without one, or when the file cannot be read."""
    try:
        with closing(open_read_only(path)) as base:
            return _read(base)
    except sqlite3.Error:
        return None


def recorded_tables(base: sqlite3.Connection) -> frozenset[str]:
    """Tables that foncier wrote, by the record of the file; empty without one."""
    try:
        return frozenset(json.loads(_read(base) or "{}"))
    except (sqlite3.Error, ValueError):
        return frozenset()


def _read(base: sqlite3.Connection) -> str | None:
    query = "SELECT metadata FROM gpkg_metadata WHERE md_standard_uri = ?"
    row = base.execute(query, (STANDARD,)).fetchone()
    return None if row is None else str(row[0])


def sha_of(text: str | None) -> str | None:
    """SHA-256 of a record, as the manifest holds it."""
    return None if text is None else hashlib.sha256(text.encode()).hexdigest()


def is_of_run(path: Path, sha: str | None) -> bool:
    """Tell whether a GeoPackage is the one of a run, by the SHA-256 of its record."""
    return sha is not None and path.is_file() and sha_of(read_record(path)) == sha


def edits(path: Path) -> Edits:
    """What people changed in a GeoPackage since foncier wrote it; see `Edits`."""
    text = read_record(path)
    try:
        known: Mapping[str, Any] = json.loads(text or "")
        with closing(open_read_only(path)) as base:
            return _compare(base, known)
    except (sqlite3.Error, ValueError, KeyError, TypeError):
        return Edits(readable=False)


def _compare(base: sqlite3.Connection, known: Mapping[str, Any]) -> Edits:
    present = _tables(base)
    changed, added = [], []
    for name, written in known.items():
        if name not in present:
            changed.append(name)
            continue
        columns = _columns(base, name)
        added += [f"{name}.{c}" for c in columns if c not in written["columns"]]
        kept = all(c in columns for c in written["columns"])
        if not kept or _digest(base, name, written["columns"]) != written["sha256"]:
            changed.append(name)
    new = [name for name in present if name not in known]
    return Edits(tuple(changed), tuple(added), tuple(new))


def _tables(base: sqlite3.Connection) -> list[str]:
    """Tables with rows of a result, of QGIS or of people, by name."""
    own = " AND ".join("name NOT LIKE ?" for _ in OWN_TABLES)
    query = f"SELECT name FROM sqlite_master WHERE type = 'table' AND {own} ORDER BY name"  # noqa: S608  # nosec B608
    return [name for (name,) in base.execute(query, OWN_TABLES)]


def _columns(base: sqlite3.Connection, table: str) -> list[str]:
    return [n for (n,) in base.execute("SELECT name FROM pragma_table_info(?)", (table,))]


def _digest(base: sqlite3.Connection, table: str, columns: list[str]) -> str:
    """SHA-256 of the values of some columns, in the order of the rows."""
    names = ", ".join(_quoted(column) for column in columns)
    rows = base.execute(f"SELECT {names} FROM {_quoted(table)} ORDER BY rowid")  # noqa: S608  # nosec B608
    digest = hashlib.sha256()
    while chunk := rows.fetchmany(CHUNK):
        digest.update(repr(chunk).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
