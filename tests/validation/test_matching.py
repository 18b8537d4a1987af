"""Matching of ground truth to sites: methods, thresholds, ties."""

from __future__ import annotations

from typing import Any

import pytest
import shapely

from foncier.validation import match_truths

from ..conftest import X, Y, box
from .test_assess import SQUARE, sites, truths


def rows(own: Any, told: Any) -> list[Any]:
    """Pairs as site, truth, way, gap."""
    found = match_truths(own, told)
    assert list(found) == ["site", "truth", "way", "gap"]
    assert found.index.tolist() == list(range(len(found)))
    return list(found.itertuples(index=False, name=None))


def spot(x: float, y: float = 5) -> shapely.Point:
    return shapely.Point(X + x, Y + y)


@pytest.mark.parametrize(
    ("common", "own", "theirs", "paired"),
    [(1, 1, 0, True), (2, 1, 1, True), (1, 1, 1, False), (3, 2, 2, False), (3, 2, 1, True)],
)
def test_parcels_pair_from_half_of_those_of_both(
    common: int, own: int, theirs: int, *, paired: bool
) -> None:
    """Common parcels over all parcels of both (Jaccard); the gap is the rest."""
    shared = [f"c{n}" for n in range(common)]
    mine = "|".join(shared + [f"a{n}" for n in range(own)])
    their = "|".join([f"b{n}" for n in range(theirs)] + shared)
    found = rows(sites({"geometry": SQUARE, "parcel_ids": mine}), truths({"parcel_ids": their}))
    gap = 1 - common / (common + own + theirs)
    assert found == ([(0, 0, "parcelles", pytest.approx(gap))] if paired else [])


def test_a_parcel_named_twice_counts_once() -> None:
    own = sites({"geometry": SQUARE, "parcel_ids": "a|a|a|b"})
    assert rows(own, truths({"parcel_ids": "b"})) == [(0, 0, "parcelles", 0.5)]


@pytest.mark.parametrize(("width", "paired"), [(19.9, False), (20.1, True), (40, True)])
def test_outlines_pair_from_half_of_the_smaller_one(width: float, *, paired: bool) -> None:
    """The truth is as large as the site and moved aside."""
    found = rows(sites({"geometry": SQUARE}), truths({"geometry": box(40 - width, 0, 40, 40)}))
    gap = pytest.approx(1 - width / 40)
    assert found == ([(0, 0, "recouvrement", gap)] if paired else [])


@pytest.mark.parametrize("large", ["site", "truth"])
def test_the_smaller_outline_may_be_the_site_or_the_truth(large: str) -> None:
    small = box(30, 0, 12, 12)  # 10 m of its 12 m in the square
    own, told = (SQUARE, small) if large == "site" else (small, SQUARE)
    (found,) = rows(sites({"geometry": own}), truths({"geometry": told}))
    assert found == (0, 0, "recouvrement", pytest.approx(1 - 10 / 12))


@pytest.mark.parametrize(
    ("x", "metres"), [(5, 0), (-14.9, 14.9), (-15, 15), (-15.1, None), (54.9, 14.9)]
)
def test_a_point_pairs_within_15_m_of_the_site(x: float, metres: float | None) -> None:
    found = rows(sites({"geometry": SQUARE}), truths({"geometry": spot(x)}))
    assert found == ([] if metres is None else [(0, 0, "distance", pytest.approx(metres))])


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"opportunity_id": "FR-0"}, {"parcel_ids": "a"}),
        ({"parcel_ids": "a|b"}, {"geometry": SQUARE}),
        ({"geometry": box(0, 0, 40, 25)}, {"geometry": spot(5)}),
        ({"geometry": box(0, 0, 40, 60)}, {"geometry": box(20, 0, 40, 40)}),
        ({"geometry": spot(-3)}, {"geometry": spot(-4)}),
        ({"parcel_ids": "a"}, {"parcel_ids": "a|b"}),
    ],
)
@pytest.mark.parametrize("order", [1, -1])
def test_the_best_way_wins_then_the_closest_whatever_the_order(
    better: dict[str, Any], worse: dict[str, Any], order: int
) -> None:
    """Its id, then its parcels, then an overlap, then a distance."""
    told = truths(*[{"truth_id": "T1"} | better, {"truth_id": "T0"} | worse][::order])
    own = sites({"geometry": SQUARE, "parcel_ids": "a"})
    ((_, truth, _, _),) = rows(own, told)
    assert told["truth_id"].iloc[truth] == "T1"


def test_ties_go_to_the_lower_site_then_to_the_lower_truth() -> None:
    own = sites(
        {"opportunity_id": "b", "geometry": box(0, 0, 20, 20)},
        {"opportunity_id": "a", "geometry": box(24, 0, 20, 20)},
    )
    assert rows(own, truths({"geometry": spot(22)})) == [(1, 0, "distance", 2.0)]
    one = sites({"geometry": SQUARE})
    twice = truths({"truth_id": "T2", "geometry": spot(5)}, {"truth_id": "T1", "geometry": spot(6)})
    assert rows(one, twice) == [(0, 1, "distance", 0.0)]


def test_a_site_whose_truth_is_taken_gets_the_next_one() -> None:
    own = sites({"geometry": box(0, 0, 20, 20)}, {"geometry": box(22, 0, 20, 20)})
    told = truths({"geometry": spot(20.5)}, {"geometry": spot(-9)}, {"geometry": spot(60)})
    assert rows(own, told) == [(0, 0, "distance", 0.5)], "no other is within 15 m of the second"
    told = truths({"geometry": spot(20.5)}, {"geometry": spot(50)})
    assert rows(own, told) == [(0, 0, "distance", 0.5), (1, 1, "distance", 8.0)]


def test_a_truth_with_a_kind_matches_only_sites_of_this_kind() -> None:
    """The nearer site is of another kind; without a kind it would be paired."""
    own = sites(
        {"geometry": box(0, 0, 20, 20)}, {"geometry": box(30, 0, 20, 20), "kind": "dent_creuse"}
    )
    near = {"geometry": spot(22)}
    assert rows(own, truths(near)) == [(0, 0, "distance", 2.0)]
    assert rows(own, truths({**near, "kind": "dent_creuse"})) == [(1, 0, "distance", 8.0)]


def test_positions_are_those_of_the_tables_whatever_lies_between() -> None:
    """Truths of four kinds in one table, sites and truths in different orders."""
    own = sites(
        {"geometry": box(0, 0, 20, 20)},
        {"geometry": box(100, 0, 20, 20)},
        {"geometry": box(200, 0, 20, 20), "parcel_ids": "p"},
        {"geometry": box(300, 0, 20, 20)},
    )
    told = truths(
        {"geometry": spot(305)},
        {"geometry": box(100, 0, 18, 20)},
        {"parcel_ids": "p"},
        {},
        {"opportunity_id": "FR-0"},
        {"geometry": shapely.LineString([(X, Y), (X + 99, Y)])},
    )
    assert rows(own, told) == [
        (0, 4, "id", 0.0),
        (1, 1, "recouvrement", 0.0),
        (2, 2, "parcelles", 0.0),
        (3, 0, "distance", 0.0),
    ]


def test_an_outline_without_an_area_pairs_with_nothing() -> None:
    flat = shapely.Polygon([(X, Y), (X + 9, Y), (X, Y)])
    assert rows(sites({"geometry": SQUARE}), truths({"geometry": flat})) == []
