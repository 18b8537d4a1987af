"""What a result is worth: judged against truths, planned visits, compared with another result.

Tables in, tables out: this room reads no file and draws no picture.
"""

from foncier.validate.baselines import Baseline, compare
from foncier.validate.changes import Edition, differences
from foncier.validate.judging import Judged, judge
from foncier.validate.matching import match
from foncier.validate.planning import plan, strata
from foncier.validate.shares import auc, brier, by_band, by_kind, calibration, rising, wilson

__all__ = [
    "Baseline", "Edition", "Judged", "auc", "brier", "by_band", "by_kind", "calibration",
    "compare", "differences", "judge", "match", "plan", "rising", "strata", "wilson",
]  # fmt: skip
