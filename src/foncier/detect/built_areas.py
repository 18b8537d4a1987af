"""Class of a plot by the built areas that hold most of it (QGIS Foncier, fonctions 2 and 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from foncier.geometry import closed_cover

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.geometry import Floats, Geometries

DENSE, GROUPED, DIFFUSE, ISOLATED = range(4)
OPENING_M = 3.0  # parts of a plot narrower than twice this do not count
HOLE_M2 = 2500.0
QUADRANT = 8  # PostGIS
# How far the built area of each class reaches beyond a building of each class; none where NaN.
GROWTH_M = {
    DENSE: (15.0, np.nan, np.nan, np.nan),
    GROUPED: (25.0, 30.0, np.nan, np.nan),
    DIFFUSE: (45.0, 45.0, 45.0, 45.0),
}


def area_classes(
    plots: Geometries, buildings: shapely.STRtree, classes: NDArray[np.intp], majority: float
) -> NDArray[np.intp]:
    """Class of each plot: the densest whose built area holds more than a share of it.

    The built area of a class is drawn around its buildings and the denser ones, holes of up to
    2 500 m² filled, without that of the denser class. A plot that none holds is isolated.

    Parameters
    ----------
    plots
        Polygons, shape (n,), in a metric CRS; parts narrower than 6 m do not count.
    buildings, classes
        Index of the buildings that have a class, and their classes, shape (m,).
    majority
        Share of the plot.
    """
    kind = np.full(len(plots), ISOLATED, dtype=np.intp)
    opened = shapely.buffer(
        shapely.buffer(plots, -OPENING_M, quad_segs=QUADRANT), OPENING_M, quad_segs=QUADRANT
    )
    area = shapely.area(opened)
    inside = np.zeros(len(plots))
    for one, growth in GROWTH_M.items():
        open_ = np.flatnonzero((kind == ISOLATED) & (area > 0))
        held = _held_m2(opened[open_], buildings, np.array(growth)[classes])
        kind[open_[held - inside[open_] > majority * area[open_]]] = one
        inside[open_] = held
    return kind


def _held_m2(plots: Geometries, buildings: shapely.STRtree, growth_m: Floats) -> Floats:
    """Area of each plot inside the built area of some of the buildings."""
    drawn = ~np.isnan(growth_m)
    covers = np.asarray(buildings.geometries)[drawn]
    part = closed_cover(plots, covers, grow_m=growth_m[drawn], hole_m2=HOLE_M2)
    return np.asarray(shapely.area(part), dtype=np.float64)
