"""Every command that writes: full disk, read-only disk, no permission, a file in its place.

    unshare -m python -m tests.hardening.no_room [room in kB ...]

A tmpfs is mounted (as root, or in a user namespace), the former deliverables are put there, and
all but so many kB are filled. The command then has to end in one error of ours, with its exit
code, and the former deliverables have to be there byte for byte, with nothing beside them; where
there is room enough, it has to end well and leave nothing behind.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from typer.testing import CliRunner

from foncier._util.destination import LEDGER
from foncier.cli import app

from .jobs import fetching_job, running
from .killing import file_digests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .killing import Digests

    Report = dict[str, object]

SIZE_KB = 8000
ROOMS_KB = [0, 8, 40, 150, 400, 900]
NOBODY = 65534
FORMS = ("xlsx", "flatgeobuf", "geojson")


class Disk:
    """A small disk, mounted at a folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self._mount("-t", "tmpfs", "-o", f"size={SIZE_KB}k", "none", str(folder))

    def fill(self, room_kb: int) -> None:
        """Fill the disk but for some free space."""
        free = shutil.disk_usage(self.folder).free - 1024 * room_kb
        with (self.folder / "filling").open("wb") as file:
            file.write(b"0" * max(0, free))

    def clear(self) -> None:
        """Remove all files."""
        for one in self.folder.iterdir():
            shutil.rmtree(one) if one.is_dir() else one.unlink()

    def lock(self, how: str) -> None:
        """Make the disk read-only (``ro``) or writable (``rw``)."""
        self._mount("-o", f"remount,{how}", str(self.folder))

    def leave(self) -> None:
        """Unmount the disk."""
        subprocess.run(["umount", str(self.folder)], check=True)

    def _mount(self, *arguments: str) -> None:
        subprocess.run(["mount", *arguments], check=True, capture_output=True)


class Case:
    """A command that writes to a folder, and the files of a former run."""

    def __init__(self, name: str, arguments: Callable[[Path], list[str]], former: Path) -> None:
        self.name, self.arguments, self.former = name, arguments, former

    def run(self, place: Path) -> tuple[Report, Digests, Digests]:
        """Output of the command, and the digests of its folder before and after."""
        before = file_digests(place) if place.is_dir() else {}
        answer = CliRunner().invoke(app, self.arguments(place))
        now = file_digests(place) if place.is_dir() else {}
        errors = answer.output.count("Erreur")
        report: Report = {
            "command": self.name,
            "code": answer.exit_code,
            "errors": errors,
            "said": answer.output.strip()[-400:],
        }
        fault = answer.exception
        if fault is not None and not isinstance(fault, SystemExit):
            report["crash"] = repr(fault)
        return report, before, now


def cases(base: Path, fetched: Path) -> Iterator[Case]:
    """Commands that write, each with the files of a former run."""
    with running(base) as run:
        study, result = str(run.study), run.former  # type: ignore[attr-defined]
    yield Case("run", lambda out: ["run", study, "--out", str(out), "-q"], result)
    # What the former sheets are about is named by the place of the result, seen from theirs: the
    # trials copy them elsewhere.
    top = ["--top", "1", "-q", "--replace"]
    sheets = base / "sheets"
    CliRunner().invoke(app, ["sheets", str(result), "--out", str(sheets), *top])
    yield Case("sheets", lambda out: ["sheets", str(result), "--out", str(out), *top], sheets)
    forms = base / "forms"
    for form in FORMS:
        CliRunner().invoke(app, ["export", str(result), "--to", form, "--out", str(forms)])

    def asked(form: str) -> Callable[[Path], list[str]]:
        return lambda out: ["export", str(result), "--to", form, "--out", str(out), "--replace"]

    for form in FORMS:
        yield Case(f"export {form}", asked(form), forms)
    yield Case("fetch", lambda out: ["fetch", str(out), "--refresh"], fetched)


