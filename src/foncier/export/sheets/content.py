"""Content of one sheet: texts and numbers ready to be laid out."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from foncier import schemas
from foncier.communes import name_of
from foncier.export.sheets.evidence import detection, evidence, uses
from foncier.export.sheets.markers import KINDS, kind_marker
from foncier.export.sheets.sitemap import section
from foncier.export.sheets.typography import (
    NBSP,
    is_known,
    measured,
    out_of_100,
    printable,
)
from foncier.export.words import VALUES
from foncier.i18n import figure, format_value, label, localize
from foncier.results.explain import parcels_of
from foncier.results.labels import words_of
from foncier.results.offer import is_taken
from foncier.results.surroundings import need_lines, surrounding_lines

if TYPE_CHECKING:
    import pandas as pd

    from foncier.export.sheets.tables import SheetTables
    from foncier.i18n import Lang

Row = dict[str, Any]
MAX_WARNINGS = 6
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
# Measures that are listed as missing when they are unknown, by kind.
EXPECTED = {
    "friche": ("area_m2", "built_share", "status", "zone", "residents_around"),
    "dent_creuse": ("area_m2", "usable_area_m2", "built_share", "zone", "residents_around"),
    "batiment_non_affecte": ("area_m2", "zone", "residents_around"),
    "terrain_divisible": ("area_m2", "usable_area_m2", "built_share", "zone", "residents_around"),
}
COLUMNS = {column.name: column for column in schemas.CANDIDATES.columns}
NAN = float("nan")


def sheet(tables: SheetTables, row: int, tests: pd.DataFrame, lang: Lang) -> dict[str, Any]:
    """Build the content of a sheet, without its maps.

    Parameters
    ----------
    row
        Row of the site in ``tables.sites``.
    tests
        Tests of the parcels of all the sites that are printed.
    """
    site: Row = tables.sites.iloc[row].to_dict()
    id_ = printable(site["opportunity_id"], lang=lang, limit=80)
    listed = tables.sites[tables.sites["overall_rank"].notna()]
    ranked = int(listed["line"].fillna(listed["opportunity_id"]).nunique())
    return {
        "head": head(tables, site, lang),
        "score": _score(site, ranked, lang),
        "criteria": _criteria(tables, site, lang),
        "measures": _measures(tables, site, lang),
        "access": _access(tables, site, lang),
        "warnings": _warnings(site, lang),
        **evidence(tables, site, tests, lang),
        "tests": detection(site, tests, lang),
        "uses": uses(tables, site, lang),
        "around": [printable(line, lang=lang, limit=400) for line in _around(tables, site, lang)],
        "needs": [printable(line, lang=lang, limit=300) for line in _needs(tables, site, lang)],
        "parcels": _parcels(site, lang),
        "unknowns": _unknowns(tables, site, lang),
        "report": localize("export.sheets.report", lang, id=id_),
    }


def title_of(site: Row, lang: Lang) -> str:
    """Name of a site, else its address, else its kind and parcel, else its id."""
    for column in ("name", "address"):
        if is_known(site[column]):
            return printable(site[column], lang=lang, limit=150)
    parcels = parcels_of(site["parcel_ids"])
    where = section(parcels[0]) if parcels else site["opportunity_id"]
    return f"{VALUES[site['kind']][lang]} {printable(where, lang=lang, limit=60)}"


def head(tables: SheetTables, site: Row, lang: Lang) -> dict[str, Any]:
    """Title, kind, place and marker of a site."""
    kind = VALUES[site["kind"]][lang]
    rank = str(int(site["overall_rank"])) if is_known(site["overall_rank"]) else ""
    entrances = tables.entrances.loc[tables.entrances["opportunity_id"] == site["opportunity_id"]]
    street = entrances["street_name"].iloc[0] if len(entrances) else None
    place = [
        printable(site["address"], lang=lang, limit=120) if is_known(site["address"]) else "",
        printable(street, lang=lang, limit=80)
        if is_known(street) and not is_known(site["address"])
        else "",
        _commune(site["commune"], lang) if is_known(site["commune"]) else "",
        printable(site["opportunity_id"], lang=lang, limit=80),
    ]
    title = title_of(site, lang)
    return {
        "title": title,
        "kind": kind,
        "colour": KINDS[site["kind"]].colour,
        "marker": kind_marker(site["kind"], rank),
        "marker_alt": localize("export.sheets.alt_marker", lang, kind=kind, rank=rank or "–"),
        "place": " · ".join(part for part in place if part and part != title),
    }


def _commune(code: str, lang: Lang) -> str:
    """Name of the commune, else its code."""
    name = printable(name_of(code), lang=lang)
    return name if name_of(code) != code else localize("export.sheets.commune", lang, code=name)


def _score(site: Row, ranked: int, lang: Lang) -> dict[str, Any]:
    low, high = site["score_low"], site["score_high"]
    uncertain = is_known(low) and is_known(high) and high - low > 0.005
    interval = localize(
        "export.sheets.interval", lang, low=out_of_100(low, lang), high=out_of_100(high, lang)
    )
    coverage = localize("export.sheets.coverage", lang, share=site["coverage"])
    return {
        "known": is_known(site["score"]),
        "text": out_of_100(site["score"], lang),
        "bar": _bar(site["score"], low if uncertain else NAN, high if uncertain else NAN),
        "rank": _rank(site, ranked, lang),
        "span": _rank_span(site, lang),
        "interval": f"{interval} · {coverage}" if uncertain else coverage,
        "confidence": offer(site, lang),
    }


def _rank(site: Row, ranked: int, lang: Lang) -> str:
    rank = site["overall_rank"]
    if not is_known(rank):
        return localize(f"export.sheets.{'taken' if is_taken(site) else 'unranked'}", lang)
    return localize("export.sheets.rank_of", lang, rank=rank, ranked=ranked)


def _rank_span(site: Row, lang: Lang) -> str:
    """First and last rank when the weights vary; empty when unknown."""
    low, high = site["rank_low"], site["rank_high"]
    if not is_known(low) or not is_known(high):
        return ""
    if low == high:
        return localize("export.sheets.rank_same", lang)
    return localize("export.sheets.rank_span", lang, low=low, high=high)


def offer(site: Row, lang: Lang) -> str:
    """Confidence, availability and owner of a site on one line; empty when nothing is known."""
    parts, known = [_confidence(site, lang)], site.get("availability_class")
    if is_known(known):
        low, high = site["availability_low"], site["availability_high"]
        words = {"words": VALUES[str(known)], "low": low, "high": high}
        parts.append(localize("export.sheets.availability", lang, **words))
    owner = words_of(site.get("owner_types"), lang)
    parts.append(localize("export.sheets.owner", lang, value=owner) if owner else "")
    return " · ".join(part for part in parts if part)


def _confidence(site: Row, lang: Lang) -> str:
    """Confidence in the site with its class, where the result has them."""
    share, band = site["confidence"], site.get("confidence_band")
    if not is_known(share):
        return ""
    if not is_known(band):
        return localize("export.sheets.confidence", lang, share=share)
    return localize("export.sheets.confidence_band", lang, share=share, band=_value(band, lang))


def _bar(value: float, low: float, high: float) -> dict[str, float | None]:
    return {
        "value": float(value) if is_known(value) else None,
        "low": float(low) if is_known(low) else None,
        "high": float(high) if is_known(high) else None,
    }


def _label(name: str, lang: Lang) -> str:
    column = COLUMNS[name]
    return column.fr if lang == "fr" else column.en


def _value(value: Any, lang: Lang) -> str:
    text = str(value)
    return VALUES[text][lang] if text in VALUES else printable(text, lang=lang, limit=80)


def _criteria(tables: SheetTables, site: Row, lang: Lang) -> list[dict[str, Any]]:
    """Each criterion with its measure, its score and its share of the weight.

    An unknown score may be anything from 0 to 100: its bar shows the whole interval.
    """
    criteria = tables.manifest["criteria"]
    total = sum(c["weight"] for c in criteria)
    rows = []
    for one in criteria:
        score, value = site.get(f"criterion_{one['name']}", NAN), site.get(one["measure"], NAN)
        known = is_known(score)
        rows.append(
            {
                "label": one["label"][lang],
                "measure": "–"
                if known and not is_known(value)
                else measured(value, one["unit"], lang),
                "score": out_of_100(score, lang),
                "bar": _bar(score, NAN if known else 0.0, NAN if known else 1.0),
                "weight": format_value(one["weight"] / total if total else NAN, "%", lang),
            }
        )
    return rows


def _measures(tables: SheetTables, site: Row, lang: Lang) -> list[list[str]]:
    """Label and value of each known measure, with its unit."""
    rows = []
    for name in MEASURES:
        column, value = COLUMNS[name], site.get(name)
        if not is_known(value):
            continue
        text = _value(value, lang) if column.kind == "text" else measured(value, column.unit, lang)
        rows.append([_label(name, lang), text])
    rows[1:1] = _dwellings(site, lang)
    entrances = tables.entrances.loc[tables.entrances["opportunity_id"] == site["opportunity_id"]]
    for street, frontage in zip(entrances["street_name"], entrances["frontage_m"], strict=True):
        if is_known(street):
            rows.append(
                [localize("export.sheets.street", lang), printable(street, lang=lang, limit=80)]
            )
        column = schemas.ACCESS_POINTS.columns[3]
        rows.append([column.fr if lang == "fr" else column.en, measured(frontage, "m", lang)])
    return rows


def _dwellings(site: Row, lang: Lang) -> list[list[str]]:
    low, high = site["yield_low"], site["yield_high"]
    if not is_known(low) or not is_known(high):
        return []
    both = [figure(float(value), "", lang) for value in (low, high)]
    text = both[0]
    if both[0] != both[1]:
        text = localize("export.sheets.range", lang, low=both[0], high=both[1])
    return [[localize("export.sheets.dwellings", lang), text]]


def _access(tables: SheetTables, site: Row, lang: Lang) -> list[dict[str, str]]:
    """Minutes, metres and detour to each destination, the loop first."""
    of_site = tables.access.loc[tables.access["opportunity_id"] == site["opportunity_id"]]
    by = {row["target"]: row for row in of_site.to_dict("records")}
    words = tables.destinations
    rows = []
    for name in sorted(words, key=lambda destination: destination != "loop"):
        row = by.get(name, {})
        place = row.get("place")
        same = is_known(place) and str(place) in (words[name].fr, words[name].en)
        walk = row.get("time_min", NAN)
        rows.append(
            {
                "destination": words[name][lang],
                "place": ""
                if not is_known(place) or same
                else printable(place, lang=lang, limit=70),
                "time": minutes(walk, lang),
                "distance": measured(row.get("distance_m", NAN), "m", lang),
                "detour": _detour(row.get("detour_index", NAN), lang),
            }
        )
    return rows if len(of_site) else []


def minutes(value: float, lang: Lang) -> str:
    """Whole minutes on foot, or "unknown"."""
    if is_known(value) and value < 0.5:
        return f"<{NBSP}1{NBSP}min"
    return measured(round(value) if is_known(value) else NAN, "min", lang)


def _detour(value: float, lang: Lang) -> str:
    """Network distance over straight distance, one decimal; a dash where it is not defined."""
    if not is_known(value):
        return "–"
    return f"×{NBSP}{format_value(value, '.1f', lang)}"


def _warnings(site: Row, lang: Lang) -> list[str]:
    """Warnings in a language; in French where the result has no translation."""
    rows = []
    if site["perimeter"] == "emprise_approximative":
        rows.append(localize("export.sheets.approximate", lang))
    if site["perimeter"] == "point_seul":
        rows.append(localize("export.sheets.point_only", lang))
    written = site.get("warnings_en") if lang == "en" else None
    written = written if is_known(written) else site["warnings"]
    if is_known(written):
        warnings = [one for one in str(written).split("|") if one.strip()]
        rows += [_sentence(one, lang) for one in warnings[:MAX_WARNINGS]]
    return rows


def _sentence(text: str, lang: Lang) -> str:
    line = printable(text, lang=lang, limit=200)
    return line[:1].upper() + line[1:]


def _around(tables: SheetTables, site: Row, lang: Lang) -> list[str]:
    rows = tables.around.loc[tables.around["opportunity_id"] == site["opportunity_id"]]
    return surrounding_lines(site, rows.sort_values("order"), lang)


def _needs(tables: SheetTables, site: Row, lang: Lang) -> list[str]:
    own = tables.site_needs["opportunity_id"] == site["opportunity_id"]
    return need_lines(tables.site_needs.loc[own], lang)


def _parcels(site: Row, lang: Lang) -> dict[str, Any] | None:
    """Parcels grouped by commune and prefix, so that forty of them stay legible."""
    parcels = parcels_of(site["parcel_ids"])
    if not parcels:
        return None
    groups: dict[str, list[str]] = {}
    for parcel in parcels:
        start = f"{parcel[:5]} {parcel[5:8]}" if len(parcel) == 14 else ""
        groups.setdefault(start, []).append(printable(section(parcel), lang=lang, limit=40))
    return {
        "title": localize("export.sheets.parcels", lang, count=len(parcels)),
        "groups": [{"start": start, "list": ", ".join(names)} for start, names in groups.items()],
    }


def _unknowns(tables: SheetTables, site: Row, lang: Lang) -> list[str]:
    """Name what is not known of a site: measures, criteria, parcels, evidence."""
    lacking = [_label(name, lang) for name in EXPECTED[site["kind"]] if not is_known(site[name])]
    criteria = [
        one["label"][lang]
        for one in tables.manifest["criteria"]
        if not is_known(site.get(f"criterion_{one['name']}", NAN))
    ]
    if not parcels_of(site["parcel_ids"]) and site["kind"] != "batiment_non_affecte":
        lacking.append(_label("parcel_ids", lang))
    evidence = tables.evidence.loc[tables.evidence["opportunity_id"] == site["opportunity_id"]]
    if len(evidence) == 0:
        lacking.append(label("export.sheets.page.evidence")[lang])
    return list(dict.fromkeys([*lacking, *criteria]))


def frame(tables: SheetTables, lang: Lang) -> dict[str, Any]:
    """Content of every page: study, edition, warnings, sources and their licences."""
    manifest = tables.manifest
    edition = tables.edition
    return {
        "lang": lang,
        "study": printable(manifest["title"], lang=lang, limit=160),
        "edition": localize("export.sheets.edition", lang, day=edition)
        if edition
        else localize("export.sheets.undated", lang),
        "demo": [label("export.sheets.demo")[lang], label("export.sheets.demo_more")[lang]]
        if manifest["fictional"]
        else None,
        "model": localize("export.sheets.model", lang),
        "sources": _sources(tables, lang),
        "missing": [printable(one["cost"][lang], lang=lang) for one in manifest["missing"]],
        "page": localize("export.sheets.page_number", lang, page="{page}", pages="{pages}"),
    }


def _sources(tables: SheetTables, lang: Lang) -> list[str]:
    """Each source once, with its newest date and its licence, then the credits."""
    newest: dict[tuple[str, str], str] = {}
    for one in tables.manifest["inputs"]:
        key = (one["source"] or one["path"].rsplit("/", 1)[-1], one["licence"])
        newest[key] = max(newest.get(key, ""), one["vintage"] or "")
    rows = [
        ", ".join(
            part
            for part in (
                printable(source, lang=lang, limit=160),
                format_value(date.fromisoformat(when), "day", lang) if when else "",
                printable(licence, lang=lang, limit=80),
            )
            if part
        )
        for (source, licence), when in newest.items()
    ]
    return [
        *rows,
        *(printable(credit, lang=lang, limit=200) for credit in tables.manifest["credits"]),
    ]
