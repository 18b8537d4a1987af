"""Folders to work in: never taken from one who lives, always swept after one who died."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from foncier._util.scratch import LOCK, PREFIX, scratch_folder

if TYPE_CHECKING:
    from pathlib import Path


def test_many_at_once_never_take_each_others_folder(tmp_path: Path) -> None:
    def work(number: int) -> bool:
        kept = True
        for _ in range(40):
            with scratch_folder(tmp_path) as place:
                (place / "x").write_text(str(number), encoding="utf-8")
                kept &= (place / "x").read_text(encoding="utf-8") == str(number)
        return kept

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(4)))
    assert not list(tmp_path.iterdir())


def test_what_the_dead_left_is_swept_and_a_link_is_not_followed(tmp_path: Path) -> None:
    base, mine = tmp_path / "base", tmp_path / "mine"
    for dead in ("a", "b", "c"):
        (base / f"{PREFIX}{dead}").mkdir(parents=True)
    (base / f"{PREFIX}a" / LOCK).touch()  # killed while it worked
    (base / f"{PREFIX}b" / "new").mkdir()  # killed while it was swept
    mine.mkdir()
    (mine / LOCK).touch()
    (base / f"{PREFIX}link").symlink_to(mine)
    with scratch_folder(base) as place:
        assert {one.name for one in base.iterdir()} == {place.parent.name, f"{PREFIX}link"}
    assert (mine / LOCK).exists()
