"""Availability, confidence and owner stand beside the score; a family is one line that opens."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from foncier import schemas
from foncier.export.webmap.payload import payload
from foncier.results.totals import supply

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from foncier.model import ResultTables


@pytest.fixture
def offered(small_result: ResultTables) -> ResultTables:
    """Three sites: to be confirmed and ready in one family, and one that is taken."""
    candidates = small_result.candidates.assign(
        availability=[0.1, 0.6, 0.05],
        availability_low=[0.1, 0.6, 0.05],
        availability_high=[0.8, 1.0, 0.1],
        availability_class=["a_confirmer", "pret", "pris"],
        owner_types=["commune", None, "societe|copropriete"],
        confidence=[0.82, 0.5, 0.2],
        family=["FAM-1", "FAM-1", None],
    )
    ids = candidates["opportunity_id"]
    scores = small_result.scores.set_index("opportunity_id").reindex(ids).reset_index()
    scores = scores.assign(
        score=[0.9, 0.5, 0.9],
        score_low=0.1,
        score_high=1.0,
        overall_rank=[1.0, 1.0, float("nan")],
        rank_factor=[0.08, 0.3, 0.01],
        line=[ids[1], ids[1], ids[2]],
    )
    return replace(
        small_result,
        candidates=schemas.CANDIDATES.conform(candidates),
        scores=schemas.SCORES.conform(scores),
    )


def test_the_first_of_a_family_stands_before_its_others(offered: ResultTables) -> None:
    sites = payload(offered, lang="fr")["sites"]
    ids = offered.candidates["opportunity_id"].tolist()
    assert sites["id"] == [ids[1], ids[0], ids[2]]
    assert sites["rank_apart"] == [False, False, True]
    assert sites["rank_last"] == [False, False, True]
    assert sites["rank_factor"] == [0.3, 0.08, 0.01]


@pytest.mark.browser
def test_the_list_shows_what_decides_and_opens_a_family(
    visit: Callable[..., Any], offered: ResultTables
) -> None:
    page = visit(offered).page
    rows = page.locator("#list > li")
    assert rows.count() == 2
    first, taken = (row.locator(".row-offer").inner_text() for row in rows.all())
    assert "Prêt (60–100" in first
    assert "confiance 50" in first
    assert "propriétaire inconnu" in first
    assert "Pris (5–10" in taken
    assert "Société" in taken
    page.locator(".family-button").click()
    assert rows.count() == 3
    assert "Commune" in rows.nth(1).inner_text()
    page.locator(".family-button").first.click()
    assert rows.count() == 2
    page.locator("button:has-text('Filtrer')").click()
    page.locator("#f-availability summary").click()
    page.locator("#f-availability input[value=pret]").check()
    page.locator("#f-availability input[value=a_confirmer]").check()
    assert rows.count() == 1
    page.locator("#clear-filters").click()
    page.locator("#f-owner summary").click()
    page.locator("#f-owner input[value=copropriete]").check()
    assert rows.count() == 1


@pytest.mark.browser
def test_the_count_states_the_offer(
    demo_folder: Path, demo_result: ResultTables, chromium: Any
) -> None:
    """The same figures as all deliverables (tests/test_one_figure.py)."""
    parts = supply(demo_result.candidates)
    context = chromium.new_context(offline=True, locale="fr-FR")
    page = context.new_page()
    page.goto((demo_folder / "opportunites.html").as_uri())
    page.wait_for_selector("body[data-ready=yes]", timeout=20_000)
    words = page.locator("#count").inner_text().replace("\u00a0", " ").replace("\u202f", " ")
    context.close()
    ha = {name: f"{one.area_m2 / 1e4:.1f} ha".replace(".", ",") for name, one in parts.items()}
    assert words.startswith(f"{parts['found'].sites} opportunités · {ha['found']}")
    assert f"{parts['offered'].sites} en offre, {ha['offered']}" in words
    assert f"dont {parts['public'].sites} sites publics, {ha['public']}" in words
