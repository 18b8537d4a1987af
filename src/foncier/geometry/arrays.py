"""Arrays of geometries: polygonal parts, unions by owner, pairs of near geometries."""

from __future__ import annotations

from functools import partial
from typing import Any, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray

from foncier.geometry.parallel import in_threads, predicate_holds, query_tree

Geometries = NDArray[np.object_]
Floats = NDArray[np.float64]
Covers: TypeAlias = Geometries | shapely.STRtree  # an existing index saves a new one
POLYGONAL = (3, 6)  # GEOS type ids of Polygon and MultiPolygon
COLLECTION = 7
FEW_POINTS = 30  # all of whose pairs are as soon compared
FEW = 4  # with so many times fewer covers than plots, the covers query the plots


def polygons_only(values: Any) -> Geometries:
    """Keep the polygonal part of each geometry, made valid.

    Parameters
    ----------
    values
        Any geometries, shape (n,).

    Returns
    -------
    Valid polygons or multipolygons, shape (n,); None where no part has an area.

    Examples
    --------
    >>> import shapely
    >>> bow_tie = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    >>> shapely.area(polygons_only([bow_tie, shapely.Point(0, 0)])[:1])
    array([2.])
    """
    polygons: Geometries = np.array(shapely.make_valid(np.asarray(values, dtype=object)))
    kinds = shapely.get_type_id(polygons)
    for i in np.flatnonzero(kinds == COLLECTION):
        parts = shapely.get_parts(polygons[i])
        parts = parts[np.isin(shapely.get_type_id(parts), POLYGONAL)]
        polygons[i] = shapely.union_all(parts) if len(parts) else None
    lost = ~np.isin(shapely.get_type_id(polygons), POLYGONAL) | shapely.is_empty(polygons)
    polygons[lost] = None
    return polygons


def unions_by(owner: NDArray[np.intp], shapes: Geometries) -> tuple[NDArray[np.intp], Geometries]:
    """Union of the shapes of each owner: the owners in order, and one geometry for each."""
    order = np.argsort(owner, kind="stable")
    owners, starts = np.unique(owner[order], return_index=True)
    count = np.diff(starts, append=len(order))
    place = np.repeat(np.arange(len(owners)), count)
    groups = shapely.geometrycollections(shapes[order], indices=place)
    return owners, in_threads(partial(shapely.union_all, axis=1), groups[:, None])


def distinct(shapes: Geometries) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Position of the first of each set of identical shapes, and the set of each shape.

    The positions are in order. Pairs of identical shapes are as many as their square: what is
    computed by pairs is computed for the first of each set alone.

    Examples
    --------
    >>> lot, other = shapely.box(0, 0, 1, 1), shapely.box(5, 0, 6, 1)
    >>> first, of = distinct(np.array([lot, other, lot]))
    >>> first.tolist(), of.tolist()
    ([0, 1], [0, 1, 0])
    """
    wkb = np.asarray(shapely.to_wkb(shapes), dtype=object)
    seen: dict[Any, int] = {}
    of = np.array([seen.setdefault(one, len(seen)) for one in wkb], dtype=np.intp)
    return np.asarray(np.unique(of, return_index=True)[1], dtype=np.intp), of


def neighbours(xy: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs of distinct points that hold the shortest links between any two sets of them.

    All pairs of a few points; else the edges of a Delaunay triangulation, at most three a point:
    points that are chained by links up to a length are chained by such edges too.

    Parameters
    ----------
    xy
        Distinct points, shape (n, 2).
    """
    if len(xy) <= FEW_POINTS:
        return np.triu_indices(len(xy), 1)
    from scipy.spatial import Delaunay, QhullError  # noqa: PLC0415 (slow to import)

    try:
        mesh = Delaunay(xy - xy.mean(axis=0))
    except QhullError:  # on one line
        along = np.linalg.svd(xy - xy.mean(axis=0), full_matrices=False)[2][0]
        order = np.argsort(xy @ along, kind="stable")
        return np.asarray(order[:-1]), np.asarray(order[1:])
    corners = mesh.simplices
    beside = mesh.coplanar[:, [0, 2]]  # too near to a corner to be one
    edges = np.concatenate([corners[:, :2], corners[:, 1:], corners[:, [2, 0]], beside])
    edges = np.unique(np.sort(edges, axis=1), axis=0)
    return np.asarray(edges[:, 0], dtype=np.intp), np.asarray(edges[:, 1], dtype=np.intp)


def boxes_within(
    shapes: Geometries, tree: shapely.STRtree, distance_m: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs (shape, member of the tree) whose bounds, grown by a distance, intersect; in order."""
    west, south, east, north = shapely.bounds(shapes).T
    far = distance_m
    return in_order(
        *query_tree(tree, shapely.box(west - far, south - far, east + far, north + far))
    )


def in_order(one: Any, other: Any) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs by their first, then their second member.

    The order of a query depends on all geometries of the index. Sums and unions must not, so that
    a tile gives the same figures as the whole map.
    """
    order = np.lexsort((other, one))
    return np.asarray(one[order], dtype=np.intp), np.asarray(other[order], dtype=np.intp)


def pairs_within(
    shapes: Geometries, tree: shapely.STRtree, distance_m: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs (shape, member of the tree) no farther apart than a distance.

    The same pairs as ``tree.query(shapes, "dwithin")``, which prepares each shape: for plots and
    buildings of a few corners that takes five times as long.

    Examples
    --------
    >>> row = shapely.box([0, 8, 40], 0, [5, 13, 45], 5)
    >>> one, other = pairs_within(row[:1], shapely.STRtree(row), 3.0)
    >>> other.tolist()
    [0, 1]
    """
    one, other = boxes_within(shapes, tree, distance_m)
    within = partial(shapely.dwithin, distance=distance_m)
    near = predicate_holds(within, shapes, one, tree.geometries[other])
    return one[near], other[near]


def indexed(covers: Covers) -> shapely.STRtree:
    """Index of the covers: the existing one, else a new one."""
    return covers if isinstance(covers, shapely.STRtree) else shapely.STRtree(covers)


def shapes_of(covers: Covers) -> Geometries:
    """Outlines of the covers."""
    outlines: Geometries = covers.geometries if isinstance(covers, shapely.STRtree) else covers
    return outlines


def intersecting_pairs(
    plots: Geometries, covers: Covers
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs (plot, cover) that intersect, in order; the fewer query the more numerous."""
    if FEW * len(covers) < len(plots):
        cover, plot = query_tree(shapely.STRtree(plots), shapes_of(covers), "intersects")
    else:
        plot, cover = query_tree(indexed(covers), plots, "intersects")
    return in_order(plot, cover)


def expand(sizes: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Item of each of its parts, and the rank of the part in the item.

    Examples
    --------
    >>> expand(np.array([2, 0, 3]))
    (array([0, 0, 2, 2, 2]), array([0, 1, 0, 1, 2]))
    """
    item = np.repeat(np.arange(len(sizes)), sizes)
    return item, np.arange(len(item)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
