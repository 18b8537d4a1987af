"""Walking times from plots to destinations and to the loop."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from foncier import schemas
from foncier.errors import CrsError
from foncier.network import (
    access_points,
    build_graph,
    route_loop,
    routes,
    travel_time_table,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Builder = Callable[..., gpd.GeoDataFrame]

STREET = "LINESTRING (0 0, 100 0, 200 0)"
BLOCK = [STREET, "LINESTRING (100 0, 100 80)", "LINESTRING (500 0, 600 0)"]


def entrances(
    streets: gpd.GeoDataFrame, put: Callable[[Any], Any], at: dict[str, tuple[str, float, float]]
) -> gpd.GeoDataFrame:
    """Access points by opportunity: street, x, y."""
    points = [put(shapely.Point(x, y)) for _, x, y in at.values()]
    ways = streets.set_index("street_id").geometry
    rows = [
        {
            "opportunity_id": key,
            "street_id": street,
            "frontage_m": 9.0,
            "offset_m": ways[street].distance(point),
        }
        for (key, (street, _, _)), point in zip(at.items(), points, strict=True)
    ]
    table = schemas.ACCESS_POINTS.conform(gpd.GeoDataFrame(rows, geometry=points, crs=2154))
    assert isinstance(table, gpd.GeoDataFrame)
    return table


CASES: dict[str, Any] = {
    # name: access (street, x, y), place, distance, straight
    "along one edge": (("s0", 10, 5), (60, -3), 5 + 50 + 3, np.hypot(50, 8)),
    "across the street": (("s0", 30, 5), (30, -5), 10, 10),
    "around the corner": (("s0", 30, 4), (106, 50), 4 + 70 + 50 + 6, np.hypot(76, 46)),
    "at a node": (("s0", 100, 4), (200, 0), 104, np.hypot(100, 4)),
    "beyond the end of the street": (("s0", 150, 0), (230, 40), 50 + 50, np.hypot(80, 40)),
    "another part of the network": (("s0", 30, 5), (550, 0), None, None),
    "destination far from any street": (("s0", 30, 5), (30, -151), None, None),
    "its own entrance": (("s0", 30, 5), (30, 5), 10, 0),
}


@pytest.mark.parametrize("case", CASES)
def test_a_path_goes_from_the_plot_to_the_destination_along_the_streets(
    streets: Builder, plots: Builder, places: Builder, put: Callable[[Any], Any], case: str
) -> None:
    (street, x, y), there, distance, straight = CASES[case]
    ways = streets(BLOCK)
    site = plots([shapely.box(0, 5, 9, 9)], opportunity_id=["a"])
    found = travel_time_table(
        entrances(ways, put, {"a": (street, x, y)}),
        site,
        build_graph(ways),
        {"station": places({"Gare": there})},
    )
    row = found.iloc[0]
    if distance is None:
        assert row[["place", "distance_m", "time_min", "straight_m", "detour_index"]].isna().all()
        return
    assert row["place"] == "Gare"
    assert row["distance_m"] == pytest.approx(distance, abs=1e-4)
    assert row["time_min"] == pytest.approx(distance / 75, abs=1e-5)
    assert row["straight_m"] == pytest.approx(straight, abs=1e-4)
    if straight < 10:
        assert np.isnan(row["detour_index"])
    else:
        assert row["detour_index"] == pytest.approx(distance / straight, abs=1e-5)


def test_the_nearest_destination_along_the_streets_is_named(
    streets: Builder, plots: Builder, places: Builder, put: Callable[[Any], Any]
) -> None:
    ways = streets(
        ["LINESTRING (0 0, 300 0)", "LINESTRING (0 20, 300 20)", "LINESTRING (300 0, 300 20)"]
    )
    site = plots([shapely.box(0, 5, 9, 9)], opportunity_id=["a"])
    near = {"derrière": (10.0, 20.0), "plus loin": (200.0, 0.0)}
    found = travel_time_table(
        entrances(ways, put, {"a": ("s0", 10, 2)}), site, build_graph(ways), {"stop": places(near)}
    )
    assert found["place"].tolist() == ["plus loin"]
    assert found["distance_m"].tolist() == pytest.approx([192], abs=1e-4)


def test_one_row_for_each_opportunity_and_destination_even_without_a_path(
    streets: Builder, plots: Builder, places: Builder, put: Callable[[Any], Any]
) -> None:
    ways = streets(BLOCK)
    sites = plots([shapely.box(0, 5, 9, 9)] * 2, opportunity_id=["b", "a"])
    destinations = {"station": places({"Gare": (60, 0)}), "stop": places({})}
    found = travel_time_table(
        entrances(ways, put, {"b": ("s0", 10, 5)}),
        sites,
        build_graph(ways),
        destinations,
        put(shapely.LineString([(900, 900), (990, 900)])),
    )
    keys = [(i, t) for i in ("a", "b") for t in ("loop", "station", "stop")]
    assert list(found[["opportunity_id", "target"]].itertuples(index=False, name=None)) == keys
    assert found["distance_m"].notna().tolist() == [False] * 4 + [True, False]


def test_an_entrance_on_a_street_outside_the_graph_has_no_path(
    streets: Builder, plots: Builder, places: Builder, put: Callable[[Any], Any]
) -> None:
    ways = streets(BLOCK, bike=[False, True, True])
    site = plots([shapely.box(0, 5, 9, 9)], opportunity_id=["a"])
    found = travel_time_table(
        entrances(ways, put, {"a": ("s0", 10, 5)}),
        site,
        build_graph(ways, mode="bike"),
        {"station": places({"Gare": (100, 40)})},
        speed_kmh=15,
    )
    assert found["distance_m"].isna().all()


def test_speed_is_a_parameter(
    streets: Builder, plots: Builder, places: Builder, put: Callable[[Any], Any]
) -> None:
    ways = streets(BLOCK)
    site = plots([shapely.box(0, 5, 9, 9)], opportunity_id=["a"])
    door = entrances(ways, put, {"a": ("s0", 10, 0)})
    found = travel_time_table(
        door, site, build_graph(ways), {"x": places({"Gare": (160, 0)})}, speed_kmh=15
    )
    assert found["time_min"].tolist() == pytest.approx([0.6], abs=1e-5)


@pytest.mark.parametrize("empty", ["plots", "streets", "doors", "targets"])
def test_empty_tables(
    streets: Builder, plots: Builder, places: Builder, put: Callable[[Any], Any], empty: str
) -> None:
    ways = streets(BLOCK)
    sites = plots([] if empty == "plots" else [shapely.box(0, 5, 9, 9)])
    door = entrances(ways, put, {"p0": ("s0", 10, 5)}).iloc[
        : 0 if empty in {"plots", "doors"} else 1
    ]
    graph = build_graph(streets([]) if empty == "streets" else ways)
    destinations = {} if empty == "targets" else {"station": places({"Gare": (60, 0)})}
    found = travel_time_table(door, sites, graph, destinations)
    assert list(found.columns) == schemas.ACCESS.names
    assert (found.dtypes == schemas.ACCESS.empty().dtypes).all()
    assert len(found) == (0 if empty in {"plots", "targets"} else 1)
    assert found["distance_m"].isna().all()
    assert routes(door, graph, destinations).empty


def test_a_layer_in_another_crs_is_refused(
    streets: Builder, plots: Builder, places: Builder, put: Callable[[Any], Any]
) -> None:
    ways = streets(BLOCK)
    door = entrances(ways, put, {"p0": ("s0", 10, 5)})
    wrong = places({"Gare": (60, 0)}).to_crs(4326)
    with pytest.raises(CrsError, match="station"):
        travel_time_table(
            door, plots([shapely.box(0, 5, 9, 9)]), build_graph(ways), {"station": wrong}
        )


LOOPS: dict[str, Any] = {
    # name: loop, access, distance from the plot's edge
    "on the loop": ("LINESTRING (0 0, 200 0)", ("s0", 37, 6), 6),
    "one street away": ("LINESTRING (0 0, 100 0, 200 0)", ("s1", 104, 50), 54),
    "loop that ends inside an edge": ("LINESTRING (150 0, 173 0)", ("s0", 33, 5), 5 + 117),
    "drawn by hand beside the street": ("LINESTRING (-50 -8, 250 -8)", ("s1", 104, 50), 4 + 50 + 8),
    "too far from any street": ("LINESTRING (0 -40, 200 -40)", ("s1", 104, 50), None),
    "another part": ("LINESTRING (500 0, 600 0)", ("s1", 104, 50), None),
    "in two pieces": ("MULTILINESTRING ((0 0, 10 0), (100 80, 100 70))", ("s1", 104, 50), 24),
}


@pytest.mark.parametrize("case", LOOPS)
def test_distance_to_the_loop(
    streets: Builder, plots: Builder, put: Callable[[Any], Any], case: str
) -> None:
    loop, door, distance = LOOPS[case]
    ways, site = streets(BLOCK), plots([shapely.box(0, 5, 9, 9)], opportunity_id=["a"])
    line = put(loop)
    points, graph = entrances(ways, put, {"a": door}), build_graph(ways)
    found = travel_time_table(points, site, graph, {}, line).iloc[0]
    assert found["target"] == "loop"
    if distance is None:
        assert np.isnan(found["distance_m"])
        return
    assert found["place"] == "Boucle"
    assert found["distance_m"] == pytest.approx(distance, abs=1e-3)
    assert found["straight_m"] == pytest.approx(points.geometry.iloc[0].distance(line))


def test_routes_are_as_long_as_the_distances(
    streets: Builder, plots: Builder, places: Builder, put: Callable[[Any], Any]
) -> None:
    ways = streets([*BLOCK, "LINESTRING (100 80, 130 110, 70 110, 100 80)"])
    sites = plots([shapely.box(0, 5, 9, 9)] * 3, opportunity_id=["a", "b", "c"])
    door = entrances(ways, put, {"a": ("s0", 10, 5), "b": ("s3", 120, 112), "c": ("s2", 520, 4)})
    destinations = {"station": places({"Gare": (190, -3)})}
    loop = put("LINESTRING (0 0, 100 0)")
    graph = build_graph(ways)
    found = travel_time_table(door, sites, graph, destinations, loop)
    drawn = routes(door, graph, destinations, loop).merge(found, on=["opportunity_id", "target"])
    assert drawn["opportunity_id"].tolist() == ["a", "a", "b", "b"]
    assert np.allclose(shapely.length(drawn.geometry.values), drawn["distance_m"], atol=1e-4)
    starts = shapely.get_point(drawn.geometry.values, 0)
    assert shapely.equals(starts, door.geometry.to_numpy()[[0, 0, 1, 1]]).all()


def lattice(side: int) -> list[list[tuple[float, float]]]:
    """Streets of 100 m between the corners of a square town."""
    steps = range(side)
    along = [
        [(x * 100.0, y * 100.0), (x * 100.0 + 100, y * 100.0)] for x in steps[:-1] for y in steps
    ]
    return along + [[(y, x) for x, y in line] for line in along]


TOWN = lattice(4)


@settings(max_examples=12, deadline=None)
@given(
    kept=st.sets(st.integers(0, len(TOWN) - 1), min_size=1),
    more=st.integers(0, 15),
    seed=st.integers(0, 99),
    turn=st.floats(0, 360),
)
def test_an_added_street_never_lengthens_a_path_and_rotation_changes_nothing(
    streets: Builder,
    plots: Builder,
    places: Builder,
    put: Callable[[Any], Any],
    *,
    kept: set[int],
    more: int,
    seed: int,
    turn: float,
) -> None:
    chosen = sorted({0, *kept})
    extra = shapely.LineString([(100.0 * (more % 4), 100.0 * (more // 4)), (0.0, 0.0)])
    lines = [shapely.LineString(TOWN[i]) for i in chosen]
    fewer, full = streets(lines), streets([*lines, extra])
    sites = plots([shapely.box(0, 5, 9, 9)] * 2, opportunity_id=["a", "b"])
    last = TOWN[chosen[-1]][0]
    door = entrances(full, put, {"a": ("s0", 30, 4), "b": (f"s{len(chosen) - 1}", *last)})
    destinations = {"station": places({"Gare": TOWN[chosen[len(chosen) // 2]][0]})}
    before = [table.copy(deep=True) for table in (door, sites, destinations["station"], full)]
    poor = travel_time_table(door, sites, build_graph(fewer), destinations)["distance_m"]
    rich = travel_time_table(door, sites, build_graph(full), destinations)["distance_m"]
    reached = poor.notna()
    assert (rich[reached] <= poor[reached] + 1e-4).all()
    about = (650_000, 6_977_000)
    turned = [
        t.set_geometry(t.rotate(turn, origin=about)).sample(frac=1, random_state=seed)
        for t in (door, full, destinations["station"])
    ]
    other = travel_time_table(turned[0], sites, build_graph(turned[1]), {"station": turned[2]})
    assert np.allclose(other["distance_m"], rich, atol=1e-3, equal_nan=True)
    assert all(
        a.equals(b)
        for a, b in zip(before, (door, sites, destinations["station"], full), strict=True)
    )


@settings(max_examples=8, deadline=None)
@given(at=st.integers(0, 6), seed=st.integers(0, 99))
def test_splitting_the_opportunities_gives_the_same_rows_to_the_last_bit(
    streets: Builder,
    plots: Builder,
    places: Builder,
    put: Callable[[Any], Any],
    *,
    at: int,
    seed: int,
) -> None:
    ways = streets([shapely.LineString(line) for line in TOWN])
    sites = plots([shapely.box(x, 6, x + 15, 30 + x / 9) for x in range(3, 200, 34)])
    graph, door = build_graph(ways), access_points(sites, ways)
    destinations = {"station": places({"Gare": (233.3, 97)}), "stop": places({"A": (3, 250)})}
    loop = put("LINESTRING (100 100, 200 100, 200 200, 100 200, 100 100)")
    whole = travel_time_table(door, sites, graph, destinations, loop)
    mixed = sites.sample(frac=1, random_state=seed)
    parts = [
        travel_time_table(door, part, graph, destinations, loop)
        for part in (mixed.iloc[:at], mixed.iloc[at:])
    ]
    again = pd.concat([part for part in parts if len(part)])
    again = again.sort_values(["opportunity_id", "target"], ignore_index=True)
    pd.testing.assert_frame_equal(again, whole, check_exact=True)


@pytest.mark.parametrize("at_once", [1, 3])
def test_lines_built_together_have_the_measured_length_and_equal_those_built_one_by_one(
    streets: Builder,
    plots: Builder,
    places: Builder,
    put: Callable[[Any], Any],
    monkeypatch: pytest.MonkeyPatch,
    *,
    at_once: int,
) -> None:
    ways = streets([shapely.LineString(line) for line in TOWN])
    sites = plots([shapely.box(x, 6, x + 15, 30 + x / 9) for x in range(3, 200, 34)])
    graph, door = build_graph(ways), access_points(sites, ways)
    destinations = {"station": places({"Gare": (233.3, 97), "Halte": (3, 250)})}
    loop = put("LINESTRING (100 0, 200 0, 200 100)")
    drawn = routes(door, graph, destinations, loop)
    table = travel_time_table(door, sites, graph, destinations, loop).set_index(
        ["opportunity_id", "target"]
    )
    measured = table.loc[list(zip(drawn["opportunity_id"], drawn["target"], strict=True))]
    assert len(drawn) == table["distance_m"].notna().sum() > len(sites)
    assert drawn.length.to_numpy() == pytest.approx(measured["distance_m"].to_numpy(), abs=1e-3)
    monkeypatch.setattr(import_module("foncier.network.routes"), "AT_ONCE", at_once)
    assert routes(door, graph, destinations, loop).equals(drawn)


@pytest.fixture(scope="module")
def amiens(real_data: Path) -> gpd.GeoDataFrame:
    """Streets of greater Amiens, walkable except motorways."""
    path = real_data / "amiens" / "voirie-osm.geojson.gz"
    raw = gpd.read_file(f"/vsigzip/{path.as_posix()}").to_crs(2154)
    table = gpd.GeoDataFrame(
        {
            "street_id": [f"s{i:05d}" for i in range(len(raw))],
            "name": raw["name"].replace("", None),
            "street_class": raw["roadClass"],
            "level": raw["structure"].map({"normal": 0, "bridge": 1, "tunnel": -1}),
            "walk": raw["roadClass"] != "highway",
            "bike": True,
            "drive": True,
        },
        geometry=raw.geometry.array,
        crs=2154,
    )
    conformed = schemas.STREETS.conform(table)
    assert isinstance(conformed, gpd.GeoDataFrame)
    return conformed


@pytest.fixture(scope="module")
def friches(real_data: Path) -> gpd.GeoDataFrame:
    """The 66 friches of Amiens, as discs of their declared area."""
    raw = pd.read_csv(real_data / "amiens" / "friches-cartofriches-80021.csv", sep=";")
    area = pd.to_numeric(raw["unite_fonciere_surface"], errors="coerce").fillna(1000)
    points = gpd.GeoSeries.from_wkt(raw["geompoint"], crs=4326).to_crs(2154)
    table = gpd.GeoDataFrame(
        {
            "opportunity_id": raw["site_id"],
            "kind": "friche",
            "area_m2": area,
            "perimeter": "emprise_approximative",
            "sources": "Cartofriches",
        },
        geometry=points.buffer(np.sqrt(area / np.pi)),
        crs=2154,
    )
    conformed = schemas.CANDIDATES.conform(table)
    assert isinstance(conformed, gpd.GeoDataFrame)
    return conformed


@pytest.mark.real
def test_the_real_streets_of_amiens_are_one_network(amiens: gpd.GeoDataFrame) -> None:
    graph = build_graph(amiens)
    assert graph.main_share > 0.98
    assert 20_000 < len(graph.u) < 25_000


@pytest.mark.real
def test_ten_real_distances_agree_with_networkx(
    amiens: gpd.GeoDataFrame, friches: gpd.GeoDataFrame
) -> None:
    graph, door = build_graph(amiens), access_points(friches, amiens)
    assert len(door) >= 60
    stations = gpd.GeoSeries.from_xy([2.30820, 2.31262], [49.89056, 49.89262], crs=4326)
    station = gpd.GeoDataFrame(
        {"place_id": ["1", "2"], "name": ["Gare d'Amiens", "Gare la Vallée"]},
        geometry=stations.to_crs(2154),
    )
    found = travel_time_table(door, friches, graph, {"station": station}).set_index(
        "opportunity_id"
    )
    assert found["distance_m"].notna().sum() >= 60
    assert (found["detour_index"].dropna() >= 1 - 1e-9).all()
    reached = found.index[found["distance_m"].notna()]
    known = door[door["opportunity_id"].isin(reached)]
    for site in known.sample(10, random_state=1).itertuples():
        expected = by_networkx(graph, site.street_id, site.geometry, station.geometry)
        assert found.loc[site.opportunity_id, "distance_m"] == pytest.approx(expected, rel=1e-3)


def by_networkx(graph: Any, street: str, door: Any, stations: Any) -> float:
    """Distance by another library, the edges cut here by hand."""
    net = nx.MultiGraph()
    net.add_weighted_edges_from(zip(graph.u, graph.v, graph.length_m, strict=True))

    def enter(node: str, point: Any, edges: Any) -> None:
        edge = edges[np.argmin(shapely.distance(graph.lines[edges], point))]
        along = graph.lines[edge].project(point)
        offset = graph.lines[edge].distance(point)
        net.add_edge(node, graph.u[edge], weight=offset + along)
        net.add_edge(node, graph.v[edge], weight=offset + graph.length_m[edge] - along)

    everywhere = np.arange(len(graph.u))
    for i, station in enumerate(stations):
        enter(f"station {i}", station, everywhere)
    enter("door", door, np.flatnonzero(graph.street_id == street))
    sources = {f"station {i}" for i in range(len(stations))}
    return float(nx.multi_source_dijkstra(net, sources, target="door")[0])


@pytest.mark.real
def test_a_real_loop_is_routed_and_accessible(
    amiens: gpd.GeoDataFrame, friches: gpd.GeoDataFrame
) -> None:
    graph, door = build_graph(amiens), access_points(friches, amiens)
    lat = [49.90718, 49.90433, 49.89792, 49.89558, 49.89262, 49.89056]
    lon = [2.29020, 2.30082, 2.30057, 2.30619, 2.31262, 2.30820]
    stops = gpd.GeoDataFrame(
        {
            "order": range(6),
            "name": [
                "Hôpital Nord",
                "Citadelle",
                "Saint-Leu",
                "Port d'Amont",
                "Gare la Vallée",
                "Gare d'Amiens",
            ],
        },
        geometry=gpd.GeoSeries.from_xy(lon, lat, crs=4326).to_crs(2154),
    )
    loop = route_loop(stops, graph)
    assert loop.is_closed
    assert 5000 < loop.length < 9000
    found = travel_time_table(door, friches, graph, {}, loop)
    drawn = routes(door, graph, {}, loop).merge(found, on=["opportunity_id", "target"])
    assert np.allclose(shapely.length(drawn.geometry.values), drawn["distance_m"], atol=1e-3)
