"""How values are written in a message: numbers, quantities, percentages, dates, lists, plurals."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from numbers import Real
from typing import TYPE_CHECKING, Any

from foncier.i18n.catalog import (
    Lang,
    MessageError,
    Part,
    parts,
    singular,
    template,
)
from foncier.i18n.secrets import without_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import date

LEAST_SHARE = 0.005  # less is written as less than a percent, never as none
LARGE = 100  # figures from here on have no decimals
SHOWN = 5  # values of a list that a message names
NARROW = "\u202f"  # French thousands separator
NBSP = "\u00a0"
COLON = {"fr": f"{NBSP}: ", "en": ": "}
QUOTES = {"fr": (f"«{NBSP}", f"{NBSP}»"), "en": ("“", "”")}
NUMBER = re.compile(r"[+]?,?(\.\d+)?[fg%]")


def render(form: Iterable[Part], params: Mapping[str, Any], lang: Lang) -> str:
    """Fill the placeholders of a compiled text; a missing parameter is a `MessageError`."""
    words = []
    for part in form:
        words.append(part.text)
        if part.name:
            if part.name not in params:
                raise MessageError(part.name)
            words.append(format_value(params[part.name], resolved(part.spec, params, lang), lang))
    return "".join(words)


def resolved(spec: str, params: Mapping[str, Any], lang: Lang) -> str:
    """Fill the placeholders of a format, as in ``{value:q {unit}}``."""
    return render(parts(spec, "en"), params, lang) if "{" in spec else spec


def format_value(value: Any, spec: str, lang: Lang) -> str:
    r"""Write a value as a placeholder asks for; formats are listed in ``docs/messages.md``.

    Examples
    --------
    >>> format_value(31248, "n", "en"), format_value(5.43, "q m", "fr")
    ('31,248', '5,4\xa0m')
    >>> format_value(["a", "b", "c"], "list 2", "en"), format_value(2, "plural site|sites", "fr")
    ('“a”, “b” and 1 more', 'sites')
    """
    kind, _, argument = spec.partition(" ")
    if kind in WORDS:
        return WORDS[kind](value, argument, lang)
    if unknown(value):
        return fixed("util.unknown", lang)
    if kind in VALUES:
        return VALUES[kind](value, argument, lang)
    if NUMBER.fullmatch(kind):
        return number(value, kind, lang)
    raise ValueError(f"no such format: {spec}")


def fixed(message_id: str, lang: Lang) -> str:
    """Text of a message without parameters."""
    return render(template(message_id, lang).forms["other"], {}, lang)


def unknown(value: Any) -> bool:
    """Tell a value that is missing: None, NaN, NaT, NA."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, Real) and math.isnan(value)


def text(value: Any, lang: Lang) -> str:
    """Write a value without a format.

    Messages, texts in two languages and errors have a method ``__localize__``: they are worded in
    the language of the message that they are in.
    """
    if isinstance(value, str):
        return without_secrets(value)
    words = getattr(value, "__localize__", None)
    if words is not None:
        return str(words(lang))
    return fixed("util.unknown", lang) if unknown(value) else without_secrets(str(value))


def number(value: float, spec: str, lang: Lang) -> str:
    """Write a number by a format of Python, with the separators of the language."""
    sign = "+" * spec.startswith("+")
    digits = spec.lstrip("+").lstrip(",")
    words = format(float(value), f"{sign}z,{digits}" if digits[-1] in "f%" else f"{sign},{digits}")
    if lang == "en":
        return words
    return words.replace(",", NARROW).replace(".", ",").replace("%", f"{NBSP}%")


