"""Words for what surrounds a site: partners, companies, perimeters, needs that it meets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foncier.i18n import label, localize
from foncier.results.labels import VALUES
from foncier.schemas.results import NAF_SECTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from foncier.i18n import Lang

SEVERAL = "|"
SECTIONS_SHOWN = 6
OUTCOMES = ("fits", "to_check", "near_miss")


def _known(value: Any) -> bool:
    return value is not None and value == value  # noqa: PLR0124 (NaN is not equal to itself)


def perimeter_line(site: Mapping[Any, Any], lang: Lang) -> str:
    """Perimeters of a site and its nearest priority district; empty when nothing is known.

    Examples
    --------
    >>> perimeter_line({"in_perimeters": "ZAC Gare", "qpv_distance_m": 900.0}, "en")
    'ZAC Gare'
    """
    parts = []
    tags = site.get("in_perimeters")
    if _known(tags):
        parts = [str(tag) for tag in str(tags).split(SEVERAL)]
    distance, name = site.get("qpv_distance_m"), site.get("qpv")
    if _known(name) and _known(distance) and float(distance or 0) > 0:
        parts.append(localize("results.around.qpv_near", lang, name=name, distance=distance))
    return ", ".join(parts)


def partner_lines(around: pd.DataFrame, lang: Lang) -> list[str]:
    """One line a category of partners: the nearest with its walk, and how many there are.

    ``around`` are the rows of one site, in their order.
    """
    partners = around[~around["category"].isin(NAF_SECTIONS)]
    lines = []
    for category, rows in partners.groupby("category", sort=False):
        total = int(rows["number"].iloc[0])
        named = [_walk(row, lang) for row in rows.to_dict("records")]
        more = total - len(named)
        if more > 0:
            named.append(localize("results.around.more", lang, count=more))
        words = VALUES[str(category)][lang]
        lines.append(localize("results.around.partners", lang, category=words, places=named))
    return lines


def _walk(row: Mapping[Any, Any], lang: Lang) -> str:
    """Place and its walk; a straight distance is said to be one."""
    name = str(row["name"]) if _known(row["name"]) else label("results.around.unnamed")[lang]
    if _known(row["minutes"]):
        key, value = "results.around.minutes", max(round(float(row["minutes"])), 1)
        return localize(key, lang, name=name, minutes=value)
    return localize("results.around.straight", lang, name=name, distance=row["distance_m"])


def company_line(around: pd.DataFrame, lang: Lang) -> str:
    """Companies within a walk by section of their activity, the most first; empty without any."""
    rows = around[around["category"].isin(NAF_SECTIONS)]
    if rows.empty:
        return ""
    ordered = rows.sort_values(["number", "category"], ascending=[False, True], kind="stable")
    shown = [
        localize(
            "results.around.section", lang, section=VALUES[row["category"]], count=row["number"]
        )
        for row in ordered.head(SECTIONS_SHOWN).to_dict("records")
    ]
    total = int(rows["number"].sum())
    return localize("results.around.companies", lang, count=total, sections=shown)


def need_lines(needs: pd.DataFrame, lang: Lang) -> list[str]:
    """One line a need of the study: whether the site meets it, and what is to be checked."""
    order = {outcome: n for n, outcome in enumerate(OUTCOMES)}
    rows = needs.assign(order=needs["outcome"].map(order)).sort_values(["order", "need"])
    lines = []
    for row in rows.to_dict("records"):
        line = localize(
            "results.around.need", lang, need=row["need"], outcome=VALUES[row["outcome"]]
        )
        detail = row[f"detail_{lang}"]
        lines.append(f"{line} – {detail}" if _known(detail) else line)
    return lines


def surrounding_lines(site: Mapping[Any, Any], around: pd.DataFrame, lang: Lang) -> list[str]:
    """Perimeters of a site, then its partners by category, then the companies around.

    ``around`` are the rows of the site in the table ``AROUND``, in their order.
    """
    perimeters, lines = perimeter_line(site, lang), list[str]()
    if len(around):
        companies = company_line(around, lang)
        lines = partner_lines(around, lang) + [companies] * bool(companies)
    if perimeters:
        lines.insert(0, localize("results.around.perimeters", lang, perimeters=perimeters))
    return lines


def surroundings(
    explanation: Any, site: Mapping[Any, Any], lang: Lang
) -> Iterator[tuple[str, list[str]]]:
    """Sections of an explanation on what surrounds a site; none where nothing is known."""
    id_ = site["opportunity_id"]
    around = explanation.around[explanation.around["opportunity_id"] == id_].sort_values("order")
    if lines := surrounding_lines(site, around, lang):
        yield label("results.around.title")[lang], lines
    needs = explanation.site_needs
    if words := need_lines(needs[needs["opportunity_id"] == id_], lang):
        yield label("results.around.needs_title")[lang], words
