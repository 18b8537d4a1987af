"""The address is the whole state of the page: restored anywhere, checked, one step a card."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from foncier.model import ResultTables

pytestmark = pytest.mark.browser
STATES = int(os.environ.get("FONCIER_STATES", "8"))  # 200 were tried
STATE = """[weights.join(), [...state.kinds].sort().join(), lang, state.open && state.open.id,
  state.query, JSON.stringify(state.filters), rankedSites.map((s) => s.id).join(),
  map.getZoom().toFixed(2), map.getCenter().lat, map.getCenter().lng]"""
CHANGE = """(draw) => {
  changeWeights(weights.map((_, k) => draw.weights[k % draw.weights.length]));
  state.kinds = new Set(presentKinds().filter((_, k) => draw.kinds >> k & 1));
  state.query = draw.query;
  state.filters.area_min = draw.area;
  refresh();
  const { lat, lng } = map.getCenter();
  map.setView([lat + draw.north, lng], draw.zoom, { animate: false });
  if (draw.site >= 0) openSite(sites[draw.site], { from: 'list' });
  else if (state.open) closeSite();
}"""


@pytest.fixture
def opened(visit: Callable[..., Any], small_result: ResultTables) -> Any:
    return visit(small_result)


def drawn(rng: random.Random) -> dict[str, Any]:
    return {
        "weights": [rng.choice([0, 1, 2.5, 5]) for _ in range(3)],
        "kinds": rng.randrange(1, 16),
        "query": rng.choice(["", "vallee", "zz"]),
        "area": rng.choice([None, 500, 5000]),
        "zoom": rng.choice([14, 15.25, 17]),
        "north": rng.uniform(-0.002, 0.002),
        "site": rng.randrange(-1, 3),
    }


def is_state(page: Any, wanted: Any) -> bool:
    """Whether the page comes to a state within a second; a position to a pixel."""
    for _ in range(50):
        found = page.evaluate(STATE)
        if found[:-2] == wanted[:-2] and found[-2:] == pytest.approx(wanted[-2:], abs=5e-5):
            return True
        page.wait_for_timeout(20)
    return False


def test_a_link_gives_the_same_state_wherever_it_is_opened(opened: Any) -> None:
    page, rng = opened.page, random.Random(7)
    other = page.context.new_page()
    for _ in range(STATES):
        page.evaluate(CHANGE, drawn(rng))
        page.evaluate("writeState('pushState')")
        link, state = page.url, page.evaluate(STATE)
        page.evaluate(CHANGE, drawn(rng))
        page.evaluate("writeState('pushState')")
        after = page.evaluate(STATE)
        page.go_back()
        assert is_state(page, state)
        page.go_forward()
        assert is_state(page, after)
        page.goto(link)  # pasted in the open tab
        assert is_state(page, state)
        other.goto("about:blank")
        other.goto(link)
        other.wait_for_selector("body[data-ready]")
        assert is_state(other, state)


def test_back_closes_the_card_then_leaves_the_list_as_it_was(opened: Any) -> None:
    page = opened.page
    page.locator(".row").first.click()
    page.wait_for_selector("#card:not([hidden])")
    page.go_back()
    page.wait_for_selector("#card", state="hidden")
    assert page.locator(".row").count() == 3
    page.go_forward()
    page.wait_for_selector("#card:not([hidden])")


@pytest.mark.parametrize(
    ("fragment", "words"),
    [
        ("at=16.75,49.891446,2", "vue de la carte"),
        ("at=16.75,49.891446,", "vue de la carte"),
        ("at=,,", "vue de la carte"),
        ("at=-5,91,400", "vue de la carte"),
        ("at=14,49.89,2.3,7", "vue de la carte"),
        ("w=1,2,3", "Pondérer"),
        ("w=-1,1", "Pondérer"),
        ("k=chateau", "nature"),
        ("lang=xx", "Langue"),
        ("s=FR-ailleurs", "FR-ailleurs"),
        ("area_min=beaucoup", "Surface"),
        ("area_min=1,2", "Surface"),
        ("area_max=0x10", "Surface"),
        ("confidence=٣", "Confiance"),
        ("k=,,,", "nature"),
        ("w=0x1,1", "Pondérer"),
        ("in=1,2,3", "Dessiner"),
    ],
)
def test_a_value_that_cannot_be_right_is_left_out_and_said(
    visit: Callable[..., Any], small_result: ResultTables, fragment: str, words: str
) -> None:
    page = visit(small_result).page
    before = page.evaluate(STATE)
    page.evaluate("(text) => { window.location.hash = text; }", fragment)
    page.wait_for_selector("#notice:not([hidden])")
    assert words in page.locator("#notice").inner_text()
    assert page.evaluate(STATE) == before
    page.locator("#notice button").click()
    assert page.locator("#notice").is_hidden()


def test_every_prefix_of_a_link_opens_a_map(opened: Any) -> None:
    page = opened.page
    page.evaluate(CHANGE, drawn(random.Random(1)) | {"kinds": 15, "query": "", "area": None})
    page.evaluate("writeState('replaceState')")
    fragment = page.evaluate("window.location.hash")
    for end in range(1, len(fragment)):
        page.evaluate("(text) => restoreState(text)", fragment[:end])
        seen = page.evaluate("sites.some((s) => map.getBounds().contains(s.at))")
        assert seen or page.locator("#notice").is_visible(), fragment[:end]


def test_no_shape_of_the_map_is_a_stop_of_the_tab_key(opened: Any) -> None:
    page = opened.page
    stops = []
    for _ in range(60):
        page.keyboard.press("Tab")
        stops.append(
            page.evaluate(
                "(() => { const n = document.activeElement; return [n.tagName.toLowerCase(),"
                " n.getAttribute('aria-label') || n.textContent.trim() || n.title || n.id]; })()"
            )
        )
    assert not [tag for tag, _ in stops if tag in {"path", "svg", "circle"}]
    assert all(name for _, name in stops)
    assert len({tuple(stop) for stop in stops}) <= 30


@pytest.mark.parametrize(("width", "height"), [(683, 384), (320, 256), (844, 390)])
def test_at_200_and_400_percent_nothing_is_squeezed(
    visit: Callable[..., Any], small_result: ResultTables, width: int, height: int
) -> None:
    """WCAG 1.4.4 and 1.4.10: the page scrolls down, and never sideways."""
    page = visit(small_result).page
    page.set_viewport_size({"width": width, "height": height})
    size = page.evaluate(
        "[document.getElementById('panel').clientHeight, map.getSize().y,"
        " document.documentElement.scrollWidth - window.innerWidth]"
    )
    assert size[0] >= 200
    assert size[1] >= 200
    assert size[2] <= 0
    page.locator(".row").last.click()
    assert page.locator("#card h2").is_visible()


def test_a_click_offers_all_that_lies_under_it(opened: Any) -> None:
    page = opened.page
    page.evaluate("map.setView(sites[0].at, 11, { animate: false })")
    assert page.evaluate("sitesUnder(L.latLng(sites[0].at)).length") == 3
    page.locator(".site-marker").first.click(force=True)
    page.wait_for_selector(".choice-popup")
    assert page.locator(".choice-popup .hit").count() == 3
    page.locator(".choice-popup .hit").nth(1).click()
    page.wait_for_selector("#card:not([hidden])")


def test_names_of_the_map_do_not_overlap(
    visit: Callable[..., Any], demo_result: ResultTables
) -> None:
    page = visit(demo_result).page
    boxes = page.evaluate(
        "labelsAt(Math.round(map.getZoom()))"
        ".map((n) => [n.text, n.x, n.y, n.halfWidth, n.halfHeight])"
    )
    assert len(boxes) >= 8
    assert any("Gare" in text for text, *_ in boxes)
    for n, (_, x, y, w, h) in enumerate(boxes):
        for _, u, v, a, b in boxes[:n]:
            assert abs(x - u) >= w + a or abs(y - v) >= h + b


def test_names_of_places_do_not_hide_the_ranked_signs(
    visit: Callable[..., Any], demo_result: ResultTables
) -> None:
    page = visit(demo_result).page
    names, signs = page.evaluate(
        """[labelsAt(14).filter((n) => n.style.overSigns), signBoxes(14)]"""
    )
    assert len(names) >= 8
    assert len(signs) > 20
    for name in names:
        width, height = name["halfWidth"] - 8, name["halfHeight"] - 8
        for sign in signs:
            across = abs(name["x"] - sign["x"]) >= width + sign["halfWidth"]
            below = abs(name["y"] - sign["y"]) >= height + sign["halfHeight"]
            # where there is no room at all, a name may stand over the letter of a stop
            assert across or below or sign["halfWidth"] < 15, name["text"]
    above = page.evaluate(
        "[getComputedStyle(map.getPane('names')), getComputedStyle(map.getPane('markerPane'))]"
        ".map((style) => Number(style.zIndex))"
    )
    assert above[0] > above[1]


def test_a_link_of_a_former_page_keeps_what_it_asked_for(
    visit: Callable[..., Any], demo_result: ResultTables
) -> None:
    page = visit(demo_result, fragment="#availability=offered").page
    shown, taken = page.evaluate(
        """[shownSites().length, sites.filter((s) => s.availability_class === 'pris').length]"""
    )
    assert taken > 0
    assert shown == page.evaluate("sites.length") - taken
    assert page.locator("#notice").is_hidden()
    page.evaluate("restoreState('availability=offert')")
    assert "Disponibilité" in page.locator("#notice").inner_text()
    page.evaluate("restoreState('availability=__proto__&owner=constructor')")
    assert page.evaluate("shownSites().length === sites.length")


def test_the_head_fits_a_narrow_screen(
    visit: Callable[..., Any], demo_result: ResultTables
) -> None:
    page = visit(demo_result, viewport={"width": 320, "height": 640}).page
    assert page.locator("h1").bounding_box()["width"] > 150
    assert page.locator("header").bounding_box()["height"] < 120
    assert page.evaluate("document.documentElement.scrollWidth") == 320
