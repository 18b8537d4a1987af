"""Warnings of a candidate: what does not exclude it, but must be known before a visit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from foncier import geometry
from foncier.detect.context import texts
from foncier.detect.measures.parcel import constraint_shapes, constraint_uses, largest
from foncier.detect.rejections import describe_failure
from foncier.i18n import LANGUAGES, Localized, localized

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from foncier.detect.context import SpatialContext
    from foncier.detect.rule_engine import RuleOutcome
    from foncier.geometry import Geometries

OVERLAP_SHARE = 0.02  # less is the imprecision of the cadastre between two sheets
COLUMNS = {"fr": "warnings", "en": "warnings_en"}


def warning_columns(warnings: Sequence[Sequence[Localized]]) -> dict[str, list[str | None]]:
    """Columns ``warnings`` and ``warnings_en``: the same warnings in both languages.

    Warnings are joined by `` | ``; None where there is none.

    Examples
    --------
    >>> warning_columns([[Localized("pollution avérée", "proven pollution")], []])
    {'warnings': ['pollution avérée', None], 'warnings_en': ['proven pollution', None]}
    """
    return {
        COLUMNS[lang]: [" | ".join(text[lang] for text in texts) or None for texts in warnings]
        for lang in LANGUAGES
    }


def both(
    first: Sequence[Sequence[Localized]], second: Sequence[Sequence[Localized]]
) -> list[list[Localized]]:
    """Warnings of each candidate of two lists, those of the first before."""
    return [[*one, *other] for one, other in zip(first, second, strict=True)]


def append_warnings(
    table: Any, warnings: Sequence[Sequence[Localized]]
) -> dict[str, list[str | None]]:
    """Columns of warnings of a table, with some more after those that it has."""
    return {
        column: [
            " | ".join(text for text in (before, new) if text) or None
            for before, new in zip(
                table[column].astype(object).where(table[column].notna(), ""), added, strict=True
            )
        ]
        for column, added in warning_columns(warnings).items()
    }


def site_warnings(
    context: SpatialContext,
    rows: NDArray[np.intp],
    rows_by_kind: Mapping[str, NDArray[np.intp]],
    outcomes: Mapping[str, Sequence[RuleOutcome]],
) -> dict[str, list[str | None]]:
    """Columns of warnings of the plots, see `warning_columns`.

    Parameters
    ----------
    rows
        Positions of the candidates in the parcels, kind after kind.
    rows_by_kind, outcomes
        The same by kind, and the outcomes of the rules of the kind.
    """
    warnings = constraint_warnings(context, context.plots[rows])
    for texts_, overlap in zip(warnings, overlap_warnings(context, rows), strict=True):
        texts_.extend([overlap] if overlap else [])
    first = 0
    for kind, plots in rows_by_kind.items():
        for outcome in outcomes[kind]:
            if outcome.rule.warns:
                for n, words in _rule_warnings(outcome, plots):
                    warnings[first + n].append(words)
        first += len(plots)
    return warning_columns(warnings)


def _rule_warnings(outcome: RuleOutcome, plots: NDArray[np.intp]) -> list[tuple[int, Localized]]:
    """Position of each plot that fails a rule, and the words of the rule for it."""
    rule, failed = outcome.rule, np.flatnonzero(outcome.passed == 0)
    failed = failed[np.isin(outcome.rows[failed], plots)]
    order = np.argsort(plots)
    positions = order[np.searchsorted(plots[order], outcome.rows[failed])]
    if rule.failed is None:
        return [(int(n), rule.label) for n in positions]
    values, details = outcome.value[failed], outcome.detail[failed]
    fr, en = (
        describe_failure(rule, values, details, lang, thresholds=outcome.threshold[failed])
        for lang in LANGUAGES
    )
    return [(int(n), Localized(*words)) for n, *words in zip(positions, fr, en, strict=True)]


def constraint_warnings(context: SpatialContext, plots: Geometries) -> list[list[Localized]]:
    """Constraint with the largest overlap of each plot that does not exclude it; none or one."""
    if context.constraints is None:
        return [[] for _ in plots]
    constraints, outlines = constraint_shapes(context.constraints, "flag", 1.0)
    uses = constraint_uses(constraints)
    position = largest(geometry.overlaps(plots, outlines), len(plots))
    return [[localized(uses[at])] if at >= 0 else [] for at in position.tolist()]


def overlap_warnings(context: SpatialContext, rows: NDArray[np.intp]) -> NDArray[np.object_]:
    """Parcel with the largest overlap of each plot: the cadastre draws that land twice.

    Returns
    -------
    A `Localized` per plot, None where nothing overlaps.
    """
    warnings = np.full(len(rows), None, dtype=object)
    if context.parcels is None or not len(rows):
        return warnings
    plots, ids = context.plots[rows], texts(context.parcels["parcel_id"])
    plot, other = context.plots_tree.query(plots, predicate="intersects")
    apart = rows[plot] != other
    plot, other = plot[apart], other[apart]
    area = shapely.area(shapely.intersection(plots[plot], context.plots[other]))
    large = area >= OVERLAP_SHARE * shapely.area(plots[plot])
    plot, other, area = plot[large], other[large], area[large]
    order = np.lexsort((-other, area))  # the largest is written last; the first of equals wins
    warnings[plot[order]] = [
        localized("detect.warnings.overlaps", parcel=parcel) for parcel in ids[other[order]]
    ]
    return warnings
