"""Stops of a GTFS feed with their departures on an ordinary weekday, 7 a.m. to 7 p.m."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from foncier.errors import ConfigError, FormatError
from foncier.readers import base, columns, parse
from foncier.readers.gtfs_days import ordinary_day
from foncier.readers.gtfs_files import open_feed

if TYPE_CHECKING:
    import datetime as dt

    from numpy.typing import NDArray

    from foncier.model import LayerFile
    from foncier.readers.base import Draft, Target
    from foncier.readers.gtfs_days import Day
    from foncier.readers.gtfs_files import Feed
    from foncier.readers.report import Journal

FROM_H, TO_H = 7, 19
DAY_S = 86_400
MARGIN_M = 5_000.0  # no one walks farther to a stop
MAX_RUNS = 1_000_000  # of a frequency table: more is no timetable
STOP_TYPES = ("", "0")  # location_type of boarding stops; others are stations, entrances…


def stops(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read the stops near the study, and count their departures.

    A departure is a trip that passengers may board at the stop: neither its last stop nor one that
    is closed to boarding. A trip that serves a stop twice counts once. Times may exceed 24:00:00;
    trips of the day before that still run count; frequencies are expanded to single runs.

    Returns
    -------
    Rows of the contract ``TRANSIT``, all within ``MARGIN_M`` of ``target.bounds`` when these are
    known. A stop without service on that day has 0 departures.

    Raises
    ------
    FormatError
        See `foncier.readers.gtfs_files` and `foncier.readers.gtfs_days`; no stop near the study.
    CrsError
        Latitudes and longitudes are swapped, or not in degrees.
    """
    if file.columns or file.constants:
        raise ConfigError("readers.gtfs.own_columns", path=file.shown)
    with open_feed(file.path, file.shown, journal) as feed:
        draft = _stops_near(_stops(feed, file, target, journal), file, target, journal)
        trips = feed.rows("trips", ("trip_id", "service_id", "route_id"))
        trips = trips.sort_values(list(trips.columns)).drop_duplicates("trip_id")
        day = ordinary_day(feed, trips.groupby("service_id").size(), target.on)
        _note_day(day, target.on, journal)
        runs = _runs(trips, day)
        stop_times = _stop_times(feed, set(runs["trip_id"]), journal)
        runs = _expand_frequencies(runs, stop_times, feed, journal)
        trips = trips.assign(route=_routes(feed, trips))
    boarded = stop_times[stop_times["board"] & stop_times["stop_id"].isin(draft.frame["stop_id"])]
    departures = _departures(boarded, runs).merge(trips[["trip_id", "route"]], on="trip_id")
    return base.Draft(_with_departures(draft.frame, departures), draft.rows_read, draft.crs)


