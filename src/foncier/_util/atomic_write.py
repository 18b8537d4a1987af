"""Write all files of a folder atomically: to a scratch folder, then renamed."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from foncier._util.destination import (
    LEDGER,
    MANIFEST,
    Entry,
    Owner,
    is_unchanged,
    ledger_text,
    read_ledger,
    sha256,
)
from foncier._util.scratch import create_or_rollback, scratch_folder
from foncier._util.sqlite_companions import check_replaceable, remove_companions
from foncier.errors import ConfigError, ExportError, FoncierError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ERRORS = (
    ((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "util.atomic_write.disk_full"),
    ((errno.EROFS,), "util.atomic_write.read_only"),
    ((errno.EACCES, errno.EPERM, errno.EBUSY, errno.ETXTBSY), "util.atomic_write.refused"),
    ((errno.EEXIST, errno.ENOTDIR, errno.EISDIR), "util.atomic_write.name_conflict"),
)


def write_atomically(
    folder: Path,
    write: Mapping[str, Callable[[Path], None]],
    *,
    manifest: Callable[[Mapping[str, str]], str] | None = None,
    removable: Callable[[str], bool] = lambda _: False,
    owner: Owner | None = None,
) -> dict[str, str]:
    """Write files to a folder, all or none; a failure leaves the former files as they were.

    Each file is first written to a hidden folder inside the destination and flushed to the disk.
    Once all are complete each is renamed to its destination, the manifest last; when a rename
    fails, the earlier ones are undone. Leftovers of a killed run are removed by the next run.

    Parameters
    ----------
    folder
        Destination; created if it does not exist.
    write
        For each file name, the function that writes the file to a path. A name may contain
        subfolders (``a/b.parquet``), but no parent folder.
    manifest
        Makes the text of ``manifest.json`` from the SHA-256 of each file. As it is renamed last, a
        run killed between two renames can be detected: the former manifest does not match the files
        (`foncier.results.manifest.mixed_files`).
    removable
        Tells whether a file of the former manifest may be removed, by its name. Such a file is
        removed in the same step if it is not written again and its SHA-256 is still that of the
        former manifest; a file that somebody changed stays, and one that the command reads.
    owner
        Command that writes: what it may not replace is checked, and the ledger of the folder is
        kept (`foncier._util.destination`). None: each file was named by the caller, who may
        replace it.

    Returns
    -------
    SHA-256 of each file but the manifest by its name, in the order of ``write``.

    Raises
    ------
    ConfigError
        A name is not that of a plain file, or is outside the folder; a file may not be replaced
        (`foncier._util.destination.Owner.check`).
    ExportError
        The disk is full, the folder is read-only, a file is in use by another program, a
        GeoPackage has changes that are not in it yet (``-wal``, ``-journal``)…
    FoncierError
        Errors of the writers are not changed.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write = {"a.txt": lambda path: path.write_text("a") and None}
    ...     digests = write_atomically(Path(folder), write)
    ...     sorted(path.name for path in Path(folder).iterdir()), digests["a.txt"][:8]
    (['a.txt'], 'ca978112')
    """
    for name in write:
        if not _is_plain(name):
            raise ConfigError("util.atomic_write.bad_file_name", name=name)
    current = [folder.name]  # for the error: the file that is being written, else the folder
    try:
        # The scratch folder is inside the destination: a rename works only on one file system.
        with create_or_rollback(folder), scratch_folder(folder) as new:
            digests = _write_all(new, write, manifest, current)
            names = [name for name in write if name != MANIFEST]
            if MANIFEST in write or manifest:
                names.append(MANIFEST)
            stale = [
                name for name in _previous_files(folder) if name not in names and removable(name)
            ]
            if owner is not None:
                stale = owner.without_inputs(folder, stale)
            replaced = [name for name in (*stale, *names) if (folder / name).exists()]
            for name in replaced:
                check_replaceable(folder / name)
            if owner is None:
                _move_all(new, folder, names, stale, current)
            else:
                _move_owned(new, folder, names, stale, current, owner=owner, digests=digests)
    except FoncierError:
        raise
    except OSError as reason:
        raise _write_error(current[0], reason) from reason
    return digests


def _is_plain(name: str) -> bool:
    steps = name.split("/")
    return all(step and Path(step).name == step and not step.startswith(".") for step in steps)


def _previous_files(folder: Path) -> list[str]:
    """Files of the former manifest that have not changed since."""
    try:
        former = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["deliverables"]
        return sorted(
            name
            for name, sha in former.items()
            if _is_plain(name) and is_unchanged(folder / name, sha)
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []  # no manifest, or one of another program: no file is known to be removable


if sys.platform == "win32":

    def _flush_folder(folder: Path) -> None:
        """Windows flushes a folder by itself."""

else:

    def _flush_folder(folder: Path) -> None:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _write_all(
    new: Path,
    write: Mapping[str, Callable[[Path], None]],
    manifest: Callable[[Mapping[str, str]], str] | None,
    current: list[str],
) -> dict[str, str]:
    digests = {}
    for name, writer in write.items():
        current[0] = name
        (new / name).parent.mkdir(parents=True, exist_ok=True)
        writer(new / name)
        _flush(new / name)
        if name != MANIFEST:
            digests[name] = sha256(new / name)
    if manifest:
        current[0] = MANIFEST
        (new / MANIFEST).write_text(manifest(digests), encoding="utf-8", newline="\n")
        _flush(new / MANIFEST)
    _flush_folder(new)
    return digests


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _move_all(
    new: Path, folder: Path, names: list[str], stale: list[str], current: list[str]
) -> None:
    """Rename each file to its destination; on a failure restore the former files."""
    former = new.with_name("former")
    former.mkdir()
    all_moved = False
    try:
        for name in (*stale, *names):
            (former / name).parent.mkdir(parents=True, exist_ok=True)
        for name in stale:
            current[0] = name
            (folder / name).replace(former / name)
        for name in names:
            current[0] = name
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            if (folder / name).exists():
                _link_or_copy(folder / name, former / name)
                remove_companions(folder / name)
            (new / name).replace(folder / name)
        _flush_folder(folder)
        all_moved = True
    finally:
        if not all_moved:
            removed = [name for name in stale if (former / name).exists()]
            moved = [name for name in names if not (new / name).exists()]
            _undo([*removed, *moved], former, folder)
        _remove_empty_folders(folder, [*stale, *names])


def _move_owned(
    new: Path,
    folder: Path,
    names: list[str],
    stale: list[str],
    current: list[str],
    *,
    owner: Owner,
    digests: Mapping[str, str],
) -> None:
    """Move the files that may be replaced, and keep the ledger.

    The first ledger has the SHA-256 of the former files and of the new ones, so that the next run
    recognises both after a kill; the last one has those of the new files.
    """
    former = read_ledger(folder)
    owner.check_files(folder, names, former, digests)
    moved = False
    try:
        owner.keep_changed(folder, names, former)
        entries = former | owner.entries(names, digests, former)
        _write_ledger(new / LEDGER, entries)
        last = {name: entry for name, entry in entries.items() if name not in stale}
        final = new.with_name("ledger")
        _write_ledger(final, last | owner.entries(names, digests, {}))
        _move_all(new, folder, [LEDGER, *names], stale, current)
        moved = True
    finally:
        if not moved:
            owner.forget_copies()
    final.replace(folder / LEDGER)
    _flush_folder(folder)


def _write_ledger(path: Path, entries: Mapping[str, Entry]) -> None:
    path.write_text(ledger_text(entries), encoding="utf-8", newline="\n")
    _flush(path)


def _remove_empty_folders(folder: Path, names: list[str]) -> None:
    """Remove the subfolders of these files that are empty."""
    subfolders = {
        folder.joinpath(*name.split("/")[:n])
        for name in names
        for n in range(1, name.count("/") + 1)
    }
    for subfolder in sorted(subfolders, reverse=True):
        with suppress(OSError):  # not empty, or does not exist
            subfolder.rmdir()


def _undo(moved: list[str], former: Path, folder: Path) -> None:
    for name in moved:
        try:
            if (former / name).exists():
                (former / name).replace(folder / name)
            else:
                (folder / name).unlink()
        except OSError as reason:
            raise ExportError("util.atomic_write.not_restored", name=name, why=reason) from reason


def _link_or_copy(path: Path, copy: Path) -> None:
    try:
        copy.hardlink_to(path)
    except OSError:  # a file system without links (FAT, some network drives)
        shutil.copy2(path, copy)


def _write_error(name: str, reason: OSError) -> ExportError:
    """Error of a file that could not be written: why, and what to do."""
    for codes, message in ERRORS:
        if reason.errno in codes:
            return ExportError(message, name=name)
    why = reason.strerror or reason
    return ExportError("util.atomic_write.not_writable", name=name, why=why)
