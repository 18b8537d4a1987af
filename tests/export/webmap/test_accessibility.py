"""axe-core finds nothing to say, in every state of the page, against WCAG 2.2 AA."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from foncier.model import ResultTables

pytestmark = pytest.mark.browser
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


@pytest.fixture(scope="module")
def axe() -> str:
    """The script of axe-core, which a development package carries."""
    package = pytest.importorskip(
        "axe_playwright_python", reason="axe-playwright-python is not installed"
    )
    return (resources.files(package) / "axe.min.js").read_text(encoding="utf-8")


def findings(page: Any, axe: str) -> list[str]:
    # evaluated by the driver: the page's own policy refuses any script that is not its own
    page.evaluate(axe)
    found = page.evaluate(
        "rules => axe.run(document, { runOnly: { type: 'tag', values: rules } })", RULES
    )
    return [
        f"{one['id']} ({one['impact']}): {node['html'][:160]} {node['failureSummary'][:200]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


@pytest.mark.parametrize(
    ("lang", "screen"), [("fr", {}), ("en", PHONE)], ids=["fr-desktop", "en-phone"]
)
def test_axe_finds_nothing(
    visit: Callable[..., Any],
    small_result: ResultTables,
    axe: str,
    screen: dict[str, Any],
    lang: str,
) -> None:
    page = visit(small_result, lang=lang, **screen).page
    assert findings(page, axe) == []
    for tool in ("weights", "filters", "area", "download"):
        page.locator(f"[data-tool={tool}]").click()
        assert findings(page, axe) == [], tool
    for name in ("layers", "legend"):
        page.locator(f"#{name} > summary").click()
        assert findings(page, axe) == [], name
        page.locator(f"#{name} > summary").click()
    page.locator("#search").fill("gare")
    assert findings(page, axe) == [], "places found"
    page.locator("#search").fill("")
    page.locator("#open-table").click()
    assert findings(page, axe) == [], "table"
    page.locator("#table-close").click()
    page.locator(".pick").nth(0).click()
    page.locator(".pick").nth(1).click()
    page.locator("#compare").click()
    assert findings(page, axe) == [], "comparison"
    page.locator("#comparison-close").click()
    page.locator(".row").first.click()
    page.wait_for_timeout(300)
    assert findings(page, axe) == [], "card"
    page.locator(f"[data-lang={'en' if lang == 'fr' else 'fr'}]").click()
    assert findings(page, axe) == [], "card in the other language"
    page.locator("#back").click()
    page.evaluate("document.getElementById('panel').scrollTop = 0")  # half hidden is no finding
    assert findings(page, axe) == [], "list in the other language"


def test_axe_finds_nothing_in_the_fullest_card_and_an_assembly(
    visit: Callable[..., Any], detailed_result: ResultTables, assembled: ResultTables, axe: str
) -> None:
    page = visit(replace(detailed_result, assemblies=assembled.assemblies)).page
    page.locator(".row").first.click()
    page.wait_for_timeout(300)
    assert page.locator("#uses, #effort").count() == 2
    assert findings(page, axe) == [], "card"
    page.locator("[data-lang=en]").click()
    assert findings(page, axe) == [], "card in English"
    page.locator("#back").click()
    page.locator("#search").fill("AB0005")
    page.locator("#assembly-hits button").first.click()
    page.wait_for_timeout(300)
    assert findings(page, axe) == [], "assembly"
    page.locator("#legend > summary").click()
    assert findings(page, axe) == [], "legend"
