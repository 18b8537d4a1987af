"""Simpler rules that a validation compares a result with."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from foncier.validation.estimates import list_metrics

if TYPE_CHECKING:
    from foncier.i18n import Localized


@dataclass(frozen=True)
class Baseline:
    """A simpler rule that lists the sites with one of these signals (``*`` matches any suffix).

    Without signals it lists all sites of the result. ``kinds`` are those it looks for.
    """

    name: str
    text: Localized
    source: str
    kinds: tuple[str, ...]
    signals: tuple[str, ...] = ()


def is_listed(baseline: Baseline, sites: pd.DataFrame, evidence: pd.DataFrame) -> pd.Series[bool]:
    """Whether the rule lists each site; none when the evidence has no such signal."""
    of_kind = sites["kind"].isin(baseline.kinds)
    if not baseline.signals:
        return of_kind
    names = [str(name) for name in evidence["signal"].unique()]
    known = [n for n in names if any(fnmatchcase(n, s) for s in baseline.signals)]
    bearing = evidence.loc[evidence["signal"].isin(known), "opportunity_id"]
    return of_kind & sites["opportunity_id"].isin(bearing)


def compare_baselines(
    rules: tuple[Baseline, ...],
    sites: pd.DataFrame,
    truths: pd.DataFrame,
    evidence: pd.DataFrame,
    *,
    census: bool = False,
) -> pd.DataFrame:
    """`list_metrics` for each rule and each of its kinds.

    A rule without any signal in the result has ``found`` 0 and unknown shares. Rejected land has
    no evidence, so a rule that would have listed it is overestimated.

    Returns
    -------
    Columns ``baseline``, ``kind``, then those of `list_metrics`.
    """
    rows = []
    for rule in rules:
        listed = is_listed(rule, sites, evidence).to_numpy(dtype=bool)
        for kind in rule.kinds:
            same = (sites["kind"] == kind).to_numpy(dtype=bool)
            wanted = truths.loc[truths["kind"] == kind]
            if not same.any() and wanted.empty:
                continue
            selected = sites.loc[listed & same]
            no_signal = bool(rule.signals) and selected.empty
            in_list = wanted["opportunity_id"].isin(selected["opportunity_id"])
            figures = list_metrics(
                selected, wanted.assign(hit=wanted["hit"] & in_list), census=census
            )
            if no_signal:
                figures |= {"recall": np.nan, "recall_low": 0.0, "recall_high": 1.0, "f1": np.nan}
            rows.append({"baseline": rule.name, "kind": kind, **figures})
    names = ["baseline", "kind", *list_metrics(sites.iloc[:0], truths.iloc[:0])]
    return pd.DataFrame(rows, columns=names)
