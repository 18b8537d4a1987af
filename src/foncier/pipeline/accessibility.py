"""Accessibility of the sites along the streets: entrances, travel times, routes, residents."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from foncier import network, schemas
from foncier.i18n import localized
from foncier.model import Missing, Note, TravelTimeRaster

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd
    import shapely

    from foncier.pipeline.layers import Layers

MOST_CELLS = 2_000_000  # 1 250 km² in cells of 25 m: a town and its suburbs, not a département
ROUTED = ("station",)  # destinations with routes on the map, beside the loop


@dataclass(frozen=True)
class Accessibility:
    """Accessibility of every site.

    ``candidates`` have the residents and departures within their catchment; ``points`` and
    ``access`` follow their schemas; ``entrances`` are all entrances of each site, None without
    streets; ``routes`` is None without any route. ``notes`` give by layer what is unknown.
    """

    candidates: gpd.GeoDataFrame
    points: gpd.GeoDataFrame
    access: pd.DataFrame
    entrances: gpd.GeoDataFrame | None = None
    routes: gpd.GeoDataFrame | None = None
    graph: network.Graph | None = None
    population: gpd.GeoDataFrame | None = None
    notes: Mapping[str, tuple[Note, ...]] = field(default_factory=dict)

    def isochrones(self, scores: pd.DataFrame, count: int) -> gpd.GeoDataFrame | None:
        """Isochrones of the first sites of the ranking; None without a rank or without streets."""
        ranked = scores.dropna(subset="overall_rank").nsmallest(count, "overall_rank", keep="all")
        first = ranked.sort_values(["overall_rank", "opportunity_id"])["opportunity_id"].head(count)
        if self.graph is None or self.entrances is None or first.empty:
            return None
        entrances = self.entrances[self.entrances["opportunity_id"].isin(first)]
        return network.isochrones(entrances, self.graph, self.population)

    def surface(
        self, destinations: Mapping[str, gpd.GeoDataFrame], loop: Any, area: shapely.Geometry
    ) -> TravelTimeRaster | None:
        """Raster of travel times; None without streets or destinations, or if too large."""
        if self.graph is None or too_large(area):
            return None
        return network.travel_time_raster(self.graph, destinations, loop, area)


def too_large(area: shapely.Geometry) -> bool:
    """Tell if the raster of travel times of an area would have too many cells."""
    if area.is_empty:
        return False
    rows, columns, _, _ = network.raster_grid(area)
    return rows * columns > MOST_CELLS


def missing_raster(area: shapely.Geometry) -> tuple[Missing, ...]:
    """Report that the area is too large for a raster of travel times, if it is."""
    if not too_large(area):
        return ()
    return (Missing("surface", localized("pipeline.accessibility.area_too_large")),)


def whole_parcels(
    candidates: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame:
    """Candidates with the outline of the whole parcel where they are a part of one.

    A lot behind a house is entered by the front of its parcel.
    """
    part = (candidates["perimeter"] == "piece").to_numpy(dtype=bool)
    if parcels is None or not part.any():
        return candidates
    shapes = parcels.set_index("parcel_id").geometry.reindex(candidates["parcel_ids"][part])
    known = shapes.notna().to_numpy()
    outlines = candidates.geometry.to_numpy().copy()
    outlines[part.nonzero()[0][known]] = shapes.to_numpy()[known]
    return candidates.set_geometry(outlines, crs=candidates.crs)


def compute_accessibility(
    candidates: gpd.GeoDataFrame,
    layers: Layers,
    graph: network.Graph | None,
    destinations: Mapping[str, gpd.GeoDataFrame],
    loop: shapely.Geometry | None,
) -> Accessibility:
    """Compute entrances of the sites and travel times from them, on foot and by bike."""
    streets, population = layers.get("streets"), layers.get("population")
    if graph is None:
        points = schemas.ACCESS_POINTS.empty(candidates.crs)
        # An empty layer of streets is known: no site has an entrance.
        none = None if streets is None else network.entrances(candidates, streets)
        return Accessibility(candidates, points, schemas.ACCESS.empty(), none)
    parcels = layers.get("parcels")
    by_mode = network.entrances_by_mode(whole_parcels(candidates, parcels), streets, parcels)
    entrances = by_mode["walk"]
    graph, notes = _with_slopes(graph, layers)
    access = network.travel_time_table(
        entrances, candidates, graph, destinations, loop, constraints=layers.get("constraints")
    )
    access = network.add_cycling(
        access, _by_bike(by_mode["bike"], candidates, streets, destinations, loop)
    )
    routed = {key: places for key, places in destinations.items() if key in ROUTED}
    routes = network.routes(entrances, graph, routed, loop) if routed or loop is not None else None
    return Accessibility(
        add_columns(
            candidates,
            network.residents_within(entrances, graph, population),
            network.departures_within(entrances, graph, layers.get("transit")),
        ),
        network.main_entrances(entrances),
        access,
        entrances,
        None if entrances.empty else routes,
        graph,
        population,
        {"elevation": notes, "streets": _islands(graph)},
    )


def _with_slopes(graph: network.Graph, layers: Layers) -> tuple[network.Graph, tuple[Note, ...]]:
    """Graph with the slopes of the DEM if there is one, and a note on streets outside of it."""
    dem = layers.get("elevation")
    if dem is None:
        return graph, ()
    graph, unknown = network.apply_slope(graph, layers.get("streets"), dem)
    if not unknown > 0:
        return graph, ()
    words = localized("pipeline.accessibility.slope_unknown", percent=100 * unknown)
    return graph, (Note("assumed", 1, words),)


def _islands(graph: network.Graph) -> tuple[Note, ...]:
    """Note on groups of streets that are not connected to the rest."""
    count, length = graph.islands
    if not count:
        return ()
    words = localized("pipeline.accessibility.unconnected", count=count, length=length)
    return (Note("kept", count, words),)


def _by_bike(
    entrances: gpd.GeoDataFrame,
    candidates: gpd.GeoDataFrame,
    streets: gpd.GeoDataFrame,
    destinations: Mapping[str, gpd.GeoDataFrame],
    loop: shapely.Geometry | None,
) -> pd.DataFrame:
    graph = network.build_graph(streets, mode="bike")
    return network.travel_time_table(
        entrances, candidates, graph, destinations, loop, speed_kmh=network.BIKE_KMH
    )


def add_columns(candidates: gpd.GeoDataFrame, *tables: pd.DataFrame) -> gpd.GeoDataFrame:
    """Add the columns of tables with one row an opportunity to the candidates."""
    ids, columns = candidates["opportunity_id"], dict[str, Any]()
    for table in tables:
        known = table.set_index("opportunity_id")
        columns |= {str(name): ids.map(known[name]) for name in known}
    extended: gpd.GeoDataFrame = schemas.CANDIDATES.conform(candidates.assign(**columns))
    return extended
