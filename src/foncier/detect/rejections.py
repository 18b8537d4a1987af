"""Rejected parcels, each with the rule that stopped it and the reason in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np

from foncier import schemas
from foncier.i18n.arrays import (
    Floats,
    Words,
    figures,
    fill_text,
    localize_many,
    word_values,
)
from foncier.model import KIND_LABELS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from foncier.detect.rule_engine import RuleOutcome
    from foncier.i18n import Lang
    from foncier.model import Rule


def rejections(
    parcels: gpd.GeoDataFrame,
    rejected: NDArray[np.intp],
    outcomes: Mapping[str, Sequence[RuleOutcome]],
) -> gpd.GeoDataFrame:
    """Build one row per parcel: the rule that stopped it, of the kind where it passed most rules.

    Parameters
    ----------
    parcels
        PARCELS.
    rejected
        Positions of the parcels that are candidates of no kind, in order.
    outcomes
        Outcomes of the rules of each kind; of two kinds with as many steps, the first counts.

    Returns
    -------
    REJECTIONS, in the order of the parcels; the margin is missing where the value is unknown.
    """
    tests = [(kind, outcome) for kind, steps in outcomes.items() for outcome in steps]
    if not tests or not len(rejected):
        return schemas.REJECTIONS.empty(parcels.crs)
    furthest = np.full(len(parcels), -1)
    for n, (_, outcome) in reversed(list(enumerate(tests))):
        stopped = outcome.rows[outcome.stopped]
        steps = np.array([tests[m][1].step if m >= 0 else 0 for m in furthest[stopped]])
        furthest[stopped[outcome.step >= steps]] = n
    columns: dict[str, NDArray[Any]] = {
        name: np.full(len(parcels), None, dtype=object) for name in schemas.REJECTIONS.names[2:-1]
    }
    for n, (kind, outcome) in enumerate(tests):
        chosen = outcome.stopped & (furthest[outcome.rows] == n)
        for name, values in _describe(kind, outcome, chosen).items():
            columns[name][outcome.rows[chosen]] = values
    rows = parcels.iloc[rejected]
    table = gpd.GeoDataFrame(
        {
            "parcel_id": rows["parcel_id"].to_numpy(),
            "area_m2": rows["area_m2"].to_numpy(),
            **{name: values[rejected] for name, values in columns.items()},
        },
        geometry=rows.geometry.to_numpy(),
        crs=parcels.crs,
    )
    return schemas.REJECTIONS.conform(table.sort_values("parcel_id"))


def _describe(kind: str, outcome: RuleOutcome, chosen: NDArray[np.bool_]) -> dict[str, Any]:
    """Columns of REJECTIONS for some of the parcels that one rule stopped."""
    rule, values, details = outcome.rule, outcome.value[chosen], outcome.detail[chosen]
    thresholds = outcome.threshold[chosen]
    varying = thresholds if rule.limit else None

    def reason(lang: Lang) -> Words:
        reasons = describe_failure(rule, values, details, lang, thresholds=varying)
        return localize_many(
            "detect.rules.reason_by_kind",
            lang,
            len(reasons),
            kind=KIND_LABELS[kind],
            reason=reasons,
        )

    return {
        "kind": kind,
        "rule": rule.name,
        "value": values,
        "threshold": thresholds,
        "margin": outcome.margin[chosen],
        "unit": rule.unit or None,
        "detail": word_values(details, "fr"),
        "detail_en": word_values(details, "en"),
        "reason_fr": reason("fr"),
        "reason_en": reason("en"),
    }


def describe_failure(
    rule: Rule,
    values: Floats,
    details: NDArray[np.object_],
    lang: Lang,
    *,
    thresholds: Floats | None = None,
) -> Words:
    """Word why parcels fail a rule: by the words of the rule, or value, threshold and gap.

    Parameters
    ----------
    values, details
        Measures of the rule (NaN: unknown), and their details (None, text or messages).
    thresholds
        Thresholds of the parcels, where they vary; the detail then explains them.

    Returns
    -------
    Words in the language, shape (n,).
    """
    count = len(values)
    bounds = np.full(count, rule.threshold) if thresholds is None else thresholds
    if rule.failed is not None:
        params = {
            "value": figures(values, rule.unit, lang),
            "threshold": figures(bounds, rule.unit, lang),
            "detail": _words_or(details, lang, "?"),
        }
        reasons = fill_text(rule.failed[lang], params, count, lang)
    else:
        reasons = localize_many(
            "detect.rules.too_low" if rule.at_least is not None else "detect.rules.too_high",
            lang,
            count,
            label=rule.label,
            value=values,
            threshold=bounds,
            gap=np.abs(values - bounds),
            unit=rule.unit,
        )
        if thresholds is not None:
            words = _words_or(details, lang, "")
            explained = localize_many(
                "detect.rules.with_detail", lang, count, reason=reasons, detail=words
            )
            reasons = np.where(words == "", reasons, explained)
    unknown = localize_many("detect.rules.unknown_value", lang, count, label=rule.label)
    worded: Words = np.where(np.isnan(values), unknown, reasons)
    return worded


def _words_or(details: NDArray[np.object_], lang: Lang, other: str) -> Words:
    """Details in words, and other words where there is none."""
    return np.array([words or other for words in word_values(details, lang)], dtype=object)
