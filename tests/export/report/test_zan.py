"""Supply by state of the ground: sums of the GeoPackage, and unknown where OCS GE says nothing."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import openpyxl  # type: ignore[import-untyped]
import pytest

from foncier.export.report import write_report
from foncier.export.report.document import Paragraph
from foncier.export.report.zan import supply_on_ground, zan_document
from foncier.export.sheets.tables import SheetTables, read_sheet_tables
from foncier.results.totals import on_offer, supply

if TYPE_CHECKING:
    from pathlib import Path

    from foncier.export.report.document import Document


@pytest.fixture(scope="module")
def tables(demo_folder: Path) -> SheetTables:
    return read_sheet_tables(demo_folder)


def shared(tables: SheetTables, *, known: float) -> SheetTables:
    """The result whose first sites have a known share, from 0 to 1."""
    sites = tables.sites
    count = round(known * len(sites))
    share = np.where(np.arange(len(sites)) < count, np.linspace(0, 1, len(sites)), np.nan)
    return dataclasses.replace(tables, sites=sites.assign(artificialised_share=share))


def rows_of(document: Document, name: str) -> Any:
    return next(one for one in document.grids if one.name == name).rows


def total(document: Document) -> dict[str, Any]:
    names = ("group", "number", "area", "part", "other", "unknown", "least", "most")
    return dict(zip(names, rows_of(document, "par_nature")[-1], strict=True))


@pytest.mark.parametrize("known", [0.0, 0.01, 0.4, 1.0])
def test_the_parts_are_the_supply_of_every_deliverable(tables: SheetTables, known: float) -> None:
    result = shared(tables, known=known)
    row = total(zan_document(result, "fr"))
    offered = supply(result.sites)["offered"]
    assert row["number"] == offered.sites
    assert row["area"] == pytest.approx(offered.area_m2)
    free = on_offer(result.sites)
    expected = (free["counted_area_m2"] * free["artificialised_share"]).sum(min_count=1)
    assert row["part"] == pytest.approx(expected, nan_ok=True)
    parts = np.nansum([row["part"], row["other"], row["unknown"]])
    assert parts == pytest.approx(offered.area_m2)
    assert not row["least"] > row["most"]
    if known == 1.0:
        assert row["least"] == pytest.approx(row["most"])


def test_nothing_known_is_unknown_and_never_none(tables: SheetTables) -> None:
    without = tables.sites.drop(columns="artificialised_share", errors="ignore")
    for result in (shared(tables, known=0.0), dataclasses.replace(tables, sites=without)):
        document = zan_document(result, "fr")
        row = total(document)
        assert np.isnan(row["part"])
        assert np.isnan(row["other"])
        assert np.isnan(row["least"]), "unknown, not 0 %"
        assert np.isnan(row["most"])
        words = [one.text for one in document.blocks if isinstance(one, Paragraph)]
        assert any("aucune couche OCS GE" in text for text in words)
        assert not any("0 ha sur un sol déjà" in text.replace("\u00a0", " ") for text in words)
        (consumption,) = rows_of(document, "consommation")
        assert consumption[3] == "inconnu"
        assert np.isnan(consumption[4])


def test_what_is_taken_is_a_row_and_in_no_total(tables: SheetTables) -> None:
    document = zan_document(shared(tables, known=1.0), "fr")
    classes = rows_of(document, "par_disponibilite")
    assert sum(row[2] for row in classes[:2]) == pytest.approx(total(document)["area"])
    assert sum(row[1] for row in classes) == len(tables.sites)
    assert classes[2][1] > 0


def test_the_consumption_is_that_of_the_study(tables: SheetTables) -> None:
    document = zan_document(shared(tables, known=1.0), "fr")
    (row,) = rows_of(document, "consommation")
    assert row[0] == "2011-2021"
    assert row[4] == pytest.approx(total(document)["part"] / 1e4 / 21.5)


def test_each_site_has_a_row_of_its_own_figures(tables: SheetTables) -> None:
    rows = supply_on_ground(shared(tables, known=0.5))
    assert len(rows) == len(tables.sites)
    unknown = rows["share"].isna()
    assert unknown.any()
    assert rows.loc[unknown, "artificialised_m2"].isna().all()
    known = rows[~unknown]
    assert (known["artificialised_m2"] + known["other_m2"]).to_numpy() == pytest.approx(
        known["area_m2"].to_numpy()
    )


def test_the_files_are_written_and_repeatable(demo_folder: Path, tmp_path: Path) -> None:
    names = ("zan.docx", "zan.odt", "zan.xlsx")
    for folder in ("a", "b"):
        assert write_report(demo_folder, tmp_path / folder, "zan").files == names
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    book = openpyxl.load_workbook(tmp_path / "a" / "zan.xlsx")
    total_row = [cell.value for cell in book["par_nature"][7]]
    assert total_row[3] is None, "an unknown area is an empty cell"
