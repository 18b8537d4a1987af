"""Unassigned buildings: buildings of the cadastre with a sign of no current use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from foncier import tables
from foncier.detect.belief import Found, confidence, counted, evidence_rows, joined, neutral
from foncier.detect.ground import Ground, shapes, texts
from foncier.detect.measures import zone_at

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from foncier.geometry import Geometries
    from foncier.records import Ledger

POINT_REACH_M = 5.0  # a mapped point may stand on the pavement before its building
OVERLAP_SHARE = 0.5  # of the smaller outline: the same building in two sources


def find_buildings(ground: Ground, ledger: Ledger, area: shapely.Geometry) -> Found:
    """Find buildings of an area that observations call unused.

    An observation is carried to the building of the cadastre that it lies on. Without a layer of
    buildings, an observed outline stands for itself; a lone point is left aside, and counted. A
    building that no observation speaks of is never listed: no data is no evidence of vacancy.

    Parameters
    ----------
    ground
        Observations; buildings, parcels and zones where there are.
    ledger
        Weights, prior and the least confidence to be listed.
    area
        Study area, in the legal metric CRS.

    Returns
    -------
    CANDIDATES of kind ``batiment_non_affecte``, their EVIDENCE, and notes.
    """
    empty = Found(tables.CANDIDATES.empty(), tables.EVIDENCE.empty())
    if ground.observations is None:
        return empty
    seen = ground.observations
    seen = seen.loc[(seen["subject"] == "building").to_numpy(dtype=bool)].reset_index(drop=True)
    if seen.empty:
        return empty
    ids, outline, kept, origin = _carried(seen, ground.buildings)
    lost = len(seen) - len(kept)
    seen = seen.iloc[kept].assign(opportunity_id=ids)
    evidence = joined([evidence_rows(seen, ledger), _prior_row(ids, ledger)])
    candidates = _candidates(ground, seen, outline, origin)
    candidates = candidates.assign(
        confidence=confidence(candidates["opportunity_id"], evidence, ledger.building_prior)
    )
    shapely.prepare(area)
    inside = shapely.intersects(area, shapely.centroid(shapes(candidates)))
    large = candidates["area_m2"].to_numpy() >= ledger.least_building_m2
    sure = candidates["confidence"].to_numpy() >= ledger.least_confidence
    listed = candidates.loc[inside & large & sure]
    notes = (
        *counted("dropped", lost, "indices sans bâtiment de plus de 20 m² à cet endroit",
                 "signs with no building over 20 m² at their place"),
        *counted("dropped", int((inside & large & ~sure).sum()),
                 "bâtiments trop peu probables (indices contraires)",
                 "buildings too unlikely (signs of use)"),
    )  # fmt: skip
    kept_rows = evidence["opportunity_id"].isin(listed["opportunity_id"])
    return Found(
        tables.CANDIDATES.conform(listed),
        tables.EVIDENCE.conform(evidence.loc[kept_rows]),
        notes,
    )


def _carried(
    seen: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame | None
) -> tuple[NDArray[np.object_], Geometries, NDArray[np.intp], str]:
    """Carry each observation to its building: ids, outlines, rows kept, origin of outlines."""
    spots = shapes(seen)
    polygon = np.flatnonzero(shapely.get_dimensions(spots) == 2)
    if buildings is None:
        names = np.asarray(seen["observation_id"], dtype=object)[polygon]
        return _named(names), spots[polygon], polygon, "trace"
    kept = buildings.loc[(buildings["kind"] != "light").to_numpy(dtype=bool)]
    footprints = shapes(kept)
    tree = shapely.STRtree(footprints)
    rows, hits = _by_overlap(spots, polygon, footprints, tree)
    points = np.flatnonzero(shapely.get_dimensions(spots) == 0)
    near, near_hits = tree.query_nearest(
        spots[points], max_distance=POINT_REACH_M, all_matches=False
    )
    rows, hits = np.concatenate([rows, points[near]]), np.concatenate([hits, near_hits])
    order = np.argsort(rows, kind="stable")
    names = np.asarray(kept["building_id"], dtype=object)[hits[order]]
    return _named(names), footprints[hits[order]], rows[order], "batiment"


def _named(names: NDArray[np.object_]) -> NDArray[np.object_]:
    return np.array([f"BN-{name}" for name in names], dtype=object)


def _by_overlap(
    spots: Geometries, polygon: NDArray[np.intp], footprints: Geometries, tree: shapely.STRtree
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Building that shares most with each observed outline, if it is half of the smaller one."""
    spot, hit = tree.query(spots[polygon], predicate="intersects")
    common = shapely.area(shapely.intersection(spots[polygon][spot], footprints[hit]))
    smaller = np.minimum(shapely.area(spots[polygon])[spot], shapely.area(footprints)[hit])
    enough = common >= OVERLAP_SHARE * smaller
    spot, hit, common = spot[enough], hit[enough], common[enough]
    order = np.lexsort((hit, -common, spot))
    _, first = np.unique(spot[order], return_index=True)
    return polygon[spot[order][first]], hit[order][first]


def _prior_row(ids: NDArray[np.object_], ledger: Ledger) -> pd.DataFrame:
    """Say where belief starts, so that a reader can follow the sum."""
    rate = f"{ledger.building_prior * 100:.1f}"
    if ledger.assumed_prior:
        fr = f"Point de départ\u00a0: {rate.replace('.', ',')}\u00a0% (supposé, taux LOVAC inconnu)"
        en = f"Starting point: {rate}% (assumed, LOVAC rate unknown)"
    else:
        fr = f"Point de départ\u00a0: {rate.replace('.', ',')}\u00a0% des logements vacants (LOVAC)"
        en = f"Starting point: {rate}% of dwellings vacant (LOVAC)"
    own = np.unique(ids)
    source = "foncier" if ledger.assumed_prior else "LOVAC"
    return neutral(own, "prior", [fr] * len(own), [en] * len(own), source=source)


def _candidates(
    ground: Ground, seen: gpd.GeoDataFrame, outline: Geometries, origin: str
) -> gpd.GeoDataFrame:
    ids = seen["opportunity_id"].to_numpy()
    own, first = np.unique(ids.astype(str), return_index=True)
    plots = outline[first]
    words = seen.groupby("opportunity_id")
    parcel, commune = _parcels(ground, plots)
    return gpd.GeoDataFrame(
        {
            "opportunity_id": own,
            "kind": "batiment_non_affecte",
            "name": words["name"].first().reindex(own).to_numpy(),
            "commune": commune,
            "parcel_ids": parcel,
            "area_m2": shapely.area(plots),
            "perimeter": origin,
            "zone": None
            if ground.zones is None
            else zone_at(ground.zones, shapely.centroid(plots), ())[1],
            "sources": words["source"]
            .agg(lambda s: " | ".join(sorted(set(s))))
            .reindex(own)
            .to_numpy(),
        },
        geometry=plots,
        crs=seen.crs,
    )


def _parcels(ground: Ground, plots: Geometries) -> tuple[Any, Any]:
    """Parcel under each building's centre, and its commune; None where no parcel layer tells."""
    parcel, commune = np.full(len(plots), None, object), np.full(len(plots), None, object)
    if ground.parcels is not None and len(ground.parcels):
        inner = shapely.point_on_surface(plots)
        row, hit = shapely.STRtree(shapes(ground.parcels)).query(inner, predicate="within")
        order = np.argsort(-hit, kind="stable")
        parcel[row[order]] = texts(ground.parcels["parcel_id"])[hit[order]]
        commune[row[order]] = texts(ground.parcels["commune"])[hit[order]]
    return parcel, commune