@lru_cache(maxsize=65_536)
def figure(value: float, unit: str, lang: Lang) -> str:
    r"""Write a figure with its unit: one decimal below 100, thousands separated.

    Examples
    --------
    >>> figure(5.43, "m", "fr"), figure(1234.6, "m²", "en"), figure(float("nan"), "m", "fr")
    ('5,4\xa0m', '1,235\xa0m²', 'inconnu')
    """
    if math.isnan(value):
        return fixed("util.unknown", lang)
    decimals = 0 if abs(value) >= LARGE or value == round(value) else 1
    words = number(value, f".{decimals}f", lang)
    if not unit:
        return words
    return f"{words}%" if unit == "%" and lang == "en" else f"{words}{NBSP}{unit}"


def percent(share: float, lang: Lang) -> str:
    r"""Share as a whole percentage; what is nearly none or nearly all is no certainty.

    Examples
    --------
    >>> percent(0.264, "fr"), percent(0.002, "fr"), percent(0.998, "en"), percent(0, "en")
    ('26\xa0%', '<\xa01\xa0%', '>\xa099%', '0%')
    """
    if 0 < share < LEAST_SHARE:
        return f"<{NBSP}{number(0.01, '.0%', lang)}"
    if 1 - LEAST_SHARE < share < 1:
        return f">{NBSP}{number(0.99, '.0%', lang)}"
    return number(share, ".0%", lang)


def listed(values: Iterable[Any], quoted: bool, most: int, lang: Lang) -> str:
    """First values of a list, in quotes if asked, and how many more there are (0: all)."""
    before, after = QUOTES[lang] if quoted else ("", "")
    words = [f"{before}{text(value, lang)}{after}" for value in values]
    rest = len(words) - most if most else 0
    if rest <= 0:
        return ", ".join(words)
    more = render(template("util.and_more", lang).select(rest, lang), {"count": rest}, lang)
    return f"{', '.join(words[:most])} {more}"


def long_date(day: date, lang: Lang) -> str:
    r"""Write a date in full.

    Examples
    --------
    >>> from datetime import date
    >>> long_date(date(2026, 1, 1), "fr"), long_date(date(2026, 1, 15), "en")
    ('1er\xa0janvier\xa02026', '15\xa0January\xa02026')
    """
    month = fixed("util.months", lang).split("|")[day.month - 1]
    first = "1er" if day.day == 1 and lang == "fr" else str(day.day)
    return NBSP.join((first, month, str(day.year)))


def short_date(day: date, lang: Lang) -> str:
    """Write a date in digits: 15/01/2026, or 2026-01-15 in English, where the order is ambiguous.

    Examples
    --------
    >>> from datetime import date
    >>> short_date(date(2026, 1, 15), "fr"), short_date(date(2026, 1, 15), "en")
    ('15/01/2026', '2026-01-15')
    """
    return f"{day:%d/%m/%Y}" if lang == "fr" else f"{day:%Y-%m-%d}"


def plural(count: float, forms: str, lang: Lang) -> str:
    """Choose between two forms written ``one|other``."""
    one, other = forms.split("|")
    return one if singular(count, lang) else other


def lowered(value: Any, lang: Lang) -> str:
    """Write a value with a small first letter."""
    words = text(value, lang)
    return words[:1].lower() + words[1:]


# Formats of a placeholder, by name: value, argument, language -> words.
WORDS: Mapping[str, Callable[[Any, str, Lang], str]] = {
    "": lambda value, _, lang: text(value, lang),
    "lower": lambda value, _, lang: lowered(value, lang),
    "list": lambda value, most, lang: listed(value, True, int(most or SHOWN), lang),
    "items": lambda value, most, lang: listed(value, False, int(most or 0), lang),
    "plural": plural,
}
# The same; a missing value is "unknown".
VALUES: Mapping[str, Callable[[Any, str, Lang], str]] = {
    "n": lambda value, _, lang: number(value, ",.0f", lang),
    "q": lambda value, unit, lang: figure(float(value), unit, lang),
    "%": lambda value, _, lang: percent(float(value), lang),
    "date": lambda value, _, lang: long_date(value, lang),
    "day": lambda value, _, lang: short_date(value, lang),
}
