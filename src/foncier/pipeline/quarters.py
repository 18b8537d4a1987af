"""Potential by quarter: by those of the study, else by stretch of its axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foncier import score
from foncier.pipeline.tracing import axis_stops

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import shapely

    from foncier.pipeline.layers import Layers
    from foncier.study.model import Study


def by_quarter(
    plan: Study,
    layers: Layers,
    candidates: gpd.GeoDataFrame,
    scores: pd.DataFrame,
    *,
    axis: shapely.Geometry | None,
    area: shapely.Geometry,
) -> gpd.GeoDataFrame | None:
    """Sum up the opportunities of each quarter; None without quarters and without an axis."""
    outlines = layers.get("quarters")
    if outlines is None and axis is not None:
        stops = axis_stops(plan, candidates.crs)
        outlines = score.stretches(axis, area, stops, crs=candidates.crs)
    return None if outlines is None else score.potential(candidates, scores, outlines)
