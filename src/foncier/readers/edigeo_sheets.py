"""Sheets of the cadastre as DGFiP delivers them: opened within limits, checked, none twice."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import re
import tarfile
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from foncier.errors import FormatError
from foncier.i18n import label
from foncier.readers import files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from foncier.readers.report import Journal

# A real sheet has ten files and unpacks to two or three megabytes; a dense one to twenty.
MAX_BYTES = 256 * 2**20
MAX_MEMBERS = 200
CHUNK_BYTES = 2**20
OPENERS: dict[str, Callable[..., Any]] = {
    ".bz2": bz2.open,
    ".tbz2": bz2.open,
    ".gz": gzip.open,
    ".tgz": gzip.open,
    ".tar": open,
}
ARCHIVES = (".tar.bz2", ".tbz2", ".tar.gz", ".tgz", ".tar")
# INSEE code, prefix, section, number of the sheet: the name of DGFiP's archives.
SHEET_NAME = re.compile(r"(?<![0-9A-Z])((?:[0-9]{2}|2[AB])[0-9]{3})([0-9]{3}[0-9A-Z]{2}[0-9]{2})")
SAFE_NAME = re.compile(r"[A-Za-z0-9_-]{1,20}")
# Field of the transmission file that names each file of the exchange, and its extension.
EXTENSIONS = {"GNN": "GEN", "GON": "GEO", "QAN": "QAL", "DIN": "DIC", "SCN": "SCD", "GDN": "VEC"}


@dataclass(frozen=True)
class Sheet:
    """One sheet: its files by name, the transmission file's name, and where it was found.

    ``commune`` is the INSEE code and ``number`` the sheet in it, as the archive's or the folder's
    name tells them; empty when the name does not.
    """

    shown: str
    thf: str
    files: Mapping[str, bytes]
    commune: str
    number: str

    @property
    def system(self) -> str:
        """IGN's name of the reference system, as the sheet declares it (``LAMB93``)."""
        geo = next((d for name, d in self.files.items() if name.endswith(".GEO")), b"")
        return _fields(geo).get("REL", [""])[0]

    @property
    def exported(self) -> str:
        """Date of the delivery, as the sheet writes it (``20190310``)."""
        return _fields(self.files[self.thf]).get("TDA", [""])[0]

    def count(self, kind: str) -> int:
        """How many objects of a kind the sheet holds, counted without reading them."""
        line = rb"^SCPCP[0-9]{2}:[^;\r\n]*;[^;]*;OBJ;%s\r?$" % kind.encode()
        wanted = re.compile(line, re.MULTILINE)
        vectors = (data for name, data in self.files.items() if name.endswith(".VEC"))
        return sum(len(wanted.findall(data)) for data in vectors)


def find_sheets(path: Path, shown: str) -> list[Path]:
    """Archives and transmission files of a delivery, sorted by name.

    Parameters
    ----------
    path
        One archive, one ``.THF``, or a folder that holds some, at any depth.

    Raises
    ------
    SourceError, FormatError
        Nothing there, or no sheet in the folder.
    """
    if not path.is_dir():
        files.check(path, shown)
        return [path]
    inside = sorted(p for p in path.rglob("*") if p.is_file() and _is_sheet(p))
    if not inside:
        raise FormatError("readers.edigeo_sheets.no_sheet", path=shown)
    return inside


def _is_sheet(path: Path) -> bool:
    return path.name.lower().endswith((*ARCHIVES, ".thf"))


def fingerprint(path: Path, shown: str) -> str:
    """SHA-256 of a delivery: of the one file, or of the names and prints of all its sheets."""
    if not path.is_dir():
        return files.sha256(path, shown)
    parts: set[Path] = set()
    for one in find_sheets(path, shown):
        beside = one.parent.iterdir() if one.suffix.lower() == ".thf" else [one]
        parts.update(part for part in beside if part.is_file())
    whole = hashlib.sha256()
    for part in sorted(parts):
        name = part.relative_to(path).as_posix()
        whole.update(f"{name}\0{files.sha256(part, shown)}\n".encode())
    return whole.hexdigest()


def read_sheets(path: Path, shown: str, journal: Journal) -> Iterator[Sheet]:
    """Sheets of a delivery one by one; a second copy of the same sheet is passed over.

    Raises
    ------
    FormatError
        An archive is cut short, too large, hostile or without ``.THF``; a file that the sheet
        announces is absent or unfinished; two different versions of one sheet.
    """
    seen: dict[tuple[str, str], tuple[str, str]] = {}
    copies = 0
    for one in find_sheets(path, shown):
        where = shown if one == path else f"{shown}/{one.relative_to(path).as_posix()}"
        for sheet in _open_sheets(one, where):
            name = (sheet.commune, sheet.number or sheet.thf)
            same = hashlib.sha256(b"".join(sheet.files[n] for n in sorted(sheet.files))).hexdigest()
            other, before = seen.setdefault(name, (sheet.shown, same))
            if other == sheet.shown:
                yield sheet
            elif same == before:
                copies += 1
            else:
                raise FormatError(
                    "readers.edigeo_sheets.two_versions", path=sheet.shown, other=other
                )
    journal.add("dropped", copies, "readers.edigeo_sheets.duplicate_sheets")


