"""Departures within a walk: each run once, unknown outside the feed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from foncier import schemas
from foncier.errors import CrsError
from foncier.network import (
    build_graph,
    departures_within,
    entrances,
    points_within,
    travel_time_table,
)

from .conftest import LAMBERT_93, placed

if TYPE_CHECKING:
    from .conftest import Builder

ROAD = "LINESTRING (0 0, 6000 0)"


def stops(**where: tuple[float, float, str | None]) -> Any:
    rows = {
        "stop_id": list(where),
        "departures_per_hour": 1.0,
        "runs": [runs for *_, runs in where.values()],
    }
    points = [placed(shapely.Point(x, y)) for x, y, _ in where.values()]
    return schemas.TRANSIT.conform(gpd.GeoDataFrame(rows, geometry=points, crs=LAMBERT_93))


def reached(streets: Builder, plots: Builder, found: Any, *east: float) -> list[float]:
    roads = streets([ROAD])
    sites = plots([shapely.box(x, 5, x + 20, 25) for x in east])
    ways = entrances(sites, roads)
    table = departures_within(ways, build_graph(roads), found)
    return [float(value) for value in table["departures_per_hour"]]


TWO = {"a": (100.0, 0.0, "x:24|y:12"), "b": (600.0, 0.0, "x:24|z:6"), "c": (3500.0, 0.0, "w:36")}


def test_a_run_that_serves_two_stops_counts_once(streets: Builder, plots: Builder) -> None:
    both, one, none = reached(streets, plots, stops(**TWO), 300, 1200, 2000)
    assert both == pytest.approx((24 + 12 + 6) / 12)
    assert one == pytest.approx((24 + 6) / 12)
    assert none == 0


def test_beyond_the_stops_nothing_is_known(streets: Builder, plots: Builder) -> None:
    assert np.isnan(reached(streets, plots, stops(**TWO), 5000)).all()
    assert np.isnan(reached(streets, plots, None, 300)).all()
    assert np.isnan(reached(streets, plots, schemas.TRANSIT.empty(LAMBERT_93), 300)).all()


def test_a_stop_without_a_run_or_off_the_streets_gives_none(
    streets: Builder, plots: Builder
) -> None:
    assert reached(streets, plots, stops(a=(300, 0, None)), 300) == [0]
    far = stops(a=(300, 900, "x:12"), b=(200, 0, None), c=(400, 0, None))
    assert reached(streets, plots, far, 300) == [0]


def test_empty_tables_give_no_rows_and_the_crs_is_checked(streets: Builder, plots: Builder) -> None:
    graph = build_graph(streets([ROAD]))
    empty = departures_within(entrances(plots([]), streets([ROAD])), graph, stops(**TWO))
    assert list(empty.columns) == ["opportunity_id", "departures_per_hour"]
    assert empty.empty
    with pytest.raises(CrsError, match="transit"):
        departures_within(
            entrances(plots([shapely.box(0, 5, 20, 25)]), streets([ROAD])),
            graph,
            stops(**TWO).to_crs(3857),
        )


def test_points_within_a_walk_are_those_of_the_travel_times(
    streets: Builder, plots: Builder
) -> None:
    roads = streets([ROAD, "LINESTRING (700 0, 700 400)"])
    sites = plots([shapely.box(x, 5, x + 20, 25) for x in (300, 1200)])
    ways, graph = entrances(sites, roads), build_graph(roads)
    xy = [(100, 3), (700, 390), (690, 200), (1500, 0), (2500, 0), (300, 5000)]
    points = np.array([placed(shapely.Point(at)) for at in xy], dtype=object)
    found = points_within(ways, graph, points, minutes=10)
    keys = zip(found["opportunity_id"], found["point"], strict=True)
    pairs = dict(zip(keys, found["minutes"], strict=True))
    for n, point in enumerate(points):
        place = {"place_id": ["p"], "name": ["p"]}
        one = gpd.GeoDataFrame(place, geometry=[point], crs=LAMBERT_93)
        times = travel_time_table(ways, sites, graph, {"p": one}).set_index("opportunity_id")
        for site, minutes in times["time_min"].items():
            within = minutes <= 10  # False where there is no path
            assert ((site, n) in pairs) == within
            assert not within or pairs[str(site), n] == pytest.approx(minutes)
    assert len(points_within(ways, graph, points[:0])) == 0
