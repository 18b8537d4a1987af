"""One figure, one place: what is on offer, read back from every deliverable."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import openpyxl  # type: ignore[import-untyped]
import pandas as pd
import pyogrio
import pytest
from tests.export.sheets.pdf import pages

from foncier.cli.run import _summary
from foncier.export.report.write import write_report
from foncier.export.sheets import Choice, print_sheets
from foncier.export.workbook import write_workbook
from foncier.i18n import localize
from foncier.results import read_saved
from foncier.results.totals import PARTS, Land, supply

if TYPE_CHECKING:
    from pathlib import Path

    from foncier.model import ResultTables


@pytest.fixture(scope="module")
def stated(demo_result: ResultTables) -> dict[str, Land]:
    """What the demonstration has on offer."""
    return supply(demo_result.candidates)


def ha(land: Land) -> str:
    """Hectares as a planner reads them."""
    return f"{land.area_m2 / 1e4:.1f}".replace(".", ",") + " ha"


def test_the_parts_of_the_offer_sum_to_the_whole(stated: dict[str, Land]) -> None:
    assert list(stated) == list(PARTS)
    for figure in ("sites", "area_m2", "unknown"):
        of = {name: getattr(land, figure) for name, land in stated.items()}
        assert of["found"] == pytest.approx(of["offered"] + of["taken"])
        assert of["offered"] == pytest.approx(of["ready"] + of["to_confirm"])
        assert of["public"] + of["partly_public"] <= of["offered"]
    assert min(land.sites for land in stated.values()) > 0  # each is seen on the demonstration


def test_tables_hold_the_columns_that_sum_to_it(demo_folder: Path, stated: dict[str, Land]) -> None:
    read = {
        "gpkg": pyogrio.read_dataframe(demo_folder / "opportunites.gpkg", layer="opportunites"),
        "parquet": pd.read_parquet(demo_folder / "opportunites.parquet"),
        "csv": pd.read_csv(demo_folder / "opportunites.csv", sep=";", decimal=","),
    }
    for table in read.values():
        found = supply(table)
        assert {name: land.sites for name, land in found.items()} == {
            name: land.sites for name, land in stated.items()
        }
        for name, land in found.items():
            assert land.area_m2 == pytest.approx(stated[name].area_m2, abs=20)


def test_the_manifest_states_it(demo_folder: Path, stated: dict[str, Land]) -> None:
    counts = json.loads((demo_folder / "manifest.json").read_text("utf-8"))["counts"]
    assert sum(counts["opportunities"].values()) == stated["found"].sites
    for name, land in stated.items():
        assert counts["supply"][name]["sites"] == land.sites
        assert counts["supply"][name]["area_m2"] == pytest.approx(land.area_m2)


def test_districts_sum_to_it(demo_folder: Path, stated: dict[str, Land]) -> None:
    rows = pyogrio.read_dataframe(demo_folder / "opportunites.gpkg", layer="quartiers")
    rows = rows[rows["kind"] == "toutes"]
    assert rows["number"].sum() == pytest.approx(stated["found"].sites)
    assert rows["area_m2"].sum() == pytest.approx(stated["found"].area_m2)
    assert rows["offered_area_m2"].sum() == pytest.approx(stated["offered"].area_m2)
    for name in ("ready", "to_confirm", "taken"):
        assert rows[f"{name}_number"].sum() == pytest.approx(stated[name].sites)


def test_the_terminal_states_it(
    demo_result: ResultTables, stated: dict[str, Land], capsys: pytest.CaptureFixture[str]
) -> None:
    _summary(demo_result, "fr")
    words = " ".join(capsys.readouterr().out.replace("\u202f", " ").split())
    for name in ("offered", "ready", "to_confirm", "public"):
        assert f"{stated[name].sites} " in words
    for name in ("offered", "taken", "public"):
        assert ha(stated[name]) in words
    assert f"Total, sols communs comptés une fois │ {stated['found'].sites}" in words
    assert ha(stated["found"]).removesuffix(" ha") in words


def test_the_workbook_states_it(demo_folder: Path, stated: dict[str, Land], tmp_path: Path) -> None:
    path = tmp_path / "result.xlsx"
    write_workbook(read_saved(demo_folder), path)
    first = openpyxl.load_workbook(path, read_only=True).worksheets[0]
    rows = {str(row[0]): str(row[1]) for row in first.iter_rows(max_col=2, values_only=True)}
    for name, land in stated.items():
        words = rows[localize(f"export.workbook.supply_{name}", "fr")].replace("\u00a0", " ")
        assert words.startswith(f"{land.sites} site")
        assert ha(land) in words


def test_leaflet_and_note_state_it(
    demo_folder: Path, stated: dict[str, Land], tmp_path: Path
) -> None:
    print_sheets(demo_folder, tmp_path / "fiches", choice=Choice(top=0))
    write_report(demo_folder, tmp_path / "note", "note")
    leaflet = pages(tmp_path / "fiches" / "plaquette.pdf")[0].replace("\u00a0", " ")
    note = pages(tmp_path / "note" / "note.pdf")[0].replace("\u00a0", " ")
    for page in (leaflet, note):
        assert str(stated["offered"].sites) in page
        assert ha(stated["offered"]) in page
    assert f"Total {stated['offered'].sites} {ha(stated['offered'])}" in leaflet
    taken = stated["taken"]
    assert f"{taken.sites} sites pris (projet ou permis), {ha(taken)}" in leaflet
    assert f"{stated['public'].sites} sites, {ha(stated['public'])}" in leaflet
    assert ha(stated["found"]) not in leaflet
