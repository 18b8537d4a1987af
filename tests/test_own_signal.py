"""A study weighs signs its own way and brings its own layer of signs, by its study.toml alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from scipy.special import expit

from foncier.errors import ConfigError
from foncier.pipeline.run import run as pipeline_run
from foncier.study import read_study

if TYPE_CHECKING:
    from pathlib import Path

    from foncier.model import ResultTables

HEAD = """
[study]
title = "Essai"
communes = ["80021"]
date = 2026-01-01
[layers.buildings]
path = "b.geojson"
[[layers.observations]]
path = "lettres.geojson"
constants = { signal = "courrier_revenu", subject = "building" }
columns = { observed_on = "date" }
source = "Courriers de la mairie"
[[layers.observations]]
path = "indices.geojson"
"""


def feature(geometry: object, **properties: object) -> dict[str, object]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def run(folder: Path, signals: str) -> ResultTables:
    ring = [[2.3, 49.89], [2.3003, 49.89], [2.3003, 49.8902], [2.3, 49.8902], [2.3, 49.89]]
    house = feature({"type": "Polygon", "coordinates": [ring]}, id="h1", kind="hard")
    door = {"type": "Point", "coordinates": [2.3001, 49.8901]}
    layers = {
        "b.geojson": house,
        "lettres.geojson": feature(door, id="l1", date="2024-01-01"),
        "indices.geojson": feature(
            door, id="i1", signal="disused:shop", subject="building", date="2026-01-01"
        ),
    }
    for name, one in layers.items():
        text = json.dumps({"type": "FeatureCollection", "features": [one]})
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "study.toml").write_text(HEAD + signals, encoding="utf-8")
    return pipeline_run(read_study(folder))


def test_a_layer_of_the_studys_own_weighs_by_configuration_alone(tmp_path: Path) -> None:
    result = run(
        tmp_path,
        "[signals]\ndisused = 2.5\n[signals.courrier_revenu]\nweight = 2.0\nhalf_life_years = 2\n"
        'fr = "Courrier revenu"\nen = "Letter came back"\n',
    )
    rows = result.evidence.set_index("signal")
    own = rows.loc["courrier_revenu"]
    assert own["weight"] == pytest.approx(1.0, rel=2e-3)  # two years, one half-life
    assert own["text_fr"].startswith("Courrier revenu (ancienneté")
    assert own["text_en"].startswith("Letter came back (age")
    assert own["source"] == "Courriers de la mairie"
    assert rows.loc["disused:shop", "weight"] == 2.5
    (sure,) = result.candidates["confidence"]
    assert sure == pytest.approx(expit(rows["weight"].sum()))
    assert result.candidates["confidence_band"].tolist() == ["incertaine"]


@pytest.mark.parametrize(
    "change", ["half_life_years = 0", "source_group = 'osm'", "origin = 'osm'"]
)
def test_a_study_may_stop_ageing_or_set_the_source_group(tmp_path: Path, change: str) -> None:
    words = f"[signals.courrier_revenu]\nweight = 2.0\n{change}\n"
    rows = run(tmp_path, words).evidence.set_index("signal")
    expected = 2.0 if "half_life" in change else 0.0  # the map has spoken more strongly
    assert rows.loc["courrier_revenu", "weight"] == expected


def test_an_own_signal_without_weight_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"courrier_revenu.*weight"):
        run(tmp_path, '[signals.courrier_revenu]\nfr = "Courrier"\n')


def test_a_misspelt_key_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="clé inconnue"):
        run(tmp_path, "[signals.disused]\nwieght = 2.0\n")
