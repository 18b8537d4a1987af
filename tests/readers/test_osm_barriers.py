"""OpenStreetMap: gates and other barriers on the nodes of a street."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import pytest
from scipy.sparse.csgraph import dijkstra

from foncier.network import build_graph

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Nodes of a case: 1 is the middle of a straight service road of 100 m between 2 and 3; a street of
# 1,100 m goes around it by 4 and 5. Cases lie 2 km from each other.
NODES = {
    1: (49.88974, 2.305451),
    2: (49.88974, 2.304756),
    3: (49.88974, 2.306146),
    4: (49.89423, 2.304756),
    5: (49.89423, 2.306146),
}


def written(path: Path, *middles: str, inner: str = "2 1 3") -> Path:
    nodes, ways = [], []
    for case, middle in enumerate(middles):
        for n, (lat, lon) in NODES.items():
            tags_of = middle if n == 1 else ""
            ident, north = 10 * case + n, lat + 0.02 * case
            nodes.append(f'<node id="{ident}" lat="{north:.7f}" lon="{lon}">{tags_of}</node>')
        ways.append(f'<way id="{10 * case + 1}">{refs(inner, case)}{tags(highway="service")}</way>')
        around = refs("2 4 5 3", case)
        ways.append(f'<way id="{10 * case + 2}">{around}{tags(highway="residential")}</way>')
    path.write_text(f'<osm version="0.6">{"".join(nodes + ways)}</osm>', "utf-8")
    return path


def refs(text: str, case: int) -> str:
    return "".join(f'<nd ref="{10 * case + int(ref)}"/>' for ref in text.split())


def tags(**given: str) -> str:
    return "".join(f'<tag k="{k}" v="{v}"/>' for k, v in given.items())


CASES: list[tuple[dict[str, str], int, int]] = [
    ({}, 100, 100),
    ({"barrier": "gate"}, 100, 100),
    ({"barrier": "gate", "access": "yes"}, 100, 100),
    ({"barrier": "bollard"}, 100, 100),
    ({"barrier": "gate", "access": "private"}, 1100, 1100),
    ({"barrier": "gate", "access": "no"}, 1100, 1100),
    ({"barrier": "lift_gate", "access": "private", "foot": "yes"}, 100, 1100),
    ({"barrier": "lift_gate", "access": "employees", "bicycle": "designated"}, 1100, 100),
    ({"barrier": "gate", "foot": "no"}, 1100, 100),
    ({"barrier": "gate", "foot": "private", "access": "yes"}, 1100, 100),
    ({"barrier": "gate", "access": "military"}, 1100, 1100),
    ({"barrier": "gate", "access": "permit"}, 1100, 1100),
    ({"barrier": "gate", "locked": "yes"}, 1100, 1100),
    ({"barrier": "gate", "locked": "yes", "access": "yes"}, 1100, 1100),
    ({"barrier": "gate", "locked": "yes", "foot": "yes"}, 100, 1100),
    ({"barrier": "gate", "locked": "no"}, 100, 100),
    ({"barrier": "wall"}, 1100, 1100),
    ({"barrier": "fence"}, 1100, 1100),
    ({"barrier": "hedge", "foot": "yes"}, 100, 1100),
    ({"barrier": "stile"}, 100, 1100),
    ({"barrier": "no", "access": "yes"}, 100, 100),
    ({"access": "private"}, 1100, 1100),
    ({"highway": "crossing", "foot": "no"}, 1100, 100),
    ({"entrance": "yes", "access": "private"}, 100, 100),
    ({"amenity": "parking_entrance", "access": "customers"}, 100, 100),
]


def lengths_m(streets: Any, mode: Any) -> list[int]:
    """Length of the path between both ends of each service road."""
    graph = build_graph(streets, mode=mode)
    metres: Any = dijkstra(graph.arcs.matrix())
    to_metres = pyproj.Transformer.from_crs(4326, 2154, always_xy=True)
    found = []
    for case in range(len(CASES)):
        (south, west), (_, east) = NODES[2], NODES[3]
        x, y = to_metres.transform([west, east], [south + 0.02 * case] * 2)
        first, last = (
            int(np.argmin(np.hypot(graph.x - a, graph.y - b))) for a, b in zip(x, y, strict=True)
        )
        found.append(int(round(float(metres[first, last]), -2)))
    return found


def test_a_closed_node_ends_the_way(tmp_path: Path, read: Callable[..., Any]) -> None:
    path = written(tmp_path / "a.osm", *(tags(**node) for node, _, _ in CASES))
    streets, report = read("streets", "osm-xml", path)
    walk, bike = lengths_m(streets, "walk"), lengths_m(streets, "bike")
    assert [(node, walk[n], bike[n]) for n, (node, _, _) in enumerate(CASES)] == CASES
    closed = sum((w, b) != (100, 100) for _, w, b in CASES) + 1  # the bollard stops cars
    assert [note.count for note in report.notes if "barrier" in note.text.en] == [closed]
    assert streets.length.sum() == pytest.approx(1200 * len(CASES), rel=0.01)  # none is lost


def test_pieces_of_a_cut_street_are_named_after_it(
    tmp_path: Path, read: Callable[..., Any]
) -> None:
    path = written(tmp_path / "a.osm", tags(barrier="gate", access="private"))
    streets, _ = read("streets", "osm-xml", path)
    pieces = streets[streets["street_id"].str.startswith("way/1")].set_index("street_id")
    assert pieces["walk"].to_dict() == {"way/1": True, "way/1.2": False, "way/1.3": True}
    assert pieces.length.round(1).to_dict()["way/1.2"] == 1.0


def test_a_gate_at_the_end_of_a_way_closes_its_end(
    tmp_path: Path, read: Callable[..., Any]
) -> None:
    path = written(tmp_path / "a.osm", tags(barrier="gate", locked="yes"), inner="1 3")
    streets, _ = read("streets", "osm-xml", path)
    pieces = streets[streets["street_id"].str.startswith("way/1")]
    assert pieces["walk"].tolist() == [False, True]
