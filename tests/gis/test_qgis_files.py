"""A result in a headless QGIS: edited, saved, renamed, copied, read-only, with a WAL; 0 lost."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from foncier.errors import ExportError
from foncier.export.qgis.stored import rename_sources
from foncier.model.entries import ENTRIES
from foncier.results import read_saved
from foncier.results.entries import read_rows

from .test_entries import VISIT, note

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.qgis
FILE = "opportunites.gpkg"


def invalid(shown: dict[str, Any]) -> set[str]:
    return {name for name, (_, valid, _) in shown["layers"].items() if not valid}


def test_the_project_shows_the_entries_ready_to_edit(
    qgis: Callable[..., Any], result: Path
) -> None:
    note(result, "visites", **VISIT)
    shown = qgis("show", result / FILE)
    assert not invalid(shown)
    assert shown["layers"]["Visites à faire"] == [ENTRIES, True, 1]
    made = qgis("add_visit", result / FILE)
    assert made["saved"], made["errors"]
    (_, added) = read_rows(result / ENTRIES)
    assert added["opportunity_id"] == VISIT["opportunity_id"]  # of the site under the point
    assert added["visit_id"]
    assert added["date"] is not None
    assert added["outline_wkt"].startswith("MultiPolygon")
    assert made["widgets"]["verdict"] == "ValueMap"
    assert made["widgets"]["photo"] == "ExternalResource"
    assert made["editable"] == [
        "author",
        "date",
        "kind",
        "note",
        "opportunity_id",
        "photo",
        "verdict",
    ]


def test_what_people_did_in_qgis_is_there_after_each_step(
    qgis: Callable[..., Any], result: Path, rerun: Callable[[Path], list[str]]
) -> None:
    """The table of the issue: what was there before and after each thing that a team does."""
    note(result, "visites", **VISIT)

    def there() -> tuple[str, str, str]:
        """Note of the visit; name of the site in the file and its copies; title of the project."""
        visit = read_rows(result / ENTRIES)[0]["note"]
        files = [result / FILE, *result.glob("opportunites-modifie-*.gpkg")]
        names, titles = set(), set()
        for file in files:
            with closing(sqlite3.connect(file)) as base:
                names |= {name for (name,) in base.execute("SELECT name FROM opportunites")}
            titles.add(qgis("show", file)["title"])
        mine = "Mon nom" if "Mon nom" in names else ""
        return visit, mine, "saved" if "Titre de l'agence" in titles else ""

    assert qgis("edit", result / ENTRIES, "visites", "note", "revu dans QGIS")["saved"]
    assert there() == ("revu dans QGIS", "", "")
    assert qgis("edit", result / FILE, "opportunites", "name", "Mon nom")["saved"]
    assert qgis("save", result / FILE)["saved"]
    assert there() == ("revu dans QGIS", "Mon nom", "saved")
    read_saved(result).table("opportunites")  # a saved project and an edit break no reader
    rerun(result)
    assert there() == ("revu dans QGIS", "Mon nom", "saved")
    (copy,) = result.glob("opportunites-modifie-*.gpkg")
    # The copy opens with its own data, not with those of the new file.
    shown = qgis("show", copy)
    assert {file for file, *_ in shown["layers"].values()} == {copy.name, ENTRIES}
    assert not invalid(shown)
    rerun(result)
    assert there() == ("revu dans QGIS", "Mon nom", "saved")


def test_a_file_that_was_looked_at_is_not_an_edit(
    qgis: Callable[..., Any], result: Path, rerun: Callable[[Path], list[str]]
) -> None:
    qgis("show", result / FILE)
    qgis("look", result / FILE)
    assert rerun(result) == []


def test_a_file_that_qgis_holds_is_not_replaced(
    qgis: Callable[..., Any], result: Path, rerun: Callable[[Path], list[str]]
) -> None:
    with closing(sqlite3.connect(result / FILE)) as held:  # as QGIS does while it edits
        held.execute("PRAGMA journal_mode = WAL")
        held.execute("UPDATE indices SET text_fr = 'visité'")
        held.commit()
        with pytest.raises(ExportError):
            rerun(result)
        held.execute("PRAGMA wal_checkpoint")
    assert qgis("show", result / FILE)["opened"]
    (notice,) = rerun(result)
    assert "indices" in notice


def other_study(result: Path, folder: Path) -> Path:
    """Result of another study under the usual name, beside a file of the first, renamed."""
    shutil.copy(result / FILE, folder / "archive-2025.gpkg")
    other = folder / FILE
    shutil.copy(result / FILE, other)
    with closing(sqlite3.connect(other)) as base:
        (token,) = base.execute(
            "SELECT name FROM sqlite_master WHERE name LIKE 'foncier_80021%' AND type = 'table'"
        ).fetchone()
        base.execute(f'ALTER TABLE "{token}" RENAME TO "foncier_99999_2020-01-01_00000000"')
        base.commit()
    return folder / "archive-2025.gpkg"


def test_a_renamed_file_never_shows_the_data_of_another(
    qgis: Callable[..., Any], result: Path, tmp_path: Path
) -> None:
    shown = qgis("show", other_study(result, tmp_path))
    assert invalid(shown) == set(shown["layers"])  # unavailable, and QGIS says so
    rename_sources(tmp_path / "archive-2025.gpkg", FILE)
    shown = qgis("show", tmp_path / "archive-2025.gpkg")
    assert invalid(shown) == {
        "Visites à faire",
        "Avis sur les sites",
    }  # they stayed where they were
    valid = {file for file, valid, _ in shown["layers"].values() if valid}
    assert valid == {"archive-2025.gpkg"}


def test_a_saved_project_keeps_its_guard(
    qgis: Callable[..., Any], result: Path, tmp_path: Path
) -> None:
    assert qgis("save", result / FILE)["saved"]
    assert not invalid(qgis("show", result / FILE))
    shown = qgis("show", other_study(result, tmp_path))
    assert shown["title"] == "Titre de l'agence"
    assert invalid(shown) == set(shown["layers"])


def test_a_copied_folder_opens_and_a_read_only_one_too(
    qgis: Callable[..., Any], result: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copie"
    shutil.copytree(result, copy)
    for path in (*copy.iterdir(), copy):
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        shown = qgis("show", copy / FILE)
        assert not invalid(shown)
        assert shown["communes"] == ["80021"]
        sites = read_saved(copy).table("opportunites")["opportunity_id"].tolist()
        assert sites == read_saved(result).table("opportunites")["opportunity_id"].tolist() != []
    finally:
        copy.chmod(0o755)
