"""Warnings that need all candidates and their access."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from foncier import schemas
from foncier.detect.warnings import append_warnings
from foncier.i18n import Localized, label, localized

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from foncier import detect

FAR_M = 1000.0  # no place in France is that far from a street: the layer ends before
PLOTS = ("parcelles", "piece")
SHUT_IN_M = 2.0  # less may be the inaccuracy of streets and parcels


def in_a_friche(candidates: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Warn on plots and buildings on the parcels of a friche: the same land is listed twice."""
    sites = candidates.loc[candidates["kind"] == "friche"].set_index("opportunity_id")
    listed = sites["parcel_ids"].dropna().str.split("|").explode()
    holder = pd.Series(listed.index, index=listed.to_numpy())
    friche = candidates["parcel_ids"].map(holder[~holder.index.duplicated()])
    on_friche = (candidates["kind"] != "friche") & friche.notna()
    warnings = [
        [localized("pipeline.warnings.on_friche", friche=site)] if flagged else []
        for site, flagged in zip(friche, on_friche, strict=True)
    ]
    return _add_warnings(candidates, warnings)


def outside_street_coverage(
    candidates: gpd.GeoDataFrame, entrances: gpd.GeoDataFrame | None, context: detect.SpatialContext
) -> NDArray[np.bool_]:
    """Tell which sites the layer of streets does not cover.

    They have no entrance, and no street within 1 km or none in their whole commune. All False
    without streets: the layer itself is then reported missing.
    """
    outside = np.zeros(len(candidates), dtype=np.bool_)
    if entrances is None or context.streets is None or candidates.empty:
        return outside
    no_entrance = np.flatnonzero(~candidates["opportunity_id"].isin(entrances["opportunity_id"]))
    plots = candidates.geometry.to_numpy()[no_entrance]
    near = context.streets.sindex.nearest(plots, max_distance=FAR_M, return_all=False)[0]
    outside[no_entrance] = ~context.covers("streets", candidates["commune"].iloc[no_entrance])
    outside[np.delete(no_entrance, near)] = True
    return outside


def landlocked(
    candidates: gpd.GeoDataFrame,
    entrances: gpd.GeoDataFrame | None,
    outside: NDArray[np.bool_],
) -> gpd.GeoDataFrame:
    """Warn on plots that no street is near to, or only across a neighbour's land.

    ``entrances`` are those of `network.entrances`, None without streets: nothing is known then, nor
    of the sites ``outside`` of the layer (`outside_street_coverage`). Without parcels, a
    neighbour's land is unknown.
    """
    if entrances is None or candidates.empty:
        return candidates
    ids = candidates["opportunity_id"]
    main = entrances.drop_duplicates("opportunity_id").set_index("opportunity_id")
    no_street = label("pipeline.warnings.no_street")
    warnings = [[] if near else [no_street] for near in ids.isin(main.index) | outside]
    if main["over_m"].notna().any():
        # A building is on its own plot: only plots can be landlocked.
        metres = ids.map(main["over_m"]).where(candidates["perimeter"].isin(PLOTS)).fillna(0.0)
        warnings = [
            [localized("pipeline.warnings.landlocked", metres=round(m))]
            if m >= SHUT_IN_M
            else words
            for m, words in zip(metres, warnings, strict=True)
        ]
    return _add_warnings(candidates, warnings)


def _add_warnings(
    candidates: gpd.GeoDataFrame, warnings: list[list[Localized]]
) -> gpd.GeoDataFrame:
    """Add warnings after those that the candidates have."""
    table: gpd.GeoDataFrame = schemas.CANDIDATES.conform(
        candidates.assign(**append_warnings(candidates, warnings))
    )
    return table
