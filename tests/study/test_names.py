"""Every name in a study is checked when it is read, with the near name in the message."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.hamlet import hamlet

from foncier.errors import ConfigError
from foncier.study import read_study

if TYPE_CHECKING:
    from pathlib import Path

RULE = """
[[rules.add]]
kind = "dent_creuse"
name = "rue"
measure = "{measure}"
below = 30
unit = "%"
fr = "Part sous la chaussée"
params = {params}
"""
CRITERION = """
[[criteria]]
name = "{name}"
measure = "{measure}"
worst = 30
best = 5
fr = "Hôpital"
"""
OURS = """
name = "ours"
fr = "Les nôtres"
[[dent_creuse]]
name = "area"
measure = "area_m2"
at_least = 500
unit = "m²"
fr = "Surface"
"""
ASSEMBLY = """
[assembly]
most = 3
most_built = 2
contact_m = 3.0
least_part_m2 = 50
bare = ["aera"]
built = []
source = "x"
"""
# What is appended to the study, the id of the error, what the message proposes.
UNKNOWN = {
    "rule set": ('[rules]\nprofile = "foncer"', "study.rules.unknown_profile", "foncier"),
    "rule set file": ('[rules]\nprofile = "absent.toml"', "study.rules.no_file", "absent.toml"),
    "rule": (
        "[rules.dent_creuse]\nconvexite = { skip = true }",
        "study.rules.unknown_rule",
        "convexity",
    ),
    "threshold": ("[rules.dent_creuse]\nces = { at_least = 3 }", "study.rules.wrong_side", "below"),
    "parameter": (
        "[rules.dent_creuse]\nces = { least_m = 40 }",
        "study.rules.unknown_param",
        "least_m2",
    ),
    "type of a parameter": (
        '[rules.dent_creuse]\nces = { least_m2 = "40" }',
        "study.rules.wrong_type",
        "25.0",
    ),
    "fabric": ("[rules.fabric]\nneer_m = 12", "study.validation.file", "near_m"),
    "measure of a rule": (
        RULE.format(measure="rode_share", params="{}"),
        "study.rules.unknown_measure",
        "road_share",
    ),
    "parameter of an added rule": (
        RULE.format(measure="built_share", params="{ least = 3 }"),
        "study.rules.unknown_param",
        "least_m2",
    ),
    "missing parameter": (
        RULE.format(measure="opened_area_m2", params="{}"),
        "study.rules.missing_param",
        "radius_m",
    ),
    "name of an added rule": (
        RULE.format(measure="area_m2", params="{}").replace('"rue"', '"area"'),
        "study.rules.name_taken",
        "area",
    ),
    "weight": ("[weights]\nstaton = 2", "study.criteria.unknown", "station"),
    "project": ('[score]\nproject = "logements"', "study.criteria.unknown_project", "logement"),
    "measure of a criterion": (
        CRITERION.format(name="h", measure="hopital_min"),
        "study.criteria.unknown_measure",
        "hospital_min",
    ),
    "name of a criterion": (
        CRITERION.format(name="station", measure="station_min"),
        "study.criteria.name_taken",
        "station",
    ),
    "signal": ('[signals.disusd]\nfr = "x"', "study.signals.unknown", "disused"),
    "misspelt signal": ("[signals]\nabandonned = 2", "study.signals.unknown", "abandoned"),
    "answer": ('[mutability.all]\nzonageAbcLogement = "b3"', "study.mutafriches", "b1"),
    "criterion of Mutafriches": (
        '[mutability.all]\nraccordementsEau = "oui"',
        "study.mutafriches.unknown_criterion",
        "raccordementEau",
    ),
    "measure of Mutafriches": (
        '[mutability.all]\ndistanceRaccordementElectrique = "loin"',
        "study.mutafriches.not_a_number",
        "nombre",
    ),
    "friche": ('[mutability.tous]\nraccordementEau = "oui"', "study.names.not_a_friche", "all"),
    "site of a photo": (
        '[[leaflet.photos]]\nsite = "80021_1"\nfile = "a.jpg"',
        "study.names.not_a_site",
        "FR-80021_1",
    ),
    "format": (
        '[layers.zones]\npath = "z.gpkg"\nformat = "vectors"',
        "study.names.unknown_format",
        "vector",
    ),
    "layer": ('[layers.zone]\npath = "z.gpkg"', "study.validation.file", "zones"),
}


def add(folder: Path, text: str) -> Path:
    file = folder / "study.toml"
    file.write_text(f"{file.read_text(encoding='utf-8')}\n{text}\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize("kind", UNKNOWN)
def test_an_unknown_name_is_an_error_when_the_study_is_read(tmp_path: Path, kind: str) -> None:
    text, id_, proposed = UNKNOWN[kind]
    with pytest.raises(ConfigError) as caught:
        read_study(add(hamlet(tmp_path), text))
    assert caught.value.id.startswith(id_)
    assert proposed in caught.value.message("fr")
    assert proposed in caught.value.message("en") or kind == "measure of Mutafriches"


@pytest.mark.parametrize(
    ("change", "id_", "proposed"),
    [
        (("area_m2", "aera_m2"), "study.rules.unknown_measure", "area_m2"),
        (('unit = "m²"', 'limit = "by_fabrics"'), "study.rules.unknown_limit", "by_fabric"),
        (("at_least = 500", "at_leest = 500"), "study.validation.file", "at_least"),
        (('fr = "Les nôtres"', "[fabric]\nneer_m = 3"), "study.validation.file", "fr"),
        (
            ("[[dent_creuse]]", "[fabric]\nneer_m = 3\n[[dent_creuse]]"),
            "study.rules.wrong_table",
            "fabric",
        ),
        (
            ("[[dent_creuse]]", f"{ASSEMBLY}[[dent_creuse]]"),
            "study.rules.unknown_assembly_rule",
            "area",
        ),
    ],
)
def test_names_of_a_rule_set_of_the_study_are_checked(
    tmp_path: Path, change: tuple[str, str], id_: str, proposed: str
) -> None:
    folder = add(hamlet(tmp_path), '[rules]\nprofile = "ours.toml"')
    (folder / "ours.toml").write_text(OURS.replace(*change), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_study(folder)
    assert caught.value.id == id_
    assert proposed in str(caught.value)
