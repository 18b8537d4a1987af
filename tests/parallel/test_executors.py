"""Jobs on every executor: the same results, and none is lost with a worker."""

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
    """Job that raises for odd numbers."""
    if job % 2:
        raise FormatError(f"{job} : impair")
    return job // 2


def dies_once(job: tuple[Path, int]) -> int:
    """Job that kills its process at the first run of number 2."""
    mark, number = job
    if number == 2 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


@pytest.fixture(scope="module", autouse=True)
def importable() -> Iterator[None]:
    """Let the workers import the functions above by name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT)
        yield


@pytest.fixture(scope="module")
def cluster(importable: None) -> Iterator[Any]:
    """Two worker processes and their scheduler, by its address."""
    distributed: Any = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None
    ) as running:
        yield running


@pytest.mark.parametrize("name", ["serial", "processes", "tcp"])
def test_each_job_gives_one_result_or_error(name: str, request: Any) -> None:
    if name == "tcp":
        name = request.getfixturevalue("cluster").scheduler_address
    results = dict(executors.get_executor(name, workers=2).run(half, [0, 1, 2, 3, 4]))
    assert {n: made for n, made in results.items() if n % 2 == 0} == {0: 0, 2: 1, 4: 2}
    faults = [results[1], results[3]]
    assert all(isinstance(fault, FormatError) for fault in faults)
    assert "3 : impair" in str(faults[1])


def test_a_killed_process_is_a_worker_error(tmp_path: Path) -> None:
    jobs, executor = [(tmp_path / "died", n) for n in range(5)], executors.processes(2)
    results = dict(executor.run(dies_once, jobs))
    assert len(results) == 5
    lost = [n for n, made in results.items() if isinstance(made, WorkerError)]
    assert 2 in lost
    again = dict(executor.run(dies_once, [jobs[n] for n in lost]))
    assert sorted(again.values()) == sorted(lost)  # type: ignore[type-var]


def slow(mark: Path) -> None:
    """Job that creates a file."""
    time.sleep(0.2)
    mark.touch()


@pytest.mark.parametrize("name", ["serial", "processes"])
def test_waiting_jobs_are_cancelled(name: str, tmp_path: Path) -> None:
    jobs = [tmp_path / str(n) for n in range(30)]
    for _ in executors.get_executor(name, workers=1).run(slow, jobs):
        break
    assert len(list(tmp_path.iterdir())) < len(jobs)


def test_dask_retries_the_job_of_a_killed_worker(cluster: Any, tmp_path: Path) -> None:
    executor = executors.get_executor(cluster.scheduler_address, workers=2)
    results = dict(executor.run(dies_once, [(tmp_path / "died", n) for n in range(5)]))
    assert (tmp_path / "died").exists()
    assert results == {n: n for n in range(5)}


def test_unknown_executor_and_missing_scheduler() -> None:
    with pytest.raises(ConfigError, match="inconnu"):
        executors.get_executor("sparc", workers=1)
    nobody = executors.get_executor("tcp://127.0.0.1:9", workers=1)
    with pytest.raises(ConfigError, match="aucun ordonnanceur"):
        list(nobody.run(half, [0]))


def test_another_version_on_the_cluster(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    address = cluster.scheduler_address
    monkeypatch.setattr("foncier.parallel.dask.__version__", "999.0")
    with pytest.raises(ConfigError, match=r"version de foncier, 999\.0 \(trouvé\u00a0: ") as caught:
        list(executors.get_executor(address, workers=2).run(half, [0, 2]))
    assert f"ordonnanceur\u00a0: {__version__}" in str(caught.value)
    assert str(caught.value).count("tcp://127.0.0.1:") == 3
    assert "foncier[distributed]==999.0" in str(caught.value)


def test_a_cluster_without_foncier(monkeypatch: pytest.MonkeyPatch) -> None:
    distributed: Any = pytest.importorskip("distributed")

    def of(packages: Any = None) -> dict[str, Any]:
        return {"host": {}, "packages": dict.fromkeys(packages or ())}

    monkeypatch.setattr("distributed.node.get_versions", of)
    with (
        distributed.LocalCluster(
            n_workers=1, processes=False, protocol="tcp", dashboard_address=None
        ) as bare,
        pytest.raises(ConfigError, match=r"ordonnanceur\u00a0: aucun, tcp://.*\u00a0: aucun"),
    ):
        list(executors.get_executor(bare.scheduler_address, workers=1).run(half, [0, 2]))


@pytest.mark.parametrize("call", ["close", "submit"])
@pytest.mark.parametrize("fault", [RuntimeError("ConnectionPool is closed"), OSError("gone")])
def test_no_result_is_lost_with_a_client(
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
    executor = executors.get_executor(cluster.scheduler_address, workers=2)
    assert dict(executor.run(half, [0, 2, 4, 6])) == {0: 0, 1: 1, 2: 2, 3: 3}
    assert calls
