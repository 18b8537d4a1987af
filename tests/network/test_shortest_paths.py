"""Paths from entrances to the nearest destination: limits and ties."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from foncier import schemas
from foncier.errors import CrsError
from foncier.network import (
    BIKE_KMH,
    WALK_KMH,
    add_cycling,
    build_graph,
    travel_time_table,
)
from foncier.network.shortest_paths import (
    distance_fields,
    easiest_rows,
    locate_destinations,
    partial_effort,
    paths_from,
)
from foncier.network.splitting import snap_to_street

if TYPE_CHECKING:
    from collections.abc import Callable

    Builder = Callable[..., gpd.GeoDataFrame]
    Put = Callable[[Any], Any]

NAN = float("nan")
STREET = "LINESTRING (0 0, 100 0, 200 0)"
BLOCK = [STREET, "LINESTRING (100 0, 100 80)", "LINESTRING (500 0, 600 0)"]
Door = tuple[str, str, float, float]


def entrances(streets: gpd.GeoDataFrame, put: Put, *doors: Door) -> Any:
    """Entrances by opportunity, street, x and y."""
    points = [put(shapely.Point(x, y)) for *_, x, y in doors]
    lines = streets.set_index("street_id").geometry
    rows = [
        {
            "opportunity_id": key,
            "street_id": street,
            "street_name": f"rue {street}",
            "frontage_m": 9.0,
            "offset_m": lines[street].distance(point),
        }
        for (key, street, *_), point in zip(doors, points, strict=True)
    ]
    return gpd.GeoDataFrame(rows, geometry=points, crs=2154)


class Town:
    """The streets of ``BLOCK``, or others, and the path from an entrance to a destination."""

    def __init__(self, streets: Builder, plots: Builder, places: Builder, put: Put) -> None:
        self.streets, self.plots, self.places, self.put = streets, plots, places, put

    def table(
        self,
        *doors: Door,
        to: dict[str, dict[str, tuple[float, float]]] | None = None,
        loop: str | None = None,
        lines: list[str] | None = None,
        **more: Any,
    ) -> Any:
        laid = self.streets(lines or BLOCK)
        ids = sorted({key for key, *_ in doors})
        sites = self.plots([shapely.box(0, 5, 9, 9)] * len(ids), opportunity_id=ids)
        destinations = {key: self.places(where) for key, where in (to or {}).items()}
        line = None if loop is None else self.put(loop)
        starts = entrances(laid, self.put, *doors)
        return travel_time_table(starts, sites, build_graph(laid), destinations, line, **more)

    def metres(self, *doors: Door, **more: Any) -> list[float]:
        found: list[float] = self.table(*doors, **more)["distance_m"].tolist()
        return found


@pytest.fixture
def town(streets: Builder, plots: Builder, places: Builder, put: Put) -> Town:
    return Town(streets, plots, places, put)


START: Door = ("a", "s0", 30, 5)


@pytest.mark.parametrize(("y", "reached"), [(-149.9, True), (-150.1, False)])
def test_a_destination_beyond_150_m_of_any_street_cannot_be_reached(
    town: Town, y: float, *, reached: bool
) -> None:
    (metres,) = town.metres(START, to={"station": {"Gare": (30, y)}})
    assert metres == pytest.approx(5 - y, abs=1e-3) if reached else np.isnan(metres)


def test_that_distance_is_a_parameter(town: Town) -> None:
    far = {"station": {"Gare": (30.0, -50.0)}}
    assert np.isnan(town.metres(START, to=far, snap_m=49)).all()
    assert town.metres(START, to=far, snap_m=51) == pytest.approx([55], abs=1e-3)


@pytest.mark.parametrize(("y", "reached"), [(-29.5, True), (-30.5, False)])
def test_a_loop_beyond_30_m_of_any_street_cannot_be_reached(
    town: Town, y: float, *, reached: bool
) -> None:
    (metres,) = town.metres(("a", "s1", 104, 50), loop=f"LINESTRING (0 {y}, 200 {y})")
    assert metres == pytest.approx(54 - y, abs=1e-3) if reached else np.isnan(metres)


@pytest.mark.parametrize(("y", "metres"), [(-0.9, 6), (-1.1, 6 + 13 + 1.1)])
def test_an_entry_within_1_m_of_the_loop_is_on_it(town: Town, y: float, metres: float) -> None:
    """Farther from it, the path follows the street to the next point of the loop."""
    found = town.metres(("a", "s0", 37, 6), loop=f"LINESTRING (0 {y}, 100 {y}, 200 {y})")
    assert found == pytest.approx([metres - 10 * (metres > 10)], abs=1e-3)


def test_a_loop_drawn_by_hand_is_entered_every_20_m(town: Town) -> None:
    """From x = 20 m on, so at 40 and 60 m: 10 m from an entrance at 50 m."""
    found = town.metres(("a", "s0", 50, 5), loop="LINESTRING (20 -8, 180 -8)")
    assert found == pytest.approx([5 + 10 + 8], abs=1e-3)


def test_a_loop_is_entered_at_its_own_vertices_and_beside_each_node(town: Town) -> None:
    at_vertex = town.metres(("a", "s0", 47, 5), loop="LINESTRING (20 -8, 47 -8, 180 -8)")
    assert at_vertex == pytest.approx([5 + 8], abs=1e-3)
    at_node = town.metres(("a", "s1", 104, 50), loop="LINESTRING (33 -8, 180 -8)")
    assert at_node == pytest.approx([54 + 8], abs=1e-3)


def test_the_loop_has_its_name_and_a_straight_line_to_its_nearest_point(
    town: Town,
) -> None:
    door = ("a", "s1", 104.0, 50.0)
    row = town.table(door, loop="LINESTRING (20 0, 150 0)", loop_name="Hortillonnages").iloc[0]
    assert row[["target", "place"]].tolist() == ["loop", "Hortillonnages"]
    assert row[["distance_m", "straight_m"]].tolist() == pytest.approx([54, 50], abs=1e-3)
    assert row["detour_index"] == pytest.approx(54 / 50, abs=1e-4)


@pytest.mark.parametrize(("y", "index"), [(-5, 1.0), (-4.9, NAN), (-4, NAN), (-90, 1.0)])
def test_under_10_m_of_straight_distance_there_is_no_detour_index(
    town: Town, y: float, index: float
) -> None:
    found = town.table(START, to={"station": {"Gare": (30, y)}})
    assert np.allclose(found["detour_index"], [index], equal_nan=True, atol=1e-4)


def test_walking_speed_is_4_5_kmh_and_cycling_speed_15_kmh(town: Town) -> None:
    """METHODS §6: 150 m are two minutes on foot, and 36 seconds by bike."""
    assert (WALK_KMH, BIKE_KMH) == (4.5, 15.0)
    there = {"station": {"Gare": (175.0, 0.0)}}
    found = town.table(("a", "s0", 25, 0), to=there)
    assert found["time_min"].tolist() == pytest.approx([2.0], abs=1e-4)
    ridden = town.table(("a", "s0", 25, 0), to=there, speed_kmh=BIKE_KMH)
    assert ridden["time_min"].tolist() == pytest.approx([0.6], abs=1e-4)


def test_the_best_of_several_entrances_is_used_for_each_destination(town: Town) -> None:
    """The offset of the entrance counts: 9 m of garden on the nearer side."""
    doors: tuple[Door, ...] = (
        ("a", "s0", 40, 9),
        ("a", "s1", 106, 20),
        ("b", "s0", 10, 5),
        ("a", "s2", 550, 1),
    )
    to = {"east": {"E": (200.0, 0.0)}, "west": {"W": (0.0, 0.0)}, "other": {"O": (580.0, 0.0)}}
    found = town.table(*doors, to=to).set_index(["opportunity_id", "target"])
    metres: Any = found["distance_m"]
    assert metres[("a", "east")] == pytest.approx(6 + 20 + 100, abs=1e-3)
    assert metres[("a", "west")] == pytest.approx(9 + 40, abs=1e-3)
    assert metres[("a", "other")] == pytest.approx(1 + 30, abs=1e-3)
    assert metres[("b", "east")] == pytest.approx(5 + 190, abs=1e-3)
    assert np.isnan(metres[("b", "other")])
    street: Any = found["leaves_by"]
    assert street[("a", "east")] == "rue s1"
    assert street[("a", "west")] == "rue s0"
    assert pd.isna(street[("b", "other")]), "no way begins in no street"
    place: Any = found["place"]
    assert place[("a", "other")] == "O"
    assert pd.isna(place[("b", "other")])


def test_an_entrance_of_no_opportunity_is_left_out(
    streets: Builder, plots: Builder, places: Builder, put: Put
) -> None:
    laid = streets(BLOCK)
    starts = entrances(laid, put, ("a", "s0", 30, 5), ("gone", "s0", 60, 0))
    sites = plots([shapely.box(0, 5, 9, 9)] * 2, opportunity_id=["z", "a"])
    found = travel_time_table(starts, sites, build_graph(laid), {"x": places({"Gare": (60, 0)})})
    assert found["opportunity_id"].tolist() == ["a", "z"]
    assert found["distance_m"].tolist() == pytest.approx([35, NAN], abs=1e-3, nan_ok=True)


def test_of_destinations_as_near_the_first_by_id_is_named_and_rows_are_in_order(
    town: Town,
) -> None:
    to = {
        "stop": {"b": (40.0, 0.0), "a": (20.0, 0.0)},
        "bakery": {"c": (35.0, 0.0)},
        "axis": {"d": (90.0, 0.0)},
    }
    found = town.table(START, to=to, loop="LINESTRING (100 80, 100 70)")
    assert found["target"].tolist() == ["axis", "bakery", "loop", "stop"]
    assert found["place"].tolist() == ["d", "c", "Boucle", "a"]


def test_cycling_figures_are_those_of_the_same_opportunity_and_destination() -> None:
    """Cycling rows in another order; the walking figures do not change."""
    keys = [("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")]
    walked = pd.DataFrame(keys, columns=["opportunity_id", "target"])
    walked = schemas.ACCESS.conform(
        walked.assign(distance_m=[1.0, 2, 3, 4], time_min=[5.0, 6, 7, 8])
    )
    ridden = walked.assign(distance_m=[10.0, 20, 30, 40], time_min=[50.0, 60, 70, 80])
    found = add_cycling(walked, ridden.iloc[[3, 1, 0]])
    assert found["distance_m"].tolist() == [1, 2, 3, 4]
    assert found["time_min"].tolist() == [5, 6, 7, 8]
    assert np.array_equal(found["bike_m"], [10, 20, NAN, 40], equal_nan=True)
    assert np.array_equal(found["bike_min"], [50, 60, NAN, 80], equal_nan=True)


@pytest.mark.parametrize(
    ("site", "effort", "rows"),
    [
        ([0, 1, 1, 0], [9, 4, 3, 8], [3, 2]),
        ([0, 0, 1, 1], [5, 5, 6, 6], [0, 2]),
        ([1, 0, 1], [NAN, NAN, 7], [1, 2]),
        ([0, 0], [NAN, NAN], [0]),
        ([0, 0, 0], [-1, 0, NAN], [0]),
        ([], [], []),
    ],
)
def test_the_row_of_least_effort_is_selected_with_ties_first_and_missing_last(
    site: list[int], effort: list[float], rows: list[int]
) -> None:
    found = easiest_rows(np.array(site, dtype=np.int64), np.array(effort, dtype=float))
    assert found.tolist() == rows


def test_the_effort_of_a_part_of_an_edge_is_its_share() -> None:
    found = partial_effort(
        np.array([12.0, 30, np.inf, np.inf]), np.array([5.0, 10, 5, 0]), np.full(4, 10.0)
    )
    assert found.tolist() == [6, 30, np.inf, 0]


def uphill(graph: Any, forward: float, backward: float) -> Any:
    """Graph with a factor on the length of its edges in each direction."""
    return replace(graph, forward_m=graph.length_m * forward, backward_m=graph.length_m * backward)


@pytest.mark.parametrize(
    ("forward", "backward", "place", "effort", "metres"),
    [
        (1.0, 1.0, "west", 40, 40),
        (1.0, 2.0, "east", 60, 60),  # 80 of effort to the west
        (3.0, 1.0, "west", 40, 40),
        (1.0, np.inf, "east", 60, 60),  # shut to the west
        (np.inf, np.inf, None, NAN, NAN),
    ],
)
def test_the_path_of_least_effort_is_used_and_its_length_reported(
    streets: Builder,
    places: Builder,
    put: Put,
    *,
    forward: float,
    backward: float,
    place: str | None,
    effort: float,
    metres: float,
) -> None:
    """An entrance at 40 m of a street of 100 m, with a destination at each end."""
    laid = streets(["LINESTRING (0 0, 100 0)"])
    graph = uphill(build_graph(laid), forward, backward)
    where = {"east": (100.0, 0.0), "west": (0.0, 0.0)}
    located = locate_destinations(graph, {"x": places(where)}, None, snap_m=150, loop_name="")
    parted, (field,) = distance_fields(graph, located)
    starts = snap_to_street(
        graph, np.array([put(shapely.Point(40, 7))]), np.array(["s0"], dtype=object)
    )
    way = paths_from(parted, field, starts, graph.lines)
    assert np.allclose(way.effort_m, [effort], atol=1e-3, equal_nan=True)
    assert np.allclose(way.distance_m, [metres], atol=1e-3, equal_nan=True)
    assert way.place.tolist() == [-1 if place is None else list(where).index(place)]
    assert way.to_u.tolist() == [place != "east"]


def test_effort_and_length_add_up_over_many_edges_and_the_offset_of_the_destination(
    streets: Builder, places: Builder, put: Put
) -> None:
    """Six edges of 100 m uphill, half of one at each end, and 30 m from the street."""
    laid = streets([f"LINESTRING ({100 * n} 0, {100 * n + 100} 0)" for n in range(7)])
    graph = uphill(build_graph(laid), 1.5, 1.0)
    located = locate_destinations(
        graph, {"x": places({"top": (650.0, 30.0)})}, None, snap_m=150, loop_name=""
    )
    parted, (field,) = distance_fields(graph, located)
    starts = snap_to_street(
        graph, np.array([put(shapely.Point(50, 7))]), np.array(["s0"], dtype=object)
    )
    way = paths_from(parted, field, starts, graph.lines)
    assert way.effort_m == pytest.approx([600 * 1.5 + 30], abs=1e-3)
    assert way.distance_m == pytest.approx([630], abs=1e-3)


def test_a_destination_off_the_network_has_no_path(
    streets: Builder, places: Builder, put: Put
) -> None:
    """Between two located destinations: the points of each keep their numbers."""
    laid = streets(BLOCK)
    graph = build_graph(laid)
    destinations = {
        "a": places({"1": (0.0, 0.0), "2": (900.0, 900.0), "3": (200.0, 0.0)}),
        "b": places({"1": (900.0, 900.0)}),
        "c": places({"1": (900.0, 900.0), "2": (100.0, 80.0)}),
    }
    located = locate_destinations(graph, destinations, None, snap_m=150, loop_name="")
    assert [aim.key for aim in located] == ["a", "b", "c"]
    parted, fields = distance_fields(graph, located)
    points = np.array([put(shapely.Point(x, 0)) for x in (30, 170)])
    starts = snap_to_street(graph, points, np.array(["s0", "s0"], dtype=object))
    found = [paths_from(parted, field, starts, graph.lines) for field in fields]
    assert [way.place.tolist() for way in found] == [[0, 2], [-1, -1], [1, 1]]
    assert found[0].distance_m.tolist() == pytest.approx([30, 30])
    assert np.isnan(found[1].distance_m).all()
    assert np.isnan(found[1].effort_m).all()
    assert found[2].distance_m.tolist() == pytest.approx([150, 150])


def test_the_distance_from_the_plot_to_its_street_counts(town: Town) -> None:
    """50 m along the street from an entrance 20 m off it, 60 m from one that is 2 m off."""
    doors: tuple[Door, ...] = (("a", "s0", 50, 20), ("a", "s0", 60, 2))
    assert town.metres(*doors, to={"west": {"W": (0.0, 0.0)}}) == pytest.approx([62], abs=1e-3)


def test_entrances_in_another_system_are_refused_by_their_name(
    streets: Builder, plots: Builder, put: Put
) -> None:
    laid = streets(BLOCK)
    starts = entrances(laid, put, START).to_crs(4326)
    sites = plots([shapely.box(0, 5, 9, 9)], opportunity_id=["a"])
    with pytest.raises(CrsError) as refused:
        travel_time_table(starts, sites, build_graph(laid), {})
    assert refused.value.id == "network.streets.other_crs"
    assert refused.value.params["table"] == "access_points"
