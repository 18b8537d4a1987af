"""An ordered list of tests: each parcel goes on until it fails one, and remembers every figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from foncier import tables
from foncier.detect import fabric
from foncier.detect.details import in_english
from foncier.detect.limits import LIMITS
from foncier.detect.registry import MEASURES
from foncier.detect.remembered import Remembered
from foncier.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from foncier.detect.ground import Ground
    from foncier.geometry import Floats
    from foncier.records import Profile, Rule

DECIMALS = 6  # beyond, a figure tells how it was added up, not how the land lies


@dataclass(frozen=True)
class Passage:
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


class Memory:
    """Measures already taken, so that two funnels over the same parcels take each only once."""

    def __init__(self, ground: Ground, parcels: int) -> None:
        self.ground = ground
        self.taken = Remembered(parcels)

    def measure(self, rule: Rule, rows: NDArray[np.intp]) -> tuple[Floats, NDArray[np.object_]]:
        """Value and detail of a rule's measure at these rows."""

        def work(new: NDArray[np.intp]) -> tuple[Floats, NDArray[np.object_]]:
            value, detail = self.take(rule, new)
            value = np.round(value, DECIMALS + 2 * (rule.unit == "%"))
            return value, np.full(len(new), None) if detail is None else detail

        value, detail = self.taken.of(f"{rule.measure} {sorted(rule.given.items())}", rows, work)
        return value, detail

    def take(self, rule: Rule, rows: NDArray[np.intp]) -> tuple[Floats, Any]:
        """Take a rule's measure of these rows anew."""
        return MEASURES[rule.measure].take(self.ground, rows, rule.given)


def run(memory: Memory, rules: Sequence[Rule], rows: NDArray[np.intp]) -> list[Passage]:
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
        limit, words = _limits(memory.ground, rule, rows)
        tested = ~np.isnan(limit)
        tests = (rows[tested], limit[tested], words[tested])
        passages.append(_passage(memory, step, rule, tests))
        rows = np.setdiff1d(rows, passages[-1].rows[passages[-1].stopped], assume_unique=True)
    return passages


def _check(rule: Rule) -> None:
    for word, name, known in (
        ("la mesure", rule.measure, MEASURES), ("la limite", rule.limit or None, LIMITS)
    ):  # fmt: skip
        if name is not None and name not in known:
            raise ConfigError(
                f"règle {rule.name} : {word} {name!r} n'existe pas. "
                f"Connues : {', '.join(sorted(known))}."
            )


def _limits(
    ground: Ground, rule: Rule, rows: NDArray[np.intp]
) -> tuple[Floats, NDArray[np.object_]]:
    """Threshold of each parcel, and the words that tell why it is this one."""
    if not rule.limit:
        return np.full(len(rows), rule.threshold), np.full(len(rows), None)
    return LIMITS[rule.limit](ground, rows, rule.limits)


def _passage(
    memory: Memory,
    step: int,
    rule: Rule,
    tests: tuple[NDArray[np.intp], Floats, NDArray[np.object_]],
) -> Passage:
    rows, limit, words = tests
    value, detail = memory.measure(rule, rows)
    value = value * 100 if rule.unit == "%" else value
    reached = value >= limit if rule.at_least is not None else value < limit
    passed = np.where(np.isnan(value), np.nan, reached.astype(np.float64))
    told = np.where(pd.isna(detail), words, detail)
    return Passage(step, rule, rows, value, limit, passed, told)


def reach_m(profile: Profile) -> float:
    """How far the rules of a profile look: but for the fabric, nothing beyond changes a verdict."""
    reaches = [0.0]
    for rule in (r for rules in profile.rules.values() for r in rules):
        _check(rule)
        reaches.append(MEASURES[rule.measure].reach_m(rule.given))
    return max(reaches)


def fabric_reach_m(profile: Profile) -> float:
    """How far the buildings lie that can change the fabric class of a plot."""
    return fabric.reach_m(profile.fabric)


def survivors(passages: Sequence[Passage], rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Positions of the parcels that no test stopped."""
    for passage in passages:
        rows = np.setdiff1d(rows, passage.rows[passage.stopped], assume_unique=True)
    return rows


def test_table(passages: Mapping[str, Sequence[Passage]], ids: NDArray[np.object_]) -> pd.DataFrame:
    """Build TESTS of the parcels ``ids``, by parcel, kind and step.

    Words that all parcels of a test share are written once and pointed at: there are millions.
    """
    every = [(kind, p) for kind, steps in passages.items() for p in steps if len(p.rows)]
    if not every:
        return tables.TESTS.empty()  # type: ignore[no-any-return]
    which = np.repeat(np.arange(len(every)), [len(p.rows) for _, p in every])
    row = np.concatenate([p.rows for _, p in every])
    names = pd.Series(ids, dtype="str")
    place = np.argsort(names.argsort())
    kinds = np.unique([kind for kind, _ in every], return_inverse=True)[1]
    steps = np.array([p.step for _, p in every])
    order = np.lexsort((steps[which], kinds[which], place[row]))
    which, row = which[order], row[order]

    def told(words: Callable[[str, Passage], str | None]) -> Any:
        return pd.array([words(kind, p) for kind, p in every], dtype="str").take(which)

    def each(figures: Callable[[Passage], NDArray[Any]]) -> NDArray[Any]:
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
    checked: pd.DataFrame = tables.TESTS.conform(table)
    return checked
