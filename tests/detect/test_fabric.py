"""Fabric classes: clusters of buildings, counted without drawing a buffer."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from foncier.detect.fabric import (
    CLASSES,
    building_classes,
    cluster_sizes,
    plot_classes,
)
from foncier.model import Fabric

CUT = Fabric()


def row(count: int, gap: float, side: float = 10.0) -> np.ndarray:
    """Houses in a row, so far apart."""
    x = np.arange(count) * (side + gap)
    return np.asarray(shapely.box(x, 0, x + side, side), dtype=object)


@pytest.mark.parametrize(
    ("count", "gap", "expected"),
    [
        (4, 5, "isolee"),
        (20, 100, "isolee"),  # too few, or none near
        (12, 60, "diffuse"),
        (4, 30, "isolee"),
        (6, 30, "groupee"),
        (9, 5, "groupee"),  # fewer than ten within 40 m of each other
        (30, 30, "groupee"),  # many, but none within 20 m
        (10, 5, "dense"),
        (10, 19.9, "dense"),
        (10, 20.1, "groupee"),
    ],
)
def test_classes_of_a_row_of_houses(count: int, gap: float, expected: str) -> None:
    assert {CLASSES[k] for k in building_classes(row(count, gap), CUT)} == {expected}


def test_small_buildings_are_not_counted_and_have_no_class() -> None:
    huts = row(12, 5, side=4.9)
    assert (building_classes(huts, CUT) == -1).all()
    assert len(building_classes(np.array([], dtype=object), CUT)) == 0


def test_a_plot_takes_the_class_of_its_nearest_building_else_is_isolated() -> None:
    houses = np.concatenate([row(10, 5), shapely.box([500], 0, 510, 10)])
    plots = shapely.box([0, 460, 200, 5000], 15, [20, 490, 220, 5020], 30)
    found = plot_classes(plots, shapely.STRtree(houses), building_classes(houses, CUT), CUT)
    assert [CLASSES[k] for k in found] == ["dense", "isolee", "isolee", "isolee"]
    assert (
        plot_classes(plots, shapely.STRtree([]), np.array([], dtype=np.intp), CUT).tolist()
        == [3] * 4
    )


def _by_the_book(shapes: np.ndarray, distance: float) -> list[int]:
    """Members of the cluster of each shape: buffers melted, then counted."""
    melted = shapely.get_parts(shapely.union_all(shapely.buffer(shapes, distance / 2)))
    return [sum(m.intersects(s) for s in shapes) for s in shapes for m in melted if m.intersects(s)]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=30, unique=True
    )
)
def test_sizes_equal_those_of_dissolved_buffers_up_to_the_limit(
    places: list[tuple[int, int]],
) -> None:
    # Houses on a grid of 23 m: no gap is near a distance asked for, where buffers are polygons.
    x, y = np.array(places, dtype=np.float64).T * 23
    houses = np.asarray(shapely.box(x, y, x + 6, y + 6), dtype=object)
    for distance, sizes in zip(
        (20.0, 40.0, 80.0), cluster_sizes(houses, (20.0, 40.0, 80.0), enough=10), strict=True
    ):
        expected = _by_the_book(houses, distance)
        assert [min(n, 10) for n in sizes] == [min(n, 10) for n in expected]
