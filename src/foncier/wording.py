"""Figures and reasons as a planner reads them, in French and in English."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from foncier.i18n import Lang, Localized, figure
from foncier.i18n.arrays import (
    Floats,
    Words,
    figures,
    fill_text,
)
from foncier.i18n.format import NARROW

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from foncier.model import Rule

__all__ = [
    "COLON",
    "FLAG_COLUMNS",
    "KIND_LABELS",
    "KIND_PLURALS",
    "NARROW",
    "UNKNOWN",
    "Floats",
    "Lang",
    "Words",
    "figure",
    "figures",
    "flag_columns",
    "more_flags",
    "reasons",
]
UNKNOWN = Localized("inconnu, la parcelle ne peut pas être jugée", "unknown, cannot be judged")
COLON = {"fr": "\u00a0: ", "en": ": "}
KIND_LABELS = {
    "friche": Localized("Friche", "Friche"),
    "dent_creuse": Localized("Dent creuse", "Infill plot"),
    "batiment_non_affecte": Localized("Bâtiment non affecté", "Unassigned building"),
    "terrain_divisible": Localized("Terrain divisible", "Divisible plot"),
}

KIND_PLURALS = {
    "friche": Localized("Friches", "Friches"),
    "dent_creuse": Localized("Dents creuses", "Infill plots (dents creuses)"),
    "batiment_non_affecte": Localized("Bâtiments non affectés", "Unassigned buildings"),
    "terrain_divisible": Localized("Terrains divisibles", "Divisible plots"),
}


FLAG_COLUMNS = {"warnings": "fr", "warnings_en": "en"}


def flag_columns(told: Sequence[Sequence[Localized]]) -> dict[str, list[str | None]]:
    """Columns ``warnings`` and ``warnings_en`` of the candidates: the same points to watch, twice.

    Points are joined by `` | ``, in the same order in both languages; None where there is none.

    Examples
    --------
    >>> flag_columns([[Localized("pollution avérée", "proven pollution")], []])
    {'warnings': ['pollution avérée', None], 'warnings_en': ['proven pollution', None]}
    """
    return {
        column: [" | ".join(text[lang] for text in texts) or None for texts in told]
        for column, lang in FLAG_COLUMNS.items()
    }


def more_flags(table: Any, told: Sequence[Sequence[Localized]]) -> dict[str, list[str | None]]:
    """Columns of points to watch with some added after those that a table has."""
    return {
        column: [
            " | ".join(text for text in (before, fresh) if text) or None
            for before, fresh in zip(
                table[column].astype(object).where(table[column].notna(), ""), added, strict=True
            )
        ]
        for column, added in flag_columns(told).items()
    }


def reasons(
    rule: Rule, values: Floats, details: Words, lang: Lang, *, limits: Floats | None = None
) -> Words:
    """Say why a rule is not kept: in its own words, or value, threshold and what is short.

    Parameters
    ----------
    values, details
        Measures of the rule, NaN where unknown, and their details or None.
    limits
        Thresholds, where they are not the rule's own.
    """
    bounds = np.full(len(values), rule.threshold) if limits is None else limits
    shown, threshold = figures(values, rule.unit, lang), figures(bounds, rule.unit, lang)
    if rule.failed is not None:
        given = {"value": shown, "threshold": threshold, "detail": _filled(details, "?")}
        told = fill_text(rule.failed[lang], given, len(values), lang)
    else:
        short = figures(np.abs(values - bounds), rule.unit, lang)
        told = _compared(rule, shown, threshold, short, lang)
        if limits is not None:
            told = told + np.where(_none(details), "", COLON[lang] + _filled(details, ""))
    told[np.isnan(values)] = f"{rule.label[lang]}{COLON[lang]}{UNKNOWN[lang]}"
    return told


def _compared(rule: Rule, shown: Words, threshold: Words, short: Words, lang: Lang) -> Words:
    """Value, threshold and what is short, in a sentence."""
    least, told = rule.at_least is not None, f"{rule.label[lang]} " + shown
    if lang == "fr":
        need = "il faut" if least else "il faut moins de"
        gap = "il manque" if least else "il y a de trop"
        told += f", {need} " + threshold + f" ({gap} " + short + ")"
    else:
        need, gap = ("needed", "short") if least else ("at most", "too much")
        told += ", " + threshold + f" {need} (" + short + f" {gap})"
    words: Words = told
    return words


def _none(details: Words) -> NDArray[np.bool_]:
    return np.array([not detail for detail in details], dtype=bool)


def _filled(details: Words, instead: str) -> Words:
    return np.array([detail or instead for detail in details], dtype=object)
