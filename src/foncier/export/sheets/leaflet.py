"""Content of the leaflet of the sector: map, available land, access, contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from foncier.export.sheets import content, leaflet_texts
from foncier.export.sheets.canvas import photo
from foncier.export.sheets.markers import (
    KINDS,
    PLACES,
    kind_marker,
    place_marker,
    stop_letter,
)
from foncier.export.sheets.sectormap import (
    NUMBERED,
    SectorMap,
    sector_map,
    services_map,
)
from foncier.export.sheets.typography import (
    hectares,
    is_known,
    measured,
    out_of_100,
    printable,
    scale_words,
)
from foncier.export.words import VALUES
from foncier.i18n import figure, localize
from foncier.model import KIND_LABELS
from foncier.results.totals import on_offer, supply, totals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from foncier.export.sheets.basemap import Basemap
    from foncier.export.sheets.tables import SheetTables
    from foncier.i18n import Lang

WIDTH_MM, LEAST_MM = 182.0, (90.0, 76.0)  # the maps are higher where the page has space
FIRST = 10  # sites named on the first page
WITHIN_MIN = 10.0  # an easy walk
# More would need a third page.
MAX_PREMISES = 8
MAX_STOPS, MAX_DISTRICTS = 26, 8
PREMISES = ("innovation", "research", "university")


def leaflet(tables: SheetTables, basemap: Basemap, lang: Lang) -> dict[str, Any]:
    """Build the content of the two pages; a block without content is None or empty.

    The maps are the smallest ones; `larger_maps` draws those that fill the pages.
    """
    settings = tables.leaflet
    first = _first(tables, lang)
    return {
        **larger_maps(tables, basemap, lang, (0.0, 0.0)),
        "summary": _summary(tables, lang),
        "intro": printable(settings.get("intro", ""), lang=lang, limit=320),
        "kinds": _kinds(tables, lang),
        "total": _total(tables, lang),
        "beside": _beside(tables, lang),
        "first": first,
        "first_titles": [
            localize("export.sheets.first_sites", lang, count=n + 1) for n in range(len(first))
        ],
        "within": localize("export.sheets.within", lang, minutes=content.minutes(WITHIN_MIN, lang)),
        "stops": _stops(tables, lang),
        "loop": _loop(tables, lang),
        "access": _access(tables, lang),
        "premises": _premises(tables, lang),
        "lettings": leaflet_texts.lettings(tables, lang),
        "contacts": leaflet_texts.contacts(settings, lang),
        "changes": leaflet_texts.changes(settings, lang),
        "testimonies": leaflet_texts.testimonies(settings, lang),
        "partners": leaflet_texts.partners(settings, lang),
        "link": leaflet_texts.map_link(settings, lang),
        "districts": _districts(tables, lang),
        "photo": photo(
            tables, settings.get("photo"), localize("export.sheets.alt_photo", lang), lang
        ),
    }


def larger_maps(
    tables: SheetTables, basemap: Basemap, lang: Lang, more_mm: Sequence[float]
) -> dict[str, Any]:
    """Maps of the two pages with their notes, by so many millimetres higher than the smallest."""
    heights = [least + max(0.0, more) for least, more in zip(LEAST_MM, more_mm, strict=True)]
    sector = sector_map(tables, basemap, lang, size_mm=(WIDTH_MM, heights[0]))
    services = services_map(tables, basemap, lang, size_mm=(WIDTH_MM, heights[1]))
    return {
        "sector": _map(sector, "export.sheets.alt_sector", tables, lang),
        "services": _services(services, tables, lang),
        "notes": _notes(tables, sector, lang),
    }


def _summary(tables: SheetTables, lang: Lang) -> str:
    offered = supply(tables.sites)["offered"]
    sites = localize("export.sheets.offered_count", lang, count=offered.sites)
    return " · ".join(
        [sites, hectares(offered.area_m2, lang), content.frame(tables, lang)["edition"]]
    )


def _kinds(tables: SheetTables, lang: Lang) -> list[dict[str, Any]]:
    """Number, area and dwellings on offer of each kind, in the order of the palette."""
    sites, rows = on_offer(tables.sites), []
    offered = totals(sites)
    most = float(offered["area_m2"].max()) if len(offered) else 1.0
    for kind in [kind for kind in KINDS if kind in offered.index]:
        group, area = sites[sites["kind"] == kind], float(offered["area_m2"][kind])
        rows.append(
            {
                "marker": kind_marker(kind),
                "colour": KINDS[kind].colour,
                "label": KIND_LABELS[kind][lang],
                "n": figure(len(group), "", lang),
                "area": hectares(area, lang),
                "share": area / (most or 1.0),
                "dwellings": _dwellings(group, lang),
            }
        )
    return rows


def _dwellings(sites: pd.DataFrame, lang: Lang) -> str:
    if not (sites["yield_low"].notna().any() and sites["yield_high"].notna().any()):
        return "–"
    low, high = float(sites["yield_low"].sum()), float(sites["yield_high"].sum())
    return localize(
        "export.sheets.range", lang, low=figure(low, "", lang), high=figure(high, "", lang)
    )


def _total(tables: SheetTables, lang: Lang) -> list[str]:
    offered = supply(tables.sites)["offered"]
    return [figure(offered.sites, "", lang), hectares(offered.area_m2, lang)]


def _beside(tables: SheetTables, lang: Lang) -> str:
    """What the totals leave out, and the public land among them."""
    parts, words = supply(tables.sites), []
    for name in ("taken", "public"):
        if parts[name].sites:
            values = {"count": parts[name].sites, "area": hectares(parts[name].area_m2, lang)}
            words.append(localize(f"export.sheets.supply_{name}", lang, **values))
    return " ".join(words)


def _first(tables: SheetTables, lang: Lang) -> list[dict[str, str]]:
    """First sites by rank: marker, name, area, score, minutes to the loop."""
    to_loop = tables.access.loc[tables.access["target"] == "loop"].set_index("opportunity_id")
    minutes = to_loop["time_min"].to_dict()
    rows = []
    ranked = tables.sites[tables.sites["overall_rank"].notna()]
    heads = ranked[ranked["line"].isna() | (ranked["line"] == ranked["opportunity_id"])]
    for site in heads.head(FIRST).to_dict("records"):
        time = minutes.get(site["opportunity_id"], float("nan"))
        rows.append(
            {
                "marker": kind_marker(site["kind"], str(int(site["overall_rank"]))),
                "alt": localize(
                    "export.sheets.alt_marker",
                    lang,
                    kind=KIND_LABELS[site["kind"]][lang],
                    rank=int(site["overall_rank"]),
                ),
                "title": printable(content.title_of(site, lang), lang=lang, limit=52),
                "offer": content.offer(site, lang),
                "area": measured(site["area_m2"], "m²", lang),
                "score": out_of_100(site["score"], lang),
                "loop": content.minutes(time, lang),
            }
        )
    return rows


def _map(drawn: SectorMap, alt: str, tables: SheetTables, lang: Lang) -> dict[str, str]:
    scale = scale_words(drawn.scale, lang)
    return {
        "svg": drawn.svg,
        "scale": localize("export.sheets.scale", lang, scale=scale),
        "alt": localize(alt, lang, scale=scale, count=len(tables.sites)),
    }


def _services(drawn: SectorMap, tables: SheetTables, lang: Lang) -> dict[str, Any]:
    """Map of access and services, with the categories of its legend."""
    return {
        **_map(drawn, "export.sheets.alt_services", tables, lang),
        "legend": [
            [place_marker(category), VALUES[category][lang]]
            for category in PLACES
            if category in drawn.categories
        ],
        "minor": any(category not in PLACES for category in drawn.categories),
    }


def _stops(tables: SheetTables, lang: Lang) -> list[list[str]]:
    names = [printable(n, lang=lang, limit=44) if is_known(n) else "" for n in tables.stops["name"]]
    return [[stop_letter(i), name] for i, name in enumerate(names) if name][:MAX_STOPS]


def _loop(tables: SheetTables, lang: Lang) -> str:
    if not len(tables.loop):
        return ""
    row = tables.loop.iloc[0]
    length = figure(float(row["length_m"]) / 1000, "km", lang)
    name = printable(row["name"], lang=lang, limit=90)
    if not is_known(row["status"]):
        return localize("export.sheets.loop", lang, name=name, length=length)
    status = printable(row["status"], lang=lang, limit=40)
    return localize("export.sheets.loop_status", lang, name=name, length=length, status=status)


def _access(tables: SheetTables, lang: Lang) -> list[list[str]]:
    """For each destination: the median walk, and how many sites are within an easy walk."""
    rows = []
    for destination, words in tables.destinations.items():
        minutes = tables.access.loc[tables.access["target"] == destination, "time_min"].dropna()
        if len(minutes):
            near = int((minutes <= WITHIN_MIN).sum())
            of = f"{figure(near, '', lang)} / {figure(len(tables.sites), '', lang)}"
            rows.append([words[lang], content.minutes(float(minutes.median()), lang), of])
    return rows


def _districts(tables: SheetTables, lang: Lang) -> list[dict[str, Any]]:
    """Area on offer of each district by kind; of many, those with the largest area."""
    rows = tables.districts[tables.districts["kind"].isin(list(KINDS))]
    if "offered_area_m2" in rows:  # a result of a former version has none
        rows = rows.assign(area_m2=rows["offered_area_m2"].fillna(rows["area_m2"]))
    by = pd.DataFrame(rows.drop(columns="geometry")).groupby("quarter_id", sort=True)
    areas = by["area_m2"].sum().sort_values(ascending=False, kind="stable")
    areas = areas[areas > 0].head(MAX_DISTRICTS).sort_index()
    most = float(areas.max()) if len(areas) else 1.0
    return [
        {
            "name": printable(_name_of(group, district), lang=lang, limit=40),
            "area": hectares(float(areas[district]), lang),
            "parts": [
                {"colour": KINDS[kind].colour, "share": float(area) / most}
                for kind in KINDS
                if (area := group.loc[group["kind"] == kind, "area_m2"].sum()) > 0
            ],
        }
        for district in areas.index
        for group in (by.get_group(district),)
    ]


def _name_of(group: pd.DataFrame, district: str) -> str:
    names = group["name"].dropna()
    return str(names.iloc[0]) if len(names) else district


def _premises(tables: SheetTables, lang: Lang) -> dict[str, Any]:
    """Places of innovation, research and universities, with the nearest site on foot."""
    places = tables.places[tables.places["category"].isin(PREMISES) & tables.places["name"].notna()]
    order = {category: n for n, category in enumerate(PREMISES)}
    rows = sorted(
        {(order[c], name, c) for c, name in zip(places["category"], places["name"], strict=True)}
    )
    ranks = tables.sites.set_index("opportunity_id")["overall_rank"]
    by_place = tables.access.dropna(subset=["place", "time_min"])
    by_place = by_place.sort_values("time_min", kind="stable")
    shown = []
    for _, name, category in rows[:MAX_PREMISES]:
        near = by_place[by_place["place"] == name].head(1)
        walk = ""
        if len(near) and is_known(rank := ranks.get(near["opportunity_id"].iloc[0], float("nan"))):
            time = float(near["time_min"].iloc[0])
            walk = _nearest(time, rank, lang)
        shown.append(
            [
                place_marker(category),
                VALUES[category][lang],
                printable(name, lang=lang, limit=70),
                walk,
            ]
        )
    more = len(rows) - len(shown)
    words = localize("export.sheets.more_premises", lang, count=more) if more > 0 else ""
    return {"rows": shown, "more": words}


def _nearest(time_min: float, rank: float, lang: Lang) -> str:
    if time_min < 0.5:
        return localize("export.sheets.nearest_under_a_minute", lang, rank=rank)
    minutes = content.minutes(time_min, lang)
    return localize("export.sheets.nearest", lang, minutes=minutes, rank=rank)


def _notes(tables: SheetTables, sector: SectorMap, lang: Lang) -> list[str]:
    """Notes under the map of the sector."""
    notes = []
    if tables.sites["overall_rank"].notna().sum() > NUMBERED:
        notes.append(localize("export.sheets.legend_small", lang, rank=NUMBERED))
    if sector.outside:
        notes.append(localize("export.sheets.outside", lang, count=sector.outside))
    return notes
