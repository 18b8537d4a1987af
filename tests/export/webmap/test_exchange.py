"""Shortlist with notes, one file that carries choices to a colleague, undo while drawing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from foncier.model import ResultTables

pytestmark = pytest.mark.browser
HEAD = "record;opportunity_id;criterion;weight;verdict;date;note"
NOTE = 'Élu favorable : "à voir" ; œuvre\nd\'été'
STATE = """[weights.join(), JSON.stringify([...shortlist].map(([id, one]) => [id, one.note])),
  JSON.stringify(Object.entries(visits).map(([id, one]) => [id, one.verdict, one.note]))]"""


@pytest.fixture
def opened(visit: Callable[..., Any], small_result: ResultTables) -> Any:
    return visit(small_result)


def hand_in(page: Any, content: bytes) -> str:
    """Import a file as a colleague's; what the page answers."""
    if page.locator("#visits-in").count() == 0:
        page.locator("[data-tool=download]").click()
    page.evaluate("document.getElementById('visits-note').textContent = ''")
    page.locator("#visits-in").set_input_files(
        {"name": "echange.csv", "mimeType": "text/csv", "buffer": content}
    )
    page.locator("#visits-note:not(:empty)").wait_for()
    answer: str = page.locator("#visits-note").inner_text()
    return answer


def chosen(page: Any) -> bytes:
    """Keep a site with a note, visit another, weigh otherwise: the file of it."""
    page.locator(".row").first.click()
    page.locator("#keep").click()
    assert page.locator("#keep").get_attribute("aria-pressed") == "true"
    page.locator("#shortlist-note").fill(NOTE)
    page.locator("#back").click()
    page.locator(".row").nth(2).click()
    page.locator("#verdict").select_option("batiment_vacant")
    page.locator("#visit-note").fill(NOTE)
    page.locator("#back").click()
    page.evaluate("changeWeights([0, 1])")
    page.locator("[data-tool=download]").click()
    with page.expect_download() as waiting:
        page.locator("#download-exchange").click()
    return Path(waiting.value.path()).read_bytes()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "cp1252", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("separator", [";", "\t"])
def test_one_file_carries_everything_through_a_spreadsheet(
    visit: Callable[..., Any], small_result: ResultTables, encoding: str, separator: str
) -> None:
    page = visit(small_result).page
    text = chosen(page).decode("utf-8-sig").replace(" ; ", " , ").replace(";", separator)
    wanted = page.evaluate(STATE)
    other = visit(small_result).page
    assert other.evaluate(STATE) != wanted
    answer = hand_in(other, text.encode(encoding))
    assert "Poids de votre collègue appliqués." in answer
    assert "Sites retenus importés\u00a0: 1" in answer
    assert "Visites importées\u00a0: 1" in answer
    assert other.evaluate(STATE) == [part.replace(" ; ", " , ") for part in wanted]
    assert "★" in other.locator(".row").first.locator("xpath=..").inner_text()
    again = hand_in(other, text.encode(encoding))
    assert "Sites retenus importés\u00a0: 0" in again


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("weight;;station;1;;;", "Poids non appliqués"),
        ("weight;;station;1;;;\nweight;;loop;-1;;;", "Poids non appliqués"),
        ("weight;;station;1;;;\nweight;;loop;1e999;;;", "Poids non appliqués"),
        ("weight;;__proto__;1;;;\nweight;;loop;1;;;", "Poids non appliqués"),
        ("shortlist;FR-ailleurs;;;;2026-11-20;x", "autre site\u00a0: 1"),
        ("shortlist;FR-80021_1;;;;demain;x", "autre site\u00a0: 1"),
        ("shortlist;__proto__;;;;2026-11-20;<img src=x onerror=alert(1)>", "autre site\u00a0: 1"),
        ("chose;FR-80021_1;;;;2026-11-20;x", "1 ligne d'une autre sorte, ignorée."),
        ("", "ni poids, ni sélection, ni visite"),
    ],
)
def test_what_is_not_of_this_study_is_refused_and_said(opened: Any, rows: str, words: str) -> None:
    page = opened.page
    before = page.evaluate(STATE)
    assert words in hand_in(page, f"{HEAD}\n{rows}\n".encode())
    assert page.evaluate(STATE) == before


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"\x00", b"PK\x03\x04\x00\xff", b"a;b\n1;2"])
def test_another_file_is_refused(opened: Any, content: bytes) -> None:
    assert "pas un tableau de cette carte" in hand_in(opened.page, content)


