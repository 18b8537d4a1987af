"""Every command that writes, on a disk without room, read-only, refused, or taken by a file.

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

from foncier.cli import app

from .jobs import fetching_, running
from .killing import printed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .killing import Print

    Told = dict[str, object]

SIZE_KB = 8000
ROOMS_KB = [0, 8, 40, 150, 400, 900]
NOBODY = 65534
FORMS = ("xlsx", "flatgeobuf", "geojson")


class Disk:
    """A small disk of its own, mounted at a folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self._mount("-t", "tmpfs", "-o", f"size={SIZE_KB}k", "none", str(folder))

    def fill(self, room_kb: int) -> None:
        """Leave no more than some room."""
        free = shutil.disk_usage(self.folder).free - 1024 * room_kb
        with (self.folder / "filling").open("wb") as file:
            file.write(b"0" * max(0, free))

    def clear(self) -> None:
        """Take everything away."""
        for one in self.folder.iterdir():
            shutil.rmtree(one) if one.is_dir() else one.unlink()

    def lock(self, how: str) -> None:
        """Let nobody write (``ro``), or write again (``rw``)."""
        self._mount("-o", f"remount,{how}", str(self.folder))

    def leave(self) -> None:
        """Take the disk away."""
        subprocess.run(["umount", str(self.folder)], check=True)

    def _mount(self, *arguments: str) -> None:
        subprocess.run(["mount", *arguments], check=True, capture_output=True)


class Case:
    """A command, where it writes in a place that is given, and what was there before."""

    def __init__(self, name: str, arguments: Callable[[Path], list[str]], former: Path) -> None:
        self.name, self.arguments, self.former = name, arguments, former

    def tried(self, place: Path, *, laid: bool = True) -> tuple[Told, Print, Print]:
        """What the command said, and the prints of its place before and after."""
        before = printed(place) if place.is_dir() else {}
        answer = CliRunner().invoke(app, self.arguments(place))
        now = printed(place) if place.is_dir() else {}
        errors = answer.output.count("Erreur")
        told: Told = {
            "command": self.name,
            "code": answer.exit_code,
            "errors": errors,
            "said": answer.output.strip()[-400:],
        }
        fault = answer.exception
        if fault is not None and not isinstance(fault, SystemExit):
            told["crash"] = repr(fault)
        return told, before, now


def cases(base: Path, fetched: Path) -> Iterator[Case]:
    """Commands that write, each with deliverables of a former time."""
    with running(base) as run:
        study, result = str(run.study), run.former  # type: ignore[attr-defined]
    yield Case("run", lambda out: ["run", study, "--out", str(out), "-q"], result)
    top = ["--top", "1", "-q"]
    sheets = base / "sheets"
    CliRunner().invoke(app, ["sheets", str(result), "--out", str(sheets), *top])
    yield Case("sheets", lambda out: ["sheets", str(result), "--out", str(out), *top], sheets)
    forms = base / "forms"
    for form in FORMS:
        CliRunner().invoke(app, ["export", str(result), "--to", form, "--out", str(forms)])

    def asked(form: str) -> Callable[[Path], list[str]]:
        return lambda out: ["export", str(result), "--to", form, "--out", str(out)]

    for form in FORMS:
        yield Case(f"export {form}", asked(form), forms)
    yield Case("fetch", lambda out: ["fetch", str(out), "--refresh"], fetched)


def judged(what: str, told: Told, before: Print, now: Print, *, code: int = 5) -> Told:
    """Whether a command ended as it should: in one error with all as before, or well."""
    refused = told["code"] == code and told["errors"] == 1 and now == before
    litter = [name for name in now if "/." in f"/{name}"]
    done = told["code"] == 0 and not litter and what.startswith(("full", "temporary"))
    return {"what": what, **told, "intact": now == before, "good": refused or done}


def cramped(case: Case, disk: Disk, base: Path) -> Told:
    """Try a command whose folder of temporary files is on the full disk."""
    place = base / "place"
    shutil.copytree(case.former, place)
    disk.fill(0)
    former, tempfile.tempdir = tempfile.gettempdir(), str(disk.folder)
    told, before, now = case.tried(place)
    tempfile.tempdir = former
    disk.clear()
    shutil.rmtree(place)
    return judged("temporary folder full", told, before, now, code=3)


def full(case: Case, disk: Disk, room_kb: int) -> Told:
    """Try a command where so much room is left."""
    place = disk.folder / "place"
    shutil.copytree(case.former, place)
    disk.fill(room_kb)
    told, before, now = case.tried(place)
    disk.clear()
    return judged(f"full, {room_kb} kB left", told, before, now)


def closed(case: Case, disk: Disk) -> Told:
    """Try a command on a disk that is read-only."""
    place = disk.folder / "place"
    shutil.copytree(case.former, place)
    gc.collect()  # XlsxWriter leaves the file open that it could not close
    disk.lock("ro")
    told, before, now = case.tried(place)
    disk.lock("rw")
    disk.clear()
    return judged("read-only", told, before, now)


def refused(case: Case, base: Path) -> Told:
    """Try a command where its user may not write."""
    place = base / "refused"
    shutil.copytree(case.former, place)
    for one in (place, *(p for p in place.rglob("*") if p.is_dir())):
        one.chmod(0o555)
    with nobody():
        told, before, now = case.tried(place)
    for one in (place, *(p for p in place.rglob("*") if p.is_dir())):
        one.chmod(0o755)
    shutil.rmtree(place)
    return judged("no right to write", told, before, now)


def taken(case: Case, base: Path) -> Told:
    """Try a command whose folder bears the name of a file."""
    place = base / "taken"
    if case.name == "fetch":
        shutil.copytree(case.former, place)
        shutil.rmtree(place / "fetched")
        (place / "fetched").write_text("mine", encoding="utf-8")
        told, before, now = case.tried(place)
        shutil.rmtree(place)
    else:
        place.write_text("mine", encoding="utf-8")
        told, before, now = case.tried(place)
        now = {"mine": place.read_text(encoding="utf-8")}
        before = {"mine": "mine"}
        place.unlink()
    return judged("a file in its place", told, before, now)


@contextlib.contextmanager
def nobody() -> Iterator[None]:
    """Be a user without rights, where this one is root."""
    root = os.geteuid() == 0
    try:
        if root:
            os.seteuid(NOBODY)
        yield
    finally:
        if root:
            os.seteuid(0)


def trials(case: Case, disk: Disk, base: Path, rooms_kb: list[int]) -> Iterator[Told]:
    """Everything that a command is tried with."""
    yield from (full(case, disk, room) for room in rooms_kb)
    yield closed(case, disk)
    yield refused(case, base)
    yield taken(case, base)
    if case.name == "run":
        yield cramped(case, disk, base)


def main(rooms_kb: list[int]) -> int:
    """Try them all, print a line of JSON each; exit code 1 when one did not end as it should."""
    faults = 0
    with tempfile.TemporaryDirectory() as made:
        base = Path(made)
        base.chmod(0o755)
        disk = Disk(base / "disk")
        try:
            with fetching_(base) as job:
                for case in cases(base / "cases", job.former):  # type: ignore[attr-defined]
                    for told in trials(case, disk, base, rooms_kb):
                        faults += not told["good"]
                        print(json.dumps(told, ensure_ascii=False), flush=True)
        finally:
            disk.leave()
    return min(1, faults)


if __name__ == "__main__":
    sys.exit(main([int(word) for word in sys.argv[1:]] or ROOMS_KB))
