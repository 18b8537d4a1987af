"""Workers end with their parent, signals interrupt from the first moment, one command a study."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from typing import TYPE_CHECKING, Any

import pytest
from tests.conftest import ROOT
from tests.hamlet import hamlet
from tests.hardening.ending import KINDS, end, of_session, with_default_signals
from tests.test_cli import foncier

from foncier._util.lifetime import Interrupted
from foncier._util.scratch import FOLDER_LOCK, exclusive, swept
from foncier._util.storage import atomic_folder
from foncier.errors import ExportError
from foncier.parallel import executors
from foncier.pipeline import tiles
from foncier.study import published

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals and ps of Linux")

# Two workers that sleep, or compute without ever giving way to another thread.
RUN = textwrap.dedent("""
    import sys, time
    from pathlib import Path
    from foncier._util.lifetime import interrupt_on_signals
    from foncier.parallel import executors
    from tests.hardening import test_lifetimes
    if __name__ == "__main__":
        interrupt_on_signals()
        job = getattr(test_lifetimes, sys.argv[1])
        started = Path(sys.argv[2])
        try:
            for _ in executors.processes(2).run(job, [started / "1", started / "2"]):
                pass
        except KeyboardInterrupt:
            sys.exit(130)
""")


def sleeps(started: Path) -> None:
    """Job that never ends."""
    started.touch()
    time.sleep(600)


def computes(started: Path) -> None:
    """Job that never ends, in one call of C that holds the interpreter."""
    started.touch()
    sum(range(10**12))


def wait_for(*paths: Path) -> None:
    deadline = time.monotonic() + 60
    while not all(path.exists() for path in paths):
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("job", ["sleeps", "computes"])
def test_workers_end_with_their_parent(kind: str, job: str, tmp_path: Path) -> None:
    script = tmp_path / "run.py"
    script.write_text(RUN, encoding="utf-8")
    places = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
    process = subprocess.Popen(
        with_default_signals([sys.executable, str(script), job, str(tmp_path)]),
        env={**os.environ, "PYTHONPATH": places},
        start_new_session=True,
    )
    wait_for(tmp_path / "1", tmp_path / "2")
    assert len(of_session(process.pid)) >= 3
    process.send_signal(getattr(signal, kind))
    assert process.wait(timeout=10) == (-9 if kind == "SIGKILL" else 130)
    deadline = time.monotonic() + 5
    while of_session(process.pid):
        assert time.monotonic() < deadline, of_session(process.pid)
        time.sleep(0.1)


@pytest.mark.parametrize("kind", ["SIGTERM", "SIGHUP", "SIGINT"])
@pytest.mark.parametrize("after_s", [0.0, 0.3, 1.0])
def test_a_signal_in_the_first_second_interrupts(kind: str, after_s: float, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "foncier", "run", "-q", "--out", str(tmp_path / "out")]
    ending = end(kind, command, tmp_path, after_s, ready=True)
    assert ending.code == 130, ending
    assert "Traceback" not in ending.words
    assert not ending.processes
    assert not ending.scratch
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("other", ["RuntimeError('Error while accessing batch')", "None"])
def test_an_interruption_that_a_library_turns_into_an_error_is_one(other: str) -> None:
    program = (
        "import signal; from foncier._util.lifetime import interrupt_on_signals\n"
        "from foncier.cli.console import report_errors; import typer\n"
        "interrupt_on_signals()\n"
        "try:\n"
        "    with report_errors(debug=False):\n"
        "        try:\n            signal.raise_signal(signal.SIGTERM)\n"
        f"        except KeyboardInterrupt as it:\n            raise {other} or it\n"
        "except typer.Exit as end:\n    print(end.exit_code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "130"


def test_an_ignored_hangup_stays_ignored(tmp_path: Path) -> None:
    program = (
        "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN);"
        "from foncier._util.lifetime import interrupt_on_signals; interrupt_on_signals();"
        "signal.raise_signal(signal.SIGHUP); print('goes on')"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "goes on\n"


def test_one_command_a_study_says_who_holds_it(tmp_path: Path) -> None:
    study = hamlet(tmp_path / "etude")
    program = (
        "import sys, time; from pathlib import Path; from foncier._util.scratch import exclusive\n"
        "with exclusive(Path(sys.argv[1]), 'foncier fetch'):\n    time.sleep(600)"
    )
    holder = subprocess.Popen([sys.executable, "-c", program, str(study)])
    lock = study / FOLDER_LOCK
    try:
        wait_for(lock)
        while not lock.read_bytes():
            time.sleep(0.05)
        done = foncier("convert", study)
        assert done.returncode == 5
        assert f"« foncier fetch », processus {holder.pid}" in done.stderr.replace("\u00a0", " ")
        assert not (study / "convertis").exists()
    finally:
        holder.kill()
        holder.wait()
    assert lock.exists(), "the lock of a killed command does not hold"
    assert foncier("convert", study).returncode == 0
    assert not lock.exists()


def test_a_lock_is_released_after_an_error_and_creates_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "new"

    def fails() -> None:
        with exclusive(folder, "foncier convert"):
            assert json.loads((folder / FOLDER_LOCK).read_text())["pid"] == os.getpid()
            with pytest.raises(ExportError, match="foncier convert"), exclusive(folder, "x"):
                pass
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert not folder.exists()


def test_a_signal_that_the_import_system_would_lose_is_raised_again() -> None:
    """Python ignores what is raised in the callback that drops the lock of a module."""
    program = (
        "import signal, time\n"
        "from foncier._util.lifetime import Interrupted, interrupt_on_signals\n"
        # A shell starts what runs in its background with SIGINT ignored.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "interrupt_on_signals()\n"
        "code = compile('def cb():\\n    signal.raise_signal(signal.SIGINT)',"
        " '<frozen importlib._bootstrap>', 'exec')\n"
        "names = {'signal': signal}\nexec(code, names)\n"
        "try:\n    names['cb']()\n    print('returned', flush=True)\n    time.sleep(5)\n"
        "except Interrupted:\n    print('interrupted')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split() == ["returned", "interrupted"]


def test_an_interrupted_search_in_tiles_leaves_no_scratch_folder(tmp_path: Path) -> None:
    """The signal arrives between two tiles, while a worker writes the next one."""
    began = tmp_path / "began"

    def interrupt(ended: int, _: int) -> None:
        if ended:
            raise Interrupted

    out = tmp_path / tiles.FOLDER
    jobs = [tiles.Job(tiles.Tile(str(n)), _search(out), "") for n in range(2)]
    tiling = tiles.Tiling("2", _Writing(began), tmp_path, progress=interrupt)
    search = tiles._Execution(tiling, jobs)
    with pytest.raises(Interrupted), swept(out):
        search.run()
    assert not list(out.glob(".foncier-*"))


class _Writing:
    """Executor that ends its first job as soon as its second one writes, without end."""

    def __init__(self, began: Path) -> None:
        self.began = began

    def run(self, _: Any, jobs: Any) -> Any:
        folders = [(job.folder, self.began, bool(n)) for n, job in enumerate(jobs)]
        for n, _name in executors.processes(2).run(writes, folders):
            yield n, jobs[n].tile.name


def writes(job: tuple[Path, Path, bool]) -> None:
    """Job that ends when the other has begun, or never, with its scratch folder there."""
    folder, began, endless = job
    if not endless:
        wait_for(began)
        return
    with atomic_folder(folder, last="x") as new:
        (new / "x").touch()
        began.touch()
        time.sleep(600)


def _search(out: Path) -> Any:
    return tiles.Search(out, (), out, published("foncier-api"), b"", "", {}, "")


USE = "with scratch_folder(Path(sys.argv[1])):\n    Path(sys.argv[2]).touch()\n    "


@pytest.mark.parametrize(
    "work",
    [
        f"def use():\n{textwrap.indent(USE, '    ')}    time.sleep(600)\n"
        "threading.Thread(target=use).start()\ntime.sleep(600)",
        f"{USE}try:\n        time.sleep(600)\n    finally:\n        time.sleep(600)",
    ],
    ids=["a thread works on", "its end takes too long"],
)
def test_a_process_that_is_ended_anyway_removes_its_scratch_folders(
    work: str, tmp_path: Path
) -> None:
    program = (
        "import sys, threading, time\nfrom pathlib import Path\n"
        "from foncier._util.lifetime import end_interrupted, interrupt_on_signals\n"
        "from foncier._util.scratch import scratch_folder\ninterrupt_on_signals()\n"
        f"try:\n{textwrap.indent(work, '    ')}\n"
        "except KeyboardInterrupt:\n    end_interrupted()"
    )
    parent, began = tmp_path / "parent", tmp_path / "began"
    parent.mkdir()
    command = [sys.executable, "-c", program, str(parent), str(began)]
    process = subprocess.Popen(with_default_signals(command))
    wait_for(began)
    process.terminate()
    assert process.wait(timeout=30) == 130
    assert not list(parent.iterdir())
