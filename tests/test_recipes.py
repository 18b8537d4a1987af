"""The recipes of the documentation run as they are printed, and give what they promise."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = Path(__file__).resolve().parent.parent / "docs" / "recipes.md"
LONGEST = 10  # lines of a recipe
START, *RECIPES = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
TITLES = re.findall(r"^## (\d+\. .*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)


def _near_stops(names: dict[str, Any]) -> bool:
    return bool((names["near"]["stop_min"] <= 5).all() and names["plots"]["stop_min"].notna().any())


def _same_zones(names: dict[str, Any]) -> bool:
    shares = names["by_zone"].to_numpy().sum() / names["plots"].area.sum()
    return bool(0.5 < shares <= 1.0 + 1e-6)


# The tables that a recipe makes, none of them empty, and what must hold of them.
PROMISED: list[tuple[tuple[str, ...], Callable[[dict[str, Any]], bool]]] = [
    (("plots", "infill"), lambda n: set(n["unknown"]) == {"streets", "zones", "constraints"}),
    (
        ("kept", "best"),
        lambda n: len(n["best"]) >= 10 and n["kept"].loc["parcels", "rows_kept"] > 0,
    ),
    (("plots",), lambda n: n["plots"].attrs["rules"] == "foncier-api"),
    (("by_rule", "close"), lambda n: n["reasons"].str.contains("manque").all()),
    (("near",), _near_stops),
    (("plots", "nodes", "edges"), lambda n: "streets" not in n["plots"].attrs["unknown"]),
    (("winners",), lambda n: n["winners"]["places_won"].iloc[0] > 0),
    (("sure", "by_kind"), lambda n: set(n["by_kind"].index) >= {"dent_creuse"}),
    (("by_zone",), _same_zones),
    (("fits", "lacks"), lambda n: (n["fits"]["area_m2"] >= 2000).all()),
]


@pytest.fixture(scope="module")
def start() -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(START, names)  # noqa: S102 (our own page)
    return names


def test_the_page_has_ten_recipes() -> None:
    assert len(RECIPES) == len(TITLES) == len(PROMISED) == LONGEST


@pytest.mark.parametrize("number", range(len(PROMISED)), ids=TITLES)
def test_a_recipe_runs_in_ten_lines_and_changes_no_table_that_it_is_given(
    number: int, start: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, (tables, holds) = RECIPES[number], PROMISED[number]
    assert len([line for line in code.splitlines() if line.strip()]) <= LONGEST
    given = {name: value.copy() for name, value in start.items() if isinstance(value, pd.DataFrame)}
    names = dict(start)
    exec(code, names)  # noqa: S102 (our own page)
    for name in tables:
        assert isinstance(names[name], pd.DataFrame), name
        assert len(names[name]), name
        if isinstance(names[name], gpd.GeoDataFrame):
            assert names[name].crs.to_epsg() == 2154
    assert holds(names)
    for name, table in given.items():
        pd.testing.assert_frame_equal(start[name], table)
