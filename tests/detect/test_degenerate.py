"""Copies, stacks and crowds: the same results as for a few, by work that does not square."""

from __future__ import annotations

import itertools
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from foncier import geometry
from foncier.geometry import counted_once_m2
from foncier.geometry.crowds import CROWD
from foncier.geometry.overlay import MANY, covered_area_m2
from foncier.readers import ids, streets
from foncier.readers.report import Journal

PLOT = shapely.box(0, 0, 30, 40)
HOUSE = shapely.box(5, 5, 25, 30)


def moved(count: int, by: float = 1.0) -> list[shapely.Geometry]:
    shifts = np.random.default_rng(1).uniform(-by, by, (count, 2))
    return [shapely.affinity.translate(HOUSE, *shift) for shift in shifts]


@pytest.mark.parametrize("count", [2, MANY, MANY + 1, 3 * MANY])
def test_covers_over_each_other_count_once(count: int) -> None:
    covers = np.array(moved(count), dtype=object)
    area = covered_area_m2(np.array([PLOT]), covers)
    assert area == pytest.approx([shapely.area(shapely.union_all(covers))])


@pytest.mark.parametrize("count", [2, MANY, MANY + 1])
def test_covers_apart_add_up_to_the_bit(count: int) -> None:
    rows = np.arange(count)
    covers = shapely.box(rows * 3.1, 1.3, rows * 3.1 + 2.7, 3.9)
    plot = np.array([shapely.box(-1, 0, 4 * count, 10)])
    assert covered_area_m2(plot, covers)[0] == np.bincount(
        np.zeros(count, int), covers_area(covers)
    )


def covers_area(covers: Any) -> Any:
    return shapely.area(covers)


def test_covers_that_overlap_on_one_plot_of_two() -> None:
    plots = np.array([PLOT, shapely.box(30, 0, 60, 40)])
    covers = np.array([shapely.box(0, 0, 40, 10), shapely.box(20, 5, 28, 20), HOUSE])
    expected = [shapely.area(shapely.intersection(p, shapely.union_all(covers))) for p in plots]
    assert covered_area_m2(plots, covers) == pytest.approx(expected)


@pytest.mark.parametrize("count", [3, 2 * MANY])
def test_the_free_piece_beside_many_parts_is_that_beside_their_union(count: int) -> None:
    parts = np.array(moved(count, 0.5), dtype=object)
    pieces, _ = geometry.free_pieces(np.array([PLOT]), parts, clear_m=2.0, part_m2=1.0)
    zone = shapely.buffer(shapely.union_all(parts), 2.0, quad_segs=16)
    assert shapely.area(pieces).sum() == pytest.approx(
        shapely.area(shapely.difference(PLOT, zone)), abs=1e-6
    )


def test_land_under_several_outlines_counts_once() -> None:
    first, second = shapely.box(0, 0, 10, 10), shapely.box(5, 0, 15, 10)
    assert counted_once_m2(np.array([first] * 3)).tolist() == [100.0, 0.0, 0.0]
    assert counted_once_m2(np.array([first, second, first])).tolist() == [100.0, 50.0, 0.0]
    assert counted_once_m2(np.array([first, shapely.box(20, 0, 30, 9)])).tolist() == [100.0, 90.0]
    assert counted_once_m2(np.array([], dtype=object)).tolist() == []


