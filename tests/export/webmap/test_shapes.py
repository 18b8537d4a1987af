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

from foncier.export.webmap import shapes

DONUT = shapely.Polygon([(0, 0), (4, 0), (4, 4), (0, 4)], holes=[[(1, 1), (2, 1), (2, 2), (1, 2)]])


def decoded(features: list[Any]) -> list[Any]:
    """Corners of encoded shapes, as the page's own decoder finds them."""
    pointer = np.zeros(2, dtype=np.int64)

    def ring(steps: list[int]) -> list[tuple[float, float]]:
        nonlocal pointer
        corners = []
        for step in np.array(steps).reshape(-1, 2):
            pointer = pointer + step
            corners.append((pointer[0] / 1e6, pointer[1] / 1e6))
        return corners

    def walk(node: list[Any]) -> list[Any]:
        return ring(node) if isinstance(node[0], int) else [walk(one) for one in node]

    return [walk(feature) if feature else [] for feature in features]


def test_holes_and_parts_keep_their_place() -> None:
    double = shapely.MultiPolygon([DONUT, shapely.box(10, 10, 11, 11)])
    first, second = decoded(shapes.encode_polygons([double, shapely.box(-1, -1, 0, 0)]))
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
    back = decoded(shapes.encode_lines(lines))
    for line, (found,) in zip(corners, back, strict=True):
        assert np.allclose(line, found, atol=0.51e-6, rtol=0)


@pytest.mark.parametrize("nothing", [[], [None], [shapely.Polygon()]])
def test_nothing_gives_an_empty_feature(nothing: list[Any]) -> None:
    assert shapes.encode_polygons(nothing) == [[] for _ in nothing]


def test_degrees_are_longitude_then_latitude() -> None:
    station = shapely.Point(650_000, 6_977_000)
    (point,) = shapes.encode_points(shapes.to_degrees([station], pyproj.CRS.from_epsg(2154)))
    assert 2_290_000 < point[0] < 2_320_000
    assert 49_870_000 < point[1] < 49_910_000


@given(st.lists(st.text(max_size=30), max_size=8))
def test_sentences_come_back_but_for_the_mark_of_the_figures(texts: list[str]) -> None:
    packed = shapes.pack_phrases(pd.Series(texts, dtype="object"))
    back = []
    for code, figures in zip(packed["codes"], packed["figures"], strict=True):
        pieces = packed["pool"][code].split(shapes.HOLE)
        back.append("".join(p + f for p, f in zip(pieces, [*figures, ""], strict=True)))
    assert back == [text.replace(shapes.HOLE, "\ufffd") for text in texts]
