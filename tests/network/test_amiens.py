"""Real streets of Amiens: figures compared with an independent graph."""

from __future__ import annotations

import gzip
import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely

from foncier import network

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from foncier.model import ResultTables

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def result(studied: Callable[[str], ResultTables]) -> ResultTables:
    return studied("amiens")


class Plain:
    """Amiens's streets as networkx: a node a vertex of the file, an edge a segment."""

    def __init__(self, folder: Path) -> None:
        raw = gzip.decompress((folder / "amiens" / "voirie-osm.geojson.gz").read_bytes())
        rows = [f for f in json.loads(raw)["features"] if f["properties"]["roadClass"] != "highway"]
        shapes = [shapely.geometry.shape(f["geometry"]) for f in rows]
        lines = gpd.GeoSeries(shapes, crs=4326).to_crs(2154)
        self.net: Any = nx.Graph()
        segments = []
        for line in lines:
            xy = [(round(x, 3), round(y, 3)) for x, y in line.coords]
            for a, b in pairwise(xy):
                if a != b:
                    metres = float(np.hypot(a[0] - b[0], a[1] - b[1]))
                    old = self.net.get_edge_data(a, b, {"weight": np.inf})["weight"]
                    self.net.add_edge(a, b, weight=min(metres, old))
                    segments.append(shapely.LineString([a, b]))
        self.segments = np.array(segments)
        self.tree = shapely.STRtree(self.segments)

    def ends(self, point: shapely.Point, line: Any = None) -> list[tuple[Any, float]]:
        """Both ends of the nearest segment, of a line or of all, and the metres to each."""
        if line is None:
            segment = self.segments[self.tree.nearest(point)]
        else:
            xy = np.round(shapely.get_coordinates(line), 3)
            parts = shapely.linestrings(np.stack([xy[:-1], xy[1:]], axis=1))
            segment = parts[int(np.argmin(shapely.distance(parts, point)))]
        along, offset = segment.project(point), segment.distance(point)
        a, b = segment.coords
        return [(a, offset + along), (b, offset + segment.length - along)]

    def enter(self, name: str, point: shapely.Point) -> None:
        """Make a node of a point."""
        for end, metres in self.ends(point):
            self.net.add_edge(name, end, weight=metres)

    def distances(self, sources: list[Any]) -> dict[Any, float]:
        found: dict[Any, float] = nx.multi_source_dijkstra_path_length(self.net, set(sources))
        return found


@pytest.fixture(scope="module")
def plain(real_data: Path) -> Plain:
    return Plain(real_data)


@pytest.mark.parametrize("target", ["station", "university", "loop"])
def test_metres_agree_with_networkx_on_another_graph(
    result: ResultTables, plain: Plain, target: str
) -> None:
    """Station, Citadelle and loop from the 60 sites with an access, to 0.1 %."""
    plain.net = nx.Graph(plain.net)
    streets = result.background.streets
    ways = streets.set_index("street_id").geometry
    sources: list[Any] = []
    if target == "loop":
        loop = result.lines.set_index("role").geometry["loop"]
        nodes = [node for node in plain.net if isinstance(node, tuple)]
        near = shapely.dwithin(loop, shapely.points(nodes), 0.01)
        sources = [node for node, on in zip(nodes, near, strict=True) if on]
        for n, stop in enumerate(result.stops.geometry):
            plain.enter(f"stop {n}", shapely.shortest_line(loop, stop).interpolate(0))
            sources.append(f"stop {n}")
    places = result.background.places
    place: Any
    for place in places[places["category"] == target].itertuples():
        plain.enter(str(place.place_id), place.geometry)
        sources.append(str(place.place_id))
    there = plain.distances(sources)
    theirs: dict[Any, float] = {}
    door: Any
    for door in network.entrances(result.candidates, streets).itertuples():
        site, ends = door.opportunity_id, plain.ends(door.geometry, ways[door.street_id])
        far = min(metres + there.get(end, np.inf) for end, metres in ends)
        theirs[site] = min(far, theirs.get(site, np.inf))
    rows = result.access[result.access["target"] == target].dropna(subset="distance_m")
    assert len(rows) >= 60
    row: Any
    for row in rows.itertuples():
        # Who enters inside a street that the loop takes is on it: no node of theirs is.
        if target == "loop" and row.distance_m < 60:
            assert row.distance_m <= theirs[row.opportunity_id] + 0.01
        else:
            assert row.distance_m == pytest.approx(theirs[row.opportunity_id], rel=1e-3)


