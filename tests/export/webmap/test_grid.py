"""Limits of the page: rejected parcels are counted by grid cell and rule, layers are left out."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from foncier.export.webmap import grid
from foncier.export.webmap.grid import count_by_cell
from foncier.export.webmap.payload import payload
from foncier.i18n import Localized
from foncier.model import Profile

if TYPE_CHECKING:
    from collections.abc import Callable

    from foncier.model import ResultTables

RULES = [
    ("dent_creuse", "area"),
    ("dent_creuse", "zone"),
    ("terrain_divisible", "ces"),
    ("terrain_divisible", "<b>of nobody</b>"),
]

NAMELESS = Profile("none", Localized("", ""), "", {})


def rejected(places: list[tuple[float, float, int]]) -> gpd.GeoDataFrame:
    """Parcels of 10 m around some places, each with a kind and a rule."""
    x, y, rule = np.array(places, dtype=float).reshape(-1, 3).T
    kinds = [RULES[int(number)] for number in rule]
    return gpd.GeoDataFrame(
        {"kind": [kind for kind, _ in kinds], "rule": [name for _, name in kinds]},
        geometry=shapely.box(x - 5, y - 5, x + 5, y + 5),
        crs=2154,
    )


def parcels_by_rule(found: dict[str, Any]) -> list[dict[str, int]]:
    """Parcels of each cell by the French label of the rule, the most frequent first."""
    starts = np.cumsum([0, *found["several"]])
    words = [found["reasons"][code][0] for code in found["reason"]]
    return [
        dict(zip(words[first:end], found["parcels"][first:end], strict=True))
        for first, end in pairwise(starts)
    ]


def test_cells_count_by_rule_the_most_frequent_first(small_result: ResultTables) -> None:
    here, east = (650_100.0, 6_977_100.0), (650_350.0, 6_977_100.0)
    rows = rejected([(*here, 1), (*east, 3), (*here, 2), (*here, 1), (*here, 0)])
    found = count_by_cell(rows, small_result.profile)
    assert (found["side_m"], found["count"]) == (200.0, [4, 1])
    first, second = parcels_by_rule(found)
    assert list(first.values()) == [2, 1, 1]
    assert next(iter(first)).startswith("Dent creuse · ")
    assert second == {"Terrain divisible · <b>of nobody</b>": 1}
    assert [kind for *_, kind in found["reasons"]] == [
        "dent_creuse",
        "dent_creuse",
        "terrain_divisible",
        "terrain_divisible",
    ]
    assert found["shapes"]["corners"] == [4, 4]


@given(
    st.lists(
        st.tuples(st.integers(-900, 900), st.integers(-900, 900), st.integers(0, len(RULES) - 1)),
        min_size=1,
        max_size=40,
    )
)
def test_every_parcel_is_counted_once_in_any_order(places: list[tuple[int, int, int]]) -> None:
    rows = rejected([(650_000.0 + x, 6_977_000.0 + y, rule) for x, y, rule in places])
    found = count_by_cell(rows, NAMELESS)
    assert sum(found["count"]) == sum(found["parcels"]) == len(places)
    assert [sum(one.values()) for one in parcels_by_rule(found)] == found["count"]
    asked = Counter(RULES[rule][1] for *_, rule in places)
    assert len(found["reasons"]) == len(asked)
    assert count_by_cell(rows.iloc[::-1], NAMELESS) == found


def test_cell_size_doubles_until_cells_are_few(
    small_result: ResultTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grid, "MAX_CELLS", 4)
    rows = rejected([(600_000.0 + 200 * i + 100, 6_977_000.0, 0) for i in range(16)])
    found = count_by_cell(rows, small_result.profile)
    assert (found["side_m"], found["count"]) == (800.0, [4, 4, 4, 4])


def test_no_parcel_gives_no_cell(small_result: ResultTables) -> None:
    found = count_by_cell(small_result.rejections.iloc[:0], small_result.profile)
    assert (found["count"], found["reasons"], found["shapes"]["parts"]) == ([], [], [])


@pytest.mark.browser
def test_grid_layer_is_switched_on_and_answers_clicks(
    visit: Callable[..., Any], hostile_result: ResultTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grid, "MAX_REJECTED", 1)
    found = visit(hostile_result)
    page = found.page
    count = len(hostile_result.rejections)
    assert page.locator("[data-layer=rejected]").count() == 0
    page.locator("#layers > summary").click()
    box = page.locator("[data-layer=grid]")
    assert f"par carreau de 200\u00a0m ({count})" in box.locator("xpath=..").inner_text()
    box.check()
    found.settle()
    assert page.locator(".leaflet-grid-pane canvas").count() > 0
    page.locator("#layers > summary").click()
    page.evaluate(
        """() => {
          const [west, north, east, south] = readGrid().index.shapes[0].box;
          const at = map_foncier.unproject([(3 * west + east) / 4, (3 * north + south) / 4], 0);
          map_foncier.setView(at, 18, { animate: false });
          map_foncier.fire('click', { latlng: at });
        }"""
    )
    popup = page.locator("#grid-cell").inner_text()
    assert popup.startswith("Carreau de 200\u00a0m\u00a0: règles non respectées")
    assert f"{page.evaluate('page.grid.count[0]')} parcelle" in popup
    legend = page.locator("#legend-grid")
    assert legend.locator(".reason-sign").count() == min(
        page.evaluate("readGrid().colours.size"), 6
    )


def test_layers_too_large_for_one_page_are_left_out_and_reported(
    small_result: ResultTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = payload(small_result, lang="fr")
    assert len(whole["rejected"]["parcel"]) == len(small_result.rejections) > 0
    monkeypatch.setattr(grid, "MAX_REJECTED", len(small_result.rejections) - 1)
    buildings = len(small_result.background.buildings)
    monkeypatch.setattr(grid, "MAX_BUILDINGS", buildings - 1)
    fitted = payload(small_result, lang="fr")
    assert fitted["rejected"]["parcel"] == []
    assert len(fitted["sites"]["id"]) == len(small_result.candidates)
    messages = {what: fr for what, fr, _ in fitted["missing"][len(whole["missing"]) :]}
    assert f"{len(small_result.rejections)} parcelles écartées" in messages["rejections"]
    assert "par carreau" in messages["rejections"]
    assert sum(fitted["grid"]["count"]) == len(small_result.rejections)
    assert whole["grid"]["count"] == []
    assert f"{buildings} bâtiments" in messages["background"]
