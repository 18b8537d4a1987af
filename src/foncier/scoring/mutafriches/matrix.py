"""The published grid of Mutafriches: questions, answers, and what each is worth for each use."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from foncier.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    from foncier.i18n import Localized

IMPACTS = {"++": 2.0, "+": 1.0, "=": 0.5, "-": -1.0, "--": -2.0}
# A measure comes in metres; the grid compares it in the unit of its criterion. A mix-up of metres
# and kilometres was a real fault of the published program.
PER_UNIT = {"m": 1.0, "km": 1000.0, "m2": 1.0, "%": 1.0}
SEVERAL = "|"


@dataclass(frozen=True)
class Answer:
    """One answer and its effect on each use; for a measure, the band of values it stands for.

    ``low_open`` and ``high_open`` say that the bound itself is outside the band.
    """

    value: str
    impacts: tuple[float, ...]
    low: float = -np.inf
    high: float = np.inf
    low_open: bool = False
    high_open: bool = False

    def holds(self, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Tell which values lie in the band; NaN lies in none."""
        above = values > self.low if self.low_open else values >= self.low
        below = values < self.high if self.high_open else values <= self.high
        return np.asarray(above & below)


@dataclass(frozen=True)
class Question:
    """One criterion: its weight, its answers, and for a measure the unit it is compared in."""

    name: str
    label: Localized
    weight: float
    answers: tuple[Answer, ...]
    unit: str = ""

    def position(self, value: str) -> int:
        """Place of an answer among the answers.

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
        """Answer for each measure, given in metres, square metres or percent; None outside.

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
        found = np.full(len(compared), None, dtype=object)
        for answer in self.answers:
            found[answer.holds(compared)] = answer.value
        return found


@dataclass(frozen=True)
class Matrix:
    """The whole grid: uses in order, questions, bands of the index, words to read the layers by."""

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
