"""Note for elected members: one page, the map, five figures, the first ten, what to decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foncier.export.sheets import content
from foncier.export.sheets.markers import kind_marker
from foncier.export.sheets.render import basemap_around, compiled
from foncier.export.sheets.sectormap import sector_map
from foncier.export.sheets.typography import hectares, is_known, measured, printable, scale_words
from foncier.export.words import VALUES
from foncier.i18n import figure, label, localize
from foncier.results.totals import offer_classes, on_offer, supply

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from foncier.export.sheets.tables import SheetTables
    from foncier.i18n import Lang

FILE = "note.pdf"
MAP_MM = (182.0, 96.0)
FIRST = 10
NEAR_MIN = 10.0
MOST_UNKNOWN = 4
EVEN = 0.5  # chance that a site is really free
WORDS = ("title", "first", "site", "what", "area", "state", "check", "unknown", "decide")


def note(tables: SheetTables, lang: Lang) -> Mapping[str, bytes]:
    """Write the note of a result: one A4 page, accessible PDF, by its file name."""
    words = {f"page_{key}": label(f"export.note.page_{key}")[lang] for key in WORDS}
    frame = content.frame(tables, lang)
    data = {
        "title": f"{frame['study']} – {words['page_title']}",
        "words": words,
        "frame": frame,
        "map": _map(tables, lang),
        "figures": [list(pair) for pair in figures(tables, lang)],
        "first": _first(tables, lang),
        "unknown": _unknown(tables, lang),
        "decide": decisions(tables, lang),
    }
    return {FILE: compiled("note.typ", data)}


def figures(tables: SheetTables, lang: Lang) -> list[tuple[str, str]]:
    """Five figures of the result, each with the words of what it counts."""
    free, parts = on_offer(tables.sites), supply(tables.sites)
    low, high = float(free["yield_low"].sum()), float(free["yield_high"].sum())
    near = _near(tables, free)
    station = localize("export.note.figure_near", lang)
    dwellings = localize(
        "export.sheets.range", lang, low=figure(low, "", lang), high=figure(high, "", lang)
    )
    known = bool(free["yield_low"].notna().any())
    return [
        (figure(parts["offered"].sites, "", lang), localize("export.note.figure_sites", lang)),
        (hectares(parts["offered"].area_m2, lang), label("export.note.figure_area")[lang]),
        (figure(parts["ready"].sites, "", lang), localize("export.note.figure_ready", lang)),
        ("–" if near is None else figure(near, "", lang), station),
        (dwellings if known else "–", localize("export.note.figure_dwellings", lang)),
    ]


def _near(tables: SheetTables, sites: pd.DataFrame) -> int | None:
    """Sites within an easy walk of the station; None where no walk to it is known."""
    walks = tables.access[tables.access["target"] == "station"]
    walks = walks[walks["opportunity_id"].isin(sites["opportunity_id"])]
    minutes = walks["time_min"].dropna()
    return int((minutes <= NEAR_MIN).sum()) if len(minutes) else None


def _map(tables: SheetTables, lang: Lang) -> dict[str, str]:
    drawn = sector_map(tables, basemap_around(tables, []), lang, size_mm=MAP_MM)
    scale = scale_words(drawn.scale, lang)
    alt = localize("export.sheets.alt_sector", lang, scale=scale, count=len(tables.sites))
    return {
        "svg": drawn.svg,
        "scale": localize("export.sheets.scale", lang, scale=scale),
        "alt": alt,
    }


def _first(tables: SheetTables, lang: Lang) -> list[dict[str, str]]:
    """First ranked sites: what they are, their land, whether they can be had, what to check."""
    sites = tables.sites.assign(availability_class=offer_classes(tables.sites))
    sites = on_offer(sites)
    ranked = sites[sites["overall_rank"].notna()].head(FIRST)
    return [
        {
            "marker": kind_marker(site["kind"], str(int(site["overall_rank"]))),
            "alt": VALUES[site["kind"]][lang],
            "title": printable(content.title_of(site, lang), lang=lang, limit=44),
            "kind": label(f"export.note.kind_{site['kind']}")[lang],
            "area": measured(site["area_m2"], "m²", lang),
            "state": label(f"export.note.state_{site['availability_class']}")[lang],
            "check": _check(site, lang),
        }
        for site in ranked.to_dict("records")
    ]


def _check(site: Mapping[Any, Any], lang: Lang) -> str:
    """First warning of a site; a dash without any."""
    written = site.get("warnings_en") if lang == "en" else site["warnings"]
    if not is_known(written):
        return "–"
    return printable(str(written).split("|")[0].strip(), lang=lang, limit=60)


def _unknown(tables: SheetTables, lang: Lang) -> list[str]:
    """What the study does not know: sites whose owner or state is unknown, layers it lacks."""
    sites, rows = tables.sites, []
    if "owner_types" not in sites or sites["owner_types"].isna().any():
        missing = (
            len(sites) if "owner_types" not in sites else int(sites["owner_types"].isna().sum())
        )
        rows.append(localize("export.note.unknown_owner", lang, count=missing, total=len(sites)))
    doubtful = int((sites["confidence"] < EVEN).sum())
    if doubtful:
        rows.append(localize("export.note.unknown_confidence", lang, count=doubtful))
    lacking = [
        printable(one["cost"][lang], lang=lang, limit=170) for one in tables.manifest["missing"]
    ]
    return [*rows, *lacking][:MOST_UNKNOWN]


def decisions(tables: SheetTables, lang: Lang) -> list[str]:
    """What is to be decided, from what the result has: visits, owners, public land, sites taken."""
    parts, rows = supply(tables.sites), []
    ready, confirm, taken = (parts[one].sites for one in ("ready", "to_confirm", "taken"))
    if ready:
        rows.append(localize("export.note.decide_ready", lang, count=ready))
    if confirm:
        rows.append(localize("export.note.decide_confirm", lang, count=min(confirm, FIRST)))
    public = parts["public"].sites
    if public:
        rows.append(localize("export.note.decide_public", lang, count=public))
    if taken:
        rows.append(localize("export.note.decide_taken", lang, count=taken))
    return rows or [localize("export.note.decide_nothing", lang)]
