"""Parcels that pass together: a layer to switch on, a popup, a search; never a rank."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from foncier.export.webmap.payload import payload

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from foncier.model import ResultTables

PARTS = ("80021000AB0004", "80021000AB0005")
TAG = "<img src=x>"


def test_assemblies_are_sorted_and_none_is_an_empty_layer(assembled: ResultTables) -> None:
    found = payload(assembled, lang="fr")["assemblies"]
    assert found["id"] == ["AS-1", "AS-2"]
    assert found["usable_area_m2"] == [640, None]
    assert found["shapes"]["parts"] == [1, 1]
    assert payload(replace(assembled, assemblies=None), lang="fr")["assemblies"]["id"] == []


@pytest.mark.browser
def test_an_assembly_is_off_then_answers_a_click(
    visit: Callable[..., Any], assembled: ResultTables, artefacts: Path
) -> None:
    found = visit(assembled)
    page = found.page
    page.locator("#legend > summary").click()
    assert "Assemblages de parcelles, non classés (2)" in page.locator("#legend").inner_text()
    page.locator("#legend > summary").click()
    page.locator("#layers > summary").click()
    box = page.locator("[data-layer=assemblies]")
    assert not box.is_checked()
    assert "Assemblages de parcelles (2)" in page.locator("#layers").inner_text()
    # the same spot: nothing while the layer is off, the assembly once it is on
    spot = page.evaluate(
        """() => { const box = assemblyShapes().shapes[0].box;
          const at = map.unproject(L.point((box[0] + box[2]) / 2, (box[1] + box[3]) / 2), 0);
          const point = map.latLngToContainerPoint(at); return [point.x, point.y]; }"""
    )
    frame = page.locator("#map_foncier").bounding_box()
    place = (frame["x"] + spot[0], frame["y"] + spot[1])
    page.mouse.click(*place)
    assert page.locator("#assembly").count() == 0
    box.check()
    page.locator("[data-layer=rejected]").check()  # its own parcels lie below
    page.wait_for_timeout(350)
    page.mouse.click(*place)
    words = page.locator("#assembly").inner_text()
    assert "AS-1" in words
    assert "Surface constructible d'un tenant\u00a0: 640\u00a0m²" in words
    assert page.locator("#assembly li").all_inner_texts() == [
        f"{PARTS[0]} : il manque 250 m²",
        f"{PARTS[1]} : il manque 400 m²",
        f"Surface : 1 050 m² (seuil 400 m²){TAG}",
    ]
    assert "Suppose l'accord des propriétaires" in words
    assert "Non classé" in words
    found.settle()
    page.screenshot(path=str(artefacts / "webmap-assemblage.png"))


@pytest.mark.browser
def test_a_search_finds_the_assembly_of_a_parcel(
    visit: Callable[..., Any], assembled: ResultTables
) -> None:
    page = visit(assembled, lang="en").page
    page.locator("#search").fill("AB0005")
    hits = page.locator("#assembly-hits button")
    hits.first.wait_for()
    assert hits.count() == 2
    hits.nth(1).click()
    assert page.locator("[data-layer=assemblies]").is_checked()
    words = page.locator("#assembly").inner_text()
    assert "AS-2" in words
    assert "unknown" in words
    assert "Needs the agreement of the owners" in words
    assert page.locator(".site-marker").count() == 0  # no site is made of them


@pytest.mark.browser
def test_no_control_for_assemblies_without_any(
    visit: Callable[..., Any], small_result: ResultTables
) -> None:
    page = visit(small_result).page
    assert page.locator("[data-layer=assemblies], .legend-line.assembly").count() == 0
