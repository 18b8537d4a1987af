"""Atomic writes: all files or none, whatever happens meanwhile."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from foncier._util import atomic_write, scratch
from foncier._util.atomic_write import write_atomically
from foncier.errors import ConfigError, ContractError, ExportError

if TYPE_CHECKING:
    from collections.abc import Callable

SOURCE = Path(atomic_write.__file__).resolve().parents[2]
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals, limits and users of POSIX")


def writes(text: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_text(text, encoding="utf-8")

    return write


def fails(reason: BaseException) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_text("half", encoding="utf-8")
        raise reason

    return write


def content(folder: Path) -> dict[str, str]:
    """Contents of a folder, with hidden files."""
    return {
        p.name: p.read_text(encoding="utf-8") if p.is_file() else "/"
        for p in sorted(folder.iterdir())
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Folder with three files of a former run, which anyone may enter."""
    place = tmp_path / "maps"
    write_atomically(
        place, {"a.gpkg": writes("old a"), "b.html": writes("old b")}, manifest=lambda _: "old"
    )
    return place


OLD = {"a.gpkg": "old a", "b.html": "old b", "manifest.json": "old"}


# What each script of its own process begins with.
HEAD = f"import sys; sys.path.insert(0, {str(SOURCE)!r})\n" + textwrap.dedent("""
    import os, resource, time
    from pathlib import Path
    from foncier.errors import ExportError
    from foncier._util.atomic_write import write_atomically
    from foncier.i18n import label
    label("util.unknown")  # read the catalogue before a limit or another user prevents it
    folder = Path(sys.argv[1])
    def new(text):
        return lambda path: path.write_text(text, encoding="utf-8")
    def report(write):
        try:
            write_atomically(folder, write)
        except ExportError as reason:
            sys.stdout.buffer.write(str(reason).encode())
""")


def script(code: str) -> list[str]:
    return [sys.executable, "-c", HEAD + textwrap.dedent(code)]


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", check=False, timeout=60
    )


def test_files_are_written_and_hashed(folder: Path) -> None:
    digests: dict[str, str] = {}
    made = write_atomically(
        folder,
        {"b.html": writes("new b"), "c.csv": writes("é")},
        manifest=lambda found: digests.update(found) or "new",
    )
    assert content(folder) == OLD | {"b.html": "new b", "c.csv": "é", "manifest.json": "new"}
    assert made == digests
    assert made["c.csv"] == hashlib.sha256("é".encode()).hexdigest()
    assert list(made) == ["b.html", "c.csv"]


@pytest.fixture
def fuller(tmp_path: Path) -> Path:
    """Folder of a former run: the next run does not write two files, one of them was changed."""
    place = tmp_path / "fuller"
    write = {"a.gpkg": writes("old a"), "c.tif": writes("old c"), "d.csv": writes("old d")}
    write_atomically(place, write, manifest=lambda shas: json.dumps({"deliverables": shas}))
    (place / "d.csv").write_text("my own figures", encoding="utf-8")
    (place / "e.csv").write_text("a note", encoding="utf-8")
    return place


def test_stale_files_are_removed_unless_changed(fuller: Path) -> None:
    write_atomically(
        fuller,
        {"a.gpkg": writes("new a")},
        manifest=lambda _: "{}",
        removable=lambda name: name != "a.gpkg",
    )
    kept = {"d.csv": "my own figures", "e.csv": "a note"}
    assert content(fuller) == {"a.gpkg": "new a", **kept, "manifest.json": "{}"}


@pytest.mark.parametrize(
    "former",
    [
        "[]",
        "{}",
        "no json",
        '{"deliverables": ["c.tif"]}',
        '{"deliverables": {"../a.gpkg": "", ".c": "", "c.tif": 3}}',
    ],
)
def test_files_outside_the_manifest_stay(fuller: Path, former: str) -> None:
    (fuller / "manifest.json").write_text(former, encoding="utf-8")
    write_atomically(
        fuller, {"a.gpkg": writes("new a")}, manifest=lambda _: "{}", removable=lambda _: True
    )
    assert (fuller / "c.tif").read_text(encoding="utf-8") == "old c"


