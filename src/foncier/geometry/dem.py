"""Heights and slopes of a digital elevation model (DEM)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.ndimage import map_coordinates

from foncier.geometry.arrays import expand

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.geometry.arrays import Floats, Geometries
    from foncier.model import Dem


def heights_m(dem: Dem, x: Floats, y: Floats) -> Floats:
    """Height of the ground at points, by bilinear interpolation of the cells.

    ``x`` and ``y`` are coordinates in the CRS of the DEM, shape (n,).

    Returns
    -------
    Metres, shape (n,); NaN outside the grid or where one of the four cells is unknown.

    Examples
    --------
    >>> from foncier.model import Dem
    >>> slope = Dem(np.array([[0, 10], [0, 10]], dtype=np.float32), 0.0, 20.0, 10.0)
    >>> heights_m(slope, np.array([5.0, 10.0, 40.0]), np.array([5.0, 10.0, 5.0]))
    array([ 0.,  5., nan])
    """
    rows, columns = dem.heights_m.shape
    across = (np.asarray(x, dtype=np.float64) - dem.west_m) / dem.cell_m
    down = (dem.north_m - np.asarray(y, dtype=np.float64)) / dem.cell_m
    heights = np.full(len(across), np.nan)
    inside = (across >= 0) & (across <= columns) & (down >= 0) & (down <= rows)
    # The outer half of a border cell has the height of its centre.
    centres = np.array([down[inside], across[inside]]) - 0.5
    heights[inside] = map_coordinates(dem.heights_m, centres, np.float64, order=1, mode="nearest")
    return heights


def slope_at(dem: Dem, x: Floats, y: Floats, *, base_m: float) -> Floats:
    """Slope at points, as a share: the gradient between heights half a base away on each side.

    NaN where one of the heights is unknown.

    Examples
    --------
    >>> from foncier.model import Dem
    >>> hillside = Dem(np.tile(np.arange(20, dtype=np.float32), (20, 1)), 0.0, 200.0, 10.0)
    >>> slope_at(hillside, np.array([100.0]), np.array([100.0]), base_m=10.0).round(3)
    array([0.1])
    """
    half = base_m / 2
    east = heights_m(dem, x + half, y) - heights_m(dem, x - half, y)
    north = heights_m(dem, x, y + half) - heights_m(dem, x, y - half)
    return np.asarray(np.hypot(east, north) / base_m, dtype=np.float64)


def grid_points(plots: Geometries, step_m: float) -> tuple[Floats, NDArray[np.intp]]:
    """Points of a regular grid that lie in each plot, with the plot of each.

    The grid has its origin at (0, 0), so that the points of a plot do not depend on the others. A
    plot without a grid point gets one point on its surface.

    Returns
    -------
    Coordinates, shape (m, 2), and positions of plots, shape (m,).

    Examples
    --------
    >>> xy, plot = grid_points(shapely.box([0, 3.1], 0, [4, 3.2], [2, 0.1]), 2.0)
    >>> xy[:2].tolist(), plot.tolist()
    ([[1.0, 1.0], [3.0, 1.0]], [0, 0, 1])
    """
    cells = np.floor(shapely.bounds(plots) / step_m)
    cells = np.nan_to_num(cells).astype(np.intp)
    wide, high = cells[:, 2] - cells[:, 0] + 1, cells[:, 3] - cells[:, 1] + 1
    plot, rank = expand(wide * high)
    x = (cells[plot, 0] + rank % wide[plot] + 0.5) * step_m
    y = (cells[plot, 1] + rank // wide[plot] + 0.5) * step_m
    shapely.prepare(plots)
    inside = shapely.contains_xy(plots[plot], x, y)
    small = np.setdiff1d(np.arange(len(plots)), plot[inside])
    small = small[~shapely.is_empty(plots[small]) & ~shapely.is_missing(plots[small])]
    single = shapely.get_coordinates(shapely.point_on_surface(plots[small]))
    xy = np.concatenate([np.column_stack([x, y])[inside], single])
    return xy, np.concatenate([plot[inside], small])
