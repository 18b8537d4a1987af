"""Provenance of downloaded files, stored beside each; a file is replaced only by a complete one."""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING

from foncier._util.scratch import remove_stale
from foncier.errors import ExportError, FoncierError
from foncier.i18n import all_without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PARTIAL = ".en-cours"  # folder of partial downloads, which the next run resumes
PROVENANCE = ".provenance.json"


@dataclass(frozen=True)
class Provenance:
    """Provenance of a downloaded file.

    ``rows`` are the rows kept of each layer that the file contains. ``accepted`` names the quality
    issues that the user accepted. ``vintage`` is the ISO date of the data, None where the service
    does not say it; ``fetched_on`` only bounds it.
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
    vintage: str | None = None


def read_provenance(file: Path) -> Provenance | None:
    """Provenance of a file; None where the file is missing, or was not downloaded."""
    if not file.exists():
        return None
    try:
        stored = json.loads(_provenance_file(file).read_text(encoding="utf-8"))
        date.fromisoformat(stored["fetched_on"])
        return Provenance(**stored)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def partial_file(folder: Path, name: str) -> Path:
    """Path of a partial download; its folder is created."""
    partial = folder / PARTIAL
    partial.mkdir(parents=True, exist_ok=True)
    return partial / name


def install(new: Path, file: Path, provenance: Provenance) -> None:
    """Move a complete file or folder and its provenance to their destination.

    All is written before the first move. After a crash between two moves the file has no
    provenance: it is then downloaded again.
    """
    final = _provenance_file(file)
    new_provenance = new.with_name(final.name)
    new_provenance.write_text(_text(provenance), encoding="utf-8", newline="\n")
    final.unlink(missing_ok=True)
    if file.is_dir():  # a rename cannot replace a folder that is not empty
        former = new.with_name(f"{file.name}.former")
        remove(former)
        file.replace(former)
        new.replace(file)
        remove(former)
    else:
        new.replace(file)
    new_provenance.replace(final)


def rewrite(file: Path, provenance: Provenance) -> None:
    """Replace the provenance of a file that stays."""
    write_text(_provenance_file(file), _text(provenance))


def _text(provenance: Provenance) -> str:
    return (
        json.dumps(
            all_without_secrets(asdict(provenance)), ensure_ascii=False, indent=1, sort_keys=True
        )
        + "\n"
    )


def remove(path: Path) -> None:
    """Remove a file or a folder, if it exists."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_text(file: Path, text: str) -> None:
    """Write a text file atomically."""
    new = file.with_name(f".{file.name}.new")
    try:
        new.write_text(text, encoding="utf-8", newline="\n")
        new.replace(file)
    except OSError:
        new.unlink(missing_ok=True)
        raise


@contextmanager
def explain_disk_errors(name: str) -> Iterator[None]:
    """Turn an error of the disk into one that says what to do.

    Raises
    ------
    ExportError
        The disk is full, the folder is not writable, a file has the name of the folder.
    """
    try:
        yield
    except FoncierError:
        raise
    except OSError as fault:
        why = fault.strerror or fault
        raise ExportError("download.provenance.not_writable", name=name, why=why) from fault


def remove_partial(folder: Path, name: str) -> None:
    """Remove the partial download of a file, to free the disk."""
    for file in (folder / PARTIAL).glob(f"{name}*"):
        with suppress(OSError):
            file.unlink()
    sweep_leftovers(folder)


def sweep_leftovers(folder: Path) -> None:
    """Remove the folder of partial downloads, unless one can be resumed."""
    with suppress(OSError):
        remove_stale(folder / PARTIAL)
        for file in (folder / PARTIAL).glob(f"*{PROVENANCE}"):
            file.unlink()
        (folder / PARTIAL).rmdir()


def _provenance_file(file: Path) -> Path:
    return file.with_name(file.name + PROVENANCE)
