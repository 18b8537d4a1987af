"""The land and not the parcel: surroundings, usable ground, fronts, lots, neighbours."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity

from foncier import schemas
from foncier.detect import find_plots
from foncier.study import profile, published
from foncier.study.config import Study

from .conftest import X, Y, at, table
from .test_frontage import context, line, measured
from .village import verdicts

if TYPE_CHECKING:
    from foncier.detect import SpatialContext

RULES = published("foncier")
AREA = at(-500, -500, 1500, 1500)
STREET = line((-300, -6), (500, -6))
AROUND = {"radius_m": 20.0, "built_m2": 25.0, "wall_m": 1.0}


def row(lots: list[Any], *, deep: float = 40.0, houses: list[Any] | None = None) -> SpatialContext:
    """Lots from x = 0 on, between two houses along a street, with built plots behind them."""
    width = sum(shapely.bounds(lot)[2] - shapely.bounds(lot)[0] for lot in lots)
    beside = [at(-24, 0, 24, deep), at(-48, 0, 24, deep), at(width, 0, 24, deep)]
    behind = [at(-48 + 24 * n, deep, 24, 30) for n in range(int(width // 24) + 4)]
    built = [
        shapely.box(p.centroid.x - 7, p.centroid.y - 6, p.centroid.x + 7, p.centroid.y + 6)
        for p in (*beside, *behind)
    ]
    return context([*lots, *beside, *behind], [*built, *(houses or [])], [STREET])


def with_zones(where: SpatialContext, *zones: tuple[str, Any]) -> SpatialContext:
    rows: list[dict[str, Any]] = [
        {"zone_id": f"{n}", "zone_type": kind} for n, (kind, _) in enumerate(zones)
    ]
    return replace(where, zones=table(schemas.ZONES, rows, [shape for _, shape in zones]))


def listed(where: SpatialContext) -> Any:
    found = find_plots(where, RULES, AREA, source="C").candidates
    return found.set_index("parcel_ids")


@settings(max_examples=12, deadline=None)
@given(cuts=st.lists(st.integers(15, 45), max_size=2, unique=True), turn=st.floats(0, 360))
def test_a_gap_cut_in_lots_is_the_same_land(cuts: list[int], turn: float) -> None:
    """Whatever the cuts, all of the bare land between the houses is found, turned or not."""
    ends = [0, *sorted(c for c in cuts if all(abs(c - d) >= 15 for d in cuts if d != c)), 60]
    lots = [at(a, 0, b - a, 40) for a, b in pairwise(ends)]
    where = row(lots)
    turned = {
        name: getattr(where, name).set_geometry(
            [affinity.rotate(g, turn, origin=(X, Y)) for g in getattr(where, name).geometry]
        )
        for name in ("parcels", "buildings", "streets")
    }
    found = verdicts(replace(where, **turned), RULES, AREA)
    assert [found[f"{n}"] for n in range(len(lots))] == ["dent_creuse"] * len(lots)


def test_two_lots_side_by_side_do_not_condemn_each_other() -> None:
    plots = [at(0, 0, 20, 40), at(20, 0, 20, 40), at(40, 0, 20, 40)]
    where = row(plots)
    own = measured("surrounded_share", where, AROUND)[1]
    land = measured("surrounded_share", where, {**AROUND, "land_m": 150.0})[:3]
    assert own == pytest.approx(1 / 3, abs=0.05)  # limits are drawn twice, up to 0.5 m apart
    assert land == pytest.approx([1.0, 1.0, 1.0], abs=0.02)


def test_bare_land_behind_does_not_condemn_a_plot_between_houses() -> None:
    """CAA Lyon: over 11 783 m² and bordered on one side only; else the land is judged itself."""
    params = {"facing_m": 25.0, "share": 0.5, "built_m2": 25.0, "land_m": 150.0}
    front, field = at(0, 0, 24, 40), at(-200, 40, 424, 100)
    sides = [at(-24, 0, 24, 40), at(24, 0, 24, 40)]
    houses = [at(-18, 10, 14, 14), at(28, 10, 14, 14)]
    where = context([front, field, *sides], houses, [STREET])
    between, open_ = measured("open_land_m2", where, params)[:2]
    assert between == 0.0
    assert open_ > 11_783


def test_surfaces_are_cut_by_the_wanted_zones() -> None:
    where = row([at(0, 0, 40, 80), at(40, 0, 40, 80)], deep=80.0)
    u, n = at(-100, -50, 140, 66), at(-100, 16, 300, 200)
    where = with_zones(where, ("U", u), ("N", n), ("U", at(40, -50, 200, 130)))
    found = listed(where)
    assert "0" in found.index  # its centre is in N, 640 m² of it in U
    assert found.loc["0", "area_m2"] == pytest.approx(640)
    assert found.loc["0", "perimeter"] == "piece"
    assert "20\u00a0% de la parcelle est constructible" in found.loc["0", "warnings"]
    less = with_zones(where, ("U", at(-100, -50, 400, 55)), ("N", at(-100, 5, 400, 200)))
    assert "1" not in listed(less).index  # 200 m² in U
    none = replace(where, zones=None)
    assert listed(none).loc["0", "area_m2"] == pytest.approx(3200)


def test_a_lot_outside_the_zone_makes_no_divisible_plot() -> None:
    plot, house = at(0, 0, 40, 80), at(10, 3, 20, 12)
    where = context([plot], [house], [STREET])
    whole = with_zones(where, ("U", at(-100, -50, 400, 400)))
    assert listed(whole).loc["0", "kind"] == "terrain_divisible"
    cut = with_zones(where, ("U", at(-100, -50, 400, 72)), ("A", at(-100, 22, 400, 300)))
    assert verdicts(cut, RULES, AREA)["0"] == "terrain_divisible/free_piece"


def test_a_divisible_plot_is_drawn_and_counted_by_its_lot() -> None:
    """A bare half of 26 by 30 m on the street, beside a house: 22 by 30 m, 4 m off the wall."""
    where = context([at(0, 0, 48, 30)], [at(4, 8, 18, 12)], [STREET])
    found = listed(where).loc["0"]
    assert found["area_m2"] == pytest.approx(22 * 30, abs=40)  # and what is left of the corners
    assert found["area_m2"] == pytest.approx(found.geometry.area)
    assert found["built_share"] == pytest.approx(0.15, abs=0.01)


def test_a_house_in_the_middle_leaves_no_lot() -> None:
    where = context([at(0, 0, 30, 30)], [at(9, 9, 12, 12)], [STREET])
    assert verdicts(where, RULES, AREA)["0"] == "terrain_divisible/free_piece"


def test_a_lot_behind_a_closed_front_has_no_passage() -> None:
    for width, verdict in ((30, "terrain_divisible/access"), (26.5, "terrain_divisible")):
        where = context([at(0, 0, 30, 60)], [at(0, 0, width, 12)], [STREET])
        assert verdicts(where, RULES, AREA)["0"] == verdict


FRONT = {"radius_m": 20.0}


@pytest.mark.parametrize("strip", [2.6, 3.0, 3.2, 3.4, 7.25])
@pytest.mark.parametrize("long", [59.0, 59.2, 61.7])
def test_a_front_is_as_long_as_it_is(strip: float, long: float) -> None:
    flag = shapely.union_all([at(0, 0, strip, long), at(0, long, 26, 30)])
    where = context([flag, at(strip, 0, 26 - strip, long)], [], [STREET])
    assert measured("frontage_m", where, FRONT)[0] == pytest.approx(strip, abs=0.01)


@pytest.mark.parametrize(
    ("plots", "ways", "more", "plain", "seen"),
    [
        # a strip of a metre along the street; a garden of 6 m is none
        ([at(0, 1, 25, 40), at(0, 0, 25, 1)], [STREET], {"through_m": 3.0}, 0, 25),
        ([at(0, 6, 25, 40), at(0, 0, 25, 6)], [STREET], {"through_m": 3.0}, 0, 0),
        # a dead end that arrives at the plot, head on; on a strip of a metre
        ([at(0, 0, 30, 30)], [line((15, -90), (15, 0))], {"arrival_m": 3.5}, 0, 7),
        ([at(0, 0, 1, 30)], [line((0.5, -90), (0.5, 0))], {"arrival_m": 3.5}, 0, 1),
        # ground that no parcel covers, between two parcels; beyond the last parcel
        ([at(0, 0, 25, 30), at(0, -38, 25, 30)], [], {"public_m": 3.0}, 0, 25),
        ([at(0, 0, 25, 30)], [], {"public_m": 3.0}, 0, 0),
    ],
)
def test_what_opens_a_plot(plots: Any, ways: Any, more: Any, plain: float, seen: float) -> None:
    where = context(plots, [], ways)
    tolerance = 1.0 if seen == 7 else 0.1
    before = measured("frontage_m", where, FRONT)[0]
    assert before == pytest.approx(plain, abs=2.0)
    assert measured("frontage_m", where, {**FRONT, **more})[0] == pytest.approx(seen, abs=tolerance)


def test_a_drive_that_ends_on_the_next_plot_is_no_street() -> None:
    drive = line((40, -100), (40, 20))
    plots = [at(0, 0, 30, 40), at(30, 0, 20, 40)]
    where = context(plots, [at(33, 26, 12, 10)], [drive])
    assert measured("frontage_m", where, FRONT)[0] > 10
    assert measured("frontage_m", where, {**FRONT, "drives": True})[0] == 0
    through = context(plots, [at(33, 26, 12, 10)], [line((40, -100), (40, 200))])
    assert measured("frontage_m", through, {**FRONT, "drives": True})[0] > 10


def test_a_long_thin_parcel_that_a_street_meets_is_a_street() -> None:
    lane, plot = at(-100, -8, 200, 8), at(0, 0, 25, 30)
    where = context([plot, lane, at(-100, -50, 200, 42)], [], [line((-104, -60), (-104, 60))])
    params = {**FRONT, "public_m": 3.0, "lane_m": 12.0}
    assert measured("frontage_m", where, params)[0] == pytest.approx(25, abs=0.1)
    assert measured("road_share", where, {"radius_m": 5.0, "lane_m": 12.0})[:2] == [0.0, 1.0]
    alone = context([plot, lane], [], [line((400, -60), (400, 60))])
    assert measured("road_share", alone, {"radius_m": 5.0, "lane_m": 12.0}) == [0.0, 0.0]


def test_the_garden_of_the_next_house_is_flagged_with_its_parcel() -> None:
    garden = shapely.difference(at(0, 0, 30, 40), at(10, 0, 12, 13))
    where = row([garden, at(30, 0, 24, 40)])
    parcels = [*where.parcels.geometry, at(10, 0, 12, 13)]  # type: ignore[union-attr]
    houses = [*where.buildings.geometry, at(10.5, 0.5, 11, 12)]  # type: ignore[union-attr]
    where = context(parcels, houses, [STREET])
    found = listed(where)
    house = str(len(parcels) - 1)
    assert f"peut-être le jardin de la maison voisine : parcelle {house}" in found["warnings"]["0"]
    assert "jardin" not in str(found["warnings"]["1"])


def test_a_large_light_building_is_built_and_small_ones_are_flagged() -> None:
    lots = [at(0, 0, 30, 40), at(30, 0, 30, 40), at(60, 0, 30, 40)]
    where = row(lots, houses=[at(2, 5, 25, 25), at(32, 5, 12, 8), at(46, 5, 12, 8)])
    light = where.buildings["kind"].to_numpy(dtype=object)  # type: ignore[index]
    light[-3:] = "light"
    where = replace(where, buildings=where.buildings.assign(kind=light))  # type: ignore[union-attr]
    found = listed(where)
    assert "0" not in found.index
    assert "constructions légères sur 16\u00a0% du terrain" in found["warnings"]["1"]
    assert "légères" not in str(found["warnings"]["2"])


@pytest.mark.parametrize(("vocation", "flagged"), [("equipment", True), ("housing", False)])
def test_a_zone_of_equipment_is_flagged(vocation: str, flagged: bool) -> None:
    where = with_zones(row([at(0, 0, 30, 40)]), ("U", at(-300, -300, 900, 900)))
    where = replace(where, zones=where.zones.assign(vocation=vocation, label="UE"))  # type: ignore[union-attr]
    words = str(listed(where).loc["0", "warnings"])
    assert ("zone UE\u00a0: équipements publics" in words) == flagged


def test_three_main_buildings_are_probably_shared() -> None:
    blocks = [at(2, 4, 12, 12), at(2, 24, 12, 12), at(2, 44, 12, 12)]
    where = context([at(0, 0, 60, 60)], blocks, [STREET])
    assert "au moins trois bâtiments principaux" in listed(where).loc["0", "warnings"]
    fewer = context([at(0, 0, 60, 60)], blocks[:2], [STREET])
    assert "principaux" not in str(listed(fewer).loc["0", "warnings"])


def test_a_plot_of_foncier_api_keeps_its_zone_by_the_centre() -> None:
    rules = published("foncier-api").rules["dent_creuse"]
    assert rules[0].measure == "in_zone"
    assert all("land_m" not in r.params and "available" not in r.params for r in rules)
    assert np.isfinite([r.threshold for r in rules]).all()


def test_a_study_chooses_the_zones_of_each_kind() -> None:
    raw = {
        "study": {"title": "t", "communes": ["80021"]},
        "rules": {"zones": {"dent_creuse": ["U", "AUc"]}},
        "layers": {"parcels": {"path": "p"}},
    }
    rules = profile(Study.model_validate(raw)).rules
    for kind, zones in (("dent_creuse", ["U", "AUc"]), ("terrain_divisible", ["U"])):
        asked = [r for r in rules[kind] if "zones" in r.params]
        assert len(asked) >= 4
        assert all(list(r.params["zones"]) == zones for r in asked)
    assert "paramètres changés par l'étude" in rules["dent_creuse"][0].source
