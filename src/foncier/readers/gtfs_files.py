"""Open a GTFS feed, a zip or a folder, without trusting it: only the tables needed are read."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NoReturn

import pandas as pd

from foncier.errors import FormatError
from foncier.readers import files
from foncier.readers.report import complaint, some

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

TABLES = ("stops", "stop_times", "trips", "routes", "calendar", "calendar_dates", "frequencies")
MOST_MEMBERS = 500  # a feed has some thirty files; with shapes apart, a few more
MOST_BYTES = 2**27
MOST_STOP_TIMES = 2**30  # the largest French feed (a whole region) holds some 700 MB
MOST_RATIO = 200  # timetables shrink to a tenth or a thirtieth, zeros to a thousandth
SMALL = 2**20  # what cannot hurt, however well it shrinks
PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
CHUNK = 500_000  # rows of the timetable held at once before those of other days are left out
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    UnicodeDecodeError,
    RuntimeError,
    pd.errors.ParserError,
)


@dataclass(frozen=True)
class Feed:
    """Tables of an opened feed: how it is shown, and what opens each table that it has."""

    shown: str
    openers: Mapping[str, Callable[[], Any]]

    def __contains__(self, name: str) -> bool:
        """Whether the feed has a table (``stops``, ``calendar``…)."""
        return name in self.openers

    def rows(
        self, name: str, required: tuple[str, ...], optional: tuple[str, ...] = ()
    ) -> pd.DataFrame:
        """All rows of a table, see `chunks`."""
        return pd.concat(list(self.chunks(name, required, optional)), ignore_index=True)

    def chunks(
        self, name: str, required: tuple[str, ...], optional: tuple[str, ...] = ()
    ) -> Iterator[pd.DataFrame]:
        """Rows of a table, some at a time: every cell as text without outer spaces, "" for none.

        Raises
        ------
        FormatError
            The table or a required column is absent; it is damaged, or not UTF-8.
        """
        where = f"{self.shown}/{name}.txt"
        if name not in self.openers:
            raise FormatError(
                complaint(
                    self.shown,
                    f"le fichier {name}.txt est absent du flux GTFS",
                    "Téléchargez le flux complet (transport.data.gouv.fr).",
                )
            )
        wanted = (*required, *optional)
        try:
            with self.openers[name]() as opened:
                for part in _parts(opened, wanted):
                    _check_columns(part, required, where)
                    yield _tidy(part, wanted)
        except pd.errors.EmptyDataError as reason:
            raise FormatError(
                complaint(where, "le fichier est vide", "Téléchargez le flux de nouveau.")
            ) from reason
        except FormatError:
            raise
        except BROKEN as reason:
            raise FormatError(
                complaint(
                    where,
                    "table tronquée, abîmée ou qui n'est pas du CSV en UTF-8",
                    "Téléchargez le flux de nouveau.",
                )
            ) from reason


def _parts(opened: Any, wanted: tuple[str, ...]) -> Iterator[pd.DataFrame]:
    # Some feeds end each line by a comma: without index_col=False all columns would shift.
    with pd.read_csv(
        opened,
        dtype=str,
        encoding="utf-8-sig",
        chunksize=CHUNK,
        keep_default_na=False,
        na_filter=False,
        skipinitialspace=True,
        index_col=False,
        usecols=lambda name: str(name).strip() in wanted,
    ) as reader:
        yield from reader


def _check_columns(part: pd.DataFrame, required: tuple[str, ...], where: str) -> None:
    found = [str(name).strip() for name in part.columns]
    absent = [name for name in required if name not in found]
    if absent:
        raise FormatError(
            complaint(
                where,
                f"colonne(s) absente(s) : {', '.join(absent)}",
                "Ce n'est pas une table GTFS complète : téléchargez le flux de nouveau.",
            )
        )


def _tidy(part: pd.DataFrame, wanted: tuple[str, ...]) -> pd.DataFrame:
    own = {str(name).strip(): part[name] for name in part.columns}
    blank = pd.Series("", part.index, dtype="str")
    cells = {name: own.get(name, blank).fillna("").astype("str").str.strip() for name in wanted}
    return pd.DataFrame(cells, index=part.index)


@contextmanager
def opened(path: Path, shown: str) -> Iterator[Feed]:
    """Open a feed; nothing is ever unpacked on the disk.

    Parameters
    ----------
    path
        The zip, or the folder that it was unpacked in.
    shown
        The path as the study writes it.

    Raises
    ------
    SourceError
        It is not there.
    FormatError
        Not a zip, cut short, or with members that lead out of it, are far too many or too large,
        or swell as no timetable does.
    """
    if path.is_dir():
        found = {name: path / f"{name}.txt" for name in TABLES}
        present = {name: file for name, file in found.items() if file.is_file()}
        for name, file in present.items():
            _check_size(name, file.stat().st_size, shown)
        yield Feed(shown, {n: _opener(file) for n, file in present.items()})
        return
    files.check(path, shown)
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as reason:
        raise FormatError(
            complaint(
                shown,
                "ce n'est pas une archive zip, ou elle est tronquée",
                "Téléchargez le flux GTFS de nouveau.",
            )
        ) from reason
    with archive:
        members = _members(archive, shown)
        yield Feed(shown, {n: _member_opener(archive, info) for n, info in members.items()})


def _opener(file: Path) -> Callable[[], Any]:
    return lambda: file.open("rb")


def _member_opener(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], Any]:
    return lambda: archive.open(info)


def _members(archive: zipfile.ZipFile, shown: str) -> dict[str, zipfile.ZipInfo]:
    """Members of the tables that are read, by table, once all names are seen to be harmless."""
    every = archive.infolist()
    if len(every) > MOST_MEMBERS:
        _refused(shown, f"plus de {MOST_MEMBERS} fichiers")
    found: dict[str, zipfile.ZipInfo] = {}
    for info in every:
        path = PurePosixPath(info.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in info.filename:
            _refused(shown, f"un fichier sortirait du dossier ({some([info.filename])})")
        name = path.name.removesuffix(".txt")
        if name not in TABLES or path.suffix != ".txt" or "__MACOSX" in path.parts:
            continue
        if name in found:
            _refused(shown, f"deux fichiers {name}.txt")
        if info.flag_bits & 1 or info.compress_type not in PLAIN:
            _refused(shown, f"{name}.txt est chiffré, ou comprimé d'une façon que zip ne lit pas")
        _check_size(name, info.file_size, shown)
        if info.file_size > max(SMALL, MOST_RATIO * info.compress_size):
            _refused(shown, f"{name}.txt enfle plus qu'aucun horaire une fois décompressé")
        found[name] = info
    return found


def _check_size(name: str, size: int, shown: str) -> None:
    most = MOST_STOP_TIMES if name == "stop_times" else MOST_BYTES
    if size > most:
        _refused(shown, f"{name}.txt dépasse {most // 2**20} Mo")


def _refused(shown: str, why: str) -> NoReturn:
    raise FormatError(
        complaint(
            shown,
            f"flux refusé : {why}",
            "Téléchargez de nouveau le flux GTFS auprès de son producteur.",
        )
    )


def fingerprint(path: Path, shown: str) -> str:
    """SHA-256 of a feed: of the zip, or of the names and prints of the tables of a folder."""
    if not path.is_dir():
        return files.sha256(path, shown)
    whole = hashlib.sha256()
    for name in sorted(TABLES):
        file = path / f"{name}.txt"
        if file.is_file():
            whole.update(f"{file.name}\0{files.sha256(file, f'{shown}/{file.name}')}\n".encode())
    return whole.hexdigest()
