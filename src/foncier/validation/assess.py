"""Assessment of sites against ground truth, with the truths that the list missed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from foncier.model import VERDICTS
from foncier.validation.matching import match_truths

if TYPE_CHECKING:
    import geopandas as gpd

SITE_COLUMNS = [
    "opportunity_id",
    "kind",
    "confidence",
    "truth_id",
    "verdict",
    "way",
    "gap",
    "holds",
]
TRUTH_COLUMNS = ["truth_id", "kind", "opportunity_id", "confidence", "hit"]


@dataclass(frozen=True)
class Assessment:
    """Assessed sites, and true sites with whether the list contains them.

    ``found`` has one row a site (`SITE_COLUMNS`; ``holds`` is missing when unknown). ``wanted`` has
    one row for each true site of the area recorded independently of the list (`TRUTH_COLUMNS`).
    ``counts``: ``truths`` read, ``outside`` the area, ``repeated``, ``contradictory``,
    ``unmatched``, ``independent`` (recorded without the id of a site).
    """

    found: pd.DataFrame
    wanted: pd.DataFrame
    counts: dict[str, int]


def deduplicate_truths(truths: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, int, int]:
    """Select one truth a site: the latest informative one.

    A site is identified by its id, else by its parcels and its position to the metre. Two verdicts
    of the same day that differ cancel out: the site becomes « à revoir ».

    Returns
    -------
    The truths, the number of repeated ones, the number of sites with contradictory verdicts.
    """
    if truths.empty:
        return truths, 0, 0
    rows = truths.assign(
        _key=_site_keys(truths), _uninformative=truths["verdict"].isin(_uninformative_verdicts())
    )
    rows = rows.sort_values(
        ["_key", "_uninformative", "observed_on", "truth_id"], ascending=[True, True, False, True]
    )
    first = rows.drop_duplicates("_key")
    newest = rows.merge(
        pd.DataFrame(first[["_key", "_uninformative", "observed_on"]]),
        on=["_key", "_uninformative", "observed_on"],
    )
    clash = newest.groupby("_key")["verdict"].nunique()
    contradictory = first["_key"].isin(clash[clash > 1].index)
    latest = first.assign(verdict=first["verdict"].mask(contradictory, "a_revoir"))
    latest = (
        latest.drop(columns=["_key", "_uninformative"])
        .sort_values("truth_id")
        .reset_index(drop=True)
    )
    return latest, len(truths) - len(latest), int(contradictory.sum())


def _uninformative_verdicts() -> list[str]:
    """Verdicts that are informative for no kind."""
    return [v.name for v in VERDICTS.values() if not v.is_conclusive]


def _site_keys(truths: gpd.GeoDataFrame) -> pd.Series[Any]:
    kind = truths["kind"].astype("str").fillna("")
    parcels = truths["parcel_ids"].astype("str")
    # Two buildings may stand on one parcel: their positions distinguish them.
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
    """Assess whether each site is true, and whether each true site is in the list.

    Parameters
    ----------
    sites
        ``opportunity_id``, ``kind``, ``confidence``, ``parcel_ids``, polygons in metres.
    truths
        As for `match_truths`, with ``verdict`` (a code) and ``observed_on``.
    area
        Area of the search; a truth outside it is not missed. None when unknown.
    complete
        The truths are exhaustive in the area: a site without a truth is false.
    """
    read = len(truths)
    truths, repeated, contradictory = deduplicate_truths(truths)
    inside = _is_inside(truths, area, set(sites["opportunity_id"]))
    outside = int((~inside).sum())
    truths = truths.loc[inside].reset_index(drop=True)
    pairs = match_truths(sites, truths)
    found = _assessed_sites(sites, truths, pairs, complete=complete)
    independent = truths["opportunity_id"].isna().to_numpy(dtype=bool)
    wanted = _assessed_truths(truths, pairs, found).loc[lambda w: w["counted"]]
    counts = {
        "truths": read,
        "outside": outside,
        "repeated": repeated,
        "contradictory": contradictory,
        "unmatched": len(truths) - len(pairs),
        "independent": int(independent.sum()),
    }
    return Assessment(found[SITE_COLUMNS], wanted[TRUTH_COLUMNS].reset_index(drop=True), counts)


def _is_inside(truths: gpd.GeoDataFrame, area: shapely.Geometry | None, ids: set[str]) -> Any:
    """Whether each truth is in the area; without a geometry, whether it names a listed site."""
    if area is None or truths.empty:
        return np.ones(len(truths), dtype=bool)
    spots = truths.geometry.to_numpy()
    unlocated = shapely.is_missing(spots) | shapely.is_empty(spots)
    centre = shapely.intersects(area, shapely.centroid(spots))
    return unlocated | centre | truths["opportunity_id"].isin(ids).to_numpy(dtype=bool)


def _assessed_sites(
    sites: gpd.GeoDataFrame, truths: gpd.GeoDataFrame, pairs: pd.DataFrame, *, complete: bool
) -> pd.DataFrame:
    columns = ["opportunity_id", "kind", "confidence"]
    found = pd.DataFrame(sites[columns]).reset_index(drop=True)
    at = pairs.set_index("site")
    verdict = truths["verdict"].to_numpy(dtype=object)[at["truth"].to_numpy(dtype=np.intp)]
    names = truths["truth_id"].to_numpy(dtype=object)[at["truth"].to_numpy(dtype=np.intp)]
    matched = pd.DataFrame(
        {"truth_id": names, "verdict": verdict, "way": at["way"], "gap": at["gap"]}, index=at.index
    )
    found = found.join(matched)
    holds = [
        VERDICTS[word].confirms(kind) if isinstance(word, str) else (False if complete else None)
        for word, kind in zip(found["verdict"], found["kind"], strict=True)
    ]
    return found.assign(holds=pd.array(holds, dtype="boolean"))


def _assessed_truths(
    truths: gpd.GeoDataFrame, pairs: pd.DataFrame, found: pd.DataFrame
) -> pd.DataFrame:
    """True sites; the kind is that of the truth, else of the matched site, else of the verdict."""
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
            "counted": np.array(holds, dtype=bool) & independent,
        }
    )


def _holds(verdict: str, kind: object) -> bool:
    """Whether a truth describes a true site; « vrai » does even if its kind is unknown."""
    if isinstance(kind, str):
        return bool(VERDICTS[verdict].confirms(kind))
    return verdict == "vrai"
