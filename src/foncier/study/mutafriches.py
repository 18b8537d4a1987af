"""The grid of Mutafriches and the figures of cost and hardness, from the data files."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foncier.study.config import Study

EVERY_SITE = "all"


def mutafriches() -> Matrix:
    """Read the published grid of Mutafriches 1.11 (ADEME)."""
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
        answers = tuple(Answer(v, _impacts(signs)) for v, signs in raw["answers"].items())
    return Question(
        name, Localized(raw["fr"], raw["en"]), raw["weight"], answers, raw.get("unit", "")
    )


def _band(raw: Mapping[str, Any]) -> Answer:
    """Band of a measure, named by its bounds: ``[10000, 15000[``."""
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


def _impacts(signs: str) -> tuple[float, ...]:
    return tuple(IMPACTS[sign] for sign in signs.split())


def effort_rules() -> Effort:
    """Figures of the works (Fonds friches) and of the land's hardness (Caen la Mer)."""
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


def given_answers(study: Study, matrix: Matrix) -> tuple[KnownAnswer, ...]:
    """Answers that the study gives to Mutafriches, checked against the grid.

    Raises
    ------
    ConfigError
        A criterion or an answer that the grid does not have.
    """
    found = []
    for site, answers in study.mutability.items():
        for name, value in answers.items():
            question = matrix.question(name)
            measure = float("nan")
            if question.unit:
                measure = float(value)
                shown = question.banded([measure])[0]
                answer = "" if shown is None else str(shown)
            else:
                answer = str(value).lower() if isinstance(value, bool) else str(value)
            for one in answer.split(SEPARATOR):
                question.position(one)
            found.append(KnownAnswer(None if site == EVERY_SITE else site, name, answer, measure))
    return tuple(found)
