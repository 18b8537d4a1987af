"""Scratch folder with a lock; removes the leftovers of killed runs."""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
import tempfile
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING

from foncier._util.lifetime import before_forced_end
from foncier.errors import ExportError
from foncier.i18n import Message

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = ".foncier-"
LOCK = "lock"
FOLDER_LOCK = ".foncier.lock"
ATTEMPTS = 20  # another run can remove a new folder only before it is locked


@contextmanager
def scratch_folder(folder: Path | None = None) -> Iterator[Path]:
    """Empty temporary folder, removed at the end; leftovers of killed runs are removed first.

    Parameters
    ----------
    folder
        Parent folder; that of the temporary files of the system when None.

    Examples
    --------
    >>> with scratch_folder() as folder:
    ...     existed = folder.is_dir()
    >>> existed, folder.exists()
    (True, False)
    """
    parent = Path(tempfile.gettempdir()) if folder is None else folder
    remove_stale(parent)
    scratch, lock = _create_locked(parent)
    removed = partial(shutil.rmtree, scratch, ignore_errors=True)
    try:
        with lock, before_forced_end(removed):
            new = scratch / "new"
            new.mkdir()
            yield new
    finally:
        removed()


@contextmanager
def swept(folder: Path) -> Iterator[None]:
    """Remove at the end what child processes that were killed left in a folder."""
    sweep = partial(remove_stale, folder)
    try:
        with before_forced_end(sweep):
            yield
    finally:
        sweep()


@contextmanager
def create_or_rollback(folder: Path) -> Iterator[None]:
    """Create a folder and its parents; after an error remove those that are new and empty."""
    created = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    succeeded = False
    try:
        yield
        succeeded = True
    finally:
        if not succeeded:
            with suppress(OSError):  # not empty: its files stay
                for one in created:
                    one.rmdir()


@contextmanager
def exclusive(folder: Path, what: str) -> Iterator[None]:
    """Lock a folder for one command at a time; another one is told who holds the lock.

    Parameters
    ----------
    folder
        Created if it does not exist.
    what
        Name of the command, for the message.

    Raises
    ------
    ExportError
        Another process holds the lock.
    """
    file = folder / FOLDER_LOCK
    with create_or_rollback(folder):
        lock = _lock_folder(file)
        if lock is None:
            raise ExportError("util.scratch.held", folder=folder, who=_holder(file))
        with lock:
            who = {"command": what, "pid": os.getpid(), "machine": platform.node()}
            who["since"] = datetime.now().astimezone().isoformat(timespec="seconds")
            try:
                lock.write(json.dumps(who).encode())
                lock.flush()  # fails on a full disk: the lock is removed then too
                yield
            finally:
                if sys.platform != "win32":  # Windows cannot remove an open file
                    file.unlink(missing_ok=True)
        if sys.platform == "win32":
            with suppress(OSError):
                file.unlink()


def _lock_folder(file: Path) -> IO[bytes] | None:
    """Open and lock a lock file; None when another process has locked it."""
    for _ in range(ATTEMPTS):
        lock = file.open("ab")
        if not _try_lock(lock):
            lock.close()
            return None
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(lock.fileno()), file.stat()):
                lock.truncate(0)
                return lock
        lock.close()  # the process that held it has removed it: another file has its name
    return None


def _holder(file: Path) -> Message:
    """Who holds a lock, as its file says."""
    try:
        who = json.loads(file.read_text(encoding="utf-8"))
        since = datetime.fromisoformat(who["since"])
        return Message(
            "util.scratch.holder",
            command=str(who["command"]),
            pid=int(who["pid"]),
            machine=str(who["machine"]),
            since=since.strftime("%Y-%m-%d %H:%M"),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return Message("util.scratch.holder_unknown")


def remove_stale(parent: Path) -> None:
    """Remove the scratch folders of killed runs."""
    for scratch in sorted(parent.glob(f"{PREFIX}*")):
        _remove_if_stale(scratch)


def _create_locked(parent: Path) -> tuple[Path, IO[bytes]]:
    """Create and lock a folder; try again if another run removed it before it was locked."""
    for _ in range(ATTEMPTS):
        scratch = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        with suppress(FileNotFoundError):
            lock = (scratch / LOCK).open("xb")
            if _try_lock(lock) and (scratch / LOCK).exists():
                return scratch, lock
            lock.close()
    raise FileNotFoundError(2, str(Message("util.scratch.removed")), str(parent))


def _remove_if_stale(scratch: Path) -> None:
    """Remove the folder of a killed run; that of a live run is locked and stays."""
    if scratch.is_symlink():
        return
    with suppress(OSError):
        names = {file.name for file in scratch.iterdir()}
        if not names:  # of a killed run, or of one that is about to lock it and will try again
            scratch.rmdir()
            return
        if LOCK in names:
            with (scratch / LOCK).open("r+b") as lock:
                if not _try_lock(lock):
                    return
                if sys.platform != "win32":  # Windows cannot remove an open file
                    shutil.rmtree(scratch, ignore_errors=True)
        shutil.rmtree(scratch, ignore_errors=True)


def _try_lock(lock: IO[bytes]) -> bool:
    """Lock a file; False when another run has locked it. Some network drives have no locks."""
    try:
        _lock(lock)
    except LOCKED:
        return False
    except OSError:
        return True
    return True


if sys.platform == "win32":
    LOCKED = PermissionError

    def _lock(lock: IO[bytes]) -> None:
        import msvcrt  # noqa: PLC0415 (exists on Windows only)

        msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)

else:
    LOCKED = BlockingIOError

    def _lock(lock: IO[bytes]) -> None:
        import fcntl  # noqa: PLC0415 (does not exist on Windows)

        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
