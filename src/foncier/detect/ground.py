"""What the detectors stand on: the layers supplied. A missing layer is None, not empty."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from foncier.detect import fabric
from foncier.detect.remembered import Remembered
from foncier.detect.sights import Ways
from foncier.records import Fabric

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from foncier.geometry import Geometries
    from foncier.records import Relief


@dataclass(frozen=True)
class Ground:
    """Input tables of a study, in the legal metric CRS; None where the study has no such layer.

    ``cut`` holds the figures of the fabric classes.
    """

    parcels: gpd.GeoDataFrame | None = None
    buildings: gpd.GeoDataFrame | None = None
    zones: gpd.GeoDataFrame | None = None
    constraints: gpd.GeoDataFrame | None = None
    streets: gpd.GeoDataFrame | None = None
    inventory: gpd.GeoDataFrame | None = None
    observations: gpd.GeoDataFrame | None = None
    elevation: Relief | None = None
    envelope: gpd.GeoDataFrame | None = None
    land_units: gpd.GeoDataFrame | None = None
    cut: Fabric = field(default_factory=Fabric)

    @cached_property
    def plots(self) -> Geometries:
        """Outlines of all parcels."""
        return np.array([], dtype=object) if self.parcels is None else shapes(self.parcels)

    @cached_property
    def centres(self) -> Geometries:
        """Centre of gravity of each parcel."""
        centres: Geometries = shapely.centroid(self.plots)
        return centres

    @cached_property
    def footprints(self) -> Geometries:
        """Outlines of all buildings."""
        return np.array([], dtype=object) if self.buildings is None else shapes(self.buildings)

    @cached_property
    def plots_tree(self) -> shapely.STRtree:
        """Index of the outlines of all parcels."""
        return shapely.STRtree(self.plots)

    @cached_property
    def building_fabric(self) -> NDArray[np.intp]:
        """Fabric class of all buildings."""
        return fabric.building_classes(self.footprints, self.cut)

    @cached_property
    def remembered(self) -> Remembered:
        """What was worked out of single parcels so far."""
        return Remembered(len(self.plots))

    @cached_property
    def ways(self) -> Ways:
        """Streets at ground level that are open to walkers."""
        if self.streets is None:
            return Ways(np.array([], dtype=object))
        open_ = self.streets["walk"].fillna(False).to_numpy(dtype=bool)
        level = (self.streets["level"] == 0).to_numpy(dtype=bool)
        return Ways(shapes(self.streets)[open_ & level])

    def with_parcels(self, parcels: gpd.GeoDataFrame) -> Ground:
        """Same ground under other parcels; what was worked out of the buildings is kept."""
        other = replace(self, parcels=parcels)
        kept = ("footprints", "building_fabric")
        vars(other).update({name: value for name, value in vars(self).items() if name in kept})
        return other

    def fabric_of(self, rows: NDArray[np.intp]) -> NDArray[np.intp]:
        """Fabric class of parcels, by their positions."""

        def work(new: NDArray[np.intp]) -> tuple[NDArray[np.intp]]:
            plots, houses = self.plots[new], self.footprints
            return (fabric.plot_classes(plots, houses, self.building_fabric, self.cut),)

        return self.remembered.of("fabric", rows, work)[0]


def shapes(frame: gpd.GeoDataFrame) -> Geometries:
    """Geometries of a table as a fresh object array, safe to prepare or to change."""
    return np.array(frame.geometry.to_numpy(), dtype=object)


def texts(values: Any) -> np.ndarray:
    """Text column as objects, with None for the unknown."""
    found = np.asarray(values, dtype=object)
    return np.array([v if isinstance(v, str) else None for v in found], dtype=object)
