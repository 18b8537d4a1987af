"""Process of one measurement: prepare, work a second (one to five times), tell.

python -m tests.bench.child MODULE:FUNCTION SIZE FOLDER SCRATCH OUT
"""

from __future__ import annotations

import json
import resource
import statistics
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.bench.jobs import OPTIONAL, Job, Place
from tests.bench.measuring import size_of

CALLS, SECOND = 5, 1.0


def main(name: str, size: int, folder: Path, scratch: Path, out: Path) -> None:
    """Measure the job and write what was measured."""
    module, function = name.split(":")
    began = time.perf_counter()
    try:
        jobs = import_module(f"tests.bench.jobs.{module}")
        job: Job = getattr(jobs, function)(Place(size, folder, scratch, out.parent))
    except ModuleNotFoundError as gone:
        if (gone.name or "").split(".")[0] not in OPTIONAL:
            raise
        told: dict[str, Any] = {"missing": f"not installed: {gone.name}"}
    else:
        prepared = time.perf_counter() - began
        told = {"prepared_s": prepared, **measured(job)}
    out.write_text(json.dumps(told), encoding="utf-8")


def measured(job: Job) -> dict[str, Any]:
    """Seconds of the clock and of the processor, medians of the calls, and what the result says."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    walls: list[float] = []
    processor: list[float] = []
    while not walls or (not job.once and len(walls) < CALLS and sum(walls) < SECOND):
        began, worked = time.perf_counter(), _processor()
        found = job.work()
        walls.append(time.perf_counter() - began)
        processor.append(_processor() - worked)
    told: dict[str, Any] = {
        "wall_s": statistics.median(walls),
        "cpu_s": statistics.median(processor),
    }
    if job.seconds is not None:  # of a browser, whose processor and memory are not this process's
        told = {"wall_s": job.seconds(found), "cpu_s": None, "peak_mb": None}
    written = None if job.written is None else size_of(job.written)
    said = None if job.told is None else job.told(found)
    held = before if job.seconds is None else None
    return {**told, "before_mb": held, "written": written, "told": said}


def _processor() -> float:
    """Seconds of the processor, of the processes that this one waited for too."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


if __name__ == "__main__":
    words = sys.argv[1:]
    main(words[0], int(words[1]), Path(words[2]), Path(words[3]), Path(words[4]))
