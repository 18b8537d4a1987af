"""What people change in `opportunites.gpkg`: kept, and no later command fails on it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest

from foncier.errors import ExportError, FormatError
from foncier.export import formats
from foncier.export.sheets import Choice, print_sheets
from foncier.pipeline import diff, validate
from foncier.results import explain, read_saved
from foncier.results.contents import edits
from foncier.results.manifest import mixed_files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FILE = "opportunites.gpkg"
PLOT = "80021000AB0010"


def execute(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as base:
        for name in ("IsEmpty", "MinX", "MaxX", "MinY", "MaxY"):  # of the spatial index
            base.create_function(f"ST_{name}", 1, lambda _: 1)
        for statement in statements:
            base.execute(statement)
        base.commit()


def value(path: Path, query: str) -> Any:
    with closing(sqlite3.connect(path)) as base:
        return base.execute(query).fetchone()[0]


def content(path: Path) -> list[str]:
    """All statements that make a file again, but those of its projects."""
    with closing(sqlite3.connect(path)) as base:
        return [line for line in base.iterdump() if '"qgis_projects"' not in line]


def kept(folder: Path, stem: str = "opportunites") -> list[Path]:
    return sorted(folder.glob(f"{stem}-modifie-*"))


# How a person changes the file, and the names that the notice gives.
CHANGES = {
    "value": ("UPDATE indices SET text_fr = 'visité'", "indices"),
    "row": ("DELETE FROM tests WHERE fid = 1", "tests"),
    "column": ("ALTER TABLE indices ADD avis INTEGER", "indices.avis"),
    "table": ("CREATE TABLE mes_notes (fid INTEGER PRIMARY KEY, t TEXT)", "mes_notes"),
    "removed": ("ALTER TABLE indices DROP COLUMN text_en", "indices"),
    "view": ("CREATE VIEW vue_agence AS SELECT fid FROM indices", "vue_agence"),
    "changed view": ("DROP VIEW preuves", "preuves"),
    "trigger": (
        "CREATE TRIGGER suivi AFTER UPDATE ON indices BEGIN SELECT 1; END",
        "suivi",
    ),
    "metadata": (
        "INSERT INTO gpkg_metadata (md_scope, md_standard_uri, mime_type, metadata) "
        "VALUES ('dataset', 'http://mrcc.com/qgis.dtd', 'text/xml', '<qgis/>')",
        "gpkg_metadata",
    ),
    "list of values": (
        "INSERT INTO gpkg_data_column_constraints (constraint_name, constraint_type, value) "
        "VALUES ('avis', 'enum', 'oui')",
        "gpkg_metadata",
    ),
    "project": ("UPDATE qgis_projects SET metadata = 'x'", "qgis_projects"),
    "style": ("UPDATE layer_styles SET styleQML = '<qgis/>' WHERE id = 1", "layer_styles"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_run_keeps_what_a_person_changed(
    name: str, result: Path, rerun: Callable[[Path], list[str]]
) -> None:
    statement, changed = CHANGES[name]
    execute(result / FILE, statement)
    before = content(result / FILE)
    (notice,) = rerun(result)
    (copy,) = kept(result)
    assert copy.name in notice
    assert f"({changed})" in notice
    assert content(copy) == before
    assert not edits(result / FILE)
    assert rerun(result) == []
    assert kept(result) == [copy]


def test_a_second_change_of_the_same_day_is_kept_too(
    result: Path, rerun: Callable[[Path], list[str]]
) -> None:
    for text in ("un", "deux"):
        execute(result / FILE, CHANGES["value"][0].replace("visité", text))
        rerun(result)
    found = {value(path, "SELECT max(text_fr) FROM indices") for path in kept(result)}
    assert found == {"un", "deux"}


def test_a_file_that_was_only_opened_is_replaced_without_a_copy(
    result: Path, rerun: Callable[[Path], list[str]]
) -> None:
    before = (result / FILE).read_bytes()
    # QGIS turns a file to WAL mode and back: the bytes of its head change.
    execute(result / FILE, "PRAGMA journal_mode = WAL", "PRAGMA journal_mode = DELETE")
    assert (result / FILE).read_bytes() != before
    assert not edits(result / FILE)
    assert mixed_files(result) == ()
    assert rerun(result) == []
    assert kept(result) == []


def test_a_table_that_was_changed_in_a_spreadsheet_is_kept(
    result: Path, rerun: Callable[[Path], list[str]]
) -> None:
    text = (result / "opportunites.csv").read_text(encoding="utf-8") + "ma ligne\n"
    (result / "opportunites.csv").write_text(text, encoding="utf-8")
    assert len(rerun(result)) == 1
    (copy,) = kept(result)
    assert copy.suffix == ".csv"
    assert copy.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("ending", ["-wal", "-journal"])
def test_a_file_with_pending_changes_is_not_replaced(
    ending: str, result: Path, rerun: Callable[[Path], list[str]]
) -> None:
    files = {path: path.read_bytes() for path in result.iterdir()}
    beside = result / f"{FILE}{ending}"
    beside.write_bytes(b"pending")
    with pytest.raises(ExportError) as caught:
        rerun(result)
    assert caught.value.exit_code == 5
    assert beside.name in str(caught.value)
    assert {p: p.read_bytes() for p in result.iterdir() if p != beside} == files
    assert beside.read_bytes() == b"pending"


def test_a_file_that_another_program_holds_is_not_replaced(
    result: Path, rerun: Callable[[Path], list[str]]
) -> None:
    with closing(sqlite3.connect(result / FILE)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("UPDATE indices SET text_fr = 'visité'")
        other.commit()
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert (result / f"{FILE}-wal").stat().st_size == 0
        with pytest.raises(ExportError):
            rerun(result)
    assert value(result / FILE, "SELECT max(text_fr) FROM indices") == "visité"


def test_empty_companions_of_a_program_that_ended_are_removed(
    result: Path, rerun: Callable[[Path], list[str]]
) -> None:
    for ending in ("-wal", "-shm"):
        (result / f"{FILE}{ending}").touch()
    assert rerun(result) == []
    assert not list(result.glob("*-wal"))
    assert not list(result.glob("*-shm"))
    assert value(result / FILE, "PRAGMA integrity_check") == "ok"


# Columns of an agency: every type that QGIS offers, one of them unknown in every row.
COLUMNS = {
    "avis_agence": "TEXT(80)",
    "nombre": "MEDIUMINT",
    "grand": "INTEGER",
    "reel": "REAL",
    "le": "DATE",
    "moment": "DATETIME",
    "oui": "BOOLEAN",
    "photo": "BLOB",
}
COMMANDS: dict[str, Callable[[Path, Path], object]] = {
    "explain": lambda result, _: explain(read_saved(result), PLOT),
    "sheets": lambda result, out: print_sheets(
        result, out, choice=Choice(top=1), lang="fr", workers=1
    ),
    "export": lambda result, out: formats.write_formats(read_saved(result), out, formats.FORMATS),
    "diff": lambda result, _: diff.compare(result, result),
    "validate": lambda result, _: validate.visits(result, [], 1),
}


@pytest.fixture(params=["project", "column", "value"])
def used(request: pytest.FixtureRequest, result: Path) -> Path:
    """A result after a project was saved, columns were added or a value was changed in it."""
    added = [f'ALTER TABLE opportunites ADD "{n}" {kind}' for n, kind in COLUMNS.items()]
    statements = {
        "project": ["UPDATE qgis_projects SET metadata = 'x'"],
        "column": [*added, "UPDATE opportunites SET avis_agence = 'à revoir', photo = x'00'"],
        "value": ["UPDATE opportunites SET name = 'Mon nom'"],
    }
    execute(result / FILE, *statements[str(request.param)])
    return result


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_fails_on_a_file_that_was_used(command: str, used: Path, tmp_path: Path) -> None:
    COMMANDS[command](used, tmp_path / "out")


def test_a_column_of_an_agency_is_exported(result: Path, tmp_path: Path) -> None:
    execute(
        result / FILE,
        "ALTER TABLE opportunites ADD avis_agence TEXT",
        "ALTER TABLE opportunites ADD nombre INTEGER",
        "UPDATE opportunites SET avis_agence = 'à revoir'",
    )
    formats.write_formats(read_saved(result), tmp_path, ("geojson",))
    table = gpd.read_file(tmp_path / "geojson" / "opportunites.geojson")
    assert set(table["avis_agence"]) == {"à revoir"}
    assert table["nombre"].isna().all()


@pytest.mark.parametrize("command", ["explain", "sheets", "diff", "validate"])
def test_a_renamed_column_is_named_with_what_to_do(
    command: str, result: Path, tmp_path: Path
) -> None:
    execute(result / FILE, "ALTER TABLE opportunites RENAME COLUMN name TO nom")
    with pytest.raises(FormatError) as caught:
        COMMANDS[command](result, tmp_path / "out")
    assert "opportunites" in str(caught.value)
    assert "name" in str(caught.value)
    COMMANDS["export"](result, tmp_path / "out")  # what is there is exported


def test_changed_values_are_reported_a_saved_project_is_not(result: Path) -> None:
    execute(result / FILE, "UPDATE qgis_projects SET metadata = 'x'")
    assert read_saved(result).edit_warnings == ()
    execute(result / FILE, "UPDATE opportunites SET name = 'Mon nom'")
    (warning,) = read_saved(result).edit_warnings
    assert "opportunites" in warning.en
    assert warning in diff.compare(result, result).warnings


def test_the_geopackage_of_another_run_is_still_refused(result: Path, village_result: Path) -> None:
    manifest = (result / "manifest.json").read_text(encoding="utf-8")
    execute(result / FILE, "UPDATE gpkg_metadata SET metadata = replace(metadata, 'a', 'b')")
    assert FILE in mixed_files(result)
    assert manifest == (village_result / "manifest.json").read_text(encoding="utf-8")
