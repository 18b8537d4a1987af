"""What the card says beside the score: ways, barriers, confidence, uses, works and land."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from foncier.export.webmap.payload import payload

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from foncier.model import ResultTables

NBSP = "\u00a0"
TAG = "<b>window.hacked</b>"


def test_best_uses_come_first_and_missing_tables_are_empty(detailed_result: ResultTables) -> None:
    data = payload(detailed_result, lang="fr")
    assert data["uses"]["use"]["pool"][:3] == ["tertiaire", "residentiel", "culture"]
    assert data["uses"]["index"][:3] == [95.2, 94.2, 93.2]
    assert data["uses"]["stated_band"]["pool"] == ["a_confirmer"]  # excellent on a few criteria
    assert data["effort"]["works_low_keur"] == [33]
    assert data["effort"]["hardness"] == {"pool": [], "codes": [-1]}
    assert data["access"]["station"]["bike_min"] == [1.9, 3.6, None]
    unasked = payload(replace(detailed_result, mutability=None, effort=None), lang="fr")
    assert unasked["uses"]["site"] == unasked["effort"]["site"] == []


@pytest.mark.browser
def test_access_by_bicycle_and_around_a_barrier(
    visit: Callable[..., Any], detailed_result: ResultTables
) -> None:
    page = visit(detailed_result).page
    page.locator(".row").first.click()
    station, loop = (row.inner_text() for row in page.locator("#access tbody tr").all())
    # escaped, the article in the middle of a sentence, the ride where it is not the walk
    assert f"contourne la Somme{TAG}" in station
    assert f"2{NBSP}min" in station
    assert f"520{NBSP}m" in station
    assert "contourne la voie ferrée" in loop
    assert loop.count(f"150{NBSP}m") == 1
    people = page.locator(".part-measures").inner_text()
    assert "310 · inconnu · 12\u202f400" in people
    assert f"82{NBSP}% – Probable" in people
    assert f"1\u202f240{NBSP}hab." in people
    assert "Rang 1 sur 2 – inchangé si les poids varient" in page.locator("#card").inner_text()
    page.locator("[data-lang=en]").click()
    assert f"goes round La Somme{TAG}" in page.locator("#access").inner_text()
    assert "82% – Likely" in page.locator(".part-measures").inner_text()
    assert f"1,240{NBSP}people" in page.locator(".part-measures").inner_text()
    page.locator("#back").click()
    page.locator(".row").nth(1).click()
    station, loop = (row.inner_text() for row in page.locator("#access tbody tr").all())
    assert "goes round" not in station
    assert loop.split() == ["Loop", "unknown"]  # one cell


@pytest.mark.browser
def test_uses_works_and_land_of_a_friche(
    visit: Callable[..., Any], detailed_result: ResultTables, artefacts: Path
) -> None:
    page = visit(detailed_result).page
    page.locator(".row").first.click()
    rows = page.locator("#uses tbody tr").all_inner_texts()
    assert [row.split("\n")[0] for row in rows][:3] == [
        "Tertiaire",
        "Résidentiel ou mixte",
        "Culture, tourisme",
    ]
    assert "À confirmer\n\t95,2\tde 26,9 à 82,7" in rows[0]
    assert not any("Excellent" in row for row in rows)
    words = page.locator(".part-uses").inner_text()
    assert (
        "Indice publié Mutafriches 1.11\u00a0; l'intervalle tient compte des critères inconnus"
        in words
    )
    assert "Fiabilité\u00a0: 2,7 sur 10" in words
    assert "il changera quand les autres le seront" in words
    assert f"de 33 à 70{NBSP}k€" in words
    assert f"de 0 à 26{NBSP}points{NBSP}– trop d'inconnues pour conclure" in words
    page.locator(".part-uses").screenshot(path=str(artefacts / "webmap-usages.png"))
    page.locator("[data-lang=en]").click()
    assert "33 to 70" in page.locator(".part-uses").inner_text()
    page.locator("#back").click()
    page.locator(".row").nth(1).click()
    assert page.locator(".part-uses").count() == 0  # no friche


@pytest.mark.browser
def test_no_warning_for_an_index_inside_its_interval(
    visit: Callable[..., Any], detailed_result: ResultTables
) -> None:
    assert detailed_result.mutability is not None
    certain = replace(
        detailed_result, mutability=detailed_result.mutability.assign(index_high=100.0), effort=None
    )
    page = visit(certain, lang="en").page
    page.locator(".row").first.click()
    words = page.locator(".part-uses").inner_text()
    assert "it will change" not in words
    assert "recycling works" not in words
