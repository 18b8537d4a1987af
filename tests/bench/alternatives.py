"""What a user would write or take instead, each giving the same figures as foncier."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import shapely
from scipy.sparse.csgraph import dijkstra

from foncier import detect, tables
from foncier.crs import legal_crs

CRS = 2154


def town(plots: int, buildings: int) -> tuple[np.ndarray, np.ndarray]:
    """Plots side by side and buildings of all sizes, some astride two plots."""
    draw = np.random.default_rng(80021)
    side = int(np.ceil(np.sqrt(plots)))
    n = np.arange(plots)
    x, y = (n % side) * 20.0, (n // side) * 30.0
    home = draw.integers(0, plots, buildings)
    west, south = x[home] + draw.uniform(0, 14, buildings), y[home] + draw.uniform(0, 22, buildings)
    wide, deep = draw.uniform(3, 9, (2, buildings))
    houses = shapely.box(west, south, west + wide, south + deep)
    # One union first: real footprints touch and overlap little, drawn boxes would overlap much.
    return shapely.box(x, y, x + 20, y + 30), shapely.get_parts(shapely.union_all(houses))


def town_ground(plots: int) -> detect.Ground:
    """Lay the same town out as tables, with a street between every other row of plots."""
    shapes, houses = town(plots, plots * 41 // 30)
    side = int(np.ceil(np.sqrt(plots)))
    ways = shapely.linestrings(
        [[(-20, y), (side * 20 + 20, y)] for y in np.arange(0, side + 1, 2) * 30.0]
    )

    def frame(contract: tables.Table, rows: dict[str, Any], lines: Any) -> Any:
        ids = [f"{n:07}" for n in range(len(lines))]
        return contract.conform(
            gpd.GeoDataFrame({contract.key[0]: ids, **rows}, geometry=lines, crs=legal_crs("80021"))
        )

    return detect.Ground(
        parcels=frame(tables.PARCELS, {"area_m2": shapely.area(shapes)}, shapes),
        buildings=frame(
            tables.BUILDINGS, {"kind": "hard", "area_m2": shapely.area(houses)}, houses
        ),
        streets=frame(
            tables.STREETS,
            {"street_class": "residential", "level": 0, "walk": True, "bike": True, "drive": True},
            ways,
        ),
    )


def overlay_area(plots: np.ndarray, houses: np.ndarray) -> np.ndarray:
    """Built area by `geopandas.overlay`."""
    left = gpd.GeoDataFrame({"plot": np.arange(len(plots))}, geometry=plots, crs=CRS)
    right = gpd.GeoDataFrame(geometry=houses, crs=CRS)
    cut = gpd.overlay(left, right, how="intersection", keep_geom_type=True)
    return np.bincount(cut["plot"], cut.area, minlength=len(plots))


def sjoin_area(plots: np.ndarray, houses: np.ndarray) -> np.ndarray:
    """Built area by `geopandas.sjoin`, then an intersection for each pair."""
    left = gpd.GeoDataFrame({"plot": np.arange(len(plots))}, geometry=plots, crs=CRS)
    right = gpd.GeoDataFrame(geometry=houses, crs=CRS)
    pairs = gpd.sjoin(left, right, predicate="intersects")
    area = pairs.geometry.intersection(right.geometry.loc[pairs["index_right"]], align=False).area
    return np.bincount(pairs["plot"], area, minlength=len(plots))


def by_the_book(
    parcels: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame, zones: gpd.GeoDataFrame
) -> tuple[set[str], set[str]]:
    """The rule of foncier-api as its text reads: one union, one parcel after the other."""
    urban = zones.union_all()
    own = parcels[parcels.centroid.within(urban)]
    union = buildings[buildings.centroid.within(urban)].union_all()
    bare, split = set(), set()
    for name, whole in zip(own["parcel_id"], own.geometry, strict=True):
        share, plot = whole.intersection(union).area / whole.area, whole
        if share < 0.005 and plot.area >= 400 and plot.buffer(-10).buffer(10).area >= 400:
            bare.add(name)
        elif 0.005 <= share < 0.5 and plot.area >= 1000:
            near = buildings.geometry.iloc[buildings.sindex.query(plot, predicate="intersects")]
            for part in (p for g in near for p in _parts(g.intersection(whole)) if p.area > 10):
                plot = plot.difference(part.buffer(8))
            if any(p.buffer(-10).buffer(10).area >= 400 for p in _parts(plot)):
                split.add(name)
    return bare, split


def _parts(shape: Any) -> list[Any]:
    return list(getattr(shape, "geoms", [shape]))


def scipy_fields(arcs: Any, sources: np.ndarray) -> list[np.ndarray]:
    """Distance of each node to the nearest of a group, by the call that foncier makes."""
    return [dijkstra(arcs, directed=False, indices=group, min_only=True) for group in sources]


def nx_graph(graph: Any) -> nx.Graph:
    """The same streets in networkx, parallel edges reduced to the shortest."""
    made = nx.Graph()
    order = np.argsort(-graph.length_m)
    edges = zip(graph.u[order].tolist(), graph.v[order].tolist(), graph.length_m[order].tolist(),
                strict=True)  # fmt: skip
    made.add_weighted_edges_from(edges)
    return made


def nx_fields(graph: nx.Graph, sources: np.ndarray) -> list[dict[int, float]]:
    """Distance of each node to the nearest of a group, by networkx."""
    return [
        nx.multi_source_dijkstra_path_length(graph, {int(n) for n in group if int(n) in graph})
        for group in sources
    ]
