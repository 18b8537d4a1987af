"""The loop as a tour of waypoints over the streets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse.csgraph import dijkstra

from foncier.errors import ContractError
from foncier.network.arcs import way
from foncier.network.fields import SNAP_M
from foncier.network.routes import joined, trace
from foncier.network.splitting import check_crs, snap, split

if TYPE_CHECKING:
    import geopandas as gpd

    from foncier.network.cutting import Floats, Geometries, Integers
    from foncier.network.graph import Graph


def tour(
    waypoints: gpd.GeoDataFrame, graph: Graph, *, closed: bool = True, snap_m: float = SNAP_M
) -> shapely.LineString:
    """Link ordered waypoints by the shortest ways over the streets.

    Parameters
    ----------
    waypoints
        Columns ``order``, ``name`` and a point, in the CRS of the streets; at least two.
    graph
        The streets.
    closed
        Come back from the last waypoint to the first.
    snap_m
        A waypoint farther than this from any street is refused, in metres.

    Returns
    -------
    A line that follows the streets, from waypoint to waypoint. A study line, not a survey: the
    path of the loop is not published (METHODS §2).

    Raises
    ------
    ContractError
        Fewer than two waypoints, one far from any street, or no way between two of them.
    """
    check_crs(graph, waypoints.crs, what="stops")
    stops = waypoints.sort_values("order", kind="stable", ignore_index=True)
    if len(stops) < 2:
        raise ContractError(
            f"boucle : {len(stops)} étape(s), il en faut au moins deux. Ajoutez des étapes."
        )
    names = [
        f"étape {number} « {name} »"
        for number, name in zip(stops["order"], stops["name"], strict=True)
    ]
    points = stops.geometry.to_numpy()
    spots = snap(graph, points, within_m=snap_m)
    _check_near(graph, points, names, spots.known, snap_m)
    parted = split(graph, spots)
    node = np.append(parted.node, parted.node[:1]) if closed else parted.node
    xy = joined(_legs(parted.graph, node, [*names, names[0]]))
    if len(xy) < 2:
        raise ContractError(
            "boucle : toutes les étapes sont au même endroit du réseau. Écartez-les."
        )
    return shapely.LineString(xy)


def _check_near(
    graph: Graph,
    points: Geometries,
    names: list[str],
    known: np.ndarray[tuple[int], np.dtype[np.bool_]],
    snap_m: float,
) -> None:
    if known.all():
        return
    far = int(np.flatnonzero(~known)[0])
    distance = shapely.distance(points[far], graph.lines).min(initial=np.inf)
    found = f"à {distance:.0f} m de la rue la plus proche" if np.isfinite(distance) else "sans rue"
    raise ContractError(
        f"boucle, {names[far]} : {found}, il faut {snap_m:.0f} m au plus. "
        "Déplacez cette étape sur une rue, ou ajoutez à la couche des voies celle qui manque."
    )


def _legs(graph: Graph, node: Integers, names: list[str]) -> list[Floats]:
    """Vertices of the way from each stop to the next."""
    starts, row = np.unique(node[:-1], return_inverse=True)
    distance, before = dijkstra(graph.arcs.matrix(), indices=starts, return_predecessors=True)
    legs = []
    for leg, (tree, end) in enumerate(zip(row, node[1:], strict=True)):
        if not np.isfinite(distance[tree, end]):
            raise ContractError(
                f"boucle : aucune rue ouverte aux piétons ne relie {names[leg]} à "
                f"{names[leg + 1]}. Déplacez l'une des deux, ou ajoutez la rue qui manque."
            )
        legs.append(trace(graph, way(before[tree], int(end))[::-1]))
    return legs
