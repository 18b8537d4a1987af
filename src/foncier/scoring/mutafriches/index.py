"""Mutafriches: the published grid (questions, answers, impacts) and the index that it gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from foncier.errors import ConfigError
from foncier.schemas import MUTABILITY
from foncier.schemas.results import TO_CONFIRM

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from foncier.i18n import Localized

    Floats = NDArray[np.float64]

IMPACTS = {"++": 2.0, "+": 1.0, "=": 0.5, "-": -1.0, "--": -2.0}
# Measures are in metres; the grid compares them in the unit of their criterion. The published
# program once confused metres and kilometres.
PER_UNIT = {"m": 1.0, "km": 1000.0, "m2": 1.0, "%": 1.0}
SEPARATOR = "|"
NEUTRAL = 0.5
RELIABLE = 5.0  # out of 10: below, no rating is stated


@dataclass(frozen=True)
class Answer:
    """One answer and its effect on each use; for a measure, its interval of values.

    ``low_open`` and ``high_open``: the bound itself is outside the interval.
    """

    value: str
    impacts: tuple[float, ...]
    low: float = -np.inf
    high: float = np.inf
    low_open: bool = False
    high_open: bool = False

    def holds(self, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether each value lies in the interval; NaN in none."""
        above = values > self.low if self.low_open else values >= self.low
        below = values < self.high if self.high_open else values <= self.high
        return np.asarray(above & below)


@dataclass(frozen=True)
class Question:
    """One criterion: weight, answers and, for a measure, the unit of its intervals."""

    name: str
    label: Localized
    weight: float
    answers: tuple[Answer, ...]
    unit: str = ""

    def position(self, value: str) -> int:
        """Index of an answer among the answers.

        Raises
        ------
        ConfigError
            The criterion has no such answer.
        """
        known = [answer.value for answer in self.answers]
        if value not in known:
            raise ConfigError(
                "scoring.mutafriches.unknown_answer",
                criterion=self.name,
                value=value,
                answers=known,
            )
        return known.index(value)

    def banded(self, values: ArrayLike) -> NDArray[np.object_]:
        """Answer for each measure in metres, square metres or percent; None outside all intervals.

        Examples
        --------
        >>> from foncier.i18n import Localized
        >>> near = Answer("0-1", (2.0,), low=0, high=1, high_open=True)
        >>> far = Answer("1-", (0.5,), low=1)
        >>> question = Question("d", Localized("d", "d"), 1, (near, far), unit="km")
        >>> question.banded([999.9, 1000, float("nan")]).tolist()
        ['0-1', '1-', None]
        """
        compared = np.asarray(values, dtype=np.float64) / PER_UNIT[self.unit]
        result = np.full(len(compared), None, dtype=object)
        for answer in self.answers:
            result[answer.holds(compared)] = answer.value
        return result


@dataclass(frozen=True)
class Matrix:
    """The grid: uses in order, questions, bands of the index, terms to read the layers."""

    version: str
    source: str
    unknown: str
    uses: Mapping[str, Localized]
    bands: tuple[tuple[str, float], ...]
    questions: tuple[Question, ...]
    readings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def weight(self) -> float:
        """Sum of the weights (30 in version 1.11)."""
        return sum(question.weight for question in self.questions)

    @cached_property
    def by_name(self) -> Mapping[str, Question]:
        """Questions by their name."""
        return {question.name: question for question in self.questions}

    def question(self, name: str) -> Question:
        """Question of this name.

        Raises
        ------
        ConfigError
            The grid has no such criterion.
        """
        if name not in self.by_name:
            raise ConfigError(
                "scoring.mutafriches.unknown_criterion", name=name, criteria=list(self.by_name)
            )
        return self.by_name[name]


