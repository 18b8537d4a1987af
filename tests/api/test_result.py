"""A result as tables: complete, scored again to the last bit, explained, saved and read back."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
from pyogrio import list_layers

import foncier as fo
from foncier._util.destination import LEDGER
from foncier.errors import ConfigError

if TYPE_CHECKING:
    from foncier.model import ResultTables

TABLES = ("opportunities", "rejections", "tests", "evidence", "access", "criterion_scores",
          "assemblies")  # fmt: skip
FORMER = Path(__file__).parent.parent / "results" / "result-0.1.0.zip"


def same(one: fo.Result, other: fo.Result) -> None:
    """Every table of two results is the same, shapes to the last digit."""
    assert list(one.layers) == list(other.layers)
    for name, table in one.layers.items():
        mine, theirs = table, other.layers[name]
        if isinstance(mine, gpd.GeoDataFrame):
            assert mine.geometry.normalize().geom_equals(theirs.geometry.normalize()).all(), name
            mine, theirs = (pd.DataFrame(t.drop(columns="geometry")) for t in (mine, theirs))
        pd.testing.assert_frame_equal(mine, theirs, check_dtype=False, obj=name)


@pytest.mark.parametrize("kind", ["public_result", "saved"])
def test_tables_are_copies_with_words_and_no_name_of_pandas(
    kind: str, request: pytest.FixtureRequest
) -> None:
    result: fo.Result = request.getfixturevalue(kind)
    for name in TABLES:
        table = getattr(result, name)
        assert len(table), name
        assert not set(table.columns) & (set(dir(pd.DataFrame)) - {"geometry"}), name
        words = set(table.columns) - {"geometry", "label"}
        assert words <= set(table.attrs["fr"]) & set(table.attrs["en"]), name
        table.iloc[:, 0] = "changed"
        assert getattr(result, name).iloc[0, 0] != "changed"
    plots = result.opportunities
    assert plots.crs.to_epsg() == 2154
    assert plots.attrs["fr"]["overall_rank"] == "Rang"
    assert plots.attrs["units"]["station_min"] == "min"
    assert plots["label"].notna().all()
    named = plots["name"].notna()
    assert plots.loc[named, "label"].equals(plots.loc[named, "name"])
    assert "nan" not in set(plots["label"].str.lower())
    assert {"sources", "missing", "streets", "loop"} <= set(result.layers)
    with pytest.raises(KeyError):
        result.layers["nothing"]


def test_a_saved_result_is_the_result(public_result: fo.Result, saved: fo.Result) -> None:
    same(public_result, saved)
    assert saved.title == public_result.title
    assert repr(saved) == repr(public_result)


def test_own_weights_change_nothing(public_result: fo.Result, saved: fo.Result) -> None:
    """No criterion is lost: the former script lost the residents, and 117 ranks with them."""
    weights = public_result.layers["criteria"].set_index("name")["weight"].to_dict()
    same(public_result.score(), public_result)
    same(public_result.score(weights), public_result)
    same(saved.score(weights), public_result)


def test_other_weights_are_those_of_a_run_with_them(saved: fo.Result) -> None:
    """Criteria of weight 0 in the study, and those of a project, are measured too."""
    study = fo.read_study(fo.demo_study())
    weights = {"green": 3.0, "confidence": 2.0, "loop": 0.0}
    for chosen in ({"weights": weights}, {"project": "logement", "weights": weights}):
        run, again = fo.run(study.replace(**chosen)), saved.score(**chosen)
        pd.testing.assert_frame_equal(
            pd.DataFrame(run.opportunities.drop(columns="geometry")),
            pd.DataFrame(again.opportunities.drop(columns="geometry")),
            check_dtype=False,
        )
        pd.testing.assert_frame_equal(run.layers["missing"], again.layers["missing"])
        columns = ["quarter_id", "kind", "mean_score"]
        pd.testing.assert_frame_equal(
            pd.DataFrame(run.layers["districts"][columns]),
            pd.DataFrame(again.layers["districts"][columns]),
        )


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"weights": {"servces": 5}}, "services"),
        ({"weights": {"loop": -1}}, "loop"),
        ({"weights": {"loop": float("nan")}}, "loop"),
        ({"weights": {"loop": "5"}}, "loop"),
        ({"project": "logemnt"}, "logement"),
    ],
)
def test_a_wrong_weight_or_project_is_refused(
    asked: dict[str, Any], words: str, saved: fo.Result
) -> None:
    with pytest.raises(ConfigError, match=words):
        saved.score(**asked)


def test_no_weight_left_is_refused(public_result: fo.Result) -> None:
    every = dict.fromkeys(public_result.layers["criteria"]["name"], 0)
    with pytest.raises(ConfigError, match="nuls"):
        public_result.score(every)


def test_a_result_without_measures_says_so(saved: fo.Result, tmp_path: Path) -> None:
    """As one of version 0.1.0: every table is there, but it is not scored again."""
    names = saved.save(tmp_path / "copy")
    assert {path.name for path in (tmp_path / "copy").iterdir()} == {*names, LEDGER}
    (tmp_path / "copy" / "mesures.parquet").unlink()
    former = fo.read_result(str(tmp_path / "copy"))
    assert len(former.opportunities) == len(saved.opportunities)
    with pytest.raises(ConfigError, match=r"0\.1\.0"):
        former.score({"loop": 2})
    former.to_html(tmp_path / "map.html")


@pytest.mark.skipif(not FORMER.is_file(), reason="no result of version 0.1.0 in the tests")
def test_a_result_of_version_0_1_0_has_the_same_names(tmp_path: Path, saved: fo.Result) -> None:
    shutil.unpack_archive(FORMER, tmp_path)
    folder = next(path.parent for path in tmp_path.rglob("manifest.json"))
    former = fo.read_result(folder)
    for name in TABLES:
        assert set(getattr(former, name).columns) <= set(getattr(saved, name).columns) | {"label"}
    assert former.opportunities["overall_rank"].min() == 1
    assert str(former.explain(former.opportunities["opportunity_id"][0]))
    with pytest.raises(ConfigError, match=r"0\.1\.0"):
        former.score()


def test_a_result_scored_again_is_saved_like_a_run(saved: fo.Result, tmp_path: Path) -> None:
    other = saved.score({"station": 9})
    files = set(other.save(tmp_path / "other", lang="en"))
    assert files == set(saved.save(tmp_path / "copy"))
    assert "saisies.gpkg" in files  # both are new folders: each gets a file to write in
    same(fo.read_result(tmp_path / "other"), other)


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_an_explanation_is_text_html_and_tables(
    lang: Any, public_result: fo.Result, saved: fo.Result
) -> None:
    plots, rejected = public_result.opportunities, public_result.rejections
    held = plots["parcel_ids"].dropna().str.split("|").iloc[0][0]
    for asked in (plots["opportunity_id"].iloc[0], rejected["parcel_id"].iloc[0], held):
        told, again = (result.explain(asked, lang=lang) for result in (public_result, saved))
        assert str(told) == str(again)
        assert told.subject == again.subject
        assert told.id in told._repr_html_()
        for name in ("opportunities", "evidence", "access", "tests", "rejections", "assemblies"):
            mine = pd.DataFrame(getattr(told, name)).drop(columns="geometry", errors="ignore")
            theirs = pd.DataFrame(getattr(again, name)).drop(columns="geometry", errors="ignore")
            assert len(mine) == len(theirs)
            assert set(mine.columns) == set(theirs.columns), name
    best = public_result.explain(f" {plots['opportunity_id'].iloc[0]} ", lang=lang)
    assert best.opportunities["overall_rank"].tolist() == [1]
    assert str(plots["label"].iloc[0]) in str(best)
    assert "<Halle>" not in best._repr_html_()


def test_an_unknown_id_names_the_nearest(public_result: fo.Result, saved: fo.Result) -> None:
    wrong = public_result.opportunities["opportunity_id"].iloc[0][:-1]
    for result in (public_result, saved):
        with pytest.raises(ConfigError, match="Les plus proches"):
            result.explain(wrong)


def test_every_form_is_written(public_result: fo.Result, tmp_path: Path) -> None:
    public_result.to_gpkg(tmp_path / "a.gpkg")
    public_result.to_html(str(tmp_path / "a.html"), lang="en")
    public_result.to_parquet(tmp_path / "a.parquet")
    public_result.to_xlsx(tmp_path / "a.xlsx")
    assert {path.name for path in tmp_path.iterdir()} == {
        "a.gpkg", "a.html", "a.parquet", "a.xlsx",
    }  # fmt: skip
    with closing(sqlite3.connect(tmp_path / "a.gpkg")) as base:
        count = base.execute("SELECT count(*) FROM opportunites").fetchone()[0]
    assert count == len(public_result.opportunities)
    assert "opportunites" in list_layers(tmp_path / "a.gpkg")[:, 0]
    assert len(gpd.read_parquet(tmp_path / "a.parquet")) == count
    sheet = pd.read_excel(tmp_path / "a.xlsx", sheet_name="Opportunités", header=None)
    assert public_result.opportunities["opportunity_id"].isin(sheet.iloc[:, 0]).all()


def test_a_map_and_a_plan_are_drawn(public_result: fo.Result) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    page = public_result.explore("confidence", tiles=None).get_root().render()
    assert public_result.opportunities["opportunity_id"].iloc[0] in page
    assert ">nan<" not in page.lower()
    axes = public_result.plot(figsize=(4, 4))
    assert axes.has_data()
    assert "Démonstration" in public_result._repr_html_()
    assert "NaN" not in public_result._repr_html_()


def test_streets_become_a_graph_of_osmnx(public_result: fo.Result) -> None:
    import osmnx

    graph = public_result.streets_graph()
    nodes, edges = osmnx.graph_to_gdfs(graph)
    assert nodes.crs.to_epsg() == 2154
    assert edges["length"].sum() > 10_000
    assert len(nodes) == graph.number_of_nodes()


def test_small_results_without_optional_tables_are_read_too(small_result: ResultTables) -> None:
    from foncier.api.views import MemoryView

    result = fo.Result(MemoryView(small_result))
    assert result.assemblies.empty
    assert result.assemblies.crs == result.crs
    assert result.opportunities["label"].tolist()[0] == "Halle <Sernam> & Cie"
    assert "&lt;Sernam&gt;" in result.explain("FR-80021_1")._repr_html_()
    with pytest.raises(ConfigError, match="mesures"):
        result.score()
