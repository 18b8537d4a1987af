"""Jobs on a dask cluster, whose workers and scheduler may die: never an endless wait.

A scheduler that is gone takes what it knew along: once one answers at the same address again, all
jobs whose answers had not come back are handed out anew.
"""

from __future__ import annotations

import logging
import time
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from itertools import islice
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any, TypeVar

from foncier import __version__
from foncier.errors import ClusterError, ConfigError, WorkerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Job = TypeVar("Job")
Made = TypeVar("Made")
AHEAD = 4  # jobs handed out for each worker of a cluster
PATIENCE_S = 60.0  # without a scheduler, or without a worker
ANSWER_S = 5.0  # for one call to the scheduler
LOOK_S = 2.0  # between two looks at it while no job ends
SCHEDULER = "ordonnanceur"
SHOWN = 5  # of those that have another foncier
LOSSES = 3  # of the scheduler, without one job ending in between
SEVERED = (OSError, TimeoutError, CancelledError)


class DaskExecutor:
    """Jobs on a dask cluster: the one at an address, or one of this machine's own processes.

    ``patience_s`` is how long it goes on without a scheduler that answers or without a worker that
    works.
    """

    def __init__(
        self,
        address: str | None,
        workers: int,
        *,
        memory: str | float = "auto",
        patience_s: float = PATIENCE_S,
    ) -> None:
        self.address, self.workers, self.memory = address, workers, memory
        self.patience_s = patience_s

    def run(
        self, work: Callable[[Job], Made], jobs: Sequence[Job]
    ) -> Iterator[tuple[int, Made | BaseException]]:
        """Do a work on each job (see `foncier.parallel.executors.JobExecutor`).

        Dask starts again the jobs of a worker that died; one that took down four workers comes
        back with a `WorkerError`.

        Raises
        ------
        ConfigError
            dask.distributed is not installed, nobody answers at the address, or the scheduler or a
            worker has no foncier or another one than ours.
        ClusterError
            The scheduler or all workers were gone for longer than ``patience_s``; the jobs that
            did not come back are not done.
        """
        left = dict(enumerate(jobs))
        watch, losses = _Watch(self.patience_s), 0
        while left:
            losses += 1
            with self._client(watch) as client:
                for n, made in self._carried(client, work, left, watch):
                    losses = 0
                    del left[n]
                    yield n, made
            if left and losses >= LOSSES:
                raise ClusterError(
                    f"l'ordonnanceur dask s'est arrêté {LOSSES} fois de suite sans qu'une tâche "
                    "aboutisse"
                )

    def _carried(
        self, client: Any, work: Callable[[Job], Made], left: dict[int, Job], watch: _Watch
    ) -> Iterator[tuple[int, Made | BaseException]]:
        """Answers as they come; ends before the last one where the scheduler is lost."""
        ended: Queue[int] = Queue()
        waiting, held = iter(list(left.items())), dict[int, Any]()

        def hand_out(count: int) -> None:
            for n, job in islice(waiting, max(count, 0)):
                held[n] = client.submit(work, job, pure=False)
                held[n].add_done_callback(lambda _, n=n: ended.put(n))

        while client.status == "running":
            # A few at a time: the scheduler holds what it was handed, and the last may be far.
            # Workers may come later.
            count = AHEAD * max(watch.workers(client), self.workers) - len(held)
            _got(client, hand_out, count)
            if not held:
                return
            with suppress(Empty):
                n = ended.get(timeout=LOOK_S)
                got = _got(client, _answer, held.pop(n))
                if got is None:
                    return
                watch.seen()
                yield n, got[0]

    @contextmanager
    def _client(self, watch: _Watch) -> Iterator[Any]:
        try:
            import distributed  # noqa: PLC0415 (an extra)
        except ImportError as reason:
            raise ConfigError(
                "--scheduler dask demande dask.distributed, qui n'est pas installé. "
                "Installez-le : pip install 'foncier[distributed]'."
            ) from reason
        dask: Any = distributed  # it has no types for these
        if self.address is not None:
            client = _reached(dask, self.address, watch)
            try:
                yield client
            finally:
                # Nobody may be there to say farewell to.
                _got(client, client.close, ANSWER_S)
            return
        with (
            dask.LocalCluster(
                n_workers=self.workers,
                threads_per_worker=1,
                dashboard_address=None,
                memory_limit=self.memory,
            ) as cluster,
            dask.Client(cluster) as client,
        ):
            yield client


