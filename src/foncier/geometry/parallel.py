"""GEOS on parts of long arrays in threads: it releases the lock of Python.

No result depends on the split. A prepared geometry is not safe in two threads: where plots are
prepared, all pairs of one plot stay in one thread.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import shapely
    from numpy.typing import NDArray

    from foncier.geometry.arrays import Floats, Geometries

    Positions = NDArray[np.intp]

THREADS = min(4, os.cpu_count() or 1)
THREAD_FROM = 500  # below, starting threads takes longer than the work


def in_threads(work: Callable[..., Any], *arrays: NDArray[Any]) -> NDArray[Any]:
    """Apply a vectorised function to parts of arrays; no two may use one prepared geometry."""
    if len(arrays[0]) < THREAD_FROM:
        return np.asarray(work(*arrays))
    return np.concatenate(_each(work, *(np.array_split(array, THREADS) for array in arrays)))


def predicate_holds(
    predicate: Callable[..., Any], plots: Geometries, plot: Positions, others: Geometries
) -> NDArray[np.bool_]:
    """Evaluate a predicate for pairs of a plot, which may be prepared, and another shape.

    Parameters
    ----------
    predicate
        One of shapely's.
    plots
        The plots, shape (n,), no object twice.
    plot, others
        Position of the plot and the other shape of each pair, shapes (m,), in order of the plots.
    """
    if len(plot) < THREAD_FROM:
        return np.asarray(predicate(plots[plot], others), dtype=np.bool_)
    middles = plot[np.arange(1, THREADS) * len(plot) // THREADS]
    cuts = np.searchsorted(plot, middles)
    return np.concatenate(_each(predicate, np.split(plots[plot], cuts), np.split(others, cuts)))


def query_tree(
    tree: shapely.STRtree,
    shapes: Geometries,
    predicate: str | None = None,
    distance: float | None = None,
) -> tuple[Positions, Positions]:
    """Pairs (shape, member of the tree), as ``tree.query`` returns them."""
    one, other = _query(partial(tree.query, predicate=predicate, distance=distance), shapes)
    return one, other


def nearest_members(
    tree: shapely.STRtree, shapes: Geometries, most_m: float, *, all_matches: bool = False
) -> tuple[Positions, Positions, Floats]:
    """Shape, nearest member of the tree and distance, as ``tree.query_nearest`` returns them."""

    def query(some: Geometries) -> tuple[Any, ...]:
        pairs, distance = tree.query_nearest(
            some, max_distance=most_m, return_distance=True, all_matches=all_matches
        )
        return *pairs, distance

    one, other, distance = _query(query, shapes)
    return one, other, distance


def _query(query: Callable[[Geometries], Any], shapes: Geometries) -> list[Any]:
    """Columns of the results of an index, the position of the shape first."""
    if len(shapes) < THREAD_FROM:
        return list(query(shapes))
    some = np.array_split(shapes, THREADS)
    before = np.cumsum([0, *map(len, some[:-1])])
    results = [
        (shape + first, *rest)
        for first, (shape, *rest) in zip(before, _each(query, some), strict=True)
    ]
    return [np.concatenate(column) for column in zip(*results, strict=True)]


def _each(work: Callable[..., Any], *arrays: list[Any]) -> list[Any]:
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(work, *arrays))
