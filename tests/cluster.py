"""A real dask scheduler and its workers as processes of their own, to be killed."""

from __future__ import annotations

import contextlib
import importlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    Process = subprocess.Popen[bytes]


def free_port() -> int:
    """Port that nobody listens at.

    Not one that the system hands out: while a scheduler is away, a call for it could be given its
    own port, reach itself and hold the place.
    """
    for port in random.sample(range(20_000, 32_000), k=100):
        with socket.socket() as held, contextlib.suppress(OSError):
            held.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no free port")


@dataclass
class Cluster:
    """Processes at one port; all that were started are killed at the end."""

    folder: Path
    port: int = field(default_factory=free_port)
    processes: list[Process] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    def scheduler(self) -> Process:
        """Start the scheduler; it is there when this returns."""
        started = self._start(
            "scheduler",
            "--host",
            "127.0.0.1",
            "--port",
            str(self.port),
            "--no-dashboard",
            "--no-show",
        )
        for _ in range(300):
            with socket.socket() as asked:
                if asked.connect_ex(("127.0.0.1", self.port)) == 0:
                    return started
            time.sleep(0.1)
        raise AssertionError("no scheduler after 30 s")

    def worker(self, *words: str) -> Process:
        """Start a worker (a nanny and its process), which joins when it can."""
        return self._start(
            "worker",
            self.address,
            "--nthreads",
            "1",
            "--no-dashboard",
            "--local-directory",
            str(self.folder),
            *words,
        )

    def ready(self) -> None:
        """Wait until a worker has joined."""
        distributed: Any = importlib.import_module("distributed")
        with distributed.Client(self.address) as client:
            client.wait_for_workers(1, timeout=60)

    def close(self) -> None:
        """Kill all that is left, nannies and their processes."""
        for process in self.processes:
            kill(process)

    def _start(self, *words: str) -> Process:
        command = [sys.executable, "-m", "dask", *words]
        path = os.pathsep.join([str(ROOT), *sys.path])
        started = subprocess.Popen(
            command,
            env=os.environ | {"PYTHONPATH": path},
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.folder,
        )
        self.processes.append(started)
        return started


def kill(process: Process) -> None:
    """Kill a process and all that it started, as a machine that goes off does."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
