"""Run the commands of an installed foncier on the demonstration: does this installation work?

Usage: ``python -m tests.packaging.installed FONCIER…``, each the program ``foncier`` of an
environment. Prints a line a command; ends with 1 if one failed. Nothing of the checkout is
imported by the programs: they run in a folder of their own, with an environment of their own.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tempfile
from pathlib import Path

DEMO = Path(__file__).parents[2] / "src" / "foncier" / "demo" / "study"
KEPT = ("PATH", "HOME", "LANG", "SYSTEMROOT", "TEMP", "TMP")


def commands(site: str) -> list[list[str]]:
    """Every command that needs neither a network nor a server, on the result ``demo``."""
    return [
        ["--help"],
        ["check", str(DEMO)],
        ["explain", "demo", site],
        ["new", "etude", "--commune", "80021"],
        ["convert", str(DEMO), "--to", "convertie"],
        ["compare-profiles", str(DEMO), "--out", "profils"],
        ["validate", "demo", "--plan", "5", "--with-rejected", "--out", "visites"],
        ["learn", "demo", "--truth", str(DEMO / "verite.csv"), "--out", "calibration.toml"],
        ["backtest", str(DEMO), "--out", "retour"],
        ["diff", "demo", "demo", "--out", "differences"],
        ["sheets", "demo", "--out", "fiches"],
        ["report", "demo", "--kind", "note", "--out", "note"],
        ["report", "demo", "--kind", "densification", "--out", "densification"],
        ["report", "demo", "--kind", "zan", "--out", "zan"],
        ["export", "demo", "--to", "xlsx,flatgeobuf,geojson", "--out", "export"],
        ["export", "demo", "--qfield", "terrain"],
        ["match", "--template"],
        ["match", "demo", str(DEMO / "besoin.toml"), "--out", "besoins.csv"],
    ]


def works(program: str, words: list[str], folder: str) -> bool:
    """Run one command; print how it ended."""
    env = {name: os.environ[name] for name in KEPT if name in os.environ}
    done = subprocess.run(
        [program, *words],
        cwd=folder,
        env={**env, "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    # What a run says on the way is no error; a warning of Python about our code is.
    wrong = done.returncode != 0 or "Traceback" in done.stderr
    print(f"  {'FAILED' if wrong else 'ok':7}{' '.join(words[:1])}")
    if wrong:
        print(done.stderr[-2000:])
    return not wrong


def check(program: str) -> bool:
    """Run the demonstration, then every command on its result."""
    print(program)
    with tempfile.TemporaryDirectory() as folder:
        if not works(program, ["run", "--out", "demo"], folder):
            return False
        with (Path(folder) / "demo" / "opportunites.csv").open(encoding="utf-8-sig") as file:
            first = next(csv.reader(file, delimiter=";")), next(csv.reader(file, delimiter=";"))
        site = dict(zip(*first, strict=True))["opportunity_id"]
        ended = [works(program, words, folder) for words in commands(site)]
    return all(ended)


if __name__ == "__main__":
    checked = [check(program) for program in sys.argv[1:]]
    sys.exit(0 if all(checked) else 1)
