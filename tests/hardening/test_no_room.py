"""Every command that writes, on a disk that is full, read-only, refused, or taken by a file."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = {"run", "sheets", "export xlsx", "export flatgeobuf", "export geojson", "fetch"}


def test_one_error_and_unchanged_former_files() -> None:
    if sys.platform != "linux" or not shutil.which("unshare"):
        pytest.skip("no file system can be mounted here: no unshare")
    alone = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]
    can = subprocess.run(
        [*alone, "mount", "-t", "tmpfs", "none", "/mnt"],
        capture_output=True,
        text=True,
        check=False,
    )
    if can.returncode:
        pytest.skip(f"no file system can be mounted here: {can.stderr.strip()}")
    command = [*alone, sys.executable, "-m", "tests.hardening.no_room", "0"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    report = [json.loads(line) for line in done.stdout.splitlines()]
    assert not [one for one in report if not one["good"]], done.stderr
    assert {one["command"] for one in report} == COMMANDS, done.stderr
    assert len(report) == 4 * len(COMMANDS) + 1
    assert not [one for one in report if "/.foncier" in one["said"]]
