"""Urban fabric: classes of buildings and plots by clusters of buildings, and dwelling capacity."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from foncier.geometry import boxes_within, nearest_members, predicate_holds
from foncier.i18n import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from foncier.geometry import Floats, Geometries
    from foncier.model import DwellingCapacity, Fabric

CLASSES = ("dense", "groupee", "diffuse", "isolee")
WORDS = tuple(Message(f"detect.fabric.{name}") for name in CLASSES)
DENSE, GROUPED, DIFFUSE, ISOLATED = range(4)
FIRST_M = 5.0  # decides most buildings of a town before the larger, slower distances
AREAS_M = 95.0  # 45 m around a building and a hole of 2 500 m² (`foncier.detect.built_areas`)
ROUNDING_M = 1e-6  # coordinates of a map that is turned
WIDEST_BUILDING_M = 60.0  # longer buildings only lengthen a chain of clusters, and are rare


def radius_m(params: Fabric) -> float:
    """Farthest that a building can lie from a plot and still change the plot's class.

    At most ``many`` buildings decide a class, each within two buffers of the next.
    """
    chain = max(params.few * 2 * params.far_m, params.many * 2 * params.middle_m)
    around = AREAS_M if params.majority else params.far_m
    return around + chain + params.many * WIDEST_BUILDING_M


def building_classes(footprints: Geometries, params: Fabric) -> NDArray[np.intp]:
    """Fabric class of each building, as a position in `CLASSES`; too small ones are ignored.

    Two buildings are in one cluster of buffers of d metres when they are at most 2·d apart, so no
    buffer is drawn: pairs within that distance are linked, and clusters are connected components.
    A cluster that has the largest count that matters is not extended, which keeps the cost linear
    in the number of buildings.

    Parameters
    ----------
    footprints
        Polygons, shape (n,), in a metric CRS.
    params
        Parameters of the classes.

    Returns
    -------
    Shape (n,); -1 for a building smaller than ``params.least_m2``.
    """
    classes = np.full(len(footprints), -1, dtype=np.intp)
    counted = np.flatnonzero(shapely.area(footprints) >= params.least_m2)
    if not len(counted):
        return classes
    near, middle, far = cluster_sizes(
        footprints[counted],
        (2 * params.near_m, 2 * params.middle_m, 2 * params.far_m),
        enough=max(params.few, params.many, params.close_few + 1),
    )
    kind = np.where(near <= params.close_few, GROUPED, DENSE)
    kind[middle < params.many] = GROUPED
    kind[middle < params.few] = DIFFUSE
    kind[far < params.few] = ISOLATED
    classes[counted] = kind
    return classes


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
    open_, counts = np.arange(len(shapes)), []
    for distance in (min(FIRST_M, *distances_m), *distances_m):
        pairs = np.array(boxes_within(shapes[open_], tree, distance))
        pairs[0] = open_[pairs[0]]
        pairs = pairs[:, (pairs[0] < pairs[1]) | ~np.isin(pairs[1], open_)]  # each pair once
        within = partial(shapely.dwithin, distance=distance + ROUNDING_M)
        near = predicate_holds(within, shapes, pairs[0], shapes[pairs[1]])
        links = np.concatenate([links, pairs[:, near]], axis=1)
        size = _sizes(links, len(shapes))
        open_ = np.flatnonzero(size < enough)
        counts.append(size)
    return counts[1:]


def _sizes(links: NDArray[np.intp], count: int) -> NDArray[np.intp]:
    graph = coo_matrix((np.ones(links.shape[1], dtype=bool), tuple(links)), shape=(count, count))
    label = connected_components(graph, directed=False)[1]
    return np.asarray(np.bincount(label)[label], dtype=np.intp)


def plot_classes(
    plots: Geometries, buildings: shapely.STRtree, classes: NDArray[np.intp], params: Fabric
) -> NDArray[np.intp]:
    """Class of each plot: that of the nearest building, the densest of those equally near.

    ``buildings`` is the index of the buildings that have one of the ``classes``. A plot without a
    building within ``params.far_m`` is isolated.
    """
    plot_class = np.full(len(plots), ISOLATED, dtype=np.intp)
    if not len(classes) or not len(plots):
        return plot_class
    plot, building, _ = nearest_members(buildings, plots, params.far_m, all_matches=True)
    best = np.full(len(plots), ISOLATED + 1, dtype=np.intp)
    np.minimum.at(best, plot, classes[building])
    near = best <= ISOLATED
    plot_class[near] = best[near]
    return plot_class


def dwellings(
    usable_m2: Floats, fabric: NDArray[np.intp], capacity: DwellingCapacity | None
) -> tuple[Floats, Floats]:
    """Low and high number of dwellings, by the capacity of a rule set.

    Parameters
    ----------
    usable_m2
        Area that can be built on, shape (n,).
    fabric
        Fabric class of each plot, as a position in `CLASSES`.
    capacity
        None where the rule set has none: both numbers are unknown.

    Returns
    -------
    Whole numbers as floats, shape (n,); NaN where unknown.

    Examples
    --------
    >>> from foncier.model import DwellingCapacity
    >>> each = dict.fromkeys(CLASSES, 300.0)
    >>> capacity = DwellingCapacity(each, dict.fromkeys(CLASSES, 4.0), {}, "QGIS Foncier")
    >>> [n.tolist() for n in dwellings(np.array([650.0]), np.array([0]), capacity)]
    [[2.0], [8.0]]
    """
    if capacity is None:
        return np.full(len(usable_m2), np.nan), np.full(len(usable_m2), np.nan)
    low = np.floor(usable_m2 / _by_class(capacity.low_m2)[fabric])
    if capacity.high_m2:
        return low, np.floor(usable_m2 / _by_class(capacity.high_m2)[fabric])
    return low, low * _by_class(capacity.factor)[fabric]


def _by_class(values: Mapping[str, float]) -> Floats:
    return np.array([float(values[name]) for name in CLASSES])
