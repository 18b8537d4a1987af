"""Stretches of an axis as quarters, where the study has no quarters of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from foncier import tables
from foncier.geometry import polygons_only

if TYPE_CHECKING:
    from collections.abc import Mapping

STEP_M = 500.0
GRAIN_M = 10.0  # between the points of the axis whose surroundings are joined


def stretches(
    axis: shapely.Geometry,
    area: shapely.Geometry,
    stops: Mapping[str, shapely.Point],
    *,
    crs: object,
    step_m: float = STEP_M,
) -> gpd.GeoDataFrame:
    """Cut a study area into what lies nearest to each stretch of its axis.

    Parameters
    ----------
    axis
        A line in the legal metric CRS; of several lines the longest is followed.
    area
        The study area.
    stops
        Named points of the axis, which name its stretches; may be empty.
    crs
        The legal metric CRS.
    step_m
        Length of a stretch in metres; the last one may be shorter.

    Returns
    -------
    Table of the contract ``QUARTER_OUTLINES``, in the order of the axis. The outlines share no
    ground and together cover the area.

    Examples
    --------
    >>> line = shapely.LineString([(0, 0), (900, 0)])
    >>> found = stretches(line, shapely.box(0, -100, 900, 100), {"Gare": shapely.Point(700, 5)},
    ...                   crs=2154)
    >>> list(found["name"]), found.area.round().tolist()
    (['0–500 m', '500–900 m (Gare)'], [100000.0, 80000.0])
    """
    merged = shapely.get_parts(shapely.line_merge(axis))
    line = merged[np.argmax(shapely.length(merged))]
    length = shapely.length(line)
    many = max(int(np.ceil(length / step_m - 1e-9)), 1)
    along = np.linspace(0, length, max(int(length / GRAIN_M), many) + 1)
    along = (along[:-1] + along[1:]) / 2  # no point on the limit of two stretches
    points = shapely.line_interpolate_point(line, along)
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(points), extend_to=area, ordered=True)
    )
    owner = np.minimum((along / step_m).astype(int), many - 1)
    shapes = [shapely.intersection(shapely.union_all(cells[owner == i]), area)
              for i in range(many)]  # fmt: skip
    at = {name: float(shapely.line_locate_point(line, point)) for name, point in stops.items()}
    rows = [
        {"quarter_id": f"axe-{i + 1:02d}", "name": _name(i, step_m, length, at)}
        for i in range(many)
    ]
    frame = gpd.GeoDataFrame(rows, geometry=polygons_only(shapes), crs=crs)
    held = frame[shapely.area(frame.geometry.to_numpy()) > 0]
    outlines: gpd.GeoDataFrame = tables.QUARTER_OUTLINES.conform(held)
    return outlines


def _name(i: int, step_m: float, length: float, at: Mapping[str, float]) -> str:
    start, end = i * step_m, min((i + 1) * step_m, length)
    last = end >= length
    held = [name for name, where in at.items() if start <= where < end or (last and where == end)]
    return f"{start:.0f}–{end:.0f} m" + (f" ({', '.join(held)})" if held else "")
