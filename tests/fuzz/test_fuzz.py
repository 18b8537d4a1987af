"""Broken files end in a table or in an error of our tree, never in anything else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from .breaking import numbered, tried
from .formats import every

ROOT = Path(__file__).resolve().parents[2]
FRESH = 4 * len(every())


def test_a_broken_file_ends_in_a_table_or_a_clear_error(tmp_path: Path) -> None:
    faults: dict[str, str] = {}
    for case in numbered(FRESH):
        path = tmp_path / case.name
        path.write_bytes(case.made())
        _, fault = tried(every()[case.name], path)
        faults |= {case.label: fault} if fault else {}
    assert faults == {}


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory and its peak")
@pytest.mark.parametrize("which", ["kept", "bombs"])
def test_what_once_failed_or_would_exhaust_is_read_within_limits(which: str) -> None:
    """In a child of its own, within 10 s and 2 GB a file: else a fault would end the test run."""
    command = [sys.executable, "-m", "tests.fuzz.breaking", which]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["cases"] > 10
    assert told["faults"] == {}


@pytest.mark.parametrize("name", every())
def test_unbroken_it_is_read(name: str, tmp_path: Path) -> None:
    """Else the cases above would only show that a bad file stays bad."""
    good = every()[name]
    path = tmp_path / name
    path.write_bytes(good.whole)
    outcomes, fault = tried(good, path)
    assert (set(outcomes), fault) == ({"read"}, "")
