"""Kinds of project: one data file for the study and for the map."""

from __future__ import annotations

from typing import Any

import pytest

from foncier import study
from foncier.errors import ConfigError
from foncier.export.webmap.payload import presets

NAMES = [one["name"] for one in study.projects()]


def plan(**more: Any) -> study.Study:
    return study.Study.model_validate(
        {"study": {"title": "t", "communes": ["80021"]}, "layers": {"parcels": {"path": "p"}},
         **more}
    )  # fmt: skip


def test_the_six_projects_are_those_of_the_map() -> None:
    assert NAMES == ["tiers_lieu", "hotel_entreprises", "laboratoire", "logement",
                     "commerce_services", "renaturation"]  # fmt: skip
    shown = {one["name"]: one["weights"] for one in presets()}
    assert shown == {one["name"]: one["weights"] for one in study.projects()}


@pytest.mark.parametrize("name", NAMES)
def test_a_project_weighs_its_criteria_and_the_study_has_the_last_word(name: str) -> None:
    weights = next(one["weights"] for one in study.projects() if one["name"] == name)
    found = {c.name: c.weight for c in study.criteria(plan(score={"project": name}))}
    assert found == {k: v for k, v in weights.items() if v}
    own = study.criteria(plan(score={"project": name}, weights={"station": 9.5, "area": 0}))
    changed = {c.name: c.weight for c in own}
    assert changed["station"] == 9.5
    assert "area" not in changed


def test_without_a_project_the_balanced_weights_stay() -> None:
    found = {c.name: c.weight for c in study.criteria(plan())}
    assert found == {"loop": 3, "station": 2, "stop": 1, "innovation": 2, "services": 1,
                     "area": 1, "residents": 1}  # fmt: skip


OFFERED = ("university", "green", "axis", "compactness", "open_ground", "existing", "confidence",
           "zoning", "watch", "price")  # fmt: skip


def test_every_ramp_has_its_words_its_source_and_two_bounds() -> None:
    every = study.criteria(plan(weights=dict.fromkeys(OFFERED, 1)))
    assert len(every) == 17
    for one in every:
        assert one.source, one.name
        assert one.label.fr, one.name
        assert one.label.en, one.name
        assert one.worst != one.best, one.name


def test_an_unknown_project_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="logement"):
        study.criteria(plan(score={"project": "casino"}))
