"""Workers and schedulers that die, memory that ends, spoilt inputs: the same bits after."""

from __future__ import annotations

import multiprocessing
import os
import re
import shutil
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.cluster import Cluster, kill
from tests.conftest import ROOT
from tests.pipeline.cities import City, found, same

from foncier.errors import (
    ClusterError,
    ConfigError,
    FormatError,
    SourceError,
    TilesError,
    WorkerError,
)
from foncier.model import Fabric
from foncier.parallel import executors
from foncier.pipeline import convert, tile_errors, tiles
from foncier.study import published

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from foncier import detect

# Rules that look no farther than the next plot, and a fabric told by the next house.
NEAR = replace(
    published("foncier-api"),
    fabric=Fabric(near_m=1.0, middle_m=1.0, far_m=1.0, few=1, many=1),
)


@pytest.fixture(scope="module")
def near(town: City, tmp_path_factory: pytest.TempPathFactory) -> detect.Plots:
    """What these rules find in the town, in one piece."""
    work = tmp_path_factory.mktemp("whole")
    return found(town.layers, tiles.Tiling("1", executors.serial(), work), NEAR)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A scheduler and a worker, each a process of its own."""
    pytest.importorskip("distributed")
    (tmp_path / "dask").mkdir()
    running = Cluster(tmp_path / "dask")
    try:
        running.scheduler()
        running.worker()
        running.ready()
        yield running
    finally:
        running.close()


@pytest.fixture(scope="module", autouse=True)
def importable() -> Iterator[None]:
    """Workers import the works below by their name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT)
        yield


def at(when: int, do: Callable[[], None]) -> Callable[[int, int], None]:
    """Something to do as soon as so many tiles are done."""
    return lambda done, _of: do() if done == when else None


def test_workers_that_are_killed_change_no_bit(
    town: City, near: detect.Plots, tmp_path: Path
) -> None:
    def shoot() -> None:
        # A process that reads a file of somebody else is a daemon, kept from one file to the next.
        workers = [one for one in multiprocessing.active_children() if not one.daemon]
        assert len(workers) == 2
        for worker in workers:
            os.kill(worker.pid or 0, signal.SIGKILL)

    cut = tiles.Tiling("6", executors.processes(2), tmp_path, at(1, shoot))
    same(found(town.layers, cut, NEAR), near)


def test_a_scheduler_that_is_killed_and_started_again_changes_no_bit(
    cluster: Cluster, town: City, near: detect.Plots, tmp_path: Path
) -> None:
    def restart() -> None:
        kill(cluster.processes[0])
        cluster.scheduler()
        cluster.worker()

    engine = executors.get_executor(cluster.address, workers=1)
    cut = tiles.Tiling("6", engine, tmp_path, at(2, restart))
    same(found(town.layers, cut, NEAR), near)
    assert len(cluster.processes) == 4


