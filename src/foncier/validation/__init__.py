"""Validation: assessment against ground truth, sampling of visits, changes between results.

Functions from tables to tables: no file and no drawing.
"""

from foncier.validation.assess import Assessment, assess, deduplicate_truths
from foncier.validation.baselines import Baseline, compare_baselines
from foncier.validation.changes import Edition, compare_results
from foncier.validation.discrimination import Discrimination, discrimination
from foncier.validation.estimates import by_band, by_kind, calibration, precision, unlisted_strata
from foncier.validation.judges import judges
from foncier.validation.learn import LEAST_VERDICTS, Learned, Verdicts, learn
from foncier.validation.matching import match_truths
from foncier.validation.metrics import band, is_increasing, wilson
from foncier.validation.own_verdicts import without_verdicts
from foncier.validation.readings import Readings, assess_rule_sets
from foncier.validation.sampling import draw_from_strata, strata, visit_plan

__all__ = [
    "LEAST_VERDICTS",
    "Assessment",
    "Baseline",
    "Discrimination",
    "Edition",
    "Learned",
    "Readings",
    "Verdicts",
    "assess",
    "assess_rule_sets",
    "band",
    "by_band",
    "by_kind",
    "calibration",
    "compare_baselines",
    "compare_results",
    "deduplicate_truths",
    "discrimination",
    "draw_from_strata",
    "is_increasing",
    "judges",
    "learn",
    "match_truths",
    "precision",
    "strata",
    "unlisted_strata",
    "visit_plan",
    "wilson",
    "without_verdicts",
]
