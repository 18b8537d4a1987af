"""A few of the points where a run and a fetch are killed; ``make hardening`` takes fifty each."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(sys.platform != "linux", reason="CPU clocks of other processes")
@pytest.mark.parametrize("job", ["run", "fetch"])
def test_after_a_kill_the_next_run_gives_the_same_bytes(job: str) -> None:
    command = [sys.executable, "-m", "tests.hardening.killing", job, "6"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["faults"] == {}
    assert sum(report["killed"].values()) + len(report["over"]) == 6
    assert report["killed"]["step"] == 2  # two at least never depend on time
