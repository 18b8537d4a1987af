"""Local and remote (fsspec, ``s3://…``) folders with atomic publication.

A remote folder is a `upath.UPath`, which has the methods of `pathlib.Path` that are used here and
is typed as one. Keys and endpoints are those of the package of the store (``AWS_ACCESS_KEY_ID``,
``AWS_ENDPOINT_URL``…).
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

SCHEME_END = "://"
PACKAGES = {"az": "adlfs", "abfs": "adlfs", "abfss": "adlfs", "gs": "gcsfs", "gcs": "gcsfs"}
# Errors that the clients of stores raise besides OSError, by module.
CLIENT_ERRORS = (
    ("botocore.exceptions", "BotoCoreError"),
    ("azure.core.exceptions", "AzureError"),
    ("gcsfs.retry", "HttpError"),
    ("google.auth.exceptions", "GoogleAuthError"),
    ("aiohttp.client_exceptions", "ClientError"),
)
NOISY_LOGGER = "gcsfs"  # logs the traceback of each failed call


def to_path(address: str) -> Path:
    """Folder by its path, or by the address of a store that fsspec knows.

    Raises
    ------
    ConfigError
        The kind of store is unknown, a package is missing, or the store does not answer.

    Examples
    --------
    >>> to_path("maps/somme").name
    'somme'
    """
    if SCHEME_END not in address:
        return Path(address)
    _silence_logger()
    try:
        from upath import UPath  # noqa: PLC0415 (an extra)

        # Without a cache of listings: a worker has to see the files of the others.
        remote: Any = UPath(address.rstrip("/"), use_listings_cache=False)
        remote.exists()
    except ImportError as reason:
        package = PACKAGES.get(address.partition(SCHEME_END)[0])
        packages = " ".join(filter(None, ("'foncier[objects]'", package)))
        raise ConfigError(
            "util.storage.package_missing", address=address, why=reason, packages=packages
        ) from reason
    except _client_errors(OSError, ValueError) as reason:
        raise ConfigError(
            "util.storage.unknown", address=address, why=_first_line(reason)
        ) from reason
    folder: Path = remote
    return folder


def _client_errors(*others: type[Exception]) -> tuple[type[Exception], ...]:
    """Errors of `CLIENT_ERRORS` whose module is loaded, and others."""
    loaded = [
        getattr(sys.modules[module], name)
        for module, name in CLIENT_ERRORS
        if module in sys.modules
    ]
    return *others, *loaded


def storage_errors(folder: Any, *others: type[Exception]) -> tuple[type[Exception], ...]:
    """Errors of a store that does not answer or refuses (none for a local folder), and others."""
    if not is_remote(folder):
        return others
    return _client_errors(*others, ConnectionError, TimeoutError, PermissionError)


@contextmanager
def explain_store_errors(folder: Any, error: type[FoncierError] = StoreError) -> Iterator[None]:
    """Convert the errors of a store that does not answer or refuses.

    Some clients raise errors that contain an open connection: they cannot be sent to another
    process.
    """
    _silence_logger()
    try:
        yield
    except FoncierError:
        raise
    except storage_errors(folder, RuntimeError) as reason:
        known = storage_errors(folder)
        fault = reason if isinstance(reason, known) else reason.__cause__  # adlfs wraps some
        if not isinstance(fault, known):
            raise
        raise error("util.storage.failed", folder=str(folder), why=_first_line(fault)) from reason


def _first_line(reason: BaseException) -> str:
    """Class of an error and its first line; the rest is for developers."""
    return f"{type(reason).__name__} : {str(reason).partition(chr(10))[0]}"


def _silence_logger() -> None:
    logging.getLogger(NOISY_LOGGER).setLevel(logging.CRITICAL)


class _FileHandler(FSSpecHandler):  # type: ignore[misc]
    """Handler for Arrow that opens a file without asking first whether it exists.

    The handler of Arrow treats a store that does not answer as a missing file. gcsfs reads ahead in
    the background and logs an error at the end for files that Arrow has left open.
    """

    def open_input_file(self, path: str) -> Any:
        return PythonFile(self.fs.open(path, mode="rb", cache_type="readahead"), mode="r")


def is_remote(folder: Any) -> bool:
    """Tell whether a folder is on an object store."""
    return not isinstance(folder, Path)


def exists(path: Any) -> bool:
    """Tell whether a file exists; ``is_file`` is False for a store that does not answer."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def arrow_filesystem(path: Any) -> dict[str, Any]:
    """Keyword ``filesystem`` for the Parquet readers of Arrow; none for a local file."""
    return {"filesystem": PyFileSystem(_FileHandler(path.fs))} if is_remote(path) else {}


def display_path(path: Any) -> Any:
    """Path of a file within its store, for the readers of Arrow."""
    return path.path if is_remote(path) else path


@contextmanager
def atomic_folder(folder: Any, *, last: str) -> Iterator[Path]:
    """Local scratch folder that replaces a folder when it is complete.

    On a disk the folder is renamed. On an object store only single objects are atomic: the file
    ``last`` of the former folder is removed first and that of the new one is written last, so that
    a folder without it is incomplete.
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
    """Move a scratch folder to its destination, readable for all.

    The former folder is removed with the scratch folder.
    """
    new.chmod(0o755)
    if folder.exists():
        folder.replace(new.with_name("old"))
    new.replace(folder)
