"""Pure measures of arrays of geometries, in the unit of their CRS (metres here)."""

from foncier.geometry.arrays import (
    POLYGONAL,
    Covers,
    Floats,
    Geometries,
    boxes_within,
    expand,
    intersecting_pairs,
    pairs_within,
    polygons_only,
    shapes_of,
    unions_by,
)
from foncier.geometry.dem import grid_points, heights_m, slope_at
from foncier.geometry.outlines import (
    convexity,
    free_pieces,
    gravelius,
    largest_free_pieces,
    opened_area_m2,
    width_m,
)
from foncier.geometry.overlay import (
    Overlaps,
    closed_cover,
    covered_area_m2,
    overlaps,
    united_area_m2,
    without_holes,
)
from foncier.geometry.parallel import (
    in_threads,
    nearest_members,
    predicate_holds,
    query_tree,
)

__all__ = [
    "POLYGONAL",
    "Covers",
    "Floats",
    "Geometries",
    "Overlaps",
    "boxes_within",
    "closed_cover",
    "convexity",
    "covered_area_m2",
    "expand",
    "free_pieces",
    "gravelius",
    "grid_points",
    "heights_m",
    "in_threads",
    "intersecting_pairs",
    "largest_free_pieces",
    "nearest_members",
    "opened_area_m2",
    "overlaps",
    "pairs_within",
    "polygons_only",
    "predicate_holds",
    "query_tree",
    "shapes_of",
    "slope_at",
    "unions_by",
    "united_area_m2",
    "width_m",
    "without_holes",
]
