"""Rule engine: ordered rules that compare measures of parcels with thresholds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from foncier import schemas
from foncier._util.memo import RowCache
from foncier.detect import fabric
from foncier.detect.fabric import CLASSES, WORDS
from foncier.detect.measures import find_measure, known_measures
from foncier.detect.measures.qgis_foncier import opened_plots
from foncier.errors import ConfigError
from foncier.i18n.arrays import word_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from foncier.detect.context import SpatialContext
    from foncier.geometry import Floats
    from foncier.model import Profile, Rule

DECIMALS = 6  # beyond, a figure depends on the order of summation


@dataclass(frozen=True)
class RuleOutcome:
    """Outcome of one rule for the parcels that it tested.

    ``rows`` are positions in the parcels table; all arrays are aligned with them. ``passed`` is 1
    (yes), 0 (no) or NaN (unknown). ``detail`` holds None, text of the source, or a message.
    """

    step: int
    rule: Rule
    rows: NDArray[np.intp]
    value: Floats
    threshold: Floats
    passed: Floats
    detail: NDArray[np.object_]

    @property
    def stopped(self) -> NDArray[np.bool_]:
        """Which of its parcels go no further: failed, or unknown where that is not allowed."""
        if self.rule.warns:
            return np.zeros(len(self.rows), dtype=np.bool_)
        unknown = np.isnan(self.passed) & (not self.rule.optional)
        return np.asarray((self.passed == 0) | unknown, dtype=np.bool_)

    @property
    def margin(self) -> Floats:
        """Distance to the threshold, positive on the side that passes."""
        gap = self.value - self.threshold
        return gap if self.rule.at_least is not None else -gap


class MeasureCache:
    """Measures of parcels, each taken once for all rules that compare it."""

    def __init__(self, context: SpatialContext, parcels: int) -> None:
        self.context = context
        self.measures = RowCache(parcels)

    def measure(self, rule: Rule, rows: NDArray[np.intp]) -> tuple[Floats, NDArray[np.object_]]:
        """Value and detail of the measure of a rule at these rows."""

        def compute(new: NDArray[np.intp]) -> tuple[Floats, NDArray[np.object_]]:
            value, detail = self.take(rule, new)
            value = np.round(value, DECIMALS + 2 * (rule.unit == "%"))
            return value, np.full(len(new), None) if detail is None else detail

        name = f"{rule.measure} {sorted(rule.params.items())}"
        value, detail = self.measures.get(name, rows, compute)
        return value, detail

    def take(self, rule: Rule, rows: NDArray[np.intp]) -> tuple[Floats, Any]:
        """Measure these rows anew."""
        return find_measure(rule.measure).take(self.context, rows, rule.params)


def screen(cache: MeasureCache, rules: Sequence[Rule], rows: NDArray[np.intp]) -> list[RuleOutcome]:
    """Apply rules in order; only the parcels that pass one are tested by the next.

    An unknown value stops a parcel, unless its rule is optional. A parcel for which a rule has no
    threshold (NaN) is not tested by it and goes on.

    Raises
    ------
    ConfigError
        See `check_rule`.
    """
    outcomes: list[RuleOutcome] = []
    for step, rule in enumerate(rules, start=1):
        check_rule(rule)
        outcomes.append(_apply(cache, step, rule, rows))
        rows = passing_rows(outcomes[-1:], rows)
    return outcomes


def pass_each_rule(
    context: SpatialContext, rules: Sequence[Rule], rows: NDArray[np.intp], parcels: int
) -> NDArray[np.bool_]:
    """Whether each rule alone lets each parcel go on, shape (rules, rows).

    Unlike `screen`, a parcel that fails one rule is tested by the others too. A parcel for which a
    rule has no threshold goes on.

    Raises
    ------
    ConfigError
        See `check_rule`.
    """
    cache = MeasureCache(context, parcels)
    going_on = np.ones((len(rules), len(rows)), dtype=np.bool_)
    for n, rule in enumerate(rules):
        check_rule(rule)
        outcome = _apply(cache, 1, rule, rows)
        going_on[n, np.isin(rows, outcome.rows[outcome.stopped])] = False
    return going_on


def check_rule(rule: Rule) -> None:
    """Check the names in a rule: its measure, its threshold function and its parameters.

    Raises
    ------
    ConfigError
        One of them does not exist, or the measure lacks a parameter.
    """
    if rule.measure not in known_measures():
        raise ConfigError(
            "detect.rules.unknown_measure",
            rule=rule.name,
            measure=rule.measure,
            known=known_measures(),
        )
    if rule.limit and rule.limit not in THRESHOLDS:
        raise ConfigError(
            "detect.rules.unknown_threshold",
            rule=rule.name,
            function=rule.limit,
            known=sorted(THRESHOLDS),
        )
    measure = find_measure(rule.measure)
    known = (*measure.params, *measure.optional)
    missing = [name for name in measure.params if name not in rule.params]
    unknown = [name for name in rule.params if known and name not in known]
    if missing:
        raise ConfigError(
            "detect.rules.missing_params", rule=rule.name, measure=rule.measure, names=missing
        )
    if unknown:
        raise ConfigError(
            "detect.rules.unknown_params",
            rule=rule.name,
            measure=rule.measure,
            names=unknown,
            known=known,
        )


def _apply(cache: MeasureCache, step: int, rule: Rule, rows: NDArray[np.intp]) -> RuleOutcome:
    """Outcome of one rule for the parcels that it has a threshold for."""
    threshold, reason = _thresholds(cache.context, rule, rows)
    tested = ~np.isnan(threshold)
    rows, threshold, reason = rows[tested], threshold[tested], reason[tested]
    value, detail = cache.measure(rule, rows)
    value = value * 100 if rule.unit == "%" else value
    passes = value >= threshold if rule.at_least is not None else value < threshold
    passed = np.where(np.isnan(value), np.nan, passes.astype(np.float64))
    detail = np.where(pd.isna(detail), reason, detail)
    return RuleOutcome(step, rule, rows, value, threshold, passed, detail)


def _thresholds(
    context: SpatialContext, rule: Rule, rows: NDArray[np.intp]
) -> tuple[Floats, NDArray[np.object_]]:
    """Threshold of each parcel, and the detail that explains it."""
    if not rule.limit:
        return np.full(len(rows), rule.threshold), np.full(len(rows), None)
    return THRESHOLDS[rule.limit](context, rows, rule.limits)


def rules_radius_m(profile: Profile) -> float:
    """Radius of influence of a rule set: nothing farther changes an outcome, but for the fabric."""
    radii = [0.0]
    for rule in (r for rules in profile.rules.values() for r in rules):
        check_rule(rule)
        radii.append(find_measure(rule.measure).radius_m(rule.params))
    return max(radii)


def fabric_radius_m(profile: Profile) -> float:
    """Largest distance of a building that can change the fabric class of a plot."""
    return fabric.radius_m(profile.fabric)


def passing_rows(outcomes: Sequence[RuleOutcome], rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Positions of the parcels that no rule stopped."""
    for outcome in outcomes:
        rows = np.setdiff1d(rows, outcome.rows[outcome.stopped], assume_unique=True)
    return rows


