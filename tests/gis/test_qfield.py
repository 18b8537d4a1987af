"""A folder for the field: opened offline by QGIS, a visit added with its photo, merged back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from foncier._util.destination import Owner
from foncier.errors import ConfigError, FormatError
from foncier.export.qfield import write_copy, write_qfield
from foncier.model.entries import ENTRIES
from foncier.pipeline.visits import merge_visits
from foncier.results import read_saved
from foncier.results.entries import editing, read_rows

from .test_entries import SITE, VISIT, note, said

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def away(result: Path, tmp_path: Path) -> Path:
    """Folder of the field of a result with one visit and its photo."""
    (result / "photos").mkdir()
    (result / "photos" / "a.jpg").write_bytes(b"a")
    note(result, "visites", **VISIT, photo="photos/a.jpg")
    folder = tmp_path / "terrain"
    assert write_qfield(read_saved(result), folder, owner=Owner("qfield")) == ("opportunites.qgs",)
    return folder


def test_the_folder_holds_all_that_it_needs(away: Path) -> None:
    names = {path.relative_to(away).as_posix() for path in away.rglob("*") if path.is_file()}
    assert names == {
        ".foncier.json",
        "opportunites.gpkg",
        "opportunites.qgs",
        ENTRIES,
        "photos/a.jpg",
    }


def test_nothing_comes_back_when_nothing_was_done(result: Path, away: Path) -> None:
    before = (result / ENTRIES).read_bytes()
    done = merge_visits(result, away)
    assert (done.added, done.changed, done.conflicts) == (0, 0, [])
    with closing(sqlite3.connect(result / ENTRIES)) as base:
        assert base.execute("SELECT count(*) FROM visites").fetchone() == (1,)
    assert len(said(result)) == 1
    assert before  # the file may have other bytes, not other rows


def test_two_people_who_edited_one_visit_are_both_kept(result: Path, away: Path) -> None:
    for folder, words in ((away, "sur place"), (result, "au bureau")):
        with editing(folder / ENTRIES) as base:
            base.execute("UPDATE visites SET note = ?", (words,))
    done = merge_visits(result, away)
    (conflict,) = done.conflicts
    assert (conflict.opportunity_id, "au bureau" in conflict.mine) == (SITE, True)
    assert "sur place" in conflict.theirs
    assert {row["note"] for row in read_rows(result / ENTRIES)} == {"sur place", "au bureau"}
    assert merge_visits(result, away).added == 0


def test_what_came_back_and_was_not_merged_is_kept_aside(result: Path, away: Path) -> None:
    with editing(away / ENTRIES) as base:
        base.execute("UPDATE visites SET note = 'sur place'")
    owner = Owner("qfield")
    write_qfield(read_saved(result), away, owner=owner)
    (copy,) = owner.set_aside
    assert read_rows(copy)[0]["note"] == "sur place"
    merge_visits(result, away)
    assert [row["note"] for row in read_rows(result / ENTRIES)] == ["sur place"]


def test_a_result_without_entries_is_refused(result: Path, tmp_path: Path) -> None:
    (result / ENTRIES).unlink()
    with pytest.raises(FormatError):
        write_qfield(read_saved(result), tmp_path / "terrain", owner=Owner("qfield"))


def test_a_copy_does_not_take_the_place_of_a_file_of_somebody(result: Path, tmp_path: Path) -> None:
    file = tmp_path / "archive.gpkg"
    file.write_bytes(b"of somebody")
    with pytest.raises(ConfigError):
        write_copy(read_saved(result), file, owner=Owner("copy"))
    assert file.read_bytes() == b"of somebody"


@pytest.mark.qgis
def test_qgis_opens_it_offline_and_a_visit_comes_back(
    qgis: Callable[..., Any], result: Path, away: Path
) -> None:
    shown = qgis("show", away / "opportunites.qgs")
    assert [name for name, (_, valid, _) in shown["layers"].items() if not valid] == []
    made = qgis("add_visit", away / "opportunites.qgs")
    assert made["saved"], made["errors"]
    assert made["read_only"] == sorted(
        set(shown["layers"]) - {"Visites à faire", "Avis sur les sites"}
    )
    (away / "photos" / "visite.jpg").write_bytes(b"photo")
    done = merge_visits(result, away)
    assert (done.added, done.conflicts) == (1, [])
    _, added = read_rows(result / ENTRIES)
    assert (added["opportunity_id"], added["verdict"]) == (SITE, "occupe")
    assert added["geom"].geom_type == "Point"
    assert (result / added["photo"]).read_bytes() == b"photo"


@pytest.mark.qgis
def test_the_project_passes_the_checks_of_qfieldsync(qgis: Callable[..., Any], away: Path) -> None:
    """Those of ``libqfieldsync/project_checker.py``, and unique names and valid CRS."""
    seen = qgis("packaging", away / "opportunites.qgs")
    assert (seen["absolute"], seen["home_path"], seen["dirty"]) == (False, "", False)
    assert seen["crs"] == "EPSG:2154"
    for problem in ("invalid", "without_crs", "outside", "not_ascii", "without_key"):
        assert seen[problem] == [], problem
    assert set(seen["providers"]) <= {"ogr", "gdal", "wms"}
    assert len(set(seen["names"])) == len(seen["names"])
    assert seen["encodings"] == ["UTF-8"]
    entries = ["Avis sur les sites", "Visites à faire"]
    assert seen["editable"] == entries
    for name, actions in seen["actions"].items():
        if name in entries:
            assert actions == ["copy", "offline"]
        else:
            assert actions in (["copy", "no_action"], ["no_action", "no_action"]), name


@pytest.mark.qgis
def test_a_copy_under_another_name_opens_with_its_own_data(
    qgis: Callable[..., Any], result: Path, tmp_path: Path
) -> None:
    write_copy(read_saved(result), tmp_path / "amiens-2025.gpkg", owner=Owner("copy"))
    shown = qgis("show", tmp_path / "amiens-2025.gpkg")
    assert shown["communes"] == ["80021"]
    assert {f for f, valid, _ in shown["layers"].values() if valid} == {"amiens-2025.gpkg"}
