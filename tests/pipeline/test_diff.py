"""Two results compared, from folder to folder."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyogrio
import pytest

from foncier.errors import ConfigError
from foncier.pipeline import diff
from foncier.results.manifest import mixed_files

if TYPE_CHECKING:
    from pathlib import Path


def copied(demo_folder: Path, folder: Path, **told: Any) -> Path:
    """Result folder with other words in its manifest."""
    folder.mkdir()
    shutil.copy(demo_folder / "opportunites.gpkg", folder / "opportunites.gpkg")
    manifest = json.loads((demo_folder / "manifest.json").read_text(encoding="utf-8"))
    (folder / "manifest.json").write_text(json.dumps({**manifest, **told}), encoding="utf-8")
    return folder


def changed(folder: Path) -> None:
    """Take away a friche, rename another, grow a third's confidence."""
    path = folder / "opportunites.gpkg"
    rows = pyogrio.read_dataframe(path, layer="opportunites")
    ids = rows.loc[rows["kind"] == "friche", "opportunity_id"].tolist()
    rows = rows.loc[rows["opportunity_id"] != ids[0]]
    rows["opportunity_id"] = rows["opportunity_id"].replace(ids[1], "FR-80021_1")
    grown = rows["opportunity_id"] == ids[2]
    rows["confidence"] = rows["confidence"].mask(grown, 0.11)
    rows.to_file(path, layer="opportunites", engine="pyogrio")


def test_a_result_is_the_same_as_itself(demo_folder: Path, tmp_path: Path) -> None:
    changes = diff.compare(demo_folder, demo_folder)
    assert set(changes.counts) == {"inchange"}
    assert changes.warnings == ()
    diff.write(changes, tmp_path, lang="fr")
    assert (tmp_path / "differences.png").read_bytes().startswith(b"\x89PNG")


def test_what_changed_is_written_three_times(demo_folder: Path, tmp_path: Path) -> None:
    folder = copied(demo_folder, tmp_path / "new")
    changed(folder)
    changes = diff.compare(demo_folder, folder)
    assert {k: n for k, n in changes.counts.items() if k != "inchange"} == {
        "disparu": 1,
        "renomme": 1,
        "modifie": 1,
    }
    assert mixed_files(folder) != ()
    assert [w.fr for w in changes.warnings if "modifiées" in w.fr]
    diff.write(changes, tmp_path / "out", lang="fr")
    table = pd.read_csv(
        tmp_path / "out" / "differences.csv", sep=";", decimal=",", encoding="utf-8-sig"
    ).set_index("fate")
    assert table.loc["renomme", "opportunity_id"] == "FR-80021_1"
    assert table.loc["modifie", "changed"] == "confidence"
    layer = pyogrio.read_dataframe(tmp_path / "out" / "differences.gpkg", layer="differences")
    assert len(layer) == len(changes.rows)
    assert layer.crs.to_epsg() == 2154
    again = tmp_path / "again"
    diff.write(diff.compare(demo_folder, folder), again, lang="fr")
    for name in ("differences.csv", "differences.gpkg", "differences.png"):
        assert (tmp_path / "out" / name).read_bytes() == (again / name).read_bytes(), name


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"communes": ["80001"]}, ["communes", "80021", "80001"]),
        ({"crs": "EPSG:5490"}, ["coordonnées", "EPSG:5490"]),
        ({"fictional": False}, ["fictives"]),
    ],
)
def test_results_that_do_not_compare_are_refused(
    demo_folder: Path, tmp_path: Path, told: dict[str, Any], words: list[str]
) -> None:
    other = copied(demo_folder, tmp_path / "other", **told)
    with pytest.raises(ConfigError, match="ne se comparent pas") as fault:
        diff.compare(demo_folder, other)
    for word in words:
        assert word in str(fault.value)


def test_another_rule_set_is_a_warning(demo_folder: Path, tmp_path: Path) -> None:
    other = copied(demo_folder, tmp_path / "other", profile={"name": "foncier-api"})
    warnings = diff.compare(demo_folder, other).warnings
    assert [w.en for w in warnings if "foncier-api" in w.en]


def test_no_result_no_comparison(demo_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="aucun résultat"):
        diff.compare(demo_folder, tmp_path)
