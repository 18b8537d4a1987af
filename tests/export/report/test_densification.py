"""The densification study: its figures are those of the GeoPackage, in three formats."""

from __future__ import annotations

import io
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import docx
import geopandas as gpd
import odfdo
import openpyxl  # type: ignore[import-untyped]
import pandas as pd
import pytest
import shapely

from foncier.errors import ConfigError
from foncier.export.report import write_report
from foncier.export.report.densification import densification, study_document
from foncier.export.report.densification.land import BY_DENSITY, CATEGORIES, land
from foncier.export.report.document import Paragraph
from foncier.export.report.writers import editable
from foncier.export.sheets.tables import SheetTables, read_sheet_tables
from foncier.export.sheets.typography import hectares, printable
from foncier.i18n import localize

if TYPE_CHECKING:
    from pathlib import Path

    from foncier.export.report.document import Document, Grid

NAMES = ("etude-densification.docx", "etude-densification.odt", "etude-densification.xlsx")


@pytest.fixture(scope="module")
def tables(demo_folder: Path) -> SheetTables:
    return read_sheet_tables(demo_folder)


@pytest.fixture(scope="module")
def settings(tables: SheetTables) -> dict[str, Any]:
    known: dict[str, Any] = tables.manifest["configuration"]["densification"]
    return known


@pytest.fixture(scope="module")
def rows(tables: SheetTables, settings: dict[str, Any]) -> pd.DataFrame:
    return land(tables, settings)


@pytest.fixture(scope="module")
def document(tables: SheetTables, settings: dict[str, Any]) -> Document:
    return study_document(tables, settings, "fr")


