"""What the detectors stand on: the layers supplied. A missing layer is None, not empty."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from foncier.detect import fabric
from foncier.detect.remembered import Once, Remembered
from foncier.detect.sights import Ways
from foncier.records import Fabric

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from foncier.geometry import Floats, Geometries
    from foncier.records import Relief


@dataclass(frozen=True)
class Ground:
    """Input tables of a study, in the legal metric CRS; None where the study has no such layer.

    ``cut`` holds the figures of the fabric classes; ``lacking`` the communes that a layer does not
    come to (`foncier.detect.coverage`).
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
    lacking: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @cached_property
    def plots(self) -> Geometries:
        """Outlines of all parcels."""
        return shapes(self.parcels)

    @cached_property
    def centres(self) -> Geometries:
        """Centre of gravity of each parcel."""
        centres: Geometries = shapely.centroid(self.plots)
        return centres

    @property
    def footprints(self) -> Geometries:
        """Outlines of all buildings."""
        return np.asarray(self.footprints_tree.geometries)

    @property
    def footprints_tree(self) -> shapely.STRtree:
        """Index of the outlines of all buildings."""
        return self.layers.of("footprints", lambda: shapely.STRtree(shapes(self.buildings)))

    @property
    def streets_tree(self) -> shapely.STRtree:
        """Index of all streets, walkable or not."""
        return self.layers.of("streets", lambda: shapely.STRtree(shapes(self.streets)))

    @property
    def footprints_m2(self) -> Floats:
        """Area of each building."""
        return self.layers.of("areas", lambda: shapely.area(self.footprints))

    @cached_property
    def plots_tree(self) -> shapely.STRtree:
        """Index of the outlines of all parcels."""
        return shapely.STRtree(self.plots)

    @property
    def building_fabric(self) -> NDArray[np.intp]:
        """Fabric class of all buildings."""
        return self.layers.of(
            f"fabric {self.cut}", lambda: fabric.building_classes(self.footprints, self.cut)
        )

    @property
    def classed(self) -> tuple[shapely.STRtree, NDArray[np.intp]]:
        """Index of the buildings that have a fabric class, and their classes."""

        def work() -> tuple[shapely.STRtree, NDArray[np.intp]]:
            classes = self.building_fabric
            return shapely.STRtree(self.footprints[classes >= 0]), classes[classes >= 0]

        return self.layers.of(f"classed {self.cut}", work)

    @cached_property
    def layers(self) -> Once:
        """What was worked out so far of the layers other than the parcels."""
        return Once()

    @cached_property
    def remembered(self) -> Remembered:
        """What was worked out of single parcels so far."""
        return Remembered(len(self.plots))

    @property
    def ways(self) -> Ways:
        """Streets at ground level that are open to walkers."""
        return self.layers.of("ways", self._ways)

    def _ways(self) -> Ways:
        if self.streets is None:
            return Ways(np.array([], dtype=object))
        open_ = self.streets["walk"].fillna(False).to_numpy(dtype=bool)
        level = (self.streets["level"] == 0).to_numpy(dtype=bool)
        return Ways(shapes(self.streets)[open_ & level])

    def known(self, layers: Iterable[str], rows: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Tell of which parcels some layers say something: all are there, and come to its commune.

        A commune to which a layer does not come is one whose part of it is missing: no building is
        known there, which is not to know that there is none.
        """
        known = np.ones(len(rows), dtype=np.bool_)
        for layer in layers:
            if getattr(self, layer) is None:
                known[:] = False
            elif layer in self.lacking and self.parcels is not None:
                known &= self.comes_to(layer, self.parcels["commune"].iloc[rows])
        return known

    def comes_to(self, layer: str, communes: Any) -> NDArray[np.bool_]:
        """Tell of communes, by their codes, whether a layer that is there comes to them."""
        gone = self.lacking.get(layer, frozenset())
        return np.asarray(~pd.Series(communes).fillna("").isin(gone), dtype=np.bool_)

    def where_lacking(self, lacking: Mapping[str, frozenset[str]]) -> Ground:
        """Same ground, once it is known to which communes its layers do not come."""
        return self._kept(replace(self, lacking=lacking))

    def with_parcels(self, parcels: gpd.GeoDataFrame) -> Ground:
        """Same ground under other parcels; what was worked out of the other layers is kept."""
        return self._kept(replace(self, parcels=parcels))

    def _kept(self, other: Ground) -> Ground:
        vars(other)["layers"] = self.layers
        return other

    def fabric_of(self, rows: NDArray[np.intp]) -> NDArray[np.intp]:
        """Fabric class of parcels, by their positions."""

        def work(new: NDArray[np.intp]) -> tuple[NDArray[np.intp]]:
            return (fabric.plot_classes(self.plots[new], *self.classed, self.cut),)

        return self.remembered.of("fabric", rows, work)[0]


def shapes(frame: gpd.GeoDataFrame | None) -> Geometries:
    """Geometries of a table as a fresh object array, safe to prepare or to change.

    A layer that is not there has none.
    """
    if frame is None:
        return np.array([], dtype=object)
    return np.array(frame.geometry.to_numpy(), dtype=object)


def texts(values: Any) -> np.ndarray:
    """Text column as objects, with None for the unknown."""
    found = np.asarray(values, dtype=object)
    return np.array([v if isinstance(v, str) else None for v in found], dtype=object)
