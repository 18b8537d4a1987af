"""What is told to lie within reach lies under the covers when they are drawn."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import affinity

from foncier.geometry.overlay import all_within, closed_cover

COVERS = st.lists(
    st.tuples(st.integers(-60, 60), st.integers(-60, 60), st.integers(0, 90)),
    min_size=1,
    max_size=8,
)


def drawn(corners: list[tuple[int, int, int]]) -> np.ndarray:
    """Houses of 8 × 12 m, each turned."""
    house = shapely.box(-4, -6, 4, 6)
    return np.array(
        [affinity.translate(affinity.rotate(house, turn), x, y) for x, y, turn in corners]
    )


@given(COVERS, st.integers(5, 60), st.sampled_from([0.0, 20.0]), st.integers(0, 90))
def test_plots_within_the_radius_lie_under_the_grown_covers(
    corners: list[tuple[int, int, int]], reach: int, room: float, turn: int
) -> None:
    plot = affinity.rotate(shapely.box(-15, -10, 15, 10), turn)
    covers = drawn(corners)
    told = bool(all_within(np.array([plot]), shapely.STRtree(covers), reach, margin_m=room)[0])
    context = shapely.buffer(plot, room, quad_segs=64)
    wide, narrow = (
        shapely.union_all(shapely.buffer(covers, share * reach, quad_segs=64))
        for share in (1.01, 0.9)
    )
    if told:
        assert wide.covers(context)
    if narrow.covers(context):  # with room to spare it is always told
        assert told


@given(COVERS, st.integers(0, 90))
def test_the_envelope_is_the_one_that_is_drawn(
    corners: list[tuple[int, int, int]], turn: int
) -> None:
    plot = affinity.rotate(shapely.box(-15, -10, 15, 10), turn)
    covers = drawn(corners)
    found = closed_cover(np.array([plot]), covers, grow_m=50.0, shrink_m=30.0)[0]
    grown = shapely.union_all(shapely.buffer(covers, 50.0, quad_segs=8))
    whole = shapely.intersection(plot, shapely.buffer(grown, -30.0, quad_segs=8))
    assert abs(found.area - whole.area) < 1e-6


def test_nothing_is_within_a_radius_of_zero() -> None:
    house = np.array([shapely.box(0, 0, 9, 9)])
    assert not all_within(house, shapely.STRtree(house), 0.0).any()
