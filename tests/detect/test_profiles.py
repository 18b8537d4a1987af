"""The four rule sets on one village: what each finds, and what must not change it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import affinity

from foncier import schemas
from foncier.detect import find_plots
from foncier.detect.measures import find_measure, known_measures
from foncier.detect.rule_engine import rules_radius_m
from foncier.study import profiles, published

from .conftest import CRS, X, Y, at
from .village import AREA, parcels, verdicts, village

PROFILES = profiles()


def test_four_rule_sets_come_with_foncier_each_with_its_sources() -> None:
    assert PROFILES == ("foncier", "foncier-api", "parcel-manager", "qgis-foncier")
    for name in PROFILES:
        rules = published(name).rules
        assert set(rules) == {"dent_creuse", "terrain_divisible"}
        for rule in (r for kind in rules.values() for r in kind):
            assert rule.source, (name, rule.name)
            assert rule.measure in known_measures()
            assert rule.label.fr != rule.label.en
            assert (find_measure(rule.measure).take.__doc__ or "").strip()


EXPECTED = {
    "foncier": {
        "a03": "dent_creuse",  # its shed is no building
        "b05": "dent_creuse",
        "d06": "dent_creuse",
        "heart": "dent_creuse/access",
        "strip": "dent_creuse/area",
        "field": "dent_creuse/surrounded",  # it opens on the end of a street
        "a00": "terrain_divisible/free_piece",
        "large": "terrain_divisible",
    },
    "foncier-api": {
        "a03": "terrain_divisible",
        "b05": "dent_creuse",
        "heart": "dent_creuse",
        "strip": "dent_creuse/area",
        "field": "dent_creuse",
        "large": "terrain_divisible",
    },
    "parcel-manager": {
        "a03": "dent_creuse",
        "b05": "dent_creuse",
        "heart": "dent_creuse/access",
        "a00": "terrain_divisible",
        "large": "terrain_divisible",
    },
    "qgis-foncier": {
        "a03": "dent_creuse",
        "b05": "dent_creuse",
        "heart": "dent_creuse/opened_area",  # most of it beyond the built areas: isolated
        "strip": "dent_creuse/opened_area",
    },
}


@pytest.mark.parametrize("name", PROFILES)
def test_each_rule_set_judges_the_village_by_its_own_rules(name: str) -> None:
    found = verdicts(village(), published(name))
    assert {plot: found[plot] for plot in EXPECTED[name]} == EXPECTED[name]
    assert set(found) == set(parcels()) - {"far"}


@pytest.mark.parametrize("turn", [17.0, 240.0])
@pytest.mark.parametrize("name", PROFILES)
def test_moving_or_turning_the_map_changes_no_verdict(name: str, turn: float) -> None:
    def moved(shape: Any) -> Any:
        turned = affinity.rotate(shape, turn, origin=(X, Y))
        return affinity.translate(turned, 1e5 - 300 * turn, 0.37 * turn)

    rules = published(name)
    assert verdicts(village(move=moved), rules, moved(AREA)) == verdicts(village(), rules)


@pytest.mark.parametrize("name", PROFILES)
def test_the_order_of_the_parcels_changes_no_byte(name: str) -> None:
    order = [str(n) for n in np.random.default_rng(3).permutation(list(parcels()))]
    one = find_plots(village(), published(name), AREA, source="C")
    other = find_plots(village(order=order), published(name), AREA, source="C")
    for table in ("candidates", "evidence", "tests", "rejections"):
        pd.testing.assert_frame_equal(
            pd.DataFrame(getattr(one, table)), pd.DataFrame(getattr(other, table))
        )


@pytest.mark.parametrize("plot", ["b05", "heart", "field", "d06"])
@pytest.mark.parametrize("name", PROFILES)
def test_parcels_beyond_the_radius_of_the_rules_change_no_outcome(name: str, plot: str) -> None:
    rules, here = published(name), parcels()[plot]
    # What looks farther than this looks at buildings, not at parcels.
    reach = min(rules_radius_m(rules), 150.0)
    assert rules_radius_m(rules) < 1600
    near = village(keep=lambda shape: bool(here.distance(shape) <= reach))
    assert verdicts(near, rules)[plot] == verdicts(village(), rules)[plot]


@pytest.mark.parametrize("name", PROFILES)
def test_splitting_the_area_in_tiles_gives_the_same_tables(name: str) -> None:
    rules, context = published(name), village()
    whole = find_plots(context, rules, AREA, source="C")
    x = [X - 200.0, X + 53.0, X + 207.0, X + 600.0]
    parts = [
        find_plots(context, rules, shapely.box(a, Y - 200, b, Y + 600), source="C")
        for a, b in pairwise(x)
    ]
    for table, key in (("candidates", "opportunity_id"), ("rejections", "parcel_id")):
        joined = pd.concat([getattr(p, table) for p in parts]).sort_values(key, ignore_index=True)
        pd.testing.assert_frame_equal(
            pd.DataFrame(joined), pd.DataFrame(getattr(whole, table)), check_dtype=False
        )


def _with(shapes: dict[str, Any], built: list[Any] | None = None) -> Any:
    """Add parcels to the village, and houses if any."""
    context = village()
    more = gpd.GeoDataFrame(
        [{"parcel_id": n, "area_m2": g.area} for n, g in shapes.items()],
        geometry=list(shapes.values()),
        crs=CRS,
    )
    plots = schemas.PARCELS.conform(pd.concat([context.parcels, more], ignore_index=True))
    if not built:
        return replace(context, parcels=plots)
    extra = gpd.GeoDataFrame(
        [{"building_id": f"x{n}", "kind": "hard", "area_m2": h.area} for n, h in enumerate(built)],
        geometry=built,
        crs=CRS,
    )
    houses = schemas.BUILDINGS.conform(pd.concat([context.buildings, extra], ignore_index=True))
    return replace(context, parcels=plots, buildings=houses)


FLAT = shapely.Polygon([(X + 500, Y), (X + 510, Y), (X + 520, Y), (X + 500, Y)])
RING = shapely.difference(at(400, 300, 60, 60), at(420, 320, 20, 20))
TWO = shapely.MultiPolygon([at(400, 400, 20, 20), at(440, 400, 30, 30)])
ODD = {
    "flat": FLAT,
    "ring": RING,
    "two": TWO,
    "sliver": at(500, 300, 0.02, 90),
    "twice": at(130, 50, 26, 40),
}


@pytest.mark.parametrize("name", PROFILES)
def test_odd_shapes_are_judged_and_disturb_no_other(name: str) -> None:
    """A parcel of 0 m², one with a hole, one in two parts, a sliver, one drawn twice."""
    rules = published(name)
    plain, odd = verdicts(village(), rules), verdicts(_with(ODD), rules)
    assert {n: v for n, v in odd.items() if n not in ODD} == plain
    assert set(odd) == set(plain) | set(ODD)
    assert odd["flat"].startswith("dent_creuse/")
    assert odd["sliver"].startswith("dent_creuse/")
    assert odd["twice"] == plain["b05"]


@pytest.mark.parametrize("name", PROFILES)
def test_buildings_that_overlap_are_counted_once_and_walls_are_shrunk(name: str) -> None:
    lot = at(400, 300, 40, 40)
    house, wall = at(405, 305, 20, 20), at(439.5, 300, 30, 12)
    rules = published(name)
    # These two shrink every building, not only those across a limit.
    inside = 18 * 18 if name in ("qgis-foncier", "parcel-manager") else 20 * 20
    wanted = ([house, house], inside / 1600), ([wall], 0.0 if name != "foncier-api" else None)
    for built, share in wanted:
        found = find_plots(_with({"lot": lot}, built), rules, AREA, source="C").tests
        own = found[(found["parcel_id"] == "lot") & found["rule"].isin(["ces", "built"])]
        if share is not None:
            assert own["value"].to_numpy() == pytest.approx(share * 100, abs=0.01)


@pytest.mark.parametrize("name", PROFILES)
def test_a_building_astride_two_parcels_counts_in_each_by_its_part(name: str) -> None:
    lots = {"west": at(400, 300, 30, 40), "east": at(430, 300, 30, 40)}
    house = at(424, 310, 24, 20)  # 6 m in the one, 18 m in the other
    found = find_plots(_with(lots, [house]), published(name), AREA, source="C").tests
    share = found[found["rule"].isin(["ces", "built"])].groupby("parcel_id")["value"].first()
    # Walls are shrunk by a metre on all sides where the rules say so.
    parts = (6 * 20, 18 * 20) if name == "foncier-api" else (5 * 18, 17 * 18)
    assert [share["west"], share["east"]] == pytest.approx([100 * p / 1200 for p in parts])


@pytest.mark.parametrize("name", PROFILES)
def test_a_commune_without_a_single_building_or_parcel_runs(name: str) -> None:
    rules, context = published(name), village()
    bare = replace(context, buildings=schemas.BUILDINGS.empty(CRS))
    assert set(verdicts(bare, rules)) == set(parcels()) - {"far"}
    assert "terrain_divisible" not in set(verdicts(bare, rules).values())
    assert verdicts(replace(context, parcels=schemas.PARCELS.empty(CRS)), rules) == {}


def test_a_threshold_by_fabric_states_the_fabric() -> None:
    found = find_plots(village(), published("qgis-foncier"), AREA, source="C")
    row: Any = found.tests.set_index(["parcel_id", "rule"]).loc[("b05", "opened_area")]
    assert (row["threshold"], row["detail"]) == (498.0, "tissu groupé")
    kept: Any = found.candidates.set_index("parcel_ids").loc["b05"]
    assert (kept["fabric"], kept["yield_low"], kept["yield_high"]) == ("groupee", 2.0, 4.0)


def test_a_rule_that_warns_rejects_nobody() -> None:
    rules = published("foncier")
    found = find_plots(village(), rules, AREA, source="C")
    warned = found.tests[(found.tests["rule"] == "sides") & (found.tests["passed"] == False)]  # noqa: E712
    listed = set(found.candidates["parcel_ids"])
    assert set(warned["parcel_id"]) & listed
    for parcel in set(warned["parcel_id"]) & listed:
        row: Any = found.candidates.set_index("parcel_ids").loc[parcel]
        assert "le long de la rue, bâti d'un seul côté ou d'aucun" in row["warnings"]
        assert "along the street, built on one side or none" in row["warnings_en"]
    assert np.isnan(found.tests["value"]).sum() < len(found.tests)
