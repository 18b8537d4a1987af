"""Slope of a plot, where the study has a relief."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from foncier.geometry import (
    Floats,
    Geometries,
    expand,
    heights_m,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.detect.context import SpatialContext
    from foncier.detect.measures.parcel import Params
    from foncier.model import Dem

KNOWN_SHARE = 0.5  # of a plot's points: with fewer, its slope is unknown


def slope(context: SpatialContext, rows: NDArray[np.intp], params: Params) -> tuple[Floats, None]:
    """Median slope of the ground over the parcel, as a share (0.1 for 10 %).

    Taken every ``params["step_m"]`` metres, or every cell of the relief where it is coarser, over a
    base as long: a kerb or a wall is no slope. A parcel with a height for less than half of its
    points, or without a relief, is unknown.
    """
    if context.elevation is None:
        return np.full(len(rows), np.nan), None
    step = max(float(params["step_m"]), context.elevation.cell_m)
    xy, plot = lattice(context.plots[rows], step)
    steep = pd.Series(steepness(context.elevation, xy[:, 0], xy[:, 1], base_m=step))
    found = steep.groupby(plot).median().reindex(range(len(rows)))
    known = steep.notna().groupby(plot).mean().reindex(range(len(rows)))
    return np.asarray(found.where(known >= KNOWN_SHARE), dtype=np.float64), None


def steepness(dem: Dem, x: Floats, y: Floats, *, base_m: float) -> Floats:
    """Slope at points, between heights half a base away on each side; NaN where one is unknown.

    Examples
    --------
    >>> from foncier.model import Dem
    >>> ramp = Dem(np.tile(np.arange(20, dtype=np.float32), (20, 1)), 0.0, 200.0, 10.0)
    >>> steepness(ramp, np.array([100.0]), np.array([100.0]), base_m=10.0).round(3)
    array([0.1])
    """
    half = base_m / 2
    east = heights_m(dem, x + half, y) - heights_m(dem, x - half, y)
    north = heights_m(dem, x, y + half) - heights_m(dem, x, y - half)
    return np.asarray(np.hypot(east, north) / base_m, dtype=np.float64)


def lattice(plots: Geometries, step_m: float) -> tuple[Floats, NDArray[np.intp]]:
    """Points of one grid over the whole map that fall in each plot, and the plot of each.

    A plot that none falls in gets one point on it.
    """
    cells = np.floor(shapely.bounds(plots) / step_m)
    cells = np.nan_to_num(cells).astype(np.intp)
    wide, high = cells[:, 2] - cells[:, 0] + 1, cells[:, 3] - cells[:, 1] + 1
    plot, rank = expand(wide * high)
    x = (cells[plot, 0] + rank % wide[plot] + 0.5) * step_m
    y = (cells[plot, 1] + rank // wide[plot] + 0.5) * step_m
    shapely.prepare(plots)
    inside = shapely.contains_xy(plots[plot], x, y)
    bare = np.setdiff1d(np.arange(len(plots)), plot[inside])
    bare = bare[~shapely.is_empty(plots[bare]) & ~shapely.is_missing(plots[bare])]
    alone = shapely.get_coordinates(shapely.point_on_surface(plots[bare]))
    xy = np.concatenate([np.column_stack([x, y])[inside], alone])
    return xy, np.concatenate([plot[inside], bare])
