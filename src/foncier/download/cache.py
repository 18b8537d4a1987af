"""Cache of downloaded files for all studies of a user: contents by SHA-256, indexed by address."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from platformdirs import user_cache_path

from foncier._util.destination import sha256
from foncier._util.scratch import scratch_folder
from foncier.i18n import without_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CACHE_VARIABLE = "FONCIER_CACHE"  # environment variable: another folder than that of the user


@dataclass(frozen=True)
class CacheEntry:
    """Last download of an address: the SHA-256 of its content, the validators of the service."""

    address: str
    sha256: str
    etag: str | None
    modified: str | None


@dataclass
class Cache:
    """Files by their SHA-256 (``objects``), and the SHA-256 by address (``index``).

    A file is served only after the service has confirmed that it is current and its SHA-256 has
    been computed again. Several processes may share the folder: each file is written atomically,
    and one that another process removed is downloaded again. A cache that cannot be read or
    written costs time, never a result: ``fault`` says why.
    """

    folder: Path
    fault: str = field(default="", compare=False)

    def find(self, address: str) -> CacheEntry | None:
        """Entry of an address; None without a complete one that has a validator."""
        try:
            entry = CacheEntry(**json.loads(self._index(address).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        if entry.address != without_secrets(address) or not self._object(entry.sha256).is_file():
            return None
        return entry if entry.etag or entry.modified else None

    def copy(self, entry: CacheEntry, path: Path) -> bool:
        """Copy the content of an entry to a file; remove it and return False if it is damaged."""
        try:
            shutil.copyfile(self._object(entry.sha256), path)
            intact = sha256(path) == entry.sha256
        except OSError:
            intact = False
        if not intact:
            path.unlink(missing_ok=True)
            self._remove(entry)
        return intact

    def add(self, entry: CacheEntry, file: Path) -> None:
        """Store a copy of a complete file; remove the former content if no other address uses it.

        An entry without a validator is not stored: its age could not be checked.
        """
        if not (entry.etag or entry.modified):
            return
        former = self.find(entry.address)
        try:
            if not self._object(entry.sha256).is_file():
                _write(lambda new: shutil.copyfile(file, new), self._object(entry.sha256))
            text = json.dumps(asdict(entry) | {"address": without_secrets(entry.address)})
            _write(lambda new: new.write_text(text, encoding="utf-8"), self._index(entry.address))
        except OSError as fault:
            self.fault = f"{self.folder} : {fault.strerror or fault}"
            return
        if former is not None and former.sha256 != entry.sha256:
            self._remove_unused(former.sha256)

    def size(self) -> tuple[int, int]:
        """Count the stored files and their bytes."""
        sizes = []
        for file in self._files("objects"):
            with suppress(OSError):  # removed by another process
                sizes.append(file.stat().st_size)
        return len(sizes), sum(sizes)

    def clear(self) -> None:
        """Remove all entries and contents; other files of the folder stay."""
        for name in ("index", "objects"):
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def _remove(self, entry: CacheEntry) -> None:
        with suppress(OSError):
            self._index(entry.address).unlink(missing_ok=True)
            self._object(entry.sha256).unlink(missing_ok=True)

    def _remove_unused(self, digest: str) -> None:
        for file in self._files("index"):
            with suppress(OSError, ValueError, KeyError, TypeError):
                if json.loads(file.read_text(encoding="utf-8"))["sha256"] == digest:
                    return
        with suppress(OSError):
            self._object(digest).unlink(missing_ok=True)

    def _files(self, name: str) -> Iterator[Path]:
        folder = self.folder / name
        for file in folder.rglob("*"):
            scratch = any(part.startswith(".") for part in file.relative_to(folder).parts)
            if file.is_file() and not scratch:
                yield file

    def _index(self, address: str) -> Path:
        return self.folder / "index" / f"{hashlib.sha256(address.encode()).hexdigest()}.json"

    def _object(self, digest: str) -> Path:
        return self.folder / "objects" / digest[:2] / digest


def _write(write: Callable[[Path], object], path: Path) -> None:
    """Write a file to a scratch folder, then rename it: safe with several processes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with scratch_folder(path.parent) as folder:
        write(folder / path.name)
        (folder / path.name).replace(path)


def shared_cache() -> Cache:
    """Cache of the user: in the cache folder of the system, or in that of `CACHE_VARIABLE`."""
    folder = os.environ.get(CACHE_VARIABLE)
    return Cache(Path(folder) if folder else user_cache_path("foncier", appauthor=False))
