"""Crowds: shapes drawn over so many others that their pairs would be as many as their square."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.geometry.arrays import Geometries

CROWD = 50  # shapes that overlap more others are a crowd
FEW = 4  # nearest shapes, which tell most shapes apart before all of `CROWD` are compared
OVER_SHARE = 0.5  # of its nearest shapes, that a member of a crowd lies over or under
MOST_PAIRS = 100  # of bounds that meet, times the shapes: later shapes are not kept


def crowded_bounds(shapes: Geometries) -> NDArray[np.bool_]:
    """Tell which distinct shapes meet all of their `CROWD` nearest ones by their bounds.

    Parameters
    ----------
    shapes
        Distinct geometries in a metric CRS, shape (n,).
    """
    met = np.zeros(len(shapes), dtype=np.bool_)
    met[_meeting(shapely.bounds(shapes))[0]] = True
    return met


def crowded(shapes: Geometries) -> NDArray[np.bool_]:
    """Tell which shapes lie over or under half of their `CROWD` nearest shapes, or are copies.

    A shape lies over another when it contains a point inside the other (one point a shape): parcels
    side by side that overlap by a sliver are no crowd. Each shape is compared with its `CROWD`
    nearest ones alone.

    Parameters
    ----------
    shapes
        Valid polygons in a metric CRS, shape (n,).

    Returns
    -------
    Shape (n,); a shape with `CROWD` copies is crowded.

    Examples
    --------
    >>> stack = shapely.box(0, 0, 10 + np.arange(60) / 100, 10)
    >>> apart = shapely.box(20 + 10 * np.arange(60), 0, 30 + 10 * np.arange(60), 10)
    >>> int(crowded(np.concatenate([stack, apart])).sum())
    60
    """
    if len(shapes) <= CROWD:
        return np.zeros(len(shapes), dtype=np.bool_)
    bounds = shapely.bounds(shapes)
    of = pd.DataFrame(bounds).groupby(list(range(4)), sort=False).ngroup().to_numpy()
    first = np.unique(of, return_index=True)[1]
    many = np.bincount(of) > CROWD
    member, near = _meeting(bounds[first])
    drawn = shapes[first]
    one, other = np.repeat(member, near.shape[1]), near.ravel()
    used = np.unique(np.concatenate([one, other]))
    inside: Geometries = np.full(len(drawn), None, dtype=object)
    inside[used] = shapely.point_on_surface(drawn[used])
    over = shapely.contains(drawn[one], inside[other]) | shapely.contains(drawn[other], inside[one])
    many[member] |= over.reshape(near.shape).mean(axis=1) >= OVER_SHARE
    return np.asarray(many[of])


def overlapping_pairs(shapes: Geometries) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs of shapes that intersect, each once; those of a crowd with their nearest ones alone.

    For links that chain shapes to groups: what lies over dozens of others is chained to its
    nearest ones. Without a crowd the pairs are all.

    Parameters
    ----------
    shapes
        Valid polygons in a metric CRS, shape (n,).

    Examples
    --------
    >>> first, second = overlapping_pairs(shapely.box([0, 5, 20], 0, [10, 15, 30], 10))
    >>> first.tolist(), second.tolist()
    ([0], [1])
    """
    crowd = np.flatnonzero(crowded(shapes))
    others = np.setdiff1d(np.arange(len(shapes)), crowd)
    tree = shapely.STRtree(shapes[others])
    first, second = tree.query(shapes, predicate="intersects")
    second = others[second]
    member, near = _nearest(shapely.bounds(shapes[crowd]))
    one, other = crowd[np.repeat(member, near.shape[1])], crowd[near.ravel()]
    meets = shapely.intersects(shapes[one], shapes[other])
    first, second = np.append(first, one[meets]), np.append(second, other[meets])
    pairs = np.unique(np.sort(np.column_stack([first, second]), axis=1), axis=0)
    pairs = pairs[pairs[:, 0] < pairs[:, 1]]
    return pairs[:, 0], pairs[:, 1]


def apart(shapes: Geometries) -> NDArray[np.bool_]:
    """Tell which shapes are kept so that no two kept ones meet by their bounds: the first ones.

    Parameters
    ----------
    shapes
        Geometries of crowds, shape (n,). The pairs that are looked at are bounded by `MOST_PAIRS`
        times ``n``; later shapes are not kept.

    Examples
    --------
    >>> apart(shapely.box([0, 5, 20], 0, [10, 15, 30], 10)).tolist()
    [True, False, True]
    """
    kept, gone = np.zeros((2, len(shapes)), dtype=np.bool_)
    tree, left = shapely.STRtree(shapes), MOST_PAIRS * len(shapes)
    for n, shape in enumerate(shapes):
        if gone[n] or left <= 0:
            continue
        meets = tree.query(shape)
        left -= len(meets)
        gone[meets] = kept[n] = True
    return kept


def _nearest(bounds: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Every shape and the `CROWD` others, or all, whose middles are nearest; shape (n, 50)."""
    count = min(CROWD, len(bounds) - 1)
    if count < 1:
        return np.empty(0, dtype=np.intp), np.empty((0, 0), dtype=np.intp)
    middles = bounds[:, :2] + bounds[:, 2:]
    near = np.asarray(cKDTree(middles).query(middles, k=count + 1)[1])[:, 1:]
    return np.arange(len(bounds)), near


def _meeting(bounds: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Shapes whose bounds meet those of all their `CROWD` nearest ones, and these."""
    member = np.arange(len(bounds))
    near = np.empty((0, CROWD), dtype=np.intp)
    if len(bounds) <= CROWD:
        return member[:0], near
    west, south, east, north = bounds.T
    middles = np.column_stack([west + east, south + north])
    tree = cKDTree(middles)
    for count in (FEW, CROWD):
        near = np.asarray(tree.query(middles[member], k=count + 1)[1])[:, 1:]
        meets = (west[near] < east[member, None]) & (west[member, None] < east[near])
        meets &= (south[near] < north[member, None]) & (south[member, None] < north[near])
        member, near = member[meets.all(axis=1)], near[meets.all(axis=1)]
    return member, near
