"""Reader of result folders: any version, one or several GeoPackages."""

from __future__ import annotations

import datetime as dt
import json
import random
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from pandas.testing import assert_frame_equal
from typer.testing import CliRunner

from foncier import schemas
from foncier.cli import app
from foncier.errors import ConfigError, ContractError, FormatError
from foncier.export.sheets import Choice, print_sheets
from foncier.pipeline import diff
from foncier.results import SavedResult, explain, read_saved
from foncier.results.explain import story
from foncier.results.layers import (
    CHECKED,
    FORMER_COLUMNS,
    FORMER_LAYERS,
    OPTIONAL,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FRICHE, INFILL = "FR-80021_90055", "DC-80021000BR0123"


@pytest.fixture(params=["former_result", "present_result"])
def result(request: pytest.FixtureRequest) -> SavedResult:
    return read_saved(request.getfixturevalue(request.param))


def test_facts_of_a_result(result: SavedResult) -> None:
    assert (result.lang, result.fictional, result.communes) == ("fr", True, ("80021",))
    assert isinstance(result.edition, dt.date)
    assert result.crs.to_epsg() == 2154
    assert result.profile == result.manifest["profile"]["name"]
    assert result.study_area is not None
    assert result.study_area.area > 1e6
    assert result.mixed_files == result.mixed_geopackages == ()


@pytest.mark.parametrize("name", sorted(FORMER_LAYERS))
def test_layer_is_read_by_present_or_former_name(result: SavedResult, name: str) -> None:
    assert name in result.names
    table = result.table(name)
    assert len(table) > 0
    assert_frame_equal(table, result.table(FORMER_LAYERS[name]))
    described = result.describe(name)
    assert described is not None
    assert described == result.describe(FORMER_LAYERS[name])


def test_columns_have_their_present_name(result: SavedResult) -> None:
    names = FORMER_COLUMNS["opportunites"]
    sites = result.table("opportunites")
    assert set(names) <= set(sites.columns)
    assert not set(names.values()) & set(sites.columns)
    assert sites["overall_rank"].tolist() == [1, 3, 4, 10]
    with pytest.raises(FormatError, match=r"opportunites\.colour"):
        result.table("opportunites", columns=["colour"])
    asked = result.table("opportunites", columns=["warnings", "rank"], geometry=False)
    assert list(asked.columns) == ["warnings", "overall_rank"]
    assert asked["warnings"].notna().tolist() == [False, True, True, False]


def test_both_versions_have_the_same_tables(former_result: Path, present_result: Path) -> None:
    former, present = read_saved(former_result), read_saved(present_result)
    assert former.names == present.names
    for name in former.names:
        assert_frame_equal(
            pd.DataFrame(former.table(name)), pd.DataFrame(present.table(name)), obj=name
        )


def test_both_versions_give_the_same_outputs(
    former_result: Path, present_result: Path, tmp_path: Path
) -> None:
    for asked in (FRICHE, INFILL, "80021000AB0005"):
        told = [
            list(story(explain(read_saved(folder), asked), "fr"))
            for folder in (former_result, present_result)
        ]
        assert told[0] == told[1]
        assert len(told[0]) > 1
    assert set(diff.compare(former_result, present_result).counts) == {"inchange"}
    printed = [
        print_sheets(folder, tmp_path / folder.name, choice=Choice(ids=(INFILL,)))
        for folder in (former_result, present_result)
    ]
    for name in printed[0].files:
        one, other = ((sheets.folder / name).read_bytes() for sheets in printed)
        assert one == other, name


@pytest.mark.parametrize("version", ["former_result", "present_result"])
def test_match_and_export_of_either_version(
    version: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    folder = request.getfixturevalue(version)
    needs = tmp_path / "needs.toml"
    needs.write_text(CliRunner().invoke(app, ["match", "--template"]).output, encoding="utf-8")
    done = CliRunner().invoke(
        app, ["match", str(folder), str(needs), "--out", str(tmp_path / "match.csv")]
    )
    assert done.exit_code == 0, done.output
    done = CliRunner().invoke(app, ["export", str(folder), "--to", "xlsx", "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    sheets = pd.read_excel(tmp_path / "opportunites.xlsx", sheet_name=None)
    assert {"Indices", "Scores"} <= set(sheets)
    assert len(sheets["Indices"]) == len(read_saved(folder).table("indices"))


def test_columns_have_the_types_of_the_schemas(result: SavedResult) -> None:
    sites = result.table("opportunites")
    for contract in (schemas.CANDIDATES, schemas.SCORES):
        own = contract.conform(sites)
        names = [column.name for column in contract.columns if column.name in sites]
        assert_frame_equal(pd.DataFrame(own)[names], pd.DataFrame(sites)[names])
    for name, contract in CHECKED.items():
        assert list(result.table(name).columns) == contract.names


def test_some_rows_and_columns(result: SavedResult) -> None:
    evidence = result.table("indices", ids=[FRICHE, INFILL])
    assert evidence.groupby("opportunity_id").size().to_dict() == {FRICHE: 17, INFILL: 12}
    assert result.table("indices", ids=[]).columns.tolist() == schemas.EVIDENCE.names
    many = [f"no-{n}" for n in range(1100)]
    assert len(result.table("indices", ids=[*many, FRICHE])) == 17
    tests = result.table("tests", ids=["80021000AB0005"], key="parcel_id")
    assert set(tests["parcel_id"]) == {"80021000AB0005"}
    site = result.table("opportunites", ids=[INFILL])
    near = result.table("opportunites", bbox=tuple(site.total_bounds), columns=["kind"])
    assert near["kind"].tolist() == ["dent_creuse"]
    assert isinstance(near, gpd.GeoDataFrame)
    plain = result.table("opportunites", columns=["kind"], geometry=False, limit=2)
    assert (type(plain), plain.shape) == (pd.DataFrame, (2, 1))
    assert result.table("batiments", columns=[]).columns.tolist() == ["geometry"]


def test_layer_with_the_metadata_of_the_file(result: SavedResult) -> None:
    told = result.describe("opportunites")
    assert told is not None
    assert (told.title, told.shape) == ("Opportunités", "MultiPolygon")
    alias = {column.name: column.fr for column in told.columns}
    assert alias["area_m2"].endswith(" (m²)")
    assert told.units["area_m2"] == "m²"
    assert told.units["score"] == "0–1"
    assert told.units["station_min"] == "min"
    assert "name" not in told.units
    assert told.words["kind"]["friche"] == "Friche"
    assert told.comments["area_m2"]
    layer = result.layer("opportunites")
    assert layer is not None
    assert layer.columns == told.columns
    assert list(layer.frame.columns) == [*alias, "geometry"]
    assert "friches" not in result.names  # a view
    assert "layer_styles" not in result.names
    assert result.describe("nothing") is None
    assert result.layer("nothing") is None


def copied(folder: Path, place: Path) -> Path:
    shutil.copytree(folder, place)
    return place


def test_missing_optional_layer_is_empty(former_result: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bare"
    folder.mkdir()
    source = former_result / "opportunites.gpkg"
    kept = pyogrio.read_dataframe(source, layer="opportunites")
    for name, contract in OPTIONAL.items():
        _drop(copied(former_result, tmp_path / name) / "opportunites.gpkg", name)
        result = read_saved(tmp_path / name)
        found = result.table(name)
        assert len(found) == 0
        assert list(found.columns) == contract.names
        if contract.geometry:
            assert found.crs == kept.crs
            assert result.table(name, geometry=False).columns.tolist() == contract.names[:-1]
    _drop(tmp_path / name / "opportunites.gpkg", "preuves")
    with pytest.raises(FormatError, match="illisible ou d'une autre version"):
        read_saved(tmp_path / name).table("indices")


def _drop(path: Path, layer: str) -> None:
    with closing(sqlite3.connect(path)) as base:
        for table in ("gpkg_contents", "gpkg_geometry_columns", "gpkg_ogr_contents"):
            base.execute(f"DELETE FROM {table} WHERE table_name = ?", (layer,))  # noqa: S608
        base.execute(f"DROP TABLE IF EXISTS {layer}")
        base.commit()


def test_parts_in_any_order(former_result: Path, tmp_path: Path) -> None:
    whole = read_saved(former_result)
    parts = copied(former_result, tmp_path / "parts")
    (parts / "manifest.json").unlink()
    path = parts / "opportunites.gpkg"
    for code, kept in (("60", "kind = 'dent_creuse'"), ("80", "kind != 'dent_creuse'")):
        own = parts / f"opportunites-{code}.gpkg"
        shutil.copy(path, own)
        rows = pyogrio.read_dataframe(own, layer="opportunites", where=kept)
        rows.to_file(own, layer="opportunites", engine="pyogrio")
    path.unlink()
    cut = read_saved(parts)
    assert [one.name for one in cut.paths] == ["opportunites-60.gpkg", "opportunites-80.gpkg"]
    turned = SavedResult(cut.folder, cut.paths[::-1])
    for result in (cut, turned):
        ids = result.table("opportunites")["opportunity_id"].tolist()
        assert ids == whole.table("opportunites")["opportunity_id"].tolist()
        assert len(result.table("criteres")) == len(whole.table("criteres"))
        assert len(result.table("parcelles_ecartees")) == 2 * len(whole.table("parcelles_ecartees"))
    (parts / "opportunites-60.gpkg").unlink()
    assert len(read_saved(parts).paths) == 1


def unreadable(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\x00")


def of_another_program(path: Path) -> None:
    path.unlink()
    frame = gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(0, 0)], crs=2154)
    frame.to_file(path, layer="opportunites", engine="pyogrio")


@pytest.mark.parametrize("broken", [unreadable, of_another_program])
@pytest.mark.parametrize(
    "read",
    [
        lambda result: result.table("indices"),
        lambda result: result.layer("opportunites"),
        lambda result: result.title,
        lambda result: result.lang,
    ],
)
def test_unreadable_file_is_an_error(
    former_result: Path, tmp_path: Path, broken: Callable[[Path], None], read: Callable[..., Any]
) -> None:
    folder = copied(former_result, tmp_path / "broken")
    (folder / "manifest.json").unlink()
    broken(folder / "opportunites.gpkg")
    with pytest.raises(FormatError, match=r"^broken.*illisible ou d'une autre version.*Relancez"):
        read(read_saved(folder))


def test_damaged_file_is_read_or_is_an_error(former_result: Path, tmp_path: Path) -> None:
    """Whatever bytes are damaged, the only error is one that a user can read."""
    folder = copied(former_result, tmp_path / "damaged")
    path = folder / "opportunites.gpkg"
    whole = path.read_bytes()
    refused = 0
    for seed in range(12):
        chance = random.Random(seed)
        damaged = bytearray(whole[: chance.randrange(len(whole))] if seed % 3 == 0 else whole)
        for _ in range(chance.choice([1, 20, 400, 4000])):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        path.write_bytes(damaged)
        result = read_saved(folder)
        try:
            for name in result.names:
                result.table(name)
        except (FormatError, ContractError):
            refused += 1
    assert refused > 6


def test_folder_without_result_is_an_error(former_result: Path, tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(ConfigError, match=r"dans ce dossier \(opportunites\.gpkg"):
            read_saved(place)
    folder = copied(former_result, tmp_path / "folder")
    (folder / "manifest.json").write_text("{}", encoding="utf-8")
    assert read_saved(folder).title == read_saved(former_result).title
    with pytest.raises(FormatError, match="title"):
        read_saved(folder, with_manifest=True)
    (folder / "manifest.json").write_text("no json", encoding="utf-8")
    assert read_saved(folder).fictional
    with pytest.raises(FormatError, match="illisible"):
        read_saved(folder, with_manifest=True)
    (folder / "manifest.json").unlink()
    assert read_saved(folder).communes == ("80021",)
    for read in (
        lambda: read_saved(folder, with_manifest=True),
        lambda: read_saved(folder).study_area,
    ):
        with pytest.raises(ConfigError, match=r"dans ce dossier \(manifest\.json"):
            read()


def test_changed_file_is_reported(former_result: Path, tmp_path: Path) -> None:
    folder = copied(former_result, tmp_path / "changed")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["deliverables"] |= {"opportunites.gpkg": "0" * 64, "acces.tif": "0" * 64}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    result = read_saved(folder)
    assert result.mixed_files == ("acces.tif", "opportunites.gpkg")
    assert result.mixed_geopackages == ("opportunites.gpkg",)
