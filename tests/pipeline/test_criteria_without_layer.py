"""A criterion that the layers of a study cannot measure leaves the weights, and this is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.hamlet import hamlet

import foncier as fo
from foncier.study import criteria, measurable_criteria, read_study

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> fo.Result:
    """A study of parcels, buildings and streets alone."""
    return fo.run(hamlet(tmp_path_factory.mktemp("sans") / "hameau"))


def test_sites_of_a_study_without_places_have_ranks(result: fo.Result) -> None:
    sites = result.opportunities
    assert len(sites)
    assert sites["overall_rank"].notna().all()
    assert set(result.criterion_scores["criterion"]) == {"area"}


def test_what_left_the_weights_is_said(result: fo.Result) -> None:
    said = set(result.layers["missing"]["what"])
    assert {"loop", "station", "stop", "innovation", "services", "residents"} <= said
    assert "area" not in said


def test_a_project_does_not_bring_them_back(result: fo.Result) -> None:
    housing = result.score(project="logement")
    assert housing.opportunities["overall_rank"].notna().all()
    asked = result.score({"station": 5})
    assert set(asked.criterion_scores["criterion"]) == {"area"}
    said = asked.layers["missing"]["what"].tolist()
    assert said.count("station") == 1


def test_layers_decide_not_rows(tmp_path: Path) -> None:
    folder = hamlet(tmp_path / "h")
    (folder / "study.toml").write_text(
        (folder / "study.toml").read_text("utf-8") + '[layers.places]\npath = "lieux.geojson"\n',
        encoding="utf-8",
    )
    (folder / "lieux.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    study = read_study(folder)
    kept, out = measurable_criteria(criteria(study), study)
    assert {"station", "innovation", "services"} <= {one.name for one in kept}
    assert {one.name for one in out} == {"loop", "residents"}
