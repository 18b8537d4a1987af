"""The sliders: the browser ranks as Python does, and the page follows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from foncier import schemas, scoring
from foncier.export.webmap.payload import presets
from foncier.i18n import Localized
from foncier.model import Criterion

if TYPE_CHECKING:
    from collections.abc import Callable

    from foncier.model import ResultTables

pytestmark = pytest.mark.browser
SITES, DRAWS = 120, 1000
NAMES = ("loop", "station", "stop", "innovation", "services", "area", "residents")
SCORED = """all => {
  const byId = [...sites].sort((a, b) => (a.id < b.id ? -1 : 1)).map((site) => site.index);
  return all.map((weights) => {
    const scores = scoresFor(weights);
    return ['score', 'low', 'high', 'coverage', 'rank'].map((name) => byId
      .map((i) => scores[name][i]).map((value) => (Number.isNaN(value) ? null : value)));
  });
}"""


def criteria(weights: Any) -> tuple[Criterion, ...]:
    return tuple(
        Criterion(name, f"{name}_x", Localized(name, name), "m", 1000, 0, float(weight), "test")
        for name, weight in zip(NAMES, weights, strict=True)
    )


@pytest.fixture
def crowd(small_result: ResultTables) -> tuple[pd.DataFrame, ResultTables]:
    """Many sites of random measures, a third unknown, some alike."""
    rng = np.random.default_rng(7)
    ids = [f"DC-{i:04d}" for i in range(SITES)]
    known = pd.DataFrame({"opportunity_id": ids})
    for name in NAMES:
        values = np.round(rng.uniform(-200, 1300, SITES), 3)
        known[f"{name}_x"] = np.where(rng.random(SITES) < 0.33, np.nan, values)
    twins = known.columns[1:]
    known.loc[1::10, twins] = known.loc[0::10, twins].to_numpy()
    row = small_result.candidates.iloc[[1] * SITES].reset_index(drop=True)
    at = np.arange(SITES)
    x, y = 650_000 + at % 12 * 45, 6_977_000 + at // 12 * 45
    candidates = row.assign(opportunity_id=ids).set_geometry(
        gpd.GeoSeries(shapely.box(x, y, x + 20, y + 20), crs=row.crs)
    )
    rules = criteria([3, 2, 1, 2, 1, 1, 1])
    nothing = {"access_points": "ACCESS_POINTS", "lines": "LINES"}
    return known, replace(
        small_result,
        candidates=candidates,
        scores=scoring.scores(known, rules),
        criteria=rules,
        access=schemas.ACCESS.empty(),
        evidence=schemas.EVIDENCE.empty(),
        **{name: getattr(schemas, table).empty(row.crs) for name, table in nothing.items()},
    )


def draws() -> Any:
    """Random weights, some of them 0, some all of them but one."""
    rng = np.random.default_rng(11)
    weights = rng.gamma(1.0, size=(DRAWS, len(NAMES)))
    weights[::5] = np.round(weights[::5])
    weights[weights.sum(axis=1) == 0] = 1.0
    return weights


def test_the_browser_ranks_as_python_whatever_the_weights(
    visit: Callable[..., Any], crowd: tuple[pd.DataFrame, ResultTables]
) -> None:
    known, result = crowd
    found = visit(result).page.evaluate(SCORED, draws().tolist())
    for weights, theirs in zip(draws(), found, strict=True):
        ours = scoring.scores(known, criteria(weights), draws=1)
        columns = ("score", "score_low", "score_high", "coverage", "overall_rank")
        for name, values in zip(columns, theirs, strict=True):
            np.testing.assert_allclose(
                np.array(values, dtype=float), ours[name], rtol=0, atol=1e-9, err_msg=name
            )


def test_a_slider_ranks_again_at_once(
    visit: Callable[..., Any], crowd: tuple[pd.DataFrame, ResultTables]
) -> None:
    known, result = crowd
    page = visit(result).page
    before = page.locator(".row").evaluate_all("all => all.map(row => row.dataset.site)")
    page.locator("[data-tool=weights]").click()
    assert page.locator("#weight-0-share").inner_text() == "27\u00a0%"
    for index in range(len(NAMES)):
        page.locator(f"#weight-{index}").fill("5" if index == 1 else "0")
    page.wait_for_timeout(100)
    assert page.locator("#weight-1-share").inner_text() == "100\u00a0%"
    assert page.locator("#preset").input_value() == "custom"
    ours = scoring.scores(known, criteria([0, 1, 0, 0, 0, 0, 0]), draws=1)
    expected = ours.sort_values(["overall_rank", "opportunity_id"])["opportunity_id"].tolist()
    listed = page.locator(".row").evaluate_all("all => all.map(row => row.dataset.site)")
    assert listed == expected[: len(listed)] != before
    first = page.locator(f'.site-marker[data-site="{expected[0]}"] text')
    assert first.text_content() == "1"
    page.locator(".row").first.click()
    assert "avec les poids de l'étude" in page.locator("#card").inner_text()
    page.locator("#back").click()
    page.locator("#reset").click()
    page.wait_for_timeout(100)
    again = page.locator(".row").evaluate_all("all => all.map(row => row.dataset.site)")
    assert min(len(again), len(before)) > 5
    assert all(one == other for one, other in zip(again, before, strict=False))
    page.locator(".row").first.click()
    assert "si les poids varient" in page.locator("#card").inner_text()


def test_presets_apply_to_the_criteria_of_the_study(
    visit: Callable[..., Any], crowd: tuple[pd.DataFrame, ResultTables]
) -> None:
    page = visit(crowd[1]).page
    page.locator("[data-tool=weights]").click()
    for preset in presets():
        page.locator("#preset").select_option(preset["name"])
        expected = [preset["weights"][name] for name in NAMES]
        assert page.evaluate("weights") == expected
        assert preset["why"][0] in page.locator("#preset-why").inner_text()
    page.locator('[data-lang="en"]').click()
    assert page.locator("#preset").input_value() == "renaturation"
    assert page.evaluate("weights") == expected


def test_all_weights_at_zero_rank_nothing(
    visit: Callable[..., Any], small_result: ResultTables
) -> None:
    page = visit(small_result).page
    page.locator("[data-tool=weights]").click()
    for index in range(2):
        page.locator(f"#weight-{index}").fill("0")
    page.wait_for_timeout(100)
    assert "aucun classement possible" in page.locator("#weights-note").inner_text()
    assert page.locator(".row-none").count() == 3


def test_presets_name_criteria_of_the_rules() -> None:
    assert len(presets()) == 6
    assert all(set(preset["weights"]) >= set(NAMES) for preset in presets())
