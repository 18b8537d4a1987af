"""Compact steps give back the corners; pooled texts give back the texts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from foncier.crs import DEGREES
from foncier.export.webmap import encode_geometry, encode_table

DONUT = shapely.Polygon([(0, 0), (4, 0), (4, 4), (0, 4)], holes=[[(1, 1), (2, 1), (2, 2), (1, 2)]])


def decoded(packed: dict[str, list[int]]) -> list[Any]:
    """Corners of encoded shapes, cut as the page's own decoder cuts them."""
    at = np.cumsum(np.array(packed["steps"], dtype=np.int64).reshape(-1, 2), axis=0) / 1e6
    corners = [tuple(map(float, corner)) for corner in at]

    def cut(things: list[Any], counts: list[int]) -> list[Any]:
        ends = np.cumsum(counts)
        assert not len(ends) or ends[-1] == len(things)
        return [things[end - count : end] for end, count in zip(ends, counts, strict=True)]

    found = cut(corners, packed["corners"])
    found = cut(found, packed["rings"]) if "rings" in packed else found
    return cut(found, packed["parts"])


def test_holes_and_parts_keep_their_place() -> None:
    double = shapely.MultiPolygon([DONUT, shapely.box(10, 10, 11, 11)])
    first, second = decoded(
        encode_geometry.encode_polygons([double, shapely.box(-1, -1, 0, 0)], DEGREES)
    )
    assert [len(rings) for rings in first] == [2, 1]
    assert shapely.Polygon(first[0][0], [first[0][1]]).equals(DONUT)
    assert shapely.Polygon(second[0][0]).equals(shapely.box(-1, -1, 0, 0))


@given(
    st.lists(
        st.lists(st.tuples(st.floats(-180, 180), st.floats(-85, 85)), min_size=2, max_size=6),
        max_size=5,
    )
)
def test_lines_come_back_within_half_a_step(corners: list[list[tuple[float, float]]]) -> None:
    lines = np.array([shapely.LineString(line) for line in corners], dtype=object)
    back = decoded(encode_geometry.encode_lines(lines, DEGREES))
    for line, (found,) in zip(corners, back, strict=True):
        assert np.allclose(line, found, atol=0.51e-6, rtol=0)


@pytest.mark.parametrize("nothing", [[], [None], [shapely.Polygon()]])
def test_nothing_gives_an_empty_feature(nothing: list[Any]) -> None:
    packed = encode_geometry.encode_polygons(nothing, DEGREES)
    assert packed == {"parts": [0] * len(nothing), "rings": [], "corners": [], "steps": []}
    assert decoded(packed) == [[] for _ in nothing]


def test_a_part_with_a_hole_does_not_shift_its_neighbours() -> None:
    plots = [shapely.box(5, 5, 6, 6), None, DONUT, shapely.box(7, 7, 8, 8)]
    found = decoded(encode_geometry.encode_polygons(plots, DEGREES))
    assert [[len(rings) for rings in parts] for parts in found] == [[1], [], [2], [1]]
    assert shapely.Polygon(found[3][0][0]).equals(plots[3])


def test_degrees_are_longitude_then_latitude() -> None:
    station = shapely.Point(650_000, 6_977_000)
    lon, lat = encode_geometry.encode_points([station], pyproj.CRS.from_epsg(2154))
    assert 2_290_000 < lon < 2_320_000
    assert 49_870_000 < lat < 49_910_000


@given(st.lists(st.text(max_size=30), max_size=8))
def test_sentences_are_restored_except_separators(texts: list[str]) -> None:
    packed = encode_table.phrases(pd.Series(texts, dtype="object"))
    figures, back = iter(packed["figures"]), []
    for code in packed["codes"]:
        first, *others = packed["pool"][code].split(encode_table.GAP)
        back.append(first + "".join(next(figures) + piece for piece in others))
    assert next(figures, None) is None
    assert back == [encode_table.SEPARATORS.sub("\ufffd", text) for text in texts]
