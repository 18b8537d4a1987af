"""Lines of sight in plain coordinates agree with the same thing said in geometries."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from foncier.detect.visibility import (
    BATCH,
    HIDDEN_M,
    STRETCH,
    StreetLines,
    in_one_plot,
    is_hidden,
    nearest_points,
    sides,
)
from foncier.geometry.parallel import THREAD_FROM

REACH_M = 20.0
seeds = st.integers(0, 10_000)


def scene(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Eyes along the edges of scattered plots, some hollow, and streets of several bends."""
    random = np.random.default_rng(seed)
    low = random.uniform(0, 100, (12, 2))
    plots = shapely.box(*low.T, *(low + random.uniform(3, 30, (12, 2))).T)
    plots[0] = shapely.difference(plots[0], shapely.buffer(shapely.centroid(plots[0]), 1.0))
    plots[1] = shapely.union(plots[1], shapely.box(200, 200, 210, 210))
    owner = np.sort(random.integers(0, 12, 150))
    edges = shapely.boundary(plots[owner])
    eyes = shapely.line_interpolate_point(edges, random.uniform(0, 1, 150), normalized=True)
    ways = shapely.linestrings(random.uniform(-10, 140, (5, 4, 2)))
    return plots, owner, shapely.get_coordinates(eyes), ways


@given(seeds)
def test_the_nearest_point_of_a_street_is_that_of_geometries(seed: int) -> None:
    _, owner, eyes, ways = scene(seed)
    found = nearest_points(eyes, owner, StreetLines(ways), REACH_M)
    away = shapely.distance(shapely.points(eyes), shapely.union_all(ways))
    assert np.array_equal(np.isnan(found[:, 0]), away > REACH_M)
    seen = away <= REACH_M
    assert np.hypot(*(found - eyes).T)[seen] == pytest.approx(away[seen], abs=1e-9)
    assert shapely.distance(shapely.points(found[seen]), shapely.union_all(ways)).max(
        initial=0
    ) == pytest.approx(0, abs=1e-9)


@given(seeds)
def test_what_hides_a_line_is_what_it_crosses(seed: int) -> None:
    plots, owner, eyes, ways = scene(seed)
    aims = nearest_points(eyes, owner, StreetLines(ways), 200.0)
    found = is_hidden(eyes, aims, owner, shapely.STRtree(plots))
    lines = shapely.linestrings(np.stack([eyes, aims], axis=1))
    crossed = shapely.length(shapely.intersection(lines[:, None], plots[None]))
    bearer = shapely.intersects(plots[None], shapely.points(aims)[:, None])
    bearer[np.arange(len(owner)), owner] = False
    plain = ~(np.abs(crossed - HIDDEN_M) < 1e-6).any(axis=1)  # a rounding may tip those
    told = ((crossed > HIDDEN_M) & ~bearer).any(axis=1)
    assert np.array_equal(found[plain], told[plain])


def test_no_street_and_no_point_are_accepted() -> None:
    none, nowhere = np.empty((0, 2)), np.array([], dtype=np.intp)
    ways = np.array([shapely.LineString([(0, 0), (1, 0)])])
    assert nearest_points(none, nowhere, StreetLines(ways), REACH_M).shape == (0, 2)
    assert np.isnan(
        nearest_points(np.zeros((3, 2)), np.zeros(3, dtype=np.intp), StreetLines(ways[:0]), 5.0)
    ).all()
    plots = np.array([shapely.box(0, 0, 1, 1)])
    assert not len(is_hidden(none, none, nowhere, shapely.STRtree(plots)))


def test_lines_in_threads_see_what_each_sees_alone() -> None:
    plots, owner, eyes, ways = scene(1)
    turns = THREAD_FROM // len(eyes) + 2
    eyes, owner = np.tile(eyes, (turns, 1)), np.tile(owner, turns)
    order = np.argsort(owner, kind="stable")
    eyes, owner, tree = eyes[order], owner[order], shapely.STRtree(plots)
    aims = nearest_points(eyes, owner, StreetLines(ways), 200.0)
    alone = [
        is_hidden(eyes[n : n + 1], aims[n : n + 1], owner[n : n + 1], tree)
        for n in range(len(eyes))
    ]
    together = is_hidden(eyes, aims, owner, tree)
    assert np.array_equal(together, np.concatenate(alone))
    assert 0 < together.sum() < len(together)


def test_many_points_are_looked_at_in_batches() -> None:
    """More pairs than one batch holds, and stretches cut in the midst of a plot."""
    count = 5 * STRETCH + 3
    ways = shapely.linestrings([[(0, 0.01 * n), (100, 0.01 * n)] for n in range(6000)])
    eyes = np.column_stack([np.linspace(0, 100, count), np.full(count, -1.0)])
    assert count * len(ways) > BATCH
    found = nearest_points(eyes, np.zeros(count, dtype=np.intp), StreetLines(ways), 100.0)
    assert np.allclose(found - eyes, [0, 1])


def test_holes_and_parts_have_sides_too() -> None:
    court = shapely.box(0, 0, 9, 9).difference(shapely.box(3, 3, 6, 6))
    both = shapely.MultiPolygon([court, shapely.box(20, 0, 21, 1)])
    assert np.diff(sides(np.array([both, court])).first).tolist() == [12, 8]


@settings(max_examples=30)
@given(depth=st.floats(2.0, 8.0), lean=st.floats(-0.4, 0.4), gap=st.floats(-0.5, 3.0))
def test_bands_find_lines_that_are_hidden(depth: float, lean: float, gap: float) -> None:
    """A line that a band calls hidden is hidden, whatever the neighbour looks like."""
    beside = shapely.Polygon(
        [(0, gap), (30, gap + 30 * lean), (30, 60), (12, 60), (15, gap + 15 * lean + 0.8), (0, 60)]
    )
    plots = shapely.STRtree([shapely.box(0, -20, 30, 0), beside])
    begin = np.column_stack([np.arange(0.5, 30.0), np.zeros(30)])
    end = begin + np.array([0.0, depth])
    line, plot = in_one_plot(begin, end, np.zeros(30, dtype=np.intp), plots)
    hidden = is_hidden(begin, end, np.zeros(30, dtype=np.intp), plots, line=np.full(30, -1))
    assert hidden[line].all()
    assert set(plot.tolist()) <= {1}


def test_a_neighbour_in_one_piece_hides_a_whole_side() -> None:
    plots = shapely.STRtree(shapely.box([0, 0], [-20, 0], [30, 30], [0, 20]))
    begin = np.column_stack([np.arange(0.5, 30.0), np.zeros(30)])
    end = begin + np.array([0.0, 3.5])
    line, plot = in_one_plot(begin, end, np.zeros(30, dtype=np.intp), plots)
    assert line.tolist() == list(range(30))
    assert set(plot.tolist()) == {1}
