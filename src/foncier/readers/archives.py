"""Decompression with size limits (protection against zip bombs)."""

from __future__ import annotations

import io
import json
import zlib
from gzip import BadGzipFile, GzipFile
from typing import IO, TYPE_CHECKING, Any, NoReturn
from zipfile import BadZipFile, ZipFile

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from foncier.errors import FormatError
from foncier.geometry.nested import LEAST_DEEP, is_deep_wkb

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_BYTES = 2**31
MAX_RATIO = 100  # cadastre 12, OpenStreetMap 20, blanks 1000
SMALL_BYTES = 2**26  # allowed at any ratio
CHUNK_BYTES = 2**20
NUMBER_BYTES = 8  # of a cell that is not text


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


def zip_member(path: Path, name: str, *, most: int | None = None) -> tuple[bytes, int]:
    """Return the content of a member of a zip that `zip_members` accepted, and its whole size.

    ``most`` is the number of bytes to read, all when None.
    """
    with ZipFile(path) as archive, archive.open(name) as member:
        return member.read(-1 if most is None else most), archive.getinfo(name).file_size


def parquet_columns(source: Path | bytes, shown: str) -> list[str]:
    """Return the columns to read of a Parquet file, after a check of their size once unpacked.

    A nested column is left out, but for the geometry: no schema has one. A dictionary repeats its
    values at no cost in the file: their lengths are summed before any of them is repeated.

    Raises
    ------
    FormatError
        Too large once unpacked.
    pyarrow.ArrowException
        Not a Parquet file, or damaged.
    """
    size = len(source) if isinstance(source, bytes) else source.stat().st_size
    limit = _size_limit(size)
    with pq.ParquetFile(_openable(source)) as file:
        metadata, names = file.metadata, file.schema_arrow.names
        leaves = [file.schema.column(n) for n in range(len(file.schema))]
        geometry = json.loads((metadata.metadata or {}).get(b"geo", b"{}")).get("columns", {})
    groups = [metadata.row_group(n) for n in range(metadata.num_row_groups)]
    numbers = sum(leaf.physical_type != "BYTE_ARRAY" for leaf in leaves)
    texts = [e.path for e in leaves if e.physical_type == "BYTE_ARRAY" and e.path in names]
    if (
        sum(group.total_byte_size for group in groups) > limit
        or metadata.num_rows * NUMBER_BYTES * numbers > limit
        or _text_bytes(source, texts, limit) > limit
    ):
        _refused(shown, size)
    flat = {leaf.path for leaf in leaves}
    _check_nesting(source, [name for name in names if name in geometry], shown)
    return [name for name in names if name in flat or name in geometry]


def _check_nesting(source: Path | bytes, names: list[str], shown: str) -> None:
    """Raise on shapes of more collections in each other than GEOS can read."""
    with pq.ParquetFile(_openable(source)) as file:
        schema = file.schema_arrow
        binary = [n for n in names if schema.field(n).type in (pa.binary(), pa.large_binary())]
        for batch in file.iter_batches(columns=binary) if binary else ():
            for column in batch.columns:
                large = pc.greater(pc.binary_length(column), LEAST_DEEP)
                if any(is_deep_wkb(value.as_py()) for value in column.filter(large)):
                    raise FormatError("readers.archives.nested_shapes", path=shown)


def parquet_metadata(source: Path | bytes) -> list[str]:
    """Return the texts of the metadata of a Parquet file and of its columns."""
    with pq.ParquetFile(_openable(source)) as file:
        schema = file.schema_arrow
        metadata = [file.metadata.metadata, schema.metadata, *(one.metadata for one in schema)]
    values = (value for one in metadata for value in (one or {}).values())
    return [value.decode("utf-8", "replace") for value in values]


def _openable(source: Path | bytes) -> Any:
    return io.BytesIO(source) if isinstance(source, bytes) else source


def _text_bytes(source: Path | bytes, names: list[str], limit: int) -> int:
    """Return the bytes of the cells of some columns, without a copy of a repeated value.

    Where the longest value of the dictionaries shows that they fit in ``limit``, this is all that
    is read; else the lengths of all cells are summed, until they exceed it.
    """
    if not names:
        return 0
    with pq.ParquetFile(_openable(source), read_dictionary=names) as file:
        most = dict.fromkeys(names, 0)
        for n in range(file.metadata.num_row_groups):
            for name, longest in zip(names, _longest(file, n, names), strict=True):
                most[name] += file.metadata.row_group(n).num_rows * longest
        large = [name for name in names if most[name] > limit / len(names)]
        total = sum(most[name] for name in names if name not in large)
        for batch in file.iter_batches(columns=large) if large else ():
            for column in batch.columns:
                lengths = pc.binary_length(column.dictionary).to_numpy(zero_copy_only=False)
                total += int(lengths[column.indices.drop_null().to_numpy()].sum())
            if total > limit:
                break
    return total


def _longest(file: pq.ParquetFile, group: int, names: list[str]) -> list[int]:
    """Return the length of the longest value of the dictionary of each column in a row group.

    A value that is in no dictionary is in the file as often as it occurs.
    """
    first = next(file.iter_batches(batch_size=1, row_groups=[group], columns=names), None)
    if first is None:
        return [0] * len(names)
    return [pc.max(pc.binary_length(c.dictionary)).as_py() or 0 for c in first.columns]


def _size_limit(packed: int) -> int:
    return min(MAX_BYTES, max(SMALL_BYTES, MAX_RATIO * packed))


def _refused(shown: str, packed: int) -> NoReturn:
    raise FormatError(
        "readers.archives.too_large",
        path=shown,
        limit_mb=_size_limit(packed) // 2**20,
        size_mb=packed / 2**20,
    )
