"""What is reached on foot from the open site: isochrones, routes, residents."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from foncier import schemas
from foncier.export.webmap.payload import payload

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from foncier.model import ResultTables

FRICHE, PLOT = "FR-80021_1", "DC-80021000AB0003"
X, Y = 650_040.0, 6_977_025.0


@pytest.fixture
def accessible_result(small_result: ResultTables) -> ResultTables:
    """Isochrones and routes of the friche; the route to the loop only for the plot."""
    crs = small_result.candidates.crs
    discs = [shapely.Point(X, Y).buffer(minutes * 60) for minutes in (5, 15, 10)]
    rows = {
        "opportunity_id": FRICHE,
        "minutes": [5.0, 15.0, 10.0],
        "area_m2": shapely.area(discs),
        "residents": [310.0, 12_400.0, None],
    }
    isochrones = schemas.ISOCHRONES.conform(gpd.GeoDataFrame(rows, geometry=discs, crs=crs))
    ways = [shapely.LineString([(X, Y - 25), (X, Y - 33), (X + dx, Y - 33)]) for dx in (-60, 90, 9)]
    routes = gpd.GeoDataFrame(
        {"opportunity_id": [FRICHE, FRICHE, PLOT], "target": ["station", "loop", "loop"]},
        geometry=ways,
        crs=crs,
    )
    return replace(small_result, isochrones=isochrones, routes=routes)


def test_longest_isochrone_comes_first_and_unknown_residents_stay_unknown(
    accessible_result: ResultTables,
) -> None:
    found = payload(accessible_result, lang="fr")["isochrones"]
    assert found["site"] == [0, 0, 0]
    assert found["minutes"] == [15, 10, 5]
    assert found["residents"] == [12_400, None, 310]
    assert found["shapes"]["parts"] == [1, 1, 1]
    assert (
        payload(replace(accessible_result, isochrones=None), lang="fr")["isochrones"]["site"] == []
    )


@pytest.mark.browser
def test_isochrones_and_routes_of_the_open_site(
    visit: Callable[..., Any], accessible_result: ResultTables, artefacts: Path
) -> None:
    found = visit(accessible_result)
    page = found.page
    assert page.locator("path.isochrone, path.route").count() == 0
    page.locator(".row").first.click()
    assert page.locator("path.isochrone").count() == 3
    assert page.locator("path.route-loop").count() == 1
    assert page.locator("path.route-other").count() == 1
    page.locator("#show-access").click()
    found.settle()
    assert page.locator(".isochrone-label").all_inner_texts() == [
        "15\u00a0min",
        "10\u00a0min",
        "5\u00a0min",
    ]
    frame = page.locator("#map_foncier").bounding_box()
    for box in (shape.bounding_box() for shape in page.locator("path.isochrone").all()):
        assert box["x"] >= frame["x"]
        assert box["y"] + box["height"] <= frame["y"] + frame["height"]
    cells = page.locator("#isochrones tbody tr").all_inner_texts()
    assert [row.split("\t")[1] for row in cells] == ["310", "inconnu", "12\u202f400"]
    page.locator("#legend > summary").click()
    legend = page.locator("#legend").inner_text()
    assert "Isochrones à pied, en minutes\u00a0: 5, 10, 15" in legend
    assert "Trajet à pied\u00a0: Gare" in legend
    widths = page.locator("path.isochrone").evaluate_all(
        "all => all.map(p => Number(p.getAttribute('stroke-width')))"
    )
    assert widths == sorted(set(widths))  # the nearer, the thicker
    page.screenshot(path=str(artefacts / "webmap-isochrones.png"))
    page.locator("#layers > summary").click()
    for name, path in [("isochrones", "path.isochrone"), ("routes", "path.route")]:
        page.locator(f"[data-layer={name}]").uncheck()
        assert page.locator(path).count() == 0
    page.locator("#back").click()
    page.locator("[data-layer=isochrones]").check()
    assert page.locator("path.isochrone").count() == 0  # no site is open
    page.locator(".row").nth(1).click()
    assert page.locator("path.isochrone").count() == 0
    assert page.locator("#isochrones").count() == 0


@pytest.mark.browser
def test_no_control_for_isochrones_without_any(
    visit: Callable[..., Any], small_result: ResultTables
) -> None:
    page = visit(small_result).page
    page.locator("#layers > summary").click()
    assert page.locator("[data-layer=isochrones], [data-layer=routes]").count() == 0
    page.locator(".row").first.click()
    assert page.locator("#show-access, #isochrones").count() == 0


@pytest.mark.browser
def test_robustness_of_a_rank_is_shown_when_known(
    visit: Callable[..., Any], small_result: ResultTables
) -> None:
    scores = small_result.scores.assign(
        top20_share=[0.97, 0.41, float("nan")],
        topsis_rank=[2.0, 1.0, float("nan")],
        pareto=pd.Series([1.0, 0.0, float("nan")]).astype("boolean"),
    )
    page = visit(replace(small_result, scores=scores)).page
    page.locator(".row").first.click()
    words = page.locator(".robust").inner_text()
    assert "parmi les 20 premiers dans 97\u00a0% des tirages de poids" in words
    assert "rang 2 avec la méthode TOPSIS" in words
    assert "aucun autre site n'est meilleur" in words
    page.locator("#back").click()
    page.locator(".row").nth(1).click()
    assert "au moins un autre site" in page.locator(".robust").inner_text()
    page.locator("#back").click()
    page.locator(".row").nth(2).click()
    assert page.locator(".robust").count() == 0
    page.locator("#back").click()
    page.locator("[data-tool=weights]").click()
    page.locator("#weight-0").fill("0.1")
    page.wait_for_timeout(100)
    page.locator(".row").first.click()
    assert page.locator(".robust").count() == 0  # known for the study's own weights only
