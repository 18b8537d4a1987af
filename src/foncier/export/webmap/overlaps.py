"""Ground that several sites cover, so that the page counts it once whatever is filtered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

SLACK_M2 = 1.0  # less is the slack of two drawings of one limit


def overlaps(shapes: Any) -> dict[str, list[Any]]:
    """Pieces of ground that two sites or more cover, each with its area and the sites that do.

    The ground of any choice of sites is the sum of their areas, less each piece once for every
    site of the choice that covers it beyond the first.

    Parameters
    ----------
    shapes
        Polygons of a metric CRS, in the order of the sites of the page.

    Returns
    -------
    ``area_m2`` of each piece and ``sites``, the positions of the sites that cover it.

    Examples
    --------
    >>> overlaps([shapely.box(0, 0, 10, 10), shapely.box(5, 0, 15, 10), shapely.box(20, 0, 30, 9)])
    {'area_m2': [50.0], 'sites': [[0, 1]]}
    """
    plots = np.asarray(shapes, dtype=object)
    among = _overlapping(plots)
    outlines = shapely.union_all(shapely.boundary(plots[among]))
    faces = shapely.get_parts(shapely.polygonize([outlines]))
    inside, site = shapely.STRtree(plots[among]).query(
        shapely.point_on_surface(faces), predicate="intersects"
    )
    areas: dict[tuple[int, ...], float] = {}
    order = np.lexsort((site, inside))
    starts = np.flatnonzero(np.diff(inside[order], prepend=-1))
    for sites, face in zip(np.split(among[site[order]], starts[1:]), inside[order][starts],
                           strict=False):  # fmt: skip
        covering = tuple(sites.tolist())
        areas[covering] = areas.get(covering, 0.0) + float(shapely.area(faces[face]))
    pieces = {sites: area for sites, area in sorted(areas.items()) if len(sites) > 1}
    return {
        "area_m2": [round(area, 1) for area in pieces.values()],
        "sites": [list(sites) for sites in pieces],
    }


def _overlapping(plots: NDArray[np.object_]) -> NDArray[np.intp]:
    """Positions of the sites that share ground with another, in order."""
    first, second = shapely.STRtree(plots).query(plots, predicate="intersects")
    first, second = first[first < second], second[first < second]
    common = shapely.area(shapely.intersection(plots[first], plots[second])) > SLACK_M2
    return np.unique(np.concatenate([first[common], second[common]]))