def assess(what: str, report: Report, before: Digests, now: Digests, *, code: int = 5) -> Report:
    """Tell whether a command ended correctly: with one error and unchanged files, or complete.

    ``fetch`` replaces its files one by one: those that it had before the error are new and whole.
    """
    same = now == before or (report["command"] == "fetch" and set(now) == set(before))
    refused = report["code"] == code and report["errors"] == 1 and same
    litter = [name for name in now if "/." in f"/{name}" and Path(name).name != LEDGER]
    done = report["code"] == 0 and not litter and what.startswith(("full", "temporary"))
    return {"what": what, **report, "intact": now == before, "good": refused or done}


def try_full_temporary_folder(case: Case, disk: Disk, base: Path) -> Report:
    """Try a command whose folder of temporary files is full; it may not need that folder."""
    place = base / "place"
    shutil.copytree(case.former, place)
    disk.fill(0)
    former, tempfile.tempdir = tempfile.gettempdir(), str(disk.folder)
    report, before, now = case.run(place)
    tempfile.tempdir = former
    disk.clear()
    shutil.rmtree(place)
    return assess("temporary folder full", report, before, now, code=3)


def try_full_disk(case: Case, disk: Disk, room_kb: int) -> Report:
    """Try a command with some free space left."""
    place = disk.folder / "place"
    shutil.copytree(case.former, place)
    disk.fill(room_kb)
    report, before, now = case.run(place)
    disk.clear()
    return assess(f"full, {room_kb} kB left", report, before, now)


def try_read_only(case: Case, disk: Disk) -> Report:
    """Try a command on a disk that is read-only."""
    place = disk.folder / "place"
    shutil.copytree(case.former, place)
    gc.collect()  # XlsxWriter leaves the file open that it could not close
    disk.lock("ro")
    report, before, now = case.run(place)
    disk.lock("rw")
    disk.clear()
    return assess("read-only", report, before, now)


def try_without_permission(case: Case, base: Path) -> Report:
    """Try a command where its user may not write."""
    place = base / "refused"
    shutil.copytree(case.former, place)
    for one in (place, *(p for p in place.rglob("*") if p.is_dir())):
        one.chmod(0o555)
    with nobody():
        report, before, now = case.run(place)
    for one in (place, *(p for p in place.rglob("*") if p.is_dir())):
        one.chmod(0o755)
    shutil.rmtree(place)
    return assess("no right to write", report, before, now)


def try_file_in_place(case: Case, base: Path) -> Report:
    """Try a command whose folder is a file."""
    place = base / "taken"
    if case.name == "fetch":
        shutil.copytree(case.former, place)
        shutil.rmtree(place / "fetched")
        (place / "fetched").write_text("mine", encoding="utf-8")
        report, before, now = case.run(place)
        shutil.rmtree(place)
    else:
        place.write_text("mine", encoding="utf-8")
        report, before, now = case.run(place)
        now = {"mine": place.read_text(encoding="utf-8")}
        before = {"mine": "mine"}
        place.unlink()
    return assess("a file in its place", report, before, now)


@contextlib.contextmanager
def nobody() -> Iterator[None]:
    """Become a user without permissions, if this one is root."""
    root = os.geteuid() == 0
    try:
        if root:
            os.seteuid(NOBODY)
        yield
    finally:
        if root:
            os.seteuid(0)


def trials(case: Case, disk: Disk, base: Path, rooms_kb: list[int]) -> Iterator[Report]:
    """All trials of a command."""
    yield from (try_full_disk(case, disk, room) for room in rooms_kb)
    yield try_read_only(case, disk)
    yield try_without_permission(case, base)
    yield try_file_in_place(case, base)
    if case.name == "run":
        yield try_full_temporary_folder(case, disk, base)


def main(rooms_kb: list[int]) -> int:
    """Run all trials, print a line of JSON for each; exit code 1 on a fault."""
    faults = 0
    with tempfile.TemporaryDirectory() as made:
        base = Path(made)
        base.chmod(0o755)
        disk = Disk(base / "disk")
        try:
            with fetching_job(base) as job:
                for case in cases(base / "cases", job.former):  # type: ignore[attr-defined]
                    for report in trials(case, disk, base, rooms_kb):
                        faults += not report["good"]
                        print(json.dumps(report, ensure_ascii=False), flush=True)
        finally:
            disk.leave()
    return min(1, faults)


if __name__ == "__main__":
    sys.exit(main([int(word) for word in sys.argv[1:]] or ROOMS_KB))
