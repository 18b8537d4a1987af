"""Layers that the detectors read, with their indexes and caches. A missing layer is None."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from foncier._util.memo import OnceCache, RowCache
from foncier.detect import fabric as fabric_classes
from foncier.detect.built_areas import area_classes
from foncier.detect.visibility import StreetLines
from foncier.model import Fabric
from foncier.model.land import FAMILY_CODES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from foncier.geometry import Floats, Geometries
    from foncier.i18n import Localized
    from foncier.model import Dem


@dataclass(frozen=True)
class SpatialContext:
    """Input tables of a study, in the legal metric CRS; None where the study has no such layer.

    ``fabric`` holds the parameters of the fabric classes; ``excluded`` the words of the codes of
    the local plan that exclude the land under them; ``uncovered`` the communes that a layer does
    not cover (`uncovered_communes`).
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
    prescriptions: gpd.GeoDataFrame | None = None
    excluded: Mapping[str, Localized] = field(default_factory=dict)
    fabric: Fabric = field(default_factory=Fabric)
    uncovered: Mapping[str, frozenset[str]] = field(default_factory=dict)

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
        return self.layer_cache.get("footprints", lambda: shapely.STRtree(shapes(self.buildings)))

    @property
    def streets_tree(self) -> shapely.STRtree:
        """Index of all streets, walkable or not."""
        return self.layer_cache.get("streets", lambda: shapely.STRtree(shapes(self.streets)))

    @property
    def footprints_m2(self) -> Floats:
        """Area of each building."""
        return self.layer_cache.get("areas", lambda: shapely.area(self.footprints))

    @cached_property
    def plots_tree(self) -> shapely.STRtree:
        """Index of the outlines of all parcels."""
        return shapely.STRtree(self.plots)

    @property
    def building_fabric(self) -> NDArray[np.intp]:
        """Fabric class of all buildings."""
        return self.layer_cache.get(
            f"fabric {self.fabric}",
            lambda: fabric_classes.building_classes(self.footprints, self.fabric),
        )

    @property
    def classed(self) -> tuple[shapely.STRtree, NDArray[np.intp]]:
        """Index of the buildings that have a fabric class, and their classes."""

        def work() -> tuple[shapely.STRtree, NDArray[np.intp]]:
            classes = self.building_fabric
            return shapely.STRtree(self.footprints[classes >= 0]), classes[classes >= 0]

        return self.layer_cache.get(f"classed {self.fabric}", work)

    @cached_property
    def layer_cache(self) -> OnceCache:
        """Values computed from the layers other than the parcels."""
        return OnceCache()

    @cached_property
    def openings_cache(self) -> OnceCache:
        """What hides a street, computed from parcels and streets."""
        return OnceCache()

    @cached_property
    def row_cache(self) -> RowCache:
        """Values computed for single parcels."""
        return RowCache(len(self.plots))

    @property
    def ways(self) -> StreetLines:
        """Streets at ground level that are open to walkers."""
        return self.layer_cache.get("ways", self._ways)

    def _ways(self) -> StreetLines:
        if self.streets is None:
            return StreetLines(np.array([], dtype=object))
        open_ = self.streets["walk"].fillna(False).to_numpy(dtype=bool)
        level = (self.streets["level"] == 0).to_numpy(dtype=bool)
        return StreetLines(shapes(self.streets)[open_ & level])

    def known(self, layers: Iterable[str], rows: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Tell for which parcels some layers are known: the study has them, and they cover it.

        In a commune that a layer of buildings does not cover, no building is known: that is not to
        know that there is none.
        """
        known = np.ones(len(rows), dtype=np.bool_)
        for layer in layers:
            if getattr(self, layer) is None:
                known[:] = False
            elif layer in self.uncovered and self.parcels is not None:
                known &= self.covers(layer, self.parcels["commune"].iloc[rows])
        return known

    def covers(self, layer: str, communes: Any) -> NDArray[np.bool_]:
        """Tell which communes, by their codes, a layer that the study has covers."""
        uncovered = self.uncovered.get(layer, frozenset())
        return np.asarray(~pd.Series(communes).fillna("").isin(uncovered), dtype=np.bool_)

    def with_uncovered(self, uncovered: Mapping[str, frozenset[str]]) -> SpatialContext:
        """Same layers, with the communes that they do not cover."""
        return self._share_cache(replace(self, uncovered=uncovered))

    def with_parcels(self, parcels: gpd.GeoDataFrame) -> SpatialContext:
        """Same layers with other parcels; values computed from the other layers stay."""
        return self._share_cache(replace(self, parcels=parcels))

    def _share_cache(self, other: SpatialContext) -> SpatialContext:
        vars(other)["layer_cache"] = self.layer_cache
        return other

    def fabric_of(self, rows: NDArray[np.intp]) -> NDArray[np.intp]:
        """Fabric class of parcels, by their positions."""

        def work(new: NDArray[np.intp]) -> tuple[NDArray[np.intp]]:
            if self.fabric.majority:
                return (area_classes(self.plots[new], *self.classed, self.fabric.majority),)
            return (fabric_classes.plot_classes(self.plots[new], *self.classed, self.fabric),)

        return self.row_cache.get("fabric", rows, work)[0]


def shapes(frame: gpd.GeoDataFrame | None) -> Geometries:
    """Geometries of a table as a new object array, safe to prepare or to change.

    A missing layer has none.
    """
    if frame is None:
        return np.array([], dtype=object)
    return np.array(frame.geometry.to_numpy(), dtype=object)


def texts(values: Any) -> np.ndarray:
    """Text column as objects, with None for missing values."""
    column = np.asarray(values, dtype=object)
    return np.array([v if isinstance(v, str) else None for v in column], dtype=object)


def planning_codes(prescriptions: pd.DataFrame) -> NDArray[np.object_]:
    """Code of each object, shape (n,): its family, code and subcode.

    Examples
    --------
    >>> row = {"family": ["prescription"], "code": ["05"], "subcode": [None]}
    >>> planning_codes(pd.DataFrame(row)).tolist()
    ['psc-05-00']
    """
    family = prescriptions["family"].map(FAMILY_CODES)
    code = family + "-" + prescriptions["code"].astype("str").str.lower()
    subcode = prescriptions["subcode"].astype("str").fillna("00").where(family != "sup")
    return (code + ("-" + subcode).fillna("")).to_numpy(dtype=object)


LEAST_PARCELS = 50  # fewer may well have no building, street or zone
SAMPLE = 50  # parcels of a commune that are tested first
NEAR_M = 60.0  # a street that is farther serves no parcel (`foncier.network.REACH_M`)


def uncovered_communes(
    context: SpatialContext, area: shapely.Geometry
) -> Mapping[str, frozenset[str]]:
    """Communes of the study area that buildings, streets or zones do not cover, by layer.

    A layer covers a commune when one of its parcels contains the centre of a building, has a
    street within 60 m, or has its centre in a zone. Tested for communes with at least 50 parcels in
    the area; parcels without a commune are taken as one commune, "". The result has no key for a
    layer that the study does not have, or that covers every commune.

    Parameters
    ----------
    context
        Parcels, and the layers to test.
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
    uncovered = {}
    for layer, concerns in LAYER_TESTS.items():
        if getattr(context, layer) is not None:
            names = [name for name, rows in groups if not _covers(context, area, rows, concerns)]
            uncovered[layer] = frozenset(map(str, names))
    return {layer: communes for layer, communes in uncovered.items() if communes}


def _covers(
    context: SpatialContext,
    area: shapely.Geometry,
    rows: NDArray[np.intp],
    concerns: Callable[[SpatialContext, NDArray[np.intp]], bool],
) -> bool:
    """Tell whether a layer concerns one of these parcels; a sample is tested first."""
    for some in (rows[:: max(len(rows) // SAMPLE, 1)], rows):
        inside = some[shapely.intersects(area, shapely.centroid(context.plots[some]))]
        if concerns(context, inside):
            return True
    return len(inside) < LEAST_PARCELS


def _has_building(context: SpatialContext, rows: NDArray[np.intp]) -> bool:
    plot, building = context.footprints_tree.query(context.plots[rows])
    centres = shapely.centroid(context.footprints[building])
    return bool(shapely.intersects(context.plots[rows[plot]], centres).any())


def _has_street(context: SpatialContext, rows: NDArray[np.intp]) -> bool:
    tree = context.streets_tree
    return bool(tree.query(context.plots[rows], predicate="dwithin", distance=NEAR_M).size)


def _has_zone(context: SpatialContext, rows: NDArray[np.intp]) -> bool:
    tree = context.layer_cache.get("zones", lambda: shapely.STRtree(shapes(context.zones)))
    return bool(tree.query(shapely.centroid(context.plots[rows]), predicate="intersects").size)


LAYER_TESTS = {"buildings": _has_building, "streets": _has_street, "zones": _has_zone}
