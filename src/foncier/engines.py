"""Do many independent jobs: one after the other, in processes of this machine, or on a cluster.

An engine only carries jobs; what comes back does not depend on which one, on how many workers it
has or on the order in which they finish.
"""

from __future__ import annotations

import multiprocessing
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures import as_completed as completed
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from foncier.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Job = TypeVar("Job")
Made = TypeVar("Made")
AHEAD = 4  # jobs handed out for each worker of a cluster
NAMES = ("serial", "processes", "dask")
SCHEMES = ("tcp://", "tls://", "ucx://", "ws://", "wss://")


class Engine(Protocol):
    """What carries jobs; see `serial`, `processes` and `dask`."""

    def run(
        self, work: Callable[[Job], Made], jobs: Sequence[Job]
    ) -> Iterator[tuple[int, Made | BaseException]]:
        """Do a work on each job; give, as each ends, its position and what it made or raised."""


class Local:
    """Jobs on this machine, by an executor that is made anew for each run."""

    def __init__(self, executor: Callable[[], Executor]) -> None:
        self.executor = executor

    def run(
        self, work: Callable[[Job], Made], jobs: Sequence[Job]
    ) -> Iterator[tuple[int, Made | BaseException]]:
        """Do a work on each job (see `Engine`).

        A process that dies takes with it all jobs that were under way or waiting: each comes back
        with `concurrent.futures.process.BrokenProcessPool`.
        """
        with self.executor() as pool:
            futures: dict[Future[Made], int] = {
                pool.submit(work, job): n for n, job in enumerate(jobs)
            }
            for future in completed(futures):
                yield futures[future], future.exception() or future.result()


class Dask:
    """Jobs on a dask cluster: the one at an address, or one of this machine's own processes."""

    def __init__(self, address: str | None, workers: int, *, memory: str | float = "auto") -> None:
        self.address, self.workers, self.memory = address, workers, memory

    def run(
        self, work: Callable[[Job], Made], jobs: Sequence[Job]
    ) -> Iterator[tuple[int, Made | BaseException]]:
        """Do a work on each job (see `Engine`); dask starts again the jobs of a worker that died.

        Raises
        ------
        ConfigError
            dask.distributed is not installed, or nobody answers at the address.
        """
        with self._client() as client:
            from distributed import as_completed  # noqa: PLC0415 (an extra)

            waiting, places = enumerate(jobs), dict[str, int]()
            ended: Any = as_completed
            running = ended([])

            def hand_out(count: int) -> None:
                for n, job in islice(waiting, count):
                    future = client.submit(work, job, pure=False)
                    places[future.key] = n
                    running.add(future)

            # A few at a time: the scheduler holds what it was handed, and the last may be far.
            hand_out(AHEAD * max(len(client.nthreads()), self.workers))
            for future in running:
                yield places.pop(future.key), future.exception() or future.result()
                hand_out(1)

    @contextmanager
    def _client(self) -> Iterator[Any]:
        try:
            import distributed  # noqa: PLC0415 (an extra)
        except ImportError as reason:
            raise ConfigError(
                "--scheduler dask demande dask.distributed, qui n'est pas installé. "
                "Installez-le : pip install 'foncier[distributed]'."
            ) from reason
        dask: Any = distributed  # it has no types for these
        if self.address is None:
            with (
                dask.LocalCluster(
                    n_workers=self.workers, threads_per_worker=1, dashboard_address=None,
                    memory_limit=self.memory,
                ) as cluster,
                dask.Client(cluster) as client,
            ):  # fmt: skip
                yield client
            return
        try:
            client = dask.Client(self.address, timeout=5)
        except OSError as reason:
            raise ConfigError(
                f"--scheduler {self.address} : aucun ordonnanceur dask ne répond à cette adresse. "
                "Vérifiez-la, ou démarrez-le : dask scheduler."
            ) from reason
        with client:
            yield client


def serial() -> Engine:
    """One job after the other, in this process."""
    return Local(lambda: ThreadPoolExecutor(1))


def processes(workers: int) -> Engine:
    """Jobs in processes of this machine."""
    spawned = multiprocessing.get_context("spawn")  # the same on every system
    return Local(lambda: ProcessPoolExecutor(workers, mp_context=spawned))


def engine(name: str, *, workers: int) -> Engine:
    """Engine by the word of the command line: ``serial``, ``processes``, ``dask`` or an address.

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
        return Dask(None, workers)
    if name.startswith(SCHEMES):
        return Dask(name, workers)
    raise ConfigError(
        f"--scheduler {name} : inconnu. Possibles : {', '.join(NAMES)}, ou l'adresse d'un "
        "ordonnanceur dask (tcp://hôte:8786)."
    )
