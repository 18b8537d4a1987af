"""The two commands that are killed: a run of the hamlet, and a fetch from local services."""

from __future__ import annotations

import os
import shutil
import signal
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING

from foncier._util.destination import LEDGER
from foncier.cli import app
from foncier.model.entries import ENTRIES
from foncier.pipeline import fetch
from foncier.pipeline.run import run
from foncier.pipeline.write_results import write_results
from foncier.results.manifest import mixed_files
from foncier.study import read_bare_study, read_study

from ..download.conftest import SITES, osm, served, works, zone
from ..download.replay import CASIAS, OVERPASS, Replay
from ..hamlet import hamlet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from .killing import Digests, Job

TODAY = date(2026, 1, 15)
PACE_S = 0.004  # between two pieces of an answer: a file comes over tens of milliseconds
EXTRA = '[[layers.places]]\npath = "lieux.osm"\nformat = "osm-xml"\n'


class Running:
    """``foncier run`` on the hamlet with a file of OpenStreetMap, into a new or a full folder."""

    starts: tuple[str, ...] = ("new", "former")

    def __init__(self, base: Path) -> None:
        base.mkdir(exist_ok=True)
        self.study = hamlet(base / "hamlet")
        (self.study / "lieux.osm").write_bytes(osm())
        toml = self.study / "study.toml"
        new = toml.read_text(encoding="utf-8") + EXTRA
        self.former = base / "former"
        toml.write_text(new.replace("Hameau", "Titre d'avant"), encoding="utf-8")
        # In a child: this process only imports, so that it can be forked.
        child = os.fork()
        if not child:
            plan = read_study(self.study)
            result = run(plan)
            write_results(result, plan, self.former, lang="fr", timings={})
            os._exit(0)
        os.waitpid(child, 0)
        toml.write_text(new, encoding="utf-8")

    def begin(self, start: str, folder: Path) -> None:
        if start == "former":
            shutil.copytree(self.former, self.written(folder))

    def work(self, folder: Path) -> None:
        arguments = ["run", str(self.study), "--out", str(self.written(folder)), "-q"]
        app(arguments, standalone_mode=False)

    def written(self, folder: Path) -> Path:
        return folder / "out"

    def damaged_files(self, folder: Path, former: Digests, new: Digests) -> list[str]:
        """Files that are neither the former nor the new ones; two runs mixed without detection."""
        out = self.written(folder)
        # The ledger is no deliverable: the one that is written ahead of the files knows both runs.
        now = {name: sha for name, sha in _visible_digests(out).items() if name != LEDGER}
        faults = [f"{n} is torn" for n in now if now[n] not in {former.get(n), new.get(n)}]
        # The file of what people write is made once the others are whole: it may be missing.
        whole = {
            name: sha for name, sha in new.items() if name in now or name not in {ENTRIES, LEDGER}
        }
        blend = {n for n in now if now[n] != former.get(n)} and now != whole
        if blend and now.get("manifest.json") and not mixed_files(out):
            odd = sorted(n for n in {*now, *whole} if now.get(n) != whole.get(n))
            faults.append(f"files of two runs, and the manifest does not tell: {odd}")
        return faults


class Fetching:
    """``foncier fetch`` of all services into a new study, or anew over what they gave before."""

    starts: tuple[str, ...] = ("new", "former")

    def __init__(self, base: Path, address: str, before: str) -> None:
        self.address = address
        self.former = base / "former"
        self._study(self.former, before)
        child = os.fork()
        if not child:
            self.work(self.former)
            os._exit(0)
        os.waitpid(child, 0)

    def _study(self, folder: Path, address: str) -> None:
        folder.mkdir(exist_ok=True)
        (folder / "study.toml").write_text(
            '[study]\ntitle = "Hameau"\ncommunes = ["80021"]\ndate = 2026-01-15\n'
            f'[fetch]\nmirror = "{address}"\ninsecure = true\n',
            encoding="utf-8",
        )

    def begin(self, start: str, folder: Path) -> None:
        if start == "former":
            shutil.copytree(self.former, folder, dirs_exist_ok=True)
        self._study(folder, self.address)

    def work(self, folder: Path) -> None:
        plan = read_bare_study(folder)
        faults = [one for one in fetch.fetch(plan, today=TODAY, refresh=True) if one.error]
        if faults:
            raise faults[0].error or RuntimeError

    def written(self, folder: Path) -> Path:
        return folder / "fetched"

    def damaged_files(self, folder: Path, former: Digests, new: Digests) -> list[str]:
        """Files that are neither the former nor the new ones."""
        now = _visible_digests(self.written(folder))
        return [f"{n} is torn" for n in now if now[n] not in {former.get(n), new.get(n)}]


def _visible_digests(folder: Path) -> Digests:
    """Digests of the files of a folder, without hidden ones."""
    from .killing import file_digests

    found = file_digests(folder) if folder.is_dir() else {}
    return {name: mark for name, mark in found.items() if not name.startswith(".")}


@contextmanager
def running(base: Path) -> Iterator[Job]:
    """The job ``run``."""
    yield Running(base)


@contextmanager
def serving(folder: Path, change: Callable[[Replay], None]) -> Iterator[str]:
    """Address of the services, which answer slowly and from a process of their own."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        with served(folder) as replay:
            replay.pace_s = PACE_S
            change(replay)
            replay.server.handle_error = _silent  # type: ignore[assignment]  # cut, as they are
            os.write(writing, replay.address.encode())
            os.close(writing)
            signal.pause()
    os.close(writing)
    with os.fdopen(reading) as report:
        address = report.read()
    try:
        yield address
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


@contextmanager
def fetching_job(base: Path) -> Iterator[Job]:
    """The job ``fetch``."""
    with serving(base / "a", _before) as before, serving(base / "b", _large) as now:
        yield Fetching(base, now, before)


def _silent(*_: object) -> None:
    """Say nothing of connections that a kill has cut."""


def _large(replay: Replay) -> None:
    """Answers of many pieces, so that a cut falls into one."""
    nodes = "".join(f'<node id="{n}" lat="49.89{n}" lon="2.3{n}"/>' for n in range(100, 9000))
    text = replay.files[OVERPASS].decode().replace("<way", nodes + "<way", 1)
    replay.files[OVERPASS] = text.encode()
    rows = "".join(
        f"63113_{n};Ailleurs;inconnu;Clermont-Ferrand;63113;2020-01-01;2024-02-01;"
        "inconnu;DDT;;POINT (3.08 45.78)\n"
        for n in range(2000)
    )
    del replay.files[SITES]  # the file of the inventory for all of France is asked
    name = "/static.data.gouv.fr/resources/friches-standard.csv"
    replay.files[name] += rows.encode()


def _before(replay: Replay) -> None:
    """What the services said before: a zone less, another street, one works less."""
    replay.features = [zone(n) for n in range(6)]
    del replay.files[SITES]
    replay.files[OVERPASS] = replay.files[OVERPASS].replace(b"Rue du Hameau", b"Rue d'Avant")
    replay.lists[CASIAS] = [works(5), works(7)]


JOBS: Mapping[str, Callable[[Path], AbstractContextManager[Job]]] = {
    "run": running,
    "fetch": fetching_job,
}
