"""Raster of travel times: same paths as from the sites, unknown far from streets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely

from foncier.network import build_graph, travel_time_raster

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd

    Builder = Callable[..., gpd.GeoDataFrame]

TOWN = [
    "LINESTRING (0 0, 300 0, 600 0)",
    "LINESTRING (300 0, 300 400)",
    "LINESTRING (900 0, 1500 0)",
]


def test_minutes_from_each_cell(
    streets: Builder, places: Builder, put: Callable[[Any], Any]
) -> None:
    graph = build_graph(streets(TOWN))
    destinations = {"station": places({"Gare": (0, 0)}), "stop": places({"Arrêt": (300, 400)})}
    area = put(shapely.box(-50, -300, 1500, 500))
    made = travel_time_raster(graph, destinations, put("LINESTRING (300 100, 300 400)"), area)
    assert made is not None
    assert made.keys == ("loop", "station", "stop")
    assert made.minutes.dtype == np.float32
    assert (made.west_m % 25, made.north_m % 25) == (0, 0)

    def at(key: str, x: float, y: float) -> float:
        """Minutes in the cell of a point; the assertions compute the path from its centre."""
        column = int((650_000 + x - made.west_m) // 25)
        row = int((made.north_m - 6_977_000 - y) // 25)
        return float(made.minutes[made.keys.index(key), row, column])

    # The middle of the cell of (110, 30) lies at (112.5, 37.5): down to the street, then along.
    assert at("station", 110, 30) == pytest.approx((37.5 + 112.5) / 75, abs=0.006)
    assert at("stop", 110, 30) == pytest.approx((37.5 + 187.5 + 400) / 75, abs=0.006)
    assert at("loop", 110, 30) == pytest.approx((37.5 + 187.5 + 100) / 75, abs=0.006)
    assert at("loop", 310, 210) == pytest.approx(12.5 / 75, abs=0.006)
    assert np.isnan(at("station", 110, 150))  # farther than 100 m from any street
    assert np.isnan(at("station", 1100, 10))  # another part of the network
    assert np.isnan(at("station", -30, -290))


def test_cells_outside_the_area_are_unknown_and_the_grid_is_shared(
    streets: Builder, places: Builder, put: Callable[[Any], Any]
) -> None:
    graph, destinations = build_graph(streets(TOWN)), {"station": places({"Gare": (0, 0)})}
    wide = travel_time_raster(graph, destinations, None, put(shapely.box(-60, -160, 660, 460)))
    disc = travel_time_raster(graph, destinations, None, put(shapely.Point(310, 20).buffer(150)))
    assert wide is not None
    assert disc is not None
    rows, columns = disc.minutes.shape[1:]
    top = int((wide.north_m - disc.north_m) / 25)
    left = int((disc.west_m - wide.west_m) / 25)
    same = wide.minutes[:, top : top + rows, left : left + columns]
    known = np.isfinite(disc.minutes)
    assert 0.3 < known.mean() < 0.85
    assert np.array_equal(disc.minutes[known], same[known])


def test_no_destination_gives_no_raster(
    streets: Builder, places: Builder, put: Callable[[Any], Any]
) -> None:
    graph, area = build_graph(streets(TOWN)), put(shapely.box(0, 0, 90, 90))
    destinations = {"station": places({"Gare": (0, 0)})}
    assert travel_time_raster(graph, {}, None, area) is None
    assert travel_time_raster(graph, destinations, None, shapely.Polygon()) is None
    empty = travel_time_raster(build_graph(streets([])), destinations, None, area)
    assert empty is not None
    assert np.isnan(empty.minutes).all()
