"""Access points of plots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from foncier import schemas
from foncier.network import access, access_points
from foncier.network.access import ground_level_streets, nearby_streets, nearest_streets

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd

    Builder = Callable[..., gpd.GeoDataFrame]

STREET = "LINESTRING (-100 0, 100 0)"
CASES: dict[str, Any] = {
    # name: plot, streets, columns of the streets, street, frontage, offset, access point
    "in front": (shapely.box(0, 5, 20, 35), [STREET], {}, "s0", 20, 5, (10, 5)),
    "nearest of two": (
        shapely.box(0, 5, 20, 35),
        [STREET, "LINESTRING (-100 38, 100 38)"],
        {},
        "s1",
        20,
        3,
        (10, 35),
    ),
    "as near to two: the smallest id": (
        shapely.box(0, 5, 20, 35),
        ["LINESTRING (-100 40, 100 40)", STREET],
        {},
        "s0",
        20,
        5,
        (10, 35),
    ),
    "corner plot": (
        shapely.box(3, 5, 23, 35),
        [STREET, "LINESTRING (0 -90, 0 90)"],
        {},
        "s1",
        30,
        3,
        (3, 20),
    ),
    "facade set back by a porch": (
        shapely.from_wkt("POLYGON ((0 5, 8 5, 8 8, 20 8, 20 30, 0 30, 0 5))"),
        [STREET],
        {},
        "s0",
        20,
        8,
        (14, 8),
    ),
    "two fronts, a neighbour between": (
        shapely.from_wkt("POLYGON ((0 5, 8 5, 8 20, 15 20, 15 5, 25 5, 25 30, 0 30, 0 5))"),
        [STREET],
        {},
        "s0",
        18,
        5,
        (20, 5),
    ),
    "a corner on the street": (
        shapely.from_wkt("POLYGON ((0 5, 1 30, -1 30, 0 5))"),
        [STREET],
        {},
        "s0",
        0,
        5,
        (0, 5),
    ),
    "one of two parts": (
        shapely.MultiPolygon([shapely.box(0, 5, 20, 35), shapely.box(40, 60, 60, 90)]),
        [STREET],
        {},
        "s0",
        20,
        5,
        (10, 5),
    ),
    "street with a hole before the plot": (
        shapely.box(0, 5, 20, 35),
        ["MULTILINESTRING ((-100 0, 0 0), (20 0, 100 0))"],
        {},
        "s0",
        7.483 * 2,
        6.245,
        (3.742, 5),
    ),
    "street inside the plot": (
        shapely.box(-50, -10, 50, 40),
        ["LINESTRING (-20 0, 20 0)"],
        {},
        "s0",
        None,
        10,
        (0, -10),
    ),
    "street in the courtyard": (
        shapely.box(-50, -50, 50, 50) - shapely.box(-20, -4, 20, 4),
        ["LINESTRING (-5 0, 5 0)"],
        {},
        "s0",
        None,
        4,
        None,
    ),
    "crossed rather than surrounded": (
        shapely.box(-50, -10, 50, 40),
        ["LINESTRING (-20 5, 20 5)", "LINESTRING (0 20, 0 99)"],
        {},
        "s1",
        8,
        0,
        (0, 40),
    ),
    "not the bridge above": (
        shapely.box(0, 5, 20, 35),
        ["LINESTRING (-9 20, 99 20)", STREET],
        {"level": [1, 0]},
        "s1",
        20,
        5,
        (10, 5),
    ),
    "not the motorway beside": (
        shapely.box(0, 5, 20, 35),
        ["LINESTRING (-9 36, 99 36)", STREET],
        {"walk": [False, True]},
        "s1",
        20,
        5,
        (10, 5),
    ),
    "landlocked": (shapely.box(0, 61, 20, 90), [STREET], {}, None, None, None, None),
}


@pytest.mark.parametrize("case", CASES)
def test_each_plot_opens_on_its_street(
    streets: Builder, plots: Builder, put: Callable[[Any], Any], case: str
) -> None:
    plot, lines, columns, street, frontage, offset, point = CASES[case]
    site = plots([plot])
    found = access_points(site, streets(lines, **columns))
    if street is None:
        assert found.empty
        return
    row = found.iloc[0]
    assert row["street_id"] == street
    assert row["offset_m"] == pytest.approx(offset, abs=0.05)
    assert shapely.distance(row.geometry, site.geometry.iloc[0].boundary) < 1e-6
    if frontage is not None:
        assert row["frontage_m"] == pytest.approx(frontage, abs=0.05)
    if point is not None:
        assert shapely.distance(row.geometry, put(shapely.Point(point))) < 0.05


def test_the_largest_distance_is_a_parameter(streets: Builder, plots: Builder) -> None:
    site = plots([shapely.box(0, 61, 20, 90)])
    assert len(access_points(site, streets([STREET]), max_distance_m=62)) == 1


def test_the_street_name_is_reported(streets: Builder, plots: Builder) -> None:
    found = access_points(
        plots([shapely.box(0, 5, 20, 35)]), streets([STREET], name="Rue du Hocquet")
    )
    assert found["street_name"].tolist() == ["Rue du Hocquet"]


@pytest.mark.parametrize("empty", ["plots", "streets", "both"])
def test_empty_tables_give_an_empty_table_of_the_schema(
    streets: Builder, plots: Builder, empty: str
) -> None:
    sites = plots([] if empty != "streets" else [shapely.box(0, 5, 20, 35)])
    found = access_points(sites, streets([] if empty != "plots" else [STREET]))
    assert found.equals(schemas.ACCESS_POINTS.empty(sites.crs))
    assert found.crs == sites.crs


def town(streets: Builder, plots: Builder) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    lines = [STREET, "LINESTRING (-100 0, -40 70, 90 80)", "LINESTRING (31 0, 30 120)"]
    boxes = [shapely.box(x, 4 + x % 7, x + 17, 30 + x % 5) for x in range(-90, 80, 23)]
    return plots(boxes), streets(lines)


@settings(max_examples=20, deadline=None)
@given(turn=st.floats(0, 360), east=st.floats(-1e5, 1e5), seed=st.integers(0, 99))
def test_access_does_not_change_when_the_map_is_moved_turned_or_shuffled(
    streets: Builder, plots: Builder, turn: float, east: float, seed: int
) -> None:
    sites, ways = town(streets, plots)
    before = sites.copy(deep=True), ways.copy(deep=True)
    straight = access_points(sites, ways)
    moved = [
        table.set_geometry(
            table.rotate(turn, origin=(650_000, 6_977_000)).translate(east, 9.5)
        ).sample(frac=1, random_state=seed)
        for table in (sites, ways)
    ]
    turned = access_points(moved[0], moved[1])
    assert turned["street_id"].tolist() == straight["street_id"].tolist()
    assert np.allclose(turned["offset_m"], straight["offset_m"], atol=0.05)
    assert np.allclose(turned["frontage_m"], straight["frontage_m"], atol=0.1)
    back = turned.translate(-east, -9.5).rotate(-turn, origin=(650_000, 6_977_000))
    assert (shapely.distance(back.values, straight.geometry.values) < 0.1).all()
    assert sites.equals(before[0])
    assert ways.equals(before[1])


@settings(max_examples=10, deadline=None)
@given(at=st.integers(0, 8))
def test_splitting_the_plots_gives_the_same_rows(streets: Builder, plots: Builder, at: int) -> None:
    sites, ways = town(streets, plots)
    parts = [access_points(sites.iloc[:at], ways), access_points(sites.iloc[at:], ways)]
    assert pd.concat(parts, ignore_index=True).equals(access_points(sites, ways))


def opening(streets: Builder, plots: Builder, plot: Any, *lines: str, **columns: Any) -> Any:
    return access_points(plots([plot]), streets(list(lines), **columns))


@pytest.mark.parametrize(("metres", "opens"), [(59.9, True), (60.1, False)])
def test_a_plot_opens_on_a_street_within_60_m(
    streets: Builder, plots: Builder, metres: float, *, opens: bool
) -> None:
    found = opening(streets, plots, shapely.box(0, metres, 20, 90), STREET)
    assert found["offset_m"].tolist() == pytest.approx([metres] if opens else [])


@pytest.mark.parametrize("metres", [14.0, 14.9995, 15.0, 16.0, 40.0])
def test_far_streets_are_selected_like_near_ones(
    streets: Builder, plots: Builder, metres: float
) -> None:
    """The nearest street; of equal distances to a millimetre, the smallest id."""
    plot = shapely.box(0, metres, 20, 100)
    behind = f"LINESTRING (-100 {100 + metres} , 100 {100 + metres})"
    nearer = f"LINESTRING (-100 {99.99 + metres} , 100 {99.99 + metres})"
    assert opening(streets, plots, plot, behind, STREET)["street_id"].tolist() == ["s0"]
    assert opening(streets, plots, plot, STREET, behind)["street_id"].tolist() == ["s0"]
    assert opening(streets, plots, plot, STREET, nearer)["street_id"].tolist() == ["s1"]


@pytest.mark.parametrize("metres", [5.0, 40.0])
@pytest.mark.parametrize(("less_m", "street"), [(0.0009, "s0"), (0.0012, "s1")])
def test_distances_a_millimetre_apart_are_equal(
    streets: Builder, plots: Builder, *, less_m: float, street: str, metres: float
) -> None:
    behind = f"LINESTRING (-100 {100 + metres - less_m}, 100 {100 + metres - less_m})"
    found = opening(streets, plots, shapely.box(0, metres, 20, 100), STREET, behind)
    assert found["street_id"].tolist() == [street]


@pytest.mark.parametrize(("set_back_m", "frontage_m"), [(3.9, 20), (4.1, 8)])
def test_a_front_set_back_by_4_m_still_faces_the_street(
    streets: Builder, plots: Builder, set_back_m: float, frontage_m: float
) -> None:
    back = 5 + set_back_m
    plot = shapely.Polygon([(0, 5), (8, 5), (8, back), (20, back), (20, 30), (0, 30)])
    found = opening(streets, plots, plot, STREET)
    assert found["frontage_m"].tolist() == pytest.approx([frontage_m], abs=0.05)


def test_the_depth_of_the_front_is_a_parameter(streets: Builder, plots: Builder) -> None:
    plot = plots([shapely.Polygon([(0, 5), (8, 5), (8, 11), (20, 11), (20, 30), (0, 30)])])
    for front_depth_m, frontage_m in ((5.9, 8), (6.1, 20)):
        found = access_points(plot, streets([STREET]), front_depth_m=front_depth_m)
        assert found["frontage_m"].tolist() == pytest.approx([frontage_m], abs=0.05)


@pytest.mark.parametrize(("degrees", "facing"), [(44, True), (46, False)])
def test_a_side_at_more_than_45_degrees_from_the_street_is_no_front(
    streets: Builder, plots: Builder, degrees: float, *, facing: bool
) -> None:
    """The edge rises from 5 m to 9 m of the street over the strip of 4 m."""
    turn = np.radians(degrees)
    plot = shapely.Polygon([(0, 5), (40 * np.cos(turn), 5 + 40 * np.sin(turn)), (-1, 60)])
    found = opening(streets, plots, plot, STREET)
    length = 4 / np.sin(turn) if facing else 0
    assert found["frontage_m"].tolist() == pytest.approx([length], abs=0.05)


def test_of_two_fronts_the_longest_has_the_access_and_both_count(
    streets: Builder, plots: Builder, put: Callable[[Any], Any]
) -> None:
    """Of equal lengths, the nearer front; of equal distances, the first along the edge."""
    gap = [(12, 20), (18, 20)]
    longest = shapely.Polygon([(0, 5), (12, 5), *gap, (18, 5), (28, 5), (28, 40), (0, 40)])
    nearer = shapely.Polygon([(0, 6), (12, 6), *gap, (18, 5), (30, 5), (30, 40), (0, 40)])
    equal = shapely.Polygon([(0, 5), (12, 5), *gap, (18, 5), (30, 5), (30, 40), (0, 40)])
    for plot, x, frontage in ((longest, 6, 22), (nearer, 24, 24), (equal, 6, 24)):
        row = opening(streets, plots, plot, STREET).iloc[0]
        assert row.geometry.distance(put(shapely.Point(x, 5))) < 0.01
        assert row["frontage_m"] == pytest.approx(frontage, abs=0.01)


def test_only_streets_at_ground_level_that_are_open_to_the_mode_count(
    streets: Builder, plots: Builder
) -> None:
    """Unknown is not open; a tunnel and a bridge are no access."""
    lines = [f"LINESTRING (-50 {y}, 50 {y})" for y in (4, 3, 2, 1, 0)]
    ways = streets(lines, level=[0, 0, 1, -1, 0]).assign(
        walk=pd.array([False, None, True, True, True], dtype="boolean"),
        bike=pd.array([True, None, True, True, False], dtype="boolean"),
    )
    plot = plots([shapely.box(0, 5, 20, 35)])
    assert access_points(plot, ways)["street_id"].tolist() == ["s4"]
    assert access_points(plot, ways, mode="bike")["street_id"].tolist() == ["s0"]
    assert ground_level_streets(ways, "walk", "bike")["street_id"].tolist() == ["s0", "s4"]


def test_plots_are_sorted_by_id_and_each_has_its_own_figures(
    streets: Builder, plots: Builder, put: Callable[[Any], Any]
) -> None:
    """A landlocked plot between two others, not sorted by id."""
    boxes = [shapely.box(40, 7, 50, 30), shapely.box(0, 99, 9, 120), shapely.box(0, 3, 20, 30)]
    found = access_points(
        plots(boxes, opportunity_id=["c", "b", "a"]), streets([STREET], name="Rue Haute")
    )
    assert found["opportunity_id"].tolist() == ["a", "c"]
    assert found["offset_m"].tolist() == pytest.approx([3, 7])
    assert found["frontage_m"].tolist() == pytest.approx([20, 10], abs=0.01)
    assert found["street_name"].tolist() == ["Rue Haute"] * 2
    middles = [put(shapely.Point(10, 3)), put(shapely.Point(45, 7))]
    assert (shapely.distance(found.geometry.to_numpy(), middles) < 0.01).all()


def test_a_front_that_goes_round_a_corner_of_the_street_is_one_front(
    streets: Builder, plots: Builder, put: Callable[[Any], Any]
) -> None:
    """Its sides are merged: the access is the midpoint of the whole."""
    found = opening(
        streets, plots, shapely.box(0, 0, 20, 20), "LINESTRING (-5 50, -5 -5, 50 -5)"
    ).iloc[0]
    assert found["frontage_m"] == pytest.approx(40, abs=0.1)
    assert found.geometry.distance(put(shapely.Point(0, 0))) < 0.1


def test_the_block_size_does_not_change_the_access_points(
    streets: Builder, plots: Builder, monkeypatch: pytest.MonkeyPatch
) -> None:
    sites, ways = town(streets, plots)
    whole = access_points(sites, ways)
    monkeypatch.setattr(access, "STRIPS", 3)
    assert access_points(sites, ways).equals(whole)
    monkeypatch.setattr(access, "STRIPS", 1)
    assert access_points(sites, ways).equals(whole)


def test_a_largest_distance_of_a_few_metres_is_respected(streets: Builder, plots: Builder) -> None:
    """The first search covers 15 m whatever the largest distance: farther streets are excluded."""
    plot, ways = plots([shapely.box(0, 10, 20, 35)]), streets([STREET])
    assert access_points(plot, ways, max_distance_m=9.9).empty
    assert len(access_points(plot, ways, max_distance_m=10.1)) == 1


def test_a_front_of_short_sides_is_a_front(streets: Builder, plots: Builder) -> None:
    """A rounded wall, drawn every half metre."""
    front = [(x / 2, 5 + (x % 2) / 100) for x in range(41)]
    found = opening(streets, plots, shapely.Polygon([*front, (20, 30), (0, 30)]), STREET)
    assert found["frontage_m"].tolist() == pytest.approx([20], abs=0.02)


def test_where_no_plot_has_a_street_the_table_is_empty_in_the_same_crs(
    streets: Builder, plots: Builder
) -> None:
    sites = plots([shapely.box(0, 99, 20, 120)])
    found = access_points(sites, streets([STREET]))
    assert found.equals(schemas.ACCESS_POINTS.empty(sites.crs))
    assert found.crs == sites.crs


@pytest.mark.parametrize("metres", [5.0, 30.0])
def test_only_open_streets_are_chosen_among(
    streets: Builder, plots: Builder, metres: float
) -> None:
    """The nearest street is closed; the second plot has no other near enough."""
    boxes = [shapely.box(0, metres, 20, metres + 20), shapely.box(0, -metres - 90, 20, -metres)]
    behind = 2 * metres + 21  # a metre farther from the first plot
    lines = [STREET, f"LINESTRING (-100 {behind}, 100 {behind})"]
    around = nearby_streets(plots(boxes).geometry.to_numpy(), streets(lines).geometry.to_numpy())
    plot, street = nearest_streets(around, np.array([True, True]), max_distance_m=35.0)
    assert (plot.tolist(), street.tolist()) == ([0, 1], [0, 0])
    plot, street = nearest_streets(around, np.array([False, True]), max_distance_m=35.0)
    assert (plot.tolist(), street.tolist()) == ([0], [1])
