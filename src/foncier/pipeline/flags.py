"""Points to watch that only show once all candidates and their access are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from foncier import network, tables
from foncier.wording import figure

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd

    from foncier.pipeline.layers import Layers

SHUT_IN_M = 2.0  # less is the slack between the drawing of streets and of parcels


def in_a_friche(candidates: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Flag plots and buildings on the parcels of a friche: the same land is listed twice."""
    sites = candidates.loc[candidates["kind"] == "friche", ["opportunity_id", "parcel_ids"]]
    listed = sites.dropna().assign(parcel=lambda t: t["parcel_ids"].str.split("|"))
    holder = listed.explode("parcel").drop_duplicates("parcel").set_index("parcel")
    found = candidates["parcel_ids"].map(holder["opportunity_id"])
    other = (candidates["kind"] != "friche") & found.notna()
    return _with(candidates, np.where(other, "terrain de la friche " + found.astype(str), ""))


def landlocked(
    candidates: gpd.GeoDataFrame, points: gpd.GeoDataFrame, layers: Layers
) -> gpd.GeoDataFrame:
    """Flag the plots that no street comes near, or only behind a neighbour's land.

    Without streets nothing is known; without parcels a neighbour's land is not.
    """
    streets, parcels = layers.get("streets"), layers.get("parcels")
    if streets is None or candidates.empty:
        return candidates
    ids = candidates["opportunity_id"]
    told = np.where(ids.isin(points["opportunity_id"]), "", "aucune rue à moins de 60 m")
    if parcels is not None and len(points):
        crossed = network.neighbours_land_m(points, candidates, streets, parcels)
        # A building stands on its own plot: only plots can be shut in.
        metres = ids.map(crossed).where(candidates["perimeter"] == "parcelles").fillna(0.0)
        words = [f"enclavée : {figure(m, 'm', 'fr')} de terrain voisin avant la rue"
                 for m in metres.round()]  # fmt: skip
        told = np.where(metres >= SHUT_IN_M, words, told)
    return _with(candidates, told)


def _with(candidates: gpd.GeoDataFrame, told: Iterable[str]) -> gpd.GeoDataFrame:
    """Add words to the flags; an empty word adds none."""
    flags = candidates["flags"].astype(object).where(candidates["flags"].notna(), "")
    joined = [" | ".join(word for word in pair if word) for pair in zip(flags, told, strict=True)]
    return tables.CANDIDATES.conform(candidates.assign(flags=[word or None for word in joined]))
