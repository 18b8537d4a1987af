"""Every street that a plot opens on: one that faces two streets is left by the better one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from foncier.network.access import REACH_M, access_points, at_ground, faced
from foncier.network.landlocked import neighbours_land_m
from foncier.tables import ACCESS_POINTS

if TYPE_CHECKING:
    import geopandas as gpd

    from foncier.network.graph import Mode

FACED_M = 15.0  # half a wide street: beyond, a second street is the neighbour's
GATE_M = 3.0  # a car passes
DRAWN = ("parcelles", "piece", "batiment", "trace")  # a guessed outline faces no street for sure
SHUT_IN_M = 2.0  # less is the slack between the drawing of streets and of parcels


def doors(
    candidates: gpd.GeoDataFrame,
    streets: gpd.GeoDataFrame,
    parcels: gpd.GeoDataFrame | None = None,
    *,
    reach_m: float = REACH_M,
    faced_m: float = FACED_M,
    gate_m: float = GATE_M,
    shut_in_m: float = SHUT_IN_M,
    mode: Mode = "walk",
) -> gpd.GeoDataFrame:
    """Find all the accesses of each plot: the nearest street, and every other one that it faces.

    A plot faces a street within ``faced_m`` of it with ``gate_m`` of frontage; one whose outline
    is guessed (a disc) has its nearest street alone. With the parcels, a
    door that leads over ``shut_in_m`` of a neighbour's land is none, unless the plot has no other.

    Parameters
    ----------
    candidates, streets, reach_m
        As for `access_points`.
    parcels
        Table of the contract ``PARCELS``, or None: then no neighbour is known.
    mode
        Column that says which streets are open: ``walk`` or ``bike``.

    Returns
    -------
    Columns of the contract ``ACCESS_POINTS`` and ``over_m``, the metres of neighbours' land before
    the street (missing without parcels); several rows a plot, its main door first: the one of
    `access_points`, or where that one is shut in, the nearest that is not. Sorted by id.
    """
    main = access_points(candidates, streets, reach_m=reach_m, mode=mode)
    if main.empty:
        return main.assign(over_m=pd.Series(dtype="float64"))
    sites = candidates.sort_values("opportunity_id", ignore_index=True)
    known = at_ground(streets, mode)
    plot, street = shapely.STRtree(known.geometry.to_numpy()).query(
        sites.geometry.to_numpy(), predicate="dwithin", distance=faced_m
    )
    first = main.set_index("opportunity_id")["street_id"].reindex(sites["opportunity_id"])
    drawn = sites["perimeter"].isin(DRAWN).to_numpy()
    plot, street = plot[drawn[plot]], street[drawn[plot]]
    other = first.to_numpy(dtype=object)[plot] != known["street_id"].to_numpy(dtype=object)[street]
    more = faced(sites, known, plot[other], street[other])
    more = more[more["frontage_m"] >= gate_m]
    both = pd.concat([main.assign(main=True), more.assign(main=False)], ignore_index=True)
    both["over_m"] = np.nan
    if parcels is not None:
        both["over_m"] = neighbours_land_m(both, candidates, streets, parcels).to_numpy()
    shut = (both["over_m"] >= shut_in_m).to_numpy()
    free = (~both["over_m"].ge(shut_in_m)).groupby(both["opportunity_id"]).transform("any")
    both = both[~shut | (~free.to_numpy() & both["main"].to_numpy())]
    order = both.sort_values(
        ["opportunity_id", "main", "offset_m", "street_id"], ascending=[True, False, True, True]
    )
    return order[[*ACCESS_POINTS.names, "over_m"]].reset_index(drop=True)


def main_doors(found: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """First door of each plot, as a table of the contract ``ACCESS_POINTS``."""
    points: gpd.GeoDataFrame = ACCESS_POINTS.conform(found.drop_duplicates("opportunity_id"))
    return points
