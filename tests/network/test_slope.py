"""Slope: uphill takes longer than downhill; streets outside the DEM count as flat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from foncier import schemas
from foncier.model import Dem
from foncier.network import (
    apply_slope,
    build_graph,
    isochrones,
    routes,
    travel_time_table,
)
from foncier.network.slope import hiking_effort

if TYPE_CHECKING:
    from collections.abc import Callable

    Builder = Callable[..., gpd.GeoDataFrame]

X, Y = 650_000.0, 6_977_000.0
STREET = "LINESTRING (0 0, 200 0)"


def ground(height: Callable[[Any, Any], Any], *, cell_m: float = 10.0) -> Dem:
    """DEM of 2 km around the origin, from a function of x and y."""
    side = int(4000 / cell_m)
    along = (np.arange(side) + 0.5) * cell_m - 2000
    x, y = np.meshgrid(along, -along)
    return Dem((height(x, y) + 0 * x).astype(np.float64), X - 2000, Y + 2000, cell_m)


def door(put: Callable[[Any], Any], street: str, x: float, y: float, name: str = "a") -> Any:
    rows = [{"opportunity_id": name, "street_id": street, "frontage_m": 9.0, "offset_m": 0.0}]
    frame = gpd.GeoDataFrame(rows, geometry=[put(shapely.Point(x, y))], crs=2154)
    return schemas.ACCESS_POINTS.conform(frame)


TOBLER = {0.0: 1.0, 0.10: np.exp(0.35), -0.10: 1.0, -0.05: np.exp(-0.175), -0.2: np.exp(0.35)}


@pytest.mark.parametrize("slope", TOBLER)
def test_tobler_scaled_to_the_flat(slope: float) -> None:
    """4.5 km/h × 6·exp(−3.5·|s + 0.05|) / 6·exp(−3.5·0.05), METHODS §6."""
    assert hiking_effort(np.array([slope]))[0] == pytest.approx(TOBLER[slope], rel=1e-12)


def test_both_directions_differ_on_a_constant_slope(streets: Builder) -> None:
    ways = streets([STREET])
    graph, unknown = apply_slope(build_graph(ways), ways, ground(lambda x, _: 0.1 * x))
    assert graph.forward_m[0] == pytest.approx(200 * np.exp(0.35), rel=1e-6)
    assert graph.backward_m[0] == pytest.approx(200, rel=1e-6)
    assert unknown == 0
    assert not graph.flat


def test_a_hill_between_two_ends_of_equal_height_counts(streets: Builder) -> None:
    ways = streets([STREET])
    graph, _ = apply_slope(build_graph(ways), ways, ground(lambda x, _: 10 - abs(x - 100) / 10))
    expected = 100 * np.exp(0.35) + 100 * 1.0
    assert graph.forward_m[0] == pytest.approx(
        expected, rel=0.02
    )  # the crest lies between two cells
    assert graph.backward_m[0] == pytest.approx(
        expected, rel=0.02
    )  # the crest lies between two cells


def test_a_bridge_is_as_high_as_its_ends(streets: Builder) -> None:
    ways = streets([STREET, "LINESTRING (0 50, 200 50)"], level=[1, 0])
    valley = ground(lambda x, _: np.where((x > 20) & (x < 180), -15.0, 0.0))
    graph, _ = apply_slope(build_graph(ways), ways, valley)
    assert graph.forward_m[0] == pytest.approx(200, rel=1e-6)
    assert graph.forward_m[1] > 210


def test_a_flat_dem_changes_no_effort(streets: Builder, put: Callable[[Any], Any]) -> None:
    ways = streets([STREET, "LINESTRING (200 0, 230 90, 170 260)"])
    graph = build_graph(ways)
    even, unknown = apply_slope(graph, ways, ground(lambda x, _: 37.0))
    assert np.allclose(even.forward_m, graph.length_m, rtol=1e-9, atol=0)
    assert np.allclose(even.backward_m, graph.length_m, rtol=1e-9, atol=0)
    assert unknown == 0


@pytest.mark.parametrize(
    ("where", "share"),
    [("nowhere", 1.0), ("the first half", 0.5), ("everywhere", 0.0)],
)
def test_streets_outside_the_dem_are_flat_and_counted(
    streets: Builder, where: str, share: float
) -> None:
    ways = streets([STREET])
    limit = {"nowhere": -1e9, "the first half": 100.0, "everywhere": 1e9}[where]
    dem = ground(lambda x, _: np.where(x < limit + 5, 0.1 * x, np.nan))
    graph, unknown = apply_slope(build_graph(ways), ways, dem)
    assert unknown == pytest.approx(share, abs=0.13)
    assert graph.forward_m[0] == pytest.approx(
        200 * ((1 - unknown) * np.exp(0.35) + unknown), rel=1e-6
    )


def test_a_dem_of_another_area_changes_no_effort(streets: Builder) -> None:
    ways = streets([STREET])
    far = Dem(np.zeros((9, 9), dtype=np.float32), 0.0, 0.0, 10.0)
    graph, unknown = apply_slope(build_graph(ways), ways, far)
    assert graph.flat
    assert unknown == 1.0
    none, share = apply_slope(build_graph(streets([])), streets([]), far)
    assert (len(none.u), np.isnan(share)) == (0, True)


def test_the_path_around_the_hill_is_used_and_measured(
    streets: Builder, plots: Builder, places: Builder, put: Callable[[Any], Any]
) -> None:
    """Over a hill of 30 % for 200 m, or around it by 260 m: the flat path is longer and quicker."""
    ways = streets([STREET, "LINESTRING (0 0, 0 -30, 200 -30, 200 0)"])
    hill = ground(lambda x, y: np.where(y > -12, 30 - 0.3 * abs(x - 100), 0.0))
    flat, steep = build_graph(ways), apply_slope(build_graph(ways), ways, hill)[0]
    site, start = plots([shapely.box(-9, -1, 0, 1)], opportunity_id=["a"]), door(put, "s0", 0, 0)
    destinations = {"station": places({"Gare": (200, 0)})}
    before, after = (travel_time_table(start, site, g, destinations).iloc[0] for g in (flat, steep))
    assert before["distance_m"] == pytest.approx(200, abs=1e-3)
    assert after["distance_m"] == pytest.approx(260, abs=1e-3)
    assert after["time_min"] > after["distance_m"] / 75 - 1e-3
    drawn = routes(start, steep, destinations)
    assert drawn.length[0] == pytest.approx(after["distance_m"], abs=1e-3)


@settings(max_examples=15, deadline=None)
@given(grade=st.floats(-0.3, 0.3), along=st.floats(0, 200), split=st.floats(1, 199))
def test_times_up_and_down_a_constant_slope(
    streets: Builder,
    plots: Builder,
    places: Builder,
    put: Callable[[Any], Any],
    *,
    grade: float,
    along: float,
    split: float,
) -> None:
    """The time from any point follows the slope, wherever the street is split."""
    dem = ground(lambda x, _: grade * x)
    whole = streets([STREET])
    cut = streets([f"LINESTRING (0 0, {split} 0)", f"LINESTRING ({split} 0, 200 0)"])
    destinations = {"end": places({"bout": (200, 0)}), "start": places({"début": (0, 0)})}
    site = plots([shapely.box(-9, -1, 0, 1)], opportunity_id=["a"])
    expected = {
        "end": (200 - along) * hiking_effort(np.array([grade]))[0] / 75,
        "start": along * hiking_effort(np.array([-grade]))[0] / 75,
    }
    for ways in (whole, cut):
        street = "s0" if len(ways) == 1 or along <= split else "s1"
        graph, _ = apply_slope(build_graph(ways), ways, dem)
        found = travel_time_table(door(put, street, along, 0), site, graph, destinations)
        times = found.set_index("target")["time_min"]
        for key, minutes in expected.items():
            assert times[key] == pytest.approx(minutes, rel=1e-4, abs=1e-4)


def test_an_isochrone_extends_farther_downhill(streets: Builder, put: Callable[[Any], Any]) -> None:
    ways = streets(["LINESTRING (-900 0, 900 0)"])
    graph, _ = apply_slope(build_graph(ways), ways, ground(lambda x, _: 0.05 * x))
    found = isochrones(door(put, "s0", 0, 0), graph, minutes=[5], simplify_m=0.0)
    west, _, east, _ = found.total_bounds - np.array([X, Y, X, Y])
    assert west == pytest.approx(-375 / np.exp(-0.175) - 50, abs=0.5)
    assert east == pytest.approx(375 / np.exp(0.175) + 50, abs=0.5)
