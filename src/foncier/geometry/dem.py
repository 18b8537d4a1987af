"""Heights of the ground between the cells of a relief."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import map_coordinates

if TYPE_CHECKING:
    from foncier.geometry.arrays import Floats
    from foncier.model import Dem


def heights_m(dem: Dem, x: Floats, y: Floats) -> Floats:
    """Height of the ground at points, between the middles of the four cells around each.

    ``x`` and ``y`` are coordinates in the relief's CRS, shape (n,).

    Returns
    -------
    Metres, shape (n,); NaN off the grid or where one of the four cells is unknown.

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
    found = np.full(len(across), np.nan)
    on = (across >= 0) & (across <= columns) & (down >= 0) & (down <= rows)
    # The outer half of the border cells is as high as their middle.
    middles = np.array([down[on], across[on]]) - 0.5
    found[on] = map_coordinates(dem.heights_m, middles, np.float64, order=1, mode="nearest")
    return found
