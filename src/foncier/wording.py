"""Figures and reasons as a planner reads them, in French and in English."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from foncier.records import Rule, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

Lang = Literal["fr", "en"]
COLON = {"fr": "\u00a0: ", "en": ": "}
NARROW = "\u202f"  # the space of French thousands
KIND_LABELS = {
    "friche": Text("Friche", "Friche"),
    "dent_creuse": Text("Dent creuse", "Infill plot"),
    "batiment_non_affecte": Text("Bâtiment non affecté", "Unassigned building"),
    "terrain_divisible": Text("Terrain divisible", "Divisible plot"),
}

KIND_PLURALS = {
    "friche": Text("Friches", "Friches"),
    "dent_creuse": Text("Dents creuses", "Infill plots (dents creuses)"),
    "batiment_non_affecte": Text("Bâtiments non affectés", "Unassigned buildings"),
    "terrain_divisible": Text("Terrains divisibles", "Divisible plots"),
}


FLAG_COLUMNS = {"flags": "fr", "flags_en": "en"}


def flag_columns(told: Sequence[Sequence[Text]]) -> dict[str, list[str | None]]:
    """Columns ``flags`` and ``flags_en`` of the candidates: the same points to watch, twice.

    Points are joined by `` | ``, in the same order in both languages; None where there is none.

    Examples
    --------
    >>> flag_columns([[Text("pollution avérée", "proven pollution")], []])
    {'flags': ['pollution avérée', None], 'flags_en': ['proven pollution', None]}
    """
    return {
        column: [" | ".join(text[lang] for text in texts) or None for texts in told]
        for column, lang in FLAG_COLUMNS.items()
    }


def more_flags(table: Any, told: Sequence[Sequence[Text]]) -> dict[str, list[str | None]]:
    """Columns of points to watch with some added after those that a table has."""
    return {
        column: [
            " | ".join(text for text in (before, fresh) if text) or None
            for before, fresh in zip(table[column].astype(object).where(table[column].notna(), ""),
                                     added, strict=True)
        ]
        for column, added in flag_columns(told).items()
    }  # fmt: skip


@lru_cache(maxsize=65_536)
def figure(value: float, unit: str, lang: Lang) -> str:
    r"""Write a figure with its unit: one decimal below 100, thousands apart.

    Examples
    --------
    >>> figure(5.43, "m", "fr"), figure(1234.6, "m²", "en"), figure(float("nan"), "m", "fr")
    ('5,4\xa0m', '1,235\xa0m²', 'inconnu')
    """
    if math.isnan(value):
        return "inconnu" if lang == "fr" else "unknown"
    decimals = 0 if abs(value) >= 100 or value == round(value) else 1
    text = f"{value:,.{decimals}f}"
    if lang == "fr":
        text = text.replace(",", NARROW).replace(".", ",")
    if not unit:
        return text
    return f"{text}%" if unit == "%" and lang == "en" else f"{text}\u00a0{unit}"


def reason(
    rule: Rule, value: float, detail: str | None, lang: Lang, *, limit: float | None = None
) -> str:
    """Say why a rule is not kept: in its own words, or value, threshold and what is short.

    ``limit`` is the threshold for this very parcel, where it is not the rule's own. An unknown
    value says that it is unknown.
    """
    bound = rule.threshold if limit is None else limit
    if math.isnan(value):
        unknown = Text("inconnu, la parcelle ne peut pas être jugée", "unknown, cannot be judged")
        return f"{rule.label[lang]}{COLON[lang]}{unknown[lang]}"
    shown, threshold = figure(value, rule.unit, lang), figure(bound, rule.unit, lang)
    if rule.failed is not None:
        return rule.failed[lang].format(value=shown, threshold=threshold, detail=detail or "?")
    short = figure(abs(value - bound), rule.unit, lang)
    where = f"{COLON[lang]}{detail}" if limit is not None and detail else ""
    if lang == "fr":
        need = "il faut" if rule.at_least is not None else "il faut moins de"
        gap = "il manque" if rule.at_least is not None else "il y a de trop"
        return f"{rule.label.fr} {shown}, {need} {threshold} ({gap} {short}){where}"
    need = "needed" if rule.at_least is not None else "at most"
    gap = "short" if rule.at_least is not None else "too much"
    return f"{rule.label.en} {shown}, {threshold} {need} ({short} {gap}){where}"
