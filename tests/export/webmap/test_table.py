"""The table: any column sorts it, it follows the filters, few of its rows are in the page."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from foncier.model import ResultTables

pytestmark = pytest.mark.browser
ROWS = "#table-rows tr:not(.gap)"


def titles(page: Any) -> list[str]:
    return [text.strip() for text in page.locator(f"{ROWS} th").all_inner_texts()]


def test_any_column_sorts_and_unknown_comes_last(
    visit: Callable[..., Any], small_result: ResultTables
) -> None:
    page = visit(small_result).page
    page.locator("#open-table").click()
    assert page.evaluate("document.activeElement.id") == "table-title"
    by_rank = ["Halle <Sernam> & Cie", "Parcelle AB\u00a03", "Ancien garage"]
    assert titles(page) == by_rank
    head = page.locator("th:has([data-sort=confidence])")
    page.locator("[data-sort=confidence]").click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert titles(page) == ["Ancien garage", "Halle <Sernam> & Cie", "Parcelle AB\u00a03"]
    page.locator("[data-sort=confidence]").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert titles(page) == [by_rank[0], "Ancien garage", "Parcelle AB\u00a03"]
    assert page.locator("[aria-sort]").count() == 1
    for key in page.locator("[data-sort]").evaluate_all("all => all.map((b) => b.dataset.sort)"):
        page.locator(f"[data-sort={key}]").click()
        assert sorted(titles(page)) == sorted(by_rank), key
        assert page.evaluate("document.activeElement.dataset.sort") == key
    words = page.locator("#table-rows").inner_text()
    assert "82\u00a0%" in words  # the confidence, as in the card
    assert "inconnu" in words
    assert "null" not in words


def test_the_table_follows_the_filters_and_the_link_holds_it(
    visit: Callable[..., Any], small_result: ResultTables
) -> None:
    page = visit(small_result).page
    page.locator("#open-table").click()
    page.locator("[data-sort=area_m2]").click()
    page.locator("[data-sort=area_m2]").click()
    page.locator("#search").fill("vallee")
    assert titles(page) == ["Halle <Sernam> & Cie", "Parcelle AB\u00a03"]
    assert page.locator("#table table").get_attribute("aria-rowcount") == "3"
    assert "2 opportunités sur 3" in page.locator("#table-count").inner_text()
    page.wait_for_timeout(300)
    link = page.evaluate("location.hash")
    assert "table=area_m2%3Adown" in link
    again = visit(small_result, fragment=link).page
    assert titles(again) == ["Halle <Sernam> & Cie", "Parcelle AB\u00a03"]
    assert again.locator("[aria-sort=descending]").inner_text().startswith("Surface")
    again.evaluate("restoreState('table=prix')")
    assert again.locator("#table").is_hidden()
    assert "Tableau" in again.locator("#notice").inner_text()
    page.go_back()
    page.wait_for_selector("#table", state="hidden")


def test_a_row_opens_its_card_with_the_keyboard_alone(
    visit: Callable[..., Any], small_result: ResultTables
) -> None:
    page = visit(small_result).page
    page.locator("#open-table").focus()
    page.keyboard.press("Enter")
    page.locator("#table-rows [tabindex='0']").focus()
    assert page.locator("#table-rows [tabindex='0']").count() == 1
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    assert page.locator("#card h2").inner_text() == "Ancien garage"
    assert page.locator(f"{ROWS}[aria-current=true]").count() == 1
    page.keyboard.press("Escape")
    assert page.locator("#browse").is_visible()
    assert page.locator("#table").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("#table").is_hidden()
    assert page.evaluate("document.activeElement.id") == "open-table"


def test_on_a_phone_the_card_takes_the_place_of_the_table(
    visit: Callable[..., Any], small_result: ResultTables
) -> None:
    page = visit(small_result, viewport={"width": 390, "height": 844}).page
    page.locator("#open-table").click()
    box = page.locator("#table").bounding_box()
    assert (box["width"], box["height"]) == (390, 844)
    page.locator(".table-site").first.click()
    assert page.locator("#table").is_hidden()
    assert page.locator("#card h2").is_visible()


def test_few_of_many_rows_are_in_the_page(
    visit: Callable[..., Any], small_result: ResultTables
) -> None:
    rows = small_result.candidates
    many = pd.concat([rows.iloc[[1]]] * 2_000, ignore_index=True)
    ids = [f"DC-{n:06d}" for n in range(len(many))]
    many = many.assign(
        opportunity_id=ids, area_m2=range(1, len(many) + 1), parcel_ids=None, name=ids
    )
    scores = pd.DataFrame({"opportunity_id": ids}).reindex(columns=small_result.scores.columns)
    page = visit(replace(small_result, candidates=many, scores=scores)).page
    page.locator("#open-table").click()
    page.locator("[data-sort=area_m2]").click()
    page.locator("[data-sort=area_m2]").click()
    assert titles(page)[:2] == ["DC-001999", "DC-001998"]
    page.locator("#table-scroll").evaluate("(box) => { box.scrollTop = box.scrollHeight; }")
    page.wait_for_timeout(200)
    assert titles(page)[-1] == "DC-000000"
    assert page.locator(ROWS).count() < 60
    last = page.locator(ROWS).last
    assert last.get_attribute("aria-rowindex") == "2001"
    bottoms = page.evaluate(
        "[document.querySelector('#table-rows tr:nth-last-child(2)')"
        ".getBoundingClientRect().bottom,"
        " document.getElementById('table-scroll').getBoundingClientRect().bottom]"
    )
    assert bottoms[0] <= bottoms[1] + 1
