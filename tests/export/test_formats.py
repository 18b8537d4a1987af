"""Other formats of a result: they read back equal, and contain no formula."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
import sys
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import openpyxl  # type: ignore[import-untyped]
import pandas as pd
import pyogrio
import pytest
import shapely
from pandas.testing import assert_frame_equal
from typer.testing import CliRunner

from foncier import schemas
from foncier.cli import app
from foncier.errors import ConfigError, ExportError, FormatError
from foncier.export import dictionary, formats
from foncier.export.geopackage.write import write_geopackage
from foncier.export.layers import layers
from foncier.results import read_saved
from foncier.scoring import by_district

if TYPE_CHECKING:
    from pathlib import Path

    from foncier.model import ResultTables
    from foncier.results import SavedResult

HOSTILE = "=cmd|' /C calc'!A0"


@pytest.fixture
def result(small_result: ResultTables) -> ResultTables:
    """The small result, with quarters and texts that look like formulas."""
    import geopandas as gpd

    ground = gpd.GeoDataFrame(
        {"quarter_id": ["Q1"], "name": ["+33 & <b>"]},
        geometry=[small_result.candidates.geometry.iloc[0]],
        crs=small_result.candidates.crs,
    )
    names = [HOSTILE, "@somme", "-1"]
    districts = by_district(
        small_result.candidates, small_result.scores, schemas.DISTRICT_OUTLINES.conform(ground)
    )
    return replace(
        small_result, districts=districts, candidates=small_result.candidates.assign(name=names)
    )


@pytest.fixture
def folder(result: ResultTables, tmp_path: Path) -> Path:
    write_geopackage(result, tmp_path / "opportunites.gpkg")
    return tmp_path


def test_result_reads_back_equal(result: ResultTables, folder: Path) -> None:
    back = read_saved(folder)
    made = {layer.name: layer for layer in layers(result)}
    assert (back.title, back.edition, back.fictional, back.lang) == (
        "Étude d'essai",
        dt.date(2026, 11, 1),
        True,
        "fr",
    )
    assert {layer.name for layer in back.layers()} == set(made)
    for layer in back.layers():
        asked = made[layer.name]
        assert layer.title.fr == asked.title.fr
        assert layer.shape == asked.shape
        assert [(c.name, c.kind) for c in layer.columns] == [
            (c.name, c.kind) for c in asked.columns
        ]
        names = [column.name for column in asked.columns]
        assert_frame_equal(
            pd.DataFrame(layer.frame)[names],
            pd.DataFrame(asked.frame).reset_index(drop=True)[names],
        )
        comments = back.descriptions[layer.name].comments
        for column in asked.columns:
            assert comments[column.name] == dictionary.comment(column, "fr")
        if layer.shape:
            assert layer.frame.crs == result.candidates.crs
            assert shapely.equals(layer.frame.geometry.array, asked.frame.geometry.array).all()


def sheets(folder: Path) -> dict[str, Any]:
    formats.write_formats(read_saved(folder), folder, ("xlsx",))
    book = openpyxl.load_workbook(folder / "opportunites.xlsx")
    return {sheet.title: sheet for sheet in book}


def test_workbook_has_sheets_types_and_filters(folder: Path) -> None:
    book = sheets(folder)
    assert list(book) == [
        "À lire",
        "Opportunités",
        "Indices",
        "Accès",
        "Scores",
        "Rejets",
        "Potentiel par quartier",
        "Sources",
        "Manques",
        "Dictionnaire",
    ]
    sheet = book["Opportunités"]
    heads = [cell.value for cell in sheet[1]]
    assert {"Nature", "Surface (m²)", "Score, de 0 à 1", "Gare\u00a0: temps à pied (min)"} < set(
        heads
    )
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref.startswith("A1:")
    first = dict(zip(heads, sheet[2], strict=True))
    assert first["Nature"].value == "Friche"
    assert first["Surface (m²)"].value == 4000
    assert first["Surface (m²)"].number_format == "#,##0"
    third = dict(zip(heads, sheet[4], strict=True))
    assert third["Gare\u00a0: temps à pied (min)"].value is None
    dated = [cell for cell in book["Indices"]["F"] if cell.is_date]
    assert [cell.value.isoformat()[:10] for cell in dated] == ["2023-08-17"]
    assert dated[0].number_format == "dd/mm/yyyy"
    said = {(row[0].value, row[1].value): row[3].value for row in book["Dictionnaire"].rows}
    assert said["opportunites", "area_m2"] == dictionary.comment(
        next(c for c in schemas.CANDIDATES.columns if c.name == "area_m2"), "fr"
    )
    assert any("FICTIVES" in str(cell.value) for cell in book["À lire"]["A"])


def test_workbook_has_no_formula(folder: Path) -> None:
    cells = [cell for sheet in sheets(folder).values() for row in sheet.rows for cell in row]
    assert not [cell.coordinate for cell in cells if cell.data_type == "f"]
    assert {HOSTILE, "@somme", "-1", "+33 & <b>"} < {cell.value for cell in cells}


def test_geojson_conforms_to_the_rfc(result: ResultTables, folder: Path) -> None:
    formats.write_formats(read_saved(folder), folder, ("geojson",))
    found = json.loads((folder / "geojson" / "opportunites.geojson").read_text(encoding="utf-8"))
    assert "crs" not in found  # RFC 7946, section 4: always WGS 84
    assert len(found["features"]) == 3
    for feature in found["features"]:
        for polygon in feature["geometry"]["coordinates"]:
            assert shapely.is_ccw(shapely.LinearRing(polygon[0]))
            for lon, lat in polygon[0]:
                assert 2.2 < lon < 2.4
                assert 49.8 < lat < 50
                assert max(len(repr(v).split(".")[1]) for v in (lon, lat)) <= 7
    unknown = [f["properties"]["station_min"] for f in found["features"]]
    assert unknown[2] is None


def test_flatgeobuf_reads_back_equal(result: ResultTables, folder: Path) -> None:
    back = read_saved(folder)
    names = formats.write_formats(back, folder, ("flatgeobuf",))
    assert "flatgeobuf/opportunites.fgb" in names
    for layer in back.layers():
        if layer.shape and len(layer.frame):
            found = pyogrio.read_dataframe(folder / "flatgeobuf" / f"{layer.name}.fgb")
            key = layer.columns[0].name
            assert sorted(found[key].astype(str)) == sorted(layer.frame[key].astype(str))
            assert found.crs == layer.frame.crs
            assert found.area.sum() == pytest.approx(layer.frame.area.sum())


def test_same_result_gives_same_bytes(folder: Path) -> None:
    forms = formats.FORMATS
    names = formats.write_formats(read_saved(folder), folder, forms)
    first = {name: (folder / name).read_bytes() for name in names}
    formats.write_formats(read_saved(folder), folder, forms)
    assert {name: (folder / name).read_bytes() for name in names} == first


def test_read_me_reports_too_many_rows_for_a_sheet(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("foncier.export.workbook.ROWS", 1)
    book = sheets(folder)
    assert "Rejets" not in book
    assert any("voir le GeoPackage" in str(cell.value) for cell in book["À lire"]["B"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--to", "pdf"], "format inconnu"),
        ([], "rien à écrire"),
        (["--to", "xlsx", "--out", "{}/opportunites.gpkg/x"], "portent le même nom"),
    ],
)
def test_error_of_a_command_that_cannot_run(folder: Path, arguments: list[str], said: str) -> None:
    filled = [argument.format(folder) for argument in arguments]
    done = CliRunner().invoke(app, ["export", str(folder), *filled])
    assert done.exit_code in (ConfigError.exit_code, ExportError.exit_code)
    assert said in done.output


def limited(result: SavedResult, folder: Path, form: str, said: Any) -> None:
    """Run in a child: no file may grow beyond 2 kB, as on a full disk."""
    import resource
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))
    try:
        formats.write_formats(result, folder, (form,))
    except ExportError as reason:
        said.put(str(reason))
    else:
        said.put("")


@pytest.mark.skipif(sys.platform == "win32", reason="limits of file size are POSIX")
@pytest.mark.parametrize("form", formats.FORMATS)
def test_full_disk_leaves_the_former_files(folder: Path, form: str) -> None:
    import multiprocessing as mp

    back = read_saved(folder)
    formats.write_formats(back, folder, (form,))
    before = {p: p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
    context = mp.get_context("fork")
    said: Any = context.Queue()
    child = context.Process(target=limited, args=(back, folder, form, said))
    child.start()
    message = said.get(timeout=60)
    child.join()
    assert "disque" in message
    assert {p: p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()} == before


def test_geopackage_opened_by_another_program_is_read_and_replaced(
    result: ResultTables, folder: Path
) -> None:
    """QGIS reads while we write: it keeps its file, the new one takes the place."""
    path = folder / "opportunites.gpkg"
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN")
        (rows,) = other.execute("SELECT count(*) FROM indices").fetchone()
        assert len(list(read_saved(folder).layers())) == len(layers(result))
        fewer = replace(result, evidence=result.evidence.iloc[:1])
        if sys.platform == "win32":  # which does not let go of a file that is open
            with pytest.raises(ExportError, match=r"opportunites\.gpkg.*QGIS"):
                write_geopackage(fewer, path)
        else:
            write_geopackage(fewer, path)
        assert other.execute("SELECT count(*) FROM indices").fetchone() == (rows,)
    assert [p.name for p in folder.iterdir()] == ["opportunites.gpkg"]


def test_no_result_or_another_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="foncier run"):
        read_saved(tmp_path)
    (tmp_path / "opportunites.gpkg").write_bytes(b"SQLite format 3\x00")
    with pytest.raises(FormatError, match="Relancez"):
        list(read_saved(tmp_path).layers())


def test_empty_result_has_every_format(small_result: ResultTables, tmp_path: Path) -> None:
    crs = small_result.candidates.crs
    nothing = replace(
        small_result,
        candidates=schemas.CANDIDATES.empty(crs),
        scores=schemas.SCORES.empty(),
        access=schemas.ACCESS.empty(),
        access_points=schemas.ACCESS_POINTS.empty(crs),
        evidence=schemas.EVIDENCE.empty(),
        rejections=schemas.REJECTIONS.empty(crs),
    )
    write_geopackage(nothing, tmp_path / "opportunites.gpkg")
    back = read_saved(tmp_path)
    formats.write_formats(back, tmp_path, formats.FORMATS)
    found = pyogrio.read_dataframe(tmp_path / "geojson" / "opportunites.geojson")
    assert len(found) == 0
