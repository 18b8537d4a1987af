"""Reach every site by the streets: its doors, its times, its routes, who lives around."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from foncier import network, schemas
from foncier.i18n import Localized, figure
from foncier.model import Missing, Note, TravelTimeRaster

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd
    import shapely

    from foncier.pipeline.layers import Layers

MOST_CELLS = 2_000_000  # 1 250 km² in cells of 25 m: a town and its suburbs, not a département
DRAWN = ("station",)  # the ways that are drawn, beside those to the loop


@dataclass(frozen=True)
class Accessibility:
    """What the streets say of every site.

    ``candidates`` with the residents reached; ``points`` and ``access`` keep their contracts;
    ``entrances`` are all the accesses of each site, None without streets; ``routes`` is None where
    nothing leads anywhere.
    ``notes`` say by layer what is unknown or apart.
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
        """Draw what the first sites of the ranking reach on foot; None without rank or street."""
        ranked = scores.dropna(subset="overall_rank").nsmallest(count, "overall_rank", keep="all")
        first = ranked.sort_values(["overall_rank", "opportunity_id"])["opportunity_id"].head(count)
        if self.graph is None or self.entrances is None or first.empty:
            return None
        entrances = self.entrances[self.entrances["opportunity_id"].isin(first)]
        return network.isochrones(entrances, self.graph, self.population)

    def surface(
        self, destinations: Mapping[str, gpd.GeoDataFrame], loop: Any, area: shapely.Geometry
    ) -> TravelTimeRaster | None:
        """Measure the minutes from everywhere; None without street or target, or too large."""
        if self.graph is None or too_large(area):
            return None
        return network.travel_time_raster(self.graph, destinations, loop, area)


def too_large(area: shapely.Geometry) -> bool:
    """Whether the surface of minutes of an area would have too many cells."""
    if area.is_empty:
        return False
    rows, columns, _, _ = network.raster_grid(area)
    return rows * columns > MOST_CELLS


def unsurfaced(area: shapely.Geometry) -> tuple[Missing, ...]:
    """Say that the area is too large for a surface of minutes, where it is."""
    words = Localized(
        "Territoire trop étendu : la surface des temps à pied (acces.tif) n'est pas calculée.",
        "Study area too large: the surface of walking times (acces.tif) is not made.",
    )
    return (Missing("surface", words),) if too_large(area) else ()


def compute_accessibility(
    candidates: gpd.GeoDataFrame,
    layers: Layers,
    graph: network.Graph | None,
    destinations: Mapping[str, gpd.GeoDataFrame],
    loop: shapely.Geometry | None,
) -> Accessibility:
    """Find the doors of the sites and the ways from them, on foot and by bike."""
    streets, population = layers.get("streets"), layers.get("population")
    if graph is None:
        points = schemas.ACCESS_POINTS.empty(candidates.crs)
        # A layer of streets without a street is known: no site has a door.
        nowhere = None if streets is None else network.entrances(candidates, streets)
        return Accessibility(candidates, points, schemas.ACCESS.empty(), nowhere)
    by_mode = network.entrances_by_mode(candidates, streets, layers.get("parcels"))
    entrances = by_mode["walk"]
    graph, notes = _on_relief(graph, layers)
    access = network.travel_time_table(
        entrances, candidates, graph, destinations, loop, constraints=layers.get("constraints")
    )
    access = network.add_cycling(
        access, _by_bike(by_mode["bike"], candidates, streets, destinations, loop)
    )
    drawn = {key: places for key, places in destinations.items() if key in DRAWN}
    routes = network.routes(entrances, graph, drawn, loop) if drawn or loop is not None else None
    return Accessibility(
        joined(
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
        {"elevation": notes, "streets": _apart(graph)},
    )


def _on_relief(graph: network.Graph, layers: Layers) -> tuple[network.Graph, tuple[Note, ...]]:
    """Give the streets their slopes, where there is a relief, and say where it does not reach."""
    dem = layers.get("elevation")
    if dem is None:
        return graph, ()
    graph, unknown = network.apply_slope(graph, layers.get("streets"), dem)
    if not unknown > 0:
        return graph, ()
    share_fr, share_en = (figure(100 * unknown, "%", lang) for lang in ("fr", "en"))
    words = Localized(
        f"pente inconnue sur {share_fr} de la longueur des rues, comptées à plat",
        f"slope unknown on {share_en} of the length of the streets, counted as flat",
    )
    return graph, (Note("assumed", 1, words),)


def _apart(graph: network.Graph) -> tuple[Note, ...]:
    """Say how much of the streets nothing joins to the rest."""
    count, length = graph.islands
    if not count:
        return ()
    far_fr, far_en = (figure(length, "m", lang) for lang in ("fr", "en"))
    words = Localized(
        f"groupes de rues que rien ne relie au reste ({far_fr} en tout) : de là, pas de trajet",
        f"groups of streets that nothing joins to the rest ({far_en} in all): no way from there",
    )
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


def joined(candidates: gpd.GeoDataFrame, *counted: pd.DataFrame) -> gpd.GeoDataFrame:
    """Add what each candidate reaches on foot: tables of one row an opportunity."""
    ids, columns = candidates["opportunity_id"], dict[str, Any]()
    for table_ in counted:
        known = table_.set_index("opportunity_id")
        columns |= {str(name): ids.map(known[name]) for name in known}
    table: gpd.GeoDataFrame = schemas.CANDIDATES.conform(candidates.assign(**columns))
    return table