def test_workers_find_relative_paths(
    cluster: Cluster, town: City, near: detect.Plots, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(town.layers)
    work = Path(os.path.relpath(cluster.folder / "work"))
    cut = tiles.Tiling("2", executors.get_executor(cluster.address, workers=1), work)
    same(found(Path(), cut, NEAR), near)


class Elsewhere:
    """An engine whose workers leave tiles where we do not see them."""

    def run(self, work: Callable[[Any], Any], jobs: Sequence[Any]) -> Generator[tuple[int, Any]]:
        for n, job in enumerate(jobs):
            other = replace(job.search, out=job.search.out.with_name("other"))
            yield n, work(replace(job, search=other))


def test_unshared_folders_and_another_version_are_errors(town: City, tmp_path: Path) -> None:
    with pytest.raises(TilesError, match=r"2 tuiles sur 2, .*, ne s'y trouvent pas") as told:
        found(town.layers, tiles.Tiling("2", Elsewhere(), tmp_path), NEAR)
    assert "même chemin" in str(told.value)
    search = tiles.Search(
        tmp_path / "none", (), tmp_path, NEAR, b"", "", {}, tiles.code_fingerprint()
    )
    job = tiles.Job(tiles.Tile("hilbert"), search, "")
    with pytest.raises(SourceError, match=r"ne voit pas .*none\. .* même chemin"):
        tiles.find_in_tile(job)
    with pytest.raises(ConfigError, match="Installez partout le même"):
        tiles.find_in_tile(replace(job, search=replace(search, code="another")))


def test_a_lost_scheduler_or_worker_is_an_error_and_the_next_run_resumes(
    cluster: Cluster, town: City, near: detect.Plots, tmp_path: Path
) -> None:
    engine = executors.get_executor(cluster.address, workers=1, patience_s=4)
    scheduler, worker = cluster.processes
    cut = tiles.Tiling("6", engine, tmp_path, at(1, lambda: kill(worker)))
    with pytest.raises(TilesError, match="plus aucun processus de calcul") as told:
        found(town.layers, cut, NEAR)
    assert isinstance(told.value.__cause__, ClusterError)
    # A tile may have ended while its worker was being killed.
    assert re.search("[45] tuiles sur 6 restent à faire\u00a0: hilbert-", str(told.value))
    cluster.worker()
    cluster.ready()
    cut = replace(cut, progress=at(3, lambda: kill(scheduler)))
    with pytest.raises(
        TilesError, match="l'ordonnanceur dask ne répond plus depuis plus de 4\u00a0s"
    ):
        found(town.layers, cut, NEAR)
    made = {f.parent.name for f in tmp_path.glob("tuiles/*/tuile.json")}
    assert 3 <= len(made) < 6
    same(found(town.layers, replace(cut, executor=executors.serial()), NEAR), near)


def takes_too_much(at_most_mb: int) -> int:
    """A work that needs more memory than its process may take, to the kernel's own limit."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (at_most_mb * 2**20, resource.RLIM_INFINITY))
    try:
        return len(bytes(at_most_mb * 2**20))
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def is_shot(_: int) -> int:
    """A work whose process the kernel kills, as it does when memory is full."""
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory")
@pytest.mark.parametrize("work", [takes_too_much, is_shot])
def test_a_lack_of_memory_says_what_to_do(work: Callable[[int], int]) -> None:
    ((_, made),) = executors.processes(1).run(work, [2_000])
    assert isinstance(made, MemoryError if work is takes_too_much else WorkerError)
    error = tile_errors.failed_tiles(["commune-80021"], [made], total=2, tries=3)
    assert "1 tuile sur 2 a échoué 3 fois\u00a0: commune-80021" in str(error)
    assert "mémoire" in str(error)
    assert "des tuiles plus petites (--tiles N" in str(error)


def test_a_tile_that_fails_is_named_and_the_next_run_makes_only_that_one(
    town: City, near: detect.Plots, tmp_path: Path
) -> None:
    broken, work = tmp_path / convert.FOLDER, tmp_path / "work"
    cut = tiles.Tiling("6", executors.serial(), work)
    shutil.copytree(town.layers, broken)
    houses = (town.layers / "buildings.parquet").read_bytes()
    spoiled = bytearray(houses)
    spoiled[2000:4000] = bytes(2000)
    (broken / "buildings.parquet").write_bytes(spoiled)
    with pytest.raises(TilesError, match=r"sur 6 (a|ont) échoué 3 fois.: hilbert-") as told:
        found(broken, cut, NEAR)
    assert isinstance(told.value.__cause__, FormatError)
    made = {f.parent.name: f.stat().st_mtime_ns for f in work.glob("tuiles/*/tuile.json")}
    assert 0 < len(made) < 6
    (broken / "buildings.parquet").write_bytes(houses)
    same(found(broken, cut, NEAR), near)
    after = {f.parent.name: f.stat().st_mtime_ns for f in work.glob("tuiles/*/tuile.json")}
    assert len(after) == 6
    assert all(after[name] == when for name, when in made.items())
    # What was found is checked before it is taken again, and belongs to its rules.
    (work / "tuiles" / min(after) / "tests.parquet").write_bytes(b"PAR1")
    began = time.time_ns()
    same(found(broken, cut, NEAR), near)
    again = {
        f.parent.name for f in work.glob("tuiles/*/tuile.json") if f.stat().st_mtime_ns > began
    }
    assert again == {min(after)}
    search = tiles.Search(broken, (), work / "tuiles", published("foncier"), b"", "", {}, "")
    job = tiles.Job(tiles.Tile(min(after)), search, "another mark")
    assert not tiles.done(job)
