"""From sites and truths to judged sites, and the truths that the list missed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from foncier.model import VERDICTS
from foncier.validation.matching import match

if TYPE_CHECKING:
    import geopandas as gpd

FOUND = ["opportunity_id", "kind", "confidence", "truth_id", "verdict", "way", "gap", "holds"]
WANTED = ["truth_id", "kind", "opportunity_id", "confidence", "hit"]


@dataclass(frozen=True)
class Assessment:
    """Sites with what is known of them, true sites with whether the list holds them.

    ``found`` has one row a site (`FOUND`; ``holds`` missing: nobody knows). ``wanted`` has one row
    a truth that holds and was told whatever the list says, in the area (`WANTED`). ``counts``:
    ``truths`` read, ``outside`` the area, ``repeated``, ``contradictory``, ``unmatched``,
    ``independent`` (not told by the id of a site).
    """

    found: pd.DataFrame
    wanted: pd.DataFrame
    counts: dict[str, int]


def once(truths: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, int, int]:
    """Keep one truth a site: the latest that says something.

    The same site is the same id, else the same parcels, else the same place within a metre. Two
    verdicts of the same day that do not agree cancel: the site is « à revoir ».

    Returns
    -------
    The truths, how many were repeated, how many sites had contradictory verdicts.
    """
    if truths.empty:
        return truths, 0, 0
    rows = truths.assign(_key=_keys(truths), _mute=truths["verdict"].isin(_mute()))
    rows = rows.sort_values(
        ["_key", "_mute", "observed_on", "truth_id"], ascending=[True, True, False, True]
    )
    first = rows.drop_duplicates("_key")
    newest = rows.merge(
        pd.DataFrame(first[["_key", "_mute", "observed_on"]]), on=["_key", "_mute", "observed_on"]
    )
    clash = newest.groupby("_key")["verdict"].nunique()
    torn = first["_key"].isin(clash[clash > 1].index)
    kept = first.assign(verdict=first["verdict"].mask(torn, "a_revoir"))
    kept = kept.drop(columns=["_key", "_mute"]).sort_values("truth_id").reset_index(drop=True)
    return kept, len(truths) - len(kept), int(torn.sum())


def _mute() -> list[str]:
    """Verdicts that say nothing of any kind."""
    return [v.name for v in VERDICTS.values() if not v.is_conclusive]


def _keys(truths: gpd.GeoDataFrame) -> pd.Series[Any]:
    kind = truths["kind"].astype("str").fillna("")
    parcels = truths["parcel_ids"].astype("str")
    # Two buildings may stand on one parcel: their places tell them apart.
    points = shapely.centroid(truths.geometry.to_numpy())
    x, y = shapely.get_x(points).round(), shapely.get_y(points).round()
    place = pd.Series([f"{a} {b}" for a, b in zip(x, y, strict=True)], truths.index, dtype="str")
    spot = parcels.fillna("") + "@" + place
    keys: pd.Series[Any] = kind + ":" + truths["opportunity_id"].astype("str").fillna(spot)
    return keys


def assess(
    sites: gpd.GeoDataFrame,
    truths: gpd.GeoDataFrame,
    area: shapely.Geometry | None,
    *,
    complete: bool = False,
) -> Assessment:
    """Say of each site whether it holds, and of each true site whether it was found.

    Parameters
    ----------
    sites
        ``opportunity_id``, ``kind``, ``confidence``, ``parcel_ids``, polygons in metres.
    truths
        As `foncier.validation.match` takes them, with ``verdict`` (a code) and ``observed_on``.
    area
        Where sites were sought; a truth outside it is no miss. None: nobody knows.
    complete
        The truths are all there is in the area: a site that none of them speaks of is false.
    """
    read = len(truths)
    truths, repeated, torn = once(truths)
    inside = _inside(truths, area, set(sites["opportunity_id"]))
    outside = int((~inside).sum())
    truths = truths.loc[inside].reset_index(drop=True)
    pairs = match(sites, truths)
    found = _found(sites, truths, pairs, complete=complete)
    independent = truths["opportunity_id"].isna().to_numpy(dtype=bool)
    wanted = _wanted(truths, pairs, found).loc[lambda w: w["told"]]
    counts = {
        "truths": read,
        "outside": outside,
        "repeated": repeated,
        "contradictory": torn,
        "unmatched": len(truths) - len(pairs),
        "independent": int(independent.sum()),
    }
    return Assessment(found[FOUND], wanted[WANTED].reset_index(drop=True), counts)


def _inside(truths: gpd.GeoDataFrame, area: shapely.Geometry | None, ids: set[str]) -> Any:
    """Truths of the area; what has no place of its own is in it when it names a site."""
    if area is None or truths.empty:
        return np.ones(len(truths), dtype=bool)
    spots = truths.geometry.to_numpy()
    nowhere = shapely.is_missing(spots) | shapely.is_empty(spots)
    centre = shapely.intersects(area, shapely.centroid(spots))
    return nowhere | centre | truths["opportunity_id"].isin(ids).to_numpy(dtype=bool)


def _found(
    sites: gpd.GeoDataFrame, truths: gpd.GeoDataFrame, pairs: pd.DataFrame, *, complete: bool
) -> pd.DataFrame:
    columns = ["opportunity_id", "kind", "confidence"]
    found = pd.DataFrame(sites[columns]).reset_index(drop=True)
    at = pairs.set_index("site")
    verdict = truths["verdict"].to_numpy(dtype=object)[at["truth"].to_numpy(dtype=np.intp)]
    names = truths["truth_id"].to_numpy(dtype=object)[at["truth"].to_numpy(dtype=np.intp)]
    told = pd.DataFrame(
        {"truth_id": names, "verdict": verdict, "way": at["way"], "gap": at["gap"]}, index=at.index
    )
    found = found.join(told)
    holds = [
        VERDICTS[word].confirms(kind) if isinstance(word, str) else (False if complete else None)
        for word, kind in zip(found["verdict"], found["kind"], strict=True)
    ]
    return found.assign(holds=pd.array(holds, dtype="boolean"))


def _wanted(truths: gpd.GeoDataFrame, pairs: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """True sites: their kind is the truth's, else what the verdict says, else the site's."""
    site = pd.Series(pairs["site"].to_numpy(), index=pairs["truth"].to_numpy())
    at = site.reindex(range(len(truths)))
    hit = at.notna().to_numpy(dtype=bool)
    mate = found.reindex(at.to_numpy())
    says = truths["verdict"].map(lambda name: VERDICTS[name].kind)
    matched = pd.Series(mate["kind"].to_numpy(dtype=object))
    kind = truths["kind"].astype(object).where(truths["kind"].notna(), matched)
    kind = kind.where(kind.notna(), says).where(lambda k: k.notna(), None)
    holds = [_holds(name, kind_) for name, kind_ in zip(truths["verdict"], kind, strict=True)]
    independent = truths["opportunity_id"].isna().to_numpy(dtype=bool)
    return pd.DataFrame(
        {
            "truth_id": truths["truth_id"],
            "kind": kind,
            "opportunity_id": mate["opportunity_id"].to_numpy(),
            "confidence": mate["confidence"].to_numpy(dtype=np.float64),
            "hit": hit,
            "told": np.array(holds, dtype=bool) & independent,
        }
    )


def _holds(verdict: str, kind: object) -> bool:
    """Whether a truth is that of a true site; « vrai » holds though its kind be unknown."""
    if isinstance(kind, str):
        return bool(VERDICTS[verdict].confirms(kind))
    return verdict == "vrai"
