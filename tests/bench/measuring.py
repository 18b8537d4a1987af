"""Measure one piece of work in a process of its own, contestants in turn.

This module and what it imports stay small: Linux gives a new process the peak memory of the one
that started it, so the runner may hold nothing that a measured process does not.
"""

from __future__ import annotations

import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench.rows import OURS, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

ROOT = Path(__file__).resolve().parents[2]
REAL = Path(os.environ.get("FONCIER_REAL_DATA", ROOT.parent / "shared" / "data"))


@dataclass(frozen=True)
class Asked:
    """How a run of the suite was asked for.

    ``folder`` keeps the drawn cities; ``scratch`` lives as long as the run. Contestants have
    ``turns`` turns at a size, fewer once each has had ``enough_s``; one that would take longer
    than ``patience_s``, by what it took at the size before, is left out and its row says so;
    ``known`` are size and seconds of what former runs measured, by bench, step and contestant.
    """

    sizes: tuple[int, ...]
    folder: Path
    scratch: Path
    turns: int = 2
    enough_s: float = 5.0
    patience_s: float = 30.0
    known: Mapping[tuple[str, str, str], tuple[int, float]] = field(default_factory=dict)


@dataclass
class Turn:
    """One process: what it measured, and what it says of its result.

    ``prepared_s`` is the time that its preparing took, which is no part of the figures.
    """

    prepared_s: float = 0.0
    wall_s: float = 0.0
    cpu_s: float | None = None
    peak_mb: float | None = None
    before_mb: float | None = None
    written: int | None = None
    told: Any = None
    missing: str = ""


@dataclass
class Contestant:
    """One way to do a step, and its turns at the size under way."""

    by: str
    measure: Callable[[int], Turn]
    turns: list[Turn] = field(default_factory=list)
    note: str = ""
    longest: tuple[int, float] = (0, 0.0)  # size and seconds, preparing in it, of the largest

    def ready(self, size: int, patience_s: float) -> bool:
        """Whether to measure it at a size; else ``note`` says why not."""
        known, seconds = self.longest
        if known and seconds * size / known > patience_s:
            self.note = f"left out: {known:,} took {seconds:.0f} s".replace(",", " ")
        return not self.note

    def turn(self, size: int) -> None:
        """Measure once."""
        told = self.measure(size)
        if told.missing:
            self.note = told.missing
            return
        self.turns.append(told)
        self.longest = max(self.longest, (size, told.prepared_s + told.wall_s))


def job(name: str, asked: Asked) -> Callable[[int], Turn]:
    """Measure a job (``module:function`` of `tests.bench.jobs`) in a process of its own."""

    def measure(size: int) -> Turn:
        with tempfile.TemporaryDirectory(dir=asked.scratch) as own:
            out = Path(own) / "measured.json"
            words = [name, str(size), str(asked.folder), str(asked.scratch), str(out)]
            turn = _process([sys.executable, "-m", "tests.bench.child", *words], name)
            said = json.loads(out.read_text(encoding="utf-8"))
        for key, value in said.items():
            setattr(turn, key, value)
        return turn

    return measure


def command(words: Callable[[int], Sequence[str]], asked: Asked) -> Callable[[int], Turn]:
    """Measure ``foncier`` itself, its start and all that it writes."""

    def measure(size: int) -> Turn:
        with tempfile.TemporaryDirectory(dir=asked.scratch) as own:
            said = [*words(size), "--out", f"{own}/out", "-q"]
            turn = _process([sys.executable, "-m", "foncier", "run", *said], " ".join(said))
            turn.written = size_of(Path(own))
        return turn

    return measure


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files of a folder."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def _process(words: list[str], name: str) -> Turn:
    """Run a process to its end; its seconds, those of the processor, and its peak memory."""
    with tempfile.TemporaryFile() as said:
        began = time.perf_counter()
        process = subprocess.Popen(
            words,
            cwd=ROOT,
            stdout=said,
            stderr=said,
            env={**os.environ, "FONCIER_REAL_DATA": str(REAL), "PYTHONHASHSEED": "0"},
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        taken = time.perf_counter() - began
        if process.returncode:
            said.seek(0)
            raise SystemExit(f"{name}: ended with {process.returncode}\n{said.read().decode()}")
    return Turn(0.0, taken, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


@dataclass(frozen=True)
class Step:
    """What is measured, by whom: the first contestant is the one that ratios refer to."""

    bench: str
    step: str
    unit: str
    by: Mapping[str, Callable[[int], Turn]]


def beside(what: Step, sizes: Sequence[int], asked: Asked) -> Iterator[Row]:
    """Measure contestants in turn at each size.

    Raises
    ------
    AssertionError
        Two of them, or two turns of one, did not find the same.
    """
    field_ = [Contestant(by, measure) for by, measure in what.by.items()]
    for one in field_:
        size, seconds = asked.known.get((what.bench, what.step, one.by), (0, 0.0))
        one.longest = (size, seconds) if size < min(sizes, default=0) else one.longest
    for size in sizes:
        began = time.perf_counter()
        for one in field_:
            one.turns = []
        for _ in range(asked.turns if len(field_) > 1 else 1):
            for one in field_:
                if one.by.startswith(OURS) or one.ready(size, asked.patience_s):
                    one.turn(size)
            if time.perf_counter() - began > asked.enough_s * len(field_):
                break
        _agree(f"{what.bench}, {what.step}, {size}", field_)
        for one in field_:
            row = Row(what.bench, what.step, one.by, size, what.unit, note=one.note)
            yield _filled(row, one.turns, field_[0].turns) if one.turns else row


def _agree(what: str, field_: list[Contestant]) -> None:
    first: Any = None
    for one in field_:
        for turn in (turn for turn in one.turns if turn.told is not None):
            first = turn.told if first is None else first
            same = (
                math.isclose(first, turn.told, rel_tol=1e-6)
                if isinstance(first, float)
                else first == turn.told
            )
            assert same, f"{what}: {field_[0].by} {first}, {one.by} {turn.told}"


def _filled(row: Row, turns: list[Turn], first: list[Turn]) -> Row:
    """Medians of the turns, and of the ratios turn by turn."""
    pairs = [(one, other) for one, other in zip(turns, first, strict=False) if one is not other]
    ratio = statistics.median(a.wall_s / b.wall_s for a, b in pairs) if pairs else None
    worked = [turn.cpu_s for turn in turns if turn.cpu_s is not None]
    peaks = [turn.peak_mb for turn in turns if turn.peak_mb is not None]
    held = [turn.before_mb for turn in turns if turn.before_mb is not None]
    return replace(
        row,
        turns=len(turns),
        wall_s=_digits(statistics.median(turn.wall_s for turn in turns)),
        cpu_s=_digits(statistics.median(worked)) if worked else None,
        peak_mb=round(max(peaks)) if peaks else None,
        before_mb=round(max(held)) if held else None,
        written=turns[0].written,
        ratio=None if ratio is None else _digits(ratio),
    )


def _digits(value: float) -> float:
    """Three digits that count: a shared machine gives no more."""
    return float(f"{value:.3g}")
