"""More sites than elements would bear: tiles, an index for the pointer, a list that grows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from foncier import score, tables
from foncier.export.webmap import page as writing

if TYPE_CHECKING:
    from collections.abc import Callable

    from foncier.records import Result

pytestmark = pytest.mark.browser
SITES = 700


@pytest.fixture
def throng(small_result: Result) -> Result:
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
        scores=score.scores(candidates[["opportunity_id", "area_m2"]], (area,), draws=5),
        access=tables.ACCESS.empty(),
        evidence=tables.EVIDENCE.empty(),
        access_points=tables.ACCESS_POINTS.empty(row.crs),
        area=shapely.box(650_000, 6_977_000, 651_200, 6_978_000),
    )


def test_sites_are_painted_clicked_and_listed(
    visit: Callable[..., Any], throng: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "PACKED_FROM", 1000)  # the data travel compressed
    found = visit(throng)
    page = found.page
    assert "DC-00699" not in page.locator("#foncier-script").inner_text()
    assert page.locator(".leaflet-sites-pane canvas").count() > 0
    assert page.locator("path.site-shape").count() == 0
    assert page.locator(".row").count() == 24
    page.locator("#more").scroll_into_view_if_needed()
    found.settle()
    assert page.locator(".row").count() >= 48
    spot = page.evaluate(
        """() => {
          map_foncier.setView(sites.find((site) => site.id === 'DC-00345').at, 18);
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
