"""The street network: where plots open on it, how far they are from what matters, the loop.

Everything is measured along the streets, from inside an edge to inside an edge.
"""

from foncier.network.access import access_points
from foncier.network.crossings import with_crossing
from foncier.network.doors import doors, doors_by_mode, main_doors
from foncier.network.graph import Graph, build_graph
from foncier.network.isochrones import isochrones, residents_reached
from foncier.network.loop import tour
from foncier.network.routes import routes
from foncier.network.slope import sloped
from foncier.network.surface import cells_of, surface
from foncier.network.times import BIKE_KMH, WALK_KMH, access_table, cycled
from foncier.network.transit import departures_reached

__all__ = [
    "BIKE_KMH",
    "WALK_KMH",
    "Graph",
    "access_points",
    "access_table",
    "build_graph",
    "cells_of",
    "cycled",
    "departures_reached",
    "doors",
    "doors_by_mode",
    "isochrones",
    "main_doors",
    "residents_reached",
    "routes",
    "sloped",
    "surface",
    "tour",
    "with_crossing",
]
