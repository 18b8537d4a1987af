"""A new study: communes, axis, loop and places, by options or by answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from foncier.cli import app
from foncier.communes import find
from foncier.errors import ConfigError
from foncier.study import read_bare_study
from foncier.study.new import new_study

if TYPE_CHECKING:
    from typer.testing import Result

AMIENS = (find("80021"),)
AXIS = "Hôpital Nord 49.90718, 2.29020 > Gare 49.89056, 2.30820"
LOOP = "49.90, 2.29; B 49,89 2,30; C 49.895 2.305"
PLACES = "gare : Gare d'Amiens 49.89056, 2.3082 ; Université: Citadelle 49.9033, 2.2975"


def foncier(folder: Path, *words: str, answers: str = "") -> Result:
    return CliRunner().invoke(app, ["new", *words, "--in", str(folder)], input=answers)


def test_a_study_of_options_alone(tmp_path: Path) -> None:
    options = ["--axis", AXIS, "--loop", LOOP, "--places", PLACES]
    result = foncier(tmp_path, "a", "--commune", "amiens", *options)
    assert result.exit_code == 0, result.output
    for command in ("fetch", "run"):
        assert f"foncier {command} {tmp_path / 'a'}" in result.output.replace("\n", "")
    study = read_bare_study(tmp_path / "a")
    assert study.info.communes == ("80021",)
    assert study.axis is not None
    assert [step.name for step in study.axis.waypoints] == ["Hôpital Nord", "Gare"]
    assert study.around == "axis"
    assert study.loop is not None
    assert [step.lat for step in study.loop.waypoints] == [49.9, 49.89, 49.895]
    # The places given are beside those of OpenStreetMap, not instead.
    assert [one.path for one in study.layers["places"]] == ["lieux.geojson", "fetched/osm.osm"]
    rows = json.loads((tmp_path / "a" / "lieux.geojson").read_text(encoding="utf-8"))["features"]
    assert [row["properties"]["category"] for row in rows] == ["station", "university"]


def test_what_is_missing_is_asked_for(tmp_path: Path) -> None:
    answers = f"80000\nAmiens\n{AXIS}\n49.9, 2.3\n{LOOP}\n\n"
    result = foncier(tmp_path, answers=answers)
    assert result.exit_code == 0, result.output
    assert "80021 Amiens" in result.output  # what is proposed for the postal code
    study = read_bare_study(tmp_path / "amiens")
    assert study.info.title == "Amiens"
    assert study.axis is not None
    assert study.loop is not None
    assert len(study.loop.waypoints) == 3
    assert "places" not in study.layers


def test_nobody_answers(tmp_path: Path) -> None:
    assert foncier(tmp_path, "a").exit_code == 2
    assert foncier(tmp_path, "a", answers="nulle part\n").exit_code == 2
    assert not list(tmp_path.iterdir())
    result = foncier(tmp_path, "a", "--commune", "80021", answers=f"{AXIS}\n")
    assert result.exit_code == 0  # nothing is missing: nothing is asked
    assert read_bare_study(tmp_path / "a").axis is None


def test_several_communes_and_files(tmp_path: Path) -> None:
    line = tmp_path / "axe.geojson"
    line.write_text("{}", encoding="utf-8")
    result = foncier(tmp_path, "a", "--commune", "80021", "--commune", "80131", "--axis", str(line))
    assert result.exit_code == 0, result.output
    study = read_bare_study(tmp_path / "a")
    assert study.info.communes == ("80021", "80131")
    assert study.axis is not None
    assert study.axis.file == "../axe.geojson"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"axis": "A 2.29, 49.9 > B 49.8, 2.3"}, "49.90000, 2.29000"),
        ({"axis": "A 49.9, 2.29"}, "deux étapes"),
        ({"axis": "A > B"}, "« A »"),
        ({"loop": "A 14.6, -61.0 > B 49.8, 2.3"}, "hors du territoire"),
        ({"loop": "boucle.geojson"}, "boucle.geojson"),
        ({"places": "marché : Halle 49.9, 2.3"}, "Gare"),
        ({"places": "Halle 49.9, 2.3"}, "catégorie"),
    ],
)
def test_an_answer_that_cannot_be_read(given: dict[str, str], words: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        new_study(tmp_path / "a", "Essai", AMIENS, **given)
    assert words in str(error.value).replace("\xa0", " ").replace("\u202f", " ")


def test_communes_of_two_territories_are_refused() -> None:
    with pytest.raises(ConfigError, match="97411"):
        new_study(Path("a"), "Essai", (*AMIENS, find("97411")))


def test_a_title_with_quotes_stays_a_title(tmp_path: Path) -> None:
    texts = new_study(tmp_path, 'L\'"axe" \\ nord', AMIENS)
    (tmp_path / "study.toml").write_text(texts["study.toml"], encoding="utf-8")
    assert read_bare_study(tmp_path).info.title == 'L\'"axe" \\ nord'


@pytest.mark.parametrize(
    ("text", "others"),
    [("69003", "69383 Lyon 3e"), ("49110", "49023"), ("80021", ""), ("Corzé", "")],
)
def test_a_code_that_is_a_postal_code_too_is_said(text: str, others: str, tmp_path: Path) -> None:
    """An INSEE code may be the postal code of another commune, which was meant."""
    result = foncier(tmp_path, "a", "--commune", text)
    assert result.exit_code == 0, result.output
    assert ("code postal" in result.output) == bool(others)
    assert others in result.output
