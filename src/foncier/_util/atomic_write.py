"""Write all files of a folder atomically: to a scratch folder, then renamed."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from foncier._util.scratch import create_or_rollback, scratch_folder
from foncier.errors import ConfigError, ExportError, FoncierError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MANIFEST = "manifest.json"
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
REFUSED = (errno.EACCES, errno.EPERM, errno.EBUSY, errno.ETXTBSY)


def write_atomically(
    folder: Path,
    write: Mapping[str, Callable[[Path], None]],
    *,
    manifest: Callable[[Mapping[str, str]], str] | None = None,
    removable: Callable[[str], bool] = lambda _: False,
) -> dict[str, str]:
    """Write files to a folder, all or none; a failure leaves the former files as they were.

    Each file is first written to a hidden folder inside the destination and flushed to the disk.
    Once all are complete each is renamed to its place, the manifest last; when a rename fails, the
    earlier ones are undone. Leftovers of a killed run are removed by the next run.

    Parameters
    ----------
    folder
        Where the files go; created when it is not there.
    write
        For each file name, what writes it to the path it is given. A name may lie in folders of
        its own (``a/b.parquet``), never above.
    manifest
        Text of ``manifest.json`` for the SHA-256 of each file. As it is renamed last, a run killed
        between two renames can be detected: the former manifest does not match the new files
        (`foncier.results.manifest.mixed_files`).
    removable
        Whether a file of the former manifest may be removed, by its name. Such a file that is not
        written again is removed in the same step if it still is as the former manifest says; a file
        that somebody changed stays.

    Returns
    -------
    SHA-256 of each file by its name, in the order of ``write``; the manifest is not among them.

    Raises
    ------
    ConfigError
        A name is not that of a plain file, or leads out of the folder.
    ExportError
        The disk is full, the folder is read-only, a file is held by another program…
    FoncierError
        What a writer raises passes unchanged.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as there:
    ...     write = {"a.txt": lambda path: path.write_text("a") and None}
    ...     made = write_atomically(Path(there), write)
    ...     sorted(path.name for path in Path(there).iterdir()), made["a.txt"][:8]
    (['a.txt'], 'ca978112')
    """
    for name in write:
        if not _plain(name):
            raise ConfigError(
                f"nom de fichier {name!r}\u00a0: attendu un nom simple, sans chemin vers un autre "
                "dossier ni point en tête."
            )
    where = [folder.name]  # what a message names: the file at hand, else the folder
    try:
        # The workshop lies inside the folder: a rename works only on one file system.
        with create_or_rollback(folder), scratch_folder(folder) as new:
            found = _write_all(new, write, manifest, where)
            names = [name for name in write if name != MANIFEST]
            if MANIFEST in write or manifest:
                names.append(MANIFEST)
            stale = [
                name for name in _previous_files(folder) if name not in names and removable(name)
            ]
            _move_all(new, folder, names, stale, where)
    except FoncierError:
        raise
    except OSError as reason:
        raise ExportError(_explanation(where[0], reason)) from reason
    return found


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_unchanged(path: Path, sha: str) -> bool:
    """Tell whether a file is there and has this SHA-256."""
    return path.is_file() and sha256(path) == sha


def _plain(name: str) -> bool:
    steps = name.split("/")
    return all(step and Path(step).name == step and not step.startswith(".") for step in steps)


def _previous_files(folder: Path) -> list[str]:
    """Files of the former manifest that are still as it says."""
    try:
        former = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["deliverables"]
        return sorted(
            name
            for name, sha in former.items()
            if _plain(name) and is_unchanged(folder / name, sha)
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
    where: list[str],
) -> dict[str, str]:
    found = {}
    for name, writer in write.items():
        where[0] = name
        (new / name).parent.mkdir(parents=True, exist_ok=True)
        writer(new / name)
        _flush(new / name)
        if name != MANIFEST:
            found[name] = sha256(new / name)
    if manifest:
        where[0] = MANIFEST
        (new / MANIFEST).write_text(manifest(found), encoding="utf-8", newline="\n")
        _flush(new / MANIFEST)
    _flush_folder(new)
    return found


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _move_all(
    new: Path, folder: Path, names: list[str], stale: list[str], where: list[str]
) -> None:
    """Move each file to its place; keep the former ones at hand to put them back on a failure."""
    former = new.with_name("former")
    former.mkdir()
    all_moved = False
    try:
        for name in (*stale, *names):
            (former / name).parent.mkdir(parents=True, exist_ok=True)
        for name in stale:
            where[0] = name
            (folder / name).replace(former / name)
        for name in names:
            where[0] = name
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            if (folder / name).exists():
                _keep(folder / name, former / name)
            (new / name).replace(folder / name)
        _flush_folder(folder)
        all_moved = True
    finally:
        if not all_moved:
            taken = [name for name in stale if (former / name).exists()]
            moved = [name for name in names if not (new / name).exists()]
            _undo([*taken, *moved], former, folder)
        _prune(folder, [*stale, *names])


def _prune(folder: Path, names: list[str]) -> None:
    """Remove the folders of these files that are empty now."""
    inside = {
        folder.joinpath(*name.split("/")[:n])
        for name in names
        for n in range(1, name.count("/") + 1)
    }
    for place in sorted(inside, reverse=True):
        with suppress(OSError):  # not empty, or not there
            place.rmdir()


def _undo(moved: list[str], former: Path, folder: Path) -> None:
    for name in moved:
        try:
            if (former / name).exists():
                (former / name).replace(folder / name)
            else:
                (folder / name).unlink()
        except OSError as reason:
            raise ExportError(
                f"{name}\u00a0: le fichier d'avant n'a pas pu être remis en place ({reason}). "
                "Le dossier mêle deux versions\u00a0: relancez la commande."
            ) from reason


def _keep(path: Path, copy: Path) -> None:
    try:
        copy.hardlink_to(path)
    except OSError:  # a file system without links (FAT, some network drives)
        shutil.copy2(path, copy)


def _explanation(name: str, reason: OSError) -> str:
    if reason.errno in FULL:
        what = "le disque est plein. Libérez de la place ou choisissez un autre dossier (--out)"
    elif reason.errno == errno.EROFS:
        what = "ce dossier est en lecture seule. Choisissez un autre dossier (--out)"
    elif reason.errno in REFUSED:
        what = (
            "l'écriture est refusée. Fermez le programme qui tient ce fichier ouvert (QGIS, Excel…)"
            " ou choisissez un dossier où vous avez le droit d'écrire (--out)"
        )
    elif reason.errno in (errno.EEXIST, errno.ENOTDIR, errno.EISDIR):
        what = "un fichier et un dossier portent le même nom. Choisissez un autre dossier (--out)"
    else:
        what = f"{reason.strerror or reason}. Vérifiez le disque ou choisissez un autre dossier"
    return f"{name}\u00a0: {what}. Rien n'a été remplacé\u00a0: les fichiers d'avant sont intacts."
