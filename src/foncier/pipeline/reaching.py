"""Reach every site by the streets: its doors, its times, its routes, who lives around."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from foncier import network, tables
from foncier.records import Note, Text
from foncier.wording import figure

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd
    import shapely

    from foncier.pipeline.layers import Layers

DRAWN = ("station",)  # the ways that are drawn, beside those to the loop


@dataclass(frozen=True)
class Reached:
    """What the streets say of every site.

    ``candidates`` with the residents reached; ``points`` and ``access`` keep their contracts;
    ``doors`` are all the accesses of each site; ``routes`` is None where nothing leads anywhere.
    ``notes`` say what the relief leaves unknown.
    """

    candidates: gpd.GeoDataFrame
    points: gpd.GeoDataFrame
    access: pd.DataFrame
    doors: gpd.GeoDataFrame | None = None
    routes: gpd.GeoDataFrame | None = None
    graph: network.Graph | None = None
    population: gpd.GeoDataFrame | None = None
    notes: tuple[Note, ...] = ()

    def isochrones(self, scores: pd.DataFrame, count: int) -> gpd.GeoDataFrame | None:
        """Draw what the first sites of the ranking reach on foot; None without rank or street."""
        ranked = scores.dropna(subset="rank").nsmallest(count, "rank", keep="all")
        first = ranked.sort_values(["rank", "opportunity_id"])["opportunity_id"].head(count)
        if self.graph is None or self.doors is None or first.empty:
            return None
        doors = self.doors[self.doors["opportunity_id"].isin(first)]
        return network.isochrones(doors, self.graph, self.population)


def reach(
    candidates: gpd.GeoDataFrame,
    layers: Layers,
    graph: network.Graph | None,
    targets: Mapping[str, gpd.GeoDataFrame],
    loop: shapely.Geometry | None,
) -> Reached:
    """Find the doors of the sites and the ways from them, on foot and by bike."""
    streets, population = layers.get("streets"), layers.get("population")
    if graph is None:
        points = tables.ACCESS_POINTS.empty(candidates.crs)
        return Reached(candidates, points, tables.ACCESS.empty())
    doors = network.doors(candidates, streets, layers.get("parcels"))
    graph, notes = _on_relief(graph, layers)
    access = network.access_table(
        doors, candidates, graph, targets, loop, constraints=layers.get("constraints")
    )
    access = network.cycled(access, _by_bike(candidates, layers, targets, loop))
    drawn = {key: places for key, places in targets.items() if key in DRAWN}
    routes = network.routes(doors, graph, drawn, loop) if drawn or loop is not None else None
    return Reached(
        _peopled(candidates, network.residents_reached(doors, graph, population)),
        network.main_doors(doors),
        access,
        doors,
        None if doors.empty else routes,
        graph,
        population,
        notes,
    )


def _on_relief(graph: network.Graph, layers: Layers) -> tuple[network.Graph, tuple[Note, ...]]:
    """Give the streets their slopes, where there is a relief, and say where it does not reach."""
    relief = layers.get("elevation")
    if relief is None:
        return graph, ()
    graph, unknown = network.sloped(graph, layers.get("streets"), relief)
    if not unknown > 0:
        return graph, ()
    share_fr, share_en = (figure(100 * unknown, "%", lang) for lang in ("fr", "en"))
    words = Text(
        f"pente inconnue sur {share_fr} de la longueur des rues, comptées à plat",
        f"slope unknown on {share_en} of the length of the streets, counted as flat",
    )
    return graph, (Note("assumed", 1, words),)


def _by_bike(
    candidates: gpd.GeoDataFrame,
    layers: Layers,
    targets: Mapping[str, gpd.GeoDataFrame],
    loop: shapely.Geometry | None,
) -> pd.DataFrame:
    streets = layers.get("streets")
    graph = network.build_graph(streets, mode="bike")
    doors = network.doors(candidates, streets, layers.get("parcels"), mode="bike")
    return network.access_table(doors, candidates, graph, targets, loop, speed_kmh=network.BIKE_KMH)


def _peopled(candidates: gpd.GeoDataFrame, counted: pd.DataFrame) -> gpd.GeoDataFrame:
    """Add the residents that each candidate reaches on foot."""
    known, ids = counted.set_index("opportunity_id"), candidates["opportunity_id"]
    columns: dict[str, Any] = {str(name): ids.map(known[name]) for name in known}
    table: gpd.GeoDataFrame = tables.CANDIDATES.conform(candidates.assign(**columns))
    return table
