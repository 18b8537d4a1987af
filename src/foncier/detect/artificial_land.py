"""Share of each site that is artificialised already, by the state's own measure (OCS GE)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from foncier.detect.context import shapes
from foncier.geometry import covered_area_m2

if TYPE_CHECKING:
    import geopandas as gpd

LEAST_KNOWN = 0.99  # of a site that the file covers: below, its share is unknown


def artificialised_share(
    sites: gpd.GeoDataFrame, land: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame:
    """Sites with ``artificialised_share``, 0 to 1.

    Parameters
    ----------
    sites
        Table of the schema ``CANDIDATES``, legal metric CRS.
    land
        Table of the schema ``ARTIFICIAL_LAND``, same CRS; None when the study has none.

    Returns
    -------
    The share is missing without the layer, and where the layer covers less than 99 % of the site:
    beyond the limit of a département nothing says that land is not artificialised.

    Examples
    --------
    >>> import geopandas as gpd
    >>> sites = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 10, 10), shapely.box(50, 0, 60, 10)])
    >>> land = gpd.GeoDataFrame(
    ...     {"artificialised": [True, False]},
    ...     geometry=[shapely.box(0, 0, 4, 10), shapely.box(4, 0, 20, 10)],
    ... )
    >>> artificialised_share(sites, land)["artificialised_share"].tolist()
    [0.4, nan]
    """
    if land is None or not len(sites):
        return sites
    plots, pieces = shapes(sites), shapes(land)
    artificial = land["artificialised"].to_numpy(dtype=bool)
    known = covered_area_m2(plots, pieces)
    covered = known >= LEAST_KNOWN * shapely.area(plots)
    share = np.full(len(plots), np.nan)
    part = covered_area_m2(plots, pieces[artificial])
    np.divide(part, known, out=share, where=covered & (known > 0))
    return sites.assign(artificialised_share=np.minimum(share, 1.0))
