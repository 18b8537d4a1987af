"""End a run by SIGTERM, SIGHUP and SIGKILL at ten moments each: no process of it may be left.

``python -m tests.hardening.ending [MOMENTS] [ARGUMENTS OF foncier run…]``
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT

KINDS = ("SIGTERM", "SIGHUP", "SIGKILL")
LEFT_S = 5.0  # after which no process may be left
DEMO = ("run", "--tiles", "4", "--scheduler", "processes", "-q")


@dataclass(frozen=True)
class Ending:
    """How a process ended: exit code, its last words, processes and scratch folders left."""

    code: int
    words: str
    processes: tuple[str, ...]
    scratch: tuple[str, ...]
    seconds: float


def end(
    kind: str, command: list[str], folder: Path, after_s: float, *, ready: bool = False
) -> Ending:
    """Start a command in a session of its own, signal it alone after a while, and look.

    ``ready``: the while begins when the command has its handler of SIGTERM.
    """
    temporary = folder / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(ROOT / "src")}
    process = subprocess.Popen(
        with_default_signals(command),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env=environment, start_new_session=True,
    )  # fmt: skip
    while ready and not has_handler(process.pid):
        time.sleep(0.005)
    time.sleep(after_s)
    process.send_signal(getattr(signal, kind))
    sent = time.monotonic()
    try:
        words = process.communicate(timeout=60)[0]
    except subprocess.TimeoutExpired:
        words = "still open after 60 s"
    seconds = time.monotonic() - sent
    while (left := of_session(process.pid)) and time.monotonic() < sent + LEFT_S:
        time.sleep(0.1)
    for one in left:
        os.kill(int(one.split()[0]), signal.SIGKILL)
    scratch = tuple(str(p.relative_to(folder)) for p in folder.rglob(".foncier-*"))
    return Ending(process.wait(), words, left, scratch, seconds)


def with_default_signals(command: list[str]) -> list[str]:
    """Command that takes the signals that its parent ignores, as under ``nohup`` or ``&``."""
    program = (
        "import os, signal, sys\n"
        "for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):\n"
        "    signal.signal(number, signal.SIG_DFL)\n"
        "os.execv(sys.argv[1], sys.argv[1:])"
    )
    return [sys.executable, "-c", program, *command]


def has_handler(pid: int) -> bool:
    """Tell whether a process handles SIGTERM itself."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1)


def of_session(session: int) -> tuple[str, ...]:
    """Processes of a session that are alive: number and command."""
    listed = subprocess.run(
        ["ps", "-o", "pid=,stat=,args=", "-s", str(session)],
        capture_output=True, text=True, check=False,
    ).stdout.splitlines()  # fmt: skip
    return tuple(line.strip() for line in listed if line.split()[1][0] != "Z")


def main(moments: int, arguments: list[str]) -> int:
    """Run the campaign; print a row an ending, return the number of wrong ones."""
    command = [sys.executable, "-m", "foncier", *arguments]
    with tempfile.TemporaryDirectory() as place:
        began = time.monotonic()
        subprocess.run([*command, "--out", f"{place}/whole"], check=True)
        whole = time.monotonic() - began
    wrong = 0
    for kind in KINDS:
        for n in range(moments):
            with tempfile.TemporaryDirectory() as place:
                after = whole * (n + 0.1) / moments
                found = end(kind, [*command, "--out", f"{place}/out"], Path(place), after)
            ended = found.code in {0, 130} or kind == "SIGKILL"
            kept = found.scratch if kind != "SIGKILL" else ()
            bad = bool(found.processes or kept or not ended or "Traceback" in found.words)
            wrong += bad
            print(
                f"{kind} {after:5.1f} s: code {found.code}, {found.seconds:.1f} s, "
                f"{len(found.processes)} left, {kept} {found.words.strip()[-60:]!r}"
                f"{' WRONG' if bad else ''}",
                flush=True,
            )
    print(f"{len(KINDS) * moments} endings, {wrong} wrong; an undisturbed run takes {whole:.1f} s")
    return wrong


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    sys.exit(bool(main(count, sys.argv[2:] or list(DEMO))))
