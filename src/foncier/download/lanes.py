"""Services asked side by side: a lane for each, with as many threads as it has slots."""

from __future__ import annotations

import contextvars
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import TYPE_CHECKING, Generic, TypeVar

from foncier.errors import FoncierError

if TYPE_CHECKING:
    from collections.abc import Callable

    from foncier.download.policies import Service

T = TypeVar("T")


@dataclass
class _Lane(Generic[T]):
    """Tasks of a service that wait, and the threads that do them."""

    tasks: deque[Callable[[], T]] = field(default_factory=deque)
    threads: int = 0


class Lanes(Generic[T]):
    """Tasks by service, done in the order in which they were added; results as they end.

    The threads are daemons: a program that is interrupted does not wait for a slow service.

    Examples
    --------
    >>> from foncier.download.policies import Service
    >>> lanes = Lanes()
    >>> for n in range(3):
    ...     lanes.add(Service("a"), lambda n=n: n)
    >>> sorted(lanes.next() for _ in range(3))
    [0, 1, 2]
    """

    def __init__(self) -> None:
        self._lanes: dict[str, _Lane[T]] = {}
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._results: SimpleQueue[tuple[T | None, BaseException | None]] = SimpleQueue()

    def add(self, service: Service, task: Callable[[], T]) -> None:
        """Add a task to the lane of a service, and begin it when one of its slots is free."""
        with self._lock:
            lane = self._lanes.setdefault(service.name, _Lane())
            lane.tasks.append(task)
            if lane.threads >= service.slots:
                return
            lane.threads += 1
            run = contextvars.copy_context().run  # the language of the messages
            thread = threading.Thread(target=run, args=(self._work, lane), daemon=True)
            self._threads.append(thread)
        thread.start()

    def next(self) -> T:
        """Result of the next task that ends; its exception is raised here."""
        result, fault = self._results.get()
        if fault is not None:
            raise fault
        return result  # type: ignore[return-value]  # a task without a fault has a result

    def stop(self, within_s: float = 0.0) -> None:
        """Begin no further task, and wait for those that have begun.

        Parameters
        ----------
        within_s
            Longest wait, in seconds: a service may not answer for minutes.
        """
        with self._lock:
            for lane in self._lanes.values():
                lane.tasks.clear()
            threads = list(self._threads)
        until = time.monotonic() + within_s
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _work(self, lane: _Lane[T]) -> None:
        while True:
            with self._lock:
                if not lane.tasks:
                    lane.threads -= 1
                    return
                task = lane.tasks.popleft()
            self._attempt(task)

    def _attempt(self, task: Callable[[], T]) -> None:
        result: T | None = None
        fault: BaseException | None = None
        try:
            result = task()
        except FoncierError as known:
            fault = known
        finally:
            self._results.put((result, fault or sys.exception()))
