"""A later run leaves nothing of a former one that it did not find itself."""

from __future__ import annotations

import io
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest

from foncier import demo
from foncier._util.destination import LEDGER
from foncier.errors import ConfigError
from foncier.export.geopackage.write import write_geopackage
from foncier.pipeline.write_results import write_results
from foncier.results import explain, read_saved
from foncier.results.manifest import mixed_files
from foncier.study import read_study

if TYPE_CHECKING:
    from pathlib import Path

    from foncier.model import ResultTables


def test_a_run_without_friches_takes_the_exchange_file_of_the_former_away(
    small_result: ResultTables, tmp_path: Path
) -> None:
    study = read_study(demo.study_folder())
    first = write_results(small_result, study, tmp_path, lang="fr", timings={})
    assert "friches-cnig.csv" in first
    (tmp_path / "acces.tif").write_bytes(b"a surface of somebody else")
    bare = replace(
        small_result,
        candidates=small_result.candidates[small_result.candidates["kind"] != "friche"],
    )
    second = write_results(bare, study, tmp_path, lang="fr", timings={})
    assert set(first) - set(second) == {"friches-cnig.csv", "saisies.gpkg"}
    there = {path.name for path in tmp_path.iterdir()}
    assert there == {*second, "acces.tif", "manifest.json", "saisies.gpkg", LEDGER}
    assert mixed_files(tmp_path) == ()


@pytest.fixture
def spread(small_result: ResultTables) -> ResultTables:
    """The small result over two départements: the friche stays, the plot and a parcel move."""
    candidates = small_result.candidates.assign(
        commune=pd.Series(["80021", "60057", None], dtype="str"),
        parcel_ids=pd.Series(["80021000AB0001", "60057000AB0003", None], dtype="str"),
    )
    here, there = "80021000AB0005", "60057000AB0005"
    moved = {here: there, "80021000AB0003": "60057000AB0003"}
    return replace(
        small_result,
        communes=("80021", "60057"),
        candidates=candidates,
        rejections=small_result.rejections.assign(
            parcel_id=small_result.rejections["parcel_id"].replace(moved)
        ),
        tests=small_result.tests.assign(parcel_id=small_result.tests["parcel_id"].replace(moved)),
    )


def test_several_departements_have_a_geopackage_and_a_parquet_each(
    spread: ResultTables, small_result: ResultTables, tmp_path: Path
) -> None:
    study, out = read_study(demo.study_folder()), tmp_path / "out"
    made = write_results(spread, study, out, lang="fr", timings={})
    assert [n for n in made if n.endswith((".gpkg", ".parquet"))] == [
        "opportunites-60.gpkg",
        "opportunites-80.gpkg",
        "opportunites/departement=60/opportunites.parquet",
        "opportunites/departement=80/opportunites.parquet",
        "saisies.gpkg",
    ]
    assert mixed_files(out) == ()
    parts = [
        pyogrio.read_dataframe(out / f"opportunites-{c}.gpkg", layer="opportunites")
        for c in (60, 80)
    ]
    # The building names no commune: it is where the nearest parcel is. Ranks are those of all.
    assert [part["opportunity_id"].tolist() for part in parts] == [
        ["DC-80021000AB0003"],
        ["FR-80021_1", "BN-6500000-69770000"],
    ]
    assert parts[0]["overall_rank"].tolist()[0] == 2
    with closing(sqlite3.connect(out / "opportunites-60.gpkg")) as base:
        (content,) = base.execute("SELECT content FROM qgis_projects").fetchone()
        project = zipfile.ZipFile(io.BytesIO(bytes.fromhex(content)))
        assert b"./opportunites-60.gpkg|layername=tests" in project.read(project.namelist()[0])
    dataset = gpd.read_parquet(out / "opportunites")
    assert sorted(dataset["departement"].astype(str)) == ["60", "80", "80"]
    # The reader takes the parts for one result.
    whole = tmp_path / "whole"
    whole.mkdir()
    write_geopackage(spread, whole / "opportunites.gpkg")
    one, cut = read_saved(whole), read_saved(out)
    assert cut.names == one.names
    for mine, theirs in zip(cut.layers(), one.layers(), strict=True):
        by = list(mine.frame.columns.drop("geometry", errors="ignore"))
        pd.testing.assert_frame_equal(
            pd.DataFrame(mine.frame)[by].sort_values(by, ignore_index=True),
            pd.DataFrame(theirs.frame)[by].sort_values(by, ignore_index=True),
        )
    told = explain(read_saved(out), "60057000AB0005")
    assert (len(told.tests), len(told.rejections)) == (2, 1)
    assert len(explain(read_saved(out), "FR-80021_1").criteria) == len(spread.criteria)
    assert cut.table("opportunites")["overall_rank"].tolist()[:2] == [1, 2]
    (out / "opportunites-80.gpkg").rename(out / "elsewhere.gpkg")
    with pytest.raises(ConfigError, match=r"opportunites-80\.gpkg n'y est pas"):
        explain(read_saved(out), "FR-80021_1")
    (out / "elsewhere.gpkg").rename(out / "opportunites-80.gpkg")
    # A run of one département takes the parts away, and their folder.
    write_results(small_result, study, out, lang="fr", timings={})
    names = {path.name for path in out.iterdir()}
    assert {"opportunites.gpkg", "opportunites.parquet"} <= names
    assert not names & {"opportunites", "opportunites-60.gpkg", "opportunites-80.gpkg"}
