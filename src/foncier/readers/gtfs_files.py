"""Open an untrusted GTFS feed, a zip or a folder: only the used tables are read."""

from __future__ import annotations

import codecs
import hashlib
import io
import threading
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import pandas as pd

from foncier.errors import FormatError
from foncier.readers import csv_text, files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from foncier.readers.report import Journal

TABLES = ("stops", "stop_times", "trips", "routes", "calendar", "calendar_dates", "frequencies")
MAX_MEMBERS = 500  # a feed has about thirty files
MAX_BYTES = 2**27
MAX_STOP_TIMES_BYTES = 2**30  # the largest French feed (a region) has 700 MB
MAX_RATIO = 200  # timetables 10 to 30, zeros 1000
SMALL_BYTES = 2**20  # allowed at any ratio
SMALLEST_BYTES = 4096  # a shorter table may be blank
BLANK = b'\xef\xbb\xbf ,;\t\r\n"\0'  # bytes of a table without cells
HEAD_BYTES = 1 << 16
SEPARATORS = ",;\t|"
OLD_LETTERS = "foncier-windows-1252"  # error handler: a byte that is not UTF-8 is Windows-1252
COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
CHUNK_ROWS = 500_000  # rows of the timetable in memory before those of other days are dropped
READ_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    UnicodeError,
    RuntimeError,
    pd.errors.ParserError,
)


@dataclass(frozen=True)
class Feed:
    """Tables of an open feed: its displayed path and a function that opens each table."""

    shown: str
    openers: Mapping[str, Callable[[], Any]]
    journal: Journal

    def __contains__(self, name: str) -> bool:
        """Tell if the feed has a table (``stops``, ``calendar``…)."""
        return name in self.openers

    def rows(
        self, name: str, required: tuple[str, ...], optional: tuple[str, ...] = ()
    ) -> pd.DataFrame:
        """Return all rows of a table, see `chunks`."""
        parts = list(self.chunks(name, required, optional))
        blank = pd.DataFrame("", index=[], columns=[*required, *optional], dtype="str")
        return pd.concat(parts, ignore_index=True) if parts else blank

    def chunks(
        self, name: str, required: tuple[str, ...], optional: tuple[str, ...] = ()
    ) -> Iterator[pd.DataFrame]:
        """Yield the rows of a table in chunks: cells as text without outer spaces, "" if missing.

        The rules of GTFS are UTF-8 and commas. A table that was saved again may be in UTF-16, have
        letters of Windows-1252, semicolons, columns in capitals: it is read, with a note.

        Raises
        ------
        FormatError
            The table or a required column is missing; the table is damaged.
        """
        table_shown = f"{self.shown}/{name}.txt"
        if name not in self.openers:
            raise FormatError("readers.gtfs_files.no_table", path=self.shown, name=name)
        columns = (*required, *optional)
        _odd.letters = 0
        try:
            with self.openers[name]() as file:
                for chunk in _parts(file, columns):
                    _check_columns(chunk, required, table_shown)
                    yield _tidy(chunk, columns)
            if _odd.letters:
                self.journal.add("assumed", 1, "readers.gtfs_files.old_encoding", name=name)
        except pd.errors.EmptyDataError as reason:
            raise FormatError("readers.gtfs_files.empty", path=table_shown) from reason
        except FormatError:
            raise
        except READ_ERRORS as reason:
            raise FormatError("readers.gtfs_files.damaged_table", path=table_shown) from reason


class _Odd(threading.local):
    """Number of letters of the table being read that are not UTF-8; a thread reads one table."""

    letters = 0


_odd = _Odd()


def _old_letters(fault: UnicodeError) -> tuple[str, int]:
    """Decode the bytes that are not UTF-8 (an error handler of `codecs`)."""
    if not isinstance(fault, UnicodeDecodeError):
        raise fault
    _odd.letters += 1
    return fault.object[fault.start : fault.end].decode("cp1252", "replace"), fault.end


codecs.register_error(OLD_LETTERS, _old_letters)


def _parts(file: Any, columns: tuple[str, ...]) -> Iterator[pd.DataFrame]:
    packed = io.BufferedReader(file, HEAD_BYTES)
    head = packed.peek(HEAD_BYTES)
    wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    encoding = "utf-16" if wide else "utf-8-sig"
    text = io.TextIOWrapper(packed, encoding, errors=OLD_LETTERS, newline="")
    lines = head.decode(encoding, "replace").splitlines() or [""]
    stated = csv_text.SEPARATOR_LINE.fullmatch(lines[0])
    header = lines[0].replace('"', "")
    separator = stated["separator"] if stated else max(SEPARATORS, key=header.count)
    # Some feeds end each line with a comma: without index_col=False columns are shifted.
    with pd.read_csv(
        text,
        sep=separator,
        skiprows=0 if stated is None else 1,
        dtype=str,
        chunksize=CHUNK_ROWS,
        keep_default_na=False,
        na_filter=False,
        skipinitialspace=True,
        index_col=False,
        usecols=lambda name: _column(name) in columns,
    ) as reader:
        yield from reader


