"""Isolated groups of drawn streets, joined to the rest over public ground."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import minimum_spanning_tree

from foncier.network.graph import EPSILON_M, build_graph
from foncier.network.pairs import near_pairs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.network.graph import Floats, Geometries, Integers

ON_PARCELS_M = 0.5  # of a gap that may lie on parcels: outlines and axes are drawn to decimetres
BEFORE, AFTER = -1.0, 1.0  # an end is extended before the first vertex, or after the last


@dataclass(frozen=True)
class Bridges:
    """Ends that are extended to another group: part and side of the end, part and point there.

    ``unsearched`` are parts of which not all gaps were searched.
    """

    part: Integers
    side: Floats
    other: Integers
    target: Geometries
    gap_m: Floats
    unsearched: Integers


def bridge_islands(
    lines: Geometries, level: Integers, parcels: Geometries, *, most_m: float
) -> Bridges:
    """Find how isolated groups of streets join the others by their shortest gaps.

    The axis of a street of the cadastre stops at the public ground of the street that it meets. A
    gap is closed where no parcel lies in it: what no parcel covers is public ground. As few gaps as
    possible are closed, the shortest first.

    Parameters
    ----------
    lines, level
        Parts of streets, connected where they share a vertex, and their level, shape (n,).
    parcels
        Outlines of the parcels.
    most_m
        Largest gap, in metres.
    """
    group = groups(lines, level)
    end, other, unsearched = _near_groups(lines, group, most_m)
    ends = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])
    end_part = np.tile(np.arange(len(lines)), 2)
    same = level[end_part[end]] == level[other]
    end, other = end[same], other[same]
    target = shapely.line_interpolate_point(
        lines[other], shapely.line_locate_point(lines[other], ends[end])
    )
    gap = shapely.distance(ends[end], target)
    public = _on_public_ground(ends[end], target, parcels)
    end, other, target, gap = end[public], other[public], target[public], gap[public]
    best = _shortest(group[end_part[end]], group[other], gap)
    side = np.where(end < len(lines), BEFORE, AFTER)
    part = end_part[end][best]
    return Bridges(part, side[best], other[best], target[best], gap[best], end_part[unsearched])


def groups(lines: Geometries, level: Integers) -> Integers:
    """Connected group of each line, 0 the largest."""
    ids = [f"{n:09d}" for n in range(len(lines))]
    graph = build_graph(
        gpd.GeoDataFrame(
            {"street_id": ids, "level": level, "walk": np.ones(len(lines), dtype=bool)},
            geometry=lines,
        )
    )
    group = np.zeros(len(lines), dtype=np.int64)
    group[graph.street] = graph.component[graph.u]
    return group


def _near_groups(
    lines: Geometries, group: Integers, most_m: float
) -> tuple[Integers, Integers, Integers]:
    """Pairs of an end and a line of another group, one of them isolated, within a distance.

    The third array are ends of which not all pairs were searched.
    """
    ends = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])
    of_end = np.tile(group, 2)
    isolated_ends, isolated = np.flatnonzero(of_end > 0), np.flatnonzero(group > 0)
    if not len(isolated):
        none = np.empty(0, dtype=np.intp)
        return none, none, none
    away = near_pairs(ends[isolated_ends], lines, most_m)
    back = near_pairs(ends, lines[isolated], most_m)
    end = np.concatenate([isolated_ends[away.first], back.first])
    other = np.concatenate([away.second, isolated[back.second]])
    apart = of_end[end] != group[other]
    pairs = np.unique(np.stack([end[apart], other[apart]], axis=1), axis=0)
    left = [isolated_ends[away.searched :], np.arange(back.searched, len(ends))]
    return pairs[:, 0], pairs[:, 1], np.concatenate(left)


def _on_public_ground(
    ends: Geometries, targets: Geometries, parcels: Geometries
) -> NDArray[np.bool_]:
    """Tell the gaps that no parcel covers."""
    gaps = shapely.linestrings(
        np.stack([shapely.get_coordinates(ends), shapely.get_coordinates(targets)], axis=1)
    )
    gaps = np.atleast_1d(gaps) if len(ends) else np.empty(0, dtype=object)
    gap, parcel = shapely.STRtree(parcels).query(gaps, predicate="intersects")
    covered = np.zeros(len(gaps))
    np.add.at(covered, gap, shapely.length(shapely.intersection(gaps[gap], parcels[parcel])))
    public: NDArray[np.bool_] = covered <= ON_PARCELS_M
    return public


def _shortest(first: Integers, second: Integers, gap: Floats) -> Integers:
    """Positions of the gaps of the minimum spanning tree between the groups."""
    if not len(gap):
        return np.empty(0, dtype=np.intp)
    low, high = np.minimum(first, second), np.maximum(first, second)
    order = np.lexsort((gap, high, low))
    fresh = np.ones(len(order), dtype=bool)
    fresh[1:] = (low[order][1:] != low[order][:-1]) | (high[order][1:] != high[order][:-1])
    best = order[fresh]
    groups = int(high.max()) + 1
    matrix = csr_array((gap[best] + EPSILON_M, (low[best], high[best])), shape=(groups, groups))
    tree = minimum_spanning_tree(matrix).tocoo()
    kept = np.isin(low[best] * groups + high[best], tree.row.astype(np.int64) * groups + tree.col)
    return np.sort(best[kept])
