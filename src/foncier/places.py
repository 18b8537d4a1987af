"""Folders on a disk or on an object store (``s3://…``): read alike, and published whole.

A folder of an object store is a `upath.UPath`, which has the methods of a `pathlib.Path` that we
call; it stands under that name. Keys and endpoints come from where the store's own package looks
(``AWS_ACCESS_KEY_ID``, ``AWS_ENDPOINT_URL``…): we hold none.
"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foncier.errors import ConfigError
from foncier.workshop import standing, workshop

if TYPE_CHECKING:
    from collections.abc import Iterator

REMOTE = "://"


def place(words: str) -> Path:
    """Folder by its path, or by the address of any store that fsspec knows.

    Raises
    ------
    ConfigError
        No such kind of store, a package is missing, or the store does not answer.

    Examples
    --------
    >>> place("maps/somme").name
    'somme'
    """
    if REMOTE not in words:
        return Path(words)
    try:
        from upath import UPath  # noqa: PLC0415 (an extra)

        # What one worker has just written, the others must see.
        folder: Any = UPath(words.rstrip("/"), use_listings_cache=False)
        folder.exists()
    except ImportError as reason:
        raise ConfigError(
            f"{words} : il manque un paquet pour ce stockage ({reason}). "
            "Installez-le : pip install 'foncier[objects]'."
        ) from reason
    except _refusals() as reason:
        raise ConfigError(
            f"{words} : stockage inconnu ou injoignable ({type(reason).__name__} : {reason}). "
            "Vérifiez l'adresse, les clés et le réseau."
        ) from reason
    found: Path = folder
    return found


def _refusals() -> tuple[type[Exception], ...]:
    """What fsspec raises of an address, and the client of S3, where it is installed, of a store."""
    try:
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415 (an extra)
    except ImportError:
        return OSError, ValueError
    return OSError, ValueError, BotoCoreError


def is_remote(folder: Any) -> bool:
    """Tell whether a folder lies on an object store."""
    return not isinstance(folder, Path)


def arrow(path: Any) -> dict[str, Any]:
    """Where a file lies, as what reads Parquet wants it."""
    return {"filesystem": path.fs} if is_remote(path) else {}


def shown(path: Any) -> Any:
    """Path of a file within its store."""
    return path.path if is_remote(path) else path


@contextmanager
def published(folder: Any, *, last: str) -> Iterator[Path]:
    """Folder of this machine to write in; when whole it stands in the place of another.

    On a disk it is moved there at once. On an object store, where only one object at a time
    appears whole, the file ``last`` goes first from what was there and comes last: without it,
    nothing else counts.
    """
    if not is_remote(folder):
        with standing(folder.parent), workshop(folder.parent) as new:
            yield new
            _replace(new, folder)
        return
    with workshop() as new:
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
