"""Sections of the axis: the land of its corridor, cut by distance along it and named by places."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from foncier import schemas
from foncier.geometry import polygons_only
from foncier.i18n import localized

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Positions = NDArray[np.float64]

SECTION_M = 500.0
SAMPLING_M = 10.0  # distance between the points of the axis
LANDMARK_M = 250.0  # a place farther from the axis names no section
MOST_NAMES = 2


def axis_sections(
    axis: shapely.Geometry,
    area: shapely.Geometry,
    landmarks: Mapping[str, shapely.Point],
    *,
    crs: object,
    half_width_m: float,
    step_m: float = SECTION_M,
) -> gpd.GeoDataFrame:
    """Cut the corridor of the axis into sections: the parts nearest to each length of the axis.

    Parameters
    ----------
    axis
        A line in the legal metric CRS; of several lines the longest is followed.
    area
        The study area.
    landmarks
        Places that name the sections, the most important first; may be empty. A section is named
        after the first two within it, or after those before and after it.
    crs
        The legal metric CRS.
    half_width_m
        Half width of the corridor: no section has land farther from the axis, however large the
        study area.
    step_m
        Length of a section in metres; the last one may be shorter.

    Returns
    -------
    Table of the schema ``DISTRICT_OUTLINES``, in the order of the axis. The outlines do
    not overlap and cover the part of the corridor within the area.

    Examples
    --------
    >>> line, area = shapely.LineString([(0, 0), (900, 0)]), shapely.box(0, -9000, 900, 9000)
    >>> found = axis_sections(line, area, {"Gare": shapely.Point(700, 5)}, crs=2154,
    ...                       half_width_m=100)
    >>> list(found["name"]), found.area.round().tolist()
    (['avant Gare (0–500 m)', 'Gare (500–900 m)'], [100000.0, 80000.0])
    """
    merged = shapely.get_parts(shapely.line_merge(axis))
    line = merged[np.argmax(shapely.length(merged))]
    corridor = shapely.intersection(area, shapely.buffer(line, half_width_m))
    length = float(shapely.length(line))
    count = max(int(np.ceil(length / step_m - 1e-9)), 1)
    along = np.linspace(0, length, max(int(length / SAMPLING_M), count) + 1)
    along = (along[:-1] + along[1:]) / 2  # no point on the limit of two sections
    # An axis that comes back on itself has places twice: the first one counts.
    spots = shapely.get_coordinates(shapely.line_interpolate_point(line, along))
    _, first = np.unique(spots.round(3), axis=0, return_index=True)
    along, points = along[np.sort(first)], shapely.points(spots[np.sort(first)])
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(points), extend_to=area, ordered=True)
    )
    owner = np.minimum((along / step_m).astype(int), count - 1)
    shapes: list[shapely.Geometry] = []
    for i in range(count):
        own = shapely.intersection(shapely.union_all(cells[owner == i]), corridor)
        # Cells of GEOS may overlap by a little where the axis bends sharply.
        shapes.append(shapely.difference(own, shapely.union_all(shapes)) if shapes else own)
    near = _positions(line, landmarks)
    bounds = np.minimum(np.arange(count + 1) * step_m, length)
    rows = [
        {"quarter_id": f"axe-{i + 1:02d}", "name": _name(bounds[i], bounds[i + 1], length, near)}
        for i in range(count)
    ]
    frame = gpd.GeoDataFrame(rows, geometry=polygons_only(shapes), crs=crs)
    sections = frame[shapely.area(frame.geometry.to_numpy()) > 0]
    outlines: gpd.GeoDataFrame = schemas.DISTRICT_OUTLINES.conform(sections)
    return outlines


def _positions(line: Any, landmarks: Mapping[str, shapely.Point]) -> dict[str, float]:
    """Distance along the axis of each place near it, in the order of the places."""
    return {
        name: float(shapely.line_locate_point(line, point))
        for name, point in landmarks.items()
        if shapely.distance(line, point) <= LANDMARK_M
    }


def _name(start: float, end: float, length: float, near: Mapping[str, float]) -> str:
    """Places within a section, else those before and after it; its distances along the axis."""
    span = f"{start:.0f}–{end:.0f} m"
    within = {n: at for n, at in near.items() if start <= at < end or at == end == length}
    if within:
        first: list[str] = []
        for name in within:  # "Gare" and "Gare, rue Dejean" are one place
            if not any(name.startswith(one) or one.startswith(name) for one in first):
                first.append(name)
        first = first[:MOST_NAMES]
        return f"{', '.join(sorted(first, key=lambda name: within[name]))} ({span})"
    before = max((name for name in near if near[name] < start), key=near.__getitem__, default="")
    after = min((name for name in near if near[name] >= end), key=near.__getitem__, default="")
    if before and after:
        both = localized("scoring.sections.between", before=before, after=after).fr
        return f"{both} ({span})"
    if before or after:
        key = "scoring.sections.after" if before else "scoring.sections.before"
        return f"{localized(key, name=before or after).fr} ({span})"
    return span
