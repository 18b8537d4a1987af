"""What the detectors stand on: the layers supplied. A missing layer is None, not empty."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from foncier._util.memo import OnceCache, RowCache
from foncier.detect import fabric
from foncier.detect.visibility import StreetLines
from foncier.model import Fabric

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from foncier.geometry import Floats, Geometries
    from foncier.model import Dem


@dataclass(frozen=True)
class SpatialContext:
    """Input tables of a study, in the legal metric CRS; None where the study has no such layer.

    ``cut`` holds the figures of the fabric classes; ``lacking`` the communes that a layer does not
    come to (`foncier.detect.context`).
    """

    parcels: gpd.GeoDataFrame | None = None
    buildings: gpd.GeoDataFrame | None = None
    zones: gpd.GeoDataFrame | None = None
    constraints: gpd.GeoDataFrame | None = None
    streets: gpd.GeoDataFrame | None = None
    inventory: gpd.GeoDataFrame | None = None
    observations: gpd.GeoDataFrame | None = None
    elevation: Dem | None = None
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
    def layers(self) -> OnceCache:
        """What was worked out so far of the layers other than the parcels."""
        return OnceCache()

    @cached_property
    def remembered(self) -> RowCache:
        """What was worked out of single parcels so far."""
        return RowCache(len(self.plots))

    @property
    def ways(self) -> StreetLines:
        """Streets at ground level that are open to walkers."""
        return self.layers.of("ways", self._ways)

    def _ways(self) -> StreetLines:
        if self.streets is None:
            return StreetLines(np.array([], dtype=object))
        open_ = self.streets["walk"].fillna(False).to_numpy(dtype=bool)
        level = (self.streets["level"] == 0).to_numpy(dtype=bool)
        return StreetLines(shapes(self.streets)[open_ & level])

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

    def where_lacking(self, lacking: Mapping[str, frozenset[str]]) -> SpatialContext:
        """Same ground, once it is known to which communes its layers do not come."""
        return self._kept(replace(self, lacking=lacking))

    def with_parcels(self, parcels: gpd.GeoDataFrame) -> SpatialContext:
        """Same ground under other parcels; what was worked out of the other layers is kept."""
        return self._kept(replace(self, parcels=parcels))

    def _kept(self, other: SpatialContext) -> SpatialContext:
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


LEAST_PARCELS = 50  # fewer may well be without a house, a street or a zone
SAMPLE = 50  # parcels of a commune that are looked at first
NEAR_M = 60.0  # a street farther off serves nobody (`foncier.network.access.MAX_DISTANCE_M`)


def uncovered_communes(
    context: SpatialContext, area: shapely.Geometry
) -> Mapping[str, frozenset[str]]:
    """Communes of the study area to which buildings, streets or zones do not come, by layer.

    A layer comes to a commune when one of its parcels holds the centre of a building, has a
    street within 60 m, or has its centre in a zone. Asked of communes with at least 50 parcels in
    the area; parcels without a commune are taken for one, named "". A layer that the study does
    not have is not in the answer, nor one that comes everywhere.

    Parameters
    ----------
    context
        Parcels, and the layers asked.
    area
        Study area, in the legal metric CRS.
    """
    if context.parcels is None:
        return {}
    commune = context.parcels["commune"].fillna("").astype(str)
    groups = [
        (name, rows)
        for name, rows in commune.groupby(commune).indices.items()
        if len(rows) >= LEAST_PARCELS
    ]
    shapely.prepare(area)
    found = {}
    for layer, reached in REACHED.items():
        if getattr(context, layer) is not None:
            bare = [str(name) for name, rows in groups if not _comes(context, area, rows, reached)]
            found[layer] = frozenset(bare)
    return {layer: communes for layer, communes in found.items() if communes}


def _comes(
    context: SpatialContext,
    area: shapely.Geometry,
    rows: NDArray[np.intp],
    reached: Callable[[SpatialContext, NDArray[np.intp]], bool],
) -> bool:
    """Tell whether a layer reaches a parcel of these; a few are asked first."""
    for some in (rows[:: max(len(rows) // SAMPLE, 1)], rows):
        inside = some[shapely.intersects(area, shapely.centroid(context.plots[some]))]
        if reached(context, inside):
            return True
    return len(inside) < LEAST_PARCELS


def _built(context: SpatialContext, rows: NDArray[np.intp]) -> bool:
    plot, house = context.footprints_tree.query(context.plots[rows])
    centres = shapely.centroid(context.footprints[house])
    return bool(shapely.intersects(context.plots[rows[plot]], centres).any())


def _served(context: SpatialContext, rows: NDArray[np.intp]) -> bool:
    tree = context.streets_tree
    return bool(tree.query(context.plots[rows], predicate="dwithin", distance=NEAR_M).size)


def _zoned(context: SpatialContext, rows: NDArray[np.intp]) -> bool:
    tree = context.layers.of("zones", lambda: shapely.STRtree(shapes(context.zones)))
    return bool(tree.query(shapely.centroid(context.plots[rows]), predicate="intersects").size)


REACHED = {"buildings": _built, "streets": _served, "zones": _zoned}
