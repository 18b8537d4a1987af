"""One-way streets hold for cyclists, not for walkers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely

from foncier import schemas
from foncier.network import (
    BIKE_KMH,
    add_cycling,
    build_graph,
    entrances,
    isochrones,
    routes,
    travel_time_table,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Builder = Callable[..., gpd.GeoDataFrame]

RING = [
    "LINESTRING (0 0, 100 0)",
    "LINESTRING (100 0, 100 100)",
    "LINESTRING (100 100, 0 100)",
    "LINESTRING (0 100, 0 0)",
]


def door(put: Callable[[Any], Any], street: str, x: float, y: float) -> Any:
    rows = [{"opportunity_id": "a", "street_id": street, "frontage_m": 9.0, "offset_m": 0.0}]
    frame = gpd.GeoDataFrame(rows, geometry=[put(shapely.Point(x, y))], crs=2154)
    return schemas.ACCESS_POINTS.conform(frame)


ONE_WAY: dict[str, Any] = {
    # name: ways of the four streets, door, place, metres by bike (None: no way)
    "both ways": (["both"] * 4, ("s0", 70, 0), (30, 0), 40),
    "unknown is both ways": ([None] * 4, ("s0", 70, 0), (30, 0), 40),
    "with the traffic": (["forward"] * 4, ("s0", 30, 0), (70, 0), 40),
    "round the block against it": (["forward"] * 4, ("s0", 70, 0), (30, 0), 360),
    "drawn the other way round": (["backward"] * 4, ("s0", 70, 0), (30, 0), 40),
    "against the drawing": (["backward"] * 4, ("s0", 30, 0), (70, 0), 360),
    "into a street without exit": (
        ["forward", "backward", "both", "both"],
        ("s0", 50, 0),
        (50, 100),
        None,
    ),
    "out of it by its own start": (
        ["both", "backward", "both", "both"],
        ("s0", 50, 0),
        (50, 100),
        200,
    ),
    "at a node": (["forward"] * 4, ("s0", 100, 0), (0, 0), 300),
}


@pytest.mark.parametrize("case", ONE_WAY)
def test_one_way_streets_hold_for_cyclists_alone(
    streets: Builder, plots: Builder, places: Builder, put: Callable[[Any], Any], case: str
) -> None:
    way, (street, x, y), there, metres = ONE_WAY[case]
    ways = streets(RING, bike_way=way)
    site = plots([shapely.box(0, 5, 9, 9)], opportunity_id=["a"])
    start, destinations = door(put, street, x, y), {"station": places({"Gare": there})}
    ridden = build_graph(ways, mode="bike")
    found = travel_time_table(start, site, ridden, destinations, speed_kmh=BIKE_KMH).iloc[0]
    walked = travel_time_table(start, site, build_graph(ways), destinations).iloc[0]
    assert walked["distance_m"] <= 200 + 1e-3
    if metres is None:
        assert np.isnan(found["distance_m"])
        return
    assert found["distance_m"] == pytest.approx(metres, abs=1e-3)
    assert found["time_min"] == pytest.approx(metres / 250, abs=1e-5)
    drawn = routes(start, ridden, destinations)
    assert drawn.length[0] == pytest.approx(metres, abs=1e-3)


def test_an_isochrone_by_bike_goes_with_the_traffic(
    streets: Builder, put: Callable[[Any], Any]
) -> None:
    graph = build_graph(streets(["LINESTRING (-900 0, 900 0)"], bike_way="forward"), mode="bike")
    found = isochrones(door(put, "s0", 0, 0), graph, minutes=[2], speed_kmh=15, simplify_m=0.0)
    west, _, east, _ = found.translate(-650_000, -6_977_000).total_bounds
    assert (west, east) == pytest.approx((-50, 550), abs=0.01)


def test_cycling_stands_beside_walking(streets: Builder, plots: Builder, places: Builder) -> None:
    """The path of a plot on a footway starts at the nearest street open to cyclists."""
    ways = streets(
        ["LINESTRING (0 0, 300 0)", "LINESTRING (0 40, 300 40)", "LINESTRING (300 0, 300 40)"],
        bike=[False, True, True],
    )
    sites = plots(
        [shapely.box(0, 3, 20, 25), shapely.box(900, 3, 920, 25)], opportunity_id=["a", "b"]
    )
    destinations = {"station": places({"Gare": (300, 20)})}
    foot = travel_time_table(entrances(sites, ways), sites, build_graph(ways), destinations)
    ridden = travel_time_table(
        entrances(sites, ways, mode="bike"),
        sites,
        build_graph(ways, mode="bike"),
        destinations,
        speed_kmh=BIKE_KMH,
    )
    both = add_cycling(foot, ridden).set_index("opportunity_id")
    assert both.loc["a", "distance_m"] == pytest.approx(3 + 290 + 20, abs=1e-3)
    assert both.loc["a", "bike_m"] == pytest.approx(15 + 290 + 20, abs=1e-3)
    assert both.loc["a", "bike_min"] == pytest.approx(325 / 250, abs=1e-4)
    assert both.loc["b"].isna()[["distance_m", "bike_m", "bike_min"]].all()
    assert add_cycling(foot.iloc[:0], ridden).empty
    assert add_cycling(foot, ridden.iloc[:0])["bike_min"].isna().all()


@pytest.mark.real
def test_both_networks_of_redon(real_data: Path) -> None:
    """OpenStreetMap as it is: one-way streets, footways, steps; checked against networkx."""
    from foncier import readers
    from foncier.crs import legal_crs
    from foncier.model import LayerFile

    path = real_data / "osm-redon" / "redon.osm.gz"
    ways, report = readers.read(
        LayerFile("streets", path, path.name, "osm-xml"), crs=legal_crs("35236"), communes=()
    )
    assert report.rows_kept > 350
    counts = ways["bike_way"].value_counts()
    assert counts["forward"] > 30
    assert counts["both"] > 300
    walk, bike = build_graph(ways), build_graph(ways, mode="bike")
    steps = set(ways.loc[ways["street_class"] == "steps", "street_id"])
    assert len(steps) > 20
    assert steps <= set(walk.street_id)
    assert not steps & set(bike.street_id)
    assert (walk.components, bike.components) == (8, 2)
    assert walk.main_share > 0.98
    assert np.isinf(bike.backward_m).sum() > 50
    assert not np.isinf(walk.backward_m).any()
    net = nx.DiGraph()
    for start, end, metres in ((bike.u, bike.v, bike.forward_m), (bike.v, bike.u, bike.backward_m)):
        for a, b, m in zip(start, end, metres, strict=True):
            if np.isfinite(m) and m < net.get_edge_data(a, b, {"weight": np.inf})["weight"]:
                net.add_edge(a, b, weight=m)
    from scipy.sparse.csgraph import dijkstra

    sources_ = np.flatnonzero(bike.component == 0)[::97]
    ours = dijkstra(bike.arcs.matrix(), indices=sources_)
    for row, node in zip(ours, sources_, strict=True):
        theirs = nx.single_source_dijkstra_path_length(net, node)
        assert set(np.flatnonzero(np.isfinite(row))) == set(theirs)
        assert np.allclose(row[list(theirs)], list(theirs.values()), rtol=1e-9, atol=1e-3)
