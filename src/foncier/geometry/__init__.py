"""Pure measures of arrays of geometries, in the unit of their CRS (metres here)."""

from foncier.geometry.arrays import (
    POLYGONAL,
    Floats,
    Geometries,
    in_threads,
    polygons_only,
    unions_by,
)
from foncier.geometry.covering import closed_cover, covered_area_m2
from foncier.geometry.outlines import (
    convexity,
    free_pieces,
    gravelius,
    largest_free_pieces,
    opened_area_m2,
    width_m,
)
from foncier.geometry.relief import heights_m

__all__ = [
    "POLYGONAL",
    "Floats",
    "Geometries",
    "closed_cover",
    "convexity",
    "covered_area_m2",
    "free_pieces",
    "gravelius",
    "heights_m",
    "in_threads",
    "largest_free_pieces",
    "opened_area_m2",
    "polygons_only",
    "unions_by",
    "width_m",
]
