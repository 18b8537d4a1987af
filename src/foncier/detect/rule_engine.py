"""An ordered list of tests: each parcel goes on until it fails one, and remembers every figure."""

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
from foncier.detect.details import in_english
from foncier.detect.fabric import CLASSES, WORDS
from foncier.detect.measures import MEASURES
from foncier.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from foncier.detect.context import SpatialContext
    from foncier.geometry import Floats
    from foncier.model import Profile, Rule

DECIMALS = 6  # beyond, a figure tells how it was added up, not how the land lies


@dataclass(frozen=True)
class RuleOutcome:
    """One test of the funnel on the parcels that reached it.

    ``passed`` is 1 (yes), 0 (no) or NaN (unknown); ``rows`` are positions in the parcels table.
    ``limit`` is the threshold of each parcel.
    """

    step: int
    rule: Rule
    rows: NDArray[np.intp]
    value: Floats
    limit: Floats
    passed: Floats
    detail: NDArray[np.object_]

    @property
    def stopped(self) -> NDArray[np.bool_]:
        """Tell which of its parcels go no further: failed, or unknown where that is not allowed."""
        if self.rule.warns:
            return np.zeros(len(self.rows), dtype=np.bool_)
        unknown = np.isnan(self.passed) & (not self.rule.optional)
        return np.asarray((self.passed == 0) | unknown, dtype=np.bool_)

    @property
    def margin(self) -> Floats:
        """Distance to the threshold, positive on the side that passes."""
        gap = self.value - self.limit
        return gap if self.rule.at_least is not None else -gap


class MeasureCache:
    """Measures already taken, so that two funnels over the same parcels take each only once."""

    def __init__(self, context: SpatialContext, parcels: int) -> None:
        self.context = context
        self.taken = RowCache(parcels)

    def measure(self, rule: Rule, rows: NDArray[np.intp]) -> tuple[Floats, NDArray[np.object_]]:
        """Value and detail of a rule's measure at these rows."""

        def work(new: NDArray[np.intp]) -> tuple[Floats, NDArray[np.object_]]:
            value, detail = self.take(rule, new)
            value = np.round(value, DECIMALS + 2 * (rule.unit == "%"))
            return value, np.full(len(new), None) if detail is None else detail

        value, detail = self.taken.of(f"{rule.measure} {sorted(rule.params.items())}", rows, work)
        return value, detail

    def take(self, rule: Rule, rows: NDArray[np.intp]) -> tuple[Floats, Any]:
        """Take a rule's measure of these rows anew."""
        return MEASURES[rule.measure].take(self.context, rows, rule.params)


def screen(
    memory: MeasureCache, rules: Sequence[Rule], rows: NDArray[np.intp]
) -> list[RuleOutcome]:
    """Send parcels through the tests in order; only those that passed go on to the next.

    An unknown value stops a parcel, unless its rule is optional. A parcel for which a rule has no
    limit (NaN) is not tested by it and goes on.

    Raises
    ------
    ConfigError
        A rule names a measure or a limit that does not exist.
    """
    passages = []
    for step, rule in enumerate(rules, start=1):
        _check(rule)
        limit, words = _limits(memory.context, rule, rows)
        tested = ~np.isnan(limit)
        tests = (rows[tested], limit[tested], words[tested])
        passages.append(_passage(memory, step, rule, tests))
        rows = np.setdiff1d(rows, passages[-1].rows[passages[-1].stopped], assume_unique=True)
    return passages


def _check(rule: Rule) -> None:
    for word, name, known in (
        ("la mesure", rule.measure, MEASURES),
        ("la limite", rule.limit or None, LIMITS),
    ):
        if name is not None and name not in known:
            raise ConfigError(
                f"règle {rule.name} : {word} {name!r} n'existe pas. "
                f"Connues : {', '.join(sorted(known))}."
            )


def _limits(
    context: SpatialContext, rule: Rule, rows: NDArray[np.intp]
) -> tuple[Floats, NDArray[np.object_]]:
    """Threshold of each parcel, and the words that tell why it is this one."""
    if not rule.limit:
        return np.full(len(rows), rule.threshold), np.full(len(rows), None)
    return LIMITS[rule.limit](context, rows, rule.limits)


def _passage(
    memory: MeasureCache,
    step: int,
    rule: Rule,
    tests: tuple[NDArray[np.intp], Floats, NDArray[np.object_]],
) -> RuleOutcome:
    rows, limit, words = tests
    value, detail = memory.measure(rule, rows)
    value = value * 100 if rule.unit == "%" else value
    reached = value >= limit if rule.at_least is not None else value < limit
    passed = np.where(np.isnan(value), np.nan, reached.astype(np.float64))
    told = np.where(pd.isna(detail), words, detail)
    return RuleOutcome(step, rule, rows, value, limit, passed, told)


