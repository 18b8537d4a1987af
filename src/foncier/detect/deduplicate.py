"""Deduplication: outlines of inventory records, and which are one site or one family."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from foncier.detect.context import shapes, texts
from foncier.geometry import (
    CROWD,
    POLYGONAL,
    Geometries,
    counted_once_m2,
    distinct,
    neighbours,
    overlapping_pairs,
    unions_by,
)
from foncier.schemas.results import KNOWN_OUTLINES

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    from numpy.typing import NDArray

    Pairs = NDArray[np.intp]  # shape (n, 2)

SAME_SHARE = 0.9  # both ways: the same site (METHODS §4)
FAMILY_SHARE = 0.1  # of the smaller: one family (Cartofriches)
SAME_POINT_M = 50.0
LONE_POINT_M = 10.0  # radius of the disc of a site of unknown area, to show it


@dataclass(frozen=True)
class Outlines:
    """Outline of each site, its origin, and its parcels that the cadastre does not have.

    ``lost`` is their number, ``lost_ids`` their ids (``|`` between them, empty where there is
    none).
    """

    shapes: Geometries
    origin: NDArray[np.object_]
    lost: NDArray[np.intp]
    lost_ids: NDArray[np.object_]

    def take(self, at: NDArray[Any]) -> Outlines:
        """Outlines of some sites, by position or by mask."""
        return Outlines(self.shapes[at], self.origin[at], self.lost[at], self.lost_ids[at])

    @property
    def drawn(self) -> NDArray[np.bool_]:
        """Which outlines are real ones, not discs around a point."""
        return np.isin(self.origin, ("parcelles", "trace"))


def outlines(inventory: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame | None) -> Outlines:
    """Outline each site: its parcels, else its own polygon, else a disc of its area.

    A site without parcels, polygon or area is a small disc marked ``point_seul``.
    """
    recorded = shapes(inventory)
    points = np.array(shapely.centroid(recorded))
    area = inventory["area_m2"].to_numpy(dtype=np.float64)
    known = np.isfinite(area) & (area > 0)
    radius = np.where(known, np.sqrt(np.where(known, area, 0.0) / np.pi), LONE_POINT_M)
    outline = np.array(shapely.buffer(points, radius))
    origin = np.where(known, "emprise_approximative", "point_seul").astype(object)
    polygon = np.isin(shapely.get_type_id(recorded), POLYGONAL)
    outline[polygon], origin[polygon] = recorded[polygon], "trace"
    listed = _listed(inventory)
    known = listed.iloc[:0].assign(row=[])
    if parcels is not None and len(parcels):
        row = pd.Series(np.arange(len(parcels)), index=parcels["parcel_id"].to_numpy())
        known = listed.assign(row=listed["parcel_id"].map(row)).dropna(subset=["row"])
        sites, unions = unions_by(
            known["site"].to_numpy(dtype=np.intp),
            shapes(parcels)[known["row"].to_numpy(dtype=np.intp)],
        )
        outline[sites], origin[sites] = unions, "parcelles"
    size = len(inventory)
    lost, lost_ids = np.zeros(size, dtype=np.intp), np.full(size, "", dtype=object)
    if parcels is not None:
        missing = listed.loc[~listed.index.isin(known.index)]
        lost = np.bincount(missing["site"].to_numpy(dtype=np.intp), minlength=size)
        names = missing.groupby("site")["parcel_id"].agg("|".join)
        lost_ids[names.index.to_numpy(dtype=np.intp)] = names.to_numpy()
    return Outlines(outline, origin, lost, lost_ids)


def _listed(inventory: gpd.GeoDataFrame) -> pd.DataFrame:
    """Parcels that each site lists: columns ``site`` (position) and ``parcel_id``."""
    lists = [
        str(ids).split("|") if isinstance(ids, str) else []
        for ids in texts(inventory["parcel_ids"])
    ]
    pairs = [(site, parcel) for site, ids in enumerate(lists) for parcel in ids]
    return pd.DataFrame(pairs, columns=["site", "parcel_id"])


def same_sites(inventory: gpd.GeoDataFrame, outline: Outlines) -> NDArray[np.intp]:
    """Group of each record: records of one group are the same site (METHODS §4).

    The same parcels; or outlines that overlap by 90 % both ways; or, with points only, the same
    area within 50 m.
    """
    first, second, share_first, share_second = _overlaps(outline)
    both = (share_first >= SAME_SHARE) & (share_second >= SAME_SHARE)
    pairs = [
        _same_parcels(inventory),
        np.column_stack([first[both], second[both]]),
        _same_points(inventory, outline),
    ]
    return _groups(np.concatenate(pairs), len(inventory))


def families(inventory: gpd.GeoDataFrame, outline: Outlines) -> NDArray[np.intp]:
    """Group of each site: sites of one group overlap by more than 10 % of the smaller one.

    Without a layer of parcels, shared parcels replace the overlap.
    """
    first, second, share_first, share_second = _overlaps(outline)
    linked = np.maximum(share_first, share_second) > FAMILY_SHARE
    pairs: set[tuple[int, int]] = set()
    lists = [
        set(str(ids).split("|")) if isinstance(ids, str) else set()
        for ids in texts(inventory["parcel_ids"])
    ]
    sites_of: dict[str, list[int]] = {}
    for site, ids in enumerate(lists):
        for parcel in ids:
            sites_of.setdefault(parcel, []).append(site)
    for a, b in {pair for sites in sites_of.values() for pair in _sharing(sites, lists)}:
        if len(lists[a] & lists[b]) > FAMILY_SHARE * min(len(lists[a]), len(lists[b])):
            pairs.add((a, b))
    by_parcel = np.array(sorted(pairs), dtype=np.intp).reshape(-1, 2)
    by_outline = np.column_stack([first[linked], second[linked]])
    return _groups(np.concatenate([by_parcel, by_outline]), len(inventory))


def _sharing(sites: list[int], lists: list[set[str]]) -> Iterable[tuple[int, int]]:
    """Pairs of the sites of one parcel to compare; a short list is linked to all of them.

    One parcel is more than `FAMILY_SHARE` of fewer than ten. More than `CROWD` long lists are
    compared each with the next ones.
    """
    short = next((site for site in sites if len(lists[site]) * FAMILY_SHARE < 1), None)
    if short is None:
        if len(sites) <= CROWD:
            return combinations(sites, 2)
        return (pair for n in range(len(sites)) for pair in _next(sites[n : n + CROWD + 1]))
    return ((min(short, site), max(short, site)) for site in sites if site != short)


def _next(sites: list[int]) -> Iterable[tuple[int, int]]:
    return ((sites[0], later) for later in sites[1:])


def counted_area_m2(
    inventory: gpd.GeoDataFrame, outline: Outlines, family: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Area of each site that no smaller site of its family counts, shape (n,).

    The sum over a family is the land that it covers. The smaller sites count their whole area, and
    the larger ones the rest. Where outlines are only discs, the areas of the smaller sites, spread
    over the parcels that they list, are subtracted. NaN where the area is unknown.
    """
    area = np.where(
        outline.drawn, shapely.area(outline.shapes), inventory["area_m2"].to_numpy(dtype=np.float64)
    )
    counted = area.copy()
    lists = [
        str(ids).split("|") if isinstance(ids, str) else []
        for ids in texts(inventory["parcel_ids"])
    ]
    members = pd.Series(np.arange(len(area))).groupby(family).agg(list)
    for sites in members[members.map(len) > 1]:
        drawn = np.array([site for site in sites if outline.drawn[site]], dtype=np.intp)
        counted[drawn] = counted_once_m2(outline.shapes[drawn])
        counted_m2: dict[str, float] = {}
        discs = (site for site in sites if not outline.drawn[site])
        for site in sorted(discs, key=lambda n: (np.nan_to_num(area[n]), lists[n])):
            counted[site] = _remaining_m2(area[site], lists[site], counted_m2)
    return np.asarray(counted)


