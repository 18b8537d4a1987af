"""Functions on studies and results: objects, paths and tables give the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import foncier as fo
from foncier.errors import ConfigError, CrsError

from .conftest import FOLDER, rows

if TYPE_CHECKING:
    from pathlib import Path

BRIDGE = shapely.LineString([(650450, 6977100), (650600, 6977300)])


def test_a_truth_is_a_file_or_a_table(public_result: fo.Result, saved: fo.Result) -> None:
    folder = fo.read_result(saved._view.saved.folder)  # type: ignore[union-attr]
    truth = rows("verite.csv")
    by_file = fo.validate(folder, FOLDER / "verite.csv")
    by_table = fo.validate(public_result, truth)
    pd.testing.assert_frame_equal(by_file.by_kind, by_table.by_kind)
    assert by_file.by_kind["true"].sum() > 0


def test_diff_tells_what_changed_between_results(
    public_result: fo.Result, saved: fo.Result
) -> None:
    study = fo.read_study(FOLDER).replace(rules="foncier-api")
    changed = fo.diff(saved, fo.run(study))
    assert set(changed["fate"]) >= {"apparu", "inchange"}
    assert changed.crs.to_epsg() == 2154
    assert any("jeux de règles" in words["fr"] for words in changed.attrs["warnings"])
    fresh = changed.loc[changed["fate"] == "apparu", "opportunity_id"]
    assert not fresh.isin(public_result.opportunities["opportunity_id"]).any()
    with pytest.raises(ConfigError, match="aucun résultat"):
        fo.diff("nowhere", saved)


def test_what_if_takes_lines_in_tables_or_files(tmp_path: Path) -> None:
    lines = gpd.GeoDataFrame({"name": ["Passerelle"]}, geometry=[BRIDGE], crs=2154)
    lines.to_file(tmp_path / "crossings.gpkg")
    by_table = fo.what_if(FOLDER, crossings=lines)
    by_file = fo.what_if(fo.read_study(FOLDER), crossings=tmp_path / "crossings.gpkg")
    pd.testing.assert_frame_equal(by_table.gains, by_file.gains)
    assert by_table.lines.loc[by_table.lines["name"] == "Passerelle", "length_m"].iloc[0] > 200
    assert len(by_table.result.opportunities) == by_table.gains["opportunity_id"].nunique()
    with pytest.raises(CrsError, match="système de coordonnées"):
        fo.what_if(FOLDER, crossings=lines.set_crs(None, allow_override=True))


def test_match_takes_a_mapping_or_a_file(
    public_result: fo.Result, saved: fo.Result, tmp_path: Path
) -> None:
    wanted: dict[str, Any] = {"name": "Atelier", "area_m2": {"min": 2000}, "kinds": ["friche"]}
    text = 'name = "Atelier"\nkinds = ["friche"]\n[area_m2]\nmin = 2000\n'
    (tmp_path / "besoins.toml").write_text(text, encoding="utf-8")
    by_mapping, by_file = (
        fo.match(saved, wanted),
        fo.match(public_result, tmp_path / "besoins.toml"),
    )
    pd.testing.assert_frame_equal(by_mapping.sites, by_file.sites)
    fits = by_mapping.sites.query("outcome == 'fits'")["opportunity_id"]
    plots = public_result.opportunities.set_index("opportunity_id").loc[fits]
    assert (plots["area_m2"] >= 2000).all()
    assert set(plots["kind"]) == {"friche"}
    assert by_mapping.sites["label"].notna().all()
    with pytest.raises(ConfigError, match="area_m2"):
        fo.match(saved, {"area": {"min": 2000}})


def test_every_rule_set_is_compared() -> None:
    found = fo.compare_profiles(fo.read_study(FOLDER))
    assert found.summary["profile"].tolist() == [
        "foncier", "foncier-api", "parcel-manager", "qgis-foncier",
    ]  # fmt: skip