class _Watch:
    """How long a cluster may be without a scheduler or without a worker that works."""

    def __init__(self, patience_s: float) -> None:
        self.patience_s = patience_s
        self.known = False  # a scheduler has answered once
        self.since = time.monotonic()
        self.looked, self.count = 0.0, 0
        self.alike: set[str] = set()  # have the same foncier as we

    def seen(self) -> None:
        """Note that it works."""
        self.known, self.since = True, time.monotonic()

    def workers(self, client: Any) -> int:
        """Workers that work, or are ready to, as the scheduler said a moment ago.

        Raises
        ------
        ClusterError
            There has been none for too long.
        ConfigError
            The scheduler or a worker has another foncier, or none.
        """
        if time.monotonic() - self.looked > LOOK_S:
            self.count = self._asked(client)
            self.looked = time.monotonic()
        return self.count

    def _asked(self, client: Any) -> int:
        got = _told(client, client.scheduler.identity, n_workers=-1)
        if got is None:
            self.wait("l'ordonnanceur dask ne répond plus")
            return 0
        self._compare(client, {SCHEDULER, *got[0]["workers"]})
        workers = got[0]["workers"].values()
        count = sum(_works(worker) for worker in workers)
        if count:
            self.seen()
        elif workers:
            self.wait("tous les processus du cluster sont en pause, leur mémoire est pleine")
        else:
            self.wait("l'ordonnanceur dask n'a plus aucun processus de calcul (dask worker)")
        return count

    def _compare(self, client: Any, there: set[str]) -> None:
        """See that who is new has our foncier; who does not say so in time is asked again."""
        new = there - self.alike
        found = _versions(client, new) if new else {}
        others = {who: version for who, version in found.items() if version != __version__}
        if others:
            raise ConfigError(_unlike(client.scheduler.address, others))
        self.alike |= found.keys()

    def wait(self, why: str) -> None:
        """Go on waiting, or say that it has been too long."""
        if time.monotonic() - self.since > self.patience_s:
            raise ClusterError(f"{why} depuis plus de {self.patience_s:g} s")


def _got(client: Any, call: Callable[..., Any], *words: Any) -> tuple[Any] | None:
    """What a call to a client gave, or None where its scheduler has gone.

    The client seeks a lost scheduler beside our calls and closes itself after a while: what a call
    raises that meets it on the way has many types (a closed pool of connections: RuntimeError).
    """
    try:
        return (call(*words),)
    except Exception as fault:
        if client.status == "running" and not isinstance(fault, SEVERED):
            raise
        return None


def _told(client: Any, call: Callable[..., Any], **words: Any) -> tuple[Any] | None:
    """What the scheduler answers in time, or None where it has gone."""
    return _got(client, lambda: client.sync(call, **words, callback_timeout=ANSWER_S))


def _versions(client: Any, asked: set[str]) -> dict[str, str | None]:
    """Version of foncier that the scheduler and workers have, of those that answer in time."""
    ask, workers = {"packages": ["foncier"]}, sorted(asked - {SCHEDULER})
    to_all = {"workers": workers, "msg": {"op": "versions", **ask}, "on_error": "ignore"}
    answers: dict[str, Any] = {}
    if SCHEDULER in asked and (got := _told(client, client.scheduler.versions, **ask)):
        answers[SCHEDULER] = got[0]
    if workers and (got := _told(client, client.scheduler.broadcast, **to_all)):
        answers |= got[0]
    return {who: said["packages"].get("foncier") for who, said in answers.items()}


def _unlike(address: str, others: dict[str, str | None]) -> str:
    """Tell who of a cluster has another foncier than ours, and what to do."""
    listed = ", ".join(
        f"{who} : {version or 'aucun'}" for who, version in sorted(others.items())[:SHOWN]
    )
    more = f" et {len(others) - SHOWN} autre(s)" if len(others) > SHOWN else ""
    return (
        f"--scheduler {address} : il faut y trouver partout le foncier d'ici, {__version__} "
        f"(trouvé : {listed}{more}). Installez-le dans l'environnement Python de l'ordonnanceur et "
        f"de chaque dask worker : pip install 'foncier[distributed]=={__version__}'."
    )


def _works(worker: dict[str, Any]) -> bool:
    """Tell whether a worker takes jobs, or is at one: it is in pause when its memory is full."""
    at_work = worker["metrics"].get("task_counts", {}).get("executing", 0)
    return worker["status"] == "running" or bool(at_work)


def _reached(dask: Any, address: str, watch: _Watch) -> Any:
    """Client of a scheduler; one that had answered before is waited for."""
    # What dask has to say of a scheduler that comes and goes, we say.
    for room in ("distributed", "distributed.client"):
        logging.getLogger(room).setLevel(logging.CRITICAL)
    while True:
        try:
            client = dask.Client(address, timeout=ANSWER_S)
        except OSError as reason:
            if not watch.known:
                raise ConfigError(
                    f"--scheduler {address} : aucun ordonnanceur dask ne répond à cette adresse. "
                    "Vérifiez-la, ou démarrez-le : dask scheduler."
                ) from reason
            watch.wait("l'ordonnanceur dask ne répond plus")
            time.sleep(1)
        else:
            watch.known = True
            return client


def _answer(future: Any) -> Any:
    """What a job that ended made or raised.

    Raises
    ------
    OSError, TimeoutError, concurrent.futures.CancelledError
        Its answer went with the scheduler.
    """
    if future.status != "error":
        return future.result(timeout=ANSWER_S)
    fault = future.exception(timeout=ANSWER_S)
    if type(fault).__name__ == "KilledWorker":
        return WorkerError(f"tâche reprise {fault.allowed_failures + 1} fois, en vain")
    return fault