def test_a_failed_run_removes_nothing(fuller: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = content(fuller)
    replace = Path.replace

    def refused(path: Path, target: Path) -> Path:
        if target == fuller / "manifest.json":
            raise PermissionError(13, "held")
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", refused)
    with pytest.raises(ExportError, match="intacts"):
        write_atomically(
            fuller, {"a.gpkg": writes("new")}, manifest=lambda _: "{}", removable=lambda _: True
        )
    assert content(fuller) == before


def test_parent_folders_are_created(tmp_path: Path) -> None:
    write_atomically(tmp_path / "été 2026" / "b", {"a": writes("1")})
    assert content(tmp_path / "été 2026" / "b") == {"a": "1"}


@pytest.mark.parametrize(
    ("reason", "raised"),
    [
        (OSError(28, "No space left on device"), ExportError),
        (ContractError("table"), ContractError),
        (ExportError("said already"), ExportError),
        (RuntimeError("a bug"), RuntimeError),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
    ids=lambda value: getattr(value, "__name__", type(value).__name__),
)
@pytest.mark.parametrize("fresh", [False, True])
def test_a_failing_writer_changes_nothing(
    folder: Path, reason: BaseException, raised: type[BaseException], *, fresh: bool
) -> None:
    place = folder.parent / "new" / "place" if fresh else folder
    with pytest.raises(raised):
        write_atomically(place, {"a.gpkg": writes("new"), "b.html": fails(reason)})
    assert content(folder) == OLD
    assert not (folder.parent / "new").exists()


@pytest.mark.parametrize("name", ["", ".hidden", "a/.b", "a/../b", "../a", "..", "/etc/x", "a//b"])
def test_only_plain_file_names(folder: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="nom simple"):
        write_atomically(folder, {name: writes("x")})
    assert content(folder) == OLD


def test_a_writer_without_output_is_an_error(folder: Path) -> None:
    with pytest.raises(ExportError, match=r"b\.html"):
        write_atomically(folder, {"a.gpkg": writes("new"), "b.html": lambda path: None})
    assert content(folder) == OLD


def test_a_failed_rename_is_rolled_back(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows, when another program holds the second file."""
    replace = Path.replace

    def held(self: Path, target: Path) -> Path:
        if target == folder / "b.html" and self.parent.name == "new":
            raise PermissionError(13, "held by another program")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", held)
    with pytest.raises(ExportError, match=r"b\.html.*Fermez le programme.*intacts"):
        write_atomically(
            folder,
            {"a.gpkg": writes("n"), "0.csv": writes("n"), "b.html": writes("n")},
            manifest=lambda _: "new",
        )
    assert content(folder) == OLD


def test_a_folder_with_the_name_of_a_file(folder: Path) -> None:
    with pytest.raises(ExportError, match="même nom"):
        write_atomically(folder / "a.gpkg", {"x": writes("x")})
    (folder / "c.csv").mkdir()
    with pytest.raises(ExportError, match=r"c\.csv"):
        write_atomically(folder, {"a.gpkg": writes("new"), "c.csv": writes("new")})
    assert content(folder) == OLD | {"c.csv": "/"}


def test_former_files_are_copied_without_hard_links(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise OSError(1, "no links here")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    write_atomically(folder, {"a.gpkg": writes("new a")})
    assert content(folder) == OLD | {"a.gpkg": "new a"}


@POSIX
@pytest.mark.parametrize("moment", ["writing", "moving"])
def test_killed_with_sigkill(folder: Path, moment: str) -> None:
    """SIGKILL lets nobody tidy up: the former files are whole, the next run removes the rest."""
    code = """
        def forever(path):
            path.write_text("half"); print("here", flush=True); time.sleep(60)
        if sys.argv[2] == "moving":
            real = Path.replace
            def slow(self, target):
                done = real(self, target)
                print("here", flush=True); time.sleep(60)
            Path.replace = slow
            forever = new("new b")
        write = {"a.gpkg": new("new a"), "b.html": forever}
        write_atomically(folder, write, manifest=lambda _: "new")
    """
    child = subprocess.Popen(
        [*script(code), str(folder), moment],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout
    assert child.stdout.readline() == "here\n"
    rest = [p for p in folder.iterdir() if p.name.startswith(scratch.PREFIX)]
    assert len(rest) == 1
    write_atomically(
        folder, {"other": writes("meanwhile")}
    )  # another run leaves the living one alone
    assert rest[0].is_dir()
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    left = content(folder)
    assert left.pop(rest[0].name) == "/"
    # Between two moves, each file is whole and the former manifest tells that they are mixed.
    moved = {"a.gpkg": "new a"} if moment == "moving" else {}
    assert left == OLD | moved | {"other": "meanwhile"}
    write_atomically(folder, {"other": writes("next")})
    assert content(folder) == OLD | moved | {"other": "next"}


@POSIX
@pytest.mark.parametrize("room", [0, 100, 5000])
def test_file_size_limit(folder: Path, room: int) -> None:
    code = f"""
        resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))
        report({{"a.gpkg": new("n"), "b.html": new("x" * 20_000)}})
    """
    done = run([*script(code), str(folder)])
    assert "le disque est plein" in done.stdout, done.stderr
    assert "intacts" in done.stdout
    assert content(folder) == OLD


def test_a_full_disk(tmp_path: Path) -> None:
    """A real file system of 400 KiB, mounted for the child alone."""
    code = """
        write_atomically(folder, {"a.gpkg": new("old a")})
        report({"a.gpkg": new("new a"), "b.html": new("x" * 900_000)})
        sys.stdout.buffer.write(repr({p.name: p.read_text() for p in folder.iterdir()}).encode())
    """
    mount = f'mount -t tmpfs -o size=400k none {tmp_path} && exec "$0" "$@"'
    alone = ["unshare", "-rm", "sh", "-c", mount]
    try:
        done = run([*alone, *script(code), str(tmp_path / "maps")])
    except FileNotFoundError:
        pytest.skip("no unshare here")
    if "unshare:" in done.stderr or "mount:" in done.stderr:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    assert "b.html\u00a0: le disque est plein" in done.stdout, done.stderr
    assert done.stdout.endswith("{'a.gpkg': 'old a'}")


@POSIX
def test_a_read_only_folder(folder: Path) -> None:
    for one in (folder, *folder.parents):
        if one.stat().st_uid == os.getuid() and one.name.startswith(("maps", "pytest", "test_")):
            one.chmod(one.stat().st_mode | 0o055)
    folder.chmod(0o555)
    code = """
        if os.getuid() == 0:
            os.setuid(65534)  # root may write anywhere
        report({"a.gpkg": new("new")})
    """
    done = run([*script(code), str(folder)])
    folder.chmod(0o755)
    assert "maps\u00a0: l'écriture est refusée" in done.stdout, done.stderr
    assert content(folder) == OLD


def test_a_drive_without_locks(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(lock: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(scratch, "_lock", unknown)
    write_atomically(folder, {"a.gpkg": writes("new a")})
    assert content(folder) == OLD | {"a.gpkg": "new a"}
