"""Availability: stated rules, intervals that only widen where something is unknown."""

from __future__ import annotations

import datetime as dt
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from foncier import schemas
from foncier.schemas.results import KINDS
from foncier.scoring import availability, combined
from foncier.scoring.availability import owner_types
from foncier.study import availability_rules

RULES = availability_rules()
FACTORS = {factor.name: factor for factor in RULES.factors}
CRS = 2154
ON = dt.date(2026, 1, 1)
STATUSES = ("friche potentielle", "friche sans projet", "friche avec projet")


def sites(*rows: dict[str, Any]) -> gpd.GeoDataFrame:
    """Candidates, friches without a project unless a row says otherwise."""
    table = pd.DataFrame(
        [
            {
                "opportunity_id": f"FR-{number}",
                "kind": "friche",
                "perimeter": "trace",
                "sources": "Inventaire",
                **row,
            }
            for number, row in enumerate(rows)
        ]
    )
    shapes = [shapely.box(100 * n, 0, 100 * n + 50, 50) for n in range(len(rows))]
    found: gpd.GeoDataFrame = schemas.CANDIDATES.conform(
        gpd.GeoDataFrame(table, geometry=shapes, crs=CRS)
    )
    return found


def inventory(*rows: dict[str, Any]) -> gpd.GeoDataFrame:
    table = pd.DataFrame(
        [{"site_id": str(n), "source": "Inventaire", **row} for n, row in enumerate(rows)]
    )
    points = [shapely.Point(100 * n, 0) for n in range(len(rows))]
    found: gpd.GeoDataFrame = schemas.INVENTORY.conform(
        gpd.GeoDataFrame(table, geometry=points, crs=CRS)
    )
    return found


def signs(*rows: dict[str, Any]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["opportunity_id", "direction", "observed_on"]).assign(
        signal="s", source="S", text_fr="t", text_en="t"
    )
    found: pd.DataFrame = schemas.EVIDENCE.conform(table)
    return found


def judged(candidates: gpd.GeoDataFrame, factors: pd.DataFrame) -> pd.DataFrame:
    ids = candidates["opportunity_id"]
    return combined(factors, RULES, ids).set_index(ids)


def interval_of(factors: pd.DataFrame, name: str, site: str = "FR-0") -> tuple[float, float, bool]:
    row = factors[(factors["opportunity_id"] == site) & (factors["factor"] == name)].iloc[0]
    return row["low"], row["high"], bool(row["known"])


def test_an_unknown_factor_has_the_whole_interval_of_its_values() -> None:
    factors = availability(sites({}), schemas.EVIDENCE.empty(), RULES)
    assert set(factors["factor"]) == set(FACTORS) - {"avis"}
    assert not factors["known"].any()
    for name, low, high in zip(factors["factor"], factors["low"], factors["high"], strict=True):
        values = FACTORS[name].levels.values()
        assert low == min(one.low for one in values)
        assert high == max(one.high for one in values)


@pytest.mark.parametrize(
    ("site", "record", "factor", "value"),
    [
        ({"status": "friche sans projet"}, {}, "status", "friche sans projet"),
        ({"status": "friche avec projet"}, {}, "status", "friche avec projet"),
        ({}, {"pollution": "pollution avérée"}, "pollution", "pollution avérée"),
        ({}, {"vacancy": "occupé"}, "occupation", "occupied"),
        ({}, {"vacancy": "vacant"}, "occupation", "vacant"),
        ({"built_share": 0.0}, {}, "occupation", "bare"),
        ({}, {"buildings_number": 0}, "occupation", "bare"),
        ({"kind": "dent_creuse"}, {}, "occupation", "bare"),
        ({"kind": "terrain_divisible"}, {}, "occupation", "house"),
        ({"owner_types": "commune"}, {}, "owner", "commune"),
        ({}, {"owner_types": "P5a"}, "owner", "commune"),
        ({}, {"owner_types": "G2d"}, "owner", "copropriete"),
        ({"owner_types": "etat", "owner_rights": 1}, {}, "owners_number", "one"),
        ({"owner_types": "etat", "owner_rights": 3}, {}, "owners_number", "few"),
        ({"owner_types": "etat", "owner_rights": 40}, {}, "owners_number", "many"),
        ({}, {"owner_types": "P5a|X1a"}, "owners_number", "at_least_two"),
    ],
)
def test_each_value_gives_its_interval(
    site: dict[str, Any], record: dict[str, Any], factor: str, value: str
) -> None:
    factors = availability(sites(site), schemas.EVIDENCE.empty(), RULES, inventory(record))
    rule = FACTORS[factor].levels[value]
    assert interval_of(factors, factor) == (rule.low, rule.high, True)


def test_one_type_of_owner_does_not_say_how_many_owners_there_are() -> None:
    factors = availability(sites({"owner_types": "commune"}), schemas.EVIDENCE.empty(), RULES)
    assert interval_of(factors, "owners_number") == (*FACTORS["owners_number"].unknown, False)


