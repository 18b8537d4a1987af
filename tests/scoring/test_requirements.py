"""Requirements against sites: verdicts, near misses, unknown values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foncier.errors import ConfigError
from foncier.i18n import Localized
from foncier.scoring import Condition, Tolerance, match_requirements

NAN = float("nan")


def sites(**more: Any) -> pd.DataFrame:
    row = {
        "opportunity_id": "a",
        "kind": "friche",
        "overall_rank": 1.0,
        "area_m2": 1000.0,
        "existing_m2": 400.0,
        "station_min": 10.0,
        **more,
    }
    return pd.DataFrame([row])


def asked(measure: str, **more: Any) -> Condition:
    return Condition(measure, measure, Localized(measure, measure), "m²", **more)


CASES: dict[str, tuple[dict[str, Any], Condition, str, float, str]] = {
    # name: site, condition; verdict, what is short, outcome
    "large enough": ({}, asked("area_m2", at_least=1000), "yes", NAN, "fits"),
    "a little short": ({}, asked("area_m2", at_least=1100), "no", 100, "near_miss"),
    "far too short": ({}, asked("area_m2", at_least=4000), "no", 3000, "no"),
    "too large": ({}, asked("area_m2", at_least=100, at_most=900), "no", 100, "near_miss"),
    "near enough": ({}, asked("station_min", at_most=10), "yes", NAN, "fits"),
    "a little far": ({}, asked("station_min", at_most=9), "no", 1, "near_miss"),
    "unreachable is unknown": (
        {"station_min": NAN},
        asked("station_min", at_most=9),
        "unknown",
        NAN,
        "to_check",
    ),
    "of the kind": ({}, asked("kind", any_of=("friche",)), "yes", NAN, "fits"),
    "another kind is never a near miss": (
        {"kind": "dent_creuse"},
        asked("kind", any_of=("friche",)),
        "no",
        NAN,
        "no",
    ),
    "footprint holds the floor": ({}, asked("floor_m2", at_least=400), "yes", NAN, "fits"),
    "storeys may hold it": ({}, asked("floor_m2", at_least=900), "unknown", NAN, "to_check"),
    "no building, no floor": (
        {"existing_m2": 0.0},
        asked("floor_m2", at_least=50),
        "no",
        NAN,
        "no",
    ),
    "buildings not known": (
        {"existing_m2": NAN},
        asked("floor_m2", at_least=50),
        "unknown",
        NAN,
        "to_check",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_one_condition(case: str) -> None:
    more, condition, verdict, short, outcome = CASES[case]
    table = sites(**more)
    before = table.copy(deep=True)
    matches, checks = match_requirements(table, [condition])
    assert checks["verdict"].tolist() == [verdict]
    assert np.array_equal(checks["short"], [short], equal_nan=True)
    assert matches["outcome"].tolist() == [outcome]
    assert table.equals(before)


def test_near_misses_are_few_and_small() -> None:
    three = [
        asked("area_m2", at_least=1100),
        asked("station_min", at_most=9),
        asked("existing_m2", at_least=420),
    ]
    assert match_requirements(sites(), three[:2])[0]["outcome"].tolist() == ["near_miss"]
    assert match_requirements(sites(), three)[0]["outcome"].tolist() == ["no"]
    assert match_requirements(sites(), three, Tolerance(0.25, 3))[0]["outcome"].tolist() == [
        "near_miss"
    ]
    assert match_requirements(sites(), three[:1], Tolerance(0.05, 3))[0]["outcome"].tolist() == [
        "no"
    ]


def test_the_best_come_first() -> None:
    table = pd.concat(
        [
            sites(opportunity_id="no", area_m2=10.0),
            sites(opportunity_id="near", area_m2=900.0),
            sites(opportunity_id="second", overall_rank=2.0),
            sites(opportunity_id="unranked", overall_rank=NAN),
            sites(opportunity_id="first"),
            sites(opportunity_id="ask", area_m2=NAN),
        ]
    )
    matches, checks = match_requirements(table, [asked("area_m2", at_least=1000)])
    order = ["first", "second", "unranked", "ask", "near", "no"]
    assert matches["opportunity_id"].tolist() == order
    assert len(checks) == 6


def test_no_site_and_wrong_requirements() -> None:
    condition = asked("area_m2", at_least=1)
    matches, checks = match_requirements(sites().iloc[:0], [condition])
    assert matches.empty
    assert checks.empty
    with pytest.raises(ConfigError, match="aucune condition"):
        match_requirements(sites(), [])
    with pytest.raises(ConfigError, match="station_min"):
        match_requirements(sites(), [asked("campus_min", at_most=9)])


VALUE = st.one_of(st.just(NAN), st.floats(0, 5000))


@settings(max_examples=15, deadline=None)
@given(values=st.lists(VALUE, min_size=1, max_size=8), least=st.floats(1, 5000))
def test_a_site_is_judged_alone_and_the_unknown_never_fails(
    values: list[float], least: float
) -> None:
    table = pd.concat([sites(opportunity_id=f"s{n}", area_m2=v) for n, v in enumerate(values)])
    condition = asked("area_m2", at_least=least)
    whole = match_requirements(table, [condition])[0].set_index("opportunity_id")
    for n, value in enumerate(values):
        alone = match_requirements(table.iloc[[n]], [condition])[0]
        assert alone["outcome"].tolist() == [whole.loc[f"s{n}", "outcome"]]
        assert (alone["to_check"] == 1).tolist() == [np.isnan(value)]


def test_of_two_bounds_the_failed_one_is_reported() -> None:
    """1 000 m² against 100 to 900, then against 1 100 to 2 000."""
    for low, high, side, bound in ((100, 900, "at_most", 900), (1100, 2000, "at_least", 1100)):
        checks = match_requirements(sites(), [asked("area_m2", at_least=low, at_most=high)])[1]
        told = checks.loc[checks["verdict"] == "no"].iloc[0]
        assert (told["side"], told["bound"]) == (side, bound)


def one_check(site: dict[str, Any], condition: Condition) -> Any:
    return match_requirements(sites(**site), [condition])[1].iloc[0]


def test_a_check_says_value_bound_side_unit_and_where_it_comes_from() -> None:
    condition = Condition(
        "size", "area_m2", Localized("Surface", "Area"), "m²", at_least=1100.0, why="atelier"
    )
    row = one_check({}, condition)
    assert row[["opportunity_id", "condition", "label_fr", "label_en"]].tolist() == [
        "a",
        "size",
        "Surface",
        "Area",
    ]
    assert row[["verdict", "value", "bound", "side"]].tolist() == ["no", 1000, 1100, "at_least"]
    assert row[["short", "unit", "why"]].tolist() == [100, "m²", "atelier"]
    bare = Condition("near", "station_min", Localized("Gare", "Station"), at_most=9.0)
    row = one_check({}, bare)
    assert row[["value", "bound", "side", "short"]].tolist() == [10, 9, "at_most", 1]
    assert row[["unit", "why"]].isna().all()


def test_a_kind_has_neither_value_nor_bound() -> None:
    row = one_check({"kind": "dent_creuse"}, asked("kind", any_of=("friche",)))
    assert row[["value", "bound", "short"]].isna().all()
    assert row["side"] == "at_least"


def test_between_two_bounds_the_lower_one_is_reported() -> None:
    row = one_check({}, asked("area_m2", at_least=100, at_most=1000))
    assert row[["verdict", "side", "bound"]].tolist() == ["yes", "at_least", 100]


def test_of_the_floor_only_the_footprint_is_known() -> None:
    condition = asked("floor_m2", at_least=900)
    assert one_check({}, condition)[["value", "bound"]].tolist() == [400, 900]
    anything = asked("floor_m2")
    assert one_check({"existing_m2": 0.0}, anything)["verdict"] == "yes", "0 m² are asked for"
    assert one_check({}, anything)["verdict"] == "yes"


@pytest.mark.parametrize(("short", "outcome"), [(250, "near_miss"), (251, "no")])
def test_a_near_miss_is_short_by_a_quarter_of_its_bound_at_most(short: int, outcome: str) -> None:
    condition = asked("area_m2", at_least=1000)
    assert match_requirements(sites(area_m2=1000.0 - short), [condition])[0][
        "outcome"
    ].tolist() == [outcome]


def test_short_of_a_bound_of_0_is_never_near() -> None:
    condition = asked("area_m2", at_most=0)
    assert match_requirements(sites(area_m2=1.0), [condition])[0]["outcome"].tolist() == ["no"]


def test_a_site_with_an_unknown_and_a_near_miss_is_a_near_miss() -> None:
    conditions = [asked("area_m2", at_least=1100), asked("station_min", at_most=9)]
    found = match_requirements(sites(station_min=NAN), conditions)[0].iloc[0]
    assert found[["outcome", "met", "to_check", "failed"]].tolist() == ["near_miss", 0, 1, 1]


def test_one_far_miss_is_enough_to_be_out() -> None:
    conditions = [asked("area_m2", at_least=1100), asked("station_min", at_most=1)]
    assert match_requirements(sites(), conditions)[0]["outcome"].tolist() == ["no"]


def test_conditions_are_counted_by_verdict() -> None:
    conditions = [
        asked("area_m2", at_least=900),
        asked("existing_m2", at_least=1),
        asked("station_min", at_most=9),
        asked("kind", any_of=("friche",)),
    ]
    found = match_requirements(sites(existing_m2=NAN), conditions)[0].iloc[0]
    assert found[["met", "to_check", "failed", "overall_rank"]].tolist() == [2, 1, 1, 1]


def test_within_an_outcome_fewer_misses_then_fewer_unknowns_then_the_rank_then_the_id() -> None:
    conditions = [
        asked("area_m2", at_least=1000),
        asked("existing_m2", at_least=400),
        asked("station_min", at_most=10),
    ]
    table = pd.concat(
        [
            sites(
                opportunity_id="f", area_m2=900.0, existing_m2=390.0, overall_rank=1.0
            ),  # two misses
            sites(
                opportunity_id="e", area_m2=900.0, existing_m2=NAN, overall_rank=2.0
            ),  # one, one unknown
            sites(opportunity_id="d", area_m2=900.0, overall_rank=9.0),  # one
            sites(opportunity_id="c", area_m2=900.0, overall_rank=8.0),
            sites(opportunity_id="b", area_m2=900.0, overall_rank=NAN),
            sites(opportunity_id="a", area_m2=900.0, overall_rank=9.0),
        ]
    )
    order = match_requirements(table, conditions)[0]["opportunity_id"].tolist()
    assert order == ["c", "a", "d", "b", "e", "f"]


def test_errors_name_the_condition_and_the_measures_of_the_result() -> None:
    with pytest.raises(ConfigError) as none:
        match_requirements(sites(), [])
    assert none.value.id == "scoring.requirements.no_condition"
    with pytest.raises(ConfigError) as absent:
        match_requirements(sites(loop_m=3.0), [asked("campus_min", at_most=9)])
    assert absent.value.id == "scoring.requirements.no_measure"
    assert absent.value.params == {
        "condition": "campus_min",
        "measure": "campus_min",
        "measures": ["area_m2", "existing_m2", "loop_m", "station_min"],
    }


def test_two_near_misses_come_before_one_far_miss() -> None:
    conditions = [asked("area_m2", at_least=1100), asked("station_min", at_most=9)]
    table = pd.concat(
        [
            sites(opportunity_id="far", area_m2=10.0, station_min=5.0),
            sites(opportunity_id="near", overall_rank=2.0),
        ]
    )
    found = match_requirements(table, conditions)[0].set_index("opportunity_id")
    assert found["outcome"].to_dict() == {"near": "near_miss", "far": "no"}
    assert found["failed"].tolist() == [2, 1]
    assert found.index.tolist() == ["near", "far"]
