"""Time the network room on 50 000 edges, beside the libraries that a user would take instead.

    python tests/bench/network.py [--runs 5]

Each line is ours and the other in turn, in one run: the ratio holds on a noisy machine, seconds do
not. The town is a grid of streets with bent corners; every figure is checked against the other's.
"""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING, Any

import alternatives
import geopandas as gpd
import igraph as ig  # type: ignore[import-untyped]
import numpy as np
import pandana  # type: ignore[import-untyped]
import pandas as pd
import shapely
from run import Line, paired

from foncier import network, tables
from foncier.crs import legal_crs
from foncier.network.fields import goals, solve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SIDE = 158  # 2 · 158 · 157 = 49 612 streets of one edge each
BLOCK_M = 90.0
TARGETS, PLACES, SITES = 20, 5, 500
REACH_M = 5000  # pandana slows down with its range


def town() -> gpd.GeoDataFrame:
    """Streets of a grid town, corners moved by up to 25 m."""
    draw = np.random.default_rng(80021)
    corner = np.stack(np.meshgrid(np.arange(SIDE), np.arange(SIDE)), axis=-1) * BLOCK_M
    corner = corner + draw.uniform(-25, 25, corner.shape) + (640_000, 6_970_000)
    across = np.stack([corner[:, :-1], corner[:, 1:]], axis=2).reshape(-1, 2, 2)
    along = np.stack([corner[:-1], corner[1:]], axis=2).reshape(-1, 2, 2)
    lines = shapely.linestrings(np.concatenate([across, along]))
    rows = {
        "street_id": [f"{n:05}" for n in range(len(lines))], "street_class": "residential",
        "level": 0, "walk": True, "bike": True, "drive": True,
    }  # fmt: skip
    frame: gpd.GeoDataFrame = tables.STREETS.conform(
        gpd.GeoDataFrame(rows, geometry=lines, crs=legal_crs("80021"))
    )
    return frame


