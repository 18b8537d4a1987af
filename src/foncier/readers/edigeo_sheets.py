"""EDIGEO sheets of the cadastre: opened with size limits, checked, duplicates dropped."""

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

# A sheet has ten files and two or three megabytes once decompressed, a dense one twenty.
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
# INSEE code, prefix, section, sheet number: in the names of DGFiP archives.
SHEET_NAME = re.compile(r"(?<![0-9A-Z])((?:[0-9]{2}|2[AB])[0-9]{3})([0-9]{3}[0-9A-Z]{2}[0-9]{2})")
SAFE_NAME = re.compile(r"[A-Za-z0-9_-]{1,20}")
# Extension of a file of the exchange, by the field of the transmission file that names it.
EXTENSIONS = {"GNN": "GEN", "GON": "GEO", "QAN": "QAL", "DIN": "DIC", "SCN": "SCD", "GDN": "VEC"}


@dataclass(frozen=True)
class Sheet:
    """One sheet: its files by name, the name of its transmission file, and its displayed path.

    ``commune`` is the INSEE code and ``number`` the sheet number in the name of the archive or
    folder; empty where the name has none.
    """

    shown: str
    thf: str
    files: Mapping[str, bytes]
    commune: str
    number: str

    @property
    def system(self) -> str:
        """IGN name of the CRS that the sheet declares (``LAMB93``)."""
        geo = next((d for name, d in self.files.items() if name.endswith(".GEO")), b"")
        return _fields(geo).get("REL", [""])[0]

    @property
    def exported(self) -> str:
        """Date of the delivery in the sheet (``20190310``)."""
        return _fields(self.files[self.thf]).get("TDA", [""])[0]

    def count(self, kind: str) -> int:
        """Count the objects of a kind in the sheet without reading them."""
        line = rb"^SCPCP[0-9]{2}:[^;\r\n]*;[^;]*;OBJ;%s\r?$" % kind.encode()
        pattern = re.compile(line, re.MULTILINE)
        vectors = (data for name, data in self.files.items() if name.endswith(".VEC"))
        return sum(len(pattern.findall(data)) for data in vectors)


