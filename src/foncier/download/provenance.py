"""Fetched files and, beside each, where it came from; a file is replaced only when whole."""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from foncier._util.scratch import remove_stale
from foncier.errors import ExportError, FoncierError
from foncier.readers.report import complaint

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PARTIAL = ".en-cours"  # what is on its way; kept when the run is cut, so that the next goes on
PROVENANCE = ".provenance.json"


@dataclass(frozen=True)
class Provenance:
    """Where a fetched file comes from.

    ``rows`` are those kept of each layer read from the file. ``accepted`` names the doubts that
    the planner let pass.
    """

    source: str
    address: str
    fetched_on: str
    sha256: str
    etag: str | None
    modified: str | None
    licence: str
    attribution: str
    rows: dict[str, int]
    columns: dict[str, list[str]]
    accepted: list[str]


def read_provenance(file: Path) -> Provenance | None:
    """What is known of a fetched file; None where it is not there, or was not fetched."""
    if not file.exists():
        return None
    try:
        return Provenance(**json.loads(_beside(file).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def partial_file(folder: Path, name: str) -> Path:
    """Where a file grows before it is whole."""
    place = folder / PARTIAL
    place.mkdir(parents=True, exist_ok=True)
    return place / name


def install(arrived: Path, file: Path, told: Provenance) -> None:
    """Move a whole file or folder and its provenance to their place; all is written before a move.

    Killed between the moves, the file has no provenance: it is then fetched again.
    """
    beside = _beside(file)
    told_aside = arrived.with_name(beside.name)
    text = json.dumps(asdict(told), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    told_aside.write_text(text, encoding="utf-8", newline="\n")
    beside.unlink(missing_ok=True)
    if file.is_dir():  # a folder cannot take the place of one that holds something
        former = arrived.with_name(f"{file.name}.former")
        remove(former)
        file.replace(former)
        arrived.replace(file)
        remove(former)
    else:
        arrived.replace(file)
    told_aside.replace(beside)


def remove(path: Path) -> None:
    """Take a file or a folder away, if it is there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_text(file: Path, text: str) -> None:
    """Write a text beside its place, then move it there."""
    new = file.with_name(f".{file.name}.new")
    try:
        new.write_text(text, encoding="utf-8", newline="\n")
        new.replace(file)
    except OSError:
        new.unlink(missing_ok=True)
        raise


@contextmanager
def explain_disk_errors(name: str) -> Iterator[None]:
    """Tell what the disk refuses in the words of a planner.

    Raises
    ------
    ExportError
        The disk is full, the folder cannot be written, a file stands in its place.
    """
    try:
        yield
    except FoncierError:
        raise
    except OSError as fault:
        what = f"écriture impossible ({fault.strerror or fault})"
        todo = "Libérez de la place ou vérifiez les droits, puis relancez : l'existant est intact."
        raise ExportError(complaint(name, what, todo)) from fault


def remove_partial(folder: Path, name: str) -> None:
    """Take away the parts of a file that the disk has no room for."""
    for one in (folder / PARTIAL).glob(f"{name}*"):
        with suppress(OSError):
            one.unlink()
    sweep_leftovers(folder)


def sweep_leftovers(folder: Path) -> None:
    """Take the folder of parts away when nothing is left in it to go on from."""
    with suppress(OSError):
        remove_stale(folder / PARTIAL)
        for left in (folder / PARTIAL).glob(f"*{PROVENANCE}"):
            left.unlink()
        (folder / PARTIAL).rmdir()


def _beside(file: Path) -> Path:
    return file.with_name(file.name + PROVENANCE)
