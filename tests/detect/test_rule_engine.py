"""The rule engine alone: which rule tests which parcel, with which values and words."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from foncier import schemas
from foncier.detect import find_measure, measures
from foncier.detect.rule_engine import (
    THRESHOLDS,
    MeasureCache,
    RuleOutcome,
    build_test_table,
    fabric_radius_m,
    passing_rows,
    rules_radius_m,
    screen,
)
from foncier.errors import ConfigError
from foncier.i18n import Localized, Message
from foncier.model import Profile, Rule
from foncier.study import published

NAN = float("nan")
ALL = np.arange(5)
CALLS: list[list[int]] = []


def column_value(context: Any, rows: Any, params: Any) -> tuple[Any, Any]:
    """Measure of the tests: the column that the rule names, with its details."""
    CALLS.append(rows.tolist())
    values = np.asarray(context.columns[params.get("column", "x")], dtype=float)
    details = context.details.get(params.get("column", "x"))
    return values[rows], None if details is None else np.array(details, dtype=object)[rows]


def by_column(context: Any, rows: Any, params: Any) -> tuple[Any, Any]:
    """Threshold of the tests: one per parcel, with its detail."""
    values = np.asarray(context.columns[params["column"]], dtype=float)
    return values[rows], np.array([f"limit {v:g}" for v in values], dtype=object)[rows]


@pytest.fixture(autouse=True)
def _own_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    CALLS.clear()
    stub: Any = SimpleNamespace(
        take=column_value,
        radius_m=lambda params: params.get("radius_m", 0.0),
        params=(),
        optional=(),
    )
    monkeypatch.setitem(measures._MEASURES, "column_value", stub)
    monkeypatch.setitem(THRESHOLDS, "by_column", by_column)


def cache(details: dict[str, Any] | None = None, **columns: Any) -> MeasureCache:
    context: Any = SimpleNamespace(columns=columns, details=details or {})
    return MeasureCache(context, 5)


def rule(name: str = "r", **more: Any) -> Rule:
    fields = {"unit": "m", **more}
    label = Localized(f"fr {name}", f"en {name}")
    return Rule(name, "column_value", label, source="test", **fields)


def one(tested: Rule, *, rows: Any = ALL, details: Any = None, **columns: Any) -> RuleOutcome:
    (outcome,) = screen(cache(details, **columns), [tested], rows)
    return outcome


X = [1.0, 2.0, 3.0, NAN, 2.0]


@pytest.mark.parametrize(
    ("tested", "passed", "margin"),
    [
        (rule(at_least=2.0), [0, 1, 1, NAN, 1], [-1, 0, 1, NAN, 0]),
        (rule(below=2.0), [1, 0, 0, NAN, 0], [1, 0, -1, NAN, 0]),
    ],
)
def test_at_least_includes_its_threshold_and_below_does_not(
    tested: Rule, passed: list[float], margin: list[float]
) -> None:
    """The margin is positive on the side that passes, whichever it is."""
    found = one(tested, x=X)
    assert np.array_equal(found.passed, passed, equal_nan=True)
    assert np.array_equal(found.margin, margin, equal_nan=True)
    assert np.array_equal(found.value, X, equal_nan=True)
    assert found.threshold.tolist() == [2] * 5


def test_an_unknown_value_stops_a_parcel_unless_the_rule_is_optional() -> None:
    assert one(rule(at_least=2.0), x=X).stopped.tolist() == [True, False, False, True, False]
    lenient = one(rule(at_least=2.0, optional=True), x=X)
    assert lenient.stopped.tolist() == [True, False, False, False, False]


def test_a_rule_that_warns_stops_no_parcel() -> None:
    found = one(rule(at_least=2.0, warns=True), x=X)
    assert found.stopped.tolist() == [False] * 5
    assert np.array_equal(found.passed, [0, 1, 1, NAN, 1], equal_nan=True)


def test_only_the_parcels_that_passed_go_on_and_steps_are_counted_from_1() -> None:
    first, second, third = screen(
        cache(x=X, y=[9, 9, 0, 9, 9]),
        [
            rule("a", at_least=2.0),
            rule("b", at_least=5.0, params={"column": "y"}),
            rule("c", below=9.0),
        ],
        ALL,
    )
    assert [p.step for p in (first, second, third)] == [1, 2, 3]
    assert [p.rows.tolist() for p in (first, second, third)] == [[0, 1, 2, 3, 4], [1, 2, 4], [1, 4]]
    assert [p.rule.name for p in (first, second, third)] == ["a", "b", "c"]
    assert passing_rows([first, second, third], ALL).tolist() == [1, 4]
    assert passing_rows([], np.array([3, 1])).tolist() == [3, 1]


def test_a_rule_tests_only_the_given_parcels() -> None:
    found = one(rule(at_least=2.0), rows=np.array([2, 4]), x=X)
    assert found.rows.tolist() == [2, 4]
    assert found.value.tolist() == [3, 2]


def test_a_parcel_without_a_threshold_is_not_tested_and_goes_on() -> None:
    tested = rule(at_least=2.0, limit="by_column", limits={"column": "least"})
    first, second = screen(
        cache(x=X, least=[0.5, 2.5, NAN, NAN, 1]), [tested, rule("b", below=9)], ALL
    )
    assert first.rows.tolist() == [0, 1, 4]
    assert first.threshold.tolist() == [0.5, 2.5, 1]
    assert first.passed.tolist() == [1, 0, 1]
    assert second.rows.tolist() == [0, 2, 3, 4]


def test_the_detail_is_that_of_the_measure_else_of_the_threshold() -> None:
    tested = rule(at_least=0.0, limit="by_column", limits={"column": "least"})
    details = {"x": ["own", None, None, "unknown", NAN]}
    found = one(tested, details=details, x=X, least=[1, 2, 3, 4, 5])
    assert found.detail.tolist() == ["own", "limit 2", "limit 3", "unknown", "limit 5"]
    assert one(rule(at_least=0.0), x=X).detail.tolist() == [None] * 5


def test_a_share_is_measured_from_0_to_1_and_compared_in_percent() -> None:
    found = one(rule(at_least=30.0, unit="%"), x=[0.25, 0.3, 0.35, NAN, 1])
    assert np.array_equal(found.value, [25, 30, 35, NAN, 100], equal_nan=True)
    assert np.array_equal(found.passed, [0, 1, 1, NAN, 1], equal_nan=True)
    assert found.threshold.tolist() == [30] * 5


@pytest.mark.parametrize(("unit", "scale"), [("m", 1.0), ("%", 0.01)])
def test_values_equal_to_the_sixth_decimal_of_their_unit_are_equal(unit: str, scale: float) -> None:
    """Further decimals depend on the order of summation: 29.9999998 is 30, 29.999998 is not."""
    x = scale * np.array([30.0, 29.9999998, 29.999998, 30.0000002, NAN])
    found = one(rule(at_least=30.0, unit=unit), x=x)
    assert np.array_equal(found.passed, [1, 1, 0, 1, NAN], equal_nan=True)
    assert found.value[1] == found.value[3] == 30.0
    assert found.value[2] == pytest.approx(29.999998, abs=1e-9)


def test_a_measure_is_taken_once_for_each_parcel_and_each_set_of_parameters() -> None:
    shared = cache(x=X, y=[1.0] * 5)
    screen(shared, [rule("a", at_least=2.0)], np.array([1, 2]))
    screen(shared, [rule("b", below=9.0, params={"column": "x"})], np.array([1]))
    assert CALLS == [[1, 2], [1]], "other parameters are another measure, even with the same result"
    screen(shared, [rule("c", below=3.0)], ALL)
    assert CALLS[2:] == [[0, 3, 4]]
    values = screen(shared, [rule("d", below=3.0)], ALL)[0].value
    assert np.array_equal(values, X, equal_nan=True)
    assert len(CALLS) == 3
    screen(shared, [rule("e", at_least=0, params={"column": "y", "b": 1})], ALL)
    screen(shared, [rule("f", at_least=0, params={"b": 1, "column": "y"})], ALL)
    assert len(CALLS) == 4, "the order of the parameters does not matter"


WRONG = {
    "measure": (
        replace(rule("a", at_least=1.0), measure="heigth_m"),
        "detect.rules.unknown_measure",
        "règle a\u00a0: la mesure «\u00a0heigth_m\u00a0» n'existe pas. "
        "Mesures connues\u00a0: area_m2, ",
    ),
    "threshold": (
        rule("b", at_least=1.0, limit="by_fabrik"),
        "detect.rules.unknown_threshold",
        "règle b\u00a0: la fonction de seuil «\u00a0by_fabrik\u00a0» n'existe pas. "
        "Fonctions connues\u00a0: by_column, by_fabric",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_rule_with_an_unknown_name_is_refused_with_the_known_names(case: str) -> None:
    tested, message_id, message = WRONG[case]
    profile = Profile(
        "p", Localized("p", "p"), "test", {"dent_creuse": (rule(at_least=0.0), tested)}
    )
    with pytest.raises(ConfigError) as refused:
        screen(cache(x=X), [rule(at_least=0.0), tested], ALL)
    assert refused.value.id == message_id
    assert str(refused.value).startswith(message)
    with pytest.raises(ConfigError, match=tested.name):
        rules_radius_m(profile)


def test_the_radius_of_a_rule_set_is_the_largest_of_its_rules() -> None:
    rules = {
        "dent_creuse": (rule(at_least=0.0, params={"radius_m": 12.0}), rule(at_least=0.0)),
        "terrain_divisible": (rule(at_least=0.0, params={"radius_m": 30.0}),),
    }
    assert rules_radius_m(Profile("p", Localized("p", "p"), "test", rules)) == 30
    assert rules_radius_m(Profile("p", Localized("p", "p"), "test", {})) == 0
    assert find_measure("frontage_m").radius_m({"radius_m": 7.0}) == 7
    assert find_measure("area_m2").radius_m({}) == 0


def test_the_radius_of_the_fabric_depends_on_its_own_parameters() -> None:
    profile = published("qgis-foncier")
    assert fabric_radius_m(profile) > rules_radius_m(profile)
    wider = replace(profile.fabric, far_m=profile.fabric.far_m + 1)
    assert fabric_radius_m(replace(profile, fabric=wider)) > fabric_radius_m(profile)


IDS = np.array(["p3", "p1", "p2", "p0", "p4"], dtype=object)


def table_of(**kinds: list[Rule]) -> Any:
    details = {"y": [Message("detect.uses.park_use"), None, "AUc", None, NAN]}
    shared = cache(details, x=X, y=[5.0, 6, 7, NAN, 9])
    outcomes = {kind: screen(shared, rules, ALL) for kind, rules in kinds.items()}
    return build_test_table(outcomes, IDS)


def test_the_table_of_tests_has_one_row_per_parcel_kind_and_step_in_this_order() -> None:
    y = rule("b", at_least=6.0, params={"column": "y"})
    table = table_of(terrain_divisible=[rule("a", at_least=2.0), y], dent_creuse=[y])
    rows = list(zip(table["parcel_id"], table["kind"], table["step"], strict=True))
    assert rows == [
        ("p0", "dent_creuse", 1),
        ("p0", "terrain_divisible", 1),
        ("p1", "dent_creuse", 1),
        ("p1", "terrain_divisible", 1),
        ("p1", "terrain_divisible", 2),
        ("p2", "dent_creuse", 1),
        ("p2", "terrain_divisible", 1),
        ("p2", "terrain_divisible", 2),
        ("p3", "dent_creuse", 1),
        ("p3", "terrain_divisible", 1),
        ("p4", "dent_creuse", 1),
        ("p4", "terrain_divisible", 1),
        ("p4", "terrain_divisible", 2),
    ]
    assert rows == sorted(rows)


def test_each_row_of_the_table_has_the_values_of_its_own_parcel_and_rule() -> None:
    y = rule("b", at_least=6.0, params={"column": "y"}, unit="")
    table = table_of(terrain_divisible=[rule("a", at_least=2.0), y]).set_index(
        ["parcel_id", "rule"]
    )
    values: Any = table[["value", "threshold", "margin"]]
    assert values.loc[("p2", "a")].tolist() == [3, 2, 1]
    assert values.loc[("p2", "b")].tolist() == [7, 6, 1]
    assert values.loc[("p3", "a")].tolist() == [1, 2, -1]
    assert np.isnan(values.loc[("p0", "a"), "value"])
    passed: Any = table["passed"]
    assert passed[("p2", "a")], "3 m of at least 2 m"
    assert not passed[("p3", "a")]
    assert passed[("p0", "a")] is pd.NA, "unknown is neither yes nor no"
    words: Any = table[["label_fr", "label_en"]]
    assert words.loc[("p2", "b")].tolist() == ["fr b", "en b"]
    units: Any = table["unit"]
    assert units[("p2", "a")] == "m"
    assert pd.isna(units[("p2", "b")]), "a rule without a unit has none"


def test_the_detail_of_a_test_is_in_both_languages() -> None:
    table = table_of(dent_creuse=[rule("b", at_least=0.0, params={"column": "y"})])
    details = table.set_index("parcel_id")[["detail", "detail_en"]]
    assert details.loc["p3"].tolist() == ["parc ou square", "park or square"]
    assert details.loc["p2"].tolist() == ["AUc", "AUc"]
    assert details.loc[["p1", "p0", "p4"]].isna().all(axis=None)


def test_no_test_gives_an_empty_table_of_the_schema() -> None:
    pd.testing.assert_frame_equal(build_test_table({}, IDS), schemas.TESTS.empty())
    none = screen(cache(x=X), [rule(at_least=1.0)], ALL[:0])
    table = build_test_table({"dent_creuse": none}, IDS)
    pd.testing.assert_frame_equal(table, schemas.TESTS.empty())
