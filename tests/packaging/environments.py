"""Install the wheel in empty environments and run every command of it.

Usage: ``python -m tests.packaging.environments [RESOLUTION…] [--python PATH…]``. A resolution is
``lowest-direct`` (the oldest versions that ``pyproject.toml`` allows of what it names) or
``highest`` (the newest); both without an argument. A Python is the one that runs this, or those
given. The metadata of a package can say that versions fit together that do not: only a run tells.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.packaging.installed import check

ROOT = Path(__file__).parents[2]
RESOLUTIONS = ("lowest-direct", "highest")
UNREACHABLE = "Failed to fetch"  # what uv says where the package index does not answer


class NoIndexError(Exception):
    """The package index cannot be reached: nothing is known of the dependencies."""


def uv(*words: object) -> None:
    """Run uv of this environment, with the certificates of the machine, as pip has them."""
    env = {**os.environ, "UV_SYSTEM_CERTS": "1", "UV_NATIVE_TLS": "1"}
    command = [sys.executable, "-m", "uv", *map(str, words)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    sys.stderr.write(done.stderr)
    if done.returncode and UNREACHABLE in done.stderr:
        raise NoIndexError
    done.check_returncode()


def environment(folder: Path, wheel: Path, python: str, resolution: str) -> Path:
    """Program ``foncier`` of a new environment with the wheel and what a resolution allows."""
    locked = folder / "requirements.txt"
    chosen = ("--python", python, "--resolution", resolution, "--no-build")
    uv("pip", "compile", "-q", "--no-header", *chosen, ROOT / "pyproject.toml", "-o", locked)
    uv("venv", "-q", "--python", python, folder / "env")
    place = folder / "env" / ("Scripts" if sys.platform == "win32" else "bin")
    into = ("--python", place / "python")
    uv("pip", "install", "-q", "--no-build", *into, "-r", locked)
    uv("pip", "install", "-q", *into, "--no-deps", wheel)
    return place / "foncier"


def main(words: list[str]) -> bool:
    """Whether every command worked in every environment."""
    parser = argparse.ArgumentParser()
    parser.add_argument("resolutions", nargs="*", default=RESOLUTIONS, metavar="RESOLUTION")
    parser.add_argument("--python", nargs="+", default=[sys.executable], metavar="PATH")
    given = parser.parse_args(words)
    good = True
    with tempfile.TemporaryDirectory() as folder:
        uv("build", "-q", "--wheel", "-o", Path(folder) / "dist", ROOT)
        (wheel,) = (Path(folder) / "dist").glob("*.whl")
        for number, python in enumerate(given.python):
            for resolution in given.resolutions:
                place = Path(folder) / f"{number}-{resolution}"
                place.mkdir()
                print(f"{python}, {resolution}")
                good &= check(str(environment(place, wheel, python, resolution)))
    return good


if __name__ == "__main__":
    try:
        sys.exit(0 if main(sys.argv[1:]) else 1)
    except NoIndexError:
        print("SKIPPED: the package index does not answer; no environment was tried.")
