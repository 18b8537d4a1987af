"""A study file is read whole, or refused with its key and what was expected."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from foncier.communes import find
from foncier.errors import ConfigError
from foncier.study import (
    Study,
    criteria,
    evidence_model,
    profile,
    read_bare_study,
    read_study,
)
from foncier.study.new import new_study

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """
[study]
title = "Essai"
communes = ["80021"]
[layers.parcels]
path = "parcelles.json.gz"
format = "etalab-cadastre"
"""


def load(folder: Path, text: str) -> Study:
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return read_study(folder)


def test_a_study_is_read_and_its_paths_start_at_its_folder(tmp_path: Path) -> None:
    study = load(tmp_path, GOOD + "date = 2026-01-15\n")
    (spec,) = study.layers["parcels"]
    assert study.path(spec.path) == tmp_path / "parcelles.json.gz"
    assert spec.date == dt.date(2026, 1, 15)
    assert study.around == "extent"


def test_a_layer_may_have_several_files(tmp_path: Path) -> None:
    text = GOOD + '[[layers.places]]\npath = "a"\n[[layers.places]]\npath = "b"\n'
    assert [spec.path for spec in load(tmp_path, text).layers["places"]] == ["a", "b"]


def test_a_variable_is_read_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ICI", str(tmp_path))
    monkeypatch.setenv("NOM", "Amiens")
    text = GOOD.replace("parcelles.json.gz", "${ICI}/p.json").replace("Essai", "${NOM}")
    study = load(tmp_path, text)
    (spec,) = study.layers["parcels"]
    assert study.info.title == "${NOM}"  # in paths and in the mirror alone
    assert spec.path == "${ICI}/p.json"  # messages and manifest show it as written
    assert study.path(spec.path) == tmp_path / "p.json"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("title =", "TOML"),
        (GOOD.replace('"Essai"', "12"), "study.title"),
        (GOOD.replace('communes = ["80021"]', ""), "study.communes"),
        (GOOD.replace('"80021"', '"8002"'), "code INSEE"),
        (GOOD.replace('"80021"', '"80021", "97411"'), "même système"),
        (GOOD + 'colour = "red"\n', "layers.parcels.colour] : clé inconnue (trouvé 'red')"),
        (GOOD + 'hue = "red"\n', "(trouvé 'red'). Attendu : path, format, layer, crs, columns,"),
        (GOOD + 'colums = { a = "b" }\n', "inconnue. Vouliez-vous dire columns ? Attendu : path,"),
        (GOOD + "[layers.parks]\npath = 'x'\n", "layers.parks] : clé inconnue"),
        (GOOD + "[layers.building]\npath = 'x'\n", "dire buildings ? Attendu : parcels,"),
        (GOOD + "[rules.dent_creuse.area]\nat_last = 3\n", "dire at_least ? Attendu : at_least,"),
        (GOOD + 'date = "hier"\n', "2026-01-15"),
        (GOOD + "[axis]\nname = 'A'\n", "une seule de ces clés"),
        (GOOD + "[axis]\nname = 'A'\nfile = 'a'\nhalf_width_m = -3\n", "axis.half_width_m"),
        (GOOD + "[area]\naround = 'axis'\n", "[axis]"),
        (GOOD + "[area]\naround = 'file'\n", "file"),
        (GOOD + "[weights]\nloop = -1\n", "weights.loop"),
        (
            GOOD.split("[layers", maxsplit=1)[0] + "[layers.places]\npath='p'\n",
            "au moins une couche",
        ),
        (GOOD.replace("parcelles", "${NULLE_PART}"), "NULLE_PART"),
        (GOOD + "[area]\naround = 'axe'\n", "'axe'). Attendu : axis, commune,"),
        (GOOD + "[study2]\na = 1\n", "study2] : clé inconnue. Vouliez-vous dire study ? Attendu :"),
    ],
)
def test_an_error_names_the_key_and_what_is_expected(
    tmp_path: Path, text: str, expected: str
) -> None:
    with pytest.raises(ConfigError, match=r"study\.toml|code INSEE") as caught:
        load(tmp_path, text)
    assert expected in str(caught.value).replace("\u00a0", " ")
    assert "\n" not in str(caught.value)


def test_a_missing_study_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="foncier new"):
        read_study(tmp_path)


def test_the_template_is_a_study(tmp_path: Path) -> None:
    text = new_study(tmp_path, 'Ma "ville"', [find("2A004")])["study.toml"]
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    study = read_bare_study(tmp_path)
    assert study.info.title == 'Ma "ville"'
    assert not study.layers
    with pytest.raises(ConfigError, match="foncier fetch"):
        read_study(tmp_path)


def rules(folder: Path, text: str) -> Study:
    return load(folder, GOOD + text)


def test_a_study_changes_a_threshold_and_leaves_a_rule_out(tmp_path: Path) -> None:
    study = rules(
        tmp_path, "[rules.dent_creuse]\narea = { at_least = 250 }\nroad = { skip = true }\n"
    )
    kept = {rule.name: rule for rule in profile(study).rules["dent_creuse"]}
    assert kept["area"].threshold == 250
    assert "changé par l'étude" in kept["area"].source
    assert "road" not in kept
    divisible = {rule.name: rule for rule in profile(study).rules["terrain_divisible"]}
    assert divisible["area"].threshold == 600


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[rules]\nprofile = 'best'\n", "foncier-api"),
        ("[rules.dent_creuse]\nheight = { at_least = 3 }\n", "règle inconnue"),
        ("[rules.dent_creuse]\narea = { below = 3 }\n", "at_least"),
    ],
)
def test_a_wrong_rule_is_an_error(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(ConfigError, match="rules") as fault:
        profile(rules(tmp_path, text))
    assert expected in str(fault.value)


def test_weights_of_the_study_count_and_zero_leaves_a_criterion_out(tmp_path: Path) -> None:
    study = rules(tmp_path, "[weights]\nstation = 5\nloop = 0\n")
    kept = {c.name: c.weight for c in criteria(study)}
    assert kept["station"] == 5
    assert "loop" not in kept


def test_a_weight_for_no_criterion_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="critère inconnu"):
        criteria(rules(tmp_path, "[weights]\nmetro = 1\n"))


def test_weights_that_are_all_zero_leave_nothing_to_rank(tmp_path: Path) -> None:
    names = [c.name for c in criteria(load(tmp_path, GOOD))]
    nothing = "[weights]\n" + "".join(f"{name} = 0\n" for name in names)
    with pytest.raises(ConfigError, match="nuls"):
        criteria(rules(tmp_path, nothing))


def test_lovac_gives_the_prior_and_its_absence_is_assumed(tmp_path: Path) -> None:
    study = rules(tmp_path, "[signals]\ndisused = 1.5\ndeal = -1\n")
    known, assumed = evidence_model(study, 0.031), evidence_model(study, None)
    assert (known.building_prior, known.assumed_prior) == (0.031, False)
    assert assumed.assumed_prior
    assert known.signals["disused"].weight == 1.5
    assert known.signals["deal"].weight == -1
    assert known.signals["abandoned"].weight > 0


def test_every_rule_signal_and_criterion_has_words_and_a_source(tmp_path: Path) -> None:
    study = load(tmp_path, GOOD)
    every = [r for kind in profile(study).rules.values() for r in kind]
    every += [*criteria(study), *evidence_model(study, None).signals.values()]  # type: ignore[list-item]
    for one in every:
        words = getattr(one, "label", None) or getattr(one, "text", None)
        assert words is not None
        assert words.fr
        assert words.en
        assert one.source
