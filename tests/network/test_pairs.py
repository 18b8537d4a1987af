"""Streets that all meet each other: bounded work, the first ones connected, the rest counted."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from foncier.network import connect_streets
from foncier.network.pairs import MOST_BOXES, SMALL, near_pairs


def crossing(count: int) -> Any:
    """Streets of 400 m, each of which crosses all others."""
    turn = np.linspace(0, np.pi, count, endpoint=False)
    half = 200 * np.column_stack([np.cos(turn), np.sin(turn)])
    middle = np.random.default_rng(1).uniform(-5, 5, (count, 2))
    return shapely.linestrings(np.stack([middle - half, middle + half], axis=1))


def star(count: int) -> Any:
    """Streets that begin at one place, 0.1 to 0.4 m apart."""
    turn = np.linspace(0, 2 * np.pi, count, endpoint=False)
    unit = np.column_stack([np.cos(turn), np.sin(turn)])
    near = unit * np.random.default_rng(2).uniform(0.1, 0.4, (count, 1))
    return shapely.linestrings(np.stack([near, 200 * unit], axis=1))


def parallel(count: int) -> Any:
    """Diagonals side by side: their boxes meet, they do not."""
    aside = 0.05 * np.arange(count)
    low, high = np.column_stack([aside, 0 * aside]), np.column_stack([aside + 400, 0 * aside + 400])
    return shapely.linestrings(np.stack([low, high], axis=1))


def copies(count: int) -> Any:
    return np.array([shapely.LineString([(0, 0), (200, 100)])] * count)


def connected(lines: Any, **more: Any) -> Any:
    rows = {"street_id": [f"s{n:06}" for n in range(len(lines))], "level": 0}
    streets = gpd.GeoDataFrame({**rows, "walk": True, "bike": True}, geometry=lines, crs=2154)
    drawn = np.ones(len(lines), dtype=bool)
    return connect_streets(streets, tolerance_m=1, drawn=drawn, **more)


def all_pairs(shapes: Any, lines: Any, within_m: float) -> set[tuple[int, int]]:
    apart = shapely.distance(shapes[:, None], lines[None, :])
    return {(int(a), int(b)) for a, b in np.argwhere(apart <= within_m)}


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(*[st.integers(0, 30)] * 4).filter(lambda c: c[:2] != c[2:]),
        min_size=1,
        max_size=25,
    ),
    st.sampled_from([0.0, 1.0, 7.5]),
)
def test_few_streets_are_compared_as_by_all_pairs(
    corners: list[tuple[int, int, int, int]], within_m: float
) -> None:
    lines = shapely.linestrings(np.array(corners, dtype=float).reshape(-1, 2, 2))
    pairs = near_pairs(lines, lines, within_m)
    found = list(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True))
    assert pairs.searched == len(lines)
    assert len(found) == len(set(found))
    assert set(found) == all_pairs(lines, lines, within_m)


@pytest.mark.parametrize("step", [16, 50, 100_000])
def test_the_first_streets_have_all_their_pairs(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the size of the steps."""
    monkeypatch.setattr("foncier.network.pairs.LEAST_STEP", step)
    monkeypatch.setattr("foncier.network.pairs.HELD", 1)
    monkeypatch.setattr("foncier.network.pairs.MOST_STEP", 100_000)
    lines = crossing(600)
    pairs = near_pairs(lines, lines)
    every = shapely.STRtree(lines).query(lines, predicate="intersects")[0]
    each = np.bincount(every)
    assert np.bincount(pairs.first).tolist() == each[: pairs.searched].tolist()
    assert pairs.searched == SMALL**2 // 600, "their boxes all meet"
    # Dense boxes without pairs are bounded, too.
    far = near_pairs(parallel(2000), parallel(2000))
    assert len(far.first) == far.searched == MOST_BOXES


def test_an_empty_shape_is_near_nothing() -> None:
    lines = np.array([shapely.LineString(), shapely.LineString([(0, 0), (1, 0)])])
    for within_m in (0.0, 5.0):
        pairs = near_pairs(lines, lines, within_m)
        assert (pairs.first.tolist(), pairs.second.tolist()) == ([1], [1])
        assert near_pairs(lines[:0], lines, within_m).searched == 0


@pytest.mark.parametrize("draw", [crossing, star, parallel, copies])
def test_work_grows_with_the_streets_not_with_their_pairs(
    draw: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that GEOS compares, and vertices of the result, for twice the streets."""
    monkeypatch.setattr("foncier.network.pairs.SMALL", 50)
    monkeypatch.setattr("foncier.network.pairs.MOST_BOXES", 60)
    work = {"rows": 0}
    for name in ("intersects", "dwithin", "intersection", "distance", "line_locate_point"):
        known = getattr(shapely, name)

        def counted(*given: Any, known: Any = known, **more: Any) -> Any:
            work["rows"] += len(given[0])
            return known(*given, **more)

        monkeypatch.setattr(shapely, name, counted)
    parcels = shapely.box([0, 400], 300, [390, 790], 700)
    rows, vertices = [], []
    for count in (300, 600, 1200):
        work["rows"] = 0
        joints = connected(draw(count), parcels=parcels, island_m=5)
        rows.append(work["rows"])
        vertices.append(int(shapely.get_num_coordinates(joints.streets.geometry).sum()))
    # All pairs would be four times as many.
    assert rows[2] < 2.6 * rows[1]
    assert vertices[2] < 2.6 * vertices[1]


def test_what_was_not_searched_is_counted() -> None:
    joints = connected(crossing(1000))
    searched = SMALL**2 // 1000
    assert 1000 - searched - 5 <= joints.unsearched < 1000
    assert joints.count("noded") > 50_000
    assert connected(crossing(150)).unsearched == 0
    assert connected(crossing(150)).count("noded") == pytest.approx(150 * 149 / 2, abs=150)
