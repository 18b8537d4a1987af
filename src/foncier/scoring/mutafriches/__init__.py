"""Mutafriches (ADEME): suitability of a brownfield for seven uses, cost, difficulty."""

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