def test_the_least_favourable_owner_counts() -> None:
    factors = availability(
        sites({"owner_types": "commune|copropriete"}), schemas.EVIDENCE.empty(), RULES
    )
    rule = FACTORS["owner"].levels["copropriete"]
    assert interval_of(factors, "owner") == (rule.low, rule.high, True)


@pytest.mark.parametrize(
    ("permit", "value"),
    [
        ({}, "none"),
        ({"kind": "build", "state": "authorised", "on": "2025-03-01"}, "under_way"),
        ({"kind": "build", "state": "started", "on": "2020-03-01"}, "under_way"),
        ({"kind": "build", "state": "authorised", "on": "2020-03-01"}, "lapsed"),
        ({"kind": "layout", "state": "cancelled", "on": "2025-03-01"}, "lapsed"),
        ({"kind": "build", "state": "completed", "on": "2023-03-01"}, "completed"),
    ],
)
def test_a_permit_tells_by_its_kind_state_and_age(permit: dict[str, Any], value: str) -> None:
    row = {
        "permit_kind": permit.get("kind"),
        "permit_state": permit.get("state"),
        "permit_on": pd.Timestamp(permit["on"]) if permit else pd.NaT,
    }
    candidates = sites({"kind": "dent_creuse", **row})
    factors = availability(candidates, schemas.EVIDENCE.empty(), RULES, permits_known=True, on=ON)
    rule = FACTORS["permit"].levels[value]
    assert interval_of(factors, "permit") == (rule.low, rule.high, True)
    taken = judged(candidates, factors)["availability_class"].iloc[0] == "pris"
    assert taken == (value in ("under_way", "completed"))


@pytest.mark.parametrize(
    ("seen", "value"), [("2025-06-01", "recent"), ("2022-06-01", "older"), ("2015-06-01", "long")]
)
def test_the_last_sign_of_use_ages(seen: str, value: str) -> None:
    found = signs(
        {"opportunity_id": "FR-0", "direction": "against", "observed_on": "2010-01-01"},
        {"opportunity_id": "FR-0", "direction": "against", "observed_on": seen},
        {"opportunity_id": "FR-0", "direction": "for", "observed_on": "2025-12-01"},
        {"opportunity_id": "FR-0", "direction": "against", "observed_on": None},
    )
    rule = FACTORS["last_use"].levels[value]
    known = availability(sites({}), found, RULES, on=ON)
    assert interval_of(known, "last_use") == (rule.low, rule.high, True)
    undated = availability(sites({}), found, RULES)  # the study has no date
    assert interval_of(undated, "last_use") == (*FACTORS["last_use"].unknown, False)


@pytest.mark.parametrize(
    ("status", "inventoried", "expected"),
    [
        (None, "friche avec projet", "pris"),
        (None, "friche sans projet", "a_confirmer"),
        ("a_etudier", "friche avec projet", "a_confirmer"),
        ("contacte", "friche avec projet", "a_confirmer"),
        ("en_projet", "friche sans projet", "pris"),
        ("ecarte", "friche sans projet", "pris"),
        ("vendu", "friche sans projet", "pris"),
    ],
)
def test_what_people_noted_counts_before_all_others(
    status: str | None, inventoried: str, expected: str
) -> None:
    candidates = sites({"status": inventoried, "site_status": status})
    factors = availability(candidates, schemas.EVIDENCE.empty(), RULES, permits_known=True, on=ON)
    assert judged(candidates, factors)["availability_class"].iloc[0] == expected
    replaced = {"status", "permit"} & set(factors["factor"])
    assert bool(replaced) == (status is None)


def test_a_site_of_which_all_is_known_and_good_is_ready() -> None:
    best = {
        "status": "friche sans projet",
        "owner_types": "commune",
        "owner_rights": 1,
        "built_share": 0.0,
    }
    candidates = sites(best)
    record = inventory({"pollution": "pollution inexistante"})
    used = signs({"opportunity_id": "FR-0", "direction": "against", "observed_on": "2010-01-01"})
    factors = availability(
        candidates, used, RULES, record, permits_known=True, prescriptions_known=True, on=ON
    )
    one = judged(candidates, factors).iloc[0]
    assert factors["known"].all()
    assert one["availability_class"] == "pret"
    assert RULES.ready_from <= one["availability_low"] <= one["availability_high"] == 1.0
    less = judged(candidates, availability(candidates, used, RULES, record, on=ON)).iloc[0]
    assert less["availability_class"] == "a_confirmer"


