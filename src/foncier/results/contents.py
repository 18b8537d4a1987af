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
from foncier.errors import FormatError
from foncier.i18n import Localized, localized

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

STANDARD = "urn:foncier:contents"  # of the record in gpkg_metadata
PROJECTS, STYLES, METADATA = "qgis_projects", "layer_styles", "gpkg_metadata"
DEFINITIONS = "sqlite_master"  # in the record: views and triggers
CHUNK = 2_000  # rows
OWN_TABLES = ("gpkg_%", "rtree_%", "sqlite_%", "foncier_%")  # those of the format and of SQLite
# Tables of the format in which QGIS writes what people enter: metadata of layers, lists of values.
QUERIES = {
    METADATA: "SELECT md_scope, md_standard_uri, mime_type, metadata FROM gpkg_metadata "
    "WHERE md_standard_uri <> ? ORDER BY id",
    "gpkg_data_column_constraints": "SELECT constraint_name, value, description "
    "FROM gpkg_data_column_constraints ORDER BY rowid",
}
# Triggers that GDAL makes again when it edits a layer.
GDAL_TRIGGERS = (
    *("trigger_insert_feature_count_%", "trigger_delete_feature_count_%"),
    *("%_zoom_insert", "%_zoom_update", "%_tile_column_%", "%_tile_row_%"),
)


@dataclass(frozen=True)
class Edits:
    """What people changed in a GeoPackage since foncier wrote it.

    ``tables`` have other rows (a view or a trigger: another definition), ``columns``
    (``table.column``) and ``new_tables`` (views and triggers too) were added.
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
        """Tables of the result whose rows changed: no projects, styles or metadata of QGIS."""
        return tuple(name for name in self.tables if name not in {PROJECTS, STYLES, METADATA})

    @property
    def words(self) -> Localized:
        """What was changed, for a reader."""
        if not self.readable:
            return localized("results.contents.unknown")
        return localized("results.contents.changed", names=list(self.names))


def record(base: sqlite3.Connection) -> str:
    """Columns and digest of the rows of each table, as JSON; the same tables give the same text.

    Views and triggers are recorded by their definition, metadata of layers by their rows.

    Examples
    --------
    >>> with closing(sqlite3.connect(":memory:")) as base:
    ...     _ = base.execute("CREATE TABLE a (fid INTEGER PRIMARY KEY, name TEXT)")
    ...     list(json.loads(record(base))["a"])
    ['columns', 'sha256']
    """
    content: dict[str, Any] = {}
    for name in _tables(base):
        columns = _columns(base, name)
        content[name] = {"columns": columns, "sha256": _digest(base, name, columns)}
    content[DEFINITIONS] = _definitions(base)
    content[METADATA] = {"sha256": _metadata(base)}
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
        return frozenset(json.loads(_read(base) or "{}")) - {DEFINITIONS, METADATA}
    except (sqlite3.Error, ValueError):
        return frozenset()


def check_columns(paths: Iterable[Path], table: str, columns: Collection[str] | None) -> None:
    """Check that people removed or renamed none of the columns of a table that are asked for.

    All columns when ``columns`` is None. A file without a record passes.

    Raises
    ------
    FormatError
        A column that foncier wrote is not in the table.
    """
    for path in paths:
        with closing(open_read_only(path)) as base:
            written = json.loads(_read(base) or "{}").get(table, {}).get("columns", ())
            missing = set(written) - set(_columns(base, table))
        lost = [n for n in written if n in missing and (columns is None or n in columns)]
        if lost:
            raise FormatError("results.removed_columns", file=path.name, table=table, names=lost)


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
        if name in (DEFINITIONS, METADATA):
            continue
        if name not in present:
            changed.append(name)
            continue
        columns = _columns(base, name)
        added += [f"{name}.{c}" for c in columns if c not in written["columns"]]
        kept = all(c in columns for c in written["columns"])
        if not kept or _digest(base, name, written["columns"]) != written["sha256"]:
            changed.append(name)
    new = [name for name in present if name not in known]
    if DEFINITIONS in known:  # not in a file of version 0.1.0
        before, after = known[DEFINITIONS], _definitions(base)
        changed += [name for name in before if after.get(name) != before[name]]
        new += [name for name in after if name not in before]
    if METADATA in known and _metadata(base) != known[METADATA]["sha256"]:
        changed.append(METADATA)
    return Edits(tuple(changed), tuple(added), tuple(new))


def _definitions(base: sqlite3.Connection) -> dict[str, str]:
    """SHA-256 of the statement of each view and trigger, by name.

    Triggers of a table that GDAL makes with it (tiles) are left out: the table is named.
    """
    patterns = (*OWN_TABLES, *GDAL_TRIGGERS)
    own = " AND ".join("name NOT LIKE ?" for _ in patterns)
    query = f"SELECT name, sql FROM sqlite_master WHERE type IN ('view', 'trigger') AND {own}"  # noqa: S608  # nosec B608
    rows = base.execute(f"{query} ORDER BY name", patterns)
    return {name: hashlib.sha256(str(sql).encode()).hexdigest() for name, sql in rows}


def _metadata(base: sqlite3.Connection) -> str:
    """SHA-256 of the metadata of the file and its layers, without this record, and of domains."""
    rows: list[Any] = []
    for table, query in QUERIES.items():
        if table in _own_tables(base):
            rows += base.execute(query, (STANDARD,) if "?" in query else ())
    return hashlib.sha256(repr(rows).encode("utf-8", "surrogatepass")).hexdigest()


def _own_tables(base: sqlite3.Connection) -> set[str]:
    return {name for (name,) in base.execute("SELECT name FROM sqlite_master")}


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
