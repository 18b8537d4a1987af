"""Communes that a layer does not come to: their part of it is missing, and nothing is proved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

from foncier.detect.ground import shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from foncier.detect.ground import Ground

LEAST_PARCELS = 50  # fewer may well be without a house, a street or a zone
SAMPLE = 50  # parcels of a commune that are looked at first
NEAR_M = 60.0  # a street farther off serves nobody (`foncier.network.REACH_M`)


def lacking(ground: Ground, area: shapely.Geometry) -> Mapping[str, frozenset[str]]:
    """Communes of the study area to which buildings, streets or zones do not come, by layer.

    A layer comes to a commune when one of its parcels holds the centre of a building, has a
    street within 60 m, or has its centre in a zone. Asked of communes with at least 50 parcels in
    the area; parcels without a commune are taken for one, named "". A layer that the study does
    not have is not in the answer, nor one that comes everywhere.

    Parameters
    ----------
    ground
        Parcels, and the layers asked.
    area
        Study area, in the legal metric CRS.
    """
    if ground.parcels is None:
        return {}
    commune = ground.parcels["commune"].fillna("").astype(str)
    groups = [(name, rows) for name, rows in commune.groupby(commune).indices.items()
              if len(rows) >= LEAST_PARCELS]  # fmt: skip
    shapely.prepare(area)
    found = {}
    for layer, reached in REACHED.items():
        if getattr(ground, layer) is not None:
            bare = [str(name) for name, rows in groups if not _comes(ground, area, rows, reached)]
            found[layer] = frozenset(bare)
    return {layer: communes for layer, communes in found.items() if communes}


def _comes(
    ground: Ground,
    area: shapely.Geometry,
    rows: NDArray[np.intp],
    reached: Callable[[Ground, NDArray[np.intp]], bool],
) -> bool:
    """Tell whether a layer reaches a parcel of these; a few are asked first."""
    for some in (rows[:: max(len(rows) // SAMPLE, 1)], rows):
        inside = some[shapely.intersects(area, shapely.centroid(ground.plots[some]))]
        if reached(ground, inside):
            return True
    return len(inside) < LEAST_PARCELS


def _built(ground: Ground, rows: NDArray[np.intp]) -> bool:
    plot, house = ground.footprints_tree.query(ground.plots[rows])
    centres = shapely.centroid(ground.footprints[house])
    return bool(shapely.intersects(ground.plots[rows[plot]], centres).any())


def _served(ground: Ground, rows: NDArray[np.intp]) -> bool:
    tree = ground.streets_tree
    return bool(tree.query(ground.plots[rows], predicate="dwithin", distance=NEAR_M).size)


def _zoned(ground: Ground, rows: NDArray[np.intp]) -> bool:
    tree = ground.layers.of("zones", lambda: shapely.STRtree(shapes(ground.zones)))
    return bool(tree.query(shapely.centroid(ground.plots[rows]), predicate="intersects").size)


REACHED = {"buildings": _built, "streets": _served, "zones": _zoned}
