"""Vintage of a downloaded file: what the service says of the date of its data.

In this order: the edition in the address that gave the file, the newest date in the file itself
(option ``dated_by`` of the source), the date that the data set publishes, ``Last-Modified``. The
day of the download is never a vintage: without any of these it is unknown.
"""

from __future__ import annotations

import csv
import re
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pandas as pd
import pyogrio

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from foncier.download.catalog import Source
    from foncier.download.client import Download

# 2026-06-01, 2026_06_01; 20260601-154903 and .20260601. as folders and names of uploads have it.
DATES = (
    re.compile(r"(?<!\d)(20\d\d)[-_](\d\d)[-_](\d\d)(?!\d)"),
    re.compile(r"(?<!\d)(20\d\d)(\d\d)(\d\d)(?=[-._T]|$)"),
)


def vintage_of(download: Download, source: Source, *, today: date) -> date | None:
    """Vintage of a file before it is installed; None where nothing says it.

    A date after ``today`` is an error of the service and is ignored.
    """
    columns = source.options.get("dated_by", ())
    candidates: tuple[Callable[[], date | None], ...] = (
        lambda: edition_in(download.located),
        lambda: newest_date(download.path, columns, today=today),
        lambda: day_of(download.published),
        lambda: day_of(download.modified),
    )
    known = (candidate() for candidate in candidates)
    return next((day for day in known if day is not None and day <= today), None)


def edition_in(address: str) -> date | None:
    """Date in the path of an address: that of the name of the file before that of its folders.

    Examples
    --------
    >>> edition_in("https://x.example:443/etalab-cadastre/2026-06-01/geojson/p.json.gz")
    datetime.date(2026, 6, 1)
    >>> edition_in("https://x.example/20260429-124852/friches-standard-2026-04-15.csv")
    datetime.date(2026, 4, 15)
    >>> edition_in("https://x.example/latest/csv/2025/communes/80/80021.csv") is None
    True
    """
    for part in reversed(unquote(urlsplit(address).path).split("/")):
        for pattern in DATES:
            days = [_date(*map(int, found.groups())) for found in pattern.finditer(part)]
            if any(days):
                return max(day for day in days if day)
    return None


def day_of(text: str | None) -> date | None:
    """Day of a date as HTTP or ISO 8601 write it; None where it is neither.

    Examples
    --------
    >>> day_of("Fri, 01 Nov 2019 10:00:00 GMT"), day_of("2026-06-25T16:36:00.000000+00:00")
    (datetime.date(2019, 11, 1), datetime.date(2026, 6, 25))
    >>> day_of("il y a peu") is None
    True
    """
    if not text:
        return None
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(text.strip())
        except ValueError:
            continue
        return (moment.astimezone(UTC) if moment.tzinfo else moment).date()
    return None


def newest_date(file: Path, columns: Iterable[str], *, today: date) -> date | None:
    """Newest date until ``today`` in some columns of a CSV or GeoJSON file; None without any."""
    wanted = tuple(columns)
    if not wanted or not file.is_file():
        return None
    texts = _csv_values(file, wanted) if file.suffix == ".csv" else _vector_values(file, wanted)
    days = (day_of(text) for text in {text[:10] for text in texts})
    return max((day for day in days if day is not None and day <= today), default=None)


def _csv_values(file: Path, columns: tuple[str, ...]) -> Iterator[str]:
    with file.open(encoding="utf-8", errors="replace", newline="") as lines:
        header = lines.readline()
        separator = max(";,\t", key=header.count)
        names = next(csv.reader([header], delimiter=separator), [])
        places = [names.index(name) for name in columns if name in names]
        for row in csv.reader(lines, delimiter=separator):
            yield from (row[place] for place in places if place < len(row))


def _vector_values(file: Path, columns: tuple[str, ...]) -> Iterator[str]:
    path = f"/vsigzip/{file.as_posix()}" if file.suffix == ".gz" else file
    present = [name for name in pyogrio.read_info(path)["fields"] if name in columns]
    if not present:
        return
    table = pyogrio.read_dataframe(path, columns=present, read_geometry=False)
    for name in present:
        values = table[name].dropna()
        if pd.api.types.is_datetime64_any_dtype(values):
            yield from values.dt.strftime("%Y-%m-%d")
        else:
            yield from values.astype("str")


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