def test_the_later_note_stays(opened: Any) -> None:
    page = opened.page
    page.evaluate("shortlist.set('FR-80021_1', { date: '2026-11-20', note: 'mine' })")
    row = "shortlist;FR-80021_1;;;;{};theirs"
    hand_in(page, f"{HEAD}\n{row.format('2026-11-19')}".encode())
    assert page.evaluate("shortlist.get('FR-80021_1').note") == "mine"
    hand_in(page, f"{HEAD}\n{row.format('21/11/2026')}".encode())
    assert page.evaluate("shortlist.get('FR-80021_1').note") == "theirs"


def test_the_shortlist_is_kept_listed_and_filtered(opened: Any) -> None:
    page = opened.page
    page.locator("button:has-text('Filtrer')").click()
    assert page.locator("#f-shortlisted").count() == 0  # nothing to choose from
    page.keyboard.press("Escape")
    page.locator(".row").first.click()
    page.locator("#keep").focus()
    page.keyboard.press("Enter")
    page.locator("#shortlist-note").fill("Priorité")
    page.reload()
    page.wait_for_selector("body[data-ready=yes]")
    opened.requests.pop()  # the reload itself
    assert page.locator("#shortlist-note").input_value() == "Priorité"
    page.locator("#back").click()
    page.locator("button:has-text('Filtrer')").click()
    page.locator("#f-shortlisted").select_option("1")
    assert page.locator(".row").count() == 1
    page.locator(".row").first.click()
    page.locator("#keep").click()
    assert page.locator("#shortlist-note").count() == 0
    page.locator("#back").click()
    assert page.locator(".row").count() == 0
    page.evaluate("restoreState('shortlisted=2')")
    assert "Ma sélection" in page.locator("#notice").inner_text()


def test_a_storage_that_holds_anything_else_is_read_as_nothing(
    visit: Callable[..., Any], small_result: ResultTables
) -> None:
    for stored in ("{", "null", "[1, 2]", '{"a": 1}', '[["FR-80021_1", null]]'):
        page = visit(
            small_result,
            before="Storage.prototype.getItem = (key) => key.endsWith('shortlist')"
            f" ? {stored!r} : null",
        ).page
        assert page.evaluate("shortlist.size") == 0


def test_drawing_takes_the_last_corner_back(opened: Any) -> None:
    page = opened.page
    page.locator("[data-tool=area]").click()
    page.locator("#draw-start").click()
    assert page.locator("#draw-undo").is_disabled()
    for north in (0, 0.001, 0.002):
        page.evaluate("(n) => addCorner([sites[0].at[0] + n, sites[0].at[1] + n * n])", north)
    page.locator("#draw-undo").click()
    assert page.evaluate("sketch.length") == 2
    assert page.locator("#draw-finish").is_disabled()
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert page.evaluate("sketch.length") == 0
    assert page.locator("#draw-undo").is_disabled()


def test_the_card_names_its_neighbours(
    visit: Callable[..., Any], demo_result: ResultTables
) -> None:
    page = visit(demo_result).page
    page.locator(".row").first.click()
    near = page.locator(".part-neighbours .hit")
    assert 1 <= near.count() <= 4
    first = near.first.get_attribute("data-goto")
    near.first.click()
    assert page.evaluate("state.open.id") == first


def test_the_page_stands_within_another_page(
    visit: Callable[..., Any], small_result: ResultTables
) -> None:
    page = visit(small_result, fragment="?embed&site=FR-80021_1").page
    assert page.locator("header").is_hidden()
    assert page.locator("#credits").is_visible()
    assert page.locator("#card h2").inner_text() == "Halle <Sernam> & Cie"
    link = page.locator("#whole-page")
    link.evaluate("(a) => a.addEventListener('click', (event) => event.preventDefault())")
    link.click()
    assert "?" not in link.get_attribute("href").split("#")[0]
    assert "s=FR-80021_1" in link.get_attribute("href")
    page.locator("#back").click()
    page.locator("[data-tool=download]").click()
    page.locator("#download-embed").click()
    code = page.locator("#embed-text").input_value()
    assert code.startswith("<iframe ")
    assert "?embed#" in code


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?site=FR-ailleurs", "FR-ailleurs"),
        ("?site=%3Cimg%20src=x%20onerror=alert(1)%3E", "<img"),
        ("?site=__proto__", "__proto__"),
        ("?lang=xx&site=FR-80021_1", "Langue"),
        ("?site=&embed=&x=%FF", ""),
    ],
)
def test_a_site_of_the_address_is_checked(
    visit: Callable[..., Any], small_result: ResultTables, query: str, words: str
) -> None:
    page = visit(small_result, fragment=query).page
    assert page.locator("#notice").is_visible() == bool(words)
    assert words in page.locator("#notice").inner_text()
    again = visit(small_result, fragment="?site=FR-ailleurs#s=FR-80021_1").page
    assert again.locator("#card h2").is_visible()  # the state that the page wrote is the newer one