def test_bridges_and_tunnels_join_at_their_ends_alone(result: ResultTables) -> None:
    """Lines that cross without a common vertex are not connected."""
    streets = result.background.streets
    graph = network.build_graph(streets)
    level = streets["level"].to_numpy()[graph.street]
    assert {-1, 0, 1} <= set(level.tolist())
    bridge = np.flatnonzero(level == 1)
    lines, tree = graph.lines, graph.tree
    own, other = tree.query(lines[bridge], predicate="crosses")
    apart = (level[other] != 1) & ~shapely.touches(lines[bridge[own]], lines[other])
    own, other = bridge[own[apart]], other[apart]
    assert len(own) >= 5  # streets that pass under a bridge
    ends = np.stack([graph.u, graph.v])
    shared = (ends[:, None, own] == ends[None, :, other]).any(axis=(0, 1))
    assert shared.mean() < 0.2
    assert graph.main_share > 0.97


def test_isochrones_routes_and_surface_of_amiens(result: ResultTables) -> None:
    assert result.isochrones is not None
    assert result.routes is not None
    assert result.surface is not None
    first = result.scores.nsmallest(20, "overall_rank")["opportunity_id"]
    drawn = result.isochrones
    assert set(drawn["opportunity_id"]) <= set(first)
    assert len(drawn) == 60
    by_time = drawn.groupby("minutes")["area_m2"].median()
    assert by_time.is_monotonic_increasing
    # Never beyond what a crow reaches, and the strip beside the street.
    entrances = result.access_points.set_index("opportunity_id").geometry
    counted = result.candidates.set_index("opportunity_id")
    row: Any
    for row in drawn.itertuples():
        site = counted.geometry[row.opportunity_id]
        assert row.geometry.within(site.buffer(row.minutes * 75 + 55))
    last = drawn[drawn["minutes"] == 15].set_index("opportunity_id")["residents"]
    assert last.equals(counted["residents_15min"].loc[last.index].rename("residents"))
    lengths = result.routes.assign(m=result.routes.length).merge(
        result.access, on=["opportunity_id", "target"]
    )
    assert set(lengths["target"]) == {"loop", "station"}
    assert np.allclose(lengths["m"], lengths["distance_m"], atol=1e-2)
    # From the cell of a site's door, the surface says what the table says, to a cell's crossing.
    surface = result.surface
    station = surface.minutes[surface.keys.index("station")]
    access = result.access[result.access["target"] == "station"].set_index("opportunity_id")
    column = ((entrances.x - surface.west_m) // surface.cell_m).astype(int)
    row_ = ((surface.north_m - entrances.y) // surface.cell_m).astype(int)
    there = station[row_, column]
    table = access["time_min"].reindex(entrances.index).to_numpy()
    both = np.isfinite(there) & np.isfinite(table)
    assert both.sum() > 50
    assert np.median(np.abs(there - table)[both]) < 0.5


def test_cyclists_of_amiens_are_quicker_and_the_somme_is_named(result: ResultTables) -> None:
    access = result.access.dropna(subset=["time_min", "bike_min"])
    assert len(access) > 300
    assert (access["bike_min"] < access["time_min"]).mean() > 0.99
    round_ = access[access["detour_index"] >= np.sqrt(2)]
    assert (round_["barrier"] == "water").sum() > 15
    assert (access.loc[access["detour_index"] < np.sqrt(2), "barrier"] == "none").all()
