"""Points to watch that only show once all candidates and their access are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from foncier import schemas
from foncier.detect.warnings import warning_columns
from foncier.i18n import Localized, figure

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from foncier import detect

NO_STREET = Localized("aucune rue à moins de 60 m", "no street within 60 m")
FAR_M = 1000.0  # no place of France is as far from a street: there the layer has ended
SHUT_IN_M = 2.0  # less is the slack between the drawing of streets and of parcels


def in_a_friche(candidates: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Flag plots and buildings on the parcels of a friche: the same land is listed twice."""
    sites = candidates.loc[candidates["kind"] == "friche", ["opportunity_id", "parcel_ids"]]
    listed = sites.dropna().assign(parcel=lambda t: t["parcel_ids"].str.split("|"))
    holder = listed.explode("parcel").drop_duplicates("parcel").set_index("parcel")
    found = candidates["parcel_ids"].map(holder["opportunity_id"])
    other = (candidates["kind"] != "friche") & found.notna()
    told = [
        [Localized(f"terrain de la friche {site}", f"land of friche {site}")] if flagged else []
        for site, flagged in zip(found, other, strict=True)
    ]
    return _with(candidates, told)


def outside_street_coverage(
    candidates: gpd.GeoDataFrame, entrances: gpd.GeoDataFrame | None, context: detect.SpatialContext
) -> NDArray[np.bool_]:
    """Tell to which sites the layer of streets does not come.

    They have no door, and either no street within 1 km or none in all of their commune. None
    without streets: the layer is missing everywhere, and told as such.
    """
    lost = np.zeros(len(candidates), dtype=np.bool_)
    if entrances is None or context.streets is None or candidates.empty:
        return lost
    doorless = np.flatnonzero(~candidates["opportunity_id"].isin(entrances["opportunity_id"]))
    plots = candidates.geometry.to_numpy()[doorless]
    near = context.streets.sindex.nearest(plots, max_distance=FAR_M, return_all=False)[0]
    lost[doorless] = ~context.covers("streets", candidates["commune"].iloc[doorless])
    lost[np.delete(doorless, near)] = True
    return lost


def landlocked(
    candidates: gpd.GeoDataFrame,
    entrances: gpd.GeoDataFrame | None,
    lost: NDArray[np.bool_],
) -> gpd.GeoDataFrame:
    """Flag the plots that no street comes near, or only behind a neighbour's land.

    ``entrances`` are those of `network.entrances`. Without streets nothing is known, nor of the
    sites that
    are ``lost`` (`off_the_map`); without parcels a neighbour's land is not.
    """
    if entrances is None or candidates.empty:
        return candidates
    ids = candidates["opportunity_id"]
    main = entrances.drop_duplicates("opportunity_id").set_index("opportunity_id")
    told = [[] if near else [NO_STREET] for near in ids.isin(main.index) | lost]
    if main["over_m"].notna().any():
        # A building stands on its own plot: only plots can be shut in.
        metres = ids.map(main["over_m"]).where(candidates["perimeter"] == "parcelles").fillna(0.0)
        told = [
            [_shut_in(round(m))] if m >= SHUT_IN_M else words
            for m, words in zip(metres, told, strict=True)
        ]
    return _with(candidates, told)


def _shut_in(metres: float) -> Localized:
    return Localized(
        f"enclavée : {figure(metres, 'm', 'fr')} de terrain voisin avant la rue",
        f"shut in: {figure(metres, 'm', 'en')} of a neighbour's land before the street",
    )


def _with(candidates: gpd.GeoDataFrame, told: list[list[Localized]]) -> gpd.GeoDataFrame:
    """Add points to watch after those that are there."""
    added = warning_columns(told)
    joined = {
        column: [
            " | ".join(text for text in (before, fresh) if text) or None
            for before, fresh in zip(candidates[column].fillna(""), added[column], strict=True)
        ]
        for column in added
    }
    return schemas.CANDIDATES.conform(candidates.assign(**joined))
