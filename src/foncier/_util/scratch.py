"""A hidden folder to work in, held by a lock as long as its run lives; a later run sweeps it."""

from __future__ import annotations

import shutil
import sys
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = ".foncier-"
LOCK = "lock"
ATTEMPTS = 20  # another run can only sweep a new folder in the moment before it is locked


@contextmanager
def scratch_folder(folder: Path | None = None) -> Iterator[Path]:
    """Empty folder to write in, gone at the end; what killed runs left beside it goes first.

    Parameters
    ----------
    folder
        Where it is made; the system's folder of temporary files when None.

    Examples
    --------
    >>> with scratch_folder() as folder:
    ...     made = folder.is_dir()
    >>> made, folder.exists()
    (True, False)
    """
    where = Path(tempfile.gettempdir()) if folder is None else folder
    remove_stale(where)
    place, lock = _claimed(where)
    try:
        with lock:
            new = place / "new"
            new.mkdir()
            yield new
    finally:
        shutil.rmtree(place, ignore_errors=True)


@contextmanager
def create_or_rollback(folder: Path) -> Iterator[None]:
    """Make a folder with those above it; new ones that are left empty by a failure go again."""
    fresh = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    delivered = False
    try:
        yield
        delivered = True
    finally:
        if not delivered:
            with suppress(OSError):  # not empty: what was delivered stays
                for one in fresh:
                    one.rmdir()


def remove_stale(where: Path) -> None:
    """Remove the folders to work in that killed runs left there."""
    for stale in sorted(where.glob(f"{PREFIX}*")):
        _sweep(stale)


def _claimed(where: Path) -> tuple[Path, IO[bytes]]:
    """Make a folder and hold it; begun anew where another run took the new one for a dead one."""
    for _ in range(ATTEMPTS):
        place = Path(tempfile.mkdtemp(prefix=PREFIX, dir=where))
        with suppress(FileNotFoundError):
            lock = (place / LOCK).open("xb")
            held = _hold(lock)
            if held and (place / LOCK).exists():
                return place, lock
            lock.close()
    raise FileNotFoundError(2, "dossier de travail effacé par un autre programme", str(where))


def _sweep(place: Path) -> None:
    """Remove what a killed run left; the folder of a run that lives is held and stays."""
    if place.is_symlink():
        return
    with suppress(OSError):
        inside = {one.name for one in place.iterdir()}
        if not inside:  # killed, or alive and about to lock it: an empty one is no loss
            place.rmdir()
            return
        if LOCK in inside:
            with (place / LOCK).open("r+b") as lock:
                if not _hold(lock):
                    return
                if sys.platform != "win32":  # there a file that is open cannot be removed
                    shutil.rmtree(place, ignore_errors=True)
        shutil.rmtree(place, ignore_errors=True)


def _hold(lock: IO[bytes]) -> bool:
    """Lock a file; False when another run holds it. Some network drives have no locks."""
    try:
        _locked(lock)
    except LOCKED:
        return False
    except OSError:
        return True
    return True


if sys.platform == "win32":
    LOCKED = PermissionError

    def _locked(lock: IO[bytes]) -> None:
        import msvcrt  # noqa: PLC0415 (exists on Windows only)

        msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)

else:
    LOCKED = BlockingIOError

    def _locked(lock: IO[bytes]) -> None:
        import fcntl  # noqa: PLC0415 (does not exist on Windows)

        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
