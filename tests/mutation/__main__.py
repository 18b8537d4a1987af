"""Mutation testing: change one thing in a module and see whether the module's tests notice.

    make mutation                                     # every module of modules.toml
    make mutation MODULES="scoring/criteria.py"                   # some of them

mutmut changes the functions. It leaves constants of a module alone, and these hold thresholds:
each numeric one is tried at four fifths and at five quarters of its value here. The report goes to
artefacts/mutation.md; the exit code is 1 when a module kills less than its share.
"""

from __future__ import annotations

import argparse
import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CONFIG = Path(__file__).with_name("modules.toml")
REPORT = ROOT / "artefacts" / "mutation.md"
NOTICED = {"killed", "timeout", "segfault"}
FACTORS = (0.8, 1.25)
# Neither tracebacks nor a sweep of the memory after each mutant: half of the time goes there.
QUICK = ["--tb=no", "-p", "no:unraisableexception", "-p", "no:cacheprovider"]
PYTEST = ["-x", "-q", *QUICK, "--import-mode=importlib"]


# The same examples each time, and none made smaller: only whether a test fails counts.
PROFILE = {"FONCIER_HYPOTHESIS": "mutation"}
# Differences of many mutants in one process: the command of mutmut shows one.
SHOW = (
    "import sys; from mutmut.mutation.diff_apply import get_diff_for_mutant as diff\n"
    "for name in sys.argv[1:]: print(diff(name), end='\\0')"
)


@dataclass(frozen=True)
class Outcome:
    """Mutants of one module: how many ran, the changes that no test noticed, seconds taken."""

    module: str
    total: int
    survivors: tuple[str, ...]
    seconds: float

    @property
    def killed_share(self) -> float:
        """Share of the mutants that a test noticed; 1 for a module without any."""
        return 1 - len(self.survivors) / self.total if self.total else 1.0


def run_module(module: str, tests: list[str], work: Path, tuning: list[str]) -> Outcome:
    """Try every mutant of one module in a copy of the project below ``work``."""
    started = time.monotonic()
    for name in ("src", "tests"):
        (work / name).symlink_to(ROOT / name, target_is_directory=True)
    pytest = (ROOT / "pyproject.toml").read_text("utf-8").split("[tool.pytest.ini_options]")[1]
    (work / "pyproject.toml").write_text(
        f'[tool.mutmut]\nsource_paths = ["src"]\nonly_mutate = ["src/foncier/{module}"]\n'
        f"do_not_mutate_patterns = {tuning}\n"
        f"pytest_add_cli_args_test_selection = {tests}\npytest_add_cli_args = {PYTEST[2:]}\n"
        f"[tool.pytest.ini_options]{pytest.split('[tool.')[0]}",
        "utf-8",
    )
    mutmut = str(Path(sys.executable).with_name("mutmut"))
    run = _in(work, mutmut, "run", "--max-children", "1")
    listed = _in(work, mutmut, "results", "--all", "true").stdout.splitlines()
    status = dict(line.strip().rsplit(": ", 1) for line in listed if "__mutmut_" in line)
    if run.returncode or not status or "not checked" in status.values():
        sys.exit(f"{module}: mutmut stopped.\n{run.stdout[-3000:]}{run.stderr[-3000:]}")
    missed = [name for name, found in status.items() if found not in NOTICED]
    shown = _in(work, sys.executable, "-c", SHOW, *missed).stdout.split("\0")[: len(missed)]
    survivors = [_changed_lines(diff) for diff in shown]
    constants = _run_constants(module, tests, work / "mutants", tuning)
    survivors += [change for change, killed in constants if not killed]
    total = len(status) + len(constants)
    return Outcome(module, total, tuple(survivors), time.monotonic() - started)


