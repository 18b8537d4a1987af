"""Texts and numbers as they are printed, and the width of a text in the font of the sheets."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foncier.i18n import figure, format_value, localize, typeset

if TYPE_CHECKING:
    from collections.abc import Mapping

    import typst

    from foncier.i18n import Lang

NBSP, BREAK = "\u00a0", "\u200b"
LONGEST_RUN = 26  # characters without a place to break, about half a column
HIDDEN = {
    "Cc",
    "Cf",
    "Cs",
    "Co",
    "Cn",
}  # controls, direction marks, surrogates, private, unassigned
JOINERS = {"\u200d", "\u200c"}  # some scripts are not legible without them
UNIT = re.compile(r"(\d)\s(?=(?:m|m²|ha|km|min|€|h)\b|%)")
RUN = re.compile(rf"\S{{{LONGEST_RUN + 1},}}")


def is_known(value: Any) -> bool:
    """Tell whether a value of a table is known: neither missing nor an empty text."""
    if value is None or value is False or value == "":
        return False
    return not (isinstance(value, float) and value != value) and str(value) not in ("NaT", "<NA>")  # noqa: PLR0124


def printable(text: Any, *, lang: Lang, limit: int = 400) -> str:
    r"""Text of the data as it is printed: one line, no-break spaces, at most ``limit`` characters.

    Direction marks are left out and control characters become blanks. A run without a blank gets
    places to break, invisible on paper.

    Examples
    --------
    >>> printable("Bâti  déclaré vacant : 4 %", lang="fr")
    'Bâti déclaré vacant\xa0: 4\xa0%'
    >>> printable("#set text(red) $x$", lang="fr"), printable("a" * 9, lang="fr", limit=4)
    ('#set text(red) $x$', 'aaa…')
    """
    blank = "".join(
        c
        if c in JOINERS or unicodedata.category(c) not in HIDDEN
        else " "
        if unicodedata.category(c) == "Cc"
        else ""
        for c in str(text)[: 4 * limit]
    )
    line = " ".join(blank.split())
    if lang == "fr":
        line = UNIT.sub(r"\1" + NBSP, typeset(line))
    if len(line) > limit:
        line = line[: limit - 1].rstrip() + "…"
    return RUN.sub(lambda run: _breakable(run[0]), line)


def _breakable(run: str) -> str:
    step = LONGEST_RUN // 2
    return BREAK.join(run[i : i + step] for i in range(0, len(run), step))


def out_of_100(value: Any, lang: Lang) -> str:
    """Score in [0, 1] as a whole number out of 100, or "unknown"."""
    return figure(round(value * 100) if is_known(value) else float("nan"), "", lang)


def measured(value: Any, unit: str, lang: Lang) -> str:
    r"""Number with its unit; a share is a percentage; hectares from ten hectares on.

    Examples
    --------
    >>> measured(0.403, "0–1", "fr"), measured(290472.3, "m²", "fr"), measured(None, "m", "en")
    ('40\xa0%', '29,0\xa0ha', 'unknown')
    """
    number = float(value) if is_known(value) else float("nan")
    if unit == "0–1":
        return format_value(number, "%", lang)
    if unit == "m²" and number >= 100_000:
        return figure(number / 10_000, "ha", lang)
    if unit == "hab.":
        unit = localize("export.sheets.inhabitants", lang)
    if unit in ("m", "m²") and number >= 20:
        number = float(round(number))
    return figure(round(number, 1) + 0.0, unit, lang)


def hectares(area_m2: float, lang: Lang) -> str:
    r"""Area in hectares with one decimal, as everywhere; two below a tenth of a hectare.

    Examples
    --------
    >>> hectares(312.0, "fr"), hectares(270_400.0, "fr"), hectares(1_910_000.0, "en")
    ('0,03\xa0ha', '27,0\xa0ha', '191.0\xa0ha')
    """
    if area_m2 == 0:
        return figure(0, "ha", lang)
    if area_m2 >= 1_000:
        return f"{format_value(area_m2 / 10_000, '.1f', lang)}{NBSP}ha"
    return f"{format_value(max(area_m2 / 10_000, 0.01), '.2f', lang)}{NBSP}ha"


def scale_words(scale: int, lang: Lang) -> str:
    r"""Scale of a map.

    Examples
    --------
    >>> scale_words(2000, "fr"), scale_words(2000, "en")
    ('1:2\u202f000', '1:2,000')
    """
    return "1:" + format_value(scale, "n", lang)


FAMILY = "DejaVu Sans"
POINT_MM = 25.4 / 72
SET_AT = 100  # points at which widths are read
WIDEST = 1.0  # width of a letter that the font lacks


def font_folder() -> Path:
    """Folder of the fonts."""
    import matplotlib as mpl  # noqa: PLC0415 (slow to import)

    return Path(mpl.get_data_path()) / "fonts" / "ttf"


@cache
def fonts() -> typst.Fonts:
    """Fonts that the compiler may use, without those of this machine."""
    import typst  # noqa: PLC0415 (slow to import)

    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[font_folder()]
    )


@cache
def advances(*, bold: bool = False) -> Mapping[str, float]:
    """Width of every letter of the font, as a share of its size.

    The first call reads the whole font and must not be made from several threads at once: the font
    reader is not thread-safe. The table may then be used from any thread.
    """
    from matplotlib.ft2font import FT2Font, LoadFlags  # noqa: PLC0415 (slow to import)

    face = FT2Font(str(font_folder() / f"DejaVuSans{'-Bold' if bold else ''}.ttf"))
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
    widths = advances(bold=bold)
    return sum(widths.get(letter, WIDEST) for letter in text) * size * POINT_MM
