"""Tables of the print layouts: A3 maps, printed list, pages of the atlas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foncier.communes import name_of
from foncier.export.qgis.environment import words_in
from foncier.export.qgis.layouts import MOST_ROWS, lines
from foncier.model import KIND_LABELS
from foncier.schemas import ALL_KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from foncier.i18n import Lang

    Layers = Mapping[str, Mapping[str, Any]]

# A site without a rank has the number of its row, on the map too.
RANK = """coalesce(to_string(to_int("overall_rank")), 'n°' || "fid")"""
# The first parcel as a deed writes it: prefix of a former commune, section, number.
PARCEL = (
    "regexp_replace(substr(\"parcel_ids\", 6, 3), '^0+', '') || ' ' || "
    "regexp_replace(substr(\"parcel_ids\", 9, 2), '^0+', '') || ' ' || "
    "regexp_replace(substr(\"parcel_ids\", 11, 4), '^0+', '') || "
    "if(length(\"parcel_ids\") > 14, ' …', '')"
)
NAME = (
    f'coalesce("name", "address", if(length("parcel_ids") >= 14, trim({PARCEL}), null), '
    '"opportunity_id")'
)
PUBLIC = ("public", "partiel")  # values of `public_land` of the sites that a public body owns
VALUE = '100 * "rank_value"'  # of which the rank is the order
VALUE_DIGITS, MOST_DIGITS = ((1, 10), (2, 1)), 3  # decimals where the highest value is at least…
BY_RANK = 'coalesce("overall_rank", 1e9 + "fid")'
LIST_FRAME = (10.0, 26.0, 277.0, 160.0)  # of a page of the list, A4 landscape
LIST_STEP = 220.0  # height of a page and the space under it
LIST_LINE, LIST_SPACE = 3.3, 1.9  # millimetres of a line of text, and around a row
LIST_OPTIONAL = ("address", "score", "confidence_band", "availability_class", "rank_value")
MARGIN = 0.8  # millimetres around a cell
CHARACTER = 1.4  # millimetres of a character of 7 points, on average
WIDEST = 1.9  # millimetres of a character in capitals: an upper bound
MOST_PAGES = 60
# What a table of layout_parts.xml has when nothing else is said.
PLAIN = {
    "empty": "",  # message of a table without rows
    "filter": "",
    "margin": MARGIN,
    "note": "",  # in small letters beside the title
    "relation": "",  # of the rows to the feature of the atlas
    "repeat": False,  # whether QGIS adds pages
    "rows": 100_000,  # at most
    "wrap": False,
}


def column(expression: str, heading: str, width: float, *, number: bool = False) -> dict[str, Any]:
    """One column of a table: expression of QGIS, heading, width with margins in mm, alignment."""
    inside = round(width - 2 * MARGIN, 2)
    return {"expression": expression, "heading": heading, "width": inside, "number": number}


def number(name: str, heading: str, width: float, lang: Lang, *, digits: int = 0) -> dict[str, Any]:
    """Column of a rounded number, written as the language writes it."""
    return column(f"format_number({name}, {digits}, '{lang}')", heading, width, number=True)


def theme_table(
    theme: Mapping[str, Any], layers: Layers, sites: pd.DataFrame, lang: Lang
) -> dict[str, Any] | None:
    """Table under the legend of a theme; None where the theme has none.

    ``sites`` are the opportunities, by rank: their columns depend on the study.
    """
    words = words_in(lang)
    name = theme.get("table", "")
    if name == "quartiers" and "quartiers" in layers:
        return _district_table(layers["quartiers"], words, lang)
    if not name:
        return None
    shown = name if name in sites and sites[name].notna().any() else "score"
    last = _last_column(shown, sites, lang)
    if "rows" in theme:
        sites = sites[sites["public_land"].isin(PUBLIC)]
    kind = _kind_column(sites, words["kind"], lang)
    width = 69.8 - last["width"] - kind["width"]  # what the other columns leave of the panel
    names = sites["name"].fillna(sites["address"]).fillna(sites["opportunity_id"])
    return PLAIN | {
        "layer": layers["opportunites"],
        "filter": theme.get("rows", ""),
        "title": _title(theme, sites, words),
        "note": rank_note(sites, words),
        "sort": [BY_RANK, '"opportunity_id"'],
        "size": 7,
        "wrap": True,
        "lines": [lines(name, int(width / CHARACTER)) for name in names.head(MOST_ROWS)],
        "columns": [
            column(RANK, words["rank"], 11, number=True),
            column(NAME, words["site"], width),
            kind,
            number('"area_m2"', "m²", 14, lang),
            last,
        ],
    }


def _district_table(layer: Any, words: Mapping[str, str], lang: Lang) -> dict[str, Any]:
    """Table of the districts, the largest area first."""
    return PLAIN | {
        "layer": layer,
        "title": words["districts_table"],
        "filter": f"\"kind\" = '{ALL_KINDS}'",
        "sort": ['-"area_m2"'],
        "size": 7,
        "wrap": True,
        "columns": [
            column('coalesce("name", "quarter_id")', words["district"], 43),
            number('"number"', words["number"], 13, lang, digits=1),
            number('"ready_number"', words["ready"], 13, lang, digits=1),
            number('"area_m2" / 10000', "ha", 13, lang, digits=1),
            number('"residents"', words["residents"], 16, lang),
        ],
    }


def _kind_column(sites: pd.DataFrame, heading: str, lang: Lang) -> dict[str, Any]:
    """Column of the kind, as wide as the longest of those that the sites have."""
    labels = [KIND_LABELS[kind][lang] for kind in sites["kind"].dropna().unique()]
    longest = max(map(len, (heading, *labels)))
    return column('represent_value("kind")', heading, min(27.0, longest * CHARACTER + 2 * MARGIN))


def _value_column(sites: pd.DataFrame, lang: Lang) -> dict[str, Any]:
    """Column of the value that the rank follows, with the decimals that tell low ones apart."""
    highest = 100 * sites["rank_value"].max() if sites["rank_value"].notna().any() else 100.0
    digits = next((n for n, least in VALUE_DIGITS if highest >= least), MOST_DIGITS)
    return number(VALUE, words_in(lang)["value"], 17, lang, digits=digits)


def _last_column(name: str, sites: pd.DataFrame, lang: Lang) -> dict[str, Any]:
    """Last column of the table of the sites: what the theme shows of them."""
    words = words_in(lang)
    availability = 'represent_value("availability_class")'
    return {
        "score": number('"score"', words["score"], 12, lang, digits=2),
        "rank_value": _value_column(sites, lang),
        "confidence": column('represent_value("confidence_band")', words["confidence"], 17),
        "availability_class": column(availability, words["availability"], 20),
        "owner_types": column('represent_value("owner_types")', words["owner"], 24),
        "loop_min": number('"loop_min"', words["loop_min"], 18, lang),
    }[name]


def _title(theme: Mapping[str, Any], sites: pd.DataFrame, words: Mapping[str, str]) -> str:
    """Title of the table of the sites of a theme."""
    if "rows" in theme:
        return words["public_sites"]
    return words["first_sites" if sites["overall_rank"].notna().any() else "sites"]


def rank_note(sites: pd.DataFrame, words: Mapping[str, str]) -> str:
    """What the rank follows, where it is not the score alone; empty without a ranking."""
    return words["rank_follows"] if sites["rank_value"].notna().any() else ""


def town(communes: Iterable[str]) -> str:
    """Expression of the name of the commune of a site; its code where it has none.

    Examples
    --------
    >>> print(town(["80021"]))
    coalesce(map_get(map('80021', 'Amiens'), "commune"), "commune")
    """
    names = [(code, name_of(code)) for code in dict.fromkeys(communes)]
    pairs = ", ".join(f"{quoted(c)}, {quoted(name)}" for c, name in names if name != c)
    return f'coalesce(map_get(map({pairs}), "commune"), "commune")' if pairs else '"commune"'


def quoted(text: str) -> str:
    """Text as a literal of an expression."""
    return "'" + text.replace("'", "''") + "'"


def site_list(layers: Layers, frame: pd.DataFrame, lang: Lang) -> dict[str, Any]:
    """Printed list of every opportunity, with the number of pages that hold it at most."""
    words = words_in(lang)
    warnings = "warnings" if lang == "fr" else "warnings_en"
    columns = {
        "rank": column(RANK, words["rank"], 12, number=True),
        "name": column(NAME, words["site"], 48),
        "kind": column('represent_value("kind")', words["kind"], 31),
        "address": column("coalesce(\"address\", '')", words["address"], 34),
        "commune": column(town(frame["commune"].dropna().astype(str)), words["commune"], 23),
        "area_m2": number('"area_m2"', "m²", 15, lang),
        "score": number('"score"', words["score"], 11, lang, digits=2),
        "confidence_band": column('represent_value("confidence_band")', words["confidence"], 18),
        "availability_class": column(
            'represent_value("availability_class")', words["availability"], 21
        ),
        "rank_value": _value_column(frame, lang),
        warnings: column(f"replace(coalesce(\"{warnings}\", ''), '|', '·')", words["to_check"], 47),
    }
    _give_width(columns, frame)
    frame = frame.assign(commune=frame["commune"].map(name_of, na_action="ignore"))
    wrapping = [name for name in ("name", "address", "commune", warnings) if name in columns]
    deepest = 0.0
    for row in zip(*(frame[name].fillna("").astype(str) for name in wrapping), strict=True):
        wrapped = (
            lines(text, int(columns[name]["width"] / WIDEST))
            for text, name in zip(row, wrapping, strict=True)
        )
        deepest += max(wrapped) * LIST_LINE + LIST_SPACE
    pages = min(MOST_PAGES, int(deepest / (LIST_FRAME[3] - 2 * LIST_LINE - LIST_SPACE)) + 1)
    x, y, width, height = LIST_FRAME
    return PLAIN | {
        "layer": layers["opportunites"],
        "sort": [BY_RANK, '"opportunity_id"'],
        "size": 7.5,
        "wrap": True,
        "repeat": pages == MOST_PAGES,
        "columns": [*columns.values()],
        "frames": [(x, y + page * LIST_STEP, width, height) for page in range(pages)],
    }


def _give_width(columns: dict[str, dict[str, Any]], frame: pd.DataFrame) -> None:
    """Leave out the columns that are unknown for every site; their width is that of the name."""
    for name in LIST_OPTIONAL:
        if frame.empty or frame[name].notna().any():
            continue
        columns["name"]["width"] += columns.pop(name)["width"] + 2 * MARGIN


def evidence_table(layers: Layers, lang: Lang) -> dict[str, Any]:
    """Evidence of the site of a page of the atlas."""
    words = words_in(lang)
    return PLAIN | {
        "layer": layers["indices"],
        "relation": "opportunites_indices",
        "sort": ['-coalesce("weight", 0)'],
        "size": 7,
        "wrap": True,
        "empty": words["no_evidence"],
        "columns": [
            column(f'"text_{lang}"', words["finding"], 62),
            column('represent_value("direction")', words["direction"], 14),
            column('"source"', words["source"], 24),
        ],
    }


def access_table(layers: Layers, destinations: Mapping[str, Any], lang: Lang) -> dict[str, Any]:
    """Walking times of the site of a page of the atlas, the nearest first."""
    words = words_in(lang)
    pairs = ", ".join(
        f"{quoted(key)}, {quoted(str(label[lang]))}" for key, label in destinations.items()
    )
    return PLAIN | {
        "layer": layers["acces_detail"],
        "relation": "opportunites_acces_detail",
        "sort": ['coalesce("time_min", 1e9)'],
        "size": 7,
        "wrap": True,
        "empty": words["no_access"],
        "columns": [
            column(f'coalesce(map_get(map({pairs}), "target"), "target")', words["towards"], 58),
            number('"time_min"', "min", 12, lang),
            number('"distance_m"', "m", 18, lang),
        ],
    }
