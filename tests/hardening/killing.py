"""Kill ``foncier run`` and ``foncier fetch`` at many points, then run them again.

    python -m tests.hardening.killing run 50 [seed]
    python -m tests.hardening.killing fetch 50 [seed]

A process that has imported everything forks once a trial, so that the points lie in the work and
not in the imports (Linux only). The child dies by SIGKILL: at a share of the CPU time that the
undisturbed work takes, at a share of that between its first and its last file operation, or just
before its n-th file operation (open to write, rename, remove, make a folder). What is there then
has to be whole; after one undisturbed run all bytes have to be those of a work never disturbed,
and nothing else may be left, neither in the folder nor in that of temporary files.
"""

from __future__ import annotations

import collections
import contextlib
import importlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Protocol

from foncier._util.destination import MANIFEST, sha256

from .jobs import JOBS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Digests = dict[str, str]

TOUCHING = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.truncate"}
PEEK = os.WEXITED | os.WNOHANG | os.WNOWAIT
TRIES, SOONER = 4, 0.93  # a work that takes less than the measured one may be over before its point
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Job(Protocol):
    """A command that can be killed: where it writes, its starting states, and the command."""

    starts: tuple[str, ...]

    def begin(self, start: str, folder: Path) -> None:
        """Prepare a folder in a starting state."""

    def work(self, folder: Path) -> None:
        """Run the command in a folder."""

    def written(self, folder: Path) -> Path:
        """Folder in which the command writes."""

    def damaged_files(self, folder: Path, former: Digests, new: Digests) -> list[str]:
        """Files of a killed command that are in neither the former nor the new state."""


@dataclass(frozen=True)
class Point:
    """When a command is killed: a share of its time, its writing time, or its file operations."""

    kind: str
    share: float

    def __str__(self) -> str:
        return f"{self.kind} {self.share:.1%}"


@dataclass(frozen=True)
class Course:
    """CPU time of an undisturbed command: total, and up to each file operation."""

    whole_s: float
    steps_s: tuple[float, ...]

    def delay(self, point: Point) -> float:
        """CPU time in seconds of a point."""
        if point.kind == "time":
            return point.share * self.whole_s
        first, last = self.steps_s[0], self.steps_s[-1]
        return first + point.share * (last - first)

    def step(self, point: Point) -> int:
        """Number of the file operation before a point, from 1."""
        return 1 + int(point.share * len(self.steps_s))


def points(count: int, random: Random) -> list[Point]:
    """Points in equal numbers of each kind, stratified over the course."""
    kinds = ("time", "writing", "step")
    each = {kind: len(range(n, count, len(kinds))) for n, kind in enumerate(kinds)}
    return [
        Point(kind, (n + random.random()) / many)
        for kind, many in each.items()
        for n in range(many)
    ]


def file_digests(folder: Path) -> Digests:
    """SHA-256 of every file below a folder, hidden ones too; a manifest without its ``run``."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.name == MANIFEST:
            report = json.loads(path.read_text(encoding="utf-8"))
            found[name] = json.dumps({k: v for k, v in report.items() if k != "run"})
        else:
            found[name] = "folder" if path.is_dir() else sha256(path)
    return found


def fork(work: Callable[[], object], temporary: Path) -> int:
    """Run a function in a silent child process; return the process id."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        tempfile.tempdir = str(temporary)
        os.environ["TMPDIR"] = str(temporary)
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):  # noqa: PTH123
            work()
        code = 0
    except BaseException:  # noqa: BLE001  # a forked child must never go on as its parent
        traceback.print_exc()
    finally:
        os._exit(code)


