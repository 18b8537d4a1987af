"""What the leaflet of the sector says: where, what is on offer, what it reaches, whom to ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from foncier.export.sheets import content
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
    Sector,
    sector_map,
    services_map,
)
from foncier.export.sheets.typography import (
    hectares,
    hundred,
    is_known,
    measured,
    printable,
    scale_words,
)
from foncier.export.sheets.words import word
from foncier.export.words import VALUES
from foncier.i18n import figure
from foncier.model import KIND_LABELS

if TYPE_CHECKING:
    from foncier.export.sheets.basemap import Basemap
    from foncier.export.sheets.tables import SheetTables
    from foncier.i18n import Lang

FIRST = 10  # sites named on the first page
WITHIN_MIN = 10.0  # an easy walk
# Beyond these, a third page would be needed.
MOST_PREMISES, MOST_CONTACTS, MOST_LINES, MOST_CHANGES = 8, 4, 5, 6
MOST_STOPS, MOST_QUARTERS = 26, 8
PREMISES = ("innovation", "research", "university")


def leaflet(given: SheetTables, ground: Basemap, lang: Lang) -> dict[str, Any]:
    """All that the two pages hold; a block without anything to say is None or empty."""
    sector, services = sector_map(given, ground, lang), services_map(given, ground, lang)
    told = given.leaflet
    return {
        "summary": _summary(given, lang),
        "intro": printable(told.get("intro", ""), lang=lang, limit=320),
        "kinds": _kinds(given, lang),
        "total": _total(given, lang),
        "first": _first(given, lang),
        "first_title": word("first", lang, n="{n}"),
        "within": word("in_time", lang, n=content.minutes(WITHIN_MIN, lang)),
        "sector": _drawn(sector, "alt_sector", given, lang),
        "services": {
            **_drawn(services, "alt_services", given, lang),
            "legend": [
                [place_marker(category), VALUES[category][lang]]
                for category in PLACES
                if category in services.categories
            ],
            "minor": any(category not in PLACES for category in services.categories),
        },
        "stops": _stops(given, lang),
        "loop": _loop(given, lang),
        "reach": _reach(given, lang),
        "premises": _premises(given, lang),
        "contacts": _contacts(told, lang),
        "changes": [
            [
                printable(one["when"], lang=lang, limit=40),
                printable(one["text"], lang=lang, limit=180),
            ]
            for one in told.get("changes", ())[:MOST_CHANGES]
        ],
        "quarters": _quarters(given, lang),
        "photo": photo(given, told.get("photo"), word("alt_photo", lang), lang),
        "numbered": NUMBERED,
        "notes": _notes(given, sector, lang),
    }


def _summary(given: SheetTables, lang: Lang) -> str:
    n = len(given.sites)
    sites = word("sites_one", lang) if n == 1 else word("sites_n", lang, n=figure(n, "", lang))
    return " · ".join([sites, _hectares(given.sites, lang), content.frame(given, lang)["edition"]])


def _hectares(sites: Any, lang: Lang) -> str:
    """Ground that sites cover, what overlaps counted once, in hectares."""
    shapes = np.asarray(sites.geometry.array, dtype=object)
    return hectares(float(shapely.area(shapely.union_all(shapes))), lang)


def _kinds(given: SheetTables, lang: Lang) -> list[dict[str, Any]]:
    """Number, area and dwellings of each kind that was found, in the order of the palette."""
    sites, rows = given.sites, []
    covered = {
        kind: float(shapely.area(shapely.union_all(np.asarray(own.geometry.array))))
        for kind in KINDS
        if len(own := sites[sites["kind"] == kind])
    }
    most = max(covered.values(), default=1.0) or 1.0
    for kind, area in covered.items():
        own = sites[sites["kind"] == kind]
        rows.append(
            {
                "sign": kind_marker(kind),
                "colour": KINDS[kind].colour,
                "label": KIND_LABELS[kind][lang],
                "n": figure(len(own), "", lang),
                "area": hectares(area, lang),
                "share": area / most,
                "dwellings": _dwellings(own, lang),
            }
        )
    return rows


def _dwellings(own: pd.DataFrame, lang: Lang) -> str:
    if not (own["yield_low"].notna().any() and own["yield_high"].notna().any()):
        return "–"
    low, high = float(own["yield_low"].sum()), float(own["yield_high"].sum())
    return word("range", lang, low=figure(low, "", lang), high=figure(high, "", lang))


def _total(given: SheetTables, lang: Lang) -> list[str]:
    return [figure(len(given.sites), "", lang), _hectares(given.sites, lang)]


def _first(given: SheetTables, lang: Lang) -> list[dict[str, str]]:
    """First sites by rank: sign, name, area, score, minutes to the loop."""
    ways = given.access.loc[given.access["target"] == "loop"].set_index("opportunity_id")
    minutes = ways["time_min"].to_dict()
    rows = []
    for site in given.sites[given.sites["overall_rank"].notna()].head(FIRST).to_dict("records"):
        way = minutes.get(site["opportunity_id"], float("nan"))
        rows.append(
            {
                "sign": kind_marker(site["kind"], str(int(site["overall_rank"]))),
                "alt": word(
                    "alt_sign",
                    lang,
                    kind=KIND_LABELS[site["kind"]][lang],
                    rank=int(site["overall_rank"]),
                ),
                "title": printable(content.title_of(site, lang), lang=lang, limit=52),
                "area": measured(site["area_m2"], "m²", lang),
                "score": hundred(site["score"], lang),
                "loop": content.minutes(way, lang),
            }
        )
    return rows


def _drawn(drawn: Sector, alt: str, given: SheetTables, lang: Lang) -> dict[str, str]:
    scale = scale_words(drawn.scale, lang)
    return {
        "svg": drawn.svg,
        "scale": word("scale", lang, scale=scale),
        "alt": word(alt, lang, scale=scale, n=len(given.sites)),
    }


def _stops(given: SheetTables, lang: Lang) -> list[list[str]]:
    names = [printable(n, lang=lang, limit=44) if is_known(n) else "" for n in given.stops["name"]]
    return [[stop_letter(i), name] for i, name in enumerate(names) if name][:MOST_STOPS]


def _loop(given: SheetTables, lang: Lang) -> str:
    if not len(given.loop):
        return ""
    row = given.loop.iloc[0]
    status = (
        f" ({printable(row['status'], lang=lang, limit=40)})" if is_known(row["status"]) else ""
    )
    length = figure(float(row["length_m"]) / 1000, "km", lang)
    name = printable(row["name"], lang=lang, limit=90)
    return word("loop_more", lang, name=name, length=length, status=status)


def _reach(given: SheetTables, lang: Lang) -> list[list[str]]:
    """For each destination: the median walk, and how many sites are within an easy walk."""
    rows = []
    for target, words in given.destinations.items():
        minutes = given.access.loc[given.access["target"] == target, "time_min"].dropna()
        if len(minutes):
            near = int((minutes <= WITHIN_MIN).sum())
            of = f"{figure(near, '', lang)} / {figure(len(given.sites), '', lang)}"
            rows.append([words[lang], content.minutes(float(minutes.median()), lang), of])
    return rows


def _quarters(given: SheetTables, lang: Lang) -> list[dict[str, Any]]:
    """Area that each quarter holds by kind; of many quarters the richest, all in their order."""
    rows = given.districts[given.districts["kind"].isin(list(KINDS))]
    by = pd.DataFrame(rows.drop(columns="geometry")).groupby("quarter_id", sort=True)
    totals = by["area_m2"].sum().sort_values(ascending=False, kind="stable")
    totals = totals[totals > 0].head(MOST_QUARTERS).sort_index()
    most = float(totals.max()) if len(totals) else 1.0
    return [
        {
            "name": printable(_name_of(own, quarter), lang=lang, limit=40),
            "area": hectares(float(totals[quarter]), lang),
            "parts": [
                {"colour": KINDS[kind].colour, "share": float(area) / most}
                for kind in KINDS
                if (area := own.loc[own["kind"] == kind, "area_m2"].sum()) > 0
            ],
        }
        for quarter in totals.index
        for own in (by.get_group(quarter),)
    ]


def _name_of(own: pd.DataFrame, quarter: str) -> str:
    named = own["name"].dropna()
    return str(named.iloc[0]) if len(named) else quarter


def _premises(given: SheetTables, lang: Lang) -> dict[str, Any]:
    """Places that lend room or support, with the site that is nearest on foot."""
    places = given.places[given.places["category"].isin(PREMISES) & given.places["name"].notna()]
    order = {category: n for n, category in enumerate(PREMISES)}
    rows = sorted(
        {(order[c], name, c) for c, name in zip(places["category"], places["name"], strict=True)}
    )
    ranks = given.sites.set_index("opportunity_id")["overall_rank"]
    by_place = given.access.dropna(subset=["place", "time_min"])
    by_place = by_place.sort_values("time_min", kind="stable")
    found = []
    for _, name, category in rows[:MOST_PREMISES]:
        near = by_place[by_place["place"] == name].head(1)
        walk = ""
        if len(near) and is_known(rank := ranks.get(near["opportunity_id"].iloc[0], float("nan"))):
            minutes = content.minutes(float(near["time_min"].iloc[0]), lang)
            walk = word("nearest", lang, minutes=minutes, rank=int(rank))
        found.append(
            [
                place_marker(category),
                VALUES[category][lang],
                printable(name, lang=lang, limit=70),
                walk,
            ]
        )
    more = len(rows) - len(found)
    told = word("premises_one" if more == 1 else "premises_more", lang, n=more)
    return {"rows": found, "more": told if more > 0 else ""}


def _contacts(told: Any, lang: Lang) -> list[dict[str, Any]]:
    return [
        {
            "name": printable(one["name"], lang=lang, limit=80),
            "lines": [printable(line, lang=lang, limit=60) for line in one["lines"][:MOST_LINES]],
        }
        for one in told.get("contacts", ())[:MOST_CONTACTS]
    ]


def _notes(given: SheetTables, sector: Sector, lang: Lang) -> list[str]:
    """What a reader of the map of the sector must know of it."""
    notes = []
    if given.sites["overall_rank"].notna().sum() > NUMBERED:
        notes.append(word("legend_small", lang, n=NUMBERED))
    if sector.outside:
        notes.append(word("outside", lang, n=figure(sector.outside, "", lang)))
    return notes
