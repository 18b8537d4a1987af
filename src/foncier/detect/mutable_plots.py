"""Mutable built plots: built parcels that use little of the footprint that the plan allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from foncier import schemas
from foncier.detect.capacity import bounds
from foncier.detect.fabric import CLASSES
from foncier.detect.measures.ground import ground, zone_of
from foncier.detect.measures.parcel import built_m2
from foncier.detect.planning import prescriptions_on

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from foncier.detect.context import SpatialContext
    from foncier.geometry import Geometries
    from foncier.model import MutableRules, PlanningRules

NEEDS = ("buildings",)  # in a commune that the layer does not cover no building is known
SEVERAL = "|"


def mutable_plots(
    context: SpatialContext,
    area: shapely.Geometry,
    rules: MutableRules,
    planning: PlanningRules,
) -> gpd.GeoDataFrame:
    """Find the built parcels whose footprint is under a part of what the plan allows.

    Parameters
    ----------
    context
        Needs parcels and buildings; without one of them the table is empty. ``prescriptions``
        (CNIG psc-38 with a percentage) state the allowed share; else ``rules.built_share``.
    area
        Study area, in the legal metric CRS; a parcel belongs to it by its centre.

    Returns
    -------
    Table of `schemas.MUTABLE_PLOTS`, by parcel, ``listed_ids`` and ``vacant_ids`` missing;
    ``built_share`` is of the whole parcel, ``area_m2`` and the outline are its usable ground.
    """
    parcels = context.parcels
    if parcels is None or context.buildings is None:
        return schemas.MUTABLE_PLOTS.empty(None if parcels is None else parcels.crs)
    shapely.prepare(area)
    rows = np.flatnonzero(shapely.intersects(area, context.centres))
    rows = rows[context.known(NEEDS, rows)]
    built = built_m2(context, rows, rules.built)
    share = built / np.maximum(shapely.area(context.plots[rows]), 1e-9)
    # Whatever is allowed, it is at most the whole parcel.
    few = (built >= rules.least_building_m2) & (share < rules.part)
    rows, share = rows[few], share[few]
    land = ground(context, rows, {"zones": rules.zones, "available": True})
    large = shapely.area(land) >= rules.least_m2
    rows, share, land = rows[large], share[large], land[large]
    table = _table(context, parcels.iloc[rows], rows, share, land)
    allowed = _allowed(table, context.prescriptions, planning)
    stated = ~np.isnan(allowed)
    allowed = np.where(stated, allowed, rules.built_share)
    table = table.assign(
        allowed_share=allowed, allowed_by=np.where(stated, "prescription", "study")
    )
    kept = table.loc[share < rules.part * allowed].sort_values("parcel_id", ignore_index=True)
    return schemas.MUTABLE_PLOTS.conform(kept)


def _table(
    context: SpatialContext,
    chosen: gpd.GeoDataFrame,
    rows: NDArray[np.intp],
    share: Any,
    land: Geometries,
) -> gpd.GeoDataFrame:
    """Columns of `schemas.MUTABLE_PLOTS` for the chosen parcels, by their positions."""
    communes = chosen["commune"].to_numpy()
    return gpd.GeoDataFrame(
        {
            "parcel_id": chosen["parcel_id"].to_numpy(),
            "commune": communes,
            "zone": zone_of(context, land, communes),
            "fabric": np.array(CLASSES, dtype=object)[context.fabric_of(rows)],
            "area_m2": shapely.area(land),
            "built_share": share,
            "vacant_ids": None,
            "listed_ids": None,
        },
        geometry=land,
        crs=chosen.crs,
    )


def _allowed(
    plots: gpd.GeoDataFrame, prescriptions: gpd.GeoDataFrame | None, planning: PlanningRules
) -> Any:
    """Footprint that prescriptions allow on each plot, a share; NaN where none states it."""
    if prescriptions is None or plots.empty:
        return np.full(len(plots), np.nan)
    sites = plots[["geometry"]].assign(
        opportunity_id=plots["parcel_id"], kind="", parcel_ids=plots["parcel_id"]
    )
    located = prescriptions_on(sites, None, prescriptions, planning)
    known: pd.Series[Any] = bounds(located, planning)["built_share"]
    return known.reindex(plots["parcel_id"]).to_numpy(dtype=np.float64)


def with_sites(plots: gpd.GeoDataFrame, candidates: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Plots with the sites of the list on them: vacant premises, and any other.

    A plot with another site is counted with that site: ``listed_ids`` names it.
    """
    parcels = candidates["parcel_ids"].str.split(SEVERAL, regex=False)
    rows = candidates[["opportunity_id", "kind"]].assign(parcel_id=parcels).explode("parcel_id")
    vacant = rows["kind"] == "batiment_non_affecte"
    return plots.assign(
        vacant_ids=_ids(plots["parcel_id"], rows[vacant]),
        listed_ids=_ids(plots["parcel_id"], rows[~vacant]),
    )


def _ids(parcels: pd.Series[str], rows: pd.DataFrame) -> pd.Series[Any]:
    joined = rows.groupby("parcel_id")["opportunity_id"].agg(lambda ids: SEVERAL.join(sorted(ids)))
    found: pd.Series[Any] = parcels.map(joined)
    return found
