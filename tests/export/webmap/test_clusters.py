"""More sites than elements would bear: tiles, an index for the pointer, a list that grows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from foncier import schemas, scoring
from foncier.export.webmap import page as writing

if TYPE_CHECKING:
    from collections.abc import Callable

    from foncier.model import ResultTables

pytestmark = pytest.mark.browser
SITES = 700


@pytest.fixture
def large_result(small_result: ResultTables) -> ResultTables:
    ids = [f"DC-{i:05d}" for i in range(SITES)]
    row = small_result.candidates.iloc[[1] * SITES].reset_index(drop=True)
    at = np.arange(SITES)
    x, y = 650_000 + at % 30 * 40, 6_977_000 + at // 30 * 40
    candidates = row.assign(opportunity_id=ids, kind="friche", area_m2=at + 100.0).set_geometry(
        gpd.GeoSeries(shapely.box(x, y, x + 20, y + 20), crs=row.crs)
    )
    area = replace(small_result.criteria[0], name="area", measure="area_m2", worst=0, best=2000)
    return replace(
        small_result,
        candidates=candidates,
        criteria=(area,),
        scores=scoring.scores(candidates[["opportunity_id", "area_m2"]], (area,), draws=5),
        access=schemas.ACCESS.empty(),
        evidence=schemas.EVIDENCE.empty(),
        access_points=schemas.ACCESS_POINTS.empty(row.crs),
        area=shapely.box(650_000, 6_977_000, 651_200, 6_978_000),
    )


def test_sites_are_painted_clicked_and_listed(
    visit: Callable[..., Any], large_result: ResultTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "PACKED_FROM", 1000)  # the data travel compressed
    found = visit(large_result)
    page = found.page
    assert "DC-00699" not in page.locator("#foncier-script").inner_text()
    assert page.locator(".leaflet-sites-pane canvas").count() > 0
    assert page.locator("path.site-shape").count() == 0
    assert 5 < page.locator(".row").count() < 20  # only the rows in sight are in the page
    page.evaluate("document.getElementById('panel').scrollTop = 20_000")
    found.settle()
    assert 5 < page.locator(".row").count() < 20
    places = page.locator("#list > li").evaluate_all("all => all.map(li => +li.dataset.place)")
    assert places == sorted(places)
    assert places[0] > 100
    spot = page.evaluate(
        """() => {
          const { at } = sites.find((site) => site.id === 'DC-00345');
          map_foncier.setView(at, 18, { animate: false });
          const box = map_foncier.getContainer().getBoundingClientRect();
          return [box.x + box.width / 2, box.y + box.height / 2];
        }"""
    )
    page.mouse.move(*spot)
    found.settle()
    assert page.locator('.site-marker.strong[data-site="DC-00345"]').count() == 1
    assert "Parcelle" in page.locator(".leaflet-tooltip").inner_text()
    page.mouse.click(*spot)
    assert "DC-00345" in page.locator("#card").inner_text()
    page.locator("#back").click()
    page.locator("[data-tool=filters]").click()
    page.locator("#f-area_min").fill("790")
    assert "10 opportunités sur 700" in page.locator("#count").inner_text()
    page.locator("#f-area_min").fill("9999")
    page.mouse.click(*spot)
    found.settle()
    assert page.locator("#card").is_hidden()


def test_zoomed_out_hexagons_count_the_sites_and_a_click_zooms_in(
    visit: Callable[..., Any], large_result: ResultTables
) -> None:
    places = large_result.background.places
    every = places.iloc[[0] * 400].assign(
        place_id=[f"p{i}" for i in range(400)],
        category="station",
        geometry=[shapely.Point(650_600, 6_977_400)] * 400,
    )
    found = visit(replace(large_result, background=replace(large_result.background, places=every)))
    page = found.page
    far = "({zoom}) => { map_foncier.setView(map_foncier.getCenter(), zoom, { animate: false }); }"
    counted = "overviewAt(tileZoom()).cells.reduce((n, cell) => n + cell.sites.length, 0)"
    page.evaluate(far, {"zoom": 12})
    assert page.evaluate("overviewAt(tileZoom()).crowded")
    assert page.evaluate(counted) == SITES
    assert page.locator(".place-marker").count() == 0  # 400 places would hide the map
    best = page.evaluate(
        """() => {
          const cell = overviewAt(12).cells.find((one) => one.sites[0].overall_rank === 1);
          const middle = map_foncier.unproject([cell.x, cell.y], 12);
          const at = map_foncier.latLngToContainerPoint(middle);
          const box = map_foncier.getContainer().getBoundingClientRect();
          return { spot: [box.x + at.x, box.y + at.y], held: cell.sites.length };
        }"""
    )
    page.mouse.move(*best["spot"])
    found.settle()
    tip = page.locator(".cell-tip").inner_text()
    assert f"{best['held']} opportunités" in tip
    assert f"Friche : {best['held']}" in tip.replace("\u00a0", " ")
    assert "(rang 1)" in tip
    page.mouse.click(*best["spot"])
    found.settle()
    page.wait_for_timeout(600)  # the map glides there
    assert page.evaluate("map_foncier.getZoom()") > 13
    assert page.locator("#card").is_hidden()
    page.evaluate(far, {"zoom": 12})
    page.locator("[data-tool=filters]").click()
    page.locator("#f-area_min").fill("795")
    found.settle()
    assert page.evaluate(counted) == 5
    assert not page.evaluate("overviewAt(tileZoom()).crowded")  # few sites are drawn one by one
    page.evaluate("map_foncier.panTo(layers.area.getBounds().getCenter(), { animate: false })")
    page.evaluate(far, {"zoom": 16})
    assert page.locator(".place-marker").count() > 0


def test_keyboard_moves_in_a_list_longer_than_the_page(
    visit: Callable[..., Any], large_result: ResultTables
) -> None:
    found = visit(large_result)
    page = found.page
    place = "Number(document.activeElement.closest('li').dataset.place)"
    page.locator(".row").first.focus()
    assert page.locator("#list [tabindex='0']").count() == 2  # one row and its button
    for key, expected in [("ArrowDown", 1), ("End", 699), ("ArrowUp", 698), ("Home", 0)]:
        page.keyboard.press(key)
        found.settle()
        assert page.evaluate(place) == expected
        row = page.locator(f'#list > li[data-place="{expected}"]')
        assert row.get_attribute("aria-posinset") == str(expected + 1)
        assert row.get_attribute("aria-setsize") == "700"
        box, panel = row.bounding_box(), page.locator("#panel").bounding_box()
        assert panel["y"] <= box["y"] < panel["y"] + panel["height"]
    page.keyboard.press("PageDown")
    page.keyboard.press("Tab")
    assert "pick" in page.evaluate("document.activeElement.className")
    page.keyboard.press("ArrowDown")
    assert "pick" in page.evaluate("document.activeElement.className")
    below = page.evaluate(place)
    page.mouse.move(200, 500)
    page.mouse.wheel(0, 30_000)
    found.settle()
    assert page.evaluate(place) == below  # the row with the focus stays, out of sight
    page.keyboard.press("ArrowDown")
    found.settle()
    assert page.evaluate(place) == below + 1
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    assert page.locator("#card h2").is_visible()
    page.keyboard.press("Escape")
    assert page.evaluate(place) == below + 1


def test_a_long_list_prints_its_first_rows_and_the_number_of_others(
    visit: Callable[..., Any], large_result: ResultTables
) -> None:
    page = visit(large_result).page
    page.evaluate("beforePrint()")
    assert page.locator(".row").count() == 200
    assert "et 500 autres opportunités" in page.locator(".paper-rest").inner_text()
    page.evaluate("afterPrint()")
    assert page.locator(".row").count() < 20
    assert page.locator(".paper-rest").count() == 0
