"""Street network: entrances of plots, travel times, isochrones, the loop.

Distances are measured along the streets and start and end inside an edge, not at a node.
"""

from foncier.network.access import access_points
from foncier.network.barriers import add_crossing
from foncier.network.entrances import entrances, entrances_by_mode, main_entrances
from foncier.network.graph import Graph, build_graph
from foncier.network.isochrones import isochrones
from foncier.network.joints import Joints, connect_streets
from foncier.network.loop import Tour, route_loop, route_tour
from foncier.network.routes import routes
from foncier.network.service_area import departures_within, points_within, residents_within
from foncier.network.slope import apply_slope
from foncier.network.splitting import component_of
from foncier.network.travel_times import (
    BIKE_KMH,
    WALK_KMH,
    add_cycling,
    raster_grid,
    travel_time_raster,
    travel_time_table,
)

__all__ = [
    "BIKE_KMH",
    "WALK_KMH",
    "Graph",
    "Joints",
    "Tour",
    "access_points",
    "add_crossing",
    "add_cycling",
    "apply_slope",
    "build_graph",
    "component_of",
    "connect_streets",
    "departures_within",
    "entrances",
    "entrances_by_mode",
    "isochrones",
    "main_entrances",
    "points_within",
    "raster_grid",
    "residents_within",
    "route_loop",
    "route_tour",
    "routes",
    "travel_time_raster",
    "travel_time_table",
]
