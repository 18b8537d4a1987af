"""How well a friche suits seven uses (ADEME's Mutafriches), what it may cost, how hard it is."""

from foncier.score.mutability.effort import Effort, effort
from foncier.score.mutability.facts import Given, Ground, facts
from foncier.score.mutability.index import mutability
from foncier.score.mutability.matrix import Answer, Matrix, Question

__all__ = [
    "Answer",
    "Effort",
    "Given",
    "Ground",
    "Matrix",
    "Question",
    "effort",
    "facts",
    "mutability",
]
