"""How a process ends: on SIGTERM and SIGHUP as on Ctrl-C, and a child with its parent.

Only modules of Python are imported: the command installs `interrupt_on_signals` first of all.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection
    from types import FrameType

INTERRUPTED = 130  # exit code
ENDINGS = ("SIGTERM", "SIGHUP", "SIGBREAK")  # of a service manager, of a terminal, of Windows
_received: list[int] = []  # numbers of the signals
_last_acts: list[Callable[[], object]] = []
AGAIN_S = 0.02  # after which a signal that would be lost is raised again
PATIENCE_S = 3.0  # for threads that cannot be interrupted
PR_SET_PDEATHSIG = 1  # of <linux/prctl.h>


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, SIGTERM or SIGHUP.

    Not KeyboardInterrupt itself: after one that passed through the import of an extension module,
    CPython ends by SIGINT whatever the exit code is.
    """


def interrupt_on_signals() -> None:
    """Turn SIGTERM and SIGHUP into KeyboardInterrupt, as SIGINT is.

    A signal that the caller ignores stays so (``nohup``). A second one changes nothing while the
    first cleans up; a process whose threads do not end is ended after `PATIENCE_S`.
    """
    for number in _numbers():
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _interrupt)
    if signal.getsignal(signal.SIGINT) == signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)


def _numbers() -> list[signal.Signals]:
    return [getattr(signal, name) for name in ENDINGS if hasattr(signal, name)]


def was_interrupted() -> bool:
    """Tell if a signal has interrupted this process.

    The exception of the signal may have passed through a library that made another one of it: Arrow
    does, when it arrives while a table is streamed.
    """
    return bool(_received)


def _interrupt(number: int, frame: FrameType | None) -> None:
    if _is_unheard(frame):
        signal.signal(signal.SIGALRM, lambda _, later: _interrupt(number, later))
        signal.setitimer(signal.ITIMER_REAL, AGAIN_S)
        return
    _received.append(number)
    if number != signal.SIGINT:  # a person may press Ctrl-C again
        for other in _numbers():
            signal.signal(other, signal.SIG_IGN)
        timer = threading.Timer(PATIENCE_S, _end_anyway)
        timer.daemon = True
        timer.start()
    raise Interrupted


@contextmanager
def before_forced_end(act: Callable[[], object]) -> Iterator[None]:
    """Call a function, the last one first, if the process is ended while its work goes on.

    A process that is interrupted in one long call does not reach its own ``finally``, and nobody
    waits for its threads.
    """
    _last_acts.append(act)
    try:
        yield
    finally:
        _last_acts.remove(act)


def _act_last() -> None:
    for act in reversed(_last_acts.copy()):
        with suppress(OSError):
            act()


def _end_anyway() -> None:
    _act_last()
    os._exit(INTERRUPTED)


def _is_unheard(frame: FrameType | None) -> bool:
    """Tell if an exception raised here is lost, as in the callback of the lock of an import."""
    if frame is None or not hasattr(signal, "setitimer"):
        return False
    code = frame.f_code
    return code.co_name == "cb" and code.co_filename == "<frozen importlib._bootstrap>"


def end_interrupted() -> NoReturn:
    """End an interrupted command: no thread that still reads or downloads is waited for."""
    atexit._run_exitfuncs()  # temporary folders
    _act_last()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # a terminal that was closed
            stream.flush()
    os._exit(INTERRUPTED)


def end_with_parent(
    alive: Connection[Any, Any] | None = None, *, started_by_main: bool = True
) -> None:
    """End this child process as soon as its parent has ended, whatever it does.

    Parameters
    ----------
    alive
        Reading end of a pipe, of which the parent alone has the other end: the child ends too when
        it is closed. None: only the end of the parent counts.
    started_by_main
        False where any thread of the parent may have started this process: the kernel would take
        the end of that thread for the end of the parent.
    """
    import multiprocessing  # noqa: PLC0415 (slow to import)
    from multiprocessing.connection import wait  # noqa: PLC0415

    parent = multiprocessing.parent_process()
    if parent is None:
        return
    if alive is not None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which closes it
    if started_by_main:
        _end_with_thread_of_parent()
    watched: list[Any] = [parent.sentinel, *([] if alive is None else [alive])]

    def watch() -> None:
        wait(watched)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


if sys.platform == "linux":

    def _end_with_thread_of_parent() -> None:
        """Have the kernel kill this process, even while it computes, when its parent ends."""
        import ctypes  # noqa: PLC0415 (slow to import)

        parent = os.getppid()
        prctl = getattr(ctypes.CDLL(None), "prctl", None)
        if prctl is not None:
            prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it ended in between
            os._exit(1)

else:

    def _end_with_thread_of_parent() -> None:
        """Only Linux does this; elsewhere a thread watches."""
