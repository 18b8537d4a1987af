"""Confidence of plots: a logistic model of the margins of the rules and of the flags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foncier.geometry import Floats
    from foncier.model import PlotConfidence, Rule

FEATURES = ("weakest", "mean", "flags")
MOST_MARGIN, MOST_FLAGS = 1.0, 3.0
SEPARATOR = " | "  # between the flags of a plot


def plot_features(
    candidates: pd.DataFrame, tests: pd.DataFrame, rules: Mapping[str, tuple[Rule, ...]]
) -> pd.DataFrame:
    """Features of listed plots, which do not depend on the names of the rules.

    Parameters
    ----------
    candidates
        ``kind``, ``parcel_ids``, ``warnings``.
    tests
        TESTS of these plots, others ignored.
    rules
        Rules by kind; those that only warn count as flags.

    Returns
    -------
    One row a candidate, in order: ``weakest`` and ``mean`` of the signed margins, each as a share
    of its threshold, at most 1 (a rule with threshold 0, or of unknown value, does not count; 0
    without any); ``flags``, number of warnings, at most 3.

    Examples
    --------
    >>> import pandas as pd
    >>> plots = pd.DataFrame({"kind": ["x"], "parcel_ids": ["a"], "warnings": ["one | two"]})
    >>> tests = pd.DataFrame(
    ...     {"parcel_id": ["a"] * 2, "kind": "x", "rule": ["r", "s"], "margin": [3.0, 40.0]}
    ... ).assign(threshold=[10.0, 20.0])
    >>> plot_features(plots, tests, {}).to_numpy().tolist()
    [[0.3, 0.65, 2.0]]
    """
    warns = {(kind, r.name) for kind, own in rules.items() for r in own if r.warns}
    keys = pd.MultiIndex.from_frame(tests[["kind", "rule"]])
    threshold = tests["threshold"].abs().to_numpy(dtype=np.float64)
    margin = np.divide(
        tests["margin"].to_numpy(dtype=np.float64),
        threshold,
        out=np.full(len(tests), np.nan),
        where=threshold > 0,
    )
    counted = ~np.isnan(margin) & ~keys.isin(warns)
    shares = pd.DataFrame({"parcel_ids": tests["parcel_id"], "kind": tests["kind"]})
    shares = shares.assign(margin=np.minimum(margin, MOST_MARGIN))[counted]
    by_plot = shares.groupby(["parcel_ids", "kind"])["margin"].agg(weakest="min", mean="mean")
    plots = pd.MultiIndex.from_frame(candidates[["parcel_ids", "kind"]].astype("str"))
    by_plot.index = by_plot.index.set_levels([lv.astype("str") for lv in by_plot.index.levels])
    table = by_plot.reindex(plots).fillna(0.0).reset_index(drop=True)
    flags = candidates["warnings"].map(lambda t: t.count(SEPARATOR) + 1, na_action="ignore")
    counts = flags.astype("float64").fillna(0.0).clip(upper=MOST_FLAGS).to_numpy()
    features: pd.DataFrame = table.assign(flags=counts)[list(FEATURES)]
    return features


def plot_confidence(
    candidates: pd.DataFrame, features: pd.DataFrame, calibration: PlotConfidence
) -> Floats:
    """Probability that each plot is confirmed, shape (n,); NaN for a kind without a model."""
    confidence = np.full(len(candidates), np.nan)
    kinds: Any = candidates["kind"].to_numpy(dtype=object)
    for kind, model in calibration.kinds.items():
        own = kinds == kind
        weights = np.array([model.weights[name] for name in FEATURES])
        odds = model.intercept + features.loc[own].to_numpy(dtype=np.float64) @ weights
        confidence[own] = 1 / (1 + np.exp(-odds))
    return np.asarray(np.round(confidence, 3), dtype=np.float64)
