"""Mutability of friches by Mutafriches: layers of the GeoPackage, words, CSV."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import pyogrio
import pytest

from foncier.export.geopackage.write import write_geopackage
from foncier.export.tables import write_mutability
from foncier.results import explain, read_saved
from foncier.results.explain import story
from foncier.scoring.mutafriches import (
    InputLayers,
    KnownAnswer,
    effort,
    known_answers,
    mutability,
)
from foncier.study import effort_rules, mutafriches

if TYPE_CHECKING:
    from pathlib import Path

    from foncier.model import ResultTables

GRID = mutafriches()


@pytest.fixture
def mutable_result(small_result: ResultTables) -> ResultTables:
    given = (KnownAnswer(None, "raccordementEau", "oui"),)
    known = known_answers(small_result.candidates, InputLayers(), GRID, given)
    return replace(
        small_result,
        mutability=mutability(["FR-80021_1"], known, GRID),
        mutability_facts=known,
        effort=effort(small_result.candidates, known, effort_rules()),
    )


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        (
            "fr",
            [
                "Mutabilité (Mutafriches 1.11)",
                "Surface du site : 4 000 m²",
                "Inconnus : 25",
                "Raccordement aux réseaux d'eau : oui (étude)",
                "l'indice partiel est hors de cet intervalle",
                "de 150 k€ à 320 k€",
                "trop d'inconnues",
            ],
        ),
        (
            "en",
            [
                "reliability",
                "Area of the site: 4,000 m²",
                "the partial index is outside this range",
                "150 k€ to 320 k€",
            ],
        ),
    ],
)
def test_explanation_has_the_index_the_known_answers_and_the_cost(
    mutable_result: ResultTables, tmp_path: Path, lang: str, words: list[str]
) -> None:
    write_geopackage(mutable_result, tmp_path / "opportunites.gpkg")
    layers = pyogrio.list_layers(tmp_path / "opportunites.gpkg")[:, 0].tolist()
    assert {"mutabilite", "mutabilite_connus", "cout_durete"} <= set(layers)
    explanation = explain(read_saved(tmp_path), "FR-80021_1")
    text = "\n".join(
        line
        for title, rows in story(explanation, "fr" if lang == "fr" else "en")
        for line in (title, *rows)
    )
    plain = text.replace("\u00a0", " ").replace("\u202f", " ")
    for word in words:
        assert word in plain, word


def test_result_without_mutability_has_neither_layer_nor_section(
    small_result: ResultTables, tmp_path: Path
) -> None:
    write_geopackage(small_result, tmp_path / "opportunites.gpkg")
    layers = pyogrio.list_layers(tmp_path / "opportunites.gpkg")[:, 0].tolist()
    assert "mutabilite" not in layers
    titles = [title for title, _ in story(explain(read_saved(tmp_path), "FR-80021_1"), "fr")]
    assert not any("Mutafriches" in title for title in titles)


def test_csv_has_one_row_per_site_and_use(mutable_result: ResultTables, tmp_path: Path) -> None:
    write_mutability(mutable_result, tmp_path / "mutabilite.csv")
    table = pd.read_csv(tmp_path / "mutabilite.csv", sep=";", decimal=",", encoding="utf-8-sig")
    assert len(table) == 7
    assert table["use_rank"].tolist() == sorted(table["use_rank"])
    assert (table["index_low"] <= table["index_high"]).all()
    assert table["works_high_keur"].iloc[0] == pytest.approx(320)