def mutability(ids: Sequence[str], facts: pd.DataFrame, matrix: Matrix) -> pd.DataFrame:
    """Index of each site for the seven uses, as published, with its interval.

    Parameters
    ----------
    ids
        The sites, by ``opportunity_id``.
    facts
        Table of the schema ``MUTABILITY_FACTS``: the known answers of each site. One answer
        counts; several (``a|b``: one of them, unknown which) count as unknown and bound the
        interval.
    matrix
        The published grid.

    Returns
    -------
    Table of the schema ``MUTABILITY``, one row a site and use, sorted. ``index`` is
    ``round(1000·A/(A+C))/10``: a positive impact adds its weight to A, a negative one to C, a
    neutral one to both, an unknown one to neither; 0 when nothing is known, as published.
    ``reliability`` is the weight of the known criteria, out of 10. ``band`` is the published rating
    of the index; ``stated_band`` is the one to show: the same where the reliability is at least 5
    and the whole interval has this rating, else ``a_confirmer``.

    ``index_low`` and ``index_high`` are the least and the greatest index once every unknown
    criterion is answered. They are exact: A/(A+C) grows with each impact whatever the others
    are, so the extremes set each unknown to its least or greatest impact. The index counts only
    the known criteria and may lie outside the interval: neutral answers, frequent in the grid,
    pull a complete index towards 50. Dependent criteria (no building, so no architectural value)
    are treated as independent: the interval may be too wide, never too narrow.

    Raises
    ------
    ConfigError
        A criterion or an answer that the grid does not have.
    """
    sites = np.sort(np.asarray(ids, dtype=object))
    if not len(sites):
        empty: pd.DataFrame = MUTABILITY.empty()
        return empty
    shape = (len(sites), len(matrix.uses))
    sums = {name: (np.zeros(shape), np.zeros(shape)) for name in ("index", "low", "high")}
    filled = np.zeros(len(sites))
    rows = dict(iter(facts.groupby("criterion", sort=True)))
    for name in rows:
        matrix.question(str(name))
    for question in matrix.questions:
        known_rows = rows.get(question.name)
        known, least, most = _impacts(question, sites, known_rows, unknown=matrix.unknown)
        for key, impact in (("index", known), ("low", least), ("high", most)):
            _add(sums[key], impact, question.weight)
        filled += question.weight * ~np.isnan(known[:, 0])
    indices = {name: _ratio(*pair) for name, pair in sums.items()}
    return _table(sites, matrix, indices, filled / matrix.weight * 10)


def _impacts(
    question: Question, sites: NDArray[np.object_], known_rows: pd.DataFrame | None, *, unknown: str
) -> tuple[Floats, Floats, Floats]:
    """Impact on each use, shape (sites, uses): of the answer (NaN: unknown), least, greatest."""
    every = np.array([a.impacts for a in question.answers if a.value != unknown])
    uses = every.shape[1]
    known = np.full((len(sites), uses), np.nan)
    least, most = (
        np.tile(every.min(axis=0), (len(sites), 1)),
        np.tile(every.max(axis=0), (len(sites), 1)),
    )
    if known_rows is None:
        return known, least, most
    row = pd.Index(sites).get_indexer(pd.Index(known_rows["opportunity_id"]))
    for at, answers in zip(row, known_rows["answers"], strict=True):
        answered = [value for value in str(answers).split(SEPARATOR) if value != unknown]
        if at < 0 or not answered:
            continue
        impacts = np.array([question.answers[question.position(v)].impacts for v in answered])
        least[at], most[at] = impacts.min(axis=0), impacts.max(axis=0)
        if len(answered) == 1:
            known[at] = impacts[0]
    return known, least, most


def _add(pair: tuple[Floats, Floats], impact: Floats, weight: float) -> None:
    """Add impacts to advantages and constraints, in place."""
    worth = np.where(np.isnan(impact), 0.0, impact) * weight
    neutral = impact == NEUTRAL
    pair[0][:] += np.where(worth > 0, worth, 0.0)
    pair[1][:] += np.where(neutral, worth, np.where(worth < 0, -worth, 0.0))


def _ratio(advantages: Floats, constraints: Floats) -> Floats:
    """Index from 0 to 100, one decimal, halves upwards; 0 when nothing counts."""
    total = advantages + constraints
    share = np.divide(advantages, total, out=np.zeros_like(total), where=total > 0)
    # All sums are multiples of 0.25: rounding to nine decimals makes halves exact.
    return np.asarray(np.floor(np.round(1000 * share, 9) + 0.5) / 10)


def _table(
    sites: NDArray[np.object_], matrix: Matrix, indices: dict[str, Floats], reliability: Floats
) -> pd.DataFrame:
    uses = list(matrix.uses)
    index = indices["index"]
    band, low, high = (_bands(indices[name], matrix) for name in ("index", "low", "high"))
    holds = (band == low) & (band == high) & (reliability >= RELIABLE)[:, None]
    table = pd.DataFrame(
        {
            "opportunity_id": np.repeat(sites, len(uses)),
            "use": np.tile(np.array(uses, dtype=object), len(sites)),
            "index": index.ravel(),
            "index_low": indices["low"].ravel(),
            "index_high": indices["high"].ravel(),
            "reliability": np.repeat(np.round(reliability, 6), len(uses)),
            "band": band.ravel(),
            "stated_band": np.where(holds, band, TO_CONFIRM).ravel(),
            "use_rank": pd.DataFrame(index)
            .rank(axis=1, method="min", ascending=False)
            .to_numpy()
            .ravel(),
        }
    )
    result: pd.DataFrame = MUTABILITY.conform(
        table.sort_values(["opportunity_id", "use_rank", "use"])
    )
    return result


def _bands(index: Floats, matrix: Matrix) -> NDArray[np.object_]:
    """Published band of each index."""
    starts = np.array([start for _, start in matrix.bands])
    names = np.array([name for name, _ in matrix.bands], dtype=object)
    return np.asarray(names[(index[..., None] >= starts).argmax(axis=-1)])
