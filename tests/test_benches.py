"""The page of figures is what its JSON gives, and the suite measures, at a size of no meaning."""

from __future__ import annotations

import doctest
import json
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from tests.bench import page, rows
from tests.bench.measuring import ROOT, Asked, Step, Turn, beside
from tests.bench.rows import Kept, Row, slope

if TYPE_CHECKING:
    from pathlib import Path


def test_page_and_pictures_are_what_the_json_gives() -> None:
    made = page.files(page.source())
    for name, text in made.items():
        assert (page.DOCS / name).read_text(encoding="utf-8") == text, f"make {name} again"
    kept = {f"pictures/{path.name}" for path in (page.DOCS / "pictures").glob("bench-*")}
    assert kept == set(made) - {"benchmarks.md"}
    for module in (rows, page):
        assert doctest.testmod(module).failed == 0


def test_every_line_of_the_json_is_on_the_page_with_its_slope() -> None:
    kept = Kept.load(page.source())
    text = page.page(kept, None).splitlines()
    lines = {(row.bench, row.step, row.by) for row in kept.rows}
    for _, step, by in lines:
        assert any(line.startswith(f"| {step} | {by} |") for line in text)
    plots = sorted((r for r in kept.rows if r.step == "plots"), key=lambda r: r.size)
    steep = slope([r.size for r in plots], [r.wall_s or 0 for r in plots])
    line = next(line for line in text if line.startswith("| plots | foncier |"))
    assert f"| {steep:.2f} / " in line


def test_what_changed_since_the_former_version_is_told(tmp_path: Path) -> None:
    now = Kept.load(page.source())
    slower = tuple(replace(row, wall_s=row.wall_s and 2 * row.wall_s) for row in now.rows)
    for version in ("0.0.9", "0.0.10"):
        Kept(version, now.runs, slower).save(tmp_path / f"{version}.json")
    now.save(tmp_path / f"{now.version}.json")
    text = page.files(tmp_path / f"{now.version}.json")["benchmarks.md"]
    since = text.partition("## Since 0.0.10")[2].splitlines()
    assert any(line.startswith("| run: plots | foncier |") and " -50 % " in line for line in since)


def test_rows_of_a_former_run_stay_until_they_are_measured_again() -> None:
    old = [Row("b", "s", "foncier", size, "x", wall_s=1.0) for size in (1, 2)]
    kept = Kept("0", {}, ()).with_run("1", {}, old).with_run("2", {}, [replace(old[1], wall_s=3.0)])
    assert [(row.size, row.wall_s, row.run) for row in kept.rows] == [(1, 1.0, "1"), (2, 3.0, "2")]
    assert set(kept.with_run("3", {}, old).runs) == {"3"}


def test_contestants_that_find_different_things_stop_the_suite(tmp_path: Path) -> None:
    by = {"foncier": lambda _: Turn(wall_s=1.0, told=1.0), "other": lambda _: Turn(told=1.1)}
    with pytest.raises(AssertionError, match="other"):
        list(beside(Step("b", "s", "x", by), [10], Asked((10,), tmp_path, tmp_path)))


def test_an_alternative_that_would_take_too_long_is_left_out_and_said_so(tmp_path: Path) -> None:
    by = {"foncier": lambda _: Turn(wall_s=50.0), "other": lambda _: Turn(wall_s=7.0)}
    asked = Asked((10, 100), tmp_path, tmp_path)
    told = {(row.by, row.size): row for row in beside(Step("b", "s", "x", by), (10, 100), asked)}
    assert told["other", 10].ratio == 0.14
    assert told["other", 100].note == "left out: 10 took 7 s"
    assert told["foncier", 100].wall_s == 50.0
    known = Kept("0", {}, tuple(told.values())).known(below=100)
    later = beside(Step("b", "s", "x", by), (100,), replace(asked, known=known))
    assert [row.note for row in later] == ["", "left out: 10 took 7 s"]


def test_the_suite_measures(tmp_path: Path) -> None:
    """One bench of alternatives, one of files: as processes, as `make bench` does."""
    out = tmp_path / "0.json"
    subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.bench",
            "--sizes",
            "300",
            "--only",
            "built",
            "signs",
            "--turns",
            "1",
            "--folder",
            str(tmp_path / "cities"),
            "--out",
            str(out),
        ],
        check=True,
        cwd=ROOT,
        capture_output=True,
    )
    said = json.loads(out.read_text(encoding="utf-8"))
    assert said["runs"]["1"]["cores"] > 0
    told = {(row.step, row.by): row for row in Kept.load(out).rows}
    for by in ("foncier", "geopandas overlay", "geopandas sjoin + intersection"):
        row = told["built area of each parcel", by]
        assert row.wall_s is not None
        assert row.wall_s > 0
        assert row.peak_mb is not None
        assert row.before_mb is not None
        assert 50 < row.before_mb <= row.peak_mb
        assert (row.ratio is None) == (by == "foncier")
    for by in ("DuckDB spatial", "SedonaDB"):
        row = told["built area of each parcel", by]
        assert row.ratio or row.note.startswith("not installed")
    assert told["friches", "foncier"].cpu_s
    assert not list((tmp_path / "cities").iterdir())
