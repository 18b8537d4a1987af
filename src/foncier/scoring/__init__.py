"""Multi-criteria scoring: value functions, weights, ranks and their robustness."""

from foncier.scoring.agreement import agreement
from foncier.scoring.availability import availability, combined
from foncier.scoring.axis_sections import axis_sections
from foncier.scoring.by_district import by_district
from foncier.scoring.criteria import measures, unmeasured_criteria, value_function
from foncier.scoring.district_facts import add_facts
from foncier.scoring.ranking import scores
from foncier.scoring.requirements import Condition, Tolerance, match_requirements
from foncier.scoring.surroundings import around, in_perimeters
from foncier.scoring.what_if import Situation, gains, score_gain

__all__ = [
    "Condition",
    "Situation",
    "Tolerance",
    "add_facts",
    "agreement",
    "around",
    "availability",
    "axis_sections",
    "by_district",
    "combined",
    "gains",
    "in_perimeters",
    "match_requirements",
    "measures",
    "score_gain",
    "scores",
    "unmeasured_criteria",
    "value_function",
]
