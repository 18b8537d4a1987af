"""Table of measures and value functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from foncier import schemas
from foncier.errors import ConfigError
from foncier.i18n import Localized
from foncier.model import Criterion
from foncier.scoring import measures, unmeasured_criteria, value_function

if TYPE_CHECKING:
    from foncier.model import ResultTables

BASE = [
    "opportunity_id",
    "kind",
    "area_m2",
    "confidence",
    "axis_distance_m",
    "residents_around",
    "availability",
    "availability_class",
    "family",
    "compactness",
    "offered_m2",
    "open_ground_m2",
    "existing_m2",
    "zoning",
    "warning_count",
    "price_eur_m2",
    "departures_per_hour",
]


def test_each_destination_has_its_minutes_and_metres(small_result: ResultTables) -> None:
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


def test_a_destination_without_any_path_has_its_columns(small_result: ResultTables) -> None:
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
    assert unmeasured_criteria(found, [*small_result.criteria, bus]) == ("bus",)
    assert unmeasured_criteria(found.iloc[:1], small_result.criteria) == ("station", "loop")


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
    unwatched: Any = measures(candidates, small_result.access, constraints_known=False)
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


def at_distance(metres: float) -> dict[tuple[float, float], float]:
    """One resident a cell, at some metres west of the brownfield, in a grid around all plots."""
    return {(-metres, 25): 1, (-9e3, -9e3): 0, (9e3, -9e3): 0, (0, 9e3): 0}


@pytest.mark.parametrize(("metres", "residents"), [(499, 1), (500, 1), (501, 0)])
def test_residents_are_those_of_the_cells_within_500_m_of_the_plot(
    small_result: ResultTables, metres: float, residents: int
) -> None:
    """From the edge: the centre of the plot is 40 m farther."""
    found: Any = measures(
        small_result.candidates, small_result.access, population(at_distance(metres))
    ).set_index("opportunity_id")
    assert found.loc["FR-80021_1", "residents_around"] == residents


def test_another_distance_counts_other_residents(small_result: ResultTables) -> None:
    table = population(at_distance(300))
    found: Any = measures(small_result.candidates, small_result.access, table, radius_m=299)
    assert found["residents_around"].tolist() == [0, 0, 0]
    found = measures(small_result.candidates, small_result.access, table, radius_m=400)
    assert found["residents_around"].tolist() == [0, 1, 1], "the building is 450 m away"


def test_a_cell_near_the_plot_counts_outside_the_hull_of_all_cells_too(
    small_result: ResultTables,
) -> None:
    """One cell alone has no extent: only its residents within 500 m are known."""
    found = measures(small_result.candidates, small_result.access, population({(-440, 25): 7}))
    assert np.array_equal(found["residents_around"], [np.nan, np.nan, 7], equal_nan=True)


def test_an_opportunity_without_a_row_of_access_is_unknown_and_the_others_keep_theirs(
    small_result: ResultTables,
) -> None:
    access = small_result.access[small_result.access["opportunity_id"] != "DC-80021000AB0003"]
    found = measures(small_result.candidates, access)
    assert np.array_equal(found["station_m"], [np.nan, np.nan, 450], equal_nan=True)
    assert np.array_equal(found["loop_min"], [np.nan, np.nan, 2], equal_nan=True)


def test_departures_are_those_of_the_candidates(small_result: ResultTables) -> None:
    candidates = small_result.candidates.assign(departures_per_hour=[6.0, 2.5, np.nan])
    found = measures(candidates, small_result.access).set_index("opportunity_id")
    assert found["departures_per_hour"]["FR-80021_1"] == 6
    assert found["departures_per_hour"]["DC-80021000AB0003"] == 2.5


@pytest.mark.parametrize(
    ("warnings", "count"), [(None, 0), ("inondable", 1), ("inondable | pente", 2), ("a|b|c", 3)]
)
def test_each_warning_counts(small_result: ResultTables, warnings: str | None, count: int) -> None:
    found = measures(small_result.candidates.assign(warnings=warnings), small_result.access)
    assert found["warning_count"].tolist() == [count] * 3


@pytest.mark.parametrize("zone", ["A", "a", "N", "n"])
def test_farmland_and_nature_are_not_built_on(small_result: ResultTables, zone: str) -> None:
    found = measures(small_result.candidates.assign(zone=zone), small_result.access)
    assert found["zoning"].tolist() == [0, 0, 0]


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_a_lone_point_has_no_shape_and_raises_no_warning(small_result: ResultTables) -> None:
    """Unknown stays NaN, so that criteria can read every column."""
    points = small_result.candidates.set_geometry(small_result.candidates.centroid)
    found = measures(points.assign(perimeter="point_seul"), small_result.access)
    assert found["compactness"].isna().all()
    numbers = [name for name in BASE[2:] if name not in ("availability_class", "family")]
    assert (found.dtypes[numbers] == "float64").all()


NAN = float("nan")
CASES: dict[str, Any] = {
    # name: values, worst, best, marks
    "increasing": ([0, 5, 10, 20], 0, 10, [0, 0.5, 1, 1]),
    "decreasing": ([0, 3, 11.5, 20, 99], 20, 3, [1, 1, 0.5, 0, 0]),
    "missing stays missing": ([NAN, 5], 0, 10, [NAN, 0.5]),
    "infinite is the bound": ([np.inf, -np.inf], 20, 3, [0, 1]),
    "none": ([], 0, 1, []),
}


@pytest.mark.parametrize("case", CASES)
def test_a_value_function_scores_from_worst_to_best(case: str) -> None:
    values, worst, best, marks = CASES[case]
    assert np.array_equal(value_function(values, worst=worst, best=best), marks, equal_nan=True)


@pytest.mark.parametrize("bounds", [(3, 3), (NAN, 1), (0, np.inf)])
def test_a_value_function_needs_two_distinct_bounds(bounds: tuple[float, float]) -> None:
    with pytest.raises(ConfigError, match="worst"):
        value_function([1.0], worst=bounds[0], best=bounds[1])


@given(
    values=st.lists(st.floats(-1e9, 1e9)),
    worst=st.floats(-1e6, 1e6),
    width=st.floats(1e-3, 1e6),
    sign=st.sampled_from([-1, 1]),
)
def test_scores_stay_between_0_and_1_and_are_monotonic(
    values: list[float], worst: float, width: float, sign: int
) -> None:
    values = sorted(values)
    marks = value_function(values, worst=worst, best=worst + sign * width)
    assert ((marks >= 0) & (marks <= 1)).all()
    assert (np.diff(marks) * sign >= 0).all()


def test_the_error_of_equal_bounds_names_them() -> None:
    with pytest.raises(ConfigError) as refused:
        value_function([1.0], worst=3, best=3)
    assert refused.value.id == "scoring.criteria.bounds_not_distinct"
    assert refused.value.params == {"worst": 3, "best": 3}


def test_a_score_of_0_is_never_minus_0() -> None:
    """Equal scores are equal bytes."""
    assert not np.signbit(value_function([20.0, 25.0], worst=20, best=3)).any()


def test_whole_numbers_and_unknown_ones_are_read_as_numbers() -> None:
    assert np.array_equal(
        value_function(np.array([None, 5], dtype=object), worst=0, best=10),
        [NAN, 0.5],
        equal_nan=True,
    )
