"""Scratch folders: those of live runs stay, those of killed runs are removed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from foncier._util.scratch import LOCK, PREFIX, scratch_folder

if TYPE_CHECKING:
    from pathlib import Path


def test_concurrent_runs_have_separate_folders(tmp_path: Path) -> None:
    def work(number: int) -> bool:
        intact = True
        for _ in range(40):
            with scratch_folder(tmp_path) as place:
                (place / "x").write_text(str(number), encoding="utf-8")
                intact &= (place / "x").read_text(encoding="utf-8") == str(number)
        return intact

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(4)))
    assert not list(tmp_path.iterdir())


def test_stale_folders_are_removed_and_links_not_followed(tmp_path: Path) -> None:
    base, mine = tmp_path / "base", tmp_path / "mine"
    for name in ("a", "b", "c"):
        (base / f"{PREFIX}{name}").mkdir(parents=True)
    (base / f"{PREFIX}a" / LOCK).touch()  # killed while it worked
    (base / f"{PREFIX}b" / "new").mkdir()  # killed while it was removed
    mine.mkdir()
    (mine / LOCK).touch()
    (base / f"{PREFIX}link").symlink_to(mine)
    with scratch_folder(base) as place:
        assert {one.name for one in base.iterdir()} == {place.parent.name, f"{PREFIX}link"}
    assert (mine / LOCK).exists()
