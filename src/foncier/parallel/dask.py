"""Jobs on a dask cluster whose workers and scheduler may die; every wait is limited.

A scheduler that dies loses its state. When one answers at the same address again, all jobs without
a result are submitted again.
"""

from __future__ import annotations

import logging
import ssl
import time
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any, TypeVar

from foncier import __version__
from foncier._util.addresses import is_this_machine
from foncier.errors import ClusterError, ConfigError, WorkerError
from foncier.i18n import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

Job = TypeVar("Job")
Output = TypeVar("Output")
JOBS_PER_WORKER = 4  # submitted and not finished
PATIENCE_S = 60.0  # longest time without a scheduler, or without a worker
ANSWER_S = 5.0  # time limit of one call to the scheduler
POLL_S = 2.0  # between two calls to the scheduler while no job ends
SCHEDULER = "scheduler"
MAX_LOSSES = 3  # of the scheduler, without a finished job in between
ENCRYPTED = ("tls://", "wss://")
CERTIFICATES = ("tls_ca_file", "tls_client_cert", "tls_client_key")  # of dask's Security
CONNECTION_ERRORS = (OSError, TimeoutError, CancelledError)


class DaskExecutor:
    """Jobs on a dask cluster: that at an address, or one of processes of this machine.

    Parameters
    ----------
    address
        Address of the scheduler; None for a local cluster.
    workers
        Number of processes.
    memory
        Memory limit of each process of a local cluster.
    patience_s
        Longest time without a scheduler that answers or without a working worker.
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
        self, function: Callable[[Job], Output], jobs: Sequence[Job]
    ) -> Generator[tuple[int, Output | BaseException]]:
        """Call a function on each job (see `foncier.parallel.executors.JobExecutor`).

        Dask restarts the jobs of a worker that died; the result of a job that killed four workers
        is a `WorkerError`.

        Raises
        ------
        ConfigError
            dask.distributed is not installed, no scheduler answers at the address, certificates
            are missing or refused, or the scheduler or a worker has another version of foncier.
        ClusterError
            The scheduler or all workers were gone for more than ``patience_s``; the jobs without a
            result are not done.
        """
        remaining = dict(enumerate(jobs))
        monitor, losses = _Monitor(self.patience_s), 0
        while remaining:
            losses += 1
            with self._client(monitor) as client:
                for n, output in self._run_until_lost(client, function, remaining, monitor):
                    losses = 0
                    del remaining[n]
                    yield n, output
            if remaining and losses >= MAX_LOSSES:
                raise ClusterError("parallel.dask.scheduler_lost", losses=MAX_LOSSES)

    def _run_until_lost(
        self,
        client: Any,
        function: Callable[[Job], Output],
        remaining: dict[int, Job],
        monitor: _Monitor,
    ) -> Iterator[tuple[int, Output | BaseException]]:
        """Yield results as jobs end; stop early when the scheduler is lost."""
        ended: Queue[int] = Queue()
        waiting, futures = iter(list(remaining.items())), dict[int, Any]()

        def submit(count: int) -> None:
            for n, job in islice(waiting, max(count, 0)):
                futures[n] = client.submit(function, job, pure=False)
                futures[n].add_done_callback(lambda _, n=n: ended.put(n))

        while client.status == "running":
            # A few jobs at a time: the scheduler stores those that are submitted. Workers may join
            # later.
            limit = JOBS_PER_WORKER * max(monitor.workers(client), self.workers)
            _call(client, submit, limit - len(futures))
            if not futures:
                return
            with suppress(Empty):
                n = ended.get(timeout=POLL_S)
                output = _call(client, _output, futures.pop(n))
                if output is None:
                    return
                monitor.note_activity()
                yield n, output[0]

    @contextmanager
    def _client(self, monitor: _Monitor) -> Iterator[Any]:
        try:
            import distributed  # noqa: PLC0415 (an extra)
        except ImportError as reason:
            raise ConfigError("parallel.dask.not_installed") from reason
        dask: Any = distributed  # its functions have no types
        if self.address is not None:
            client = _connect(dask, self.address, monitor)
            try:
                yield client
            finally:
                _call(client, client.close, ANSWER_S)  # the scheduler may be gone
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


class _Monitor:
    """Watches how long a cluster has no scheduler or no working worker."""

    def __init__(self, patience_s: float) -> None:
        self.patience_s = patience_s
        self.connected_once = False
        self.last_activity = time.monotonic()
        self.last_poll, self.count = 0.0, 0
        self.checked: set[str] = set()  # processes with the same version of foncier

    def note_activity(self) -> None:
        """Note that the cluster works now."""
        self.connected_once, self.last_activity = True, time.monotonic()

    def workers(self, client: Any) -> int:
        """Count the workers that run or can take jobs, as of a moment ago.

        Raises
        ------
        ClusterError
            There has been none for too long.
        ConfigError
            The scheduler or a worker has another version of foncier, or none.
        """
        if time.monotonic() - self.last_poll > POLL_S:
            self.count = self._poll(client)
            self.last_poll = time.monotonic()
        return self.count

    def _poll(self, client: Any) -> int:
        answer = _call_scheduler(client, client.scheduler.identity, n_workers=-1)
        if answer is None:
            self.wait("parallel.dask.scheduler_silent")
            return 0
        workers = answer[0]["workers"]
        self._check_versions(client, {SCHEDULER, *workers})
        count = sum(_is_working(worker) for worker in workers.values())
        if count:
            self.note_activity()
        else:
            self.wait("parallel.dask.all_paused" if workers else "parallel.dask.no_worker")
        return count

    def _check_versions(self, client: Any, names: set[str]) -> None:
        """Check the version of new processes; one that does not answer is asked again later."""
        new = names - self.checked
        versions = _versions(client, new) if new else {}
        others = {name: found for name, found in versions.items() if found != __version__}
        if others:
            raise _other_versions(client.scheduler.address, others)
        self.checked |= versions.keys()

    def wait(self, why: str) -> None:
        """Raise if the cluster has been inactive for too long; ``why`` is the id of a message."""
        if time.monotonic() - self.last_activity > self.patience_s:
            raise ClusterError(
                "parallel.dask.gone_too_long", why=Message(why), patience_s=self.patience_s
            )


def _call(client: Any, call: Callable[..., Any], *args: Any) -> tuple[Any] | None:
    """Result of a call to a client, or None if its scheduler is gone.

    The client reconnects in the background and closes itself after a while. A call at that moment
    may raise errors of many classes (RuntimeError for a closed pool of connections).
    """
    try:
        return (call(*args),)
    except Exception as fault:
        if client.status == "running" and not isinstance(fault, CONNECTION_ERRORS):
            raise
        return None


def _call_scheduler(client: Any, call: Callable[..., Any], **params: Any) -> tuple[Any] | None:
    """Answer of the scheduler within the time limit, or None if it is gone."""
    return _call(client, lambda: client.sync(call, **params, callback_timeout=ANSWER_S))


def _versions(client: Any, names: set[str]) -> dict[str, str | None]:
    """Version of foncier of the scheduler and of workers, of those that answer in time."""
    query, workers = {"packages": ["foncier"]}, sorted(names - {SCHEDULER})
    broadcast = {"workers": workers, "msg": {"op": "versions", **query}, "on_error": "ignore"}
    answers: dict[str, Any] = {}
    scheduler = client.scheduler
    if SCHEDULER in names and (answer := _call_scheduler(client, scheduler.versions, **query)):
        answers[SCHEDULER] = answer[0]
    if workers and (answer := _call_scheduler(client, scheduler.broadcast, **broadcast)):
        answers |= answer[0]
    return {name: one["packages"].get("foncier") for name, one in answers.items()}


def _other_versions(address: str, others: dict[str, str | None]) -> ConfigError:
    """Error that names the processes with another version of foncier."""
    shown = [
        Message(
            "parallel.dask.other_version",
            name=Message("parallel.dask.scheduler") if name == SCHEDULER else name,
            version=version or Message("parallel.dask.without_foncier"),
        )
        for name, version in sorted(others.items())
    ]
    return ConfigError(
        "parallel.dask.other_versions", address=address, version=__version__, others=shown
    )


def _is_working(worker: dict[str, Any]) -> bool:
    """Tell whether a worker takes or runs jobs; it is paused when its memory is full."""
    executing = worker["metrics"].get("task_counts", {}).get("executing", 0)
    return worker["status"] == "running" or bool(executing)


def _connect(dask: Any, address: str, monitor: _Monitor) -> Any:
    """Client of a scheduler; wait for one that has answered before."""
    # Errors replace the log of dask about schedulers that come and go.
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    security = _security(dask, address) if is_encrypted(address) else None
    while True:
        try:
            client = dask.Client(address, timeout=ANSWER_S, security=security)
        except OSError as reason:
            if _is_refused(reason):
                raise ConfigError("parallel.dask.tls_refused", address=address) from reason
            if not monitor.connected_once:
                raise ConfigError("parallel.dask.no_answer", address=address) from reason
            monitor.wait("parallel.dask.scheduler_silent")
            time.sleep(1)
        else:
            monitor.connected_once = True
            return client


def is_encrypted(address: str) -> bool:
    """Tell whether the connection to a scheduler is encrypted, by its address."""
    return address.lower().startswith(ENCRYPTED)


def is_exposed(address: str) -> bool:
    """Tell whether jobs are sent to another machine without encryption.

    Whoever reads them reads the study; whoever writes them runs code on the workers and here.

    Examples
    --------
    >>> is_exposed("tcp://machine1:8786"), is_exposed("tls://machine1:8786")
    (True, False)
    >>> is_exposed("tcp://127.0.0.1:8786"), is_exposed("processes")
    (False, False)
    """
    return "://" in address and not is_encrypted(address) and not is_this_machine(address)


def _security(dask: Any, address: str) -> Any:
    """Certificates of the configuration of dask (``distributed.comm.tls``).

    Raises
    ------
    ConfigError
        The configuration names none, or a file that does not exist.
    """
    security = dask.Security(require_encryption=True)
    named = [getattr(security, name) for name in CERTIFICATES]
    missing = [name for name in named if name and "\n" not in name and not Path(name).is_file()]
    if not all(named[:2]):
        raise ConfigError("parallel.dask.no_certificates", address=address)
    if missing:
        raise ConfigError("parallel.dask.certificate_missing", address=address, files=missing)
    return security


def _is_refused(error: BaseException | None) -> bool:
    """Tell whether a connection failed because of a certificate."""
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _output(future: Any) -> Any:
    """Result or error of a job that ended.

    Raises
    ------
    OSError, TimeoutError, concurrent.futures.CancelledError
        The result was lost with the scheduler.
    """
    if future.status != "error":
        return future.result(timeout=ANSWER_S)
    error = future.exception(timeout=ANSWER_S)
    if type(error).__name__ == "KilledWorker":
        return WorkerError("parallel.dask.task_failed", count=error.allowed_failures + 1)
    return error
