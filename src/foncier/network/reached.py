"""How far one comes from each site: the effort from its doors to every node, site by site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from foncier.network.arcs import EPSILON_M
from foncier.network.splitting import check_crs, enter, split

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd

    from foncier.network.cutting import Floats, Geometries, Integers
    from foncier.network.graph import Graph
    from foncier.network.splitting import Split

AT_ONCE = 64  # sites whose effort to every node is held in memory together


@dataclass(frozen=True)
class Start:
    """Sites on the network: their ids, the graph cut at their doors, and one more node a site."""

    ids: Geometries
    parted: Split
    matrix: csr_array

    def fields(self, within_m: float) -> Iterator[tuple[Integers, Floats]]:
        """Sites (as positions of ``ids``) and their effort to each node, a few sites at a time.

        Effort is in metres of flat way, infinite beyond ``within_m``.
        """
        nodes = len(self.parted.graph.x)
        for first in range(0, len(self.ids), AT_ONCE):
            site = np.arange(first, min(first + AT_ONCE, len(self.ids)))
            effort = dijkstra(self.matrix, directed=True, indices=site + nodes, limit=within_m)
            yield site, effort[:, :nodes]


def start(doors: gpd.GeoDataFrame, graph: Graph) -> Start:
    """Put sites on the network by their doors; those whose street the graph lacks are left out.

    Parameters
    ----------
    doors
        Columns of the contract ``ACCESS_POINTS``; a site may have several.
    graph
        The streets, in the same CRS.

    Raises
    ------
    CrsError
        The doors are not in the CRS of the streets.
    """
    check_crs(graph, doors.crs, what="access_points")
    ordered = doors.sort_values(["opportunity_id", "street_id"], ignore_index=True)
    spots = enter(graph, ordered.geometry.to_numpy(), ordered["street_id"].to_numpy(dtype=object))
    parted = split(graph, spots)
    known = np.flatnonzero(spots.known)
    ids, site = np.unique(
        ordered["opportunity_id"].to_numpy(dtype=object)[known], return_inverse=True
    )
    node, effort = parted.node[known], np.maximum(spots.offset_m[known], EPSILON_M)
    # Two doors at one place: scipy would add them.
    order = np.lexsort((effort, node, site))
    fresh = np.ones(len(order), dtype=bool)
    fresh[1:] = (np.diff(site[order]) != 0) | (np.diff(node[order]) != 0)
    first = order[fresh]
    arcs = parted.graph.arcs
    size = arcs.nodes + len(ids)
    rows = np.concatenate([arcs.start, site[first] + arcs.nodes])
    columns = np.concatenate([arcs.end, node[first]])
    weights = np.concatenate([arcs.effort_m, effort[first]])
    return Start(ids, parted, csr_array((weights, (rows, columns)), shape=(size, size)))
