"""What lies between a plot and its street: a neighbour's land means no access of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    import geopandas as gpd

    from foncier.network.cutting import Floats, Geometries

AT_EDGE_M = 1e-3  # a way begins on the edge of its plot, which may be the edge of a parcel too


def neighbours_land_m(
    access_points: gpd.GeoDataFrame,
    candidates: gpd.GeoDataFrame,
    streets: gpd.GeoDataFrame,
    parcels: gpd.GeoDataFrame,
) -> pd.Series[float]:
    """Length of the way from each access point to its street that crosses other parcels.

    Public ways lie outside the parcels of the cadastre; where one is drawn as a parcel, the length
    is overestimated, so the figure is a warning and not a proof.

    Parameters
    ----------
    access_points, candidates, streets, parcels
        Tables of the contracts of these names, in one CRS.

    Returns
    -------
    Metres, by ``opportunity_id`` of the access points; 0 where nothing lies between.

    Examples
    --------
    >>> import geopandas as gpd
    >>> plot, front = shapely.box(0, 20, 20, 40), shapely.box(0, 0, 20, 20)
    >>> street = gpd.GeoDataFrame({"street_id": ["s"]},
    ...                           geometry=[shapely.LineString([(0, -5), (20, -5)])])
    >>> access = gpd.GeoDataFrame({"opportunity_id": ["a"], "street_id": ["s"]},
    ...                           geometry=[shapely.Point(10, 20)])
    >>> site = gpd.GeoDataFrame({"opportunity_id": ["a"]}, geometry=[plot])
    >>> neighbours_land_m(access, site, street, gpd.GeoDataFrame(geometry=[plot, front]))["a"]
    np.float64(20.0)
    """
    ids = access_points["opportunity_id"]
    ways = streets.set_index("street_id").geometry.loc[access_points["street_id"]].to_numpy()
    own = candidates.set_index("opportunity_id").geometry.loc[ids].to_numpy()
    metres = crossed_m(access_points.geometry.to_numpy(), ways, own, parcels)
    return pd.Series(metres, index=pd.Index(ids, name="opportunity_id"))


def crossed_m(
    points: Geometries, ways: Geometries, own: Geometries, parcels: gpd.GeoDataFrame
) -> Floats:
    """Length of the way from each point to its street over parcels that are not its own land.

    Few ways meet a parcel beyond their own end: the others cross nothing, and their own land is
    not taken off them.
    """
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
