"""A layer that does not come to a commune proves nothing there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from foncier import schemas
from foncier.detect import SpatialContext, find_plots, uncovered_communes
from foncier.detect.context import LEAST_PARCELS
from foncier.detect.measures import find_measure
from foncier.study import published

from .conftest import CRS, STREET, X, Y, at, table, town

EVERYWHERE = shapely.box(X - 9000, Y - 9000, X + 9000, Y + 9000)
MANY = LEAST_PARCELS + 10
COMMUNES = ("80016", "80021", None)


def plots_of(n: int) -> list[Any]:
    """A row of plots of 10 m, each commune on a street of its own."""
    return [at(10 * k, 500 * n, 10, 20) for k in range(MANY)]


def land(served: dict[str, set[int]], order: Any = None) -> SpatialContext:
    """Three communes; of a layer one object, in the middle of the row of each of some of them."""
    rows = [
        {"parcel_id": f"{n}-{k}", "commune": commune, "area_m2": 200.0}
        for n, commune in enumerate(COMMUNES)
        for k in range(MANY)
    ]
    shapes = [plot for n in range(len(COMMUNES)) for plot in plots_of(n)]
    order = range(len(rows)) if order is None else order
    middle = 10 * MANY // 2

    def some(layer: str, contract: schemas.Table, row: dict[str, Any], shape: Any) -> Any:
        which = sorted(served.get(layer, range(len(COMMUNES))))
        name = contract.columns[0].name
        return table(contract, [{name: str(n), **row} for n in which], [shape(n) for n in which])

    return SpatialContext(
        parcels=table(schemas.PARCELS, [rows[k] for k in order], [shapes[k] for k in order]),
        buildings=some(
            "buildings",
            schemas.BUILDINGS,
            {"kind": "hard", "area_m2": 25.0},
            lambda n: at(middle + 2, 500 * n + 5, 5, 5),
        ),
        streets=some(
            "streets",
            schemas.STREETS,
            {"street_class": "residential", "level": 0, "walk": True, "bike": True, "drive": True},
            lambda n: shapely.LineString(
                [(X + middle, Y + 500 * n - 5), (X + middle + 20, Y + 500 * n - 5)]
            ),
        ),
        zones=some(
            "zones",
            schemas.ZONES,
            {"zone_type": "U"},
            lambda n: at(middle - 20, 500 * n - 10, 60, 60),
        ),
    )


@pytest.mark.parametrize("layer", ["buildings", "streets", "zones"])
def test_one_object_covers_a_commune_and_none_does_not(layer: str) -> None:
    assert uncovered_communes(land({}), EVERYWHERE) == {}
    assert uncovered_communes(land({layer: {1, 2}}), EVERYWHERE) == {layer: {"80016"}}
    assert uncovered_communes(land({layer: set()}), EVERYWHERE) == {layer: {"80016", "80021", ""}}
    missing: dict[str, Any] = {layer: None}
    assert (
        uncovered_communes(replace(land({}), **missing), EVERYWHERE) == {}
    )  # told as a missing layer


def test_few_parcels_may_well_be_bare() -> None:
    half = at(0, -100, 10 * LEAST_PARCELS - 20, 1000)
    assert uncovered_communes(land({"buildings": {2}}), half) == {}
    assert uncovered_communes(SpatialContext(), EVERYWHERE) == {}


@settings(max_examples=15, deadline=None)
@given(order=st.permutations(range(3 * MANY)), zones=st.sets(st.integers(0, 2)))
def test_the_order_of_the_parcels_changes_nothing(order: list[int], zones: set[int]) -> None:
    assert uncovered_communes(land({"zones": zones}, order), EVERYWHERE) == uncovered_communes(
        land({"zones": zones}), EVERYWHERE
    )


@pytest.mark.parametrize("name", ["built_share", "surrounded_share", "frontage_m", "in_zone"])
def test_a_measure_is_unknown_where_its_layer_does_not_come(name: str) -> None:
    where = land({}).with_uncovered(
        {layer: frozenset({"80016", ""}) for layer in ("buildings", "streets", "zones")}
    )
    figures: dict[str, Any] = {"radius_m": 20.0, "built_m2": 5.0}
    figures |= {"zones": ["U"]} if name == "in_zone" else {}
    rows = np.arange(0, 3 * MANY, 7)
    value, detail = find_measure(name).take(where, rows, figures)
    known = (rows >= MANY) & (rows < 2 * MANY)
    assert (np.isnan(value) == ~known).all()
    alone, words = find_measure(name).take(where, rows[known], figures)
    assert (value[known] == alone).all()
    if words is not None:
        assert detail is not None
        assert detail[known].tolist() == words.tolist()
        assert set(detail[~known]) == {None}


def test_a_commune_without_buildings_keeps_no_plot_and_says_unknown() -> None:
    here = town()
    blind = here.context.with_uncovered({"buildings": frozenset({"80021"})})
    found = find_plots(blind, here.profile, here.area, source="Cadastre")
    assert found.candidates.empty
    stopped = found.rejections.set_index("parcel_id")
    assert stopped.loc["bare", "rule"] == "ces"
    assert "inconnu" in stopped.loc["bare", "reason_fr"]


def test_a_commune_without_zones_is_judged_as_if_there_were_no_zoning() -> None:
    here = town()
    blind = here.context.with_uncovered({"zones": frozenset({"80021"})})
    none = replace(here.context, zones=None)
    one, other = (find_plots(g, here.profile, here.area, source="C") for g in (blind, none))
    assert one.candidates["zone"].isna().all()
    assert one.candidates["parcel_ids"].tolist() == other.candidates["parcel_ids"].tolist()
    assert "field" in set(one.candidates["parcel_ids"])  # outside any urban zone, where one is
    assert STREET["field"][2] == "dent_creuse/zone"


def test_assemblies_cross_no_unknown() -> None:
    """Two narrow plots pass together, also where no zone is known; not where no building is."""
    rules = published("foncier")
    plots = [at(20 * k, 0, 20, 30) for k in range(-6, 8)]
    plots[6:8] = [at(0, 0, 10, 30), at(10, 0, 10, 30)]
    houses = [at(20 * k + 3, 3, 12, 12) for k in (*range(-6, 0), *range(2, 8))]
    rows = [
        {"parcel_id": f"p{n:02}", "commune": "80021", "area_m2": p.area}
        for n, p in enumerate(plots)
    ]
    street = shapely.LineString([(X - 200, Y - 5), (X + 300, Y - 5)])
    context = SpatialContext(
        parcels=table(schemas.PARCELS, rows, plots),
        buildings=table(
            schemas.BUILDINGS,
            [
                {"building_id": f"b{n}", "kind": "hard", "area_m2": h.area}
                for n, h in enumerate(houses)
            ],
            houses,
        ),
        streets=table(
            schemas.STREETS,
            [
                {
                    "street_id": "s",
                    "street_class": "residential",
                    "level": 0,
                    "walk": True,
                    "bike": True,
                    "drive": True,
                }
            ],
            [street],
        ),
        zones=table(schemas.ZONES, [{"zone_id": "far", "zone_type": "U"}], [at(5000, 0, 9, 9)]),
    )

    def joined(**gone: set[str]) -> list[str]:
        where = context.with_uncovered({name: frozenset(codes) for name, codes in gone.items()})
        found = find_plots(where, rules, EVERYWHERE, source="C").assemblies
        assert found.crs == CRS
        return [ids for ids in found["parcel_ids"] if ids == "p06|p07"]

    assert joined() == []  # outside any urban zone
    assert joined(zones={"80021"}) == ["p06|p07"]
    assert joined(zones={"80021"}, streets={"80021"}) == ["p06|p07"]
    assert joined(zones={"80021"}, buildings={"80021"}) == []
