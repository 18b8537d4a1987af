"""Parcels that fail alone and pass together: which groups, in what words, what changes none."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import affinity

from foncier import schemas
from foncier.detect import SpatialContext, find_plots
from foncier.study import published

from .conftest import CRS, X, Y, at, table

if TYPE_CHECKING:
    from collections.abc import Callable

RULES = published("foncier")
AREA = at(-200, -200, 800, 800)
BARE = {"n1", "n2", "back"}


def same(shape: shapely.Geometry) -> shapely.Geometry:
    return shape


def parcels() -> dict[str, shapely.Geometry]:
    """Built plots on both sides of a street, narrow bare ones among them, a bare one behind."""
    found = {f"s{n:02}": at(26.0 * n, -50, 26, 40) for n in range(12)}
    found |= {f"a{n:02}": at(26.0 * n, 0, 26, 40) for n in range(4)}
    found |= {"n1": at(104, 0, 7.5, 40), "n2": at(111.5, 0, 7.5, 40)}
    found |= {"back": at(104, 40, 15, 40)}
    found |= {f"b{n:02}": at(119 + 26.0 * n, 0, 26, 40) for n in range(3)}
    found |= {"left": at(197, 0, 21, 40), "right": at(218, 0, 21, 40)}
    found |= {"c0": at(78, 40, 26, 40), "c1": at(119, 40, 26, 40)}
    return found


def houses() -> list[shapely.Geometry]:
    plots = {n: p for n, p in parcels().items() if n not in BARE | {"left", "right"}}
    middles = [shapely.get_coordinates(p.centroid)[0] for p in plots.values()]
    # Between the last two, 7 m of each are left free on both sides of their limit, 4 m off.
    ends = [at(197, 0, 10, 40), at(229, 0, 10, 40)]
    return [shapely.box(x - 8, y - 10, x + 8, y + 10) for x, y in middles] + ends


def context(
    *, move: Callable[[Any], Any] = same, order: list[str] | None = None, **more: shapely.Geometry
) -> SpatialContext:
    plots = parcels() | more
    names = order or list(plots)
    built = houses()
    street = shapely.LineString([(X - 50, Y - 5), (X + 350, Y - 5)])
    return SpatialContext(
        parcels=table(
            schemas.PARCELS,
            [{"parcel_id": n, "area_m2": plots[n].area} for n in names],
            [move(plots[n]) for n in names],
        ),
        buildings=table(
            schemas.BUILDINGS,
            [
                {"building_id": f"h{n}", "kind": "hard", "area_m2": h.area}
                for n, h in enumerate(built)
            ],
            [move(h) for h in built],
        ),
        streets=table(
            schemas.STREETS,
            [
                {
                    "street_id": "1",
                    "street_class": "residential",
                    "level": 0,
                    "walk": True,
                    "bike": True,
                    "drive": True,
                }
            ],
            [move(street)],
        ),
    )


def groups(where: SpatialContext, area: Any = AREA) -> pd.DataFrame:
    found: pd.DataFrame = find_plots(where, RULES, area, source="C").assemblies
    return found.set_index("parcel_ids")


FOUND = {"n1|n2", "back|n1", "back|n2", "left|right"}


def test_groups_pass_together_and_each_part_fails_alone() -> None:
    where = context()
    found = groups(where)
    assert set(found.index) == FOUND
    single = find_plots(where, RULES, AREA, source="C").candidates["parcel_ids"]
    assert not {one for ids in found.index for one in ids.split("|")} & set(single)
    assert found.loc["n1|n2", "area_m2"] == pytest.approx(600)
    assert found.loc["n1|n2", "kind"] == "parcelles_nues"
    assert found.loc["left|right", "kind"] == "fonds_batis"
    assert found.loc["left|right", "area_m2"] == pytest.approx(14 * 40, abs=1)


def test_the_words_tell_what_each_lacks_and_claim_no_owner() -> None:
    row: Any = groups(context()).loc["back|n1"]
    back, narrow = row["alone_fr"].split(" | ")
    assert back.startswith("back\xa0: aucun accès à une voie")
    assert narrow.startswith("n1\xa0: Surface 300\xa0m²")
    assert "Façade sur toutes les voies" in row["together_fr"]
    assert "Frontage on all streets" in row["together_en"]
    assert "accord des propriétaires de 2 parcelles" in row["agreement_fr"]
    assert "ne sait pas" in row["agreement_fr"]
    assert "does not know" in row["agreement_en"]


def test_two_plots_that_meet_by_a_corner_are_not_one() -> None:
    corner = {"p": at(104, 80, 15, 18), "q": at(119, 97.5, 18, 18)}
    assert not [ids for ids in groups(context(**corner)).index if "p|q" in ids]


def test_the_same_land_drawn_twice_is_no_assembly() -> None:
    twice = groups(context(n1bis=at(104, 0, 7.5, 40)))
    assert "n1|n1bis" not in twice.index


@pytest.mark.parametrize("turn", [23.0, 190.0])
def test_moving_or_turning_the_map_changes_no_group(turn: float) -> None:
    def moved(shape: Any) -> Any:
        turned = affinity.rotate(shape, turn, origin=(X, Y))
        return affinity.translate(turned, 400 * turn, -300.3)

    found = groups(context(move=moved), moved(AREA))
    still = groups(context())
    assert set(found.index) == FOUND
    assert found["assembly_id"].to_dict() == still["assembly_id"].to_dict()
    assert found["area_m2"].to_dict() == pytest.approx(still["area_m2"].to_dict(), abs=1e-3)


def test_the_order_of_the_parcels_changes_no_byte() -> None:
    order = [str(n) for n in np.random.default_rng(5).permutation(list(parcels()))]
    pd.testing.assert_frame_equal(
        pd.DataFrame(groups(context())), pd.DataFrame(groups(context(order=order)))
    )


def test_tiles_give_the_groups_of_the_whole_each_once() -> None:
    where = context()
    x = [X - 200.0, X + 108.0, X + 115.0, X + 222.0, X + 600.0]
    parts = [groups(where, shapely.box(a, Y - 200, b, Y + 600)) for a, b in pairwise(x)]
    joined = pd.concat(parts).sort_values("assembly_id")
    pd.testing.assert_frame_equal(pd.DataFrame(joined), pd.DataFrame(groups(where)))


def test_a_third_parcel_is_added_only_where_two_do_not_do() -> None:
    thin = {f"n{n}": at(99 + 5.0 * n, 0, 5, 28) for n in (1, 2, 3)}
    found = groups(context(**thin))
    assert set(found.index) == {"n1|n2|n3", "left|right"}
    assert found.loc["n1|n2|n3", "parcels"] == 3


def test_without_rules_for_it_or_without_land_nothing_is_sought() -> None:
    where, bare = context(), replace(RULES, assembly=None)
    assert find_plots(where, bare, AREA, source="C").assemblies.empty
    for hole in (
        replace(where, buildings=schemas.BUILDINGS.empty(CRS)),
        replace(where, parcels=schemas.PARCELS.empty(CRS)),
        replace(where, buildings=None),
        replace(where, parcels=None),
    ):
        found = find_plots(hole, RULES, AREA, source="C").assemblies
        assert list(found.columns) == schemas.ASSEMBLIES.names


def test_inputs_are_unchanged() -> None:
    where = context()
    assert where.parcels is not None
    before = where.parcels.to_wkb()
    groups(where)
    pd.testing.assert_frame_equal(where.parcels.to_wkb(), before)
