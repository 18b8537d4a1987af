"""Fabric classes: how densely built it is around a building or a plot, by clusters of buildings."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from foncier.geometry import boxes_within, nearest_members, which_hold
from foncier.i18n import Localized

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.geometry import Geometries
    from foncier.model import Fabric

CLASSES = ("dense", "groupee", "diffuse", "isolee")
WORDS = {
    "dense": Localized("tissu dense", "dense fabric"),
    "groupee": Localized("tissu groupé", "grouped fabric"),
    "diffuse": Localized("tissu diffus", "scattered fabric"),
    "isolee": Localized("bâti isolé", "isolated buildings"),
}
DENSE, GROUPED, DIFFUSE, ISOLATED = range(4)
FIRST_M = 5.0  # settles most buildings of a town before the wider, costlier looks
WIDEST_BUILDING_M = 60.0  # longer buildings only lengthen a chain of clusters, and are rare


def radius_m(cut: Fabric) -> float:
    """Farthest that a building can lie from a plot and still change the plot's class.

    A class is settled by ``many`` buildings at most, each within two buffers of the next.
    """
    chain = max(cut.few * 2 * cut.far_m, cut.many * 2 * cut.middle_m)
    return cut.far_m + chain + cut.many * WIDEST_BUILDING_M


def building_classes(footprints: Geometries, cut: Fabric) -> NDArray[np.intp]:
    """Fabric class of each building, as a position in `CLASSES`; too small ones are ignored.

    Two buildings are in one cluster of buffers of d metres when they are 2·d apart or less, so no
    buffer is drawn: pairs within that distance are linked, and clusters are what hangs together.
    A cluster that has reached the largest count that matters is not looked at any farther, which
    keeps the cost linear in the number of buildings.

    Parameters
    ----------
    footprints
        Polygons, shape (n,), in a metric CRS.
    cut
        Figures of the classes.

    Returns
    -------
    Shape (n,); -1 for a building smaller than ``cut.least_m2``.
    """
    found = np.full(len(footprints), -1, dtype=np.intp)
    counted = np.flatnonzero(shapely.area(footprints) >= cut.least_m2)
    if not len(counted):
        return found
    near, middle, far = cluster_sizes(
        footprints[counted],
        (2 * cut.near_m, 2 * cut.middle_m, 2 * cut.far_m),
        enough=max(cut.few, cut.many, cut.close_few + 1),
    )
    kind = np.where(near <= cut.close_few, GROUPED, DENSE)
    kind[middle < cut.many] = GROUPED
    kind[middle < cut.few] = DIFFUSE
    kind[far < cut.few] = ISOLATED
    found[counted] = kind
    return found


def cluster_sizes(
    shapes: Geometries, distances_m: tuple[float, ...], *, enough: int
) -> list[NDArray[np.intp]]:
    """Count the members of the cluster of each shape, for each distance, in growing order.

    Returns
    -------
    One array of shape (n,) a distance; a count of ``enough`` or more may be too low.

    Examples
    --------
    >>> row = shapely.box([0, 8, 40], 0, [5, 13, 45], 5)
    >>> [sizes.tolist() for sizes in cluster_sizes(row, (5.0, 30.0), enough=9)]
    [[2, 2, 1], [3, 3, 3]]
    """
    tree = shapely.STRtree(shapes)
    links = np.empty((2, 0), dtype=np.intp)
    loose, found = np.arange(len(shapes)), []
    for distance in (min(FIRST_M, *distances_m), *distances_m):
        pairs = np.array(boxes_within(shapes[loose], tree, distance))
        pairs[0] = loose[pairs[0]]
        pairs = pairs[:, (pairs[0] < pairs[1]) | ~np.isin(pairs[1], loose)]  # each pair once
        within = partial(shapely.dwithin, distance=distance)
        near = which_hold(within, shapes, pairs[0], shapes[pairs[1]])
        links = np.concatenate([links, pairs[:, near]], axis=1)
        size = _sizes(links, len(shapes))
        loose = np.flatnonzero(size < enough)
        found.append(size)
    return found[1:]


def _sizes(links: NDArray[np.intp], count: int) -> NDArray[np.intp]:
    graph = coo_matrix((np.ones(links.shape[1], dtype=bool), tuple(links)), shape=(count, count))
    label = connected_components(graph, directed=False)[1]
    return np.asarray(np.bincount(label)[label], dtype=np.intp)


def plot_classes(
    plots: Geometries, buildings: shapely.STRtree, classes: NDArray[np.intp], cut: Fabric
) -> NDArray[np.intp]:
    """Class of each plot: that of the nearest building, the densest of those equally near.

    ``buildings`` are those that have one of the ``classes``.
    A plot that no building comes near (``cut.far_m``) is isolated.
    """
    found = np.full(len(plots), ISOLATED, dtype=np.intp)
    if not len(classes) or not len(plots):
        return found
    plot, building, _ = nearest_members(buildings, plots, cut.far_m, all_matches=True)
    best = np.full(len(plots), ISOLATED + 1, dtype=np.intp)
    np.minimum.at(best, plot, classes[building])
    near = best <= ISOLATED
    found[near] = best[near]
    return found
