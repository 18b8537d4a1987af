"""Which building an observation concerns: by overlap, inside, or by its search radius."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import shapely

from foncier.detect.linking import link_observations, search_radii
from foncier.i18n import Localized
from foncier.model import EvidenceModel, Signal

if TYPE_CHECKING:
    from foncier.detect.linking import Links

# Two buildings of 10 m by 10 m, 20 m apart, and a third far away.
BUILDINGS = np.array(
    [shapely.box(0, 0, 10, 10), shapely.box(30, 0, 40, 10), shapely.box(500, 0, 510, 10)]
)


def link(
    *spots: shapely.Geometry, radius_m: float = 15.0, whole: bool = False, onto: Any = BUILDINGS
) -> Links:
    return link_observations(
        np.array(spots, dtype=object),
        np.full(len(spots), whole),
        np.full(len(spots), radius_m),
        onto,
        tree=shapely.STRtree(onto),
    )


def pairs(found: Links) -> list[tuple[int, int]]:
    return list(zip(found.row.tolist(), found.building.tolist(), strict=True))


def point(x: float, y: float = 5.0) -> shapely.Point:
    return shapely.Point(x, y)


def test_a_point_in_a_building_concerns_that_one_at_no_distance() -> None:
    """Even where another wall is 1 m away."""
    close = np.array([shapely.box(0, 0, 10, 10), shapely.box(10.5, 0, 20, 10)])
    found = link(point(9.5), onto=close)
    assert pairs(found) == [(0, 0)]
    assert found.distance_m.tolist() == [0]
    assert found.part.tolist() == [1]
    assert np.isnan(found.share).all(), "a point covers no share of a building"


@pytest.mark.parametrize(
    ("x", "linked"), [(18.9, [0]), (19.0, [0, 1]), (20.0, [0, 1]), (21.0, [0, 1]), (21.1, [1])]
)
def test_buildings_that_are_as_near_to_within_2_m_share_a_point(
    x: float, linked: list[int]
) -> None:
    """Both walls are 10 m away at x = 20 m; a step of 1 m to the side makes them differ by 2 m."""
    found = link(point(x))
    walls = {0: x - 10, 1: 30 - x}
    assert found.building.tolist() == linked
    assert found.part.tolist() == [1 / len(linked)] * len(linked)
    assert found.distance_m == pytest.approx([walls[building] for building in linked])


def test_a_point_in_the_courtyard_of_a_building_is_not_in_it() -> None:
    """Two wings around (6, 6): the point lies in their bounding box, 1 m from the wall."""
    wings = np.array([shapely.union(shapely.box(0, 0, 10, 5), shapely.box(0, 0, 5, 10))])
    found = link(shapely.Point(6, 8), onto=wings)
    assert found.distance_m.tolist() == [1]


def test_a_point_concerns_no_building_beyond_its_own_search_radius() -> None:
    """Each observation has its own: 12 m are too far for a radius of 10 m."""
    found = link_observations(
        np.array([point(-12), point(-12), point(-12)], dtype=object),
        np.zeros(3, dtype=bool),
        np.array([10.0, 12.0, 14.0]),
        BUILDINGS,
        tree=shapely.STRtree(BUILDINGS),
    )
    assert pairs(found) == [(1, 0), (2, 0)]
    assert found.distance_m.tolist() == [12, 12]


def test_a_building_that_is_as_near_but_beyond_the_radius_is_not_concerned() -> None:
    """9.5 m from one wall and 10.5 m from the other, with a radius of 10 m."""
    found = link(point(19.5), radius_m=10.0)
    assert pairs(found) == [(0, 0)]
    assert found.part.tolist() == [1]


@pytest.mark.parametrize(("width", "linked"), [(4.9, False), (5.0, True), (5.1, True)])
def test_an_outline_concerns_each_building_that_it_covers_by_half(
    width: float, linked: bool
) -> None:
    """The outline is a long one: less than half of it lies in the building."""
    found = link(shapely.box(-20, 0, width, 10))
    assert pairs(found) == ([(0, 0)] if linked else [])
    assert found.share == pytest.approx([width / 10] if linked else [])


def test_an_outline_over_two_buildings_is_shared_unless_it_concerns_all_that_it_covers() -> None:
    block = shapely.box(-1, -1, 41, 11)
    ambiguous, whole = link(block), link(block, whole=True)
    assert pairs(ambiguous) == pairs(whole) == [(0, 0), (0, 1)]
    assert ambiguous.part.tolist() == [0.5, 0.5]
    assert whole.part.tolist() == [1, 1]
    assert whole.share.tolist() == [1, 1]
    assert whole.distance_m.tolist() == [0, 0]


@pytest.mark.parametrize(("inside", "linked"), [(1.9, False), (2.0, True), (2.1, True)])
def test_an_outline_concerns_the_building_that_half_of_it_lies_in(
    inside: float, linked: bool
) -> None:
    """An outline of 4 m by 4 m covers no building by half."""
    found = link(shapely.box(-4 + inside, 0, inside, 4))
    assert pairs(found) == ([(0, 0)] if linked else [])
    assert found.share == pytest.approx([inside * 4 / 100] if linked else [])


def test_an_outline_that_covers_one_building_by_half_does_not_concern_the_next() -> None:
    """It lies by half in the large building, but it covers the small one."""
    onto = np.array([shapely.box(0, 0, 10, 10), shapely.box(10, 0, 12, 10)])
    found = link(shapely.box(7, 0, 12, 10), onto=onto)
    assert pairs(found) == [(0, 1)]
    assert found.part.tolist() == [1]


def test_of_two_buildings_that_an_outline_lies_in_the_larger_part_counts() -> None:
    onto = np.array([shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)])
    assert pairs(link(shapely.box(8, 0, 11, 2), onto=onto)) == [(0, 0)]
    even = link(shapely.box(9, 0, 11, 2), onto=onto)
    assert pairs(even) == [(0, 0), (0, 1)], "half in each"
    assert even.part.tolist() == [0.5, 0.5]


def test_points_and_outlines_keep_their_positions_and_are_sorted_by_them() -> None:
    found = link(point(32), shapely.box(0, 0, 10, 10), point(5), point(300), point(20))
    assert pairs(found) == [(0, 1), (1, 0), (2, 0), (4, 0), (4, 1)]
    assert found.distance_m.tolist() == [0, 0, 0, 10, 10]
    assert found.part.tolist() == [1, 1, 1, 0.5, 0.5]
    assert np.array_equal(found.share, [np.nan, 1, np.nan, np.nan, np.nan], equal_nan=True)


def test_no_building_and_no_observation_give_no_pair() -> None:
    assert pairs(link(point(5), shapely.box(0, 0, 9, 9), onto=np.array([], dtype=object))) == []
    assert pairs(link()) == []


def test_the_search_radius_of_an_observation_is_that_of_its_source_group() -> None:
    """An unknown group has the default radius: 5 m where the model gives none."""
    ruins = Signal("ruins", 5.0, Localized("Ruine", "Ruins"), "OSM", source_group="map")
    tax = Signal("tax", 2.0, Localized("Impôt", "Tax"), "DGFiP", source_group="tax")
    evidence_model = EvidenceModel(
        {"ruins": ruins, "tax": tax}, 0.4, 0.03, 0.3, 20, search_radius_m={"map": 3.0}
    )
    signals = pd.Series(["tax", "building=ruins", "strange", "ruins"])
    assert search_radii(signals, evidence_model).tolist() == [5, 3, 5, 3]
    wide = replace(evidence_model, search_radius_m={"map": 3.0, "default": 8.0})
    assert search_radii(signals, wide).tolist() == [8, 3, 8, 3]
