"""Numbers and dates as French files, Excel and people write them."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from foncier.errors import FormatError

if TYPE_CHECKING:
    from foncier.readers.report import Journal

# Spaces (no-break and narrow ones too) and apostrophes between thousands.
THOUSANDS = re.compile(r"[\s'’_](?=\d)|\s")
UNITS = re.compile(r"(?i)(?<=\d)(?:m²|m2|€|eur)$")
OLDEST, NEWEST = 1800, 2100  # years of a date that may be true: 9999-12-31 means "no end"
TURN = 50  # two digits of a year: 49 is 2049, 50 is 1950
MONTHS = ("jan", "fev", "mar", "avr", "mai", "juin", "juil", "aou", "sep", "oct", "nov", "dec")
ENGLISH = {"feb": 2, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8}
ISO = re.compile(r"(?P<year>\d{4})[-/.]?(?P<month>\d\d)[-/.]?(?P<day>\d\d)(?:[T\s].*)?")
DAY_FIRST = re.compile(r"(?P<day>\d\d?)[-/. ](?P<month>\d\d?)[-/. ](?P<year>\d{4}|\d\d)(?:\s.*)?")
YEAR = re.compile(r"(?P<year>\d{4})(?:[.,]0+)?")
EXCEL_DAY = re.compile(r"(?P<days>\d{5})(?:[.,]\d+)?")  # days since 30 December 1899
EPOCH = re.compile(r"(?P<ms>\d{12,13})")  # milliseconds since 1970, of ArcGIS
EXCEL_ORIGIN, EXCEL_DAYS = dt.date(1899, 12, 30), range(18264, 73051)  # 1950 to 2099
MONTH_YEAR = re.compile(r"(?P<month>\d\d?)[-/.](?P<year>\d{4})|(?P<year2>\d{4})-(?P<month2>\d\d)")
PRECISIONS = {
    "month": "readers.parse.month_only",
    "year": "readers.parse.year_only",
    "excel": "readers.parse.excel_days",
}
WORDS = re.compile(
    r"(?:[a-z]+\s+)?(?:(?P<day>\d\d?)(?:er)?[\s-]+)?(?P<month>[a-z]{3,9})\.?[\s-]+(?P<year>\d{4}|\d\d)"
)


def numbers(values: pd.Series[Any], *, column: str, shown: str, journal: Journal) -> pd.Series[Any]:
    """Read numbers (``56 248``, ``3,4``, ``1.234,5``, ``120 m²``); missing stays missing.

    A cell that holds no number is unknown, and listed in a note.

    Raises
    ------
    FormatError
        Most cells hold text: it is not a column of numbers.
    """
    if pd.api.types.is_numeric_dtype(values):
        found = values.astype("float64")
        return found.where(np.isfinite(found))
    parsed = loose_numbers(values)
    texts = values.astype("str").str.strip()
    invalid = parsed.isna() & texts.notna() & (texts != "")
    if int(invalid.sum()) > int(parsed.notna().sum()):
        raise FormatError(
            "readers.parse.not_numbers",
            path=shown,
            column=column,
            count=int(invalid.sum()),
            cells=list(texts[invalid].unique()),
        )
    journal.add(
        "dropped",
        int(invalid.sum()),
        "readers.parse.bad_numbers",
        column=column,
        cells=list(texts[invalid].unique()),
    )
    return parsed


def loose_numbers(values: pd.Series[Any]) -> pd.Series[Any]:
    """Read the numbers of a register; words (« non renseigné », ``[ND]``) are unknown.

    Examples
    --------
    >>> list(loose_numbers(pd.Series(["1 234,5", "1.234.567", "120 m²", "4"])))
    [1234.5, 1234567.0, 120.0, 4.0]
    """
    texts = values.astype("str")
    parsed = pd.to_numeric(texts, errors="coerce").astype("float64")
    rest = parsed.isna() & texts.notna()
    if rest.any():
        others = texts[rest]
        distinct = {text: _number(text) for text in others.unique()}
        parsed = parsed.where(~rest, others.map(distinct).astype("float64"))
    return parsed.where(np.isfinite(parsed))


def _number(text: str) -> float:
    """Number of a text, NaN without one. Of two signs the last one is that of the decimals."""
    plain = UNITS.sub("", THOUSANDS.sub("", text.strip()))
    comma, point = plain.rfind(","), plain.rfind(".")
    if comma > point >= 0 or plain.count(".") > 1:
        plain = plain.replace(".", "").replace(",", ".")
    elif point > comma >= 0:
        plain = plain.replace(",", "")
    else:
        plain = plain.replace(",", ".")
    try:
        return float(plain)
    except ValueError:
        return float("nan")


def dates(values: pd.Series[Any], *, column: str, journal: Journal) -> pd.Series[Any]:
    """Read dates: ISO, ``JJ/MM/AAAA``, ``1er août 2023``; a time after it is ignored.

    ``août 2023`` and ``08/2023`` are the first of the month, ``2023`` is the first of the year, and
    ``45000`` the day of that number in Excel, each with a note. Any other text, and a day that does
    not exist or is not between 1800 and 2100, is unknown, with a note that lists it.
    """
    if pd.api.types.is_datetime64_any_dtype(values):
        days: pd.Series[Any] = values.dt.tz_localize(None).dt.normalize()
        return days.where(days.dt.year.between(OLDEST, NEWEST))
    texts = values.astype("str").str.strip()
    texts = texts.mask(texts == "")
    days = pd.to_datetime(texts.str.slice(0, 10), format="%Y-%m-%d", errors="coerce")
    days = days.where(days.dt.year.between(OLDEST, NEWEST))
    rest = texts[days.isna() & texts.notna()]
    if rest.empty:
        return days
    read = {text: day_of(text) for text in rest.unique()}
    found = rest.map({text: pd.NaT if day is None else day[0] for text, day in read.items()})
    days = days.astype("datetime64[us]")
    days[rest.index] = pd.to_datetime(found).astype("datetime64[us]")
    for precision, message in PRECISIONS.items():
        such = {text for text, day in read.items() if day is not None and day[1] == precision}
        journal.add("assumed", int(rest.isin(such).sum()), message, column=column)
    unknown = rest[[read[text] is None for text in rest]]
    journal.add(
        "dropped",
        len(unknown),
        "readers.parse.bad_dates",
        column=column,
        cells=list(unknown.unique()),
    )
    return days


def day_of(text: str) -> tuple[dt.date, str] | None:
    """Day that a text names, and how: ``day``, ``month``, ``year``, ``excel``; None for another.

    Examples
    --------
    >>> day_of("15/03/2023")[0].isoformat(), day_of("août 2023")
    ('2023-03-15', (datetime.date(2023, 8, 1), 'month'))
    >>> day_of("03/15/2023"), day_of("45000"), day_of("123")
    (None, (datetime.date(2023, 3, 15), 'excel'), None)
    """
    plain = unicodedata.normalize("NFD", text.strip().lower()).encode("ascii", "ignore").decode()
    if match := ISO.fullmatch(plain) or DAY_FIRST.fullmatch(plain):
        return _named(_day(match["year"], int(match["month"]), int(match["day"])), "day")
    if match := MONTH_YEAR.fullmatch(plain):
        month = int(match["month"] or match["month2"])
        return _named(_day(match["year"] or match["year2"], month, 1), "month")
    if match := WORDS.fullmatch(plain):
        month = next((n for n, name in enumerate(MONTHS, 1) if match["month"].startswith(name)), 0)
        month = month or ENGLISH.get(match["month"][:3], 0)
        day = _day(match["year"], month, int(match["day"] or 1))
        return _named(day, "day" if match["day"] else "month")
    return _number_of_day(plain)


def _number_of_day(text: str) -> tuple[dt.date, str] | None:
    """Day that a number stands for: a year, a day of Excel, milliseconds."""
    if match := YEAR.fullmatch(text):
        return _named(_day(match["year"], 1, 1), "year")
    if match := EXCEL_DAY.fullmatch(text):
        days = int(match["days"])
        known = days in EXCEL_DAYS
        return (EXCEL_ORIGIN + dt.timedelta(days=days), "excel") if known else None
    if match := EPOCH.fullmatch(text):
        return dt.datetime.fromtimestamp(int(match["ms"]) / 1000, dt.UTC).date(), "day"
    return None


def _named(day: dt.date | None, precision: str) -> tuple[dt.date, str] | None:
    return None if day is None else (day, precision)


def _day(year: str, month: int, day: int) -> dt.date | None:
    number = int(year)
    if len(year) == 2:
        number += 2000 if number < TURN else 1900
    if not OLDEST <= number <= NEWEST:
        return None
    try:
        return dt.date(number, month, day)
    except ValueError:
        return None
