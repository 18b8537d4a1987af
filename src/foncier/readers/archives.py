"""Decompression with size limits (protection against zip bombs)."""

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
MAX_RATIO = 100  # cadastre 12, OpenStreetMap 20, blanks 1000
SMALL_BYTES = 2**26  # allowed at any ratio
CHUNK_BYTES = 2**20


def gunzip_bytes(data: bytes, shown: str) -> bytes:
    """Return the content of a gzip file, its checksum verified.

    Raises
    ------
    FormatError
        The file is truncated, damaged, or too large once decompressed.
    """
    return b"".join(_chunks(io.BytesIO(data), len(data), shown))


def gunzip_chunks(path: Path, shown: str) -> Iterator[bytes]:
    """Yield the content of a gzip file in chunks; raises as `gunzip_bytes`."""
    with path.open("rb") as file:
        yield from _chunks(file, path.stat().st_size, shown)


def _chunks(packed: IO[bytes], size: int, shown: str) -> Iterator[bytes]:
    total = 0
    try:
        with GzipFile(fileobj=packed) as unzipped:
            while chunk := unzipped.read(CHUNK_BYTES):
                total += len(chunk)
                if total > _size_limit(size):
                    _refused(shown, size)
                yield chunk
    except (EOFError, zlib.error, BadGzipFile) as reason:
        raise FormatError("readers.archives.truncated_gzip", path=shown) from reason


def zip_members(path: Path, shown: str) -> tuple[str, ...]:
    """Return the names of the members of a zip after a check of sizes and checksums.

    Raises
    ------
    FormatError
        The zip is truncated, damaged, encrypted, or too large once decompressed.
    """
    size = path.stat().st_size
    try:
        with ZipFile(path) as archive:
            # A member that is longer than announced fails its checksum.
            if sum(info.file_size for info in archive.infolist()) > _size_limit(size):
                _refused(shown, size)
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
