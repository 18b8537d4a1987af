"""Decide whether a command may write a file: never over its inputs or the work of others.

Each folder that foncier writes to has a hidden file `LEDGER`: the command that wrote each file, for
which subject, and its SHA-256. A file that is not in it is somebody else's.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foncier._util.scratch import scratch_folder
from foncier._util.sqlite_companions import check_replaceable
from foncier.errors import ConfigError
from foncier.i18n import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

LEDGER = ".foncier.json"
MANIFEST = "manifest.json"
FORM = 1  # version of the ledger
SHOWN = 5  # files that an error names
# Commands that write a manifest, by a key that only theirs has.
MANIFEST_KEYS = {"configuration": "run", "result": "sheets"}


@dataclass
class Owner:
    """Command that writes to a folder, and what it may not replace.

    Parameters
    ----------
    command
        Name of the command; files of another command are not replaced.
    subject
        What the result is about (the communes of a run, the lines of a scenario…). A former result
        of the same command is replaced if it has a subject in common; see `subject_of`.
    inputs
        Files that the command reads, and folders of such files: never replaced.
    replace
        Replace files of others too, but never an input.
    keep
        Keeps a copy of a former result that somebody changed, and returns it; None for no copy.
    set_aside
        Filled while files are written: these copies.
    """

    command: str
    subject: tuple[str, ...] = ()
    inputs: tuple[Path, ...] = ()
    replace: bool = False
    keep: Callable[[Path], Path | None] = field(default_factory=lambda: copy_aside)
    set_aside: list[Path] = field(default_factory=list)

    def check(self, folder: Path, names: Iterable[str]) -> None:
        """Check that files may be written to a folder, before the work that makes them.

        Raises
        ------
        ConfigError
            A file is an input of the command; or one exists that foncier did not write, or that
            another command wrote, or this command for another subject.
        ExportError
            Another program has unsaved changes of one of them.
        """
        self.check_files(folder, names, read_ledger(folder), {})

    def check_files(
        self,
        folder: Path,
        names: Iterable[str],
        ledger: Mapping[str, Entry],
        digests: Mapping[str, str],
    ) -> None:
        """Check as `check`, with a known ledger; a file may have the bytes that replace it."""
        existing = [name for name in names if os.path.lexists(folder / name)]
        inputs = Inputs.of(self.inputs)
        read = [name for name in existing if inputs.include(folder / name)]
        if read:
            raise self._refused("input", folder, read)
        for name in existing:
            check_replaceable(folder / name)
        if self.replace:
            return
        reasons: dict[str, list[str]] = {}
        for name in existing:
            reason = self._reason(ledger.get(name))
            if reason == "foreign" and is_unchanged(folder / name, digests.get(name)):
                continue
            if reason:
                reasons.setdefault(reason, []).append(name)
        for reason, files in reasons.items():
            command = next((ledger[name].command for name in files if name in ledger), "")
            raise self._refused(reason, folder, files, command=command)

    def without_inputs(self, folder: Path, names: Iterable[str]) -> list[str]:
        """Names of the files of a folder that the command does not read."""
        inputs = Inputs.of(self.inputs)
        return [name for name in names if not inputs.include(folder / name)]

    def _reason(self, entry: Entry | None) -> str | None:
        """Why a file with this entry in the ledger may not be replaced; None if it may."""
        if entry is None:
            return "foreign"
        if entry.command != self.command:
            return "other_command"
        if entry.subject and self.subject and not set(entry.subject) & set(self.subject):
            return "other_subject"
        return None

    def _refused(self, reason: str, folder: Path, names: Sequence[str], **more: Any) -> ConfigError:
        files: list[str | Message] = list(names[:SHOWN])
        if len(names) > SHOWN:
            files.append(Message("util.and_more", count=len(names) - SHOWN))
        return ConfigError(f"util.destination.{reason}", folder=folder, files=files, **more)

    def entries(
        self, names: Iterable[str], digests: Mapping[str, str], former: Mapping[str, Entry]
    ) -> dict[str, Entry]:
        """Entries of the files that this command writes, with the SHA-256 of the former ones.

        A run that is killed while it renames its files leaves some of each.
        """
        entries = {}
        for name in names:
            known = former[name].sha256 if name in former else ()
            new = (digests[name],) if name in digests else ()
            entries[name] = Entry(self.command, self.subject, tuple(sorted({*known, *new})))
        return entries

    def keep_changed(self, folder: Path, names: Iterable[str], ledger: Mapping[str, Entry]) -> None:
        """Keep a copy of each file that somebody changed since foncier wrote it."""
        for name in names:
            path, entry = folder / name, ledger.get(name)
            if entry is None or not entry.sha256 or not path.is_file():
                continue
            if sha256(path) not in entry.sha256:
                copy = self.keep(path)
                self.set_aside += [] if copy is None else [copy]

    def forget_copies(self) -> None:
        """Remove the copies again: the files that they copy were not replaced."""
        for copy in self.set_aside:
            copy.unlink(missing_ok=True)
        self.set_aside.clear()


@dataclass(frozen=True)
class Entry:
    """A file of the ledger. ``sha256`` is empty for a file that differs at each run."""

    command: str
    subject: tuple[str, ...]
    sha256: tuple[str, ...]


@dataclass(frozen=True)
class Inputs:
    """Files that a command reads: by identity on the disk (links too), and by path."""

    identities: frozenset[tuple[int, int]]
    paths: frozenset[Path]

    @classmethod
    def of(cls, files: Iterable[Path]) -> Inputs:
        """Inputs that exist; those of an object store are not on the disk."""
        existing = [file for file in files if isinstance(file, Path) and file.exists()]
        found = [file.stat() for file in existing]
        return cls(
            frozenset((one.st_dev, one.st_ino) for one in found if one.st_ino),
            frozenset(file.resolve() for file in existing),
        )

    def include(self, path: Path) -> bool:
        """Tell whether a path is that of an input, or lies in a folder that is one."""
        resolved = path.resolve()
        if not self.paths.isdisjoint((resolved, *resolved.parents)):
            return True
        try:
            found = path.stat()
        except OSError:  # a link to nothing
            return False
        return (found.st_dev, found.st_ino) in self.identities


def subject_of(folder: Path, *files: Path | None) -> str:
    """Name a result by the place of its inputs, seen from the folder that it is written to.

    The name stays when both move together, and does not show folders of the machine.

    Examples
    --------
    >>> subject_of(Path("maps/a"), Path("loop.geojson")) == subject_of(Path("b/c"), Path("x.toml"))
    False
    """
    places = [_from_folder(folder, file) for file in files if file is not None]
    return hashlib.sha256("\n".join(places).encode()).hexdigest()[:16]


def _from_folder(folder: Path, file: Path) -> str:
    resolved = file.resolve()
    try:
        return Path(os.path.relpath(resolved, folder.resolve())).as_posix()
    except ValueError:  # another drive
        return resolved.as_posix()


def read_ledger(folder: Path) -> dict[str, Entry]:
    """Entries of the ledger of a folder by file name; a manifest of foncier stands in for one."""
    entries = _entries_of_manifest(folder)
    try:
        stored = json.loads((folder / LEDGER).read_text(encoding="utf-8"))
        entries |= {
            str(name): Entry(str(one["command"]), tuple(one["subject"]), tuple(one["sha256"]))
            for name, one in stored["files"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return entries  # none, or not one of foncier: nothing in the folder is known
    return entries


def _entries_of_manifest(folder: Path) -> dict[str, Entry]:
    """Entries of a result that an earlier version wrote, or that was copied without its ledger."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        command = next(value for key, value in MANIFEST_KEYS.items() if key in manifest)
        subject = tuple(manifest.get("communes", ()))
        files = {
            str(name): Entry(command, subject, (str(sha),))
            for name, sha in manifest["deliverables"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError, StopIteration):
        return {}
    return {**files, MANIFEST: Entry(command, subject, ())}


def ledger_text(entries: Mapping[str, Entry]) -> str:
    """Text of a ledger."""
    files = {
        name: {"command": e.command, "subject": list(e.subject), "sha256": list(e.sha256)}
        for name, e in entries.items()
    }
    return json.dumps({"form": FORM, "files": files}, sort_keys=True, indent=1) + "\n"


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_unchanged(path: Path, digest: str | None) -> bool:
    """Tell whether a file exists and has this SHA-256."""
    return digest is not None and path.is_file() and sha256(path) == digest


def copy_aside(path: Path) -> Path | None:
    """Copy a file beside itself, under a name with the date of today.

    Returns
    -------
    The copy; None if there is one already, of a run that was killed.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "visites.csv").write_text("a")
    ...     copy = copy_aside(Path(folder) / "visites.csv")
    >>> copy.name.startswith("visites-modifie-20")
    True
    """
    today = dt.datetime.now().astimezone().date().isoformat()
    for number in count(1):
        suffix = f"-{number}" if number > 1 else ""
        copy = path.with_name(f"{path.stem}-modifie-{today}{suffix}{path.suffix}")
        if not os.path.lexists(copy):
            break
        if is_unchanged(copy, sha256(path)):
            return None
    with scratch_folder(path.parent) as new:  # the copy has its name only when it is whole
        shutil.copy2(path, new / copy.name)
        (new / copy.name).replace(copy)
    return copy