KNOWN: dict[str, st.SearchStrategy[Any]] = {
    "kind": st.sampled_from(KINDS),
    "status": st.sampled_from((None, *STATUSES)),
    "owner_types": st.sampled_from((None, "commune", "copropriete|societe", "personnes_privees")),
    "owner_rights": st.sampled_from((None, 1, 2, 9)),
    "permit": st.sampled_from((None, "authorised", "started", "completed", "cancelled")),
    "planning_effect": st.sampled_from((None, *schemas.PLANNING_EFFECTS)),
    "pollution": st.sampled_from((None, "pollution avérée", "pollution inexistante")),
    "vacancy": st.sampled_from((None, "vacant", "occupé")),
    "used": st.sampled_from((None, "2025-06-01", "2012-06-01")),
}
DRAWN = st.lists(st.fixed_dictionaries(KNOWN), min_size=1, max_size=24)
FEW = settings(
    max_examples=8, deadline=None
)  # of up to 24 sites each: a table costs more than its rows

SOURCES = ("inventory", "owners", "permits", "prescriptions", "signs", "status")


def assessed(rows: list[dict[str, Any]], without: str = "") -> pd.DataFrame:
    """Availability of drawn sites, without one source."""
    owners, permits = without != "owners", without != "permits"
    listed = [
        {
            "kind": row["kind"],
            "status": row["status"] if without != "status" else None,
            "owner_types": row["owner_types"] if owners else None,
            "owner_rights": row["owner_rights"] if owners else None,
            "permit_kind": "build" if row["permit"] and permits else None,
            "permit_state": row["permit"] if permits else None,
            "permit_on": pd.Timestamp("2025-01-01") if row["permit"] and permits else pd.NaT,
            "planning_effect": row["planning_effect"] if without != "prescriptions" else None,
        }
        for row in rows
    ]
    candidates = sites(*listed)
    records = inventory(*[{k: row[k] for k in ("pollution", "vacancy")} for row in rows])
    found = signs(
        *(
            {"opportunity_id": f"FR-{n}", "direction": "against", "observed_on": row["used"]}
            for n, row in enumerate(rows)
            if row["used"] and without != "signs"
        )
    )
    factors = availability(
        candidates,
        found,
        RULES,
        None if without == "inventory" else records,
        permits_known=permits,
        prescriptions_known=without != "prescriptions",
        on=ON,
    )
    return judged(candidates, factors)


@FEW
@given(DRAWN, st.sampled_from(SOURCES))
def test_leaving_out_a_source_widens_and_never_improves(
    rows: list[dict[str, Any]], without: str
) -> None:
    whole, less = assessed(rows), assessed(rows, without)
    assert (less["availability_low"] <= whole["availability_low"] + 1e-12).all()
    assert (less["availability_high"] >= whole["availability_high"] - 1e-12).all()
    assert (less["availability"] <= whole["availability"] + 1e-12).all()
    assert not (
        (less["availability_class"] == "pret") & (whole["availability_class"] != "pret")
    ).any()


@FEW
@given(DRAWN, st.fixed_dictionaries(KNOWN))
def test_adding_a_site_changes_no_other(rows: list[dict[str, Any]], other: dict[str, Any]) -> None:
    alone, more = assessed(rows), assessed([*rows, other])
    pd.testing.assert_frame_equal(more.iloc[: len(rows)], alone)


@FEW
@given(DRAWN)
def test_the_point_is_in_the_interval(rows: list[dict[str, Any]]) -> None:
    found = assessed(rows)
    values = found[["availability_low", "availability", "availability_high"]].to_numpy()
    assert (np.diff(values, axis=1) >= 0).all()
    assert ((values >= 0) & (values <= 1)).all()


def test_no_site_gives_no_row() -> None:
    empty = sites({}).iloc[:0]
    factors = availability(empty, schemas.EVIDENCE.empty(), RULES)
    assert factors.empty
    assert combined(factors, RULES, empty["opportunity_id"]).empty


@pytest.mark.parametrize(
    ("codes", "types"),
    [
        ("P5a", "commune"),
        ("P1b", "etat"),
        ("P1a", "autre"),
        ("F1a", "hlm"),
        ("F6a", "amenageur"),
        ("R2a", "reseau"),
        ("R6a", "reseau"),
        ("G2c", "copropriete"),
        ("M1a|P5a|Z2a", "autre|commune|societe"),
        ("{P5a,X1a}".strip("{}"), "commune|personnes_privees"),
        ("Q9z", None),
        (None, None),
    ],
)
def test_codes_of_the_typology_of_owners(codes: str | None, types: str | None) -> None:
    assert owner_types(pd.Series([codes]), RULES.owner_types).tolist() == [types]


def test_every_owner_type_has_an_interval() -> None:
    assert set(RULES.owner_types.values()) <= set(FACTORS["owner"].levels)
    assert set(schemas.OWNER_TYPES) == set(FACTORS["owner"].levels)
    assert set(schemas.PLANNING_EFFECTS) | {"none"} == set(FACTORS["prescription"].levels)
