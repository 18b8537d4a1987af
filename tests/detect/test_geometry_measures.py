"""Measures of plots: figures by hand, and what must never change."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import affinity

from foncier.geometry import (
    covered_area_m2,
    largest_free_pieces,
    largest_lots,
    opened,
    opened_area_m2,
    polygons_only,
)

PLOT = shapely.box(0, 0, 20, 20)


def array(*shapes: shapely.Geometry | None) -> np.ndarray:
    found = np.empty(len(shapes), dtype=object)
    found[:] = shapes
    return found


@pytest.mark.parametrize(
    ("covers", "square_metres"),
    [
        ([], 0.0),
        ([shapely.box(2, 2, 6, 6)], 16.0),
        ([shapely.box(-5, 0, 5, 10)], 50.0),  # astride the limit: only the part inside
        ([shapely.box(20, 0, 30, 20)], 0.0),  # a neighbour's wall on the limit
        ([shapely.box(2, 2, 6, 6)] * 2, 16.0),  # drawn twice, counted once
        ([shapely.box(0, 0, 10, 10), shapely.box(5, 0, 15, 10)], 150.0),  # overlap counted once
        ([shapely.box(0, 0, 10, 10), shapely.box(2, 2, 4, 4)], 100.0),  # one inside the other
        ([shapely.box(-9, -9, 40, 40)], 400.0),
        ([shapely.MultiPolygon([shapely.box(0, 0, 2, 2), shapely.box(30, 30, 32, 32)])], 4.0),
        ([PLOT.buffer(10, join_style="mitre").difference(shapely.box(5, 5, 15, 15))], 300.0),
    ],
)
def test_covered_area(covers: list[shapely.Geometry], square_metres: float) -> None:
    assert covered_area_m2(array(PLOT), array(*covers)) == pytest.approx([square_metres])


def test_a_building_astride_two_parcels_brings_each_its_part() -> None:
    left, right = shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)
    covered = covered_area_m2(array(left, right), array(shapely.box(7, 0, 12, 4)))
    assert covered == pytest.approx([12.0, 8.0])


@given(seed=st.integers(0, 2**16), turn=st.floats(0, 360), east=st.floats(-1e5, 1e5))
def test_coverage_is_the_union_whatever_the_order_the_turn_and_the_split(
    seed: int, turn: float, east: float
) -> None:
    draw = np.random.default_rng(seed)
    corner, size = draw.uniform(0, 60, (12, 2)), draw.uniform(1, 15, (12, 2))
    houses = shapely.box(*corner.T, *(corner + size).T)
    plots = shapely.box(*np.meshgrid([0, 20, 40], [0, 20, 40]), 20, 20).ravel()
    plots = array(*(affinity.translate(PLOT, x, y) for x in (0, 20, 40) for y in (0, 20, 40)))
    expected = shapely.area(shapely.intersection(plots, shapely.union_all(houses)))
    assert covered_area_m2(plots, houses) == pytest.approx(expected, abs=1e-6)
    order = draw.permutation(12)
    assert covered_area_m2(plots, houses[order]) == pytest.approx(expected, abs=1e-6)
    parts = [covered_area_m2(plots[:4], houses), covered_area_m2(plots[4:], houses)]
    assert np.concatenate(parts) == pytest.approx(expected, abs=1e-6)

    def moved(shapes: np.ndarray) -> np.ndarray:
        return array(*(affinity.translate(affinity.rotate(s, turn, (0, 0)), east) for s in shapes))

    assert covered_area_m2(moved(plots), moved(houses)) == pytest.approx(expected, abs=1e-3)


def test_opening_removes_lanes_and_keeps_courts() -> None:
    lane, court, none = shapely.box(0, 0, 15, 400), shapely.box(0, 0, 30, 30), None
    kept = opened_area_m2(array(lane, court, none), radius_m=10)
    assert kept[0] == 0
    assert kept[1] == pytest.approx(900 - (4 - np.pi) * 100, abs=1)
    assert np.isnan(kept[2])


def test_the_free_piece_is_the_best_one_around_the_building() -> None:
    garden = shapely.box(0, 0, 100, 30)
    house, hut = shapely.box(0, 0, 30, 30), shapely.box(60, 0, 62, 3)
    figures = {"clear_m": 8.0, "part_m2": 10.0, "radius_m": 10.0}
    best = largest_free_pieces(array(garden), array(house, hut), **figures)
    assert opened_area_m2(best, radius_m=10) == pytest.approx([62 * 30 - (4 - np.pi) * 100], abs=1)
    without = largest_free_pieces(array(garden), array(hut), **figures)
    assert opened_area_m2(without, radius_m=10) == pytest.approx([3000 - (4 - np.pi) * 100], abs=1)
    assert largest_free_pieces(array(house), array(house), **figures).tolist() == [None]


@pytest.mark.parametrize("strip_m", [3.0, 6.0, 8.0, 9.5])
@pytest.mark.parametrize("lean_m", [0.0, 6.0])
def test_a_lot_keeps_square_corners_and_does_not_reach_into_a_strip(
    strip_m: float, lean_m: float
) -> None:
    """Beside the house a strip is left that is narrower than a lot: the lot ends before it."""
    plot = shapely.Polygon([(0, 0), (60, 0), (60 + lean_m, 30), (0, 30)])
    house = shapely.box(5, strip_m + 4, 31, 30)
    figures = {"clear_m": 4.0, "part_m2": 10.0, "radius_m": 5.0}
    (lot,) = largest_lots(array(plot), array(house), **figures)
    free = shapely.difference(plot, shapely.buffer(house, 4.0, quad_segs=16))
    corners = shapely.points(lot.exterior.coords)
    beyond = shapely.distance(opened(array(free), radius_m=5.0), corners)
    assert beyond.max() <= 0.61 * 5.0  # a circle of 64 corners is a little smaller
    if not lean_m:
        assert lot.covers(shapely.box(35.01, 0.01, 59.99, 29.99))


@pytest.mark.parametrize(
    ("house", "free"),
    [
        (shapely.box(0, 0, 10, 20), 20 * 32),  # on the limit
        (shapely.box(-0.2, 0, 10, 20), 20 * 32),  # drawn a hand's breadth over it
        (shapely.box(-9, 0, 1, 20), 20 * 41),  # a neighbour's, of which a room stands here
        (shapely.box(-9.8, 0, 0.2, 20), 20 * 50),  # a neighbour's wall
    ],
)
def test_free_pieces_are_clear_of_the_buildings_on_the_plot(
    house: shapely.Geometry, free: float
) -> None:
    plot = array(shapely.box(0, 0, 50, 20))
    pieces = largest_free_pieces(plot, array(house), clear_m=8, part_m2=10, radius_m=4)
    assert shapely.area(pieces) == pytest.approx([free], rel=1e-6)


def test_inputs_are_not_changed() -> None:
    plots, houses = array(PLOT), array(shapely.box(2, 2, 6, 6))
    before = [shapely.to_wkb(plots), shapely.to_wkb(houses)]
    largest_free_pieces(plots, houses, clear_m=2, part_m2=1, radius_m=1)
    covered_area_m2(plots, houses)
    assert [shapely.to_wkb(plots), shapely.to_wkb(houses)] == before


@pytest.mark.parametrize(
    ("shape", "square_metres"),
    [
        (shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)]), 2.0),
        (shapely.GeometryCollection([PLOT, shapely.Point(0, 0)]), 400.0),
        (shapely.LineString([(0, 0), (1, 1)]), None),
        (shapely.Polygon(), None),
        (None, None),
        (shapely.Polygon([(0, 0), (1, 0), (2, 0)]), None),  # a parcel of 0 m²
    ],
)
def test_polygons_only(shape: shapely.Geometry | None, square_metres: float | None) -> None:
    (kept,) = polygons_only([shape])
    assert kept is None if square_metres is None else kept.area == pytest.approx(square_metres)


def test_a_house_whole_on_its_plot_counts_whole_though_it_leans_on_the_limit() -> None:
    """Worn at the limit of the neighbour only; a shed that overlaps it on its own plot counts once.

    In Ennezat this took a third of the built area of a dozen parcels away.
    """
    plots = shapely.box([0, 20], 0, [20, 40], 20)
    house, shed = shapely.box(10, 0, 20, 10), shapely.box(5, 0, 11, 10)
    covered = covered_area_m2(plots, np.array([house, shed]), wall_m=1.0)
    assert covered.tolist() == [150.0, 0.0]