def _open_sheets(path: Path, shown: str) -> Iterator[Sheet]:
    """Sheets of one archive, or the sheet of one ``.THF``."""
    if path.suffix.lower() == ".thf":
        beside = {p.name.upper(): p for p in path.parent.iterdir() if p.is_file()}
        wanted = _announced_files(path.read_bytes(), shown) & beside.keys()
        content = {name: beside[name].read_bytes() for name in wanted | {path.name.upper()}}
    else:
        content = _unpack(path, shown)
    starts = sorted(name for name in content if name.endswith(".THF"))
    if not starts:
        raise FormatError(
            "readers.edigeo_sheets.no_thf",
            path=shown,
            files=sorted(content) or [label("readers.nothing")],
        )
    for thf in starts:
        names = SHEET_NAME.search(path.name.upper()) or SHEET_NAME.search(path.parent.name.upper())
        commune, number = names.groups() if names else ("", "")
        kept = {name: content[name] for name in _complete_files(content, thf, shown)}
        yield Sheet(shown if len(starts) == 1 else f"{shown}/{thf}", thf, kept, commune, number)


def _fields(data: bytes) -> dict[str, list[str]]:
    """Fields of an EDIGEO file (three letters, kind, length, colon, value), in their order."""
    read: dict[str, list[str]] = {}
    for line in data.decode("latin-1").splitlines():
        if line[7:8] == ":":
            read.setdefault(line[:3], []).append(line[8:].strip())
    return read


def _announced_files(thf: bytes, shown: str) -> set[str]:
    """Names of the files that a transmission file announces."""
    said = _fields(thf)
    lots = said.get("LON", [])
    if len(lots) != 1:
        raise FormatError(
            "readers.edigeo_sheets.several_exchanges", path=shown, exchanges=len(lots)
        )
    # Names that lead out of the folder would be followed by the reader.
    names = {(lots[0] + stem, end) for key, end in EXTENSIONS.items() for stem in said.get(key, ())}
    strange = sorted(stem for stem, _ in names if not SAFE_NAME.fullmatch(stem))
    if strange:
        raise FormatError("readers.edigeo_sheets.forbidden_name", path=shown, names=strange)
    return {f"{stem}.{end}".upper() for stem, end in names}


def _complete_files(content: Mapping[str, bytes], thf: str, shown: str) -> list[str]:
    """Names of a sheet's files, once all are there and whole."""
    names = sorted(_announced_files(content[thf], shown))
    absent = [name for name in names if name not in content]
    # Each file says where it ends; what is cut short would be read as far as it goes.
    cut = [n for n in (*names, thf) if n in content and b"EOMT" not in content[n][-100:]]
    if cut:
        raise FormatError("readers.edigeo_sheets.truncated_files", path=shown, files=cut)
    if absent:
        raise FormatError("readers.edigeo_sheets.missing_files", path=shown, files=absent)
    if not any(name.endswith(".VEC") for name in names):
        raise FormatError("readers.edigeo_sheets.no_vec", path=shown)
    return [*names, thf]


def _unpack(path: Path, shown: str) -> dict[str, bytes]:
    """Files of an archive by name, in capitals, without ever writing one where it says."""
    opener = OPENERS.get(path.suffix.lower())
    if opener is None:
        raise FormatError(
            "readers.edigeo_sheets.not_an_archive",
            path=shown,
            suffix=path.suffix or label("readers.no_extension"),
            archives=ARCHIVES,
        )
    content: dict[str, bytes] = {}
    try:
        with tempfile.SpooledTemporaryFile(max_size=2**25) as unpacked:
            with opener(path, "rb") as packed:
                _copy(packed, unpacked, shown)
            unpacked.seek(0)
            with tarfile.open(fileobj=unpacked, mode="r:") as archive:
                for member in archive:
                    if not member.isdir():
                        name = _safe_name(member, content, shown)
                        taken: Any = archive.extractfile(member)
                        content[name] = taken.read()
    except (EOFError, tarfile.TarError, zlib.error, OSError) as reason:
        if isinstance(reason, FormatError):
            raise
        raise FormatError("readers.edigeo_sheets.damaged_archive", path=shown) from reason
    return content


def _copy(packed: Any, unpacked: Any, shown: str) -> None:
    """Unpack, but never more than a sheet can hold: a bomb stops here."""
    total = 0
    while block := packed.read(CHUNK_BYTES):
        total += len(block)
        if total > MAX_BYTES:
            raise FormatError(
                "readers.edigeo_sheets.too_large", path=shown, size_mb=MAX_BYTES // 2**20
            )
        unpacked.write(block)


def _safe_name(member: tarfile.TarInfo, content: Mapping[str, bytes], shown: str) -> str:
    path = PurePosixPath(member.name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in member.name:
        raise FormatError("readers.edigeo_sheets.unsafe_name", path=shown, file=member.name)
    if member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE):
        raise FormatError("readers.edigeo_sheets.not_a_file", path=shown, file=member.name)
    name = path.name.upper()
    if name in content or len(content) >= MAX_MEMBERS:
        raise FormatError("readers.edigeo_sheets.too_many_files", path=shown, most=MAX_MEMBERS)
    return name
