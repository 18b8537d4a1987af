"""Break inputs of every kind and see what the readers make of them.

    python -m tests.fuzz.breaking 10000 [first]     so many cases, all inputs in turn
    python -m tests.fuzz.breaking bombs             the files made to exhaust
    python -m tests.fuzz.breaking kept              the files that once found a fault

Each case is read in a child that may take 10 s of CPU (or wait two minutes) and 2 GB more than at
its start; a crash, a hang and a lack of memory are thus those of one case. A case is a name and a
number: the same ones are the same file as long as ``faults.py`` and ``inputs.py`` stay as they are,
so what finds a fault is written to ``kept/`` and read again by every test run.
"""

from __future__ import annotations

import collections
import json
import os
import resource
import select
import signal
import sys
import tempfile
import time
import traceback
import warnings
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from foncier.errors import FoncierError

from .bombs import BOMBS
from .faults import broken
from .formats import every

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .inputs import Input, Read

LONGEST_S, MOST_BYTES = 10, 2 << 30
STUCK_S = 120  # of the clock, for what waits; other programs make a working child slow
KEPT = Path(__file__).with_name("kept")


@dataclass(frozen=True)
class Case:
    """A file to read: what it is called in a report, the good input it was, and its bytes."""

    label: str
    name: str
    made: Callable[[], bytes]


@dataclass(frozen=True)
class End:
    """What became of a case: each reader's outcome, a fault (empty for none), memory in MB."""

    outcomes: tuple[str, ...]
    fault: str
    peak_mb: float


def numbered(count: int, first: int = 0) -> Iterator[Case]:
    """Cases by number, all inputs in turn."""
    inputs = list(every().values())
    for n in range(first, first + count):
        good = inputs[n % len(inputs)]
        label = f"{good.name}:{n // len(inputs)}"
        yield Case(label, good.name, partial(broken, good, Random(label)))


def bombs() -> Iterator[Case]:
    """The files made to exhaust."""
    for label, (name, made) in BOMBS.items():
        yield Case(label, name, made)


def kept() -> Iterator[Case]:
    """Files that once found a fault, by the input that they were."""
    for path in sorted(KEPT.glob("*/*")):
        yield Case(f"{path.parent.name}/{path.name}", path.parent.name, path.read_bytes)


def tried(good: Input, path: Path) -> tuple[list[str], str]:
    """Outcome of each reader of a file, and the first fault; an error of ours or a table is good.

    An error has words, names the file and does not tell where this machine keeps it.
    """
    outcomes, fault = [], ""
    for read in good.readers:
        try:
            outcome, wrong = _outcome(read, path)
        except Exception as crash:  # noqa: BLE001  # this is what is looked for
            outcome, wrong = "crash", _where(crash)
        outcomes.append(outcome)
        fault = fault or wrong
    return outcomes, fault


