"""Sections of the axis: bounded to its corridor, without overlap, named by what lies there."""

from __future__ import annotations

import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from foncier.scoring import axis_sections

CRS = pyproj.CRS.from_epsg(2154)
AXIS = shapely.LineString([(0, 0), (1200, 0)])
FAR = shapely.box(-4000, -4000, 5200, 4000)


@pytest.mark.parametrize(
    ("length", "names"),
    [
        (400, ["A (0–400 m)"]),
        (1000, ["A (0–500 m)", "après A (500–1000 m)"]),
        (1200, ["A (0–500 m)", "entre A et B (500–1000 m)", "B (1000–1200 m)"]),
    ],
)
def test_sections_cover_the_corridor_without_overlap(length: int, names: list[str]) -> None:
    axis = shapely.LineString([(0, 0), (length, 0)])
    area = shapely.buffer(axis, 100)
    stops = {"A": shapely.Point(10, 5)} | ({"B": shapely.Point(1190, 0)} if length == 1200 else {})
    found = axis_sections(axis, area, stops, crs=CRS, half_width_m=100)
    assert found["name"].tolist() == names
    assert found.area.sum() == pytest.approx(area.area, rel=1e-6)
    assert found.union_all().area == pytest.approx(area.area, rel=1e-6)


@pytest.mark.parametrize("half_width_m", [100.0, 500.0, 800.0])
def test_a_large_area_does_not_widen_the_sections(half_width_m: float) -> None:
    found = axis_sections(AXIS, FAR, {}, crs=CRS, half_width_m=half_width_m)
    corridor = shapely.buffer(AXIS, half_width_m)
    assert found.area.sum() == pytest.approx(corridor.area, rel=1e-6)
    assert shapely.distance(found.geometry.to_numpy(), AXIS).max() == 0
    assert shapely.hausdorff_distance(found.union_all(), AXIS) <= half_width_m * 1.001


def test_a_narrow_area_is_not_widened() -> None:
    area = shapely.box(0, -20, 1200, 20)
    found = axis_sections(AXIS, area, {}, crs=CRS, half_width_m=500)
    assert found.area.sum() == pytest.approx(area.area)


@pytest.mark.parametrize(
    ("landmarks", "names"),
    [
        ({}, ["0–500 m", "500–1000 m", "1000–1200 m"]),
        ({"Gare": (1100, 240)}, ["avant Gare (0–500 m)", "avant Gare (500–1000 m)", None]),
        ({"Loin": (700, 260)}, ["0–500 m", "500–1000 m", "1000–1200 m"]),
        ({"C": (900, 0), "A": (600, 0), "B": (700, 0)}, [None, "A, C (500–1000 m)", None]),
    ],
)
def test_names(landmarks: dict[str, tuple[float, float]], names: list[str | None]) -> None:
    points = {name: shapely.Point(at) for name, at in landmarks.items()}
    found = axis_sections(AXIS, FAR, points, crs=CRS, half_width_m=300)["name"].tolist()
    assert [n for n, m in zip(found, names, strict=True) if m] == [m for m in names if m]


@settings(max_examples=20)
@given(
    st.lists(st.tuples(st.integers(-500, 500), st.integers(-500, 500)), min_size=2, max_size=5),
    st.floats(20, 600),
)
def test_sections_never_overlap_or_leave_the_corridor(
    points: list[tuple[int, int]], half_width_m: float
) -> None:
    axis = shapely.LineString(points)
    if axis.length < 1:
        return
    found = axis_sections(axis, FAR, {}, crs=CRS, half_width_m=half_width_m)
    assert not found["name"].duplicated().any()
    assert found.area.sum() == pytest.approx(found.union_all().area, rel=1e-6)
    assert found.union_all().area <= shapely.buffer(axis, half_width_m).area * (1 + 1e-6)