def count_land_once(candidates: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give each site its ``counted_area_m2``: the sum is the land on offer, counted once.

    This is the one definition of an area on offer. Land under several real outlines counts for the
    smallest site. Outlines that are only discs have no ground in common with others: such a site
    keeps what `counted_area_m2` gave it, else its declared area. Missing where the area is unknown.
    """
    counted = candidates["counted_area_m2"].fillna(candidates["area_m2"]).to_numpy(float, copy=True)
    known = candidates["perimeter"].isin(KNOWN_OUTLINES).to_numpy()
    outlines: Geometries = candidates.geometry.to_numpy()[known]
    counted[known] = counted_once_m2(outlines)
    return candidates.assign(counted_area_m2=counted)


def _remaining_m2(area_m2: float, parcels: list[str], counted_m2: dict[str, float]) -> float:
    """Area of a site less that of its parcels counted before; then they are counted."""
    new = [parcel for parcel in parcels if parcel not in counted_m2]
    if not parcels or np.isnan(area_m2):
        return area_m2
    rest = (
        max(area_m2 - sum(counted_m2.get(parcel, 0.0) for parcel in parcels), 0.0) if new else 0.0
    )
    counted_m2.update(dict.fromkeys(new, rest / max(len(new), 1)))
    return rest


def _same_parcels(inventory: gpd.GeoDataFrame) -> Pairs:
    lists = pd.Series(texts(inventory["parcel_ids"])).dropna()
    first = lists.groupby(lists).transform(lambda rows: rows.index[0])
    return np.column_stack([first.to_numpy(dtype=np.intp), lists.index.to_numpy(dtype=np.intp)])


def _same_points(inventory: gpd.GeoDataFrame, outline: Outlines) -> Pairs:
    """Pairs that chain the points of one area that are within 50 m of each other.

    Points of one place count once; of many points only the neighbours of a triangulation are
    compared, which chain the same points.
    """
    area = inventory["area_m2"].to_numpy(dtype=np.float64)
    alone = np.flatnonzero(
        ~outline.drawn & pd.isna(inventory["parcel_ids"]).to_numpy(dtype=bool) & np.isfinite(area)
    )
    xy = shapely.get_coordinates(shapely.centroid(outline.shapes[alone]))
    key = np.column_stack([area[alone], xy])
    _, first, of = np.unique(key, axis=0, return_index=True, return_inverse=True)
    pairs = [np.column_stack([alone[first[of.ravel()]], alone])]
    once = pd.Series(first).groupby(area[alone][first]).agg(list)
    for rows in once[once.map(len) > 1]:
        at = np.array(rows, dtype=np.intp)
        one, other = neighbours(xy[at])
        near = np.hypot(*(xy[at[one]] - xy[at[other]]).T) <= SAME_POINT_M
        pairs.append(np.column_stack([alone[at[one[near]]], alone[at[other[near]]]]))
    return np.concatenate(pairs)


def _overlaps(
    outline: Outlines,
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
    """Pairs of real outlines that intersect, and the share of each that the other covers.

    Of identical outlines one is compared with the others, and each with it; of a crowd of outlines
    each is compared with its nearest ones, which chain the same sites.
    """
    drawn = np.flatnonzero(outline.drawn)
    of_set, of = distinct(outline.shapes[drawn])
    plots = outline.shapes[drawn[of_set]]
    first, second = overlapping_pairs(plots)
    common = shapely.area(shapely.intersection(plots[first], plots[second]))
    size = shapely.area(plots)
    copies = np.flatnonzero(of_set[of] != np.arange(len(drawn)))
    return (
        np.concatenate([drawn[of_set[first]], drawn[of_set[of[copies]]]]),
        np.concatenate([drawn[of_set[second]], drawn[copies]]),
        np.concatenate([common / size[first], np.ones(len(copies))]),
        np.concatenate([common / size[second], np.ones(len(copies))]),
    )


def _groups(pairs: Pairs, size: int) -> NDArray[np.intp]:
    if not size:
        return np.array([], dtype=np.intp)
    graph = coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(size, size))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.intp)
