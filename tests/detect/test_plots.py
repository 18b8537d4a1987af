"""Dents creuses and divisible plots: each plot of a street meets the fate told by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity

from foncier import schemas
from foncier.detect import find_plots

from .conftest import CRS, STREET, Town, X, Y, town


def verdicts(where: Town) -> dict[str, str]:
    found = find_plots(where.context, where.profile, where.area, source="Cadastre")
    kept = dict(zip(found.candidates["parcel_ids"], found.candidates["kind"], strict=True))
    out = found.rejections
    lost = dict(zip(out["parcel_id"], out["kind"] + "/" + out["rule"], strict=True))
    assert not set(kept) & set(lost)
    return kept | lost


@pytest.mark.parametrize("name", STREET)
def test_each_plot_meets_its_fate(street: Town, name: str) -> None:
    assert verdicts(street).get(name, "outside") == STREET[name][2]


def test_every_parcel_of_the_area_is_a_candidate_or_a_rejection(street: Town) -> None:
    assert set(verdicts(street)) == set(STREET) - {"far"}


def test_a_rejection_says_value_threshold_and_what_is_short(street: Town) -> None:
    found = find_plots(street.context, street.profile, street.area, source="Cadastre").rejections
    rows = found.set_index("parcel_id")
    small = rows.loc["small"]
    assert (small["value"], small["threshold"], small["margin"]) == (300, 400, -100)
    words = "Dent creuse\xa0: Surface 300\xa0m², il faut 400\xa0m² (il manque 100\xa0m²)"
    assert small["reason_fr"] == words
    assert "Square Jules-Bocquet" in rows.loc["square", "reason_fr"]
    assert "70" in rows.loc["square", "reason_fr"]
    assert "zone A" in rows.loc["field", "reason_fr"]
    assert (found["margin"] <= 0).all()


def test_flags_warn_and_do_not_reject(street: Town) -> None:
    found = find_plots(street.context, street.profile, street.area, source="Cadastre").candidates
    flags = found.set_index("parcel_ids")["warnings"]
    assert flags["bare"] == "risque «\u00a0PPRI\u00a0»"
    assert pd.isna(flags["hut"])
    english = found.set_index("parcel_ids")["warnings_en"]
    assert english["bare"] == "hazard “PPRI”"
    assert pd.isna(english["hut"])


def test_evidence_of_a_candidate_is_the_figures_it_passed(street: Town) -> None:
    found = find_plots(street.context, street.profile, street.area, source="Cadastre DGFiP")
    rows = found.evidence[found.evidence["opportunity_id"] == "DC-bare"]
    assert rows["signal"].tolist() == ["zone", "exclusion", "ces", "area", "road", "opened_area"]
    assert "Surface\xa0: 750\xa0m²" in rows["text_fr"].tolist()
    assert set(found.evidence["opportunity_id"]) == set(found.candidates["opportunity_id"])


@pytest.mark.parametrize("layer", ["zones", "constraints", "streets"])
def test_a_missing_optional_layer_rejects_nobody(street: Town, layer: str) -> None:
    context = replace(street.context, **{layer: None})  # type: ignore[arg-type]
    found = find_plots(context, street.profile, street.area, source="Cadastre")
    rule = {"zones": "zone", "constraints": "exclusion", "streets": "road"}[layer]
    assert rule not in set(found.rejections["rule"])
    rows = found.tests[found.tests["rule"] == rule]
    assert len(rows)
    assert rows["passed"].isna().all()
    assert rows["value"].isna().all()


@pytest.mark.parametrize("layer", ["parcels", "buildings"])
def test_without_parcels_or_buildings_nothing_is_sought(street: Town, layer: str) -> None:
    found = find_plots(
        replace(street.context, **{layer: None}),  # type: ignore[arg-type]
        street.profile,
        street.area,
        source="Cadastre",
    )
    assert [len(t) for t in (found.candidates, found.tests, found.rejections)] == [0, 0, 0]
    assert list(found.candidates.columns) == schemas.CANDIDATES.names


def test_a_commune_without_a_single_building_has_no_divisible_plot() -> None:
    bare = town(["bare", "small"])
    assert verdicts(bare) == {"bare": "dent_creuse", "small": "dent_creuse/area"}


def test_a_parcel_without_area_is_unknown_and_not_a_candidate(street: Town) -> None:
    parcels = street.context.parcels
    assert parcels is not None
    flat = shapely.Polygon([(X, Y), (X + 9, Y), (X + 20, Y), (X, Y)])
    shapes = [
        flat if n == "small" else g
        for n, g in zip(parcels["parcel_id"], parcels.geometry, strict=True)
    ]
    odd = replace(street.context, parcels=parcels.set_geometry(shapes, crs=CRS))
    assert verdicts(replace(street, context=odd))["small"] == "dent_creuse/ces"


@settings(max_examples=15, deadline=None)
@given(turn=st.floats(0, 360), east=st.floats(-2e5, 2e5), north=st.floats(-2e5, 2e5))
def test_moving_or_turning_the_map_changes_no_verdict(
    turn: float, east: float, north: float
) -> None:
    def moved(shape: Any) -> Any:
        return affinity.translate(affinity.rotate(shape, turn, origin=(X, Y)), east, north)

    assert verdicts(town(move=moved)) == verdicts(town())


@settings(max_examples=15, deadline=None)
@given(order=st.permutations(list(STREET)))
def test_the_order_of_the_rows_changes_no_byte(order: list[str]) -> None:
    first, other = town(), town(order)
    found = find_plots(first.context, first.profile, first.area, source="C")
    again = find_plots(other.context, other.profile, other.area, source="C")
    for name in ("candidates", "evidence", "tests", "rejections"):
        pd.testing.assert_frame_equal(
            pd.DataFrame(getattr(found, name)), pd.DataFrame(getattr(again, name))
        )


def test_splitting_the_area_gives_the_same_tables(street: Town) -> None:
    left = shapely.intersection(street.area, shapely.box(X - 100, Y - 100, X + 97, Y + 2000))
    right = shapely.intersection(street.area, shapely.box(X + 97, Y - 100, X + 2000, Y + 2000))
    whole = find_plots(street.context, street.profile, street.area, source="C")
    parts = [find_plots(street.context, street.profile, a, source="C") for a in (left, right)]
    joined = pd.concat([p.rejections for p in parts]).sort_values("parcel_id", ignore_index=True)
    pd.testing.assert_frame_equal(pd.DataFrame(joined), pd.DataFrame(whole.rejections))


def test_inputs_are_unchanged(street: Town) -> None:
    assert street.context.parcels is not None
    before = street.context.parcels.to_wkb()
    find_plots(street.context, street.profile, street.area, source="C")
    pd.testing.assert_frame_equal(street.context.parcels.to_wkb(), before)


def test_a_plot_that_another_parcel_overlaps_is_flagged(street: Town) -> None:
    parcels = street.context.parcels
    assert parcels is not None
    shapes = [
        shapely.box(X, Y + 3, X + 25, Y + 30) if n == "field" else g
        for n, g in zip(parcels["parcel_id"], parcels.geometry, strict=True)
    ]
    twice = replace(street.context, parcels=parcels.set_geometry(shapes, crs=CRS))
    found = find_plots(twice, street.profile, street.area, source="C").candidates
    flags = found.set_index("parcel_ids")["warnings"]
    assert flags["bare"] == "risque «\u00a0PPRI\u00a0» | recouvre la parcelle field"
    assert flags["field"].endswith("recouvre la parcelle bare")
    english = found.set_index("parcel_ids")["warnings_en"]
    assert english["bare"] == "hazard “PPRI” | overlaps parcel field"
