"""What the detectors stand on: the layers supplied. A missing layer is None, not empty."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import geopandas as gpd

    from foncier.geometry import Geometries


@dataclass(frozen=True)
class Ground:
    """Input tables of a study, in the legal metric CRS; None where the study has no such layer."""

    parcels: gpd.GeoDataFrame | None = None
    buildings: gpd.GeoDataFrame | None = None
    zones: gpd.GeoDataFrame | None = None
    constraints: gpd.GeoDataFrame | None = None
    streets: gpd.GeoDataFrame | None = None
    inventory: gpd.GeoDataFrame | None = None
    observations: gpd.GeoDataFrame | None = None

    @cached_property
    def plots(self) -> Geometries:
        """Outlines of all parcels."""
        return np.array([], dtype=object) if self.parcels is None else shapes(self.parcels)

    @cached_property
    def footprints(self) -> Geometries:
        """Outlines of all buildings."""
        return np.array([], dtype=object) if self.buildings is None else shapes(self.buildings)


def shapes(frame: gpd.GeoDataFrame) -> Geometries:
    """Geometries of a table as a fresh object array, safe to prepare or to change."""
    return np.array(frame.geometry.to_numpy(), dtype=object)


def texts(values: Any) -> np.ndarray:
    """Text column as objects, with None for the unknown."""
    found = np.asarray(values, dtype=object)
    return np.array([v if isinstance(v, str) else None for v in found], dtype=object)
