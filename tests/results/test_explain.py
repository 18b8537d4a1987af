"""Explanation of one site or one parcel of a result."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from foncier.errors import ConfigError, FormatError
from foncier.export.geopackage.write import write_geopackage
from foncier.results import explain, read_saved

if TYPE_CHECKING:
    from pathlib import Path

    from foncier.model import ResultTables


@pytest.fixture(scope="module")
def folder(small_original: ResultTables, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A delivered result; for reading only."""
    place = tmp_path_factory.mktemp("delivered")
    write_geopackage(small_original, place / "opportunites.gpkg")
    return place


def test_explanation_of_an_opportunity(folder: Path, small_result: ResultTables) -> None:
    found = explain(read_saved(folder), "DC-80021000AB0003")
    assert (found.subject, found.id, found.fictional) == ("opportunity", "DC-80021000AB0003", True)
    assert found.opportunities["overall_rank"].tolist() == [2]
    assert found.evidence["signal"].tolist() == ["sans_bati"]
    assert found.tests["rule"].tolist() == ["area", "opened_area"]
    assert found.tests["passed"].all()
    assert len(found.rejections) == 0
    asked = small_result.access[small_result.access["opportunity_id"] == found.id]
    key = ["opportunity_id", "target"]
    assert_frame_equal(found.access, asked.sort_values(key).reset_index(drop=True))
    assert found.criteria["label_fr"].tolist() == ["Gare", "Boucle"]
    assert found.criteria["weight"].tolist() == [0.6, 0.4]


def test_explanation_of_a_rejected_parcel(folder: Path) -> None:
    found = explain(read_saved(folder), "80021000AB0005")
    assert found.subject == "parcel"
    assert found.tests["passed"].tolist() == [True, False]
    assert found.rejections["rule"].tolist() == ["opened_area"]
    assert len(found.opportunities) == len(found.evidence) == 0


@pytest.mark.parametrize("written", ["80021000AB0002", "80021000ab0002", " 80021 000 AB 0002 "])
def test_parcel_of_a_site_in_any_spelling(folder: Path, written: str) -> None:
    found = explain(read_saved(folder), written)
    assert (found.subject, found.id) == ("parcel", "80021000AB0002")
    assert found.opportunities["opportunity_id"].tolist() == ["FR-80021_1"]
    assert found.evidence["observed_on"].tolist() == [pd.Timestamp("2023-08-17")]
    assert len(found.tests) == 0


def test_part_of_an_id_is_unknown(folder: Path, small_result: ResultTables) -> None:
    with pytest.raises(ConfigError):
        explain(read_saved(folder), "80021000AB000")
    with pytest.raises(ConfigError):
        explain(read_saved(folder), "%")


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        ("FR-80021_2", "FR-80021_1"),
        ("80021000AB0006", "80021000AB0005"),
        ("DC-8002100AB0003", "DC-80021000AB0003"),
    ],
)
def test_unknown_id_suggests_the_closest(folder: Path, asked: str, near: str) -> None:
    with pytest.raises(ConfigError, match=near):
        explain(read_saved(folder), asked)


@pytest.mark.parametrize("asked", ["", "'", "x' OR '1'='1", "\x00", "é" * 300, '"; DROP TABLE x'])
def test_hostile_id_is_unknown(folder: Path, asked: str) -> None:
    with pytest.raises(ConfigError, match="ni une opportunité"):
        explain(read_saved(folder), asked)


def test_real_data_are_not_fictional(small_result: ResultTables, tmp_path: Path) -> None:
    write_geopackage(replace(small_result, demo=False), tmp_path / "opportunites.gpkg")
    assert not explain(read_saved(tmp_path), "FR-80021_1").fictional


def test_missing_or_invalid_result_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="foncier run"):
        explain(read_saved(tmp_path), "FR-80021_1")
    (tmp_path / "opportunites.gpkg").write_text("not a GeoPackage")
    with pytest.raises(FormatError, match="illisible"):
        explain(read_saved(tmp_path), "FR-80021_1")
