"""Isochrones: nested areas and the residents within."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from foncier import schemas
from foncier.errors import CrsError
from foncier.network import build_graph, isochrones, residents_within

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Builder = Callable[..., gpd.GeoDataFrame]

# A street of 2 km, a side street at 600 m, and a street beyond a river that no bridge crosses.
TOWN = [
    "LINESTRING (0 0, 600 0, 2000 0)",
    "LINESTRING (600 0, 600 500)",
    "LINESTRING (0 -80, 2000 -80)",
]


def entrances(
    put: Callable[[Any], Any], at: Mapping[tuple[str, int], tuple[str, float, float]]
) -> Any:
    """Entrances by opportunity and rank: street, x, y."""
    rows = [
        {
            "opportunity_id": key[0],
            "street_id": street,
            "frontage_m": 9.0,
            "offset_m": 0.0,
            "street_name": street,
        }
        for key, (street, _, _) in at.items()
    ]
    points = [put(shapely.Point(x, y)) for _, x, y in at.values()]
    return gpd.GeoDataFrame(rows, geometry=points, crs=2154)


def cells(put: Callable[[Any], Any], at: Mapping[tuple[float, float], float]) -> Any:
    rows = {"cell_id": [str(n) for n in range(len(at))], "residents": list(at.values())}
    points = [put(shapely.Point(xy)) for xy in at]
    return schemas.POPULATION.conform(gpd.GeoDataFrame(rows, geometry=points, crs=2154))


def test_streets_are_cut_where_the_time_is_up(streets: Builder, put: Callable[[Any], Any]) -> None:
    """From 10 m beside the street at x = 400: 375 m less 10 in 5 minutes, 740 m in 10."""
    graph = build_graph(streets(TOWN))
    found = isochrones(entrances(put, {("a", 1): ("s0", 400, 10)}), graph, simplify_m=0.0)
    assert found["minutes"].tolist() == [5, 10, 15]
    five, ten, fifteen = found.translate(-650_000, -6_977_000)
    west, south, east, north = five.bounds
    assert (west, south, east) == pytest.approx((400 - 365 - 50, -50, 400 + 365 + 50), abs=0.01)
    assert north == pytest.approx(365 - 200 + 50, abs=0.01)
    assert ten.bounds[2] == pytest.approx(400 + 740 + 50, abs=0.01)
    assert ten.bounds[3] == pytest.approx(500 + 50, abs=0.01)
    assert fifteen.bounds[1] == pytest.approx(-50, abs=0.01)  # the street beyond is not reached
    assert np.allclose(found["area_m2"], found.area)
    assert found["residents"].isna().all()


def test_a_site_uses_its_best_entrance(streets: Builder, put: Callable[[Any], Any]) -> None:
    graph = build_graph(streets(TOWN))
    both = {("a", 1): ("s0", 0.0, 5.0), ("a", 2): ("s2", 0.0, -75.0)}
    one, two = (isochrones(entrances(put, dict(list(both.items())[:n])), graph) for n in (1, 2))
    assert len(one) == len(two) == 3
    assert (two["area_m2"] > 1.2 * one["area_m2"]).all()


def test_two_entrances_at_one_node_are_not_added(
    streets: Builder, put: Callable[[Any], Any]
) -> None:
    graph = build_graph(streets(TOWN))
    twice = {("a", 1): ("s0", 0.0, 5.0), ("a", 2): ("s0", 0.0, 5.0)}
    one, two = (isochrones(entrances(put, dict(list(twice.items())[:n])), graph) for n in (1, 2))
    assert one.equals(two)


def test_small_holes_are_filled_and_large_ones_stay(
    streets: Builder, put: Callable[[Any], Any]
) -> None:
    block = ["LINESTRING (0 0, 180 0, 180 180, 0 180, 0 0)"]
    start = entrances(put, {("a", 1): ("s0", 0.0, 0.0)})
    graph = build_graph(streets(block))
    filled = isochrones(start, graph, minutes=[15]).geometry.iloc[0]
    holed = isochrones(start, graph, minutes=[15], min_hole_m2=6000.0).geometry.iloc[0]
    assert [len(filled.interiors), len(holed.interiors)] == [0, 1]
    assert holed.interiors[0].length == pytest.approx(4 * 80, rel=0.05)


RESIDENTS = {
    (760.0, 0.0): 10.0,
    (770.0, 0.0): 100.0,
    (400.0, -80.0): 1000.0,
    (1990.0, 0.0): 10_000.0,
    (600.0, 900.0): 100_000.0,
}


def test_residents_are_counted_along_the_streets(
    streets: Builder, put: Callable[[Any], Any]
) -> None:
    """365 m to each side in 5 minutes; no resident over the river or off the streets."""
    graph, start = build_graph(streets(TOWN)), entrances(put, {("a", 1): ("s0", 400, 10)})
    found = residents_within(start, graph, cells(put, RESIDENTS))
    assert found.iloc[0].tolist() == ["a", 10.0, 110.0, 110.0]
    drawn = isochrones(start, graph, cells(put, RESIDENTS))
    assert drawn["residents"].tolist() == [10.0, 110.0, 110.0]


def test_unknown_residents_are_not_zero(streets: Builder, put: Callable[[Any], Any]) -> None:
    graph = build_graph(streets([*TOWN, "LINESTRING (9000 0, 9900 0)"]))
    start = entrances(
        put, {("a", 1): ("s0", 400, 10), ("b", 1): ("s3", 9100, 5), ("c", 1): ("gone", 9100, 5)}
    )
    none = residents_within(start, graph, None)
    assert none.drop(columns="opportunity_id").isna().all(axis=None)
    found = residents_within(start, graph, cells(put, RESIDENTS | {(0.0, 1000.0): 1.0}))
    by_id = found.set_index("opportunity_id")
    assert by_id.loc["a", "residents_5min"] == 10
    assert by_id.loc[["b", "c"]].isna().all(axis=None)


def test_empty_tables(streets: Builder, put: Callable[[Any], Any]) -> None:
    nobody = entrances(put, {("a", 1): ("s0", 0, 0)}).iloc[:0]
    graph = build_graph(streets(TOWN))
    assert isochrones(nobody, graph).equals(schemas.ISOCHRONES.empty(nobody.crs))
    gone = entrances(put, {("a", 1): ("gone", 0, 0)})
    assert isochrones(gone, graph).equals(schemas.ISOCHRONES.empty(gone.crs))
    assert isochrones(gone, build_graph(streets([]))).empty
    assert residents_within(nobody, graph, cells(put, RESIDENTS)).empty


def test_another_crs_is_refused(streets: Builder, put: Callable[[Any], Any]) -> None:
    graph, start = build_graph(streets(TOWN)), entrances(put, {("a", 1): ("s0", 0, 0)})
    with pytest.raises(CrsError, match="population"):
        residents_within(start, graph, cells(put, RESIDENTS).to_crs(4326))
    with pytest.raises(CrsError, match="access_points"):
        isochrones(start.to_crs(4326), graph)


def lattice(side: int) -> list[Any]:
    steps = range(side)
    along = [
        [(x * 130.0, y * 130.0), (x * 130.0 + 130, y * 130.0)] for x in steps[:-1] for y in steps
    ]
    return [
        shapely.LineString(line) for line in along + [[(y, x) for x, y in line] for line in along]
    ]


LATTICE = lattice(7)


@settings(max_examples=8, deadline=None)
@given(
    kept=st.sets(st.integers(0, len(LATTICE) - 1), min_size=30),
    along=st.floats(0, 130),
    minutes=st.lists(st.integers(1, 20), min_size=2, max_size=4, unique=True),
)
def test_a_longer_time_contains_the_shorter_and_more_streets_extend_the_area(
    streets: Builder,
    put: Callable[[Any], Any],
    *,
    kept: set[int],
    along: float,
    minutes: list[int],
) -> None:
    chosen = sorted({0, *kept})
    some = streets([LATTICE[i] for i in chosen])
    start = entrances(put, {("a", 1): ("s0", along, 4)})
    before = start.copy(deep=True)
    fewer = isochrones(start, build_graph(some), minutes=minutes)
    full = isochrones(
        start,
        build_graph(streets([LATTICE[i] for i in [0, *range(1, len(LATTICE))]])),
        minutes=minutes,
    )
    assert fewer["minutes"].tolist() == sorted(minutes)
    areas = fewer.geometry.to_numpy()
    assert (shapely.area(shapely.difference(areas[:-1], areas[1:])) < 0.01).all()
    assert (fewer["area_m2"].to_numpy() <= full["area_m2"].to_numpy() * 1.02).all()
    assert shapely.is_valid(areas).all()
    pd.testing.assert_frame_equal(start, before)


def test_splitting_the_sites_changes_nothing(streets: Builder, put: Callable[[Any], Any]) -> None:
    graph = build_graph(streets(LATTICE))
    start = entrances(
        put,
        {
            (f"p{n:03}{k}", 1): (f"s{n}", 65 + LATTICE[n].coords[0][0], 4 + LATTICE[n].coords[0][1])
            for n in range(40)
            for k in "ab"
        },
    )
    people = cells(put, {(x * 90.0, x * 77.0): 5.0 + x for x in range(12)})
    parts = start.iloc[:7].sample(frac=1, random_state=1), start.iloc[7:]
    counted = [residents_within(part, graph, people) for part in parts]
    whole = residents_within(start, graph, people)
    assert len(whole) == 80
    assert pd.concat(counted, ignore_index=True).equals(whole)
    drawn = [isochrones(part, graph, people, minutes=[5]) for part in (start[:3], start[3:5])]
    both = isochrones(start[:5], graph, people, minutes=[5])
    assert np.allclose(pd.concat(drawn)["area_m2"], both["area_m2"], rtol=1e-6)
