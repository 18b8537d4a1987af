"""Filters, an area drawn on the map, sites side by side, the state in the address."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import shapely

from foncier import detect

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from foncier.model import ResultTables

pytestmark = pytest.mark.browser
FRICHE, PLOT, GARAGE = "FR-80021_1", "DC-80021000AB0003", "BN-6500000-69770000"


@pytest.fixture
def opened(visit: Callable[..., Any], small_result: ResultTables) -> Any:
    return visit(small_result)


def listed(page: Any) -> list[str]:
    found: list[str] = page.locator(".row").evaluate_all("all => all.map(r => r.dataset.site)")
    return found


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("area_min", "600", [FRICHE, PLOT]),
        ("area_max", "599", [GARAGE]),
        ("confidence", "50", [FRICHE]),
        ("minutes", "12", [FRICHE, PLOT]),
        ("minutes", "6.5", [FRICHE]),
        ("loop", "200", [FRICHE]),
    ],
)
def test_a_measure_bounds_the_list_and_the_map(
    opened: Any, name: str, value: str, kept: list[str]
) -> None:
    page = opened.page
    page.locator("[data-tool=filters]").click()
    page.locator(f"#f-{name}").fill(value)
    assert listed(page) == kept
    assert page.locator(".site-marker").count() == len(kept)
    assert page.locator("[data-tool=filters]").inner_text() == "Filtrer (1)"


def test_sites_with_unknown_measures_are_hidden_and_counted(opened: Any) -> None:
    page = opened.page
    page.locator("[data-tool=filters]").click()
    page.locator("#f-loop").fill("500")
    assert "2 masquées" in page.locator("#count").inner_text()
    assert "4\u202f000\u00a0m²" in page.locator("#count").inner_text()
    page.locator("#clear-filters").click()
    assert len(listed(page)) == 3
    assert page.locator("#f-loop").input_value() == ""


def test_overlapping_area_is_counted_once(
    visit: Callable[..., Any], small_result: ResultTables
) -> None:
    """The garage stands for half on the friche: 150 m² of its 300, which count for the garage."""
    shapes = small_result.candidates.geometry.to_list()
    corner = shapely.bounds(shapes[0])
    shapes[2] = shapely.box(corner[2] - 10, corner[1] + 10, corner[2] + 10, corner[1] + 25)
    moved = detect.count_land_once(small_result.candidates.set_geometry(shapes))
    page = visit(replace(small_result, candidates=moved)).page
    head = page.locator("#count")
    assert "4\u202f750\u00a0m²" in head.inner_text()  # 4000 + 600 + 300 - 150
    page.locator("[data-tool=area]").click()
    figures = page.locator("#summary td").all_inner_texts()
    assert figures[-1] == "4\u202f750\u00a0m²"
    assert {"3\u202f850\u00a0m²", "600\u00a0m²", "300\u00a0m²"} < set(figures)
    page.locator("[data-kind=friche]").click()  # shared land counts for the smaller site
    assert "900\u00a0m²" in head.inner_text()
    page.locator("[data-kind=friche]").click()
    page.locator("[data-lang=en]").click()
    assert "4,750\u00a0m²" in head.inner_text()


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("zone", "U", [PLOT]),
        ("zone", "?", [FRICHE, GARAGE]),
        ("flag", "0", [PLOT, GARAGE]),
        ("flag", "+zone inondable", [FRICHE]),
        ("flag", "-zone inondable", [PLOT, GARAGE]),
    ],
)
def test_zone_and_points_to_watch(opened: Any, name: str, value: str, kept: list[str]) -> None:
    page = opened.page
    page.locator("[data-tool=filters]").click()
    choose(page, name, value)
    assert listed(page) == kept


def choose(page: Any, name: str, *values: str) -> None:
    """Tick values of a filter, and those only."""
    page.locator(f"#f-{name}").evaluate("node => { node.open = true; }")
    chosen = page.locator(f"#f-{name} input:checked")
    while chosen.count():
        chosen.first.uncheck()
    for value in values:
        page.locator(f'#f-{name} input[value="{value}"]').check()


def test_a_filter_takes_several_values(opened: Any) -> None:
    """One of the values is enough, of every filter; the link holds them, and only what is known."""
    page = opened.page
    page.locator("[data-tool=filters]").click()
    choose(page, "zone", "U", "?")
    assert len(listed(page)) == 3
    assert page.locator("#f-zone .chosen").inner_text() == "U, inconnu"
    choose(page, "flag", "+zone inondable", "0")
    assert listed(page) == []  # with a point to watch, and without any
    choose(page, "flag", "-zone inondable")
    assert listed(page) == [PLOT, GARAGE]
    assert page.locator("[data-tool=filters]").inner_text() == "Filtrer (2)"
    link = page.evaluate("stateFragment()")
    page.locator("#clear-filters").click()
    assert len(listed(page)) == 3
    page.evaluate("(link) => restoreState(link)", link)
    assert listed(page) == [PLOT, GARAGE]
    assert page.evaluate("stateFragment()") == link
    page.evaluate("restoreState('zone=U&zone=Nh&visited=7')")
    assert listed(page) == [PLOT]
    notice = page.locator("#notice").inner_text()
    assert "Zone du PLU" in notice
    assert "Visite de terrain" in notice


def test_values_are_counted_and_a_long_list_is_narrowed(
    visit: Callable[..., Any], demo_result: ResultTables
) -> None:
    page = visit(demo_result).page
    page.locator("[data-tool=filters]").click()
    page.locator("#f-owner summary").click()
    assert page.locator("#f-owner .check").first.inner_text() == (
        "foncier public, en tout ou partie (24)"
    )
    page.locator("#f-owner .narrow").fill("communé")  # accents do not count
    assert [one.inner_text() for one in page.locator("#f-owner li:visible").all()] == [
        "Commune (8)"
    ]
    page.locator("#f-owner li:visible input").check()
    assert page.locator("#count").inner_text().startswith("8 opportunités sur 275")
    page.locator("#f-district summary").click()
    assert page.locator("#f-district .check").count() == 8  # seven districts, and outside them


@pytest.mark.parametrize(("size", "rows"), [((1366, 768), 1), ((1920, 1080), 3), ((390, 844), 1)])
@pytest.mark.parametrize("tool", ["weights", "filters"])
def test_the_list_stays_in_sight_beside_an_open_tool(
    visit: Callable[..., Any],
    small_result: ResultTables,
    size: tuple[int, int],
    rows: int,
    tool: str,
) -> None:
    page = visit(small_result, viewport={"width": size[0], "height": size[1]}).page
    page.locator(f"[data-tool={tool}]").click()
    whole = page.evaluate(
        """() => {
          const { bottom } = document.getElementById('panel').getBoundingClientRect();
          const free = document.querySelector('.filters').getBoundingClientRect().bottom;
          return [...document.querySelectorAll('.row')].map((row) => row.getBoundingClientRect())
            .filter((row) => row.top >= free - 1 && row.bottom <= bottom + 1).length;
        }"""
    )
    assert whole >= rows
    page.keyboard.press("Escape")
    assert page.locator("#tool").is_hidden()
    assert page.evaluate("document.activeElement.dataset.tool") == tool


def test_the_status_that_people_noted(
    visit: Callable[..., Any], small_result: ResultTables
) -> None:
    """A filter, a line of the card and a link, only where somebody noted a status."""
    page = visit(small_result).page
    page.locator("[data-tool=filters]").click()
    assert page.locator("#f-site_status").count() == 0
    noted = small_result.candidates.assign(site_status=None)
    noted.loc[noted["opportunity_id"] == PLOT, "site_status"] = "contacte"
    page = visit(replace(small_result, candidates=noted)).page
    page.locator("[data-tool=filters]").click()
    words = page.locator("#f-site_status .check").all_text_contents()
    assert words == ["Propriétaire contacté (1)", "sans avis (2)"]
    choose(page, "site_status", "contacte")
    assert listed(page) == [PLOT]
    assert "Filtrer (1)" in page.locator("[data-tool=filters]").inner_text()
    assert "site_status=contacte" in page.evaluate("stateFragment()")
    choose(page, "site_status", "?")
    assert PLOT not in listed(page)
    assert len(listed(page)) == 2
    page.evaluate("openSite(sites.find((one) => one.site_status), { from: 'link' })")
    assert "Propriétaire contacté" in page.locator("#card").inner_text()


def test_filters_stay_when_the_language_changes(opened: Any) -> None:
    page = opened.page
    page.locator("[data-tool=filters]").click()
    page.locator("#f-area_min").fill("400")
    choose(page, "flag", "0")
    page.locator("#search").fill("vallée")
    page.locator('[data-lang="en"]').click()
    assert listed(page) == [PLOT]
    assert page.locator("#f-area_min").input_value() == "400"
    assert page.locator("#f-flag input:checked").get_attribute("value") == "0"
    assert page.locator("#search").input_value() == "vallée"
    assert page.locator("[data-tool=filters]").inner_text() == "Filter (2)"
    assert "With: flood zone (1)" in page.locator("#f-flag .check").all_text_contents()


def test_an_area_drawn_by_clicks_counts_what_is_inside(opened: Any) -> None:
    page = opened.page
    page.locator("[data-tool=area]").click()
    assert "4\u202f900\u00a0m²" in page.locator("#summary").inner_text()
    page.locator("#draw-start").click()
    corners = page.evaluate(
        """id => {
          const { at } = sites.find((site) => site.id === id);
          const middle = map_foncier.latLngToContainerPoint(at);
          const box = map_foncier.getContainer().getBoundingClientRect();
          return [[-25, -25], [25, -25], [25, 25], [-25, 25]].map(([x, y]) => [
            box.x + middle.x + x, box.y + middle.y + y]);
        }""",
        PLOT,
    )
    for x, y in corners:
        page.mouse.click(x, y, delay=20)
        page.wait_for_timeout(350)  # two clicks at once would be a double click
    assert page.locator("#card").is_hidden()  # no click opened a site
    page.locator("#draw-finish").click()
    assert listed(page) == [PLOT]
    assert page.locator("path.drawn-area").count() == 1
    assert "Synthèse de la zone" in page.locator("#summary caption").inner_text()
    assert "600\u00a0m²" in page.locator("#summary").inner_text()
    page.locator("#draw-clear").click()
    assert len(listed(page)) == 3
    page.locator("#draw-start").click()
    page.keyboard.press("Escape")
    assert page.locator("#draw-start").is_visible()


def test_area_by_keyboard_is_the_visible_map(opened: Any) -> None:
    page = opened.page
    page.evaluate("id => map_foncier.setView(sites.find((s) => s.id === id).at, 20)", GARAGE)
    page.locator("[data-tool=area]").focus()
    page.keyboard.press("Enter")
    page.locator("#draw-view").focus()
    page.keyboard.press("Enter")
    assert listed(page) == [GARAGE]


def test_sites_side_by_side(opened: Any, artefacts: Path) -> None:
    page = opened.page
    page.locator(".pick").nth(0).click()
    assert page.locator("#compare").is_disabled()
    page.locator(".pick").nth(1).click()
    page.locator("#compare").click()
    dialog = page.locator("#comparison")
    assert dialog.is_visible()
    heads = dialog.locator("thead th bdi").all_inner_texts()
    assert heads == ["Halle <Sernam> & Cie", "Parcelle AB\u00a03"]
    text = dialog.inner_text()
    assert "4\u202f000\u00a0m²" in text
    assert "12\u00a0min" in text
    assert "inconnu" in text
    page.screenshot(path=str(artefacts / "webmap-comparaison.png"))
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    page.locator(".row").nth(2).click()
    page.locator("#card [data-pick]").click()
    page.locator("#back").click()
    assert page.locator(".pick[aria-pressed=true]").count() == 3
    page.locator("#compare-clear").click()
    assert page.locator("#tray").is_hidden()


def test_address_contains_the_state(visit: Callable[..., Any], small_result: ResultTables) -> None:
    page = visit(small_result).page
    page.locator("[data-tool=weights]").click()
    page.locator("#weight-0").fill("0.1")
    page.locator("[data-tool=filters]").click()
    page.locator("#f-area_min").fill("400")
    page.locator('.chip[data-kind="batiment_non_affecte"]').click()
    page.locator("#search").fill("vallée")
    page.locator(".row").last.click()
    page.locator('[data-lang="en"]').click()
    page.wait_for_timeout(400)
    fragment = page.evaluate("location.hash")
    view = page.evaluate("[map_foncier.getZoom(), map_foncier.getCenter().lat]")
    weights = page.evaluate("weights")
    title = page.locator("#card h2").inner_text()
    again = visit(small_result, fragment=fragment).page
    assert again.evaluate("document.documentElement.lang") == "en"
    assert again.locator("#card h2").inner_text() == title
    assert again.evaluate("weights") == weights != [0.6, 0.4]
    found = again.evaluate("[map_foncier.getZoom(), map_foncier.getCenter().lat]")
    assert found == pytest.approx(view, abs=1e-5)
    again.locator("#back").click()
    assert again.locator("#search").input_value() == "vallée"
    assert sorted(listed(again)) == sorted([FRICHE, PLOT])


@pytest.mark.parametrize(
    "fragment",
    [
        "#w=1&k=zzz&s=nobody&at=1,2&in=1,2,3&minutes=abc&destination=__proto__&lang=de",
        "#w=-1,2&at=NaN,NaN,NaN&q=%3Cscript%3Ewindow.hacked%3D1%3C/script%3E&loop=Infinity",
        "#%E0%A4%A",
    ],
)
def test_a_broken_address_breaks_nothing(
    visit: Callable[..., Any], small_result: ResultTables, fragment: str
) -> None:
    page = visit(small_result, fragment=fragment).page
    assert page.evaluate("weights") == [0.6, 0.4]
    assert page.evaluate("window.hacked") is None
    assert page.locator("#count").inner_text()
