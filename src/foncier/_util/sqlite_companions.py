"""Files that SQLite keeps beside a database (``-wal``, ``-shm``, ``-journal``)."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from foncier.errors import ExportError

if TYPE_CHECKING:
    from pathlib import Path

PENDING = ("-wal", "-journal")  # with content: changes that are not in the database yet
COMPANIONS = (*PENDING, "-shm")
DATABASES = (".gpkg", ".sqlite", ".db")


def check_replaceable(path: Path) -> None:
    """Refuse to replace a database that another program has open, or left with pending changes.

    A database that is replaced while a ``-wal`` or a ``-journal`` of the former one lies beside it
    is corrupt (sqlite.org/howtocorrupt.html), and the changes in them are lost.

    Raises
    ------
    ExportError
        A ``-wal`` or ``-journal`` beside it is not empty, or another program has it open.
    """
    if path.suffix not in DATABASES or not path.is_file():
        return
    for ending in PENDING:
        companion = path.with_name(path.name + ending)
        if companion.is_file() and companion.stat().st_size:
            raise ExportError(
                "util.sqlite_companions.pending", name=path.name, companion=companion.name
            )
    if _companions(path) and _is_open_elsewhere(path):
        raise ExportError("util.sqlite_companions.open", name=path.name)


def remove_companions(path: Path) -> None:
    """Remove the empty companions of a database that `check_replaceable` accepts."""
    if path.suffix in DATABASES:
        for companion in _companions(path):
            with suppress(OSError):
                companion.unlink()


def _companions(path: Path) -> list[Path]:
    beside = [path.with_name(path.name + ending) for ending in COMPANIONS]
    return [one for one in beside if one.exists()]


def _is_open_elsewhere(path: Path) -> bool:
    """Tell whether another connection keeps the database in WAL mode."""
    try:
        with closing(sqlite3.connect(path, timeout=0)) as base:
            base.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.OperationalError as fault:
        return fault.sqlite_errorcode in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
    except sqlite3.DatabaseError:  # not a database: nothing is pending
        return False
    return False
