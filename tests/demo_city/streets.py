"""The street network: cut at every crossing, with bridges as the only way over water and rails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from tests.demo_city import plan
from tests.demo_city.names import street_name

if TYPE_CHECKING:
    from tests.demo_city.layout import Layout, Road
    from tests.demo_city.shapes import Geometries

BY_HAND = len(plan.AVENUES) + len(plan.PATHS)
NODE_M = 0.1  # crossings this near are one crossing
WALK_ONLY = ("footway",)
NO_CARS = ("footway", "cycleway", "pedestrian")


def network(layout: Layout) -> gpd.GeoDataFrame:
    """Draw the streets: name, class, level and who may use them, connected in one piece."""
    roads = _named(_kept(layout))
    barrier = shapely.union_all([shape for _, shape in layout.water] + [layout.rail])
    lines, road, level = _over_and_under(roads, barrier)
    nodes = shapely.union_all(lines, grid_size=NODE_M)
    parts = np.asarray(shapely.get_parts(nodes), dtype=object)
    middle = shapely.line_interpolate_point(parts, 0.5, normalized=True)
    origin = shapely.STRtree(lines).nearest(middle)
    table = gpd.GeoDataFrame(
        {
            "name": [roads[road[k]][0] or None for k in origin],
            "street_class": [roads[road[k]][1] for k in origin],
            "level": np.asarray(level)[origin],
        },
        geometry=parts,
    )
    return _finished(_bridged(table[table.length > 0.15]))


def _kept(layout: Layout) -> list[Road]:
    """Avenues a little beyond the plots, and the new streets that serve a plot."""
    tree = shapely.STRtree([block.shape for block in layout.blocks])
    around = shapely.union_all([block.shape for block in layout.blocks]).buffer(90)
    kept: list[Road] = []
    for number, (name, kind, width, line) in enumerate(layout.roads):
        if kind == "canal":
            continue
        if number < BY_HAND:
            shown = line.intersection(around)
        else:
            hits = tree.query(line, predicate="dwithin", distance=width / 2 + 2)
            near = shapely.union_all(
                [layout.blocks[i].shape.buffer(width / 2 + 8) for i in sorted(hits)]
            )
            shown = (
                line if len(hits) and line.intersection(near).length > 0.3 * line.length else None
            )
        kept += [(name, kind, width, part) for part in shapely.get_parts(shown) if part.length > 1]
    return kept


def _named(roads: list[Road]) -> list[Road]:
    named, number = [], 0
    for name, kind, width, line in roads:
        given = name or street_name(number, kind, line.length) or ""
        number += not name and bool(given)
        named.append((given, kind, width, line))
    return named


def _over_and_under(
    roads: list[Road], barrier: shapely.Geometry
) -> tuple[Geometries, list[int], list[int]]:
    lines: list[shapely.Geometry] = []
    road: list[int] = []
    level: list[int] = []
    shapely.prepare(barrier)
    for number, (_, _, _, line) in enumerate(roads):
        crosses = barrier.intersects(line)
        for height, piece in (
            (0, line.difference(barrier) if crosses else line),
            (1, line.intersection(barrier) if crosses else None),
        ):
            for part in shapely.get_parts(piece) if piece is not None else ():
                if part.geom_type == "LineString" and part.length > 0:
                    lines.append(part)
                    road.append(number)
                    level.append(height)
    return np.array(lines, dtype=object), road, level


def _components(lines: Geometries) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Component of each line, its two end nodes, and the coordinates of the nodes."""
    ends = np.stack(
        [shapely.get_coordinates(shapely.get_point(lines, k)) for k in (0, -1)], axis=1
    ).round(1)
    nodes, index = np.unique(ends.reshape(-1, 2), axis=0, return_inverse=True)
    a, b = index.reshape(-1, 2).T
    graph = coo_array((np.ones(len(a)), (a, b)), shape=(len(nodes), len(nodes)))
    return connected_components(graph, directed=False)[1], a, nodes


def _bridged(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Join every island of streets to the rest by a footbridge between the nearest crossings."""
    part, start, _ = _components(table.geometry.to_numpy())
    # A lone stretch or two at the edge of the map lead nowhere.
    table = table[np.bincount(part[start])[part[start]] > 2]
    added: list[shapely.Geometry] = []
    lines = table.geometry.to_numpy()
    for _ in range(40):
        every = np.concatenate([lines, np.array(added, dtype=object)])
        part, _, nodes = _components(every)
        sizes = np.bincount(part)
        if len(sizes) == 1:
            break
        main = int(np.argmax(sizes))
        points = shapely.points(nodes)
        alone = points[part != main]
        tree = shapely.STRtree(points[part == main])
        near, metres = tree.query_nearest(alone, return_distance=True, all_matches=False)
        best = int(np.argmin(metres))
        pair = [alone[near[0][best]], points[part == main][near[1][best]]]
        added.append(shapely.LineString(pair))
    bridges = gpd.GeoDataFrame(
        {"name": "Passerelle", "street_class": "footway", "level": 1},
        index=range(len(added)),
        geometry=added or None,
    )
    rows = [*table.itertuples(index=False), *bridges.itertuples(index=False)]
    return gpd.GeoDataFrame(
        rows, columns=["name", "street_class", "level", "geometry"], geometry="geometry"
    )


def _finished(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Sort, number, and say who may use each street."""
    west, south = table.bounds[["minx", "miny"]].to_numpy().T
    table = table.iloc[np.lexsort((table.length, south, west))].reset_index(drop=True)
    kind = table["street_class"]
    table.insert(0, "street_id", [f"V{n:05d}" for n in range(1, len(table) + 1)])
    table["walk"] = True
    table["bike"] = ~kind.isin(WALK_ONLY)
    table["drive"] = ~kind.isin(NO_CARS)
    return table
