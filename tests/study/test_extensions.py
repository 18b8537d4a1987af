"""Rules, criteria and rule sets of a study or of another package."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.hamlet import hamlet
from tests.study.test_names import OURS, add

from foncier import readers
from foncier._util import plugins
from foncier.errors import ConfigError
from foncier.pipeline.run import run
from foncier.study import (
    criteria,
    profile,
    read_study,
    register_criterion,
    register_rule_set,
)
from foncier.study.rulesets import rule_params

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from foncier.model import Rule

ROOT = Path(__file__).resolve().parents[2]


def rules_of(folder: Path, kind: str = "dent_creuse") -> dict[str, Rule]:
    return {rule.name: rule for rule in profile(read_study(folder)).rules[kind]}


def test_a_study_changes_parameters_of_a_measure(tmp_path: Path) -> None:
    text = "[rules.dent_creuse]\nces = { below = 3, least_m2 = 40 }\nroad = { radius_m = 4 }"
    rules = rules_of(add(hamlet(tmp_path), text))
    assert rules["ces"].threshold == 3
    shared = {"no_light": True, "light_m2": 100.0, "wall_m": 1.0}
    assert rule_params(rules["ces"]) == {"least_m2": 40, **shared}
    assert "least_m2" in rules["ces"].source
    assert rule_params(rules["road"])["radius_m"] == 4
    assert rule_params(rules_of(tmp_path, "terrain_divisible")["ces"])["least_m2"] == 25


def test_a_study_changes_the_fabric(tmp_path: Path) -> None:
    fabric = profile(read_study(add(hamlet(tmp_path), "[rules.fabric]\nnear_m = 12"))).fabric
    assert (fabric.near_m, fabric.middle_m) == (12, 20)


def test_a_rule_of_the_study_rejects_plots_with_its_words(tmp_path: Path) -> None:
    before = run(read_study(hamlet(tmp_path)))
    assert (before.candidates["kind"] == "dent_creuse").any()
    text = """
[[rules.add]]
kind = "dent_creuse"
name = "grande"
measure = "area_m2"
at_least = 5000
unit = "m²"
fr = "Grande surface"
en = "Large area"
"""
    result = run(read_study(add(tmp_path, text)))
    assert not (result.candidates["kind"] == "dent_creuse").any()
    rejected = result.rejections[result.rejections["rule"] == "grande"]
    assert rejected["reason_fr"].str.contains("Grande surface").all()
    assert len(rejected) == (before.candidates["kind"] == "dent_creuse").sum()


def test_a_criterion_of_the_study_is_scored(tmp_path: Path) -> None:
    text = """
[[criteria]]
name = "small"
measure = "area_m2"
worst = 5000
best = 300
weight = 2
unit = "m²"
fr = "Petite surface"
en = "Small area"
"""
    result = run(read_study(add(hamlet(tmp_path), text)))
    (small,) = [one for one in result.criteria if one.name == "small"]
    assert (small.weight, small.label.en) == (2, "Small area")


def test_a_study_has_a_rule_set_of_its_own(tmp_path: Path) -> None:
    folder = add(hamlet(tmp_path), '[rules]\nprofile = "ours.toml"')
    (folder / "ours.toml").write_text(OURS, encoding="utf-8")
    study = read_study(folder)
    assert profile(study).name == "ours"
    assert run(study).tests["rule"].unique().tolist() == ["area"]


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Pretend that a package has an entry point."""
    entries: dict[str, list[Any]] = {}

    class Entry:
        def __init__(self, name: str, value: Any) -> None:
            self.name, self.value = name, value

        def load(self) -> Any:
            if isinstance(self.value, Exception):
                raise self.value
            return self.value

    def install(group: str, **values: Any) -> None:
        entries.setdefault(group, []).extend(Entry(n, v) for n, v in values.items())

    monkeypatch.setattr(plugins, "entry_points", lambda group: entries.get(group, []))
    plugins.load_plugins.cache_clear()
    yield install
    monkeypatch.undo()
    plugins.load_plugins.cache_clear()


def test_a_package_adds_a_rule_set_a_criterion_and_a_format(
    plugin: Callable[..., None], tmp_path: Path
) -> None:
    area = {"name": "area", "measure": "area_m2", "at_least": 900, "unit": "m²", "fr": "Surface"}
    plugin("foncier.rule_sets", region={"name": "region", "fr": "Région", "dent_creuse": [area]})
    hospital = {"name": "h", "measure": "hospital_min", "worst": 30, "best": 5, "fr": "Hôpital"}
    plugin("foncier.criteria", region=[hospital])
    plugin("foncier.formats", **{"parcels.region": readers.registry.READERS["parcels", "vector"]})
    folder = add(hamlet(tmp_path), '[rules]\nprofile = "region"\n[weights]\nh = 1')
    text = (folder / "study.toml").read_text(encoding="utf-8")
    (folder / "study.toml").write_text(text.replace("etalab-cadastre", "region", 1), "utf-8")
    study = read_study(folder)
    assert profile(study).rules["dent_creuse"][0].threshold == 900
    assert {one.name: one.weight for one in criteria(study)}["h"] == 1
    assert "h" not in {c.name for c in criteria(read_study(hamlet(tmp_path / "other")))}


def test_a_package_that_cannot_be_imported_is_named(
    plugin: Callable[..., None], tmp_path: Path
) -> None:
    plugin("foncier.criteria", broken=ImportError("no module named x"))
    with pytest.raises(ConfigError, match=r"foncier\.criteria, broken") as caught:
        read_study(hamlet(tmp_path))
    assert caught.value.id == "util.plugins.not_importable"


def test_a_program_registers_a_rule_set_and_a_criterion(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from foncier.study import rulesets

    monkeypatch.setattr(rulesets, "_registered", {})
    (tmp_path / "ours.toml").write_text(OURS, encoding="utf-8")
    register_rule_set("ours", tmp_path / "ours.toml")
    folder = add(hamlet(tmp_path / "h"), '[rules]\nprofile = "ours"')
    assert profile(read_study(folder)).name == "ours"
    with pytest.raises(ConfigError, match="colour"):
        register_criterion({"name": "x", "colour": "red"})


@pytest.mark.parametrize("page", ["detection.md", "scores.md"])
def test_the_keys_in_the_docs_make_a_study_that_runs(tmp_path: Path, page: str) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    blocks = re.findall(r"```toml\n(.*?)```", text, flags=re.DOTALL)
    folder = hamlet(tmp_path)
    for block in blocks:
        if block.startswith("# ours.toml"):
            (folder / "ours.toml").write_text(block, encoding="utf-8")
        elif not block.startswith("[project"):  # a package of its own
            add(folder, block)
    study = read_study(folder)
    assert study.rules.add or study.criteria
    assert len(run(study).criteria)
