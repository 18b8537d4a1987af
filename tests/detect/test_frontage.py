"""Along the edge of a plot: fronts, what hides them, what is built around, bare groups."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shapely

from foncier import schemas
from foncier.detect import SpatialContext
from foncier.detect.measures import find_measure, known_measures

from .conftest import CRS, X, Y, at, table

FRONT = {"radius_m": 20.0}
AROUND = {"radius_m": 20.0, "built_m2": 25.0, "least_m2": 25.0, "wall_m": 1.0}
GROUP = {"land_m": 150.0, "built_m2": 25.0, "least_m2": 25.0}


def context(plots: list[Any], houses: list[Any], ways: list[Any]) -> SpatialContext:
    """Plots named by their rank; a house of 9 m² or more counts."""
    return SpatialContext(
        parcels=table(
            schemas.PARCELS,
            [{"parcel_id": f"{n}", "area_m2": p.area} for n, p in enumerate(plots)],
            plots,
        ),
        buildings=table(
            schemas.BUILDINGS,
            [
                {"building_id": f"{n}", "kind": "hard", "area_m2": h.area}
                for n, h in enumerate(houses)
            ],
            houses,
        ),
        streets=table(
            schemas.STREETS,
            [
                {
                    "street_id": f"{n}",
                    "street_class": "residential",
                    "level": 0,
                    "walk": True,
                    "bike": True,
                    "drive": True,
                }
                for n in range(len(ways))
            ],
            ways,
        ),
    )


def line(*xy: tuple[float, float]) -> shapely.Geometry:
    return shapely.LineString([(X + x, Y + y) for x, y in xy])


STREET = line((-100, -5), (200, -5))
# Two plots on the street, one behind the first, one behind the second with a strip of 4 m.
BACK = shapely.union_all([at(24, 30, 20, 30), at(44, 0, 4, 60)])
PLOTS = [at(0, 0, 20, 30), at(24, 0, 20, 30), at(0, 30, 20, 30), BACK]


def measured(name: str, where: SpatialContext, params: dict[str, Any]) -> list[float]:
    assert where.parcels is not None
    rows = np.arange(len(where.parcels))
    return [float(v) for v in find_measure(name).take(where, rows, params)[0]]


def test_frontage_is_what_faces_the_street_and_nothing_hides() -> None:
    found = measured("frontage_m", context(PLOTS, [], [STREET]), FRONT)
    assert found == pytest.approx([20, 20, 0, 4], abs=1)


def test_a_street_parcel_hides_nobody() -> None:
    road = at(-100, -10, 300, 10)
    found = measured("frontage_m", context([*PLOTS, road], [], [STREET]), FRONT)
    assert found[:4] == pytest.approx([20, 20, 0, 4], abs=1)


def test_a_corner_plot_counts_both_fronts() -> None:
    corner = line((-5, -5), (-5, 100))
    found = measured("frontage_m", context([PLOTS[0]], [], [STREET, corner]), FRONT)
    assert found == pytest.approx([50], abs=2)


def test_bridges_and_motorways_give_no_access() -> None:
    where = context(PLOTS[:1], [], [STREET])
    assert where.streets is not None
    for change in ({"level": 1}, {"walk": False}):
        above = replace(where, streets=where.streets.assign(**change))
        assert measured("frontage_m", above, FRONT) == [0]


def test_without_streets_access_is_unknown() -> None:
    where = replace(context(PLOTS[:1], [], []), streets=None)
    assert np.isnan(measured("frontage_m", where, FRONT)[0])
    assert np.isnan(measured("surrounded_share", where, AROUND)[0])


def test_built_neighbours_and_the_street_border_the_edge() -> None:
    plots = [at(20, 0, 20, 30), at(0, 0, 20, 30), at(40, 0, 20, 30), at(20, 30, 20, 30)]
    houses = [at(2, 2, 10, 10), at(42, 2, 10, 10), at(22, 32, 4, 4)]  # the last is a shed
    one, *_ = measured("surrounded_share", context(plots, houses, [STREET]), AROUND)
    assert one == pytest.approx(0.8, abs=0.05)  # 30 + 30 + 20 of 100 m
    far, *_ = measured("surrounded_share", context(plots, houses, []), AROUND)
    assert far == pytest.approx(0.6, abs=0.05)


def test_a_group_is_the_bare_plots_that_hang_together() -> None:
    row = [at(20.0 * n, 0, 20, 30) for n in range(6)]
    house = at(42, 2, 10, 10)  # on the third: two groups, of two and of three plots
    found = measured("unbuilt_group_m2", context(row, [house], []), GROUP)
    assert found == [1200, 1200, 600, 1800, 1800, 1800]


def test_a_group_counts_within_its_radius_only() -> None:
    row = [at(20.0 * n, 0, 20, 30) for n in range(30)]
    found = measured("unbuilt_group_m2", context(row, [], []), GROUP)
    assert found[0] == 600 * 9  # its own and the eight that begin within 150 m
    assert found[15] == 600 * 17


def test_the_free_piece_behind_a_row_of_houses_has_no_access() -> None:
    params = {
        "clear_m": 8.0,
        "part_m2": 10.0,
        "opening_radius_m": 5.0,
        "radius_m": 20.0,
        "strip_m": 3.0,
    }
    plots = [at(0, 0, 20, 80), at(30, 0, 20, 80)]
    houses = [at(0, 2, 20, 10), at(30, 2, 16, 10)]  # the second leaves 4 m beside it
    where = context(plots, houses, [STREET])
    shut, open_ = measured("free_access_m", where, params)
    assert shut == 0
    assert open_ >= 3
    assert measured("free_width_m", where, params) == pytest.approx([20, 20], abs=1)


def test_measures_accept_no_parcel_and_no_building() -> None:
    where = context(PLOTS, [], [STREET])
    empty = np.array([], dtype=np.intp)
    params = {
        **AROUND,
        **GROUP,
        "grow_m": 50.0,
        "opening_radius_m": 3.0,
        "clear_m": 8.0,
        "part_m2": 10.0,
        "strip_m": 3.0,
        "half_width_m": 3.5,
        "zones": ["U"],
        "beside_m": 3.0,
        "step_m": 1.0,
        "share": 0.5,
        "facing_m": 25.0,
        "filled_share": 0.4,
        "vocations": ["equipment"],
        "shrink_m": 25.0,
        "hole_m2": 2500.0,
        "island_m2": 20_000.0,
        "island_buildings": 8,
    }
    for name in known_measures():
        measure = find_measure(name)
        value, _ = measure.take(where, empty, params)
        assert value.shape == (0,), name
        value, _ = measure.take(where, np.arange(4), params)
        assert value.shape == (4,), name
        assert measure.radius_m(params) >= 0
    assert where.parcels is not None
    assert where.parcels.crs == CRS
