"""What one sheet says, as plain words and figures ready to be laid out."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from foncier import schemas
from foncier.export.sheets.evidence import detection, evidence, uses
from foncier.export.sheets.markers import KINDS, kind_marker
from foncier.export.sheets.sitemap import section
from foncier.export.sheets.typography import (
    NBSP,
    day,
    hundred,
    is_known,
    measured,
    percent,
    printable,
    short_day,
)
from foncier.export.sheets.words import word
from foncier.export.words import VALUES
from foncier.i18n import figure
from foncier.i18n.format import COLON
from foncier.results.explain import parcels_of

if TYPE_CHECKING:
    import pandas as pd

    from foncier.export.sheets.tables import SheetTables
    from foncier.i18n import Lang

Row = dict[str, Any]
MOST_FLAGS = 6
MEASURES = (
    "area_m2",
    "usable_area_m2",
    "built_share",
    "fabric",
    "status",
    "zone",
    "axis_distance_m",
    "residents_around",
    "perimeter",
    "family",
)
# Of these, an unknown value is told among what remains unknown; of the others it is not asked.
ASKED = {
    "friche": ("area_m2", "built_share", "status", "zone", "residents_around"),
    "dent_creuse": ("area_m2", "usable_area_m2", "built_share", "zone", "residents_around"),
    "batiment_non_affecte": ("area_m2", "zone", "residents_around"),
    "terrain_divisible": ("area_m2", "usable_area_m2", "built_share", "zone", "residents_around"),
}
WORDS_OF = {column.name: column for column in schemas.CANDIDATES.columns}
NAN = float("nan")


def sheet(given: SheetTables, row: int, tests: pd.DataFrame, lang: Lang) -> dict[str, Any]:
    """All the words of a sheet, but for its maps.

    Parameters
    ----------
    row
        Row of the site in ``given.sites``.
    tests
        Tests of the parcels of all the sites that are printed.
    """
    site: Row = given.sites.iloc[row].to_dict()
    ranked = int(given.sites["overall_rank"].notna().sum())
    return {
        "head": head(given, site, lang),
        "score": _score(site, ranked, lang),
        "criteria": _criteria(given, site, lang),
        "measures": _measures(given, site, lang),
        "access": _access(given, site, lang),
        "flags": _flags(site, lang),
        **evidence(given, site, tests, lang),
        "tests": detection(site, tests, lang),
        "uses": uses(given, site, lang),
        "parcels": _parcels(site, lang),
        "unknowns": _unknowns(given, site, lang),
        "report": word("report", lang, id=printable(site["opportunity_id"], lang=lang, limit=80)),
    }


def title_of(site: Row, lang: Lang) -> str:
    """Name of a site, else its address, else its kind and parcel, else its id."""
    for column in ("name", "address"):
        if is_known(site[column]):
            return printable(site[column], lang=lang, limit=150)
    parcels = parcels_of(site["parcel_ids"])
    where = section(parcels[0]) if parcels else site["opportunity_id"]
    return f"{VALUES[site['kind']][lang]} {printable(where, lang=lang, limit=60)}"


def head(given: SheetTables, site: Row, lang: Lang) -> dict[str, Any]:
    """Title, kind, place and sign of a site."""
    kind = VALUES[site["kind"]][lang]
    rank = str(int(site["overall_rank"])) if is_known(site["overall_rank"]) else ""
    entry = given.entries.loc[given.entries["opportunity_id"] == site["opportunity_id"]]
    street = entry["street_name"].iloc[0] if len(entry) else None
    place = [
        printable(site["address"], lang=lang, limit=120) if is_known(site["address"]) else "",
        printable(street, lang=lang, limit=80)
        if is_known(street) and not is_known(site["address"])
        else "",
        word("commune", lang, code=printable(site["commune"], lang=lang))
        if is_known(site["commune"])
        else "",
        printable(site["opportunity_id"], lang=lang, limit=80),
    ]
    title = title_of(site, lang)
    return {
        "title": title,
        "kind": kind,
        "colour": KINDS[site["kind"]].colour,
        "sign": kind_marker(site["kind"], rank),
        "sign_alt": word("alt_sign", lang, kind=kind, rank=rank or "–"),
        "place": " · ".join(part for part in place if part and part != title),
    }


def _score(site: Row, ranked: int, lang: Lang) -> dict[str, Any]:
    low, high = site["score_low"], site["score_high"]
    apart = is_known(low) and is_known(high) and high - low > 0.005
    span = word("interval", lang, low=hundred(low, lang), high=hundred(high, lang))
    coverage = word("coverage", lang, share=percent(site["coverage"], lang))
    columns = ("overall_rank", "rank_low", "rank_high")
    at, best, last = [int(site[c]) if is_known(site[c]) else None for c in columns]
    return {
        "known": is_known(site["score"]),
        "text": hundred(site["score"], lang),
        "bar": _bar(site["score"], low if apart else NAN, high if apart else NAN),
        "rank": word("unranked", lang)
        if at is None
        else word("rank_of", lang, rank=figure(at, "", lang), n=figure(ranked, "", lang)),
        "span": ""
        if best is None or last is None
        else word("rank_firm", lang)
        if best == last
        else word("rank_span", lang, low=best, high=last),
        "interval": f"{span} · {coverage}" if apart else coverage,
        "confidence": _confidence(site, lang),
    }


def _confidence(site: Row, lang: Lang) -> str:
    """Confidence in the site with its class, where the result tells them."""
    if not is_known(site["confidence"]):
        return ""
    band = site.get("confidence_band")
    told = f" ({_coded(band, lang).lower()})" if is_known(band) else ""
    return f"{word('confidence', lang)}{COLON[lang]}{percent(site['confidence'], lang)}{told}"


def _bar(value: float, low: float, high: float) -> dict[str, float | None]:
    return {
        "value": float(value) if is_known(value) else None,
        "low": float(low) if is_known(low) else None,
        "high": float(high) if is_known(high) else None,
    }


def _label(name: str, lang: Lang) -> str:
    column = WORDS_OF[name]
    return column.fr if lang == "fr" else column.en


def _coded(value: Any, lang: Lang) -> str:
    text = str(value)
    return VALUES[text][lang] if text in VALUES else printable(text, lang=lang, limit=80)


def _criteria(given: SheetTables, site: Row, lang: Lang) -> list[dict[str, Any]]:
    """Each criterion with its measure, its mark and its share of the weight.

    An unknown mark may be anything from 0 to 100: its bar shows the whole interval.
    """
    criteria = given.manifest["criteria"]
    total = sum(c["weight"] for c in criteria)
    rows = []
    for one in criteria:
        mark, value = site.get(f"criterion_{one['name']}", NAN), site.get(one["measure"], NAN)
        sure = is_known(mark)
        rows.append(
            {
                "label": one["label"][lang],
                "measure": "–"
                if sure and not is_known(value)
                else measured(value, one["unit"], lang),
                "mark": hundred(mark, lang),
                "bar": _bar(mark, NAN if sure else 0.0, NAN if sure else 1.0),
                "weight": percent(one["weight"] / total if total else NAN, lang),
            }
        )
    return rows


def _measures(given: SheetTables, site: Row, lang: Lang) -> list[list[str]]:
    """Label and value of each measure that is known, with its unit."""
    rows = []
    for name in MEASURES:
        column, value = WORDS_OF[name], site.get(name)
        if not is_known(value):
            continue
        text = _coded(value, lang) if column.kind == "text" else measured(value, column.unit, lang)
        rows.append([_label(name, lang), text])
    rows[1:1] = _dwellings(site, lang)
    entry = given.entries.loc[given.entries["opportunity_id"] == site["opportunity_id"]]
    for street, frontage in zip(entry["street_name"], entry["frontage_m"], strict=True):
        if is_known(street):
            rows.append([word("street", lang), printable(street, lang=lang, limit=80)])
        label = schemas.ACCESS_POINTS.columns[3]
        rows.append([label.fr if lang == "fr" else label.en, measured(frontage, "m", lang)])
    return rows


def _dwellings(site: Row, lang: Lang) -> list[list[str]]:
    low, high = site["yield_low"], site["yield_high"]
    if not is_known(low) or not is_known(high):
        return []
    both = [figure(float(value), "", lang) for value in (low, high)]
    text = both[0] if both[0] == both[1] else word("range", lang, low=both[0], high=both[1])
    return [[word("dwellings", lang), text]]


def _access(given: SheetTables, site: Row, lang: Lang) -> list[dict[str, str]]:
    """Minutes, metres and detour to each destination, the loop first."""
    own = given.access.loc[given.access["opportunity_id"] == site["opportunity_id"]]
    by = {row["target"]: row for row in own.to_dict("records")}
    words = given.destinations
    rows = []
    for name in sorted(words, key=lambda target: target != "loop"):
        row = by.get(name, {})
        place = row.get("place")
        same = is_known(place) and str(place) in (words[name].fr, words[name].en)
        walk = row.get("time_min", NAN)
        rows.append(
            {
                "target": words[name][lang],
                "place": ""
                if not is_known(place) or same
                else printable(place, lang=lang, limit=70),
                "time": minutes(walk, lang),
                "distance": measured(row.get("distance_m", NAN), "m", lang),
                "detour": _detour(row.get("detour_index", NAN), lang),
            }
        )
    return rows if len(own) else []


def minutes(value: float, lang: Lang) -> str:
    """Whole minutes on foot; unknown says so."""
    if is_known(value) and value < 0.5:
        return f"<{NBSP}1{NBSP}min"
    return measured(round(value) if is_known(value) else NAN, "min", lang)


def _detour(value: float, lang: Lang) -> str:
    """Network distance over straight distance: two decimals, or nothing to say at the door."""
    if not is_known(value):
        return "–"
    return f"×{NBSP}{value:.1f}".replace(".", "," if lang == "fr" else ".")


def _flags(site: Row, lang: Lang) -> list[str]:
    rows = []
    if site["perimeter"] == "emprise_approximative":
        rows.append(word("approximate", lang))
    if site["perimeter"] == "point_seul":
        rows.append(word("point_only", lang))
    if is_known(site["warnings"]):
        told = [one for one in str(site["warnings"]).split("|") if one.strip()]
        rows += [_sentence(one, lang) for one in told[:MOST_FLAGS]]
    return rows


def _sentence(text: str, lang: Lang) -> str:
    said = printable(text, lang=lang, limit=200)
    return said[:1].upper() + said[1:]


def _parcels(site: Row, lang: Lang) -> dict[str, Any] | None:
    """Parcels by the start that they share, so that forty of them stay legible."""
    held = parcels_of(site["parcel_ids"])
    if not held:
        return None
    groups: dict[str, list[str]] = {}
    for parcel in held:
        start = f"{parcel[:5]} {parcel[5:8]}" if len(parcel) == 14 else ""
        groups.setdefault(start, []).append(printable(section(parcel), lang=lang, limit=40))
    return {
        "title": word("parcels", lang, n=len(held)),
        "groups": [{"start": start, "list": ", ".join(own)} for start, own in groups.items()],
    }


def _unknowns(given: SheetTables, site: Row, lang: Lang) -> list[str]:
    """Name what is not known of a site: measures, marks, ways."""
    lacking = [_label(name, lang) for name in ASKED[site["kind"]] if not is_known(site[name])]
    marks = [
        one["label"][lang]
        for one in given.manifest["criteria"]
        if not is_known(site.get(f"criterion_{one['name']}", NAN))
    ]
    if not parcels_of(site["parcel_ids"]) and site["kind"] != "batiment_non_affecte":
        lacking.append(_label("parcel_ids", lang))
    evidence = given.evidence.loc[given.evidence["opportunity_id"] == site["opportunity_id"]]
    if len(evidence) == 0:
        lacking.append(word("evidence", lang))
    return list(dict.fromkeys([*lacking, *marks]))


def frame(given: SheetTables, lang: Lang) -> dict[str, Any]:
    """What every page says: study, edition, warnings, sources and their licences."""
    told = given.manifest
    edition = given.edition
    return {
        "lang": lang,
        "study": printable(told["title"], lang=lang, limit=160),
        "edition": word("edition", lang, date=day(edition, lang))
        if edition
        else word("undated", lang),
        "demo": [word("demo", lang), word("demo_more", lang)] if told["fictional"] else None,
        "model": word("model", lang),
        "sources": _sources(given, lang),
        "missing": [printable(one["cost"][lang], lang=lang) for one in told["missing"]],
        "page": word("page", lang, page="{page}", pages="{pages}"),
    }


def _sources(given: SheetTables, lang: Lang) -> list[str]:
    """Each source once, with its newest date and its licence, then the credits."""
    found: dict[tuple[str, str], str] = {}
    for one in given.manifest["inputs"]:
        key = (one["source"] or one["path"].rsplit("/", 1)[-1], one["licence"])
        found[key] = max(found.get(key, ""), one["vintage"] or "")
    rows = [
        ", ".join(
            part
            for part in (
                printable(source, lang=lang, limit=160),
                short_day(date.fromisoformat(when), lang) if when else "",
                printable(licence, lang=lang, limit=80),
            )
            if part
        )
        for (source, licence), when in found.items()
    ]
    return [
        *rows,
        *(printable(credit, lang=lang, limit=200) for credit in given.manifest["credits"]),
    ]
