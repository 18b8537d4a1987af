"""Texts fit for paper: French spaces, no control signs, no run too long for its column."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foncier.i18n import figure

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import typst

    from foncier.i18n import Lang

NBSP, THIN, BREAK = "\u00a0", "\u202f", "\u200b"
LONGEST_RUN = 26  # characters without a place to break, about half a column
UNSHOWN = {"Cc", "Cf", "Cs", "Co", "Cn"}  # controls, marks of direction, surrogates, private, none
KEPT = {"\u200d", "\u200c"}  # joiners: some scripts are not legible without them
MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)
MONTHS_EN = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
FRENCH = (
    (re.compile(r"\s+([:;?!%»])"), NBSP + r"\1"),
    (re.compile(r"«\s+"), f"«{NBSP}"),
    (re.compile(r"(\d)\s(?=(?:m|m²|ha|km|min|€|h)\b|%)"), r"\1" + NBSP),
)
RUN = re.compile(rf"\S{{{LONGEST_RUN + 1},}}")


def is_known(value: Any) -> bool:
    """Tell whether a value of a table is known: neither missing nor an empty text."""
    if value is None or value is False or value == "":
        return False
    return not (isinstance(value, float) and value != value) and str(value) not in ("NaT", "<NA>")  # noqa: PLR0124


def printable(text: Any, *, lang: Lang, limit: int = 400) -> str:
    r"""Text of the data as it is printed: one line, its own spaces, at most ``limit`` signs.

    Nothing in it acts: marks that would turn the direction of what follows are left out, control
    signs become blanks. A run without a blank gets places to break, invisible on paper.

    Examples
    --------
    >>> printable("Bâti  déclaré vacant : 4 %", lang="fr")
    'Bâti déclaré vacant\xa0: 4\xa0%'
    >>> printable("#set text(red) $x$", lang="fr"), printable("a" * 9, lang="fr", limit=4)
    ('#set text(red) $x$', 'aaa…')
    """
    blank = "".join(
        c
        if c in KEPT or unicodedata.category(c) not in UNSHOWN
        else " "
        if unicodedata.category(c) == "Cc"
        else ""
        for c in str(text)[: 4 * limit]
    )
    line = " ".join(blank.split())
    if lang == "fr":
        for pattern, put in FRENCH:
            line = pattern.sub(put, line)
    if len(line) > limit:
        line = line[: limit - 1].rstrip() + "…"
    return RUN.sub(lambda run: _breakable(run[0]), line)


def _breakable(run: str) -> str:
    step = LONGEST_RUN // 2
    return BREAK.join(run[i : i + step] for i in range(0, len(run), step))


def day(value: date, lang: Lang) -> str:
    r"""Date in words.

    Examples
    --------
    >>> from datetime import date
    >>> day(date(2026, 1, 1), "fr"), day(date(2026, 1, 15), "en")
    ('1er\xa0janvier\xa02026', '15\xa0January\xa02026')
    """
    if lang == "fr":
        first = "1er" if value.day == 1 else str(value.day)
        return NBSP.join((first, MONTHS[value.month - 1], str(value.year)))
    return NBSP.join((str(value.day), MONTHS_EN[value.month - 1], str(value.year)))


def short_day(value: date, lang: Lang) -> str:
    """Date in figures: 15/01/2026, or 2026-01-15 in English, where days and months are mistaken."""
    return f"{value:%d/%m/%Y}" if lang == "fr" else value.isoformat()


def hundred(value: float, lang: Lang) -> str:
    """Score in [0, 1] on a hundred; unknown says so."""
    return (
        figure(round(value * 100), "", lang) if is_known(value) else figure(float("nan"), "", lang)
    )


def percent(value: float, lang: Lang) -> str:
    """Share in [0, 1] as whole percent."""
    return figure(round(value * 100) if is_known(value) else float("nan"), "%", lang)


def measured(value: Any, unit: str, lang: Lang) -> str:
    r"""Figure with its unit; a share is a percentage; hectares from one hectare on.

    Examples
    --------
    >>> measured(0.403, "0–1", "fr"), measured(290472.3, "m²", "fr"), measured(None, "m", "en")
    ('40\xa0%', '29,0\xa0ha', 'unknown')
    """
    number = float(value) if is_known(value) else float("nan")
    if unit == "0–1":
        return percent(number, lang)
    if unit == "m²" and number >= 100_000:
        return figure(number / 10_000, "ha", lang)
    if unit in ("m", "m²") and number >= 20:
        number = float(round(number))
    return figure(round(number, 1) + 0.0, unit, lang)


def hectares(area_m2: float, lang: Lang) -> str:
    r"""Area in hectares, with the decimals that its size asks for.

    Examples
    --------
    >>> hectares(312.0, "fr"), hectares(270_400.0, "fr"), hectares(1_910_000.0, "en")
    ('0,03\xa0ha', '27,0\xa0ha', '191\xa0ha')
    """
    if area_m2 >= 10_000 or area_m2 == 0:
        return figure(area_m2 / 10_000, "ha", lang)
    text = f"{max(area_m2 / 10_000, 0.01):.2f}"
    return f"{text.replace('.', ',') if lang == 'fr' else text}{NBSP}ha"


def scale_words(scale: int, lang: Lang) -> str:
    r"""Scale of a map.

    Examples
    --------
    >>> scale_words(2000, "fr"), scale_words(2000, "en")
    ('1:2\u202f000', '1:2,000')
    """
    text = f"{scale:,}"
    return "1:" + (text.replace(",", THIN) if lang == "fr" else text)


FAMILY = "DejaVu Sans"
POINT_MM = 25.4 / 72
SET_AT = 100  # points at which widths are read
WIDEST = 1.0  # what a letter that the face lacks may take


def face_folder() -> Path:
    """Folder of the faces."""
    import matplotlib as mpl  # noqa: PLC0415 (slow to import)

    return Path(mpl.get_data_path()) / "fonts" / "ttf"


@cache
def faces() -> typst.Fonts:
    """Faces that the compiler may use, those of this machine left out."""
    import typst  # noqa: PLC0415 (slow to import)

    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[face_folder()]
    )


@cache
def advances(*, bold: bool = False) -> Mapping[str, float]:
    """Width of every letter of the face, as a share of its size.

    Read whole at the first call, which must not be made from several threads at once: the reader
    of faces is not made for them. The table may then be used from any.
    """
    from matplotlib.ft2font import FT2Font, LoadFlags  # noqa: PLC0415 (slow to import)

    face = FT2Font(face_folder() / f"DejaVuSans{'-Bold' if bold else ''}.ttf")
    face.set_size(SET_AT, 72)
    return {
        chr(code): float(face.load_glyph(glyph, flags=LoadFlags.NO_HINTING).linearHoriAdvance)
        / 65536
        / SET_AT
        for code, glyph in face.get_charmap().items()
    }


def width_mm(text: str, size: float, *, bold: bool = False) -> float:
    """Width of a text set at a size in points, in millimetres.

    Examples
    --------
    >>> 17 < width_mm("Rue de la Vallée", 6) < 20
    True
    """
    wide = advances(bold=bold)
    return sum(wide.get(letter, WIDEST) for letter in text) * size * POINT_MM
