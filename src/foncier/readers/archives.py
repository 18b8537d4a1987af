"""Unpack within limits: a file that swells as no map does is refused before it fills the memory."""

from __future__ import annotations

import io
import zlib
from gzip import BadGzipFile, GzipFile
from typing import IO, TYPE_CHECKING, NoReturn
from zipfile import BadZipFile, ZipFile

from foncier.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_BYTES = 2**31
MAX_RATIO = 100  # the cadastre packs 12 to 1, OpenStreetMap 20; blanks a thousand
SMALL_BYTES = 2**26  # what cannot hurt, however well it shrinks
CHUNK_BYTES = 2**20


def gunzip_bytes(data: bytes, shown: str) -> bytes:
    """Content of a gzip file, its checksum verified.

    Raises
    ------
    FormatError
        It is cut short or damaged, or swells beyond all measure.
    """
    return b"".join(_chunks(io.BytesIO(data), len(data), shown))


def gunzip_chunks(path: Path, shown: str) -> Iterator[bytes]:
    """Content of a gzip file in chunks; raises as `gunzipped`, at the latest with the last one."""
    with path.open("rb") as opened:
        yield from _chunks(opened, path.stat().st_size, shown)


def _chunks(packed: IO[bytes], size: int, shown: str) -> Iterator[bytes]:
    found = 0
    try:
        with GzipFile(fileobj=packed) as opened:
            while part := opened.read(CHUNK_BYTES):
                found += len(part)
                if found > _size_limit(size):
                    _refused(shown, size)
                yield part
    except (EOFError, zlib.error, BadGzipFile) as reason:
        raise FormatError("readers.archives.truncated_gzip", path=shown) from reason


def zip_members(path: Path, shown: str) -> tuple[str, ...]:
    """Names of the members of a zip, once each is seen to be whole and of a likely size.

    Raises
    ------
    FormatError
        It is cut short, damaged or encrypted, or swells beyond all measure.
    """
    packed = path.stat().st_size
    try:
        with ZipFile(path) as archive:
            # A member that is longer than it announces fails its checksum.
            if sum(info.file_size for info in archive.infolist()) > _size_limit(packed):
                _refused(shown, packed)
            damaged, names = archive.testzip(), archive.namelist()
    except (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as why:
        if isinstance(why, FormatError):
            raise
        raise FormatError("readers.archives.damaged_zip", path=shown) from why
    if damaged:
        raise FormatError("readers.archives.damaged_zip", path=shown)
    return tuple(names)


def _size_limit(packed: int) -> int:
    return min(MAX_BYTES, max(SMALL_BYTES, MAX_RATIO * packed))


def _refused(shown: str, packed: int) -> NoReturn:
    raise FormatError(
        "readers.archives.too_large",
        path=shown,
        limit_mb=_size_limit(packed) // 2**20,
        size_mb=packed / 2**20,
    )