def find_sheets(path: Path, shown: str) -> list[Path]:
    """Return the archives and transmission files of a delivery, sorted by name.

    Parameters
    ----------
    path
        An archive, a ``.THF`` file, or a folder that contains some at any depth.

    Raises
    ------
    SourceError, FormatError
        The path does not exist, or the folder has no sheet.
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
    """Return the SHA-256 of a delivery: of its file, or of the names and digests of its files."""
    if not path.is_dir():
        return files.sha256(path, shown)
    parts: set[Path] = set()
    for entry in find_sheets(path, shown):
        siblings = entry.parent.iterdir() if entry.suffix.lower() == ".thf" else [entry]
        parts.update(part for part in siblings if part.is_file())
    digest = hashlib.sha256()
    for part in sorted(parts):
        name = part.relative_to(path).as_posix()
        digest.update(f"{name}\0{files.sha256(part, shown)}\n".encode())
    return digest.hexdigest()


def read_sheets(path: Path, shown: str, journal: Journal) -> Iterator[Sheet]:
    """Yield the sheets of a delivery; a second copy of a sheet is dropped.

    Raises
    ------
    FormatError
        An archive is truncated, too large, unsafe or without ``.THF``; an announced file is
        missing or truncated; a sheet has two different versions.
    """
    first_by_name: dict[tuple[str, str], tuple[str, str]] = {}
    duplicates = 0
    for entry in find_sheets(path, shown):
        entry_shown = shown if entry == path else f"{shown}/{entry.relative_to(path).as_posix()}"
        for sheet in _open_sheets(entry, entry_shown):
            name = (sheet.commune, sheet.number or sheet.thf)
            digest = hashlib.sha256(
                b"".join(sheet.files[n] for n in sorted(sheet.files))
            ).hexdigest()
            first_shown, first_digest = first_by_name.setdefault(name, (sheet.shown, digest))
            if first_shown == sheet.shown:
                yield sheet
            elif digest == first_digest:
                duplicates += 1
            else:
                raise FormatError(
                    "readers.edigeo_sheets.two_versions", path=sheet.shown, other=first_shown
                )
    journal.add("dropped", duplicates, "readers.edigeo_sheets.duplicate_sheets")


def _open_sheets(path: Path, shown: str) -> Iterator[Sheet]:
    """Yield the sheets of an archive, or the sheet of a ``.THF`` file."""
    if path.suffix.lower() == ".thf":
        siblings = {p.name.upper(): p for p in path.parent.iterdir() if p.is_file()}
        announced = _announced_files(path.read_bytes(), shown) & siblings.keys()
        content = {name: siblings[name].read_bytes() for name in announced | {path.name.upper()}}
    else:
        content = _unpack(path, shown)
    thf_names = sorted(name for name in content if name.endswith(".THF"))
    if not thf_names:
        raise FormatError(
            "readers.edigeo_sheets.no_thf",
            path=shown,
            files=sorted(content) or [label("readers.nothing")],
        )
    for thf in thf_names:
        match = SHEET_NAME.search(path.name.upper()) or SHEET_NAME.search(path.parent.name.upper())
        commune, number = match.groups() if match else ("", "")
        sheet_files = {name: content[name] for name in _complete_files(content, thf, shown)}
        yield Sheet(
            shown if len(thf_names) == 1 else f"{shown}/{thf}", thf, sheet_files, commune, number
        )


def _fields(data: bytes) -> dict[str, list[str]]:
    """Parse the fields of an EDIGEO file (three letters, kind, length, colon, value), in order."""
    fields: dict[str, list[str]] = {}
    for line in data.decode("latin-1").splitlines():
        if line[7:8] == ":":
            fields.setdefault(line[:3], []).append(line[8:].strip())
    return fields


def _announced_files(thf: bytes, shown: str) -> set[str]:
    """Return the names of the files that a transmission file announces."""
    fields = _fields(thf)
    exchanges = fields.get("LON", [])
    if len(exchanges) != 1:
        raise FormatError(
            "readers.edigeo_sheets.several_exchanges", path=shown, exchanges=len(exchanges)
        )
    # GDAL opens the files by these names, even outside the folder.
    names = {
        (exchanges[0] + stem, end)
        for key, end in EXTENSIONS.items()
        for stem in fields.get(key, ())
    }
    unsafe = sorted(stem for stem, _ in names if not SAFE_NAME.fullmatch(stem))
    if unsafe:
        raise FormatError("readers.edigeo_sheets.forbidden_name", path=shown, names=unsafe)
    return {f"{stem}.{end}".upper() for stem, end in names}


def _complete_files(content: Mapping[str, bytes], thf: str, shown: str) -> list[str]:
    """Return the names of the files of a sheet; a missing or truncated file is an error."""
    names = sorted(_announced_files(content[thf], shown))
    missing = [name for name in names if name not in content]
    # Each file has an end mark; GDAL reads a truncated file without an error.
    truncated = [n for n in (*names, thf) if n in content and b"EOMT" not in content[n][-100:]]
    if truncated:
        raise FormatError("readers.edigeo_sheets.truncated_files", path=shown, files=truncated)
    if missing:
        raise FormatError("readers.edigeo_sheets.missing_files", path=shown, files=missing)
    if not any(name.endswith(".VEC") for name in names):
        raise FormatError("readers.edigeo_sheets.no_vec", path=shown)
    return [*names, thf]


def _unpack(path: Path, shown: str) -> dict[str, bytes]:
    """Return the files of an archive by name in capitals; nothing is written on the disk."""
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
                        extracted: Any = archive.extractfile(member)
                        content[name] = extracted.read()
    except (EOFError, tarfile.TarError, zlib.error, OSError) as reason:
        if isinstance(reason, FormatError):
            raise
        raise FormatError("readers.edigeo_sheets.damaged_archive", path=shown) from reason
    return content


def _copy(packed: Any, unpacked: Any, shown: str) -> None:
    """Decompress up to `MAX_BYTES` (protection against zip bombs)."""
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