def _column(name: object) -> str:
    return str(name).strip().lower()


def _check_columns(part: pd.DataFrame, required: tuple[str, ...], table_shown: str) -> None:
    columns = [_column(name) for name in part.columns]
    missing = [name for name in required if name not in columns]
    if missing:
        raise FormatError("readers.gtfs_files.missing_columns", path=table_shown, missing=missing)


def _tidy(part: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    by_name = {_column(name): part[name] for name in reversed(part.columns)}
    blank = pd.Series("", part.index, dtype="str")
    cells = {
        name: by_name.get(name, blank).fillna("").astype("str").str.strip() for name in columns
    }
    return pd.DataFrame(cells, index=part.index)


@contextmanager
def open_feed(path: Path, shown: str, journal: Journal) -> Iterator[Feed]:
    """Open a feed; nothing is written on the disk.

    Parameters
    ----------
    path
        The zip, or the folder of its files.
    shown
        The path as in the study.

    Raises
    ------
    SourceError
        The path does not exist.
    FormatError
        Not a zip, truncated, or with members that are unsafe, too many, too large or of a
        suspicious compression ratio.
    """
    if path.is_dir():
        by_name = {file.name.lower(): file for file in sorted(path.iterdir()) if file.is_file()}
        paths = {name: by_name.get(f"{name}.txt") for name in TABLES}
        present = {n: file for n, file in paths.items() if file is not None and _has_rows(file)}
        for name, file in present.items():
            _check_size(name, file.stat().st_size, shown)
        yield Feed(shown, {n: _file_opener(file) for n, file in present.items()}, journal)
        return
    files.check(path, shown)
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, OSError) as reason:
        raise FormatError("readers.gtfs_files.not_zip", path=shown) from reason
    with archive:
        members = _members(archive, shown)
        openers = {n: _member_opener(archive, info) for n, info in members.items()}
        yield Feed(shown, openers, journal)


def _has_rows(file: Path) -> bool:
    return file.stat().st_size > SMALLEST_BYTES or bool(file.read_bytes().strip(BLANK))


def _file_opener(file: Path) -> Callable[[], Any]:
    return lambda: file.open("rb")


def _member_opener(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], Any]:
    return lambda: archive.open(info)


def _members(archive: zipfile.ZipFile, shown: str) -> dict[str, zipfile.ZipInfo]:
    """Return the members of the used tables by table, after a check of all names and sizes."""
    infos = archive.infolist()
    if len(infos) > MAX_MEMBERS:
        raise FormatError("readers.gtfs_files.too_many_files", path=shown, most=MAX_MEMBERS)
    members: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        path = PurePosixPath(info.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in info.filename:
            raise FormatError("readers.gtfs_files.unsafe_name", path=shown, file=info.filename)
        name = path.stem.lower()
        if name not in TABLES or path.suffix.lower() != ".txt" or "__MACOSX" in path.parts:
            continue
        if _is_blank(archive, info):
            continue  # an empty optional table is none
        if name in members:
            raise FormatError("readers.gtfs_files.two_tables", path=shown, name=name)
        if info.flag_bits & 1 or info.compress_type not in COMPRESSIONS:
            raise FormatError("readers.gtfs_files.unsupported_zip", path=shown, name=name)
        _check_size(name, info.file_size, shown)
        if info.file_size > max(SMALL_BYTES, MAX_RATIO * info.compress_size):
            raise FormatError("readers.gtfs_files.suspicious_ratio", path=shown, name=name)
        members[name] = info
    return members


def _is_blank(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bool:
    """Tell whether a small table has no cells; a damaged one is refused when it is read."""
    if info.file_size > SMALLEST_BYTES:
        return False
    try:
        return not archive.read(info).strip(BLANK)
    except READ_ERRORS:
        return False


def _check_size(name: str, size: int, shown: str) -> None:
    most = MAX_STOP_TIMES_BYTES if name == "stop_times" else MAX_BYTES
    if size > most:
        raise FormatError(
            "readers.gtfs_files.table_too_large", path=shown, name=name, size_mb=most // 2**20
        )


def fingerprint(path: Path, shown: str) -> str:
    """Return the SHA-256 of a feed: of the zip, or of the names and digests of its tables."""
    if not path.is_dir():
        return files.sha256(path, shown)
    digest = hashlib.sha256()
    for name in sorted(TABLES):
        file = path / f"{name}.txt"
        if file.is_file():
            digest.update(f"{file.name}\0{files.sha256(file, f'{shown}/{file.name}')}\n".encode())
    return digest.hexdigest()
