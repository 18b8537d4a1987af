"""Availability, confidence and owner stand beside the score; a family is one line that opens."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from foncier import schemas
from foncier.export.webmap.payload import payload

if TYPE_CHECKING:
    from collections.abc import Callable

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
    page.locator("#f-availability").select_option("offered")
    assert rows.count() == 1
    page.locator("#f-availability").select_option("")
    page.locator("#f-owner").select_option("copropriete")
    assert rows.count() == 1
