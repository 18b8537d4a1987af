"""All texts that a file holds, however it packs them: to search what must not be in it."""

from __future__ import annotations

import base64
import binascii
import gzip
import io
import json
import re
import sqlite3
import zipfile
import zlib
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKED = re.compile(rb"[A-Za-z0-9+/]{200,}={0,2}")  # data of the map, pictures


def texts(file: Path) -> str:
    """Texts of a file, one after the other."""
    return "\n".join(_texts(file.read_bytes()))


def _texts(data: bytes) -> Iterator[str]:
    plain = data.decode("utf-8", "replace")
    yield plain
    if b"\\u00" in data:  # JSON in ASCII
        yield re.sub(r"\\u[0-9a-f]{4}", lambda m: str(json.loads(f'"{m[0]}"')), plain)
    if data.startswith(b"\x1f\x8b"):
        yield from _texts(gzip.decompress(data))
    elif data.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield from _texts(archive.read(name))
    elif data.startswith(b"PAR1"):
        yield from _of_parquet(data)
    elif data.startswith(b"SQLite format 3"):
        yield from _of_sqlite(data)
    else:
        for found in PACKED.finditer(data):
            try:
                yield from _texts(zlib.decompress(base64.b64decode(found[0])))
            except (zlib.error, binascii.Error):
                continue


def _of_parquet(data: bytes) -> Iterator[str]:
    table = pq.read_table(io.BytesIO(data))
    yield str(table.schema.metadata)
    for column in table.columns:
        yield "\n".join(map(str, column.to_pylist()))


def _of_sqlite(data: bytes) -> Iterator[str]:
    """Rows of every table: a page may end within a long text."""
    with closing(sqlite3.connect(":memory:")) as base:
        base.deserialize(data)
        names = base.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (name,) in names:
            if name.startswith("rtree_"):
                continue  # numbers, and a module that may be missing
            rows: list[tuple[Any, ...]] = base.execute(f'SELECT * FROM "{name}"').fetchall()  # noqa: S608
            for row in rows:
                yield "\n".join(cell for cell in row if isinstance(cell, str))
