"""Jobs on every engine: the same answers, and a worker that dies takes no answer with it."""

from __future__ import annotations

import importlib
import os
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest
from tests.conftest import ROOT

from foncier import __version__
from foncier.errors import ConfigError, FormatError, WorkerError
from foncier.parallel import executors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def half(job: int) -> int:
    """A work that refuses odd numbers."""
    if job % 2:
        raise FormatError(f"{job} : impair")
    return job // 2


def dies_once(job: tuple[Path, int]) -> int:
    """A work that takes its process down the first time that it comes to number 2."""
    mark, number = job
    if number == 2 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


@pytest.fixture(scope="module", autouse=True)
def importable() -> Iterator[None]:
    """Workers import the works above by their name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT)
        yield


@pytest.fixture(scope="module")
def cluster(importable: None) -> Iterator[Any]:
    """Two real worker processes and their scheduler, reached by its address."""
    distributed: Any = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None
    ) as running:
        yield running


@pytest.mark.parametrize("name", ["serial", "processes", "tcp"])
def test_each_job_comes_back_once_with_what_it_made_or_raised(name: str, request: Any) -> None:
    if name == "tcp":
        name = request.getfixturevalue("cluster").scheduler_address
    carried = dict(executors.get_executor(name, workers=2).run(half, [0, 1, 2, 3, 4]))
    assert {n: made for n, made in carried.items() if n % 2 == 0} == {0: 0, 2: 1, 4: 2}
    faults = [carried[1], carried[3]]
    assert all(isinstance(fault, FormatError) for fault in faults)
    assert "3 : impair" in str(faults[1])


def test_a_process_that_is_killed_is_told_and_the_engine_goes_on(tmp_path: Path) -> None:
    jobs, engine = [(tmp_path / "died", n) for n in range(5)], executors.processes(2)
    carried = dict(engine.run(dies_once, jobs))
    assert len(carried) == 5
    lost = [n for n, made in carried.items() if isinstance(made, WorkerError)]
    assert 2 in lost
    again = dict(engine.run(dies_once, [jobs[n] for n in lost]))
    assert sorted(again.values()) == sorted(lost)  # type: ignore[type-var]


def slow(mark: Path) -> None:
    """A work that leaves a mark."""
    time.sleep(0.2)
    mark.touch()


@pytest.mark.parametrize("name", ["serial", "processes"])
def test_jobs_that_nobody_waits_for_are_given_up(name: str, tmp_path: Path) -> None:
    jobs = [tmp_path / str(n) for n in range(30)]
    for _ in executors.get_executor(name, workers=1).run(slow, jobs):
        break
    assert len(list(tmp_path.iterdir())) < len(jobs)


def test_dask_starts_the_job_of_a_killed_worker_again(cluster: Any, tmp_path: Path) -> None:
    engine = executors.get_executor(cluster.scheduler_address, workers=2)
    carried = dict(engine.run(dies_once, [(tmp_path / "died", n) for n in range(5)]))
    assert (tmp_path / "died").exists()
    assert carried == {n: n for n in range(5)}


def test_an_engine_that_is_not_there_is_one_error() -> None:
    with pytest.raises(ConfigError, match="inconnu"):
        executors.get_executor("sparc", workers=1)
    nobody = executors.get_executor("tcp://127.0.0.1:9", workers=1)
    with pytest.raises(ConfigError, match="aucun ordonnanceur"):
        list(nobody.run(half, [0]))


def test_another_foncier_on_the_cluster_is_one_error(
    cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = cluster.scheduler_address
    monkeypatch.setattr("foncier.parallel.dask.__version__", "999.0")
    with pytest.raises(ConfigError, match=r"le foncier d'ici, 999\.0 \(trouvé : ") as told:
        list(executors.get_executor(address, workers=2).run(half, [0, 2]))
    assert f"ordonnanceur : {__version__}" in str(told.value)
    assert str(told.value).count("tcp://127.0.0.1:") == 3
    assert "foncier[distributed]==999.0" in str(told.value)


def test_a_worker_without_foncier_is_one_error(monkeypatch: pytest.MonkeyPatch) -> None:
    distributed: Any = pytest.importorskip("distributed")

    def of(packages: Any = None) -> dict[str, Any]:
        return {"host": {}, "packages": dict.fromkeys(packages or ())}

    monkeypatch.setattr("distributed.node.get_versions", of)
    with (
        distributed.LocalCluster(
            n_workers=1, processes=False, protocol="tcp", dashboard_address=None
        ) as bare,
        pytest.raises(ConfigError, match=r"ordonnanceur : aucun, tcp://.* : aucun"),
    ):
        list(executors.get_executor(bare.scheduler_address, workers=1).run(half, [0, 2]))


@pytest.mark.parametrize("call", ["close", "submit"])
@pytest.mark.parametrize("fault", [RuntimeError("ConnectionPool is closed"), OSError("gone")])
def test_a_client_that_goes_while_it_is_called_takes_no_answer_with_it(
    call: str, fault: Exception, cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client: Any = importlib.import_module("distributed").Client
    goes, close, calls = getattr(client, call), client.close, list[str]()

    def once(self: Any, *words: Any, **more: Any) -> Any:
        calls.append(call)
        if call == "submit" and len(calls) != 2:
            return goes(self, *words, **more)
        close(self)
        raise fault

    monkeypatch.setattr(client, call, once)
    engine = executors.get_executor(cluster.scheduler_address, workers=2)
    assert dict(engine.run(half, [0, 2, 4, 6])) == {0: 0, 1: 1, 2: 2, 3: 3}
    assert calls