@given(
    st.lists(
        st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=2, max_size=60, unique=True
    ),
    st.sampled_from([0.0, 0.3]),
    st.floats(0.5, 4.0),
)
def test_neighbours_chain_what_all_pairs_chain(
    cells: list[tuple[int, int]], tilt: float, most: float
) -> None:
    xy = np.array(cells, dtype=np.float64)
    xy[:, 1] += tilt * xy[:, 0]
    one, other = geometry.neighbours(xy)
    pairs = np.array(list(itertools.combinations(range(len(xy)), 2)))
    assert groups(xy, np.column_stack([one, other]), most) == groups(xy, pairs, most)
    assert len(one) <= max(3 * len(xy), 30 * 29 // 2)


def groups(xy: Any, pairs: Any, most: float) -> list[int]:
    near = pairs[np.hypot(*(xy[pairs[:, 0]] - xy[pairs[:, 1]]).T) <= most]
    graph = coo_matrix((np.ones(len(near)), (near[:, 0], near[:, 1])), shape=(len(xy),) * 2)
    return [int(group) for group in connected_components(graph, directed=False)[1]]


def test_points_of_a_line_are_chained_one_after_the_other() -> None:
    xy = np.column_stack([np.arange(50.0)[::-1], np.zeros(50)])
    one, other = geometry.neighbours(xy)
    assert (np.abs(xy[one, 0] - xy[other, 0]) == 1).all()


def test_equal_shapes_are_one_row_the_best_known() -> None:
    turned = shapely.Polygon(np.roll(np.array(HOUSE.exterior.coords)[:-1], 2, axis=0))
    rows = gpd.GeoDataFrame(
        {"kind": ["unknown", "hard", "hard", "hard"], "id": ["a", "c", "b", None]},
        geometry=[HOUSE, turned, HOUSE, shapely.affinity.translate(HOUSE, 0.01)],
        crs=2154,
    )
    journal = Journal()
    kept = ids.merge_equal_shapes(rows, prefer=["kind", "id"], journal=journal)
    assert list(kept["id"].fillna("?")) == ["b", "?"]
    assert [note.count for note in journal.notes] == [2]
    assert len(ids.merge_equal_shapes(rows, prefer=["id"], same=["kind"], journal=journal)) == 3


def test_a_crowd_of_sites_counts_its_land_once() -> None:
    points = shapely.points(np.random.default_rng(2).uniform(0, 8, (CROWD + 30, 2)))
    crowd = shapely.buffer(points, 10)
    apart = np.array([shapely.box(100, 0, 110, 10), shapely.box(105, 0, 115, 10)])
    counted = counted_once_m2(np.concatenate([apart, crowd]))
    assert counted[:2].tolist() == [100.0, 50.0]
    assert counted[2:].sum() == pytest.approx(shapely.area(shapely.union_all(crowd)))
    assert (counted[2:] > 0).all()


def parcel_table(shapes: Any) -> gpd.GeoDataFrame:
    names = [f"80021000AB{n:04}" for n in range(len(shapes))]
    return gpd.GeoDataFrame({"parcel_id": names}, geometry=list(shapes), crs=2154)


def test_a_crowd_of_buildings_is_one_building() -> None:
    crowd, apart = moved(200), [shapely.affinity.translate(HOUSE, 100 + 30 * n) for n in range(60)]
    rows = gpd.GeoDataFrame(
        {"kind": ["light", "hard"] * 130, "building_id": [None] * 260},
        geometry=[*crowd, *apart],
        crs=2154,
    )
    journal = Journal()
    left = ids.merge_crowds(rows, prefer=["kind", "building_id"], journal=journal)
    assert len(left) == 61
    assert left.area.sum() == pytest.approx(shapely.area(shapely.union_all([*crowd, *apart])))
    assert left["kind"].iloc[0] == "hard", "the first of its kind"
    assert [note.count for note in journal.notes] == [199]
    few = rows.iloc[: CROWD - 1]
    assert ids.merge_crowds(few, prefer=["kind"], journal=Journal()) is few


ROW = shapely.box(100 + 30.0 * np.arange(200), 0, 130 + 30.0 * np.arange(200), 40)


@pytest.mark.parametrize(
    ("stack", "kept"),
    [
        ([PLOT] * (CROWD + 1), 1),
        ([PLOT] * CROWD, CROWD),
        (moved(200), 1),
        ([shapely.buffer(shapely.Point(15, 20), r) for r in np.linspace(2, 15, 200)], 1),
        ([*moved(200), shapely.box(0, 50, 30, 90)], 2),
    ],
    ids=["copies", "few copies", "moved", "nested", "beside another"],
)
def test_of_a_crowd_of_parcels_the_first_is_kept(stack: list[Any], kept: int) -> None:
    rows, journal = parcel_table([*stack, *ROW]), Journal()
    left = ids.first_of_crowds(rows.sample(frac=1, random_state=3), "parcel_id", journal=journal)
    assert len(left) == kept + len(ROW)
    assert "80021000AB0000" in set(left["parcel_id"])
    assert sum(note.count for note in journal.notes) == len(stack) - kept


def test_one_parcel_over_many_others_and_slivers_stay() -> None:
    whole = shapely.box(99, -1, 131 + 30 * 200, 41)
    road = shapely.box(99, 39.9, 131 + 30 * 200, 45)  # over each lot by ten centimetres
    bent = shapely.union(road, shapely.box(95, -20, 99, 45))  # its bounds are those of all
    for large, kept in (([whole], 201), ([bent], 201), ([whole] * 60, 201)):
        rows = parcel_table([*ROW, *large])
        assert len(ids.first_of_crowds(rows, "parcel_id", journal=Journal())) == kept


@given(st.integers(0, 2**32 - 1), st.integers(2, 400))
def test_kept_shapes_of_a_crowd_do_not_meet(seed: int, count: int) -> None:
    corner = np.random.default_rng(seed).uniform(0, 100, (count, 2))
    shapes = shapely.box(*corner.T, *(corner + 9).T)
    kept = shapes[geometry.apart(shapes)]
    assert len(shapely.STRtree(kept).query(kept)[0]) == len(kept)
    gone = shapes[~geometry.apart(shapes)]
    assert len(np.unique(shapely.STRtree(kept).query(gone)[0])) == len(gone)


def test_a_street_drawn_over_itself_is_thinned_out() -> None:
    rng = np.random.default_rng(4)
    xy = np.column_stack([np.linspace(0, 400, 100_000), rng.uniform(-1, 1, 100_000)])
    mountain = np.column_stack([np.cumsum(rng.uniform(0, 5, 20_000)), np.zeros(20_000)])
    dissolved = shapely.multilinestrings(
        [[(x, 0.0), (x, 9.0), (x + 1, 9.0)] for x in range(10_000)]
    )
    rows = gpd.GeoDataFrame(
        geometry=[shapely.LineString(xy), shapely.LineString(mountain), dissolved], crs=2154
    )
    journal = Journal()
    found = streets.thinned(rows, journal).geometry.to_numpy()
    assert shapely.get_num_coordinates(found[0]) == 1800
    assert shapely.get_coordinates(found[0])[[0, -1]].tolist() == xy[[0, -1]].tolist()
    assert found[1].equals(rows.geometry[1])
    assert found[2].equals(dissolved), "many parts, each as it is drawn"
    assert [note.count for note in journal.notes] == [1]
