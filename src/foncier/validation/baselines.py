"""What simpler rules would have listed, from the evidence of the same result."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from foncier.validation import metrics

if TYPE_CHECKING:
    from foncier.i18n import Localized


@dataclass(frozen=True)
class Baseline:
    """A rule that lists a site when one of these signals speaks of it (``*`` stands for any end).

    No signal at all: every site of the result, that is ours. ``kinds`` are those it seeks.
    """

    name: str
    text: Localized
    source: str
    kinds: tuple[str, ...]
    signals: tuple[str, ...] = ()


def listed(baseline: Baseline, sites: pd.DataFrame, evidence: pd.DataFrame) -> pd.Series[bool]:
    """Whether the rule lists each site; none when the evidence holds no such signal."""
    sought = sites["kind"].isin(baseline.kinds)
    if not baseline.signals:
        return sought
    names = [str(name) for name in evidence["signal"].unique()]
    known = [n for n in names if any(fnmatchcase(n, s) for s in baseline.signals)]
    bearing = evidence.loc[evidence["signal"].isin(known), "opportunity_id"]
    return sought & sites["opportunity_id"].isin(bearing)


def compare(
    rules: tuple[Baseline, ...], found: pd.DataFrame, wanted: pd.DataFrame, evidence: pd.DataFrame
) -> pd.DataFrame:
    """Figures of `foncier.validation.metrics.row` for each rule and each kind that it seeks.

    A rule that no signal of the result speaks for has ``found`` 0 and unknown shares. What our own
    list turned down left no evidence: a rule that would have listed it is flattered.

    Returns
    -------
    Columns ``baseline``, ``kind``, then those of `row`.
    """
    rows = []
    for rule in rules:
        own = listed(rule, found, evidence).to_numpy(dtype=bool)
        for kind in rule.kinds:
            same = (found["kind"] == kind).to_numpy(dtype=bool)
            sought = wanted.loc[wanted["kind"] == kind]
            if not same.any() and sought.empty:
                continue
            kept = found.loc[own & same]
            silent = bool(rule.signals) and kept.empty
            reached = sought["opportunity_id"].isin(kept["opportunity_id"])
            figures = metrics.row(kept, sought.assign(hit=sought["hit"] & reached))
            if silent:
                figures |= {"recall": np.nan, "recall_low": 0.0, "recall_high": 1.0, "f1": np.nan}
            rows.append({"baseline": rule.name, "kind": kind, **figures})
    names = ["baseline", "kind", *metrics.row(found.iloc[:0], wanted.iloc[:0])]
    return pd.DataFrame(rows, columns=names)