def _stops(feed: Feed, file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read the boarding stops; missing coordinates are those of the station."""
    all_stops = feed.rows(
        "stops",
        ("stop_id", "stop_lat", "stop_lon"),
        ("stop_name", "location_type", "parent_station"),
    )
    table_shown = f"{file.shown}/stops.txt"
    for name in ("stop_lat", "stop_lon"):
        known = all_stops[name].where(all_stops[name] != "")
        all_stops[name] = parse.numbers(known, column=name, shown=table_shown, journal=journal)
    all_stops = all_stops.assign(
        stop_name=all_stops["stop_name"].where(all_stops["stop_name"] != "")
    )
    station = all_stops.drop_duplicates("stop_id").set_index("stop_id")
    boarding = all_stops[all_stops["location_type"].isin(STOP_TYPES)].copy()
    for name in ("stop_lat", "stop_lon", "stop_name"):
        boarding[name] = boarding[name].fillna(boarding["parent_station"].map(station[name]))
    unlocated = boarding["stop_lat"].isna() | boarding["stop_lon"].isna()
    journal.add(
        "dropped",
        int(unlocated.sum()),
        "readers.gtfs.stop_without_coordinates",
    )
    boarding = boarding[~unlocated]
    if boarding.empty:
        raise FormatError("readers.gtfs.no_coordinates", path=table_shown)
    names = columns.tidy(boarding[["stop_name"]].rename(columns={"stop_name": "name"}), journal)
    names = names.assign(stop_id=boarding["stop_id"])
    points = gpd.points_from_xy(boarding["stop_lon"], boarding["stop_lat"], crs="EPSG:4326")
    rows = gpd.GeoDataFrame(names, geometry=points)
    draft = base.placed(rows, file, target, journal, shape="point")
    return base.Draft(draft.frame, len(all_stops), draft.crs)


def _stops_near(draft: Draft, file: LayerFile, target: Target, journal: Journal) -> Draft:
    if target.bounds is None:
        return draft
    west, south, east, north = target.bounds
    frame: Any = draft.frame
    x, y = frame.geometry.x, frame.geometry.y
    near = x.between(west - MARGIN_M, east + MARGIN_M) & y.between(
        south - MARGIN_M, north + MARGIN_M
    )
    if not near.any():
        raise FormatError("readers.gtfs.no_stop_near", path=file.shown, stops=len(frame))
    journal.add(
        "dropped",
        int((~near).sum()),
        "readers.gtfs.far_stops",
    )
    return base.Draft(frame[near], draft.rows_read, draft.crs)


def _note_day(day: Day, on: dt.date | None, journal: Journal) -> None:
    message = "readers.gtfs.day_of_feed"
    if not day.near_study_date:
        message = "readers.gtfs.day_outside_study"
    elif on is not None:
        message = "readers.gtfs.day_near_study"
    journal.add("assumed", 1, message, day=day.date)


def _runs(trips: pd.DataFrame, day: Day) -> pd.DataFrame:
    """Return the trips of the day and of the day before: ``trip_id``, ``shift_s`` to that day."""
    parts = [
        pd.DataFrame(
            {
                "trip_id": trips.loc[trips["service_id"].isin(services), "trip_id"],
                "shift_s": float(shift),
            }
        )
        for services, shift in ((day.services, 0), (day.day_before, -DAY_S))
    ]
    return pd.concat(parts, ignore_index=True)


def seconds(values: pd.Series[str]) -> NDArray[np.float64]:
    """Return the seconds since midnight of GTFS times; NaN for blank and invalid ones.

    Examples
    --------
    >>> seconds(pd.Series(["7:05:00", "25:00:10", "", "midi"]))
    array([25500., 90010.,    nan,    nan])
    """
    parts = values.str.extract(r"^(\d{1,3}):([0-5]\d):([0-5]\d)$").astype("float64")
    return np.asarray(parts.to_numpy() @ np.array([3600.0, 60.0, 1.0]), dtype=np.float64)


def _stop_times(feed: Feed, trips: set[str], journal: Journal) -> pd.DataFrame:
    """Return the stop times of trips in order: ``trip_id``, ``stop_id``, ``time_s``, ``board``.

    A missing time is interpolated between the known times before and after it; without both, the
    stop time is dropped.
    """
    chunks = feed.chunks(
        "stop_times",
        ("trip_id", "stop_id", "stop_sequence"),
        ("departure_time", "arrival_time", "pickup_type"),
    )
    rows = pd.concat([part[part["trip_id"].isin(trips)] for part in chunks], ignore_index=True)
    rows["order"] = parse.numbers(
        rows["stop_sequence"],
        column="stop_sequence",
        shown=f"{feed.shown}/stop_times.txt",
        journal=journal,
    )
    rows = rows.sort_values(["trip_id", "order", "stop_id"], ignore_index=True)
    texts = rows["departure_time"].where(rows["departure_time"] != "", rows["arrival_time"])
    time, position = seconds(texts), np.arange(len(rows))
    known = pd.Series(np.isfinite(time))
    if known.any():
        time = np.interp(position, position[known], time[known])
    trip = rows["trip_id"]
    between = (trip.where(known).ffill() == trip) & (trip.where(known).bfill() == trip)
    journal.add(
        "dropped",
        int((~between).sum()),
        "readers.gtfs.no_time",
    )
    last = trip != trip.shift(-1)
    rows = rows.assign(time_s=time, board=~last & (rows["pickup_type"] != "1"))
    return rows.loc[between, ["trip_id", "stop_id", "time_s", "board"]]


def _expand_frequencies(
    runs: pd.DataFrame, stop_times: pd.DataFrame, feed: Feed, journal: Journal
) -> pd.DataFrame:
    """Return the runs, with one row per run of the frequency table in place of its trip."""
    if "frequencies" not in feed:
        return runs
    table = feed.rows("frequencies", ("trip_id", "start_time", "end_time", "headway_secs"))
    table = table[table["trip_id"].isin(runs["trip_id"])]
    table_shown = f"{feed.shown}/frequencies.txt"
    headway_s = parse.loose_numbers(table["headway_secs"]).to_numpy()
    start, end = seconds(table["start_time"]), seconds(table["end_time"])
    with np.errstate(divide="ignore", invalid="ignore"):
        count = np.ceil((end - start) / headway_s)
    usable = np.isfinite(count) & (headway_s > 0)
    journal.add("dropped", int((~usable).sum()), "readers.gtfs.odd_frequencies")
    table, headway_s = table[usable], headway_s[usable]
    start, end, count = start[usable], end[usable], count[usable]
    if (len(usable) and not usable.any()) or np.maximum(count, 0).sum() > MAX_RUNS:
        raise FormatError("readers.gtfs.bad_frequencies", path=table_shown)
    repeats = np.maximum(count, 0).astype(np.int64)
    nth = np.arange(repeats.sum()) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    first_time = stop_times.groupby("trip_id")["time_s"].min()
    first = table["trip_id"].map(first_time).to_numpy(dtype=np.float64)
    starts = pd.DataFrame(
        {
            "trip_id": np.repeat(table["trip_id"].to_numpy(dtype=object), repeats),
            "late_s": np.repeat(start - first, repeats) + nth * np.repeat(headway_s, repeats),
        }
    )
    each = runs.merge(starts, on="trip_id")
    each["shift_s"] += each.pop("late_s")
    return pd.concat([runs[~runs["trip_id"].isin(table["trip_id"])], each], ignore_index=True)


def _departures(boarded: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Return the departures of the twelve hours: one row per stop and run (id ``run``)."""
    runs = runs.drop_duplicates()
    # The shift is part of the id: the same trip may run on both days.
    run_stops = boarded.merge(runs, on="trip_id")
    time = run_stops["time_s"] + run_stops["shift_s"]
    run_stops = run_stops[(time >= FROM_H * 3600) & (time < TO_H * 3600)]
    run = run_stops["trip_id"] + "@" + run_stops["shift_s"].round().astype("int64").astype("str")
    return run_stops.assign(run=run).drop_duplicates(["run", "stop_id"])[
        ["run", "trip_id", "stop_id"]
    ]


def _routes(feed: Feed, trips: pd.DataFrame) -> pd.Series[str]:
    """Return the route name of each trip: short name, else long name, else id."""
    known = trips["route_id"]
    if "routes" not in feed:
        return known
    table = feed.rows("routes", ("route_id",), ("route_short_name", "route_long_name"))
    table = table.sort_values(list(table.columns)).drop_duplicates("route_id")
    name = table["route_short_name"].where(
        table["route_short_name"] != "", table["route_long_name"]
    )
    name = name.where(name != "", table["route_id"])
    return known.map(name.set_axis(table["route_id"])).fillna(known).astype("str")


def _with_departures(stops: Any, departures: pd.DataFrame) -> Any:
    """Add the departures, routes and groups of runs of each stop."""
    ids = stops["stop_id"]
    counts = departures.groupby("stop_id").size()
    lines = departures[["stop_id", "route"]].drop_duplicates().sort_values(["stop_id", "route"])
    grouped = _run_groups(stops, departures)
    return stops.assign(
        departures_per_hour=ids.map(counts).fillna(0).astype("float64") / (TO_H - FROM_H),
        routes=ids.map(lines.groupby("stop_id")["route"].agg(" | ".join)),
        runs=ids.map(grouped.groupby("stop_id")["group"].agg("|".join)),
    )


def _run_groups(stops: Any, departures: pd.DataFrame) -> pd.DataFrame:
    """Group the runs that depart from the same stops: ``stop_id``, ``group`` (hash:runs).

    One of these stops gives access to all runs of the group, and a second one adds none. The hash
    of stops and runs does not depend on the order of the file: a group that is in two feeds is
    one group.
    """
    points = stops.geometry
    stop_key = stops["stop_id"] + points.x.round().astype("str") + points.y.round().astype("str")
    stop_hash = pd.Series(pd.util.hash_array(stop_key.to_numpy(dtype=object)), stops["stop_id"])
    stop_hash = stop_hash[~stop_hash.index.duplicated()]
    code, runs = pd.factorize(departures["run"])
    served = np.zeros(len(runs), dtype=np.uint64)
    np.add.at(served, code, stop_hash.reindex(departures["stop_id"]).to_numpy(dtype=np.uint64))
    sets, group = np.unique(served, return_inverse=True)
    group_hash = sets.copy()
    np.add.at(group_hash, group, pd.util.hash_array(np.asarray(runs, dtype=object)))
    words = [f"{name:016x}:{n}" for name, n in zip(group_hash, np.bincount(group), strict=False)]
    groups = np.array(words, dtype=object)[group[code]] if words else np.array([], dtype=object)
    rows = pd.DataFrame({"stop_id": departures["stop_id"].to_numpy(dtype=object), "group": groups})
    return rows.drop_duplicates().sort_values(["stop_id", "group"])
