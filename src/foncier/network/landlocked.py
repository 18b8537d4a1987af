"""What lies between a plot and its street: a neighbour's land means no access of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    import geopandas as gpd

    from foncier.network.cutting import Floats, Geometries

AT_EDGE_M = 1e-3  # a way begins on the edge of its plot, which may be the edge of a parcel too


def crossed_m(
    points: Geometries, ways: Geometries, own: Geometries, parcels: gpd.GeoDataFrame
) -> Floats:
    """Length of the way from each point to its street over parcels that are not its own land.

    Public ways lie outside the parcels of the cadastre; where one is drawn as a parcel, the length
    is overestimated, so the figure is a warning and not a proof.

    Parameters
    ----------
    points, ways, own
        Access points, the street of each and the plot of each, shape (n,).
    parcels
        Table of the contract ``PARCELS``, in the same metric CRS.

    Returns
    -------
    Metres, shape (n,); 0 where nothing lies between.

    Examples
    --------
    >>> import geopandas as gpd
    >>> plot, front = shapely.box(0, 20, 20, 40), shapely.box(0, 0, 20, 20)
    >>> street = shapely.LineString([(0, -5), (20, -5)])
    >>> land = gpd.GeoDataFrame(geometry=[plot, front])
    >>> at = np.array([shapely.Point(10, 20)])
    >>> crossed_m(at, np.array([street]), np.array([plot]), land).tolist()
    [20.0]
    """
    # Few ways meet a parcel beyond their own end: from the others no own land is taken off.
    lines, plots = shapely.shortest_line(points, ways), parcels.geometry.to_numpy()
    # The index of the parcels is kept with them: a million are not sorted out again for each mode.
    beyond = _beyond_the_edge(lines)
    line, plot = parcels.sindex.query(beyond)
    met = np.unique(line[shapely.intersects(beyond[line], plots[plot])])
    between = shapely.difference(lines[met], own[met])
    line, plot = parcels.sindex.query(between, predicate="intersects")
    crossed = shapely.length(shapely.intersection(between[line], plots[plot]))
    total = np.zeros(len(lines))
    total[met] = np.bincount(line, weights=crossed, minlength=len(met))
    return total


def _beyond_the_edge(lines: Geometries) -> Geometries:
    """Straight lines without the first millimetre that lies at the edge of the plot."""
    ends = shapely.get_coordinates(lines).reshape(-1, 2, 2)
    step = ends[:, 1] - ends[:, 0]
    length = np.maximum(np.hypot(*step.T), AT_EDGE_M)
    ends[:, 0] += step * (AT_EDGE_M / length)[:, None]
    beyond: Geometries = shapely.linestrings(ends)
    return beyond
