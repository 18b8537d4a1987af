"""Files of a stranger are read in one child process, with limits on memory, time and texts.

A file that exhausts the memory, never ends or crashes a library ends the child, not the command.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd

from foncier._util.lifetime import end_with_parent
from foncier.errors import FoncierError, FormatError

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

Output = TypeVar("Output")
WAIT = 4  # of the clock, for each second of processor: the machine may be busy
STATM = Path("/proc/self/statm")


@dataclass(frozen=True)
class Limits:
    """Limits on the reading of one file.

    ``memory_mb`` is what the child may take above what it has at its start, ``seconds`` those of
    the processor, ``text_chars`` the longest text in a cell. Memory and processor are limited where
    the system allows it (not on Windows); elsewhere the clock alone is, to `WAIT` times as long.
    """

    memory_mb: int = 3072
    seconds: int = 120
    text_chars: int = 100_000


def limits_of(untrusted: bool) -> Limits | None:
    """Limits on the files of a stranger; None for those that the user trusts."""
    return Limits() if untrusted else None


class _Child:
    """The child process of this one; a new one is started after one that ended."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.process: Any = None
        self.pipe: Connection[Any, Any] | None = None

    def ask(self, limits: Limits, job: tuple[Any, ...]) -> tuple[bool, Any]:
        """Send a job and wait: whether it ended well, and its result or error.

        Raises
        ------
        TimeoutError, EOFError
            The child is late, or died.
        """
        with self.lock:
            if self.process is None or not self.process.is_alive():
                self._start()
            pipe: Any = self.pipe
            try:
                pipe.send((limits, *job))
                done, value = _answer(pipe, WAIT * limits.seconds)
            except BaseException:
                self._end()
                raise
            return bool(done), value

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")  # the same on every system
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()

    def _end(self) -> None:
        self.process.kill()
        self.process.join()
        self.process = None


def _answer(pipe: Connection[Any, Any], seconds: float) -> Any:
    if not pipe.poll(seconds):
        raise TimeoutError
    return pipe.recv()


_child = _Child()


def call(
    limits: Limits | None,
    shown: str,
    function: Callable[..., Output],
    /,
    *args: Any,
    **kwargs: Any,
) -> Output:
    """Call a reader, in the child process where there are limits, else in this one.

    Parameters
    ----------
    limits
        None: the file is trusted.
    shown
        The path as in the study, for messages.
    function
        A function of a module; arguments and result are sent as pickles, between these two
        processes alone.

    Raises
    ------
    FormatError
        The file exceeds a limit, or the child died.

    Examples
    --------
    >>> call(None, "a.csv", len, [1, 2])
    2
    """
    if limits is None:
        return function(*args, **kwargs)
    try:
        done, value = _child.ask(limits, (shown, function, args, kwargs))
    except TimeoutError as late:
        raise FormatError(
            "parallel.confined.too_long", path=shown, seconds=limits.seconds
        ) from late
    except (EOFError, OSError) as gone:
        raise FormatError(
            "parallel.confined.died",
            path=shown,
            seconds=limits.seconds,
            memory_mb=limits.memory_mb,
        ) from gone
    if not done:
        raise value
    result: Output = value
    return result


def _serve(pipe: Connection[Any, Any]) -> None:
    """Do what is asked until the pipe closes: the child's work."""
    end_with_parent(started_by_main=False)
    pd.DataFrame({"warm": ["up"]})  # Arrow reserves its memory before the first limit
    with contextlib.suppress(EOFError, KeyboardInterrupt):
        while True:
            limits, shown, function, args, kwargs = pipe.recv()
            pipe.send(_work(limits, shown, function, args, kwargs))


def _work(
    limits: Limits, shown: str, function: Callable[..., Any], args: Any, kwargs: Any
) -> tuple[bool, Any]:
    try:
        _limit(limits)
        result = function(*args, **kwargs)
        _check_texts(result, limits, shown)
    except FoncierError as error:
        return False, error
    except MemoryError:
        _limit(None)  # the error takes memory too
        return False, FormatError(
            "parallel.confined.too_large", path=shown, memory_mb=limits.memory_mb
        )
    finally:
        _limit(None)
    return True, result


def _limit(limits: Limits | None) -> None:
    """Limit the memory and the processor time of this process from now on; None: no limit."""
    try:
        import resource  # noqa: PLC0415 (not on Windows)
    except ImportError:
        return
    hard = resource.getrlimit(resource.RLIMIT_AS)[1], resource.getrlimit(resource.RLIMIT_CPU)[1]
    if limits is None:
        resource.setrlimit(resource.RLIMIT_AS, (hard[0], hard[0]))
        resource.setrlimit(resource.RLIMIT_CPU, (hard[1], hard[1]))
        return
    if STATM.exists():
        pages = int(STATM.read_text(encoding="ascii").split()[0])
        size = pages * os.sysconf("SC_PAGE_SIZE") + (limits.memory_mb << 20)
        resource.setrlimit(resource.RLIMIT_AS, (_least(size, hard[0]), hard[0]))
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + 1 + limits.seconds
    resource.setrlimit(resource.RLIMIT_CPU, (_least(seconds, hard[1]), hard[1]))


def _least(asked: int, hard: int) -> int:
    return asked if hard < 0 else min(asked, hard)  # RLIM_INFINITY is negative


def _check_texts(result: Any, limits: Limits, shown: str) -> None:
    """Refuse a table with a longer text than the limit."""
    for table in result if isinstance(result, tuple) else (result,):
        if not isinstance(table, pd.DataFrame):
            continue
        for name in table.select_dtypes(["str"]):
            longest = table[name].str.len().max()
            if longest > limits.text_chars:
                raise FormatError(
                    "parallel.confined.long_text",
                    path=shown,
                    column=str(name),
                    length=int(longest),
                    most=limits.text_chars,
                )