def _in(work: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a folder, where only the copy of foncier can be imported."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | PROFILE
    return subprocess.run(
        command, cwd=work, env=environment, check=False, capture_output=True, text=True
    )


def _changed_lines(diff: str) -> str:
    return "\n".join(
        line
        for line in diff.splitlines()
        if line.startswith(("+", "-")) and not line.startswith(("+++", "---"))
    )


def _run_constants(
    module: str, tests: list[str], copy: Path, tuning: list[str]
) -> list[tuple[str, bool]]:
    """Each change of a numeric constant at the top of a module, and whether a test noticed it."""
    source = (ROOT / "src/foncier" / module).read_text("utf-8")
    target = copy / "src/foncier" / module
    environment = os.environ | PROFILE | {"PYTHONPATH": f"{copy / 'src'}{os.pathsep}{copy}"}
    found = []
    for before, after in constant_changes(source, tuning):
        target.write_text(source.replace(before, after, 1), "utf-8")
        run = subprocess.run(
            [sys.executable, "-m", "pytest", *PYTEST, *tests],
            cwd=copy,
            env=environment,
            check=False,
            capture_output=True,
        )
        found.append((f"-{before}\n+{after}", run.returncode == 1))
    return found


def constant_changes(source: str, tuning: list[str]) -> list[tuple[str, str]]:
    """Lines of the numeric constants of a module, each with a smaller and a greater value."""
    found = []
    for node in ast.parse(source).body:
        line = ast.get_source_segment(source, node) or ""
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=value)) if (
                isinstance(value, int | float) and not any(re.search(t, line) for t in tuning)
            ):
                found += [(line, f"{name} = {type(value)(value * factor)}") for factor in FACTORS]
    return found


def report(outcomes: list[Outcome], least: float, reasons: dict[str, str]) -> str:
    """Table of the modules, then the changes that no test noticed, by why they change nothing."""
    rows = [
        f"| `{one.module}` | {one.total} | {one.total - len(one.survivors)} | "
        f"{one.killed_share:.1%} | {len(one.survivors)} | {one.seconds:.0f} |"
        for one in outcomes
    ]
    lines = [
        f"At least {least:.0%} of the mutants of a module are killed.",
        "",
        "| module | mutants | killed | share | survivors | s |",
        "|---|--:|--:|--:|--:|--:|",
        *rows,
    ]
    for one in outcomes:
        lines += ["", f"## `{one.module}`"] if one.survivors else []
        by_reason: dict[str, list[str]] = {}
        for change in one.survivors:
            by_reason.setdefault(reason_of(change, reasons), []).append(change)
        for why, changes in sorted(by_reason.items()):
            lines += ["", f"{why} ({len(changes)}):", "", "```diff", "\n".join(changes), "```"]
    return "\n".join(lines) + "\n"


def reason_of(change: str, reasons: dict[str, str]) -> str:
    """Why a change that survives changes no result, by the first pattern that its lines hold."""
    known = (why for pattern, why in reasons.items() if re.search(pattern, change))
    return next(known, "To be looked at")


def main() -> int:
    """Run the modules named on the command line, or all."""
    config = tomllib.loads(CONFIG.read_text("utf-8"))
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("modules", nargs="*", help="modules of modules.toml, all when absent")
    asked = parser.parse_args().modules or list(config["modules"])
    outcomes: list[Outcome] = []
    REPORT.parent.mkdir(exist_ok=True)
    for module in asked:
        work = Path(tempfile.mkdtemp(prefix="foncier-mutation-"))
        try:
            outcomes.append(run_module(module, config["modules"][module], work, config["tuning"]))
        finally:
            shutil.rmtree(work)
        one = outcomes[-1]
        print(
            f"{module:24} {one.total:5} mutants  {one.killed_share:6.1%} killed  "
            f"{len(one.survivors):4} survive  {one.seconds:4.0f} s",
            flush=True,
        )
        text = report(outcomes, config["least_killed"], config["reasons"])
        REPORT.write_text(text, "utf-8")
    return int(any(one.killed_share < config["least_killed"] for one in outcomes))


if __name__ == "__main__":
    sys.exit(main())
