"""The first minute of a reader: three sentences and three buttons, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from foncier.model import ResultTables

pytestmark = pytest.mark.browser


@pytest.fixture
def opened(visit: Callable[..., Any], small_result: ResultTables) -> Any:
    return visit(small_result)


def test_it_stands_once_and_leaves_the_list_in_sight(opened: Any) -> None:
    page = opened.page
    box = page.locator("#welcome")
    assert box.locator("p").count() == 4  # three sentences, and the buttons
    assert box.bounding_box()["x"] > page.locator("#panel").bounding_box()["width"] - 1
    assert box.bounding_box()["height"] < 220
    page.locator('[data-lang="en"]').click()
    assert box.locator("h2").inner_text() == "To begin"
    page.keyboard.press("Escape")
    assert box.count() == 0
    assert page.evaluate("document.activeElement.id") == "search"
    page.wait_for_timeout(300)
    page.goto(page.url.split("#")[0] + "?")
    page.wait_for_selector("body[data-ready=yes]")
    opened.requests.pop()
    assert box.count() == 0


@pytest.mark.parametrize(
    ("button", "done"),
    [
        ("best", "document.activeElement.classList.contains('row')"),
        ("project", "document.activeElement.id === 'preset'"),
        ("print", "window.printed === true"),
    ],
)
def test_its_buttons(opened: Any, button: str, done: str) -> None:
    page = opened.page
    page.evaluate("window.print = () => { window.printed = true; }")
    page.locator(f"#welcome-{button}").click()
    assert page.evaluate(done)
    assert page.locator("#welcome").count() == 0


@pytest.mark.parametrize("fragment", ["#lang=en", "?site=FR-80021_1", "?embed"])
def test_who_comes_with_a_link_sees_what_it_shows(
    visit: Callable[..., Any], small_result: ResultTables, fragment: str
) -> None:
    assert visit(small_result, fragment=fragment).page.locator("#welcome").count() == 0


def test_the_first_card_takes_it_away(opened: Any) -> None:
    opened.page.locator(".row").first.click()
    assert opened.page.locator("#welcome").count() == 0


def test_without_storage_it_can_be_closed_all_the_same(
    visit: Callable[..., Any], small_result: ResultTables
) -> None:
    before = """Object.defineProperty(window, 'localStorage',
        { get() { throw new DOMException('refused', 'SecurityError'); } })"""
    page = visit(small_result, before=before).page
    page.locator("#welcome-close").click()
    assert page.locator("#welcome").count() == 0
