"""Do many independent jobs: one after the other, in processes of this machine, or on a cluster.

An engine only carries jobs; what comes back does not depend on which one, on how many workers it
has or on the order in which they finish.
"""

from __future__ import annotations

import multiprocessing
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures import as_completed as completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol, TypeVar

from foncier.errors import ConfigError, WorkerError
from foncier.parallel.dask import PATIENCE_S, DaskExecutor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Job = TypeVar("Job")
Made = TypeVar("Made")
NAMES = ("serial", "processes", "dask")
DIED = "le processus qui la faisait est mort"
SCHEMES = ("tcp://", "tls://", "ucx://", "ws://", "wss://")


class JobExecutor(Protocol):
    """What carries jobs; see `serial`, `processes` and `dask`."""

    def run(
        self, work: Callable[[Job], Made], jobs: Sequence[Job]
    ) -> Iterator[tuple[int, Made | BaseException]]:
        """Do a work on each job; give, as each ends, its position and what it made or raised."""


class LocalExecutor:
    """Jobs on this machine, by an executor that is made anew for each run."""

    def __init__(self, executor: Callable[[], Executor]) -> None:
        self.executor = executor

    def run(
        self, work: Callable[[Job], Made], jobs: Sequence[Job]
    ) -> Iterator[tuple[int, Made | BaseException]]:
        """Do a work on each job (see `Engine`).

        A process that dies takes with it all jobs that were under way or waiting: each comes back
        with a `WorkerError`.
        """
        futures: dict[Future[Made], int] = {}
        with self.executor() as pool:
            with suppress(BrokenProcessPool):  # one may die before all jobs are handed out
                for n, job in enumerate(jobs):
                    futures[pool.submit(work, job)] = n
            try:
                for future in completed(futures):
                    fault = future.exception()
                    if isinstance(fault, BrokenProcessPool):
                        fault = WorkerError(DIED)
                    yield futures[future], fault or future.result()
            finally:  # nobody wants the others any more
                pool.shutdown(wait=False, cancel_futures=True)
        for n in range(len(futures), len(jobs)):
            yield n, WorkerError(DIED)


def serial() -> JobExecutor:
    """One job after the other, in this process."""
    return LocalExecutor(lambda: ThreadPoolExecutor(1))


def processes(workers: int) -> JobExecutor:
    """Jobs in processes of this machine."""
    spawned = multiprocessing.get_context("spawn")  # the same on every system
    return LocalExecutor(lambda: ProcessPoolExecutor(workers, mp_context=spawned))


def get_executor(name: str, *, workers: int, patience_s: float = PATIENCE_S) -> JobExecutor:
    """Engine by the word of the command line: ``serial``, ``processes``, ``dask`` or an address.

    ``patience_s`` is how long a cluster may be without a scheduler or a worker.

    Raises
    ------
    ConfigError
        No such engine.
    """
    if name == "serial":
        return serial()
    if name == "processes":
        return processes(workers)
    if name == "dask":
        return DaskExecutor(None, workers, patience_s=patience_s)
    if name.startswith(SCHEMES):
        return DaskExecutor(name, workers, patience_s=patience_s)
    raise ConfigError(
        f"--scheduler {name} : inconnu. Possibles : {', '.join(NAMES)}, ou l'adresse d'un "
        "ordonnanceur dask (tcp://hôte:8786)."
    )
