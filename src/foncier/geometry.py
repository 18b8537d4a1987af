"""Pure measures of arrays of geometries, in the unit of their CRS (metres here)."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Geometries = NDArray[np.object_]
Floats = NDArray[np.float64]
POLYGONAL = (3, 6)  # GEOS type ids of Polygon and MultiPolygon
COLLECTION = 7


def polygons_only(values: Any) -> Geometries:
    """Keep the polygonal part of each geometry, made valid.

    Parameters
    ----------
    values
        Any geometries, shape (n,).

    Returns
    -------
    Valid polygons or multipolygons, shape (n,); None where nothing with an area is left.

    Examples
    --------
    >>> import shapely
    >>> bow_tie = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    >>> shapely.area(polygons_only([bow_tie, shapely.Point(0, 0)])[:1])
    array([2.])
    """
    kept: Geometries = np.array(shapely.make_valid(np.asarray(values, dtype=object)))
    kinds = shapely.get_type_id(kept)
    for i in np.flatnonzero(kinds == COLLECTION):
        parts = shapely.get_parts(kept[i])
        parts = parts[np.isin(shapely.get_type_id(parts), POLYGONAL)]
        kept[i] = shapely.union_all(parts) if len(parts) else None
    lost = ~np.isin(shapely.get_type_id(kept), POLYGONAL) | shapely.is_empty(kept)
    kept[lost] = None
    return kept
