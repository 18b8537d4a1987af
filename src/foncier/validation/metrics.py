"""Metrics of assessed sites with intervals: precision, recall, calibration, AUC; baselines."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike

    from foncier.i18n import Localized

INTERVAL_LEVEL = 0.95
# Lower bounds of the bands of confidence, in increasing order.
BANDS = (0.0, 0.3, 0.6, 0.85)
BAND_NAMES = ("0-0.3", "0.3-0.6", "0.6-0.85", "0.85-1")
NO_BAND = "sans"  # a plot that passes the rules has no confidence
ALL = "ensemble"


def wilson(true: int, judged: int) -> tuple[float, float, float]:
    """Share and its Wilson interval at 95 %; without data NaN and [0, 1].

    Examples
    --------
    >>> [round(x, 3) for x in wilson(9, 10)]
    [0.9, 0.596, 0.982]
    """
    if not judged:
        return float("nan"), 0.0, 1.0
    from scipy.stats import binomtest  # noqa: PLC0415 (slow to import)

    interval = binomtest(true, judged).proportion_ci(INTERVAL_LEVEL, method="wilson")
    # Rounding may put a share of 0 or 1 outside its interval.
    share = true / judged
    return share, min(float(interval.low), share), max(float(interval.high), share)


def band(confidence: ArrayLike) -> Any:
    """Name of the band of each confidence; `WITHOUT` where it is unknown.

    Examples
    --------
    >>> band([0.2, 0.5, 0.95, float("nan")]).tolist()
    ['0-0.3', '0.3-0.6', '0.85-1', 'sans']
    """
    values = np.asarray(confidence, dtype=np.float64)
    place = np.searchsorted(BANDS, values, side="right") - 1
    names = np.array(BAND_NAMES, dtype=object)[np.clip(place, 0, len(BAND_NAMES) - 1)]
    return np.where(np.isnan(values), NO_BAND, names)


def f1(precision: float, recall: float) -> float:
    """Harmonic mean of precision and recall; NaN when one is NaN, 0 when both are 0."""
    total = precision + recall
    return 2 * precision * recall / total if total else total


def list_metrics(sites: pd.DataFrame, truths: pd.DataFrame) -> dict[str, float]:
    """Metrics of one list.

    Parameters
    ----------
    sites
        Sites of the list, column ``holds`` (True, False, missing when unknown) and ``verdict``.
    truths
        True sites, recorded independently of the list; column ``hit``: it is in the list.

    Returns
    -------
    ``found``, ``judged``, ``true``, ``partial`` (judged « partiel »), precision and its interval,
    ``wanted``, ``hit``, recall and its interval, ``f1``. A share without data is NaN.
    """
    judged = sites["holds"].dropna()
    true, hit = int(judged.sum()), int(truths["hit"].sum())
    precision, recall = wilson(true, len(judged)), wilson(hit, len(truths))
    return {
        "found": len(sites),
        "judged": len(judged),
        "true": true,
        "partial": int((sites["verdict"] == "partiel").sum()),
        "precision": precision[0],
        "precision_low": precision[1],
        "precision_high": precision[2],
        "wanted": len(truths),
        "hit": hit,
        "recall": recall[0],
        "recall_low": recall[1],
        "recall_high": recall[2],
        "f1": f1(precision[0], recall[0]),
    }


def by_kind(sites: pd.DataFrame, truths: pd.DataFrame, kinds: Iterable[str]) -> pd.DataFrame:
    """`list_metrics` of each kind present, then of all kinds together; first column ``kind``."""
    rows = [
        {"kind": kind, **list_metrics(sites[sites["kind"] == kind], truths[truths["kind"] == kind])}
        for kind in kinds
        if (sites["kind"] == kind).any() or (truths["kind"] == kind).any()
    ]
    return pd.DataFrame([*rows, {"kind": ALL, **list_metrics(sites, truths)}])


def by_band(sites: pd.DataFrame, truths: pd.DataFrame, kinds: Iterable[str]) -> pd.DataFrame:
    """`list_metrics` of each kind and band, in increasing order; columns ``kind``, ``band``.

    Recall is that of the list of the sites of this band and above. A missed site has no
    confidence, so it counts in every band. The total covers the kinds with a confidence.
    """
    rows = []
    sure = sites.loc[sites["confidence"].notna(), "kind"].unique()
    sites, truths = sites[sites["kind"].isin(sure)], truths[truths["kind"].isin(sure)]
    for kind in (*kinds, ALL):
        listed = sites if kind == ALL else sites[sites["kind"] == kind]
        wanted = truths if kind == ALL else truths[truths["kind"] == kind]
        bands = band(listed["confidence"])
        for place, name in enumerate(BAND_NAMES):
            if not (bands == name).any():
                continue
            in_list = wanted["confidence"] >= BANDS[place]
            up_to = wanted.assign(hit=wanted["hit"] & in_list)
            rows.append({"kind": kind, "band": name, **list_metrics(listed[bands == name], up_to)})
    names = ["kind", "band", *list_metrics(sites.iloc[:0], truths.iloc[:0])]
    return pd.DataFrame(rows, columns=names)


def calibration(sites: pd.DataFrame) -> pd.DataFrame:
    """Predicted confidence against the observed share, by band, over all kinds.

    Returns
    -------
    ``band``, ``judged``, ``true``, ``told`` (mean confidence of the judged sites), ``seen`` and its
    interval ``seen_low``, ``seen_high``; one row a band with a judged site, in increasing order.
    """
    known = sites.loc[sites["holds"].notna() & sites["confidence"].notna()]
    bands = band(known["confidence"])
    rows = []
    for name in BAND_NAMES:
        in_band = known[bands == name]
        if in_band.empty:
            continue
        true = int(in_band["holds"].sum())
        share, low, high = wilson(true, len(in_band))
        mean = float(in_band["confidence"].mean())
        rows.append((name, len(in_band), true, mean, share, low, high))
    names = ["band", "judged", "true", "told", "seen", "seen_low", "seen_high"]
    return pd.DataFrame(rows, columns=names)


def auc(sites: pd.DataFrame) -> float:
    """Area under the ROC curve: probability that a true site has more confidence than a false one.

    Ties count for a half. NaN without both true and false sites with a confidence.

    Examples
    --------
    >>> auc(pd.DataFrame({"confidence": [0.9, 0.8, 0.3], "holds": [True, False, False]}))
    1.0
    """
    known = sites.loc[sites["holds"].notna() & sites["confidence"].notna()]
    true = known["holds"].to_numpy(dtype=bool)
    ones, zeros = int(true.sum()), int((~true).sum())
    if not ones or not zeros:
        return float("nan")
    ranks = known["confidence"].rank().to_numpy()
    return float((ranks[true].sum() - ones * (ones + 1) / 2) / (ones * zeros))


def brier(sites: pd.DataFrame) -> tuple[float, float]:
    """Brier score of the confidence, and that of a constant forecast at the mean share."""
    known = sites.loc[sites["holds"].notna() & sites["confidence"].notna()]
    if known.empty:
        return float("nan"), float("nan")
    true = known["holds"].to_numpy(dtype=np.float64)
    confidence = known["confidence"].to_numpy(dtype=np.float64)
    return float(np.mean((confidence - true) ** 2)), float(np.mean((true.mean() - true) ** 2))


def is_increasing(table: pd.DataFrame) -> bool | None:
    """Whether the share of true sites increases with each band; None with fewer than two bands."""
    if len(table) < 2:
        return None
    return bool((np.diff(table["seen"].to_numpy(dtype=np.float64)) > 0).all())


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
    rules: tuple[Baseline, ...], sites: pd.DataFrame, truths: pd.DataFrame, evidence: pd.DataFrame
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
            figures = list_metrics(selected, wanted.assign(hit=wanted["hit"] & in_list))
            if no_signal:
                figures |= {"recall": np.nan, "recall_low": 0.0, "recall_high": 1.0, "f1": np.nan}
            rows.append({"baseline": rule.name, "kind": kind, **figures})
    names = ["baseline", "kind", *list_metrics(sites.iloc[:0], truths.iloc[:0])]
    return pd.DataFrame(rows, columns=names)
