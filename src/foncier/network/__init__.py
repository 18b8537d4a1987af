"""The street network: where plots open on it, how far they are from what matters, the loop.

Everything is measured along the streets, from inside an edge to inside an edge.
"""

from foncier.network.access import access_points
from foncier.network.crossings import with_crossing
from foncier.network.graph import Graph, build_graph
from foncier.network.landlocked import neighbours_land_m
from foncier.network.loop import tour
from foncier.network.routes import routes
from foncier.network.times import BIKE_KMH, WALK_KMH, access_table

__all__ = [
    "BIKE_KMH",
    "WALK_KMH",
    "Graph",
    "access_points",
    "access_table",
    "build_graph",
    "neighbours_land_m",
    "routes",
    "tour",
    "with_crossing",
]
