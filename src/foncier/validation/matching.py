"""Matching of ground truth to sites: by id, common parcels, overlap or distance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    import geopandas as gpd

COMMON_SHARE = 0.5  # of the parcels of both
OVERLAP_SHARE = 0.5  # of the smaller outline, as for buildings of two sources
POINT_RADIUS_M = 15.0  # half the width of a street: points are often recorded from the street
METHODS = ("id", "parcelles", "recouvrement", "distance")  # best first
PAIRS = ["site", "truth", "way", "gap"]


def match_truths(sites: gpd.GeoDataFrame, truths: gpd.GeoDataFrame) -> pd.DataFrame:
    """Pair sites and truths one to one, by the best method, then by the smallest gap.

    A truth with a kind matches only sites of this kind. Ties go to the lower ids: the order of the
    rows has no effect.

    Parameters
    ----------
    sites
        ``opportunity_id``, ``kind``, ``parcel_ids`` (IDUs joined by ``|``), polygons in metres.
    truths
        ``truth_id``, ``kind``, ``opportunity_id``, ``parcel_ids``, geometry; each may be missing.

    Returns
    -------
    One row a pair: positions ``site`` and ``truth``, ``way`` (of `METHODS`), ``gap``: share that is
    not in common, or metres.
    """
    pairs = pd.concat(
        [_by_id(sites, truths), _by_parcels(sites, truths), *_by_place(sites, truths)],
        ignore_index=True,
    )
    kinds = truths["kind"].to_numpy(dtype=object)[pairs["truth"].to_numpy(dtype=np.intp)]
    site_kinds = sites["kind"].to_numpy(dtype=object)[pairs["site"].to_numpy(dtype=np.intp)]
    pairs = pairs.loc[pd.isna(kinds) | (kinds == site_kinds)]
    ranks = pairs.assign(
        rank=pairs["way"].map({way: n for n, way in enumerate(METHODS)}),
        site_id=sites["opportunity_id"].to_numpy()[pairs["site"].to_numpy(dtype=np.intp)],
        truth_id=truths["truth_id"].to_numpy()[pairs["truth"].to_numpy(dtype=np.intp)],
    ).sort_values(["rank", "gap", "site_id", "truth_id"])
    taken: tuple[set[int], set[int]] = (set(), set())
    selected = []
    for n, (site, truth) in enumerate(zip(ranks["site"], ranks["truth"], strict=True)):
        if site not in taken[0] and truth not in taken[1]:
            taken[0].add(site)
            taken[1].add(truth)
            selected.append(n)
    best: pd.DataFrame = ranks.iloc[selected].sort_values("site")[PAIRS].reset_index(drop=True)
    return best


def _pairs(site: Any, truth: Any, way: str, gap: Any) -> pd.DataFrame:
    found = pd.DataFrame({"site": site, "truth": truth, "gap": gap}, columns=PAIRS)
    types = {"site": "int64", "truth": "int64", "gap": "float64"}
    return found.astype(types).assign(way=way)


def _by_id(sites: gpd.GeoDataFrame, truths: gpd.GeoDataFrame) -> pd.DataFrame:
    place = pd.Series(np.arange(len(sites)), index=sites["opportunity_id"].to_numpy())
    hit = truths["opportunity_id"].map(place).to_numpy(dtype=np.float64)
    truth = np.flatnonzero(np.isfinite(hit))
    return _pairs(hit[truth].astype(np.intp), truth, "id", 0.0)


def _parcels(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    ids = pd.Series(frame["parcel_ids"].to_numpy(dtype=object)).dropna()
    parcels = ids.astype("str").str.split("|").explode()
    table = pd.DataFrame({name: parcels.index, "parcel": parcels.to_numpy(dtype=object)})
    return table.drop_duplicates()


def _by_parcels(sites: gpd.GeoDataFrame, truths: gpd.GeoDataFrame) -> pd.DataFrame:
    site_parcels, truth_parcels = _parcels(sites, "site"), _parcels(truths, "truth")
    common = (
        site_parcels.merge(truth_parcels, on="parcel")
        .groupby(["site", "truth"])
        .size()
        .reset_index(name="n")
    )
    each = common["site"].map(site_parcels.groupby("site").size())
    every = each + common["truth"].map(truth_parcels.groupby("truth").size()) - common["n"]
    share = common["n"] / every
    selected = share >= COMMON_SHARE
    return _pairs(
        common["site"][selected], common["truth"][selected], "parcelles", 1 - share[selected]
    )


def _by_place(sites: gpd.GeoDataFrame, truths: gpd.GeoDataFrame) -> tuple[pd.DataFrame, ...]:
    plots = sites.geometry.to_numpy()
    shapes = truths.geometry.to_numpy()
    tree = shapely.STRtree(plots)
    surface = np.flatnonzero(shapely.get_dimensions(shapes) == 2)
    truth, site = tree.query(shapes[surface], predicate="intersects")
    truth = surface[truth]
    common = shapely.area(shapely.intersection(shapes[truth], plots[site]))
    smaller = np.minimum(shapely.area(shapes[truth]), shapely.area(plots[site]))
    share = common / np.where(smaller > 0, smaller, np.nan)
    selected = share >= OVERLAP_SHARE
    overlaps = _pairs(
        site[selected], truth[selected], "recouvrement", 1 - np.minimum(share[selected], 1.0)
    )
    points = np.flatnonzero(shapely.get_dimensions(shapes) == 0)
    near, hit = tree.query(shapes[points], predicate="dwithin", distance=POINT_RADIUS_M)
    near = points[near]
    return overlaps, _pairs(hit, near, "distance", shapely.distance(shapes[near], plots[hit]))
