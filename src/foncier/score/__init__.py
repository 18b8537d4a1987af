"""From measures to scores and ranks: fixed ramps, weights, and how sure the order is."""

from foncier.score.agreement import agreement
from foncier.score.gains import Situation, gains, score_gain
from foncier.score.matching import Condition, Tolerance, match
from foncier.score.measures import measures, unknown_measures
from foncier.score.potential import potential
from foncier.score.ramps import ramp
from foncier.score.ranking import scores
from foncier.score.stretches import stretches

__all__ = [
    "Condition",
    "Situation",
    "Tolerance",
    "agreement",
    "gains",
    "match",
    "measures",
    "potential",
    "ramp",
    "score_gain",
    "scores",
    "stretches",
    "unknown_measures",
]
