"""Drawn street files: ends joined, crossings noded, isolated groups joined over public ground."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from foncier.network import Joints, build_graph, connect_streets, route_loop, route_tour

if TYPE_CHECKING:
    from collections.abc import Callable

CASES: dict[str, tuple[list[str], list[int], int, list[str]]] = {
    # name: lines, levels, connected parts, kinds of joints
    "a gap of 50 cm": (
        ["LINESTRING (0 0, 50 0)", "LINESTRING (50.5 0, 90 0)"],
        [0, 0],
        1,
        ["joined"],
    ),
    "a gap of 1.5 m": (["LINESTRING (0 0, 50 0)", "LINESTRING (51.5 0, 90 0)"], [0, 0], 2, []),
    "a gap below a bridge": (
        ["LINESTRING (0 0, 50 0)", "LINESTRING (50.5 0, 90 0)"],
        [0, 1],
        2,
        [],
    ),
    "an end before a street": (
        ["LINESTRING (0 0, 50 0)", "LINESTRING (25 0.4, 25 40)"],
        [0, 0],
        1,
        ["joined"],
    ),
    "an end on a street": (
        ["LINESTRING (0 0, 50 0)", "LINESTRING (25 0, 25 40)"],
        [0, 0],
        1,
        ["noded"],
    ),
    "an end past a street": (
        ["LINESTRING (0 0, 50 0)", "LINESTRING (25 -0.3, 25 40)"],
        [0, 0],
        1,
        ["noded"],
    ),
    "a crossing": (["LINESTRING (0 0, 50 0)", "LINESTRING (25 -9, 25 9)"], [0, 0], 1, ["noded"]),
    "a bridge": (["LINESTRING (0 0, 50 0)", "LINESTRING (25 -9, 25 9)"], [0, 1], 2, []),
    "a tunnel": (["LINESTRING (0 0, 50 0)", "LINESTRING (25 -9, 25 9)"], [-1, 0], 2, []),
    "a crossing with a vertex on one": (
        ["LINESTRING (0 0, 25 0, 50 0)", "LINESTRING (25 -9, 25 9)"],
        [0, 0],
        1,
        ["noded"],
    ),
    "a shared vertex": (["LINESTRING (0 0, 25 0, 50 0)", "LINESTRING (25 0, 25 9)"], [0, 0], 1, []),
    "a common stretch": (
        ["LINESTRING (0 0, 50 0)", "LINESTRING (20 0, 30 0, 30 9)"],
        [0, 0],
        1,
        ["noded", "noded"],
    ),
    "three ends at one place": (
        ["LINESTRING (0 0, 50 0)", "LINESTRING (50 9, 50 0)", "LINESTRING (50.4 0, 90 0)"],
        [0, 0, 0],
        1,
        ["joined"],
    ),
    "a street of two parts": (
        ["MULTILINESTRING ((0 0, 9 0), (9.5 0, 20 0))", "LINESTRING (20.5 0, 30 0)"],
        [0, 0],
        1,
        ["joined", "joined"],
    ),
}


def table(lines: list[Any], levels: list[int]) -> gpd.GeoDataFrame:
    rows = {
        "street_id": [f"{n:03d}" for n in range(len(lines))],
        "level": levels,
        "walk": True,
        "bike": True,
    }
    shapes = shapely.from_wkt(lines) if lines and isinstance(lines[0], str) else lines
    return gpd.GeoDataFrame(rows, geometry=np.array(shapes, dtype=object), crs=2154)


def connect(streets: gpd.GeoDataFrame, **more: Any) -> Joints:
    drawn = np.ones(len(streets), dtype=bool)
    return connect_streets(streets, **{"tolerance_m": 1.0, "drawn": drawn, **more})


@pytest.mark.parametrize("name", CASES)
def test_ends_and_crossings(name: str) -> None:
    lines, levels, parts, kinds = CASES[name]
    streets = table(lines, levels)
    before = streets.copy()
    joints = connect(streets)
    assert build_graph(joints.streets).components == parts
    assert joints.points["kind"].tolist() == kinds
    assert joints.points["gap_m"].max() <= 1.0 or joints.points.empty
    assert streets.equals(before)  # the input stays as it was
    assert joints.streets.drop(columns="geometry").equals(before.drop(columns="geometry"))
    again = connect(joints.streets)
    assert again.points.empty  # connected streets need no joint


def test_what_is_not_drawn_or_not_walked_stays_as_it_is() -> None:
    streets = table(["LINESTRING (0 0, 50 0)", "LINESTRING (25 -9, 25 9)"], [0, 0])
    motorway = streets.assign(walk=[True, False], bike=[True, False])
    none = np.zeros(2, dtype=bool)
    for same in (
        connect(motorway),
        connect(streets, drawn=none),
        connect(streets, tolerance_m=0.0),
    ):
        assert same.points.empty
        assert same.streets.geometry.geom_equals_exact(streets.geometry, 0).all()


@pytest.mark.parametrize(
    ("parcel", "island_m", "parts"),
    [
        ((200, 0, 210, 10), 30, 1),  # nothing but public ground in the gap
        ((60, -5, 64, 5), 30, 2),  # a parcel lies in it
        ((60, 0.1, 64, 5), 30, 1),  # a parcel beside it
        ((200, 0, 210, 10), 15, 2),  # too far
        ((200, 0, 210, 10), 0, 2),
    ],
)
def test_an_isolated_group_is_joined_over_public_ground(
    parcel: tuple[float, float, float, float], island_m: float, parts: int
) -> None:
    streets = table(["LINESTRING (0 0, 50 0)", "LINESTRING (70 0, 90 0)"], [0, 0])
    parcels = np.array([shapely.box(*parcel)])
    joints = connect(streets, parcels=parcels, island_m=island_m)
    assert build_graph(joints.streets).components == parts
    assert joints.points["kind"].tolist() == ["bridged"] * (parts == 1)
    assert joints.points["gap_m"].tolist() == [20.0] * (parts == 1)


def test_dead_ends_of_one_group_stay_dead_ends() -> None:
    lines = ["LINESTRING (0 0, 50 0)", "LINESTRING (0 0, 0 9, 50 9)"]
    parcels = np.array([shapely.box(200, 0, 210, 10)])
    assert connect(table(lines, [0, 0]), parcels=parcels, island_m=30).points.empty


def test_a_leg_without_a_street_is_straight_and_named(
    places: Callable[..., gpd.GeoDataFrame], streets: Callable[..., gpd.GeoDataFrame]
) -> None:
    graph = build_graph(streets(["LINESTRING (0 0, 100 0)", "LINESTRING (500 0, 600 0)"]))
    tour = route_tour(places({"a": (0, 0), "b": (100, 0), "c": (500, 0)}), graph)
    assert [(str(start), str(end)) for start, end in tour.straight] == [
        ("étape 2 «\u00a0b\u00a0»", "étape 3 «\u00a0c\u00a0»"),
        ("étape 3 «\u00a0c\u00a0»", "étape 1 «\u00a0a\u00a0»"),
    ]
    assert tour.line.length == pytest.approx(1000)
    assert tour.line.is_closed
    near = places({"a": (0, 0), "b": (100, 0)})
    assert route_tour(near, graph).line.equals(route_loop(near, graph))
    assert not route_tour(near, graph).straight


POINT = st.tuples(st.integers(0, 40), st.integers(0, 40))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(POINT, min_size=2, max_size=4, unique=True), min_size=1, max_size=8),
    st.randoms(use_true_random=False),
)
def test_connecting_never_separates_and_ignores_the_order(
    lines: list[list[tuple[int, int]]], random: Any
) -> None:
    drawn = [shapely.LineString(np.array(line) / 4) for line in lines]
    streets = table(drawn, [0] * len(drawn))
    joints = connect(streets)
    before, after = build_graph(streets), build_graph(joints.streets)
    assert after.components <= before.components
    shuffled = streets.sample(frac=1, random_state=random.randrange(1000))
    again = connect(shuffled).streets.sort_values("street_id")
    assert again.geometry.tolist() == joints.streets.geometry.tolist()
    assert joints.streets.length.sum() <= streets.length.sum() + len(joints.points) + 1e-6
