"""Prescriptions of the local plan: what they exclude, reserve, bound and flag."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.detect.test_owners import A, sites

from foncier import schemas
from foncier.detect import (
    SpatialContext,
    bound_capacity,
    find_plots,
    prescription_columns,
    prescription_evidence,
    prescriptions_on,
)
from foncier.study import land_rules
from foncier.study.rulesets import published

RULES = land_rules().planning
CRS = "EPSG:2154"


def prescriptions(*rows: dict[str, Any]) -> gpd.GeoDataFrame:
    """PRESCRIPTIONS; by default a prescription that covers the first site whole."""
    table = [
        {"prescription_id": str(n), "family": "prescription", "geometry": shapely.box(0, 0, 20, 20)}
        | row
        for n, row in enumerate(rows)
    ]
    frame: gpd.GeoDataFrame = schemas.PRESCRIPTIONS.conform(
        gpd.GeoDataFrame(table, geometry="geometry", crs=CRS)
    )
    return frame


def located(*rows: dict[str, Any], of: gpd.GeoDataFrame | None = None) -> pd.DataFrame:
    """Prescriptions on the site of parcel A."""
    return prescriptions_on(sites(A) if of is None else of, None, prescriptions(*rows), RULES)


@pytest.mark.parametrize(
    ("row", "codes", "effect"),
    [
        ({"code": "01"}, "psc-01-00", "cut"),
        ({"code": "08", "subcode": "00"}, "psc-08-00", "cut"),
        ({"code": "05", "subcode": "02"}, "psc-05-02", "reserve"),
        # A strip is no reserved site: its share is stated.
        (
            {"code": "05", "subcode": "01", "geometry": shapely.box(0, 0, 20, 3)},
            "psc-05-01",
            "flag",
        ),
        ({"code": "18"}, "psc-18-00", "bound"),
        ({"code": "39", "subcode": "02"}, "psc-39-02", "bound"),
        ({"code": "39", "subcode": "01"}, "psc-39-01", "flag"),  # a least height bounds nothing
        ({"code": "07", "subcode": "77"}, "psc-07-77", "flag"),  # as its code 00
        ({"code": "77"}, "psc-77-00", "flag"),  # not in the standard
        ({"code": "04", "family": "information"}, "inf-04-00", None),
        ({"code": "AC1", "family": "servitude"}, "sup-ac1", "flag"),
        (
            {"code": "24", "geometry": shapely.LineString([(5, 5), (15, 5)])},
            "psc-24-00",
            "flag",
        ),
        ({"code": "07", "geometry": shapely.Point(5, 5)}, "psc-07-00", "flag"),
        ({"code": "05", "geometry": shapely.box(0, 0, 20, 0.2)}, None, None),  # of the drawing
    ],
)
def test_effect_of_a_prescription(row: dict[str, Any], codes: Any, effect: Any) -> None:
    found = prescription_columns(sites(A), located(row), RULES).iloc[0]
    known = [None if pd.isna(found[n]) else found[n] for n in ("prescriptions", "planning_effect")]
    assert known == [codes, effect]


def test_the_strongest_effect_counts_and_each_is_a_warning() -> None:
    found = prescription_columns(
        sites(A), located({"code": "07"}, {"code": "05"}, {"code": "18"}), RULES
    ).iloc[0]
    assert found["planning_effect"] == "reserve"
    assert found["warnings"].count("|") == 2
    assert "emplacement réservé (L151-41 1° à 3°), sur 100" in found["warnings"]
    assert "reserved site (L151-41 1° à 3°), on 100%" in found["warnings_en"]


def test_evidence_states_the_article_the_share_and_the_name() -> None:
    half = shapely.box(0, 0, 10, 20)
    rows = located({"code": "01", "label": "Bois fictif", "geometry": half})
    text = prescription_evidence(rows, RULES, "GPU")["text_fr"].iloc[0]
    assert "espace boisé classé (L113-1)" in text
    assert "50" in text
    assert "Bois fictif" in text


def street_of_plots(count: int) -> SpatialContext:
    """Bare parcels of 25 by 60 m along a street, a house at either end."""
    boxes = [shapely.box(25 * n, 0, 25 * n + 25, 60) for n in range(-1, count + 1)]
    parcels = schemas.PARCELS.conform(
        gpd.GeoDataFrame(
            {
                "parcel_id": [f"80021000AB{n:04d}" for n in range(len(boxes))],
                "commune": "80021",
                "area_m2": shapely.area(boxes),
            },
            geometry=boxes,
            crs=CRS,
        )
    )
    houses = [shapely.box(-20, 8, -8, 20), shapely.box(25 * count + 8, 8, 25 * count + 20, 20)]
    buildings = schemas.BUILDINGS.conform(
        gpd.GeoDataFrame(
            {"building_id": ["a", "b"], "kind": "hard", "area_m2": shapely.area(houses)},
            geometry=houses,
            crs=CRS,
        )
    )
    return SpatialContext(parcels=parcels, buildings=buildings)


def plots(context: SpatialContext, **layers: Any) -> Any:
    """Plots of the default rule set, with more layers."""
    area = shapely.box(-100, -100, 500, 100)
    return find_plots(replace(context, **layers), published("foncier"), area, source="Cadastre")


@pytest.mark.parametrize(
    ("share", "listed"),
    [(0.0, True), (0.3, True), (0.7, False), (1.0, False)],
)
@pytest.mark.parametrize("code", ["01", "08"])
def test_what_excludes_is_cut_and_the_rest_must_pass(share: float, listed: bool, code: str) -> None:
    context = street_of_plots(1)
    wood = shapely.box(0, 0, 25 * max(share, 1e-6), 60)
    found = plots(context, prescriptions=prescriptions({"code": code, "geometry": wood}))
    bare = found.candidates[found.candidates["kind"] == "dent_creuse"]
    assert len(bare) == listed
    if listed:
        expected = 1500 * (1 - share)
        assert bare["usable_area_m2"].iloc[0] == pytest.approx(expected, rel=0.05)
    else:
        reason = found.rejections.set_index("parcel_id").loc["80021000AB0001", "reason_fr"]
        assert ("L113-1" if code == "01" else "L151-23") in reason


@pytest.mark.parametrize("code", ["05", "18", "39", "07", "99"])
def test_other_prescriptions_cut_nothing(code: str) -> None:
    whole = prescriptions({"code": code, "geometry": shapely.box(0, 0, 25, 60)})
    found = plots(street_of_plots(1), prescriptions=whole).candidates
    bare = found[found["kind"] == "dent_creuse"]
    assert bare["usable_area_m2"].tolist() == pytest.approx([1500], rel=0.05)


def test_without_uses_a_parcel_under_no_prescription_is_unknown_not_free() -> None:
    far = prescriptions({"code": "01", "geometry": shapely.box(300, 0, 310, 10)})
    tests = plots(street_of_plots(1), prescriptions=far).tests
    share = tests.loc[(tests["rule"] == "exclusion") & (tests["parcel_id"] == "80021000AB0001")]
    assert share["value"].isna().all()


def capacity(*rows: dict[str, Any], usable: float = 1000.0) -> tuple[float, float]:
    """Capacity of a plot of 4 to 16 dwellings under some prescriptions."""
    plot = sites(A).assign(usable_area_m2=usable, yield_low=4.0, yield_high=16.0)
    found, _ = bound_capacity(plot, located(*rows), RULES, source="GPU")
    return float(found["yield_low"].iloc[0]), float(found["yield_high"].iloc[0])


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([{"code": "07"}], (4, 16)),
        # 1000 m² × 30 % × 2 storeys / 70 m²
        ([{"code": "38", "text": "30 %"}, {"code": "39", "text": "R+1"}], (4, 8)),
        ([{"code": "38", "text": "30 %"}, {"code": "39", "label": "hauteur 7 m"}], (4, 8)),
        ([{"code": "38", "text": "30 %"}, {"code": "39", "text": "R+1+C"}], (4, 12)),
        # A footprint alone: one storey is sure, the height is free.
        ([{"code": "38", "text": "20%"}], (2, 16)),
        # A figure that cannot be read widens the interval downwards, and moves nothing up.
        ([{"code": "39", "text": "12"}], (1, 16)),
        ([{"code": "39", "label": "voir le règlement"}], (1, 16)),
        ([{"code": "15"}], (1, 16)),
        ([{"code": "18", "label": "OAP du Moulin"}], (0, 16)),
        ([{"code": "18", "text": "20 à 60 logements/ha"}], (2, 6)),
        ([{"code": "18", "text": "35 logements par hectare"}], (3, 4)),
        # The least density bounds nothing above.
        ([{"code": "18", "text": "minimum 35 logements/ha"}], (3, 16)),
        ([{"code": "18", "text": "Au moins 35 logements par hectare"}], (3, 16)),
        ([{"code": "39", "subcode": "01", "text": "R+3"}], (4, 16)),  # the least height
    ],
)
def test_bounds_of_the_capacity(rows: list[dict[str, Any]], expected: tuple[int, int]) -> None:
    assert capacity(*rows) == expected


def test_a_bound_is_stated_with_both_intervals() -> None:
    plot = sites(A).assign(usable_area_m2=1000.0, yield_low=4.0, yield_high=16.0)
    rows = located({"code": "39", "label": "voir le règlement"})
    _, evidence = bound_capacity(plot, rows, RULES, source="GPU")
    assert evidence["text_en"].tolist() == [
        "Capacity bounded by the local plan: 1 to 16 dwellings, instead of 4 to 16"
    ]


def test_a_site_without_a_capacity_stays_without() -> None:
    found, evidence = bound_capacity(sites(A), located({"code": "18"}), RULES, source="GPU")
    assert found["yield_high"].isna().all()
    assert evidence.empty


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "code": st.sampled_from(["15", "18", "38", "39", "07", "01"]),
                "text": st.sampled_from(["30 %", "R+2", "9 m", "40 logements/ha", "", "12"]),
            }
        ),
        max_size=4,
    )
)
def test_a_prescription_more_never_raises_the_capacity(rows: list[dict[str, Any]]) -> None:
    low, high = capacity(*rows) if rows else (4.0, 16.0)
    assert 0 <= low <= high
    assert (low <= 4) & (high <= 16)


def test_every_code_has_words_and_an_effect() -> None:
    effects = {"exclude", "reserve", "bound", "flag", "context"}
    for code in RULES.codes.values():
        assert code.effect in effects
        assert code.label.fr != ""
        assert (code.least is not None) == (code.effect == "bound")
    excluded = {code for code, one in RULES.codes.items() if one.effect == "exclude"}
    assert excluded == set(published("foncier").excluded)
    assert {code[:6] for code in excluded} == {"psc-01", "psc-02", "psc-08"}


def test_empty_tables_are_accepted() -> None:
    none = schemas.PRESCRIPTIONS.empty(pyproj.CRS(CRS))
    rows = prescriptions_on(sites(A), None, none, RULES)
    found = prescription_columns(sites(A), rows, RULES)
    assert found["prescriptions"].isna().all()
    assert prescription_evidence(rows, RULES, "GPU").empty
    assert np.isnan(bound_capacity(sites(A), rows, RULES, source="GPU")[0]["yield_low"]).all()