def exit_code_of(child: int) -> int:
    """Exit code of a child, minus the signal that killed it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def count_operations(folders: Sequence[Path], act: Callable[[int], None]) -> None:
    """Call ``act`` with the number of each file operation below folders, before it happens."""
    count = 0
    within = tuple(map(str, folders))

    def hook(event: str, args: tuple[Any, ...]) -> None:
        nonlocal count
        writes = event == "open" and isinstance(args[2], int) and args[2] & WRITES
        if (writes or event in TOUCHING) and str(args[0]).startswith(within):
            count += 1
            act(count)

    sys.addaudithook(hook)


def measure_course(job: Job, folder: Path, temporary: Path) -> Course:
    """Run the command to its end and measure its course; its imports are imported here, too."""
    report = temporary.with_name("course.json")

    def watched() -> None:
        steps: list[float] = []
        count_operations(
            (job.written(folder), temporary), lambda _: steps.append(time.process_time())
        )
        job.work(folder)
        course = {"whole_s": time.process_time(), "steps_s": steps}
        report.write_text(json.dumps({**course, "modules": sorted(sys.modules)}), encoding="utf-8")

    if exit_code_of(fork(watched, temporary)):
        raise RuntimeError("the undisturbed work failed")
    found = json.loads(report.read_text(encoding="utf-8"))
    for name in found["modules"]:
        if name not in sys.modules:
            with contextlib.suppress(Exception):
                importlib.import_module(name)
    return Course(found["whole_s"], tuple(found["steps_s"]))


def killed(job: Job, folder: Path, temporary: Path, *, step: int, delay_s: float) -> bool:
    """Start the work and kill it at a file operation, else after some CPU; False if it was over.

    The CPU that the child has used tells the time: other programs do not move the points.
    """

    def work() -> None:
        if step:
            count_operations(
                (job.written(folder), temporary), lambda n: die() if n == step else None
            )
        job.work(folder)

    child = fork(work, temporary)
    if not step:
        clock = (~child << 3) | 2  # as clock_getcpuclockid(3) makes it
        while time.clock_gettime(clock) < delay_s and not os.waitid(os.P_PID, child, PEEK):
            time.sleep(0.0005)
        os.kill(child, signal.SIGKILL)
    code = exit_code_of(child)
    if code not in {0, -signal.SIGKILL}:
        raise RuntimeError(f"the work failed by itself ({code})")
    return code != 0


def die() -> None:
    """Kill this process."""
    os.kill(os.getpid(), signal.SIGKILL)


class Trials:
    """The trials of a job: the former and the undisturbed state for each starting state."""

    def __init__(self, job: Job, base: Path) -> None:
        self.job, self.base = job, base
        self.temporary = base / "tmp"
        self.temporary.mkdir()
        self.former: dict[str, Digests] = {}
        self.whole: dict[str, Digests] = {}
        self.course: dict[str, Course] = {}
        for start in job.starts:
            for _ in range(2):  # the first is slowed by its imports
                folder = self._begun(start)
                self.former[start] = file_digests(job.written(folder))
                self.course[start] = measure_course(job, folder, self.temporary)
                self.whole[start] = file_digests(job.written(folder))

    def _begun(self, start: str) -> Path:
        folder = self.base / "work"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        self.job.begin(start, folder)
        return folder

    def trial(self, start: str, point: Point) -> tuple[bool, list[str]]:
        """Whether the command was killed before its end, and the faults of the trial."""
        course = self.course[start]
        for n in range(TRIES):
            folder = self._begun(start)
            step = course.step(point) if point.kind == "step" else 0
            delay_s = SOONER**n * course.delay(point)
            was_killed = killed(self.job, folder, self.temporary, step=step, delay_s=delay_s)
            if was_killed:
                break
            self._emptied()
        former, whole = self.former[start], self.whole[start]
        faults = self.job.damaged_files(folder, former, whole)
        if exit_code_of(fork(lambda: self.job.work(folder), self.temporary)):
            return was_killed, [*faults, "the next run failed"]
        now = file_digests(self.job.written(folder))
        faults += [f"{name} differs" for name in whole if now.get(name) != whole[name]]
        faults += [f"{name} is left over" for name in now if name not in whole]
        faults += [
            f"{name} is left over in the folder of temporary files"
            for name in file_digests(self.temporary)
        ]
        self._emptied()
        return was_killed, faults

    def _emptied(self) -> None:
        shutil.rmtree(self.temporary)
        self.temporary.mkdir()


def main(name: str, count: int, seed: int) -> int:
    """Run the trials and print one line of JSON; exit code 1 on a fault."""
    killed_counts: collections.Counter[str] = collections.Counter()
    over: list[str] = []
    faults: dict[str, Sequence[str]] = {}
    with tempfile.TemporaryDirectory() as made, JOBS[name](Path(made)) as job:
        trials = Trials(job, Path(made))
        for n, point in enumerate(points(count, Random(seed))):
            start = job.starts[n % len(job.starts)]
            killed_early, found = trials.trial(start, point)
            killed_counts[point.kind] += killed_early
            over += [] if killed_early else [str(point)]
            if found:
                faults[f"{start}, {point}"] = found
        courses = {
            start: [round(c.whole_s, 2), len(c.steps_s)] for start, c in trials.course.items()
        }
    report = {
        "job": name,
        "seed": seed,
        "points": count,
        "killed": dict(killed_counts),
        "over": over,
        "seconds of CPU and file operations": courses,
        "faults": faults,
    }
    print(json.dumps(report, ensure_ascii=False))
    return min(1, len(faults))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 0))
