"""The functions of the page that need no browser, in node's own runner."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


def test_pure_functions_of_the_page() -> None:
    program = shutil.which("node")
    if program is None:
        pytest.skip("no node on this machine: the browser tests run the same functions")
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    if int(version.stdout.lstrip("v").split(".")[0]) < 20:
        pytest.skip(f"node {version.stdout.strip()} is older than 20")
    script = Path(__file__).with_name("pure.test.mjs")
    done = subprocess.run(
        [program, "--test", str(script)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "pass 5" in done.stdout
