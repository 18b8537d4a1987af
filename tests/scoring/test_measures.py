"""The wide table that criteria read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from foncier import schemas
from foncier.i18n import Localized
from foncier.model import Criterion
from foncier.scoring import measures, unknown_measures

if TYPE_CHECKING:
    from foncier.model import ResultTables

BASE = [
    "opportunity_id",
    "kind",
    "area_m2",
    "confidence",
    "axis_distance_m",
    "residents_around",
    "compactness",
    "open_ground_m2",
    "existing_m2",
    "zoning",
    "warning_count",
    "price_eur_m2",
    "departures_per_hour",
]


def test_each_target_has_its_minutes_and_metres(small_result: ResultTables) -> None:
    candidates, access = small_result.candidates, small_result.access
    before = candidates.copy(deep=True), access.copy(deep=True)
    found: Any = measures(candidates, access).set_index("opportunity_id")
    destinations = ["loop_m", "loop_min", "station_m", "station_min"]
    assert list(found.columns) == BASE[1:] + destinations
    assert found.index.is_monotonic_increasing
    assert found.loc["FR-80021_1", destinations].tolist() == [150, 2, 450, 6]
    assert found.loc["DC-80021000AB0003", "station_min"] == 12
    assert found.loc["DC-80021000AB0003", ["loop_m", "loop_min"]].isna().all()
    assert found.loc["BN-6500000-69770000", ["axis_distance_m", *destinations]].isna().all()
    assert found.loc["FR-80021_1", "confidence"] == 0.82
    assert candidates.equals(before[0])
    assert access.equals(before[1])


def test_a_target_that_nobody_reaches_keeps_its_columns(small_result: ResultTables) -> None:
    access = small_result.access.assign(distance_m=np.nan, time_min=np.nan)
    found = measures(small_result.candidates, access)
    assert found[["loop_m", "station_min"]].isna().all(axis=None)


def test_row_order_does_not_matter(small_result: ResultTables) -> None:
    mixed = measures(
        small_result.candidates.sample(frac=1, random_state=3),
        small_result.access.sample(frac=1, random_state=5),
    )
    pd.testing.assert_frame_equal(mixed, measures(small_result.candidates, small_result.access))


def test_empty_tables() -> None:
    found = measures(schemas.CANDIDATES.empty(), schemas.ACCESS.empty())
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
def test_residents_around(small_result: ResultTables, case: str) -> None:
    cells, expected = CELLS[case]
    found = measures(small_result.candidates, small_result.access, population(cells))
    assert np.array_equal(found["residents_around"], expected, equal_nan=True)


def test_criteria_without_a_measure_are_named(small_result: ResultTables) -> None:
    found = measures(small_result.candidates, small_result.access)
    bus = Criterion("bus", "stop_min", Localized("Bus", "Bus"), "min", 15, 2, 1, "METHODS §6")
    assert unknown_measures(found, [*small_result.criteria, bus]) == ("bus",)
    assert unknown_measures(found.iloc[:1], small_result.criteria) == ("station", "loop")


def test_measures_of_the_plot_itself(small_result: ResultTables) -> None:
    candidates = small_result.candidates
    prices = schemas.PRICES.conform(pd.DataFrame({"commune": ["80021"], "price_eur_m2": [2500.0]}))
    table: Any = measures(candidates, small_result.access, None, prices)
    found = table.set_index("opportunity_id")
    friche, plot, building = "FR-80021_1", "DC-80021000AB0003", "BN-6500000-69770000"
    assert found.loc[friche, ["open_ground_m2", "existing_m2"]].tolist() == [2400, 1600]
    assert found.loc[plot, ["open_ground_m2", "existing_m2", "zoning"]].tolist() == [600, 0, 1]
    assert found.loc[building, ["open_ground_m2", "existing_m2"]].tolist() == [0, 300]
    assert np.isnan(found.loc[building, "zoning"]), "no zone known is not no zone"
    assert found["warning_count"].to_dict() == {friche: 1, plot: 0, building: 0}
    assert found.loc[friche, "compactness"] == pytest.approx(4 * np.pi * 4000 / 260**2)
    assert (found["price_eur_m2"] == 2500).all()
    unwatched: Any = measures(candidates, small_result.access, watched=False)
    assert unwatched.set_index("opportunity_id")["warning_count"].isna().sum() == 2


@pytest.mark.parametrize(
    ("zone", "expected"), [("U", 1), ("AUc", 0.5), ("1AU", 0.5), ("N", 0), ("hors zonage", np.nan)]
)
def test_zones_that_can_be_built_on(small_result: ResultTables, zone: str, expected: float) -> None:
    candidates = small_result.candidates.assign(zone=zone)
    found = measures(candidates, small_result.access)["zoning"]
    assert np.array_equal(found, [expected] * 3, equal_nan=True)


def test_a_disc_of_the_area_has_no_shape(small_result: ResultTables) -> None:
    candidates = small_result.candidates.assign(perimeter="emprise_approximative")
    assert measures(candidates, small_result.access)["compactness"].isna().all()
