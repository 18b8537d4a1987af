"""The wide table that criteria read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from foncier import tables
from foncier.records import Criterion, Text
from foncier.score import measures, unknown_measures

if TYPE_CHECKING:
    from foncier.records import Result

BASE = ["opportunity_id", "kind", "area_m2", "confidence", "axis_distance_m", "residents_around"]


def test_each_target_has_its_minutes_and_metres(small_result: Result) -> None:
    candidates, access = small_result.candidates, small_result.access
    before = candidates.copy(deep=True), access.copy(deep=True)
    found: Any = measures(candidates, access).set_index("opportunity_id")
    targets = ["loop_m", "loop_min", "station_m", "station_min"]
    assert list(found.columns) == BASE[1:] + targets
    assert found.index.is_monotonic_increasing
    assert found.loc["FR-80021_1", targets].tolist() == [150, 2, 450, 6]
    assert found.loc["DC-80021000AB0003", "station_min"] == 12
    assert found.loc["DC-80021000AB0003", ["loop_m", "loop_min"]].isna().all()
    assert found.loc["BN-6500000-69770000", ["axis_distance_m", *targets]].isna().all()
    assert found.loc["FR-80021_1", "confidence"] == 0.82
    assert candidates.equals(before[0])
    assert access.equals(before[1])


def test_a_target_that_nobody_reaches_keeps_its_columns(small_result: Result) -> None:
    access = small_result.access.assign(distance_m=np.nan, time_min=np.nan)
    found = measures(small_result.candidates, access)
    assert found[["loop_m", "station_min"]].isna().all(axis=None)


def test_row_order_does_not_matter(small_result: Result) -> None:
    mixed = measures(
        small_result.candidates.sample(frac=1, random_state=3),
        small_result.access.sample(frac=1, random_state=5),
    )
    pd.testing.assert_frame_equal(mixed, measures(small_result.candidates, small_result.access))


def test_empty_tables() -> None:
    found = measures(tables.CANDIDATES.empty(), tables.ACCESS.empty())
    assert list(found.columns) == BASE
    assert found.empty


def population(cells: dict[tuple[float, float], float]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"cell_id": [str(i) for i in range(len(cells))], "residents": list(cells.values())},
        geometry=[shapely.Point(650_000 + x, 6_977_000 + y) for x, y in cells],
        crs=2154,
    )


CELLS: dict[str, tuple[dict[tuple[float, float], float], list[float]]] = {
    "around": ({(0, 100): 30, (400, 0): 12, (5000, 0): 9}, [42, 42, 42]),
    "none around, inside the grid": ({(-9e3, -9e3): 5, (9e3, -9e3): 5, (0, 9e3): 5}, [0, 0, 0]),
    "outside the grid": ({(8e3, 8e3): 5, (9e3, 9e3): 7}, [np.nan] * 3),
    "no cell": ({}, [np.nan] * 3),
}


@pytest.mark.parametrize("case", CELLS)
def test_residents_around(small_result: Result, case: str) -> None:
    cells, expected = CELLS[case]
    found = measures(small_result.candidates, small_result.access, population(cells))
    assert np.array_equal(found["residents_around"], expected, equal_nan=True)


def test_criteria_without_a_measure_are_named(small_result: Result) -> None:
    found = measures(small_result.candidates, small_result.access)
    bus = Criterion("bus", "stop_min", Text("Bus", "Bus"), "min", 15, 2, 1, "METHODS §6")
    assert unknown_measures(found, [*small_result.criteria, bus]) == ("bus",)
    assert unknown_measures(found.iloc[:1], small_result.criteria) == ("station", "loop")
