"""Graphs of OSMnx in and out: what OSMnx says of them is what our tables say."""

from __future__ import annotations

import gzip
import subprocess
import sys
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import osmnx
import pytest
import shapely

from foncier.crs import legal_crs
from foncier.errors import FormatError
from foncier.model import LayerFile
from foncier.network import build_graph
from foncier.readers import osm_files, osm_tags, read
from foncier.readers.osmnx_graphs import osmnx_of_network, streets_of_osmnx
from foncier.readers.report import Journal
from foncier.schemas import STREETS

if TYPE_CHECKING:
    from pathlib import Path

CRS = legal_crs("35236")
LINES = ["LINESTRING (0 0, 50 0, 90 0)", "LINESTRING (50 0, 50 30)", "LINESTRING (90 0, 50 30)"]


def streets() -> gpd.GeoDataFrame:
    shapes = shapely.transform(shapely.from_wkt(LINES), lambda xy: np.add(xy, (330_000, 6_740_000)))
    frame = gpd.GeoDataFrame(
        {
            "street_id": ["way/7", "way/8", "x"],
            "name": ["Rue A", None, None],
            "level": 0,
            "street_class": ["residential", "path", "service"],
            "walk": True,
            "bike": True,
            "drive": True,
            "bike_way": ["both", "both", "forward"],
        },
        geometry=shapes,
        crs=CRS,
    )
    return STREETS.conform(frame)


def test_osmnx_walks_and_measures_our_network() -> None:
    table = streets()
    graph = osmnx_of_network(build_graph(table), table)
    osmnx.convert.validate_graph(graph)
    nodes, edges = osmnx.graph_to_gdfs(graph)
    assert (len(nodes), len(edges), edges.crs) == (4, 8, CRS)
    assert nodes.index.name == "osmid"
    ways = set(zip(edges["osmid"], edges["street_id"], edges["highway"], strict=True))
    assert ways == {(7, "way/7", "residential"), (8, "way/8", "path"), (2, "x", "service")}
    assert edges["length"].to_numpy() == pytest.approx(edges.length.to_numpy())
    ends = [nodes.geometry[u] for u, _, _ in edges.index]
    assert (shapely.get_point(edges.geometry.to_numpy(), 0) == np.array(ends)).all()
    stats = osmnx.stats.basic_stats(graph)
    assert stats["street_length_total"] == pytest.approx(table.length.sum())
    assert nodes["street_count"].tolist() == [1, 3, 2, 2] or sorted(nodes["street_count"]) == [
        1,
        2,
        2,
        3,
    ]
    west, east = nodes["x"].idxmin(), nodes["x"].idxmax()
    route = osmnx.routing.shortest_path(graph, west, east)
    assert osmnx.routing.route_to_gdf(graph, route)["length"].sum() == pytest.approx(90)


def test_a_one_way_street_is_an_edge_in_one_way() -> None:
    table = streets()
    graph = osmnx_of_network(build_graph(table, mode="bike"), table)
    edges = osmnx.graph_to_gdfs(graph, nodes=False)
    (only,) = edges[edges["oneway"]].itertuples()
    assert (only.street_id, only.reversed) == ("x", False)
    assert only.geometry.equals_exact(table.set_index("street_id").geometry["x"])


def test_round_trip_through_osmnx_keeps_the_streets() -> None:
    table = streets()
    graph = osmnx_of_network(build_graph(table, mode="bike"), table)
    back = streets_of_osmnx(graph, CRS)
    assert back["street_id"].tolist() == ["way/2", "way/7", "way/7-2", "way/8"]
    assert back["street_class"].tolist() == ["service", "residential", "residential", "path"]
    assert back["bike_way"].tolist() == ["forward", "both", "both", "both"]
    assert back["name"].fillna("").tolist() == ["", "Rue A", "Rue A", ""]
    assert back.drive.tolist() == [True, True, True, False]
    assert shapely.equals(back.union_all(), table.union_all())


