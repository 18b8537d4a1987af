"""Signs that name the site they speak of: verdicts of visits to a former result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import geopandas as gpd

SAID = ["opportunity_id", "signal", "detail", "source", "observed_on"]
# What a sign carried by its place would say besides: this one speaks of the whole site.
WHOLE = {"distance_m": np.nan, "share": np.nan, "part": 1.0, "active": 0, "known": 0}


def named(observations: gpd.GeoDataFrame | None, ids: Any) -> pd.DataFrame:
    """Signs on sites that bear the id of one of these opportunities, wherever they lie.

    Such a sign makes no site of its own: « occupé » on a site that is no longer listed is silent.

    Parameters
    ----------
    observations
        OBSERVATIONS, or None.
    ids
        Opportunities of this run.

    Returns
    -------
    Columns of `foncier.detect.belief.weighed`: the site, the signal, its detail, source and date.
    """
    if observations is None or observations.empty:
        return pd.DataFrame(columns=[*SAID, *WHOLE])
    own = (observations["subject"] == "site") & observations["opportunity_id"].isin(list(ids))
    rows: pd.DataFrame = pd.DataFrame(observations.loc[own.to_numpy(dtype=bool), SAID])
    return rows.reset_index(drop=True).assign(**WHOLE)
