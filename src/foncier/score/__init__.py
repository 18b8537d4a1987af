"""From measures to scores and ranks: fixed ramps, weights, and how sure the order is."""

from foncier.score.agreement import agreement
from foncier.score.measures import measures, unknown_measures
from foncier.score.ramps import ramp
from foncier.score.ranking import scores

__all__ = ["agreement", "measures", "ramp", "scores", "unknown_measures"]
