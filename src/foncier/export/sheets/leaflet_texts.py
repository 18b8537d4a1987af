"""Content of the leaflet that only the study knows, or a list of premises: texts, people, link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foncier.export.sheets import content
from foncier.export.sheets.markers import kind_marker
from foncier.export.sheets.typography import measured, printable
from foncier.i18n import localize
from foncier.model import KIND_LABELS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foncier.export.sheets.tables import SheetTables
    from foncier.i18n import Lang

# More would need a third page.
MAX_CONTACTS, MAX_LINES, MAX_CHANGES, MAX_LETTINGS = 4, 5, 6, 6
MAX_TESTIMONIES, MAX_PARTNERS = 3, 12
FREE_PREMISES = ("premises_empty", "premises_partly")
QUIET = 4  # modules left white around a QR code (ISO/IEC 18004)


def contacts(settings: Mapping[str, Any], lang: Lang) -> list[dict[str, Any]]:
    """Services to address, with a few lines each."""
    return [
        {
            "name": printable(one["name"], lang=lang, limit=80),
            "lines": [printable(line, lang=lang, limit=60) for line in one["lines"][:MAX_LINES]],
        }
        for one in settings.get("contacts", ())[:MAX_CONTACTS]
    ]


def changes(settings: Mapping[str, Any], lang: Lang) -> list[list[str]]:
    """Planned changes: when, and what."""
    return [
        [printable(one["when"], lang=lang, limit=40), printable(one["text"], lang=lang, limit=180)]
        for one in settings.get("changes", ())[:MAX_CHANGES]
    ]


def testimonies(settings: Mapping[str, Any], lang: Lang) -> list[list[str]]:
    """What people of the sector say, and who they are."""
    return [
        [printable(one["text"], lang=lang, limit=260), printable(one["who"], lang=lang, limit=90)]
        for one in settings.get("testimonies", ())[:MAX_TESTIMONIES]
    ]


def partners(settings: Mapping[str, Any], lang: Lang) -> list[str]:
    """Names of the partners."""
    return [
        printable(one, lang=lang, limit=60) for one in settings.get("partners", ())[:MAX_PARTNERS]
    ]


def lettings(tables: SheetTables, lang: Lang) -> dict[str, Any]:
    """Premises to let: those of the study, then those of the lists of premises on the sites.

    Area, rent, availability and contact that nobody states are named as not stated.
    """
    stated = [_stated(one, lang) for one in tables.leaflet.get("premises", ())]
    rows = [*stated, *_listed(tables, lang)]
    more = len(rows) - MAX_LETTINGS
    words = localize("export.sheets.more_lettings", lang, count=more) if more > 0 else ""
    return {"rows": rows[:MAX_LETTINGS], "more": words}


def _stated(one: Mapping[str, Any], lang: Lang) -> dict[str, str]:
    unstated = localize("export.sheets.letting_unstated", lang)
    area = one.get("area_m2")
    texts = {
        key: printable(one.get(key) or unstated, lang=lang, limit=70)
        for key in ("rent", "available", "contact")
    }
    return {
        "marker": "",
        "alt": "",
        "name": printable(one["name"], lang=lang, limit=70),
        "text": localize(
            "export.sheets.letting",
            lang,
            area=unstated if area is None else measured(area, "m²", lang),
            **texts,
        ),
    }


def _listed(tables: SheetTables, lang: Lang) -> list[dict[str, str]]:
    """Free premises by the evidence on the sites, in the order of the ranks."""
    free = tables.evidence[tables.evidence["signal"].isin(FREE_PREMISES)]
    by_site = {row["opportunity_id"]: row for row in free.to_dict("records")}
    listed = tables.sites[tables.sites["opportunity_id"].isin(by_site)]
    rows = []
    for site in listed.to_dict("records"):
        row, ranked = by_site[site["opportunity_id"]], site["overall_rank"]
        rank = str(int(ranked)) if ranked == ranked else ""  # noqa: PLR0124 (not NaN)
        rows.append(
            {
                "marker": kind_marker(site["kind"], rank),
                "alt": KIND_LABELS[site["kind"]][lang],
                "name": printable(content.title_of(site, lang), lang=lang, limit=70),
                "text": _free_words(row, lang),
            }
        )
    return rows


def _free_words(row: Mapping[Any, Any], lang: Lang) -> str:
    """Share of the premises that is free, with the day of the list where it is known."""
    day, values = row["observed_on"], {"share": float(row["share"])}
    if day is None or day != day:  # noqa: PLR0124 (NaT is not equal to itself)
        return localize("export.sheets.letting_listed", lang, **values)
    return localize("export.sheets.letting_listed_on", lang, **values, day=day.date())


def map_link(settings: Mapping[str, Any], lang: Lang) -> dict[str, str] | None:
    """Address of the online map with its QR code; None where the study gives none."""
    address = settings.get("map_url", "")
    if not address:
        return None
    shown = printable(address, lang=lang, limit=90)
    return {
        "svg": qr_code(address),
        "alt": localize("export.sheets.alt_qr", lang, address=shown),
        "address": shown,
    }


def qr_code(text: str) -> str:
    """QR code (ISO/IEC 18004, correction M) as one SVG document, a unit a module.

    Examples
    --------
    >>> qr_code("https://exemple.fr").count("h1v1h-1z") > 200
    True
    """
    import segno  # noqa: PLC0415 (only a study with a link needs it)

    code = segno.make_qr(text, error="m", boost_error=False)
    side = code.symbol_size(border=QUIET)[0]
    dark = "".join(
        f"M{x} {y}h1v1h-1z"
        for y, row in enumerate(code.matrix_iter(border=QUIET))
        for x, module in enumerate(row)
        if module
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side}" height="{side}" '
        f'viewBox="0 0 {side} {side}"><rect width="{side}" height="{side}" fill="#ffffff"/>'
        f'<path d="{dark}" fill="#000000" shape-rendering="crispEdges"/></svg>'
    )
