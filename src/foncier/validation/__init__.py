"""Validation: assessment against ground truth, sampling of visits, changes between results.

Functions from tables to tables: no file and no drawing.
"""

from foncier.validation.assess import Assessment, assess
from foncier.validation.changes import Edition, compare_results
from foncier.validation.matching import match_truths
from foncier.validation.metrics import (
    Baseline,
    auc,
    brier,
    by_band,
    by_kind,
    calibration,
    compare_baselines,
    is_increasing,
    wilson,
)
from foncier.validation.readings import Readings, assess_rule_sets
from foncier.validation.sampling import draw_from_strata, strata, visit_plan

__all__ = [
    "Assessment",
    "Baseline",
    "Edition",
    "Readings",
    "assess",
    "assess_rule_sets",
    "auc",
    "brier",
    "by_band",
    "by_kind",
    "calibration",
    "compare_baselines",
    "compare_results",
    "draw_from_strata",
    "is_increasing",
    "match_truths",
    "strata",
    "visit_plan",
    "wilson",
]
