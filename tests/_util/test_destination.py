"""What a command may replace: its own result alone, never its inputs or the work of others."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from foncier._util.atomic_write import write_atomically
from foncier._util.destination import LEDGER, MANIFEST, Owner, read_ledger, subject_of
from foncier.errors import ConfigError, ExportError

if TYPE_CHECKING:
    from collections.abc import Callable


def text(value: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_text(value, encoding="utf-8")

    return write


def write(folder: Path, owner: Owner, **files: str) -> None:
    write_atomically(folder, {f"{k}.csv": text(v) for k, v in files.items()}, owner=owner)


def test_a_result_is_replaced_by_the_same_command(tmp_path: Path) -> None:
    write(tmp_path, Owner("run", ("80021",)), a="1")
    write(tmp_path, Owner("run", ("80021", "80016")), a="2")
    assert (tmp_path / "a.csv").read_text() == "2"
    [entry] = read_ledger(tmp_path).values()
    assert (entry.command, entry.subject, len(entry.sha256)) == ("run", ("80021", "80016"), 1)


def of_others(folder: Path) -> None:
    (folder / "a.csv").write_text("mine")


def of_another_command(folder: Path) -> None:
    write(folder, Owner("match"), a="mine")


def of_another_subject(folder: Path) -> None:
    write(folder, Owner("run", ("63148",)), a="mine")


def a_link(folder: Path) -> None:
    (folder / "elsewhere").write_text("mine")
    (folder / "a.csv").symlink_to(folder / "elsewhere")


def a_broken_ledger(folder: Path) -> None:
    (folder / "a.csv").write_text("mine")
    (folder / LEDGER).write_text('{"files": {"a.csv": 3}}')


def a_manifest_of_another_program(folder: Path) -> None:
    (folder / "a.csv").write_text("mine")
    (folder / "manifest.json").write_text('{"name": "mon appli", "deliverables": {"a.csv": "0"}}')


NOT_OURS = {
    of_others: "n'est pas foncier",
    of_another_command: "foncier match",
    of_another_subject: "autre appel",
    a_link: "n'est pas foncier",
    a_broken_ledger: "n'est pas foncier",
    a_manifest_of_another_program: "n'est pas foncier",
}


@pytest.mark.parametrize(
    ("make", "words"), NOT_OURS.items(), ids=[make.__name__ for make in NOT_OURS]
)
def test_what_is_not_ours_stays_without_replace(
    make: Callable[[Path], None], words: str, tmp_path: Path
) -> None:
    make(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    owner = Owner("run", ("80021",))
    with pytest.raises(ConfigError, match=words):
        owner.check(tmp_path, ["a.csv"])
    with pytest.raises(ConfigError, match=words):
        write(tmp_path, owner, a="new", b="new")
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    write(tmp_path, Owner("run", ("80021",), replace=True), a="new")
    assert (tmp_path / "a.csv").read_text() == "new"


def same(path: Path) -> Path:
    return path


def hard_link(path: Path) -> Path:
    link = path.with_name("hard")
    link.hardlink_to(path)
    return link


def soft_link(path: Path) -> Path:
    link = path.with_name("soft")
    link.symlink_to(path)
    return link


def roundabout(path: Path) -> Path:
    (path.parent / "sub").mkdir()
    return path.parent / "sub" / ".." / path.name


def its_folder(path: Path) -> Path:
    return path.parent


@pytest.mark.parametrize("named", [same, hard_link, soft_link, roundabout, its_folder])
def test_an_input_is_never_replaced(named: Callable[[Path], Path], tmp_path: Path) -> None:
    owner = Owner("run")
    write(tmp_path, owner, a="data")
    owner = Owner("run", inputs=(named(tmp_path / "a.csv"),), replace=True)
    with pytest.raises(ConfigError, match="jamais remplacé"):
        write(tmp_path, owner, a="new")
    assert (tmp_path / "a.csv").read_text() == "data"


@pytest.mark.parametrize("named", [same, hard_link, soft_link, roundabout])
def test_an_input_is_never_removed(named: Callable[[Path], Path], tmp_path: Path) -> None:
    """A file of the former result that the new one lacks, and that the study reads."""
    former = {"b.csv": hashlib.sha256(b"data").hexdigest()}
    (tmp_path / "b.csv").write_text("data", encoding="utf-8")
    manifest = json.dumps({"configuration": {}, "deliverables": former})
    read = named(tmp_path / "b.csv")
    for inputs in ((read,), ()):
        (tmp_path / MANIFEST).write_text(manifest, encoding="utf-8")
        write_atomically(
            tmp_path,
            {"new.txt": text("x")},
            removable=lambda _: True,
            owner=Owner("run", inputs=inputs),
        )
        assert (tmp_path / "b.csv").exists() is bool(inputs)


def test_a_result_that_somebody_changed_is_kept(tmp_path: Path) -> None:
    write(tmp_path, Owner("run"), a="1", b="1")
    for n in (1, 2):
        (tmp_path / "a.csv").write_text(f"verdicts of week {n}")
        owner = Owner("run")
        write(tmp_path, owner, a="2", b="2")
        [copy] = owner.set_aside
        assert re.fullmatch(r"a-modifie-\d{4}-\d\d-\d\d(-2)?\.csv", copy.name)
        assert copy.read_text() == f"verdicts of week {n}"
        assert (tmp_path / "a.csv").read_text() == "2"
    again = Owner("run")
    write(tmp_path, again, a="3", b="3")
    assert again.set_aside == []
    assert len(list(tmp_path.glob("a-modifie-*"))) == 2


def test_a_failed_write_leaves_no_copy(tmp_path: Path) -> None:
    write(tmp_path, Owner("run"), a="1")
    (tmp_path / "a.csv").write_text("changed")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    (tmp_path / "b.csv").mkdir()
    with pytest.raises(ExportError):
        write(tmp_path, Owner("run", replace=True), a="2", b="2")
    (tmp_path / "b.csv").rmdir()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("ending", ["-wal", "-journal"])
def test_a_geopackage_with_unsaved_changes_is_refused_early(ending: str, tmp_path: Path) -> None:
    write_atomically(tmp_path, {"a.gpkg": text("1")}, owner=Owner("run"))
    (tmp_path / f"a.gpkg{ending}").write_bytes(b"changes")
    with pytest.raises(ExportError, match="QGIS"):
        Owner("run", replace=True).check(tmp_path, ["a.gpkg"])


def test_a_result_without_its_ledger_is_known_by_its_manifest(tmp_path: Path) -> None:
    def manifest(digests: object) -> str:
        return json.dumps({"configuration": {}, "communes": ["80021"], "deliverables": digests})

    files = {"a.csv": text("1")}
    write_atomically(tmp_path, files, manifest=manifest, owner=Owner("run", ("80021",)))
    (tmp_path / LEDGER).unlink()
    write_atomically(tmp_path, files, manifest=manifest, owner=Owner("run", ("80021",)))
    (tmp_path / LEDGER).unlink()
    with pytest.raises(ConfigError, match="foncier run"):
        write_atomically(tmp_path, files, manifest=manifest, owner=Owner("sheets"))


def test_a_killed_run_leaves_files_that_the_next_one_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies after each of its renames in turn; nothing is set aside afterwards."""
    replace, left = Path.replace, [0]

    class Killed(BaseException):
        """Stands for the end of the process: nothing of `_undo` runs."""

    def counted(self: Path, target: Path) -> Path:
        if left[0] == 0:
            raise Killed
        left[0] -= 1
        return replace(self, target)

    for n in range(4):
        folder = tmp_path / str(n)
        write(folder, Owner("run"), a="1", b="1")
        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", counted)
            patch.setattr("foncier._util.atomic_write._undo", lambda *_: None)
            left[0] = n
            with pytest.raises(Killed):
                write(folder, Owner("run"), a="2", b="2")
        owner = Owner("run")
        write(folder, owner, a="3", b="3")
        assert owner.set_aside == [], n
        assert (folder / "a.csv").read_text() == (folder / "b.csv").read_text() == "3"
        assert sorted(p.name for p in folder.iterdir()) == [LEDGER, "a.csv", "b.csv"]


