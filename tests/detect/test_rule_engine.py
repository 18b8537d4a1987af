"""The rule engine alone: which parcel goes on to which rule, with which figures and words."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from foncier import schemas
from foncier.detect import rule_engine
from foncier.detect.measures import MEASURES, Measure
from foncier.detect.rule_engine import (
    LIMITS,
    MeasureCache,
    RuleOutcome,
    fabric_radius_m,
    passing_rows,
    rules_radius_m,
    screen,
)
from foncier.errors import ConfigError
from foncier.i18n import Localized
from foncier.model import Fabric, Profile, Rule
from foncier.study import published

NAN = float("nan")
ALL = np.arange(5)
CALLS: list[list[int]] = []


def stated(context: Any, rows: Any, given: Any) -> tuple[Any, Any]:
    """Measure of the tests: the column of the ground that the rule names, with its words."""
    CALLS.append(rows.tolist())
    values = np.asarray(context.columns[given.get("column", "x")], dtype=float)
    words = context.words.get(given.get("column", "x"))
    return values[rows], None if words is None else np.array(words, dtype=object)[rows]


def by_ground(context: Any, rows: Any, figures: Any) -> tuple[Any, Any]:
    """Threshold of the tests: one a parcel, with its words."""
    values = np.asarray(context.columns[figures["column"]], dtype=float)
    return values[rows], np.array([f"limit {v:g}" for v in values], dtype=object)[rows]


@pytest.fixture(autouse=True)
def _own_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    CALLS.clear()
    stub = SimpleNamespace(take=stated, reach_m=lambda given: given.get("reach_m", 0.0))
    monkeypatch.setitem(MEASURES, "stated", stub)
    monkeypatch.setitem(LIMITS, "by_ground", by_ground)


def memory(words: dict[str, Any] | None = None, **columns: Any) -> MeasureCache:
    context: Any = SimpleNamespace(columns=columns, words=words or {})
    return MeasureCache(context, 5)


def rule(name: str = "r", **more: Any) -> Rule:
    given = {"unit": "m", **more}
    return Rule(name, "stated", Localized(f"fr {name}", f"en {name}"), source="test", **given)


def one(how: Rule, *, rows: Any = ALL, words: Any = None, **columns: Any) -> RuleOutcome:
    (passage,) = screen(memory(words, **columns), [how], rows)
    return passage


X = [1.0, 2.0, 3.0, NAN, 2.0]


@pytest.mark.parametrize(
    ("how", "passed", "margin"),
    [
        (rule(at_least=2.0), [0, 1, 1, NAN, 1], [-1, 0, 1, NAN, 0]),
        (rule(below=2.0), [1, 0, 0, NAN, 0], [1, 0, -1, NAN, 0]),
    ],
)
def test_at_least_holds_its_threshold_and_below_does_not(
    how: Rule, passed: list[float], margin: list[float]
) -> None:
    """The margin is positive on the side that passes, whichever it is."""
    found = one(how, x=X)
    assert np.array_equal(found.passed, passed, equal_nan=True)
    assert np.array_equal(found.margin, margin, equal_nan=True)
    assert np.array_equal(found.value, X, equal_nan=True)
    assert found.limit.tolist() == [2] * 5


def test_the_unknown_stops_a_parcel_unless_the_rule_is_optional() -> None:
    assert one(rule(at_least=2.0), x=X).stopped.tolist() == [True, False, False, True, False]
    lenient = one(rule(at_least=2.0, optional=True), x=X)
    assert lenient.stopped.tolist() == [True, False, False, False, False]


def test_a_rule_that_warns_stops_nobody() -> None:
    found = one(rule(at_least=2.0, warns=True), x=X)
    assert found.stopped.tolist() == [False] * 5
    assert np.array_equal(found.passed, [0, 1, 1, NAN, 1], equal_nan=True)


def test_only_the_parcels_that_passed_go_on_and_steps_are_counted_from_1() -> None:
    first, second, third = screen(
        memory(x=X, y=[9, 9, 0, 9, 9]),
        [
            rule("a", at_least=2.0),
            rule("b", at_least=5.0, given={"column": "y"}),
            rule("c", below=9.0),
        ],
        ALL,
    )
    assert [p.step for p in (first, second, third)] == [1, 2, 3]
    assert [p.rows.tolist() for p in (first, second, third)] == [[0, 1, 2, 3, 4], [1, 2, 4], [1, 4]]
    assert [p.rule.name for p in (first, second, third)] == ["a", "b", "c"]
    assert passing_rows([first, second, third], ALL).tolist() == [1, 4]
    assert passing_rows([], np.array([3, 1])).tolist() == [3, 1]


def test_a_rule_sees_only_the_parcels_asked() -> None:
    found = one(rule(at_least=2.0), rows=np.array([2, 4]), x=X)
    assert found.rows.tolist() == [2, 4]
    assert found.value.tolist() == [3, 2]


def test_a_parcel_without_a_limit_is_not_tested_and_goes_on() -> None:
    how = rule(at_least=2.0, limit="by_ground", limits={"column": "least"})
    first, second = screen(
        memory(x=X, least=[0.5, 2.5, NAN, NAN, 1]), [how, rule("b", below=9)], ALL
    )
    assert first.rows.tolist() == [0, 1, 4]
    assert first.limit.tolist() == [0.5, 2.5, 1]
    assert first.passed.tolist() == [1, 0, 1]
    assert second.rows.tolist() == [0, 2, 3, 4]


def test_the_detail_is_that_of_the_measure_else_of_the_limit() -> None:
    how = rule(at_least=0.0, limit="by_ground", limits={"column": "least"})
    words = {"x": ["own", None, None, "unknown", NAN]}
    found = one(how, words=words, x=X, least=[1, 2, 3, 4, 5])
    assert found.detail.tolist() == ["own", "limit 2", "limit 3", "unknown", "limit 5"]
    assert one(rule(at_least=0.0), x=X).detail.tolist() == [None] * 5


def test_a_share_is_measured_from_0_to_1_and_compared_in_percent() -> None:
    found = one(rule(at_least=30.0, unit="%"), x=[0.25, 0.3, 0.35, NAN, 1])
    assert np.array_equal(found.value, [25, 30, 35, NAN, 100], equal_nan=True)
    assert np.array_equal(found.passed, [0, 1, 1, NAN, 1], equal_nan=True)
    assert found.limit.tolist() == [30] * 5


@pytest.mark.parametrize(("unit", "scale"), [("m", 1.0), ("%", 0.01)])
def test_figures_equal_to_the_sixth_decimal_of_their_unit_are_equal(
    unit: str, scale: float
) -> None:
    """What lies beyond is how the figure was added up: 29.9999998 reaches 30, 29.999998 not."""
    x = scale * np.array([30.0, 29.9999998, 29.999998, 30.0000002, NAN])
    found = one(rule(at_least=30.0, unit=unit), x=x)
    assert np.array_equal(found.passed, [1, 1, 0, 1, NAN], equal_nan=True)
    assert found.value[1] == found.value[3] == 30.0
    assert found.value[2] == pytest.approx(29.999998, abs=1e-9)


def test_a_measure_is_taken_once_for_each_parcel_and_each_set_of_figures() -> None:
    shared = memory(x=X, y=[1.0] * 5)
    screen(shared, [rule("a", at_least=2.0)], np.array([1, 2]))
    screen(shared, [rule("b", below=9.0, given={"column": "x"})], np.array([1]))
    assert CALLS == [[1, 2], [1]], "other figures are another measure, even with the same result"
    screen(shared, [rule("c", below=3.0)], ALL)
    assert CALLS[2:] == [[0, 3, 4]]
    values = screen(shared, [rule("d", below=3.0)], ALL)[0].value
    assert np.array_equal(values, X, equal_nan=True)
    assert len(CALLS) == 3
    screen(shared, [rule("e", at_least=0, given={"column": "y", "b": 1})], ALL)
    screen(shared, [rule("f", at_least=0, given={"b": 1, "column": "y"})], ALL)
    assert len(CALLS) == 4, "the order of the figures does not matter"


WRONG = {
    "measure": (
        replace(rule("a", at_least=1.0), measure="heigth_m"),
        "règle a : la mesure 'heigth_m' n'existe pas. Connues : area_m2, ",
    ),
    "limit": (
        rule("b", at_least=1.0, limit="by_fabrik"),
        "règle b : la limite 'by_fabrik' n'existe pas. Connues : by_fabric, by_ground, ",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_rule_that_names_what_does_not_exist_is_refused_with_the_known_names(case: str) -> None:
    how, message = WRONG[case]
    profile = Profile("p", Localized("p", "p"), "test", {"dent_creuse": (rule(at_least=0.0), how)})
    with pytest.raises(ConfigError) as refused:
        screen(memory(x=X), [rule(at_least=0.0), how], ALL)
    assert str(refused.value).startswith(message)
    with pytest.raises(ConfigError, match=how.name):
        rules_radius_m(profile)


def test_a_profile_looks_as_far_as_its_farthest_rule() -> None:
    rules = {
        "dent_creuse": (rule(at_least=0.0, given={"reach_m": 12.0}), rule(at_least=0.0)),
        "terrain_divisible": (rule(at_least=0.0, given={"reach_m": 30.0}),),
    }
    assert rules_radius_m(Profile("p", Localized("p", "p"), "test", rules)) == 30
    assert rules_radius_m(Profile("p", Localized("p", "p"), "test", {})) == 0
    assert MEASURES["frontage_m"].reach_m({"reach_m": 7.0}) == 7
    assert isinstance(MEASURES["area_m2"], Measure)


def test_the_fabric_looks_as_far_as_its_own_figures() -> None:
    profile = published("qgis-foncier")
    assert fabric_radius_m(profile) > rules_radius_m(profile)
    cut = replace(profile.fabric, far_m=profile.fabric.far_m + 1)
    assert isinstance(cut, Fabric)
    assert fabric_radius_m(replace(profile, fabric=cut)) > fabric_radius_m(profile)


IDS = np.array(["p3", "p1", "p2", "p0", "p4"], dtype=object)


def table_of(**kinds: list[Rule]) -> Any:
    shared = memory({"y": ["parc ou square", None, "AUc", None, NAN]}, x=X, y=[5.0, 6, 7, NAN, 9])
    passages = {kind: screen(shared, rules, ALL) for kind, rules in kinds.items()}
    return rule_engine.test_table(passages, IDS)


def test_the_table_of_tests_has_a_row_a_parcel_kind_and_step_in_this_order() -> None:
    y = rule("b", at_least=6.0, given={"column": "y"})
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


def test_each_row_of_the_table_has_the_figures_of_its_own_parcel_and_rule() -> None:
    y = rule("b", at_least=6.0, given={"column": "y"}, unit="")
    table = table_of(terrain_divisible=[rule("a", at_least=2.0), y]).set_index(
        ["parcel_id", "rule"]
    )
    figures: Any = table[["value", "threshold", "margin"]]
    assert figures.loc[("p2", "a")].tolist() == [3, 2, 1]
    assert figures.loc[("p2", "b")].tolist() == [7, 6, 1]
    assert figures.loc[("p3", "a")].tolist() == [1, 2, -1]
    assert np.isnan(figures.loc[("p0", "a"), "value"])
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
    table = table_of(dent_creuse=[rule("b", at_least=0.0, given={"column": "y"})])
    details = table.set_index("parcel_id")[["detail", "detail_en"]]
    assert details.loc["p3"].tolist() == ["parc ou square", "park or square"]
    assert details.loc["p2"].tolist() == ["AUc", "AUc"]
    assert details.loc[["p1", "p0", "p4"]].isna().all(axis=None)


def test_no_test_is_an_empty_table_of_the_contract() -> None:
    pd.testing.assert_frame_equal(rule_engine.test_table({}, IDS), schemas.TESTS.empty())
    none = screen(memory(x=X), [rule(at_least=1.0)], ALL[:0])
    table = rule_engine.test_table({"dent_creuse": none}, IDS)
    pd.testing.assert_frame_equal(table, schemas.TESTS.empty())