def build_test_table(
    outcomes: Mapping[str, Sequence[RuleOutcome]], ids: NDArray[np.object_]
) -> pd.DataFrame:
    """Build TESTS of the parcels ``ids``, by parcel, kind and step.

    Words that all parcels of a rule share are stored once and repeated by position: there are
    millions of rows.
    """
    tests = [(kind, o) for kind, steps in outcomes.items() for o in steps if len(o.rows)]
    if not tests:
        return schemas.TESTS.empty()  # type: ignore[no-any-return]
    test = np.repeat(np.arange(len(tests)), [len(o.rows) for _, o in tests])
    row = np.concatenate([o.rows for _, o in tests])
    names = pd.Series(ids, dtype="str")
    rank = np.argsort(names.argsort())
    kinds = np.unique([kind for kind, _ in tests], return_inverse=True)[1]
    steps = np.array([o.step for _, o in tests])
    order = np.lexsort((steps[test], kinds[test], rank[row]))
    test, row = test[order], row[order]

    def by_test(word: Callable[[str, RuleOutcome], str | None]) -> Any:
        return pd.array([word(kind, o) for kind, o in tests], dtype="str").take(test)

    def by_parcel(values: Callable[[RuleOutcome], NDArray[Any]]) -> NDArray[Any]:
        return np.concatenate([values(o) for _, o in tests])[order]

    passed, details = by_parcel(lambda o: o.passed), by_parcel(lambda o: o.detail)
    table = pd.DataFrame(
        {
            "parcel_id": names.array.take(row),
            "kind": by_test(lambda kind, _: kind),
            "step": steps[test],
            "rule": by_test(lambda _, o: o.rule.name),
            "value": by_parcel(lambda o: o.value),
            "threshold": by_parcel(lambda o: o.threshold),
            "margin": by_parcel(lambda o: o.margin),
            "unit": by_test(lambda _, o: o.rule.unit or None),
            "passed": pd.arrays.BooleanArray(passed == 1, np.isnan(passed)),
            "detail": word_values(details, "fr"),
            "detail_en": word_values(details, "en"),
            "label_fr": by_test(lambda _, o: o.rule.label.fr),
            "label_en": by_test(lambda _, o: o.rule.label.en),
        }
    )
    return schemas.TESTS.conform(table)  # type: ignore[no-any-return]


ThresholdFunction = Callable[
    ["SpatialContext", Any, Mapping[str, Any]], tuple["Floats", "NDArray[np.object_]"]
]


def by_fabric(
    context: SpatialContext, rows: NDArray[np.intp], params: Mapping[str, Any]
) -> tuple[Floats, NDArray[np.object_]]:
    """One threshold per fabric class of the parcel; the detail is the class.

    ``params`` holds one number for each of ``dense``, ``groupee``, ``diffuse``, ``isolee``.
    """
    classes = context.fabric_of(rows)
    by_class = np.array([float(params[name]) for name in CLASSES])
    return by_class[classes], _class_details(classes)


def gravelius_by_fabric(
    context: SpatialContext, rows: NDArray[np.intp], params: Mapping[str, Any]
) -> tuple[Floats, NDArray[np.object_]]:
    """Threshold of compactness by fabric class and area, looser for larger plots (QGIS Foncier).

    ``params["least_m2"]`` holds the least area S of each class; each class holds pairs (multiple of
    S up to which the threshold applies, threshold). Beyond the last pair: NaN, no test. With
    ``opening_radius_m`` the area is that of the parcel after an opening.
    """
    classes = context.fabric_of(rows)
    least = np.array([float(params["least_m2"][name]) for name in CLASSES])
    plots = opened_plots(context, rows, float(params.get("opening_radius_m", 0.0)))
    multiple = shapely.area(plots) / least[classes]
    threshold = np.full(len(rows), np.nan)
    for n, name in enumerate(CLASSES):
        for up_to, bound in sorted(params[name], reverse=True):
            threshold[(classes == n) & (multiple <= up_to)] = bound
    return threshold, _class_details(classes)


def _class_details(classes: NDArray[np.intp]) -> NDArray[np.object_]:
    return np.array(WORDS, dtype=object)[classes]


THRESHOLDS: Mapping[str, ThresholdFunction] = {
    "by_fabric": by_fabric,
    "gravelius_by_fabric": gravelius_by_fabric,
}
