"""The reader's own position on a visit: asked at a click only, shown with the nearest sites."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from foncier.model import ResultTables

pytestmark = pytest.mark.browser


def test_the_position_names_the_nearest_sites(
    visit: Callable[..., Any], small_result: ResultTables
) -> None:
    page = visit(
        small_result,
        permissions=["geolocation"],
        geolocation={"latitude": 49.8905, "longitude": 2.3052, "accuracy": 12},
    ).page
    page.locator("#locate").click()
    popup = page.locator(".place-popup")
    popup.wait_for()
    words = popup.inner_text()
    assert "Vous êtes ici" in words
    assert "20\u00a0m près" in words
    assert popup.locator(".hit").count() == 3
    page.context.set_geolocation({"latitude": 43.3, "longitude": 5.4, "accuracy": 12})
    page.locator("#locate").click()
    page.locator("#notice:not([hidden])").wait_for()
    assert "hors de l'étude" in page.locator("#notice").inner_text()


def test_nothing_is_asked_before_the_click_and_a_refusal_is_said(
    visit: Callable[..., Any], small_result: ResultTables
) -> None:
    before = """window.asked = 0; navigator.geolocation.getCurrentPosition = (given, refused) => {
        window.asked += 1; refused({ code: 1, PERMISSION_DENIED: 1 }); }"""
    page = visit(small_result, before=before).page
    assert page.evaluate("window.asked") == 0
    page.locator("#locate").click()
    assert page.evaluate("window.asked") == 1
    assert "ne donne pas votre position" in page.locator("#notice").inner_text()


def test_a_page_that_cannot_have_a_position_has_no_button(
    visit: Callable[..., Any], small_result: ResultTables
) -> None:
    before = "Object.defineProperty(window, 'isSecureContext', { get: () => false })"
    assert visit(small_result, before=before).page.locator("#locate").count() == 0