@given(st.lists(st.sampled_from(["a", "b/c", "d/../e"]), min_size=1, max_size=3))
def test_a_subject_moves_with_its_result(names: list[str]) -> None:
    here = subject_of(Path("/x/maps/out"), *(Path("/x/layers") / name for name in names))
    there = subject_of(Path("/y/z/maps/out"), *(Path("/y/z/layers") / name for name in names))
    assert here == there
    assert here != subject_of(Path("/x/maps/out"), *(Path("/x/other") / name for name in names))


class Interleavings(RuleBasedStateMachine):
    """Writes of several commands and of people, in any order: what people wrote is always there."""

    def __init__(self) -> None:
        super().__init__()
        import tempfile

        self.temporary = tempfile.TemporaryDirectory()
        self.folder = Path(self.temporary.name)
        self.people: set[str] = set()
        self.count = 0

    @rule(command=st.sampled_from(["run", "match", "diff"]), name=st.sampled_from("abc"))
    def foncier_writes(self, command: str, name: str) -> None:
        self.count += 1
        try:
            write(self.folder, Owner(command), **{name: f"foncier {self.count}"})
        except ConfigError:
            return

    @rule(name=st.sampled_from("abc"))
    def somebody_writes(self, name: str) -> None:
        self.count += 1
        path = self.folder / f"{name}.csv"
        if path.is_file():
            self.people.discard(path.read_text(encoding="utf-8"))
        path.write_text(f"somebody {self.count}", encoding="utf-8")
        self.people.add(f"somebody {self.count}")

    @rule()
    def the_ledger_is_lost(self) -> None:
        (self.folder / LEDGER).unlink(missing_ok=True)

    def teardown(self) -> None:
        there = {path.read_text(encoding="utf-8") for path in self.folder.glob("*.csv")}
        self.temporary.cleanup()
        assert self.people <= there


TestInterleavings = Interleavings.TestCase
