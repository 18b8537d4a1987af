"""Ordinary weekday of a GTFS feed, and the services of that day."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from foncier.errors import FormatError
from foncier.readers import parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from foncier.readers.gtfs_files import Feed

WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ORDINARY = (1, 2, 3)  # Tuesday to Thursday: Monday and Friday have other timetables
AROUND_DAYS = 28  # longer than school holidays of two weeks
LONGEST_DAYS = 366  # some feeds announce their timetable until 2099
SECONDS_A_DAY = 86_400
EPOCH = dt.date(1970, 1, 1)  # a Thursday


@dataclass(frozen=True)
class Day:
    """The day counted, its services and those of the day before (with runs after midnight).

    ``near_study_date`` is False when the feed has no ordinary weekday around the study date.
    """

    date: dt.date
    services: frozenset[str]
    day_before: frozenset[str]
    near_study_date: bool


def ordinary_day(feed: Feed, trips: pd.Series[int], on: dt.date | None) -> Day:
    """Choose the Tuesday, Wednesday or Thursday with the most trips around a date.

    Parameters
    ----------
    feed
        With ``calendar``, ``calendar_dates`` or both.
    trips
        Number of trips by service id.
    on
        Date of the study, or None. The search covers the four weeks before and after it where the
        feed does, else the first year of the feed. Of equal days, the nearest to the date, else to
        the middle of the feed: its first and last days may lack some timetables.

    Raises
    ------
    FormatError
        No calendar, or no ordinary weekday with a trip.
    """
    calendar = _Calendar.of(feed, sorted(trips.index))
    first, last = calendar.span
    windows = [(first, min(last, first + LONGEST_DAYS))]
    date = None if on is None else (on - EPOCH).days
    covered = date is not None and first <= date <= last
    if date is not None and covered:
        windows.insert(0, (max(first, date - AROUND_DAYS), min(last, date + AROUND_DAYS)))
    weights = trips.reindex(list(calendar.services)).to_numpy(dtype=np.int64)
    for n, (start, stop) in enumerate(windows):
        days = np.arange(start, stop + 1)
        days = days[np.isin((days + 3) % 7, ORDINARY)]
        trip_counts = weights @ calendar.active(days)
        if len(days) and trip_counts.max() > 0:
            middle = (start + stop) // 2 if date is None or not covered else date
            busiest = days[trip_counts == trip_counts.max()]
            best = int(busiest[np.argmin(np.abs(busiest - middle))])
            today, day_before = calendar.active(np.array([best, best - 1])).T
            names = np.array(calendar.services, dtype=object)
            near_study_date = date is None or (covered and n == 0)
            best_date = EPOCH + dt.timedelta(days=best)
            return Day(
                best_date, frozenset(names[today]), frozenset(names[day_before]), near_study_date
            )
    raise FormatError("readers.gtfs_days.no_ordinary_day", path=feed.shown)


@dataclass(frozen=True)
class _Calendar:
    """Weeks and exceptions of the services that have trips, days counted from 1970."""

    services: Sequence[str]
    code: NDArray[np.int64]  # service of each row of calendar
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    week: NDArray[np.bool_]  # (rows, 7)
    except_code: NDArray[np.int64]
    except_day: NDArray[np.int64]
    added: NDArray[np.bool_]

    @classmethod
    def of(cls, feed: Feed, services: Sequence[str]) -> _Calendar:
        if "calendar" not in feed and "calendar_dates" not in feed:
            raise FormatError("readers.gtfs_days.no_calendar", path=feed.shown)
        weeks = pd.DataFrame(columns=["service_id", "start_date", "end_date", *WEEK], dtype="str")
        if "calendar" in feed:
            weeks = feed.rows("calendar", tuple(weeks.columns))
        dates = pd.DataFrame(columns=["service_id", "date", "exception_type"], dtype="str")
        if "calendar_dates" in feed:
            dates = feed.rows("calendar_dates", tuple(dates.columns))
        weeks = _with_days(weeks, services, ("start_date", "end_date"), feed, "calendar")
        dates = _with_days(dates, services, ("date",), feed, "calendar_dates")
        return cls(
            services,
            np.searchsorted(services, weeks["service_id"].to_numpy(dtype=object)),
            weeks["start_date"].to_numpy(dtype=np.int64),
            weeks["end_date"].to_numpy(dtype=np.int64),
            (weeks[list(WEEK)] == "1").to_numpy(dtype=np.bool_),
            np.searchsorted(services, dates["service_id"].to_numpy(dtype=object)),
            dates["date"].to_numpy(dtype=np.int64),
            (dates["exception_type"] == "1").to_numpy(dtype=np.bool_),
        )

    @property
    def span(self) -> tuple[int, int]:
        """First and last day of service; the last before the first where there is none."""
        first = np.concatenate([self.start, self.except_day[self.added]])
        last = np.concatenate([self.end, self.except_day[self.added]])
        return (int(first.min()), int(last.max())) if len(first) else (0, -1)

    def active(self, days: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell if each service runs on each of these days, shape (services, days)."""
        runs = np.zeros((len(self.services), len(days)), dtype=np.bool_)
        in_period = (self.start[:, None] <= days) & (days <= self.end[:, None])
        np.logical_or.at(runs, self.code, in_period & self.week[:, (days + 3) % 7])
        same = self.except_day[:, None] == days
        for added in (True, False):  # a day both added and removed is removed
            row, day = np.nonzero(same & (self.added == added)[:, None])
            runs[self.except_code[row], day] = added
        return runs


def _with_days(
    rows: pd.DataFrame, services: Sequence[str], columns: tuple[str, ...], feed: Feed, table: str
) -> pd.DataFrame:
    """Rows of the services, with days counted from 1970; those of unreadable dates are listed.

    Raises
    ------
    FormatError
        Most dates are unreadable.
    """
    rows = rows[rows["service_id"].isin(services)]
    shown = f"{feed.shown}/{table}.txt"
    read = {n: parse.dates(rows[n], column=n, journal=feed.journal) for n in columns}
    days = pd.DataFrame(read, index=rows.index)
    bad = days.isna().any(axis=1)
    if 2 * int(bad.sum()) > len(rows):
        raise FormatError("readers.gtfs_days.bad_dates", path=shown, count=int(bad.sum()))
    kept = days[~bad].astype("datetime64[s]").astype("int64") // SECONDS_A_DAY
    return rows[~bad].assign(**kept)
