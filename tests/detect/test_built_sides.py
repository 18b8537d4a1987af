"""Built on both sides along the street, slope, supplied envelope, supplied land units."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely

from foncier import schemas
from foncier.detect import SpatialContext, find_plots
from foncier.detect.measures import find_measure
from foncier.model import Dem
from foncier.study import profile, published
from foncier.study.config import Study

from .conftest import CRS, X, Y, at, table
from .test_assembly import AREA, RULES
from .test_assembly import context as town
from .test_frontage import context, line, measured
from .village import village

if TYPE_CHECKING:
    import geopandas as gpd

SIDES = {"radius_m": 20.0, "beside_m": 3.0, "built_m2": 25.0, "least_m2": 25.0, "wall_m": 1.0}
ROW = [at(20.0 * n, 0, 20, 30) for n in range(4)]
STREET = line((-100, -5), (200, -5))


@pytest.mark.parametrize(
    ("built", "sides"),
    [
        ([0, 2], 2),
        ([0], 1),
        ([2], 1),
        ([], 0),
        ([3], 0),
    ],
)
def test_the_next_plots_along_the_street_are_counted(built: list[int], sides: int) -> None:
    houses = [at(20.0 * n + 4, 4, 10, 10) for n in built]
    assert measured("built_sides", context(ROW, houses, [STREET]), SIDES)[1] == sides


def test_what_is_behind_or_across_the_street_is_no_side() -> None:
    plots = [*ROW[:3], at(20, 30, 20, 30), at(0, -40, 60, 30)]
    houses = [at(24, 34, 10, 10), at(4, -30, 40, 10)]
    assert measured("built_sides", context(plots, houses, [STREET]), SIDES)[1] == 0


def test_at_a_corner_the_next_plot_of_each_street_counts() -> None:
    plots = [at(0, 0, 20, 30), at(20, 0, 20, 30), at(0, 30, 20, 30)]
    houses = [at(24, 4, 10, 10), at(4, 34, 10, 10)]
    corner = line((-5, -5), (-5, 100))
    where = context(plots, houses, [STREET, corner])
    assert measured("built_sides", where, SIDES)[0] == 2
    one = context(plots, houses[:1], [STREET, corner])
    assert measured("built_sides", one, SIDES)[0] == 1


def test_sheds_and_the_parcel_of_the_street_are_no_built_side() -> None:
    shed = at(4, 4, 4, 4)
    road = at(-100, -10, 300, 10)
    kiosk = at(22, -9, 10, 8)  # on the parcel of the street
    where = context([*ROW, road], [shed, kiosk], [STREET])
    assert measured("built_sides", where, SIDES)[1] == 0


def test_sides_are_unknown_without_a_front_without_streets_or_without_buildings() -> None:
    where = context([*ROW, at(20, 30, 20, 30)], [], [STREET])
    assert np.isnan(measured("built_sides", where, SIDES)[4])
    assert np.isnan(measured("built_sides", replace(where, streets=None), SIDES)).all()
    assert np.isnan(measured("built_sides", replace(where, buildings=None), SIDES)).all()


@pytest.mark.parametrize("turn", [0.0, 33.0, 145.0])
@pytest.mark.parametrize("first", [0, 1, 2, 3])
def test_sides_depend_neither_on_the_turn_nor_on_the_first_corner(turn: float, first: int) -> None:
    from shapely import affinity

    ring = np.roll(np.array(ROW[1].exterior.coords)[:-1], first, axis=0)
    plots = [ROW[0], shapely.Polygon(ring), *ROW[2:]]
    moved = [affinity.rotate(s, turn, (X, Y)) for s in [*plots, at(4, 4, 10, 10), STREET]]
    where = context(moved[:4], moved[4:5], moved[5:])
    assert measured("built_sides", where, SIDES)[1] == 1


def test_one_side_is_a_flag_and_no_rejection() -> None:
    found = find_plots(village(), published("foncier"), at(-200, -200, 800, 800), source="C")
    flags = found.candidates.set_index("parcel_ids")["warnings"].fillna("")
    told = "bâti d'un seul côté"
    assert told in flags["d06"]  # d07 beside it is bare
    assert told not in flags["b05"]
    rows = found.tests[found.tests["rule"] == "sides"].set_index("parcel_id")
    assert rows.loc["b05", "detail"] == "bâti des deux côtés le long de la rue"
    assert rows.loc["d06", "value"] == 1


def hill(east: float, north: float, *, cell: float = 5.0, hole: Any = None) -> Dem:
    """A plane that climbs so much to the east and to the north, over one kilometre."""
    at_m = (np.arange(int(1000 / cell)) + 0.5) * cell
    heights = 50 + east * at_m[None, :] + north * (1000 - at_m[:, None])
    if hole is not None:
        heights[hole] = np.nan
    return Dem(heights.astype(np.float32), X - 500, Y + 500, cell)


@pytest.mark.parametrize("cell", [1.0, 5.0, 25.0])
@pytest.mark.parametrize(("east", "north"), [(0.0, 0.0), (0.12, 0.0), (0.03, 0.04)])
def test_slope_is_that_of_the_plane(east: float, north: float, cell: float) -> None:
    where = replace(context(ROW, [], [STREET]), elevation=hill(east, north, cell=cell))
    found = measured("slope", where, {"step_m": 5.0})
    assert found == pytest.approx([np.hypot(east, north)] * 4, abs=2e-3)


def test_a_plot_off_the_relief_or_over_its_holes_is_unknown() -> None:
    flat = at(0, 0, 0, 30)
    plots = [ROW[0], at(9000, 0, 30, 30), at(100, 100, 30, 30), flat]
    hole = (slice(70, 82), slice(118, 130))
    where = replace(context(plots, [], [STREET]), elevation=hill(0.1, 0.0, hole=hole))
    found = measured("slope", where, {"step_m": 5.0})
    assert np.isnan(found).tolist() == [False, True, True, False]
    assert np.isnan(measured("slope", replace(where, elevation=None), {"step_m": 5.0})).all()


def test_a_steep_plot_has_a_warning_and_passes() -> None:
    rules, area = published("foncier"), at(-200, -200, 800, 800)
    steep = replace(village(), elevation=hill(0.15, 0.0))
    found = find_plots(steep, rules, area, source="C")
    still = find_plots(village(), rules, area, source="C")
    assert set(found.candidates["opportunity_id"]) == set(still.candidates["opportunity_id"])
    assert found.candidates["warnings"].str.contains("pente médiane de 10").all()
    assert not still.candidates["warnings"].astype("str").str.contains("pente").any()


def envelope(*parts: shapely.Geometry) -> Any:
    return table(schemas.ENVELOPE, [{"part_id": f"{n}"} for n in range(len(parts))], list(parts))


def test_a_supplied_envelope_replaces_the_one_of_the_buildings() -> None:
    params = {"grow_m": 50.0, "shrink_m": 30.0, "hole_m2": 2000.0, "least_m2": 25.0}
    where = context(ROW, [at(2, 2, 10, 10)], [STREET])
    half = replace(where, envelope=envelope(at(-5, -5, 35, 90), at(-5, -5, 35, 50)))
    assert measured("envelope_m2", half, params) == pytest.approx([600, 300, 0, 0])
    assert measured("envelope_share", half, params) == pytest.approx([1, 0.5, 0, 0])
    details = find_measure("envelope_m2").take(half, np.arange(4), params)[1]
    assert details is not None
    assert {str(detail) for detail in details} == {"enveloppe fournie"}
    without = replace(where, envelope=schemas.ENVELOPE.empty(CRS))
    assert measured("envelope_m2", without, params) == [0, 0, 0, 0]


def test_the_rules_say_that_the_envelope_was_supplied() -> None:
    raw = {"study": {"title": "t", "communes": ["80021"]}, "layers": {"parcels": {"path": "p"}}}
    plain = profile(Study.model_validate(raw))
    raw["layers"]["envelope"] = {"path": "e", "source": "SCOT du Grand Amiénois"}  # type: ignore[index]
    other = profile(Study.model_validate(raw))
    for one, two in zip(plain.rules["dent_creuse"], other.rules["dent_creuse"], strict=True):
        if one.measure == "envelope_m2":
            assert two.source.endswith("enveloppe fournie par l'étude (SCOT du Grand Amiénois)")
        else:
            assert one == two


def units(*shapes: shapely.Geometry) -> gpd.GeoDataFrame:
    found: gpd.GeoDataFrame = table(
        schemas.LAND_UNITS, [{"unit_id": f"u{n}"} for n in range(len(shapes))], list(shapes)
    )
    return found


@pytest.mark.parametrize(
    ("layer", "count"),
    [
        (None, np.nan),
        (units(at(104, 0, 15, 40)), 1),
        (units(at(104, 0, 7.5, 40), at(111.5, 0, 7.5, 40)), 2),
        (units(at(104, 0, 7.5, 40)), np.nan),  # nothing is known of the other
        (units(at(104, 0, 10, 40)), np.nan),  # covers a third of the other
    ],
)
def test_supplied_land_units_tell_how_many_agreements_it_takes(layer: Any, count: float) -> None:
    where: SpatialContext = replace(town(), land_units=layer)
    found = find_plots(where, RULES, AREA, source="C").assemblies.set_index("parcel_ids")
    row: Any = found.loc["n1|n2"]
    assert row["units"] == count or (np.isnan(count) and np.isnan(row["units"]))
    assert ("unités foncières fournie" in row["agreement_fr"]) == (count == 1)
    assert ("propriétaires de 2 parcelles" in row["agreement_fr"]) == (count != 1)
