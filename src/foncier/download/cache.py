"""What was fetched once, for every study of this user: by content, found again by address."""

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

from foncier._util.scratch import scratch_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PLACE = "FONCIER_CACHE"  # environment variable: another folder than the user's
CHUNK = 1 << 20


@dataclass(frozen=True)
class CacheEntry:
    """What lies in the cache for an address: its content's SHA-256, the service's own marks."""

    address: str
    sha256: str
    etag: str | None
    modified: str | None


@dataclass
class Cache:
    """Files by their SHA-256 (``objects``), and what address gave which (``index``).

    A file is never served without asking its service whether it is still current, nor without its
    SHA-256 being worked out again. Several programs may share the folder: each file comes to its
    place whole, and one that was taken away meanwhile is only fetched again. A cache that cannot
    be read or written costs time, never a result: ``fault`` then says why.
    """

    folder: Path
    fault: str = field(default="", compare=False)

    def held(self, address: str) -> CacheEntry | None:
        """What an address gave last time; None when nothing, or nothing whole."""
        try:
            told = CacheEntry(**json.loads(self._entry(address).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        there = told.address == address and self._object(told.sha256).is_file()
        return told if there and (told.etag or told.modified) else None

    def bring(self, held: CacheEntry, to: Path) -> bool:
        """Copy what is held to a file; False when it is gone or not what it was (it then goes)."""
        try:
            shutil.copyfile(self._object(held.sha256), to)
            with to.open("rb") as copied:
                same = hashlib.file_digest(copied, "sha256").hexdigest() == held.sha256
        except OSError:
            same = False
        if not same:
            to.unlink(missing_ok=True)
            self._drop(held.address, held.sha256)
        return same

    def keep(self, held: CacheEntry, file: Path) -> None:
        """Take a copy of a whole file; what the address gave before goes when none else gives it.

        An answer without any mark is not kept: nobody could tell whether it is still current.
        """
        if not (held.etag or held.modified):
            return
        before = self.held(held.address)
        try:
            if not self._object(held.sha256).is_file():
                _placed(lambda new: shutil.copyfile(file, new), self._object(held.sha256))
            told = json.dumps(asdict(held))
            _placed(lambda new: new.write_text(told, encoding="utf-8"), self._entry(held.address))
        except OSError as fault:
            self.fault = f"{self.folder} : {fault.strerror or fault}"
            return
        if before is not None and before.sha256 != held.sha256:
            self._forget(before.sha256)

    def size(self) -> tuple[int, int]:
        """How many files are held, and their bytes."""
        sizes = []
        for file in self._files("objects"):
            with suppress(OSError):  # gone meanwhile
                sizes.append(file.stat().st_size)
        return len(sizes), sum(sizes)

    def clear(self) -> None:
        """Take away all that is held, and nothing else that lies in the folder."""
        for name in ("index", "objects"):
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def _drop(self, address: str, sha256: str) -> None:
        with suppress(OSError):
            self._entry(address).unlink(missing_ok=True)
            self._object(sha256).unlink(missing_ok=True)

    def _forget(self, sha256: str) -> None:
        for entry in self._files("index"):
            with suppress(OSError, ValueError, KeyError, TypeError):
                if json.loads(entry.read_text(encoding="utf-8"))["sha256"] == sha256:
                    return
        with suppress(OSError):
            self._object(sha256).unlink(missing_ok=True)

    def _files(self, name: str) -> Iterator[Path]:
        inside = self.folder / name
        for file in inside.rglob("*"):
            hidden = any(part.startswith(".") for part in file.relative_to(inside).parts)
            if file.is_file() and not hidden:  # else on its way
                yield file

    def _entry(self, address: str) -> Path:
        return self.folder / "index" / f"{hashlib.sha256(address.encode()).hexdigest()}.json"

    def _object(self, sha256: str) -> Path:
        return self.folder / "objects" / sha256[:2] / sha256


def _placed(write: Callable[[Path], object], to: Path) -> None:
    """Write beside the place, then move there: whole, whoever else does the same."""
    to.parent.mkdir(parents=True, exist_ok=True)
    with scratch_folder(to.parent) as folder:
        write(folder / to.name)
        (folder / to.name).replace(to)


def shared_cache() -> Cache:
    """The user's cache: where the system keeps such files, or in the folder of `PLACE`."""
    named = os.environ.get(PLACE)
    return Cache(Path(named) if named else user_cache_path("foncier", appauthor=False))
