"""The Mutafriches grid and the rules of cost and land hardness, from the data files."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from foncier.errors import ConfigError
from foncier.i18n import Localized
from foncier.scoring.mutafriches import (
    Answer,
    Effort,
    KnownAnswer,
    Matrix,
    Question,
)
from foncier.scoring.mutafriches.index import IMPACTS, SEPARATOR
from foncier.study.rulesets import read_rules
from foncier.study.validation_errors import suggestion

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foncier.study.config import Study

EVERY_SITE = "all"


def mutafriches() -> Matrix:
    """The published grid of Mutafriches 1.11 (ADEME)."""
    raw = read_rules("mutafriches.toml")
    return Matrix(
        version=raw["version"],
        source=raw["source"],
        unknown=raw["unknown"],
        uses={name: Localized(words["fr"], words["en"]) for name, words in raw["uses"].items()},
        bands=tuple(raw["bands"].items()),
        questions=tuple(_question(name, one) for name, one in raw["criteria"].items()),
        readings=raw["readings"],
    )


def _question(name: str, raw: Mapping[str, Any]) -> Question:
    if "bands" in raw:
        answers = tuple(_band(band) for band in raw["bands"])
    else:
        answers = tuple(Answer(v, _impacts(symbols)) for v, symbols in raw["answers"].items())
    return Question(
        name, Localized(raw["fr"], raw["en"]), raw["weight"], answers, raw.get("unit", "")
    )


def _band(raw: Mapping[str, Any]) -> Answer:
    """Band of a measure, named after its bounds: ``[10000, 15000[``."""
    low, high = raw.get("from", raw.get("above")), raw.get("to", raw.get("below"))
    left = "]" if "above" in raw or low is None else "["
    right = "[" if "below" in raw or high is None else "]"
    shown = f"{left}{'' if low is None else low}, {'' if high is None else high}{right}"
    return Answer(
        shown,
        _impacts(raw["impacts"]),
        low=-math.inf if low is None else float(low),
        high=math.inf if high is None else float(high),
        low_open="above" in raw,
        high_open="below" in raw,
    )


def _impacts(symbols: str) -> tuple[float, ...]:
    return tuple(IMPACTS[symbol] for symbol in symbols.split())


def effort_rules() -> Effort:
    """Cost of the works (Fonds friches) and points of land hardness (Caen la Mer)."""
    raw = read_rules("effort.toml")
    pair = {name: tuple(map(float, raw["works"][name])) for name in ("clean", "polluted")}
    points = {name: tuple(map(float, span)) for name, span in raw["hardness"]["points"].items()}
    return Effort(
        clean=pair["clean"],
        polluted=pair["polluted"],
        points=points,
        low_to=float(raw["hardness"]["low_to"]),
        medium_to=float(raw["hardness"]["medium_to"]),
    )


def study_answers(study: Study, matrix: Matrix) -> tuple[KnownAnswer, ...]:
    """Answers of the study to Mutafriches, checked against the grid.

    Raises
    ------
    ConfigError
        An unknown criterion or answer, or text where the criterion is a measure.
    """
    return tuple(
        _answer(site, matrix, name, value)
        for site, answers in study.mutability.items()
        for name, value in answers.items()
    )


def _answer(site: str, matrix: Matrix, name: str, value: str | float | bool) -> KnownAnswer:
    if name not in matrix.by_name:
        known = list(matrix.by_name)
        raise ConfigError(
            "study.mutafriches.unknown_criterion",
            site=site,
            name=name,
            hint=suggestion(name, known),
            known=known,
        )
    question, measure = matrix.by_name[name], float("nan")
    if question.unit:
        measure = _measure(site, name, value, question.unit)
        band = question.banded([measure])[0]
        answer = "" if band is None else str(band)
    else:
        answer = str(value).lower() if isinstance(value, bool) else str(value)
    known = [one.value for one in question.answers]
    for one in answer.split(SEPARATOR):
        if one not in known:
            raise ConfigError(
                "study.mutafriches.unknown_answer",
                site=site,
                name=name,
                value=str(value),
                hint=suggestion(one, known),
                known=known,
            )
    return KnownAnswer(None if site == EVERY_SITE else site, name, answer, measure)


def _measure(site: str, name: str, value: str | float | bool, unit: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ConfigError(
            "study.mutafriches.not_a_number", site=site, name=name, value=repr(value), unit=unit
        )
    return float(value)
