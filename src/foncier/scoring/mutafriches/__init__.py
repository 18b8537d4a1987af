"""How well a friche suits seven uses (ADEME's Mutafriches), what it may cost, how hard it is."""

from foncier.scoring.mutafriches.effort import Effort, effort
from foncier.scoring.mutafriches.index import (
    Answer,
    Matrix,
    Question,
    mutability,
)
from foncier.scoring.mutafriches.inputs import InputLayers, KnownAnswer, known_answers

__all__ = [
    "Answer",
    "Effort",
    "InputLayers",
    "KnownAnswer",
    "Matrix",
    "Question",
    "effort",
    "known_answers",
    "mutability",
]