def rules_radius_m(profile: Profile) -> float:
    """How far the rules of a profile look: but for the fabric, nothing beyond changes a verdict."""
    reaches = [0.0]
    for rule in (r for rules in profile.rules.values() for r in rules):
        _check(rule)
        reaches.append(MEASURES[rule.measure].reach_m(rule.params))
    return max(reaches)


def fabric_radius_m(profile: Profile) -> float:
    """How far the buildings lie that can change the fabric class of a plot."""
    return fabric.radius_m(profile.fabric)


def passing_rows(passages: Sequence[RuleOutcome], rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Positions of the parcels that no test stopped."""
    for passage in passages:
        rows = np.setdiff1d(rows, passage.rows[passage.stopped], assume_unique=True)
    return rows


def test_table(
    passages: Mapping[str, Sequence[RuleOutcome]], ids: NDArray[np.object_]
) -> pd.DataFrame:
    """Build TESTS of the parcels ``ids``, by parcel, kind and step.

    Words that all parcels of a test share are written once and pointed at: there are millions.
    """
    every = [(kind, p) for kind, steps in passages.items() for p in steps if len(p.rows)]
    if not every:
        return schemas.TESTS.empty()  # type: ignore[no-any-return]
    which = np.repeat(np.arange(len(every)), [len(p.rows) for _, p in every])
    row = np.concatenate([p.rows for _, p in every])
    names = pd.Series(ids, dtype="str")
    place = np.argsort(names.argsort())
    kinds = np.unique([kind for kind, _ in every], return_inverse=True)[1]
    steps = np.array([p.step for _, p in every])
    order = np.lexsort((steps[which], kinds[which], place[row]))
    which, row = which[order], row[order]

    def told(words: Callable[[str, RuleOutcome], str | None]) -> Any:
        return pd.array([words(kind, p) for kind, p in every], dtype="str").take(which)

    def each(figures: Callable[[RuleOutcome], NDArray[Any]]) -> NDArray[Any]:
        return np.concatenate([figures(p) for _, p in every])[order]

    passed, details = each(lambda p: p.passed), each(lambda p: p.detail)
    table = pd.DataFrame(
        {
            "parcel_id": names.array.take(row),
            "kind": told(lambda kind, _: kind),
            "step": steps[which],
            "rule": told(lambda _, p: p.rule.name),
            "value": each(lambda p: p.value),
            "threshold": each(lambda p: p.limit),
            "margin": each(lambda p: p.margin),
            "unit": told(lambda _, p: p.rule.unit or None),
            "passed": pd.arrays.BooleanArray(passed == 1, np.isnan(passed)),
            "detail": details,
            "detail_en": in_english(details),
            "label_fr": told(lambda _, p: p.rule.label.fr),
            "label_en": told(lambda _, p: p.rule.label.en),
        }
    )
    checked: pd.DataFrame = schemas.TESTS.conform(table)
    return checked


Limit = Callable[["SpatialContext", Any, Mapping[str, Any]], tuple["Floats", Any]]


def by_fabric(
    context: SpatialContext, rows: NDArray[np.intp], figures: Mapping[str, Any]
) -> tuple[Floats, NDArray[np.object_]]:
    """One threshold a fabric class; the detail is the class.

    ``figures`` holds one number for each of ``dense``, ``groupee``, ``diffuse``, ``isolee``.
    """
    kind = context.fabric_of(rows)
    table = np.array([float(figures[name]) for name in CLASSES])
    return table[kind], class_words(kind)


def gravelius_by_fabric(
    context: SpatialContext, rows: NDArray[np.intp], figures: Mapping[str, Any]
) -> tuple[Floats, NDArray[np.object_]]:
    """Limit of compactness by class and by area (QGIS Foncier): the larger, the looser.

    ``figures["least_m2"]`` holds the least area S of each class; each class holds pairs (up to so
    many times S, limit). Beyond the last band there is no test: NaN.
    """
    kind = context.fabric_of(rows)
    least = np.array([float(figures["least_m2"][name]) for name in CLASSES])
    times = shapely.area(context.plots[rows]) / least[kind]
    limit = np.full(len(rows), np.nan)
    for n, name in enumerate(CLASSES):
        for up_to, bound in sorted(figures[name], reverse=True):
            limit[(kind == n) & (times <= up_to)] = bound
    return limit, class_words(kind)


def class_words(kind: NDArray[np.intp]) -> NDArray[np.object_]:
    """French words of classes given by their position."""
    return np.array([WORDS[name].fr for name in CLASSES], dtype=object)[kind]


LIMITS: Mapping[str, Limit] = {
    "by_fabric": by_fabric,
    "gravelius_by_fabric": gravelius_by_fabric,
}
