"""Connections between streets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from foncier.geometry import line_substring
from foncier.network import build_graph
from foncier.network.graph import EPSILON_M, easiest_arcs

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd

    Builder = Callable[..., gpd.GeoDataFrame]

EAST = "LINESTRING (0 0, 50 0, 100 0)"
NORTH = "LINESTRING (50 -50, 50 0, 50 50)"
CASES = {
    # name: lines, levels, nodes, edges, components
    "crossing at a shared vertex": ([EAST, NORTH], [0, 0], 5, 4, 1),
    "crossing without a shared vertex": (["LINESTRING (0 0, 100 0)", NORTH], [0, 0], 4, 2, 2),
    "bridge over a street, vertex in common": ([EAST, NORTH], [0, 1], 4, 2, 2),
    "bridge between two streets": (
        ["LINESTRING (0 0, 40 0)", "LINESTRING (40 0, 60 0)", "LINESTRING (60 0, 100 0)"],
        [0, 1, 0],
        4,
        3,
        1,
    ),
    "end of a bridge inside a street": ([EAST, "LINESTRING (50 0, 50 50)"], [0, 1], 4, 3, 1),
    "three levels, two at the same": (
        [EAST, NORTH, "LINESTRING (30 -20, 50 0, 70 20)"],
        [0, 1, 0],
        7,
        5,
        2,
    ),
    "end in the middle of a segment": (
        ["LINESTRING (0 0, 100 0)", "LINESTRING (50 0, 50 9)"],
        [0, 0],
        4,
        2,
        2,
    ),
    "closed street alone": (["LINESTRING (0 0, 9 0, 9 9, 0 0)"], [0], 1, 1, 1),
    "closed street with a way in": (
        ["LINESTRING (0 0, 9 0, 9 9, 0 0)", "LINESTRING (9 9, 20 20)"],
        [0, 0],
        3,
        3,
        1,
    ),
    "street that comes back on itself": (["LINESTRING (0 0, 9 0, 9 9, 9 0)"], [0], 2, 2, 1),
    "zero length": ([EAST, "LINESTRING (50 0, 50 0)"], [0, 0], 2, 1, 1),
    "repeated vertex": (["LINESTRING (0 0, 50 0, 50 0, 100 0)"], [0], 2, 1, 1),
    "half a millimetre apart": ([EAST, "LINESTRING (100.0004 0, 150 0)"], [0, 0], 3, 2, 1),
    "the same street twice": ([EAST, EAST], [0, 0], 3, 4, 1),
    "two towns": (["LINESTRING (0 0, 9 0)", "LINESTRING (0 90, 9 90)"], [0, 0], 4, 2, 2),
    "street with a hole": (["MULTILINESTRING ((0 0, 40 0), (60 0, 100 0))"], [0], 4, 2, 2),
}


@pytest.mark.parametrize("case", CASES)
def test_streets_connect_where_walkers_can_pass(streets: Builder, case: str) -> None:
    lines, levels, nodes, edges, components = CASES[case]
    graph = build_graph(streets(lines, level=levels))
    assert (len(graph.x), len(graph.u), graph.components) == (nodes, edges, components)
    assert np.allclose(graph.length_m, shapely.length(graph.lines))
    assert (graph.length_m > 0).all()


def test_parallel_edges_keep_the_shortest_and_returns_are_left_out(streets: Builder) -> None:
    short, long = "LINESTRING (0 0, 90 0)", "LINESTRING (0 0, 45 60, 90 0)"
    graph = build_graph(streets([long, short, "LINESTRING (0 0, 0 5, 5 5, 0 0)"]))
    matrix = graph.arcs.matrix().toarray()
    assert len(graph.u) == 3
    assert sorted(matrix[matrix > 0]) == [90, 90]
    assert graph.arcs.effort_m.min() > EPSILON_M


def test_edges_know_their_measures_along_the_street(streets: Builder) -> None:
    graph = build_graph(streets([NORTH, "MULTILINESTRING ((0 0, 50 0), (50 0, 100 0))"]))
    assert graph.street_id.tolist() == ["s0", "s0", "s1", "s1"]
    assert graph.start_m.tolist() == [0, 50, 0, 50]
    assert graph.end_m.tolist() == [50, 100, 50, 100]


def test_only_streets_open_to_the_mode(streets: Builder) -> None:
    table = streets([EAST, NORTH], walk=[True, False], bike=[False, True])
    assert set(build_graph(table).street_id) == {"s0"}
    assert set(build_graph(table, mode="bike").street_id) == {"s1"}


def test_the_largest_part_comes_first_and_its_share_is_known(streets: Builder) -> None:
    graph = build_graph(streets(["LINESTRING (0 0, 10 0)", "LINESTRING (0 50, 30 50)"]))
    assert graph.main_share == pytest.approx(0.75)
    assert graph.islands == (1, 10.0)
    assert graph.component[graph.u].tolist() == [1, 0]


def test_no_street_is_an_empty_graph(streets: Builder) -> None:
    graph = build_graph(streets([]))
    assert (len(graph.x), len(graph.u), graph.components) == (0, 0, 0)
    assert np.isnan(graph.main_share)
    assert graph.islands == (0, 0.0)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 99), turn=st.floats(0, 360))
def test_a_graph_depends_neither_on_row_order_nor_on_where_the_map_lies(
    streets: Builder, seed: int, turn: float
) -> None:
    lines: list[Any] = [EAST, NORTH, "LINESTRING (100 0, 100 50, 50 50)", "LINESTRING (7 7, 9 9)"]
    table = streets(lines)
    before = table.copy(deep=True)
    graph = build_graph(table)
    moved = table.sample(frac=1, random_state=seed)
    moved = moved.set_geometry(moved.rotate(turn, origin=(0, 0)))
    other = build_graph(moved)
    assert graph.street_id.tolist() == other.street_id.tolist()
    assert np.allclose(graph.length_m, other.length_m, atol=1e-6)
    assert graph.component[graph.u].tolist() == other.component[other.u].tolist()
    assert table.equals(before)


def test_a_substring_starts_and_ends_at_its_measures() -> None:
    line = shapely.LineString([(0, 0), (10, 0), (10, 10)])
    pieces = line_substring(
        np.array([line] * 4), np.array([0.0, 10.0, 3, 20]), np.array([20.0, 20, 3, 20])
    )
    assert pieces[0].equals(line)
    assert shapely.to_wkt(pieces[1]) == "LINESTRING (10 0, 10 10)"
    assert shapely.length(pieces).tolist() == [20, 10, 0, 0]
    assert len(line_substring(np.empty(0, dtype=object), np.empty(0), np.empty(0))) == 0


def test_an_arc_is_found_in_a_town_whose_keys_need_more_than_32_bits() -> None:
    """scipy numbers nodes with 32 bits: the keys of 50 000 nodes overflow."""
    many = 60_000
    u = np.arange(many - 1)
    found = easiest_arcs(u, u + 1, np.ones(len(u)), np.ones(len(u)), nodes=many)
    last = np.array([many - 2], dtype=np.int32)
    assert found.between(last, last + 1).tolist() == [many - 2]
