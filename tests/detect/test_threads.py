"""Stretches of arrays worked on at once: the answers of one call, in its order."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import shapely

from foncier.geometry import (
    in_threads,
    nearest_members,
    parallel,
    predicate_holds,
    query_tree,
    unions_by,
)

SIZES = [0, 1, parallel.THREAD_FROM - 1, parallel.THREAD_FROM, 3 * parallel.THREAD_FROM + 1]


def squares(count: int, seed: int) -> np.ndarray:
    """Rectangles of 1 to 9 m on a field that holds several of them to the are."""
    draw = np.random.default_rng(seed)
    side = 5 * np.sqrt(count + 1)
    x, y = draw.uniform(0, side, (2, count))
    return np.asarray(shapely.box(x, y, x + draw.uniform(1, 9, count), y + 4))


@pytest.mark.parametrize("size", SIZES)
def test_shapes_come_back_in_order(size: int) -> None:
    shapes = squares(size, 1)
    grown = in_threads(partial(shapely.buffer, distance=2.0), shapes)
    assert shapely.equals_exact(grown, shapely.buffer(shapes, 2.0)).all()
    assert len(grown) == size


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("predicate", [None, "intersects", "covers"])
def test_an_index_answers_as_in_one_call(size: int, predicate: str | None) -> None:
    shapes, tree = squares(size, 2), shapely.STRtree(squares(300, 3))
    shapely.prepare(shapes)
    assert np.array_equal(query_tree(tree, shapes, predicate), tree.query(shapes, predicate))
    near = query_tree(tree, shapes, "dwithin", 3.0)
    assert np.array_equal(near, tree.query(shapes, "dwithin", distance=3.0))


@pytest.mark.parametrize("size", SIZES)
def test_nearest_members_are_those_of_one_call(size: int) -> None:
    shapes, tree = squares(size, 4), shapely.STRtree(squares(300, 5))
    one, other, distance = nearest_members(tree, shapes, 6.0, all_matches=True)
    pairs, metres = tree.query_nearest(shapes, max_distance=6.0, return_distance=True)
    assert np.array_equal([one, other], pairs)
    assert np.array_equal(distance, metres)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("most", [1, 40, 4000])
def test_pairs_of_a_prepared_plot_stay_together(size: int, most: int) -> None:
    plots, others = squares(max(size // most, 1), 6), squares(size, 8)
    shapely.prepare(plots)
    plot = np.sort(np.random.default_rng(7).integers(0, len(plots), size))
    seen: list[set[int]] = []

    def holds(some: np.ndarray, them: np.ndarray) -> np.ndarray:
        seen.append({id(shape) for shape in some})
        return np.asarray(shapely.intersects(some, them))

    at_once = predicate_holds(holds, plots, plot, others)
    assert np.array_equal(at_once, shapely.intersects(plots[plot], others))
    assert sum(map(len, seen)) == len(set(plot.tolist()))


def test_unions_are_those_of_each_owner_alone() -> None:
    shapes = squares(2 * parallel.THREAD_FROM, 9)
    owner = np.random.default_rng(10).integers(0, 3 * parallel.THREAD_FROM, len(shapes))
    owners, unions = unions_by(owner, shapes)
    alone = np.array([shapely.union_all(shapes[owner == one]) for one in owners])
    assert (shapely.to_wkb(unions) == shapely.to_wkb(alone)).all()
    assert owners.tolist() == sorted(set(owner.tolist()))
