"""Kinds of project: one data file for the study and for the map."""

from __future__ import annotations

from typing import Any

import pytest

from foncier.errors import ConfigError
from foncier.export.webmap.payload import presets
from foncier.study import Study, criteria, projects

NAMES = [one["name"] for one in projects()]


def study(**more: Any) -> Study:
    return Study.model_validate(
        {
            "study": {"title": "t", "communes": ["80021"]},
            "layers": {"parcels": {"path": "p"}},
            **more,
        }
    )


def test_the_six_projects_are_those_of_the_map() -> None:
    assert NAMES == [
        "tiers_lieu",
        "hotel_entreprises",
        "laboratoire",
        "logement",
        "commerce_services",
        "renaturation",
    ]
    shown = {one["name"]: one["weights"] for one in presets()}
    assert shown == {one["name"]: one["weights"] for one in projects()}


@pytest.mark.parametrize("name", NAMES)
def test_a_project_weighs_its_criteria_and_the_study_has_the_last_word(name: str) -> None:
    weights = next(one["weights"] for one in projects() if one["name"] == name)
    found = {c.name: c.weight for c in criteria(study(score={"project": name}))}
    assert found == {k: v for k, v in weights.items() if v}
    own = criteria(study(score={"project": name}, weights={"station": 9.5, "area": 0}))
    changed = {c.name: c.weight for c in own}
    assert changed["station"] == 9.5
    assert "area" not in changed


def test_without_a_project_the_balanced_weights_stay() -> None:
    found = {c.name: c.weight for c in criteria(study())}
    assert found == {
        "loop": 3,
        "station": 2,
        "stop": 1,
        "innovation": 2,
        "services": 1,
        "area": 1,
        "residents": 1,
    }


OFFERED = (
    "university",
    "green",
    "axis",
    "compactness",
    "open_ground",
    "existing",
    "confidence",
    "zoning",
    "watch",
    "price",
)


def test_every_ramp_has_its_words_its_source_and_two_bounds() -> None:
    every = criteria(study(weights=dict.fromkeys(OFFERED, 1)))
    assert len(every) == 17
    for one in every:
        assert one.source, one.name
        assert one.label.fr, one.name
        assert one.label.en, one.name
        assert one.worst != one.best, one.name


def test_an_unknown_project_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="logement"):
        criteria(study(score={"project": "casino"}))
