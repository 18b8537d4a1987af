"""Folders on a disk or on an object store (``s3://…``): read alike, and published whole.

A folder of an object store is a `upath.UPath`, which has the methods of a `pathlib.Path` that we
call; it stands under that name. Keys and endpoints come from where the store's own package looks
(``AWS_ACCESS_KEY_ID``, ``AWS_ENDPOINT_URL``…): we hold none.
"""

from __future__ import annotations

import logging
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyarrow import PythonFile
from pyarrow.fs import FSSpecHandler, PyFileSystem

from foncier._util.scratch import create_or_rollback, scratch_folder
from foncier.errors import ConfigError, FoncierError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

REMOTE = "://"
PACKAGES = {"az": " adlfs", "abfs": " adlfs", "abfss": " adlfs", "gs": " gcsfs", "gcs": " gcsfs"}
# What the clients of stores raise of their own, by module; their other errors are an OSError.
CLIENT_ERRORS = (
    ("botocore.exceptions", "BotoCoreError"),
    ("azure.core.exceptions", "AzureError"),
    ("gcsfs.retry", "HttpError"),
    ("google.auth.exceptions", "GoogleAuthError"),
    ("aiohttp.client_exceptions", "ClientError"),
)
NOISY_LOGGER = "gcsfs"  # logs the trace of each call that fails
CHECK = "Vérifiez l'adresse, les clés et le réseau."


def to_path(words: str) -> Path:
    """Folder by its path, or by the address of any store that fsspec knows.

    Raises
    ------
    ConfigError
        No such kind of store, a package is missing, or the store does not answer.

    Examples
    --------
    >>> to_path("maps/somme").name
    'somme'
    """
    if REMOTE not in words:
        return Path(words)
    scheme = words.partition(REMOTE)[0]
    _hushed()
    try:
        from upath import UPath  # noqa: PLC0415 (an extra)

        # What one worker has just written, the others must see.
        folder: Any = UPath(words.rstrip("/"), use_listings_cache=False)
        folder.exists()
    except ImportError as reason:
        raise ConfigError(
            f"{words} : il manque un paquet pour ce stockage ({reason}). "
            f"Installez-le : pip install 'foncier[objects]'{PACKAGES.get(scheme, '')}."
        ) from reason
    except _own(OSError, ValueError) as reason:
        raise ConfigError(
            f"{words} : stockage inconnu ou injoignable ({_said(reason)}). {CHECK}"
        ) from reason
    found: Path = folder
    return found


def _own(*others: type[Exception]) -> tuple[type[Exception], ...]:
    """Errors of `OWN`, and others. A module that nobody has loaded has raised none."""
    loaded = [
        getattr(sys.modules[room], name) for room, name in CLIENT_ERRORS if room in sys.modules
    ]
    return *others, *loaded


def storage_errors(folder: Any, *others: type[Exception]) -> tuple[type[Exception], ...]:
    """What a store raises where it does not answer, or refuses (nothing of a disk), and others."""
    if not is_remote(folder):
        return others
    return _own(*others, ConnectionError, TimeoutError, PermissionError)


@contextmanager
def explain_store_errors(folder: Any, error: type[FoncierError] = StoreError) -> Iterator[None]:
    """Turn what a store raises where it does not answer, or refuses, into an error of ours.

    Another process cannot be sent what some clients raise: they hold an open connection.
    """
    _hushed()
    try:
        yield
    except FoncierError:
        raise
    except storage_errors(folder, RuntimeError) as reason:
        known = storage_errors(folder)
        fault = reason if isinstance(reason, known) else reason.__cause__  # adlfs wraps some
        if not isinstance(fault, known):
            raise
        raise error(
            f"{folder} : le stockage ne répond pas, ou refuse ({_said(fault)}). {CHECK}"
        ) from reason


def _said(reason: BaseException) -> str:
    """Kind of an error and its first line: what follows is for developers."""
    return f"{type(reason).__name__} : {str(reason).partition(chr(10))[0]}"


def _hushed() -> None:
    logging.getLogger(NOISY_LOGGER).setLevel(logging.CRITICAL)


class _Frank(FSSpecHandler):  # type: ignore[misc]
    """As Arrow reads from a store; it asks first for the file, and takes no answer for a no.

    gcsfs reads ahead in the background and complains at the end of files that Arrow left open.
    """

    def open_input_file(self, path: str) -> Any:
        return PythonFile(self.fs.open(path, mode="rb", cache_type="readahead"), mode="r")


def is_remote(folder: Any) -> bool:
    """Tell whether a folder lies on an object store."""
    return not isinstance(folder, Path)


def exists(path: Any) -> bool:
    """Tell whether there is a file; ``is_file`` takes a store that does not answer for a no."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def arrow_filesystem(path: Any) -> dict[str, Any]:
    """Where a file lies, as what reads Parquet wants it."""
    return {"filesystem": PyFileSystem(_Frank(path.fs))} if is_remote(path) else {}


def display_path(path: Any) -> Any:
    """Path of a file within its store."""
    return path.path if is_remote(path) else path


@contextmanager
def atomic_folder(folder: Any, *, last: str) -> Iterator[Path]:
    """Folder of this machine to write in; when whole it stands in the place of another.

    On a disk it is moved there at once. On an object store, where only one object at a time
    appears whole, the file ``last`` goes first from what was there and comes last: without it,
    nothing else counts.
    """
    if not is_remote(folder):
        with create_or_rollback(folder.parent), scratch_folder(folder.parent) as new:
            yield new
            _replace(new, folder)
        return
    with scratch_folder() as new:
        yield new
        (folder / last).unlink(missing_ok=True)
        for file in sorted(new.iterdir(), key=lambda file: (file.name == last, file.name)):
            folder.fs.put_file(str(file), (folder / file.name).path)


def _replace(new: Path, folder: Path) -> None:
    """Put a folder of a workshop in its place; all may read it there.

    The former one goes with the workshop.
    """
    new.chmod(0o755)
    if folder.exists():
        folder.replace(new.with_name("old"))
    new.replace(folder)
