"""Work of GEOS on stretches of long arrays at once: it lets go of Python's lock.

No answer depends on the split. A prepared geometry is not safe in two threads: where plots are
prepared, all that is asked of one of them stays in one thread.
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
THREAD_FROM = 500  # below, starting threads costs more than it brings


def in_threads(work: Callable[..., Any], *arrays: NDArray[Any]) -> NDArray[Any]:
    """Do a vectorised work on stretches of arrays; no two may use one prepared geometry."""
    if len(arrays[0]) < THREAD_FROM:
        return np.asarray(work(*arrays))
    return np.concatenate(_each(work, *(np.array_split(array, THREADS) for array in arrays)))


def which_hold(
    predicate: Callable[..., Any], plots: Geometries, plot: Positions, others: Geometries
) -> NDArray[np.bool_]:
    """Tell of which pairs a predicate holds, between a plot that may be prepared and another shape.

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


def queried(
    tree: shapely.STRtree,
    shapes: Geometries,
    predicate: str | None = None,
    distance: float | None = None,
) -> tuple[Positions, Positions]:
    """Pairs (shape, member of the tree), as ``tree.query`` gives them."""
    one, other = _asked(partial(tree.query, predicate=predicate, distance=distance), shapes)
    return one, other


def nearest_members(
    tree: shapely.STRtree, shapes: Geometries, most_m: float, *, all_matches: bool = False
) -> tuple[Positions, Positions, Floats]:
    """Shape, nearest member of the tree and distance, as ``tree.query_nearest`` gives them."""

    def ask(some: Geometries) -> tuple[Any, ...]:
        pairs, distance = tree.query_nearest(
            some, max_distance=most_m, return_distance=True, all_matches=all_matches
        )
        return *pairs, distance

    one, other, distance = _asked(ask, shapes)
    return one, other, distance


def _asked(ask: Callable[[Geometries], Any], shapes: Geometries) -> list[Any]:
    """Columns of an index's answers, the position of the asker first."""
    if len(shapes) < THREAD_FROM:
        return list(ask(shapes))
    some = np.array_split(shapes, THREADS)
    before = np.cumsum([0, *map(len, some[:-1])])
    answers = [
        (asker + first, *rest)
        for first, (asker, *rest) in zip(before, _each(ask, some), strict=True)
    ]
    return [np.concatenate(column) for column in zip(*answers, strict=True)]


def _each(work: Callable[..., Any], *arrays: list[Any]) -> list[Any]:
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(work, *arrays))
