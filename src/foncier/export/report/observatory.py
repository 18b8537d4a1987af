"""Editions of a study as a trend: a page to print and a workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foncier.export.report.document import AREA, COUNT, Document, Field, Grid, grid
from foncier.export.report.writers.xlsx import write_xlsx
from foncier.export.sheets.render import compiled
from foncier.export.sheets.typography import hectares, printable
from foncier.export.words import KIND_COLOURS, VALUES
from foncier.i18n import figure, format_value, label, localize
from foncier.schemas.results import AVAILABILITY_CLASSES, KINDS, TAKEN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    import pandas as pd

    from foncier.i18n import Lang

TEMPLATE = "observatory.typ"
# Ways of a site into the supply, then out of it.
FLOWS = ("new", "freed", "taken", "built", "gone")
PAGE_WORDS = ("title", "supply", "availability", "flows", "note", "edition", "offered", "unsought")


def _words(key: str, lang: Lang) -> str:
    return label(f"export.observatory.{key}")[lang]


def _day(day: date, lang: Lang) -> str:
    return format_value(day, "day", lang)


def _sum(some: pd.DataFrame, column: str) -> float:
    """Sum of what is known; missing where nothing is."""
    return float(some[column].sum(min_count=1))


def supply_grid(days: Sequence[date], stock: pd.DataFrame, lang: Lang) -> Grid:
    """Sites on offer and their land, a row an edition and kind."""
    offered = stock[stock["class"] != TAKEN]
    found: list[dict[str, Any]] = []
    for day in days:
        some = offered[offered["day"] == day]
        for kind in KINDS:
            one = some[some["kind"] == kind]
            found.append(_row(_day(day, lang), VALUES[kind][lang], one))
        found.append(_row(_day(day, lang), _words("total", lang), some))
    fields = {
        "day": Field(_words("edition", lang)),
        "group": Field(_words("kind", lang), width=1.6),
        "sites": Field(_words("sites", lang), COUNT),
        "area_m2": Field(_words("area", lang), AREA),
    }
    return grid("offre", _words("supply", lang), fields, found)


def _row(day: str, group: str, some: pd.DataFrame) -> dict[str, Any]:
    known = {name: _sum(some, name) for name in ("sites", "area_m2")}
    return {"day": day, "group": group, **known}


def class_grid(days: Sequence[date], stock: pd.DataFrame, lang: Lang) -> Grid:
    """Sites and land, a row an edition and class of availability."""
    found = [
        _row(
            _day(day, lang),
            VALUES[name][lang],
            stock[(stock["day"] == day) & (stock["class"] == name)],
        )
        for day in days
        for name in AVAILABILITY_CLASSES
    ]
    fields = {
        "day": Field(_words("edition", lang)),
        "group": Field(_words("availability", lang), width=1.6),
        "sites": Field(_words("sites", lang), COUNT),
        "area_m2": Field(_words("area", lang), AREA),
    }
    return grid("disponibilite", _words("availability", lang), fields, found)


def flow_grid(flows: pd.DataFrame, lang: Lang) -> Grid:
    """Sites that entered and left the supply between two editions, a row a kind."""
    found: list[dict[str, Any]] = []
    for day in flows["day"].unique():
        some = flows[flows["day"] == day]
        names = {"since": _day(some["since"].iloc[0], lang), "day": _day(day, lang)}
        rows = [(VALUES[kind][lang], some[some["kind"] == kind]) for kind in KINDS]
        for words, one in (*rows, (_words("total", lang), some)):
            found.append({**names, "kind": words, **{name: _sum(one, name) for name in FLOWS}})
    fields = {
        "since": Field(_words("since", lang)),
        "day": Field(_words("edition", lang)),
        "kind": Field(_words("kind", lang), width=1.6),
        **{name: Field(_words(f"flow_{name}", lang), COUNT, 1.2) for name in FLOWS},
    }
    return grid("mouvements", _words("flows", lang), fields, found)


def workbook(
    title: str,
    days: Sequence[date],
    stock: pd.DataFrame,
    flows: pd.DataFrame,
    warnings: Sequence[str],
    *,
    lang: Lang,
) -> bytes:
    """Write the tables as ``.xlsx``: supply, availability, flows, then the notes."""
    notes = [_words("note", lang), *warnings]
    fields = {"note": Field(_words("notes", lang), width=4.0)}
    grids = (
        supply_grid(days, stock, lang),
        class_grid(days, stock, lang),
        flow_grid(flows, lang),
        grid("notes", _words("notes", lang), fields, [{"note": one} for one in notes]),
    )
    return write_xlsx(Document(_words("title", lang), title, days[-1], lang, grids))


def page(
    title: str,
    days: Sequence[date],
    stock: pd.DataFrame,
    flows: pd.DataFrame,
    warnings: Sequence[str],
    *,
    fictional: bool,
    lang: Lang,
) -> bytes:
    """Write the page: supply of each edition by kind, availability, entries and departures."""
    offered = stock[stock["class"] != TAKEN]
    study = printable(title, lang=lang, limit=160)
    by_day = offered.groupby("day")["area_m2"].sum()
    most = float(by_day.max()) or 1.0
    table = flow_grid(flows, lang).shown(lang)
    demo = [label("export.sheets.demo")[lang], label("export.sheets.demo_more")[lang]]
    data = {
        "title": f"{study} – {_words('title', lang)}",
        "words": {key: _words(key, lang) for key in PAGE_WORDS},
        "frame": {
            "lang": lang,
            "study": study,
            "edition": localize("export.sheets.edition", lang, day=days[-1]),
            "demo": demo if fictional else None,
            "model": localize("export.sheets.model", lang),
            "page": localize("export.sheets.page_number", lang, page="{page}", pages="{pages}"),
        },
        "legend": [[KIND_COLOURS[kind], VALUES[kind][lang]] for kind in KINDS],
        "classes": [VALUES[name][lang] for name in AVAILABILITY_CLASSES],
        "editions": [
            _edition(day, stock[stock["day"] == day], most=most, lang=lang) for day in days
        ],
        "flow_head": list(table.labels),
        "flows": [list(row) for row in table.rows],
        "warnings": [printable(one, lang=lang, limit=300) for one in warnings],
    }
    return compiled(TEMPLATE, data)


def _edition(day: date, stock: pd.DataFrame, *, most: float, lang: Lang) -> dict[str, Any]:
    offered = stock[stock["class"] != TAKEN]
    unknown = localize("util.unknown", lang)
    counts = [_sum(stock[stock["class"] == name], "sites") for name in AVAILABILITY_CLASSES]
    return {
        "day": _day(day, lang),
        "sites": figure(_sum(offered, "sites"), "", lang),
        "area": hectares(_sum(offered, "area_m2"), lang),
        "parts": [
            [KIND_COLOURS[kind], float(area) / most]
            for kind in KINDS
            if (area := offered.loc[offered["kind"] == kind, "area_m2"].sum()) > 0
        ],
        "classes": [unknown if n != n else figure(n, "", lang) for n in counts],  # noqa: PLR0124
        "unsought": [
            VALUES[kind][lang]
            for kind in KINDS
            if offered.loc[offered["kind"] == kind, "sites"].isna().all()
        ],
    }