def places(count: int, seed: int, streets: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Places anywhere in the middle of the town."""
    west, south, east, north = streets.total_bounds
    draw = np.random.default_rng(seed)
    x, y = draw.uniform(west, east, count), draw.uniform(south, north, count)
    ids = [f"{n:03}" for n in range(count)]
    return gpd.GeoDataFrame(
        {"place_id": ids, "name": ids}, geometry=shapely.points(x, y), crs=streets.crs
    )


def sites(count: int, streets: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Plots of 20 by 20 m."""
    points = places(count, 7, streets)
    rows = {"opportunity_id": points["place_id"], "kind": "friche", "perimeter": "parcelles",
            "sources": "bench"}  # fmt: skip
    frame: gpd.GeoDataFrame = tables.CANDIDATES.conform(
        gpd.GeoDataFrame(rows, geometry=points.buffer(10, cap_style="square"), crs=streets.crs)
    )
    return frame


def fields(graph: network.Graph, streets: gpd.GeoDataFrame, runs: int) -> Iterator[Line]:
    """Twenty nearest-target fields, from entering the edges to the way back."""
    targets = {f"t{n:02}": places(PLACES, n, streets) for n in range(TARGETS)}
    aims = goals(graph, targets, None, snap_m=150.0, loop_name="")
    parted, found = solve(graph, aims)
    matrix, cut = parted.graph.arcs.matrix(), parted.graph
    nodes = parted.node.reshape(TARGETS, PLACES)
    net = alternatives.nx_graph(cut)
    other = ig.Graph(n=len(cut.x), edges=np.column_stack([cut.u, cut.v]))
    other.es["m"] = cut.length_m
    theirs = np.array(alternatives.scipy_fields(matrix, nodes))
    ours = np.array([field.effort_m for field in found])  # with the way from street to place
    assert (theirs <= ours + 1e-6).all()
    assert (ours <= theirs + 150 + BLOCK_M * PLACES).all()
    words = f"{TARGETS} nearest-target fields, {len(graph.u)} edges"
    others: dict[str, Any] = {
        "plain scipy": lambda: alternatives.scipy_fields(matrix, nodes),
        "networkx": lambda: alternatives.nx_fields(net, nodes),
        "igraph": lambda: [np.min(other.distances(group.tolist(), weights="m"), axis=0)
                           for group in nodes],
    }  # fmt: skip
    for name, work in others.items():
        if name == "plain scipy":
            yield paired(words, lambda: solve(graph, aims), name, work, runs=runs)
        else:
            yield once(words, lambda: solve(graph, aims), name, work)


def pandana_fields(graph: network.Graph, streets: gpd.GeoDataFrame) -> Line:
    """Twenty nearest-target fields by pandana; its building, told apart, can take minutes."""
    targets = {f"t{n:02}": places(PLACES, n, streets) for n in range(TARGETS)}
    aims = goals(graph, targets, None, snap_m=150.0, loop_name="")
    parted, _ = solve(graph, aims)
    nodes = parted.node.reshape(TARGETS, PLACES)
    began = time.perf_counter()
    net = _pandana(parted.graph)
    built = time.perf_counter() - began
    line = once(f"{TARGETS} nearest-target fields, {len(graph.u)} edges",
                lambda: solve(graph, aims), f"pandana, within {REACH_M} m",
                lambda: _pandana_fields(net, nodes))  # fmt: skip
    return Line(
        line.what, line.ours_s, line.other, line.other_s, f"after {built:.1f} s of building"
    )


def once(what: str, ours: Callable[[], Any], name: str, other: Callable[[], Any]) -> Line:
    """Run ours and a slow other once each, one after the other."""
    began = time.perf_counter()
    ours()
    middle = time.perf_counter()
    other()
    return Line(what, [middle - began], name, (time.perf_counter() - middle,))


def _pandana(graph: network.Graph) -> Any:
    ends = pd.Series(graph.u), pd.Series(graph.v)
    metres = pd.DataFrame({"m": graph.length_m})
    return pandana.Network(pd.Series(graph.x), pd.Series(graph.y), *ends, metres)


def _pandana_fields(net: Any, nodes: np.ndarray) -> list[Any]:
    found = []
    for n, group in enumerate(nodes):
        at = net.nodes_df.loc[group]
        net.set_pois(f"t{n}", REACH_M, 1, at["x"], at["y"])
        found.append(net.nearest_pois(REACH_M, f"t{n}", num_pois=1))
    return found


def ways(graph: network.Graph, streets: gpd.GeoDataFrame, runs: int) -> Iterator[Line]:
    """Routes of 500 sites to the loop, doors found before."""
    plots = sites(SITES, streets)
    doors = network.doors(plots, streets)
    middle = streets.union_all().centroid
    ring = shapely.Point(middle).buffer(2000, quad_segs=3).exterior
    stops = gpd.GeoDataFrame(
        {"order": range(12), "name": [str(n) for n in range(12)]},
        geometry=shapely.points(shapely.get_coordinates(ring)[:12]), crs=streets.crs,
    )  # fmt: skip
    loop = network.tour(stops, graph)
    drawn = network.routes(doors, graph, {}, loop)
    table = network.access_table(doors, plots, graph, {}, loop)
    lengths = table.set_index("opportunity_id")["distance_m"].loc[drawn["opportunity_id"]]
    assert np.allclose(drawn.length, lengths, atol=1e-2)
    net = alternatives.nx_graph(graph)
    on_loop = np.flatnonzero(shapely.dwithin(loop, shapely.points(graph.x, graph.y), 1.0))
    starts = graph.u[np.searchsorted(graph.street_id, network.main_doors(doors)["street_id"])]

    def by_networkx() -> list[list[int]]:
        import networkx as nx

        _, paths = nx.multi_source_dijkstra(net, set(on_loop.tolist()))
        return [paths[int(node)] for node in starts]

    yield paired(
        f"{len(drawn)} routes to the loop, {len(graph.u)} edges",
        lambda: network.routes(doors, graph, {}, loop), "networkx, from node to node",
        by_networkx, runs=min(runs, 2),
    )  # fmt: skip


def areas(graph: network.Graph, streets: gpd.GeoDataFrame, runs: int) -> Iterator[Line]:
    """Isochrones of 20 sites, three times each; networkx reaches the nodes and draws no area."""
    doors = network.doors(sites(20, streets), streets)
    net = alternatives.nx_graph(graph)
    starts = graph.u[np.searchsorted(graph.street_id, network.main_doors(doors)["street_id"])]

    def by_networkx() -> list[Any]:
        import networkx as nx

        found = []
        for node in starts:
            reached = nx.single_source_dijkstra_path_length(net, int(node), cutoff=1125)
            for metres in (375, 750, 1125):
                inside = [n for n, far in reached.items() if far <= metres]
                edges = net.subgraph(inside).edges
                lines = [[(graph.x[a], graph.y[a]), (graph.x[b], graph.y[b])] for a, b in edges]
                found.append(shapely.buffer(shapely.multilinestrings(lines or [[(0, 0), (1, 1)]]),
                                            50))  # fmt: skip
        return found

    yield paired(
        f"Isochrones of 20 sites at 5, 10, 15 min, {len(graph.u)} edges",
        lambda: network.isochrones(doors, graph), "networkx, whole edges only", by_networkx,
        runs=min(runs, 2),
    )  # fmt: skip


def lines(runs: int) -> Iterator[Line]:
    """Every line of this room."""
    streets = town()
    began = time.perf_counter()
    graph = network.build_graph(streets)
    yield Line(f"Graph of {len(graph.u)} edges from their lines", [time.perf_counter() - began])
    yield from fields(graph, streets, runs)
    yield from ways(graph, streets, runs)
    yield from areas(graph, streets, runs)
    yield pandana_fields(graph, streets)


def main() -> None:
    """Print the lines as Markdown rows."""
    words = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    words.add_argument("--runs", type=int, default=5)
    print("| what | foncier | alternative | ratio | |\n|---|---|---|---|---|")
    for line in lines(words.parse_args().runs):
        print(line.row(), flush=True)


if __name__ == "__main__":
    main()
