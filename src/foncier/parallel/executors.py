"""Run many independent jobs: in this process, in processes of this machine, or on a cluster.

The results do not depend on the executor, on its number of workers, or on the order of completion.
"""

from __future__ import annotations

import multiprocessing
from concurrent.futures import (
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    as_completed,
)
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import TYPE_CHECKING, Protocol, TypeVar

from foncier._util.lifetime import before_forced_end, end_with_parent
from foncier.errors import ConfigError, WorkerError
from foncier.parallel.dask import PATIENCE_S, DaskExecutor

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

Job = TypeVar("Job")
Output = TypeVar("Output")
DEATH_S = 1.0  # for a process that was killed
NAMES = ("serial", "processes", "dask")
SCHEMES = ("tcp://", "tls://", "ucx://", "ws://", "wss://")


class JobExecutor(Protocol):
    """Runs jobs; see `serial`, `processes` and `foncier.parallel.dask.DaskExecutor`."""

    def run(
        self, function: Callable[[Job], Output], jobs: Sequence[Job]
    ) -> Generator[tuple[int, Output | BaseException]]:
        """Call a function on each job; yield position and result, or error, as each job ends.

        A caller that stops before the end closes the generator, which ends the jobs.
        """


class LocalExecutor:
    """Jobs on this machine, in a `concurrent.futures.Executor` that is created for each run."""

    def __init__(self, create: Callable[[], AbstractContextManager[Executor]]) -> None:
        self.create = create

    def run(
        self, function: Callable[[Job], Output], jobs: Sequence[Job]
    ) -> Generator[tuple[int, Output | BaseException]]:
        """Call a function on each job (see `JobExecutor`).

        When a process dies, the result of each job that was running or waiting is a `WorkerError`.
        """
        futures: dict[Future[Output], int] = {}
        with self.create() as pool:
            with suppress(BrokenProcessPool):  # a process may die before all jobs are submitted
                for n, job in enumerate(jobs):
                    futures[pool.submit(function, job)] = n
            try:
                for future in as_completed(futures):
                    error = future.exception()
                    if isinstance(error, BrokenProcessPool):
                        error = _process_died()
                    yield futures[future], error or future.result()
            finally:  # the caller may stop before the last job
                pool.shutdown(wait=False, cancel_futures=True)
        for n in range(len(futures), len(jobs)):
            yield n, _process_died()


def _process_died() -> WorkerError:
    return WorkerError("parallel.executors.process_died")


def serial() -> JobExecutor:
    """Jobs one after the other, in this process."""
    return LocalExecutor(lambda: ThreadPoolExecutor(1))


def processes(workers: int) -> JobExecutor:
    """Jobs in processes of this machine."""
    return LocalExecutor(lambda: _process_pool(workers))


@contextmanager
def _process_pool(workers: int) -> Iterator[Executor]:
    """Pool of processes that end with this one, and at once when the run is interrupted."""
    context = multiprocessing.get_context("spawn")  # the same on every system
    alive, here = context.Pipe(duplex=False)
    others = multiprocessing.active_children()
    pool = ProcessPoolExecutor(
        workers, mp_context=context, initializer=end_with_parent, initargs=(alive,)
    )

    def kill_workers() -> None:
        """End the jobs that are running: nobody waits for them."""
        workers = [child for child in multiprocessing.active_children() if child not in others]
        for child in workers:
            child.kill()
        for child in workers:
            child.join(DEATH_S)

    completed = False
    try:
        with before_forced_end(kill_workers):
            yield pool
        completed = True
    finally:
        if not completed:
            kill_workers()
        pool.shutdown(cancel_futures=True)
        here.close()
        alive.close()


def get_executor(name: str, *, workers: int, patience_s: float = PATIENCE_S) -> JobExecutor:
    """Executor by its name on the command line: ``serial``, ``processes``, ``dask``, an address.

    Parameters
    ----------
    workers
        Number of processes.
    patience_s
        Longest time without a scheduler or a worker of a cluster.

    Raises
    ------
    ConfigError
        Unknown name.
    """
    if name == "serial":
        return serial()
    if name == "processes":
        return processes(workers)
    if name == "dask":
        return DaskExecutor(None, workers, patience_s=patience_s)
    if name.startswith(SCHEMES):
        return DaskExecutor(name, workers, patience_s=patience_s)
    raise ConfigError("parallel.executors.unknown", name=name, names=NAMES)