def _outcome(read: Read, path: Path) -> tuple[str, str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            read(path)
    except FoncierError as error:
        told = str(error)
        wrong = "" if path.name in told else f"an error that does not name the file: {told[:200]}"
        return type(error).__name__, wrong
    return "read", ""


def _where(crash: BaseException) -> str:
    frames = traceback.extract_tb(crash.__traceback__)
    ours = [f for f in frames if f"{os.sep}foncier{os.sep}" in f.filename]
    last = (ours or list(frames))[-1]
    return f"{type(crash).__name__}: {str(crash)[:160]} ({Path(last.filename).name}:{last.lineno})"


def run(cases: Sequence[Case]) -> Iterator[tuple[Case, End]]:
    """Read cases in children, one after the other; a child that dies is replaced."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        at = 0
        while at < len(cases):
            for end in _child(cases[at:], folder):
                yield cases[at], end
                at += 1


def _child(cases: Sequence[Case], folder: Path) -> Iterator[End]:
    """Ends of the cases that one child gets through; the last may be that of its death."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        _work(cases, folder, writing)
    os.close(writing)
    try:
        lines = _Lines(reading, child)
        for case in cases:
            line = lines.next(STUCK_S) and lines.next(LONGEST_S)
            if line is None:
                os.kill(child, signal.SIGKILL)
                yield End((), f"more than {LONGEST_S} s of CPU, or stuck", 0)
                return
            if not line:
                _, status = os.waitpid(child, 0)
                child = 0
                yield End((), f"died of {_death(status)} ({case.name})", 0)
                return
            told = json.loads(line)
            yield End(tuple(told["outcomes"]), told["fault"], told["peak_mb"])
    finally:
        os.close(reading)
        if child:
            os.waitpid(child, 0)


def _death(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


class _Lines:
    """Lines that a child writes, as they come."""

    def __init__(self, reading: int, child: int) -> None:
        self.reading, self.held = reading, b""
        self.clock = (~child << 3) | 2  # its CPU, as clock_getcpuclockid(3) makes it

    def next(self, within_s: float) -> bytes | None:
        """The next line; empty when the child died, None when it used too much CPU or time."""
        until = time.monotonic() + STUCK_S
        used = time.clock_gettime(self.clock) + within_s
        while b"\n" not in self.held:
            ready, _, _ = select.select([self.reading], [], [], 0.2)
            if not ready:
                if time.clock_gettime(self.clock) > used or time.monotonic() > until:
                    return None
                continue
            part = os.read(self.reading, 1 << 16)
            if not part:
                return b""
            self.held += part
        line, self.held = self.held.split(b"\n", 1)
        return line


def _work(cases: Sequence[Case], folder: Path, writing: int) -> None:
    """Read cases until the last; never comes back."""
    try:
        size = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[0])
        most = size * os.sysconf("SC_PAGE_SIZE") + MOST_BYTES
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 2)  # what GDAL and other libraries say of a broken file
        for case in cases:
            path = folder / case.name
            path.write_bytes(case.made())
            resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))
            os.write(writing, b"begun\n")
            before = _peak_mb(fresh=True)
            outcomes, fault = tried(every()[case.name], path)
            told = {"outcomes": outcomes, "fault": fault, "peak_mb": _peak_mb() - before}
            os.write(writing, json.dumps(told).encode() + b"\n")
            path.unlink()
            resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)
    finally:
        os._exit(0)


def _peak_mb(*, fresh: bool = False) -> float:
    """Most memory that this process has held since it was last asked afresh."""
    if fresh:
        Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
    told = Path("/proc/self/status").read_text(encoding="utf-8")
    name = "VmRSS:" if fresh else "VmHWM:"
    return int(told.split(name)[1].split()[0]) / 1024


def main(words: Sequence[str]) -> int:
    """Run the cases, print the faults and what came out; exit code 1 on a fault."""
    lists: dict[str, Callable[[], Iterator[Case]]] = {"bombs": bombs, "kept": kept}
    numbers = [int(word) for word in words if word not in lists]
    cases = list(lists[words[0]]() if words[0] in lists else numbered(*numbers))
    told: collections.Counter[str] = collections.Counter()
    faults: dict[str, list[str]] = {}
    peak, heaviest = 0.0, ""
    for case, end in run(cases):
        told.update(end.outcomes)
        if end.peak_mb > peak:
            peak, heaviest = end.peak_mb, case.label
        if end.fault:
            faults.setdefault(end.fault.split(":")[0] + _place(end.fault), []).append(case.label)
            print(f"{case.label}: {end.fault}", flush=True)
    summary: dict[str, Any] = {
        "cases": len(cases),
        "readings": sum(told.values()),
        "outcomes": dict(told),
        "faults": {kind: labels[:9] for kind, labels in faults.items()},
        "most memory (MB)": round(peak),
        "by": heaviest,
    }
    print(json.dumps(summary, ensure_ascii=False))
    return min(1, len(faults))


def _place(fault: str) -> str:
    return f" ({fault.rsplit('(', 1)[1]}" if fault.endswith(")") else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
