"""From measures to scores and ranks: fixed ramps, weights, and how sure the order is."""

from foncier.score.measures import measures, unknown_measures
from foncier.score.potential import potential
from foncier.score.ramps import ramp
from foncier.score.ranking import first_share, scores
from foncier.score.stretches import stretches

__all__ = [
    "first_share",
    "measures",
    "potential",
    "ramp",
    "scores",
    "stretches",
    "unknown_measures",
]
