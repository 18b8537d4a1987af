"""The street network: where plots open on it, how far they are from what matters, the loop.

Everything is measured along the streets, from inside an edge to inside an edge.
"""

from foncier.network.access import access_points
from foncier.network.barriers import with_crossing
from foncier.network.entrances import entrances, entrances_by_mode, main_entrances
from foncier.network.graph import Graph, build_graph
from foncier.network.isochrones import isochrones
from foncier.network.loop import tour
from foncier.network.routes import routes
from foncier.network.service_area import departures_reached, residents_reached
from foncier.network.slope import sloped
from foncier.network.travel_times import (
    BIKE_KMH,
    WALK_KMH,
    cells_of,
    cycled,
    travel_time_raster,
    travel_time_table,
)

__all__ = [
    "BIKE_KMH",
    "WALK_KMH",
    "Graph",
    "access_points",
    "build_graph",
    "cells_of",
    "cycled",
    "departures_reached",
    "entrances",
    "entrances_by_mode",
    "isochrones",
    "main_entrances",
    "residents_reached",
    "routes",
    "sloped",
    "tour",
    "travel_time_raster",
    "travel_time_table",
    "with_crossing",
]