@pytest.fixture(scope="module")
def written(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("densification")
    assert write_report(demo_folder, out, "densification").files == NAMES
    return out


def table(document: Document, name: str) -> Grid:
    return next(one for one in document.grids if one.name == name)


def test_sites_have_the_area_of_the_geopackage(rows: pd.DataFrame, demo_folder: Path) -> None:
    query = (
        "SELECT kind, count(*), sum(counted_area_m2), sum(yield_low) FROM opportunites "
        "WHERE coalesce(availability_class, '') <> 'pris' GROUP BY kind"
    )
    with closing(sqlite3.connect(demo_folder / "opportunites.gpkg")) as base:
        stated = {kind: values for kind, *values in base.execute(query)}
    free = rows[~rows["taken"]]
    for kind, (number, area, low) in stated.items():
        some = free[free["category"] == kind]
        assert len(some) == number
        assert some["gross_m2"].sum() == pytest.approx(area, abs=0.5)
        if kind not in BY_DENSITY and low is not None:
            assert some["low"].sum() == low


def test_each_square_metre_counts_once(rows: pd.DataFrame, tables: SheetTables) -> None:
    outlines = gpd.GeoSeries(rows["geometry"], crs=tables.sites.crs)
    # Vacant premises are a floor: their footprint is inside other land, and counted there or here.
    land_only = rows["category"] != "batiment_non_affecte"
    together = shapely.union_all(outlines[land_only].to_numpy()).area
    assert rows.loc[land_only, "gross_m2"].sum() <= together + 1.0
    assert (rows["net_m2"] <= rows["gross_m2"] + 1e-6).all()
    assert (rows["net_m2"] >= 0).all()


@pytest.mark.parametrize("name", ["synthese", "par_zone", "par_fabric", "durete"])
def test_totals_are_the_sums_of_their_rows(document: Document, name: str) -> None:
    grid = table(document, name)
    frame = pd.DataFrame(grid.rows, columns=[field.label for field in grid.fields])
    for field in grid.fields:
        if field.format in {"n", "m²"}:
            values = frame[field.label].astype("float64")
            assert values[:-1].sum() == pytest.approx(values.iloc[-1], abs=1e-3)


def test_what_is_taken_is_in_no_total(rows: pd.DataFrame, document: Document) -> None:
    assert rows["taken"].any()
    total = table(document, "synthese").rows[-1]
    assert total[1] == (~rows["taken"]).sum()
    numbers = [float(row[1] or 0) for row in table(document, "pris").rows]
    assert sum(numbers) == rows["taken"].sum()


def test_retention_leaves_less_and_an_unknown_hardness_leaves_a_wider_range(
    rows: pd.DataFrame, settings: dict[str, Any]
) -> None:
    known = rows[rows["low"].notna() & (rows["high"] > 0)]
    assert (known["kept_low"] <= known["low"]).all()
    assert (known["kept_high"] < known["high"]).all()
    least, most = settings["retention"]["inconnue"]
    unknown = known[known["hardness"] == "inconnue"]
    assert unknown["kept_low"].tolist() == pytest.approx((unknown["low"] * (1 - most)).tolist())
    assert unknown["kept_high"].tolist() == pytest.approx((unknown["high"] * (1 - least)).tolist())


def test_the_density_of_the_study_counts_where_no_rule_gives_a_capacity(
    tables: SheetTables, settings: dict[str, Any], rows: pd.DataFrame
) -> None:
    double = settings | {"density": settings["density"] | {"low": 40.0, "high": 80.0}}
    again = land(tables, double)
    by_density = rows["category"].isin(BY_DENSITY)
    assert again.loc[by_density, "high"].sum() > 1.8 * rows.loc[by_density, "high"].sum()
    pd.testing.assert_series_equal(again.loc[~by_density, "high"], rows.loc[~by_density, "high"])


def test_vacant_premises_have_no_number_of_dwellings(document: Document) -> None:
    names = [field.label for field in table(document, "synthese").fields]
    row = table(document, "synthese").rows[CATEGORIES.index("batiment_non_affecte")]
    assert row[names.index(localize("export.densification.without", "fr"))] == row[1]


def test_the_three_files_have_the_same_tables(written: Path, document: Document) -> None:
    word = docx.Document(str(written / NAMES[0]))
    text = odfdo.Document(str(written / NAMES[1]))
    book = openpyxl.load_workbook(written / NAMES[2])
    assert book.sheetnames == [grid.name for grid in document.grids]
    for grid, in_word, in_text in zip(
        document.grids, word.tables, text.body.get_tables(), strict=True
    ):
        shown = [tuple(row) for row in grid.shown("fr").rows]
        assert len(in_word.rows) == len(shown) + 1
        first = [cell.text for cell in in_word.rows[1].cells] if shown else []
        assert first == ([*map(_printed, shown[0])] if shown else [])
        values = [[str(v or "") for v in row] for row in in_text.get_values()]
        assert values[1:2] == [first] if shown else len(values) == 1
        assert book[grid.name].max_row == len(grid.rows) + 2


def _printed(text: str) -> str:
    return printable(text, lang="fr", limit=2000).replace("\u200b", "")


def test_a_workbook_has_numbers(written: Path, rows: pd.DataFrame) -> None:
    sheet = openpyxl.load_workbook(written / NAMES[2])["parcelles"]
    head = [cell.value for cell in sheet[2]]
    column = head.index("Surface brute (m²)") + 1
    values = [sheet.cell(row, column).value for row in range(3, sheet.max_row + 1)]
    assert values == pytest.approx(rows["gross_m2"].tolist())


def test_the_same_result_gives_the_same_bytes(
    written: Path, demo_folder: Path, tmp_path: Path
) -> None:
    write_report(demo_folder, tmp_path, "densification")
    for name in NAMES:
        assert (tmp_path / name).read_bytes() == (written / name).read_bytes()


def test_styles_of_a_template_are_used_and_its_text_is_not(
    demo_folder: Path, tmp_path: Path
) -> None:
    agency = docx.Document()
    agency.styles["Heading 1"].font.name = "Courier New"
    agency.add_paragraph("Modèle de l'agence")
    agency.sections[0].header.paragraphs[0].text = "Agence d'urbanisme"
    agency.save(str(tmp_path / "modele.docx"))
    text = odfdo.Document("text")
    text.body.append(odfdo.Paragraph("Modèle de l'agence"))
    text.save(str(tmp_path / "modele.odt"))
    write_report(
        demo_folder,
        tmp_path / "out",
        "densification",
        templates=(tmp_path / "modele.docx", tmp_path / "modele.odt"),
    )
    made = docx.Document(str(tmp_path / "out" / NAMES[0]))
    assert made.styles["Heading 1"].font.name == "Courier New"
    assert made.sections[0].header.paragraphs[0].text == "Agence d'urbanisme"
    assert made.paragraphs[0].text == "Étude de densification"
    assert "Modèle" not in "".join(one.text for one in made.paragraphs)
    assert "Modèle" not in odfdo.Document(str(tmp_path / "out" / NAMES[1])).get_formatted_text()


@pytest.mark.parametrize(
    ("name", "data"),
    [("a.docx", b"no zip"), ("a.odt", b"no zip"), ("a.dotm", b""), ("b.docx", b"")],
)
def test_what_is_no_template_is_one_error(
    demo_folder: Path, tmp_path: Path, name: str, data: bytes
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ConfigError, match=name):
        write_report(demo_folder, tmp_path / "out", "densification", templates=(tmp_path / name,))
    assert not (tmp_path / "out").exists()


def test_a_workbook_is_no_text_template(written: Path, demo_folder: Path, tmp_path: Path) -> None:
    for suffix in ("odt", "docx"):
        wrong = tmp_path / f"classeur.{suffix}"
        shutil.copy(written / NAMES[2], wrong)
        with pytest.raises(ConfigError, match=wrong.name):
            write_report(demo_folder, tmp_path / "out", "densification", templates=(wrong,))


def test_a_category_that_was_not_sought_is_unknown(
    tables: SheetTables, settings: dict[str, Any]
) -> None:
    inputs = [
        one
        for one in tables.manifest["inputs"]
        if one["layer"] not in {"inventory", "observations"}
    ]
    less = _with(tables, inputs=inputs)
    document = study_document(less, settings, "fr")
    row = table(document, "synthese").rows[CATEGORIES.index("friche")]
    assert set(row[1:]) == {None}
    assert "inconnu" in table(document, "synthese").shown("fr").rows[CATEGORIES.index("friche")]


def _with(tables: SheetTables, **entries: Any) -> SheetTables:
    """Same tables with other entries of the manifest."""
    result = replace(tables.result)
    vars(result)["manifest"] = {**tables.manifest, **entries}
    return replace(tables, result=result)


def test_a_study_that_did_not_ask_says_what_to_do(tables: SheetTables) -> None:
    less = _with(tables, configuration={})
    with pytest.raises(ConfigError, match=r"\[densification\]"):
        densification(less, "fr", {})


def test_hostile_words_are_text(tables: SheetTables, settings: dict[str, Any]) -> None:
    sites = tables.sites.assign(warnings="<w:evil/> & \x07 ]]> =cmd()")
    document = study_document(replace(tables, sites=sites), settings, "fr")
    files = editable(document, "a", {})
    word = docx.Document(io.BytesIO(files["a.docx"]))
    assert "<w:evil/> & ]]> =cmd()" in word.tables[-2].rows[1].cells[-1].text
    sheet = openpyxl.load_workbook(io.BytesIO(files["a.xlsx"]))["parcelles"]
    assert sheet.cell(3, 12).data_type == "s"


@pytest.mark.parametrize(
    ("shares", "words"),
    [(None, "inconnues"), ("none", "inconnues"), ("half", "OCS GE")],
)
def test_the_artificialised_area_is_that_of_the_sites_whose_share_is_known(
    shares: str | None, words: str, tables: SheetTables, settings: dict[str, Any]
) -> None:
    sites = tables.sites.drop(columns="artificialised_share", errors="ignore")
    if shares is not None:
        sites = sites.assign(artificialised_share=float("nan"))
    if shares == "half":
        free = sites.index[sites["availability_class"] != "pris"]
        sites.loc[free[:2], "artificialised_share"] = 0.5
    made = study_document(replace(tables, sites=sites), settings, "fr")
    texts = [one.text for one in made.blocks if isinstance(one, Paragraph)]
    said = [text for text in texts if "rtificialisées" in text]
    assert len(said) == 1
    assert words in said[0]
    if shares == "half":
        area = sites.loc[free[:2], "counted_area_m2"].fillna(sites.loc[free[:2], "area_m2"]).sum()
        assert hectares(float(area) / 2, "fr") in said[0]
        assert "des 2 sites" in said[0].replace("\u00a0", " ")
