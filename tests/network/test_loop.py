"""The loop through ordered waypoints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from foncier.errors import ContractError
from foncier.i18n import Message
from foncier.network import build_graph, route_loop

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd

    Builder = Callable[..., gpd.GeoDataFrame]

SQUARE = [
    "LINESTRING (0 0, 100 0)",
    "LINESTRING (100 0, 100 100)",
    "LINESTRING (0 100, 100 100)",
    "LINESTRING (0 100, 0 0)",
]
APART = "LINESTRING (500 0, 600 0)"
STOPS = {"Gare": (50.0, -4.0), "Citadelle": (104.0, 60.0), "Hocquet": (40.0, 103.0)}


def test_a_closed_loop_follows_the_streets_and_returns(
    streets: Builder, places: Builder, put: Callable[[Any], Any]
) -> None:
    graph, stops = build_graph(streets(SQUARE)), places(STOPS)
    loop = route_loop(stops.iloc[[2, 0, 1]], graph)
    ring = put(shapely.LinearRing([(0, 0), (100, 0), (100, 100), (0, 100)]))
    assert loop.is_closed
    assert loop.length == pytest.approx(400)
    assert loop.hausdorff_distance(ring) < 1e-6
    assert loop.coords[0] == put(shapely.Point(50, 0)).coords[0]


def test_an_open_loop_ends_at_the_last_waypoint(
    streets: Builder, places: Builder, put: Callable[[Any], Any]
) -> None:
    line = route_loop(places(STOPS), build_graph(streets(SQUARE)), closed=False)
    assert line.length == pytest.approx(50 + 60 + 40 + 60)
    assert line.coords[-1] == put(shapely.Point(40, 100)).coords[0]


def test_waypoints_on_one_edge_or_at_one_place(streets: Builder, places: Builder) -> None:
    stops = places({"a": (10, 0), "b": (30, 5), "encore b": (30, -5), "c": (20, 0)})
    line = route_loop(stops, build_graph(streets(SQUARE)), closed=False)
    assert line.length == pytest.approx(30)


GARE = Message("network.loop.stop", number=1, name="Gare")
WRONG: dict[str, tuple[dict[str, tuple[float, float]], str, dict[str, Any]]] = {
    "far": (
        {"Gare": (50, 0), "Citadelle": (50, -200)},
        "far_from_streets",
        {
            "stop": Message("network.loop.stop", number=2, name="Citadelle"),
            "distance_m": pytest.approx(200),
            "snap_m": 150.0,
        },
    ),
    "no way": (
        {"Gare": (50, 0), "Port": (550, 0)},
        "no_way",
        {"start": GARE, "end": Message("network.loop.stop", number=2, name="Port")},
    ),
    "alone": ({"Gare": (50, 0)}, "too_few_stops", {"count": 1}),
    "none": ({}, "too_few_stops", {"count": 0}),
    "one place": ({"Gare": (50, 0), "gare": (50, 3)}, "one_place", {}),
}


@pytest.mark.parametrize("case", WRONG)
def test_the_error_of_an_impossible_loop_names_the_cause(
    streets: Builder, places: Builder, case: str
) -> None:
    stops, message, params = WRONG[case]
    with pytest.raises(ContractError) as refused:
        route_loop(places(stops), build_graph(streets([*SQUARE, APART])))
    assert (refused.value.id, refused.value.params) == (f"network.loop.{message}", params)


def test_a_loop_without_streets_is_an_error(streets: Builder, places: Builder) -> None:
    with pytest.raises(ContractError) as refused:
        route_loop(places(STOPS), build_graph(streets([])))
    assert (refused.value.id, refused.value.params) == ("network.loop.no_street", {"stop": GARE})


@settings(max_examples=15, deadline=None)
@given(at=st.lists(st.integers(0, 399), min_size=2, max_size=6), seed=st.integers(0, 99))
def test_a_loop_lies_on_the_streets_in_any_order_of_rows(
    streets: Builder, places: Builder, put: Callable[[Any], Any], at: list[int], seed: int
) -> None:
    ring = shapely.LinearRing([(0, 0), (100, 0), (100, 100), (0, 100)])
    points = [ring.interpolate(along) for along in at]
    stops = places({f"n{i}": (p.x, p.y) for i, p in enumerate(points)})
    table = streets(SQUARE)
    if len(set(at)) == 1:
        with pytest.raises(ContractError):
            route_loop(stops, build_graph(table))
        return
    loop = route_loop(stops, build_graph(table))
    assert loop.is_closed
    assert shapely.covers(shapely.buffer(put(ring), 1e-6), loop)
    assert shapely.dwithin(loop, stops.geometry.to_numpy(), 1e-3).all()
    shuffled = stops.sample(frac=1, random_state=seed)
    assert route_loop(shuffled, build_graph(table.sample(frac=1, random_state=seed))) == loop


def test_a_loop_prefers_the_streets_of_low_impedance(streets: Builder, places: Builder) -> None:
    """A main road of 100 m, and a lane round it of 140 m between the same ends."""
    table = streets(["LINESTRING (0 0, 100 0)", "LINESTRING (0 0, 50 49, 100 0)"])
    graph, stops = build_graph(table), places({"a": (0, 0), "b": (100, 0)})
    shortest = route_loop(stops, graph, closed=False)
    assert shortest.length == pytest.approx(100)
    impedance = table.geometry.length.lt(110).map({True: 2.0, False: 1.0}).to_numpy()
    assert route_loop(stops, graph, closed=False, impedance=impedance).length == pytest.approx(
        140, abs=0.1
    )
    nearly = np.where(impedance > 1, 1.3, 1.0)
    assert route_loop(stops, graph, closed=False, impedance=nearly).length == pytest.approx(100)
