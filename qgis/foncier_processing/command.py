"""Run the command foncier in its own environment, with its progress, until it ends or is stopped.

The Python of QGIS is left alone: foncier is a program of its own, and what QGIS sets for its
Python, GDAL and PROJ is not passed on to it.
"""

import os
import queue
import re
import shutil
import signal
import subprocess
import threading
from pathlib import Path

from processing.core.ProcessingConfig import ProcessingConfig
from qgis.core import QgsProcessingException

from .words import language, word

SETTING = "FONCIER_COMMAND"
# Variables by which QGIS leads its own libraries.
LEFT_OUT = re.compile(
    r"PYTHON.*|GDAL_.*|OGR_.*|PROJ_.*|QT_.*|QGIS_.*|O4W_.*|LD_LIBRARY_PATH|DYLD_.*|VIRTUAL_ENV"
)
STEP = re.compile(r"\[(\d+)/(\d+)\] (.*)")
ERROR_LINES = 15
POLL_S, GRACE_S = 0.2, 5.0


def find_command():
    """Return the path of the command: that of the setting, else that of ``PATH``."""
    written = (ProcessingConfig.getSetting(SETTING) or "").strip()
    home = Path.home() / ".local" / "bin"
    places = os.pathsep.join([os.environ.get("PATH", ""), str(home)])
    found = shutil.which(written) if written else shutil.which("foncier", path=places)
    if found is None:
        raise QgsProcessingException(word("no_command"))
    return found


def environment():
    """Return the variables of the command: those of the desktop, without those of QGIS."""
    kept = {name: value for name, value in os.environ.items() if not LEFT_OUT.fullmatch(name)}
    return {
        **kept,
        "COLUMNS": "120",
        "FONCIER_LANG": language(),
        "FONCIER_PROGRESS": "lines",
        "NO_COLOR": "1",
        "PYTHONUTF8": "1",
    }


def run(arguments, feedback):
    """Run a command, show what it prints, and return that as one text.

    Raises
    ------
    QgsProcessingException
        The command is missing, failed, or was stopped by the user.
    """
    order = [find_command(), *arguments]
    feedback.pushCommandInfo(" ".join(order))
    group = {"start_new_session": True} if os.name == "posix" else {}
    process = subprocess.Popen(  # noqa: S603 (a list, no shell)
        order,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        **group,
    )
    lines = _watch(process, feedback)
    if feedback.isCanceled():
        raise QgsProcessingException(word("cancelled"))
    if process.returncode:
        last = "\n".join(line for line in lines if line.strip())
        last = "\n".join(last.splitlines()[-ERROR_LINES:])
        raise QgsProcessingException(
            word("failed", command=arguments[0], code=process.returncode, output=last)
        )
    return "\n".join(lines)


def _watch(process, feedback):
    """Show the lines as they come, and stop the command when the user asks."""
    arrived, lines = queue.Queue(), []
    threading.Thread(target=_read, args=(process, arrived), daemon=True).start()
    while True:
        try:
            line = arrived.get(timeout=POLL_S)
        except queue.Empty:
            if feedback.isCanceled():
                _stop(process)
            continue
        if line is None:
            process.wait()
            return lines
        _show(line, feedback, lines)
        if feedback.isCanceled():
            _stop(process)


def _read(process, arrived):
    for line in process.stdout:
        arrived.put(line.rstrip("\n"))
    arrived.put(None)


def _show(line, feedback, lines):
    step = STEP.fullmatch(line.strip())
    if step is None:
        lines.append(line)
        feedback.pushInfo(line)
        return
    done, total, name = step.groups()
    feedback.setProgress(100 * int(done) / int(total))
    feedback.setProgressText(name)


def _stop(process):
    """End the command and what it started, by force after `GRACE_S` seconds."""
    if process.poll() is not None:
        return
    _send(process, signal.SIGTERM)
    try:
        process.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        _send(process, getattr(signal, "SIGKILL", signal.SIGTERM))


def _send(process, sign):
    if os.name == "posix":
        try:
            os.killpg(process.pid, sign)
        except ProcessLookupError:
            return
    else:
        process.terminate()