def test_a_graph_that_is_none_of_osmnx_is_refused() -> None:
    import networkx as nx

    with pytest.raises(FormatError, match="aucune arête"):
        streets_of_osmnx(nx.MultiDiGraph(crs="EPSG:2154"), CRS)
    graph = nx.MultiDiGraph(crs="EPSG:2154")
    graph.add_nodes_from([(1, {"x": 0.0, "y": 0.0}), (2, {"x": 9.0, "y": 0.0})])
    graph.add_edge(1, 2, length=9.0)
    with pytest.raises(FormatError, match="osmid et highway"):
        streets_of_osmnx(graph, CRS)


@pytest.fixture(scope="module")
def redon(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Redon without what its edge cuts, on which OSMnx fails, and with the tags that we read."""
    with gzip.open(real_data / "osm-redon/redon.osm.gz") as packed:
        root: Any = ET.parse(packed).getroot()  # noqa: S314
    for kind, member, of in (("way", "nd", "node"), ("relation", "member[@type='way']", "way")):
        there = {one.get("id") for one in root.iterfind(of)}
        for one in root.findall(kind):
            refs = {part.get("ref") for part in one.iterfind(member)}
            if not refs or not refs <= there:
                root.remove(one)
    for one in root:
        for tag in one.findall("tag"):
            if tag.get("k") not in {*osm_tags.KEYS, *osm_tags.EXTRA_TAGS, "type"}:
                one.remove(tag)
    plain = tmp_path_factory.mktemp("redon") / "redon.osm"
    ET.ElementTree(root).write(plain, encoding="utf-8", xml_declaration=True)
    return plain


@pytest.mark.real
@pytest.mark.parametrize("simplify", [False, True])
def test_streets_of_redon_equal_those_of_osmnx(
    redon: Path, simplify: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    tags = ["highway", "name", *osm_tags.STREET_TAGS]
    monkeypatch.setattr(osmnx.settings, "useful_tags_way", tags)
    graph = osmnx.graph_from_xml(redon, retain_all=True, simplify=simplify)
    theirs = streets_of_osmnx(graph, CRS)
    ours, _ = read(LayerFile("streets", redon, "redon", "osm-xml"), crs=CRS, communes=())
    way = theirs["street_id"].str.extract(r"(way/\d+)")[0]
    mine: Any = ours.assign(way=ours["street_id"].str.extract(r"(way/\d+)")[0]).dropna(subset="way")
    if not simplify:  # a simplified edge has the number of one way only
        assert set(way) == set(mine["way"])
        columns = ["street_class", "level", "walk", "bike", "drive"]
        same = theirs.assign(way=way).drop_duplicates("way").set_index("way")[columns]
        said = mine.drop_duplicates("way").set_index("way")[columns].loc[same.index]
        assert (said == same).to_numpy().all()
    assert theirs.length.sum() == pytest.approx(mine.length.sum(), rel=0.01)
    assert not theirs["street_id"].duplicated().any()


@pytest.mark.real
def test_the_objects_of_redon_are_those_that_osmnx_finds(redon: Path) -> None:
    theirs = osmnx.features_from_xml(redon, tags=dict.fromkeys(osm_tags.KEYS, True))
    theirs.index = [f"{kind}/{ident}" for kind, ident in theirs.index]
    ours = osm_files.read(
        redon, "redon", keys=osm_tags.KEYS, extra_tags=osm_tags.EXTRA_TAGS, journal=Journal()
    ).set_index("osm_id")
    assert len(ours) > 1500
    assert set(ours.index) == set(theirs.index)
    theirs = theirs.loc[ours.index]
    assert (ours.geom_type == theirs.geom_type).all()
    assert shapely.equals(ours.geometry.to_numpy(), theirs.geometry.to_numpy()).all()
    for key in osm_tags.KEYS & set(theirs):
        assert (ours[key].fillna("") == theirs[key].fillna("").astype("str")).all(), key


def test_osmnx_is_imported_with_a_graph_only() -> None:
    code = "import sys, foncier.readers.osmnx_graphs; sys.exit('osmnx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
