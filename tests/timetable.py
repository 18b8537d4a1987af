"""A small town's timetable, written as a real GTFS feed."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from .hamlet import TO_DEGREES, X, Y

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HEADS = {
    "stops": "stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station",
    "routes": "route_id,route_short_name,route_long_name,route_type",
    "trips": "route_id,service_id,trip_id",
    "stop_times": "trip_id,arrival_time,departure_time,stop_id,stop_sequence,pickup_type",
    "calendar": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,"
    "start_date,end_date",
    "calendar_dates": "service_id,date,exception_type",
    "frequencies": "trip_id,start_time,end_time,headway_secs",
}


def at(east: float, north: float) -> str:
    """Latitude and longitude, as a feed writes them, of metres from the hamlet's corner."""
    lon, lat = TO_DEGREES.transform(X + east, Y + north)
    return f"{lat:.7f},{lon:.7f}"


def trip(name: str, *calls: tuple[str, str], pickup: str = "") -> list[str]:
    """Calls of one trip: stop and time."""
    return [f"{name},{time},{time},{stop},{n},{pickup}" for n, (stop, time) in enumerate(calls)]


def feed() -> dict[str, list[str]]:
    """Lines A and B through two stops of the hamlet, to a depot farther on.

    On a weekday from 7 a.m. to 7 p.m.: A1 and A2 call at both stops, B1 at the first alone.
    """
    return {
        "stops": [
            f"S1,Mairie,{at(60, -10)},0,",
            f"S2,École,{at(260, -10)},,",
            f"END,Dépôt,{at(2000, -10)},0,",
        ],
        "routes": ["a,A,Ligne A,3", "b,,Ligne de bois,3"],
        "trips": ["a,week,A1", "a,week,A2", "b,week,B1", "a,sunday,Z"],
        "stop_times": [
            *trip("A1", ("S1", "08:00:00"), ("S2", "8:02:00"), ("END", "08:10:00")),
            *trip("A2", ("S1", "17:30:00"), ("S2", ""), ("END", "17:40:00")),
            *trip("B1", ("S1", "12:00:00"), ("END", "12:10:00")),
            *trip("Z", ("S1", "12:00:00"), ("END", "12:10:00")),
        ],
        "calendar": [
            "week,1,1,1,1,1,0,0,20260101,20260331",
            "sunday,0,0,0,0,0,0,1,20260101,20260331",
        ],
    }


def write_zip(path: Path, tables: Mapping[str, list[str]], *, within: str = "") -> Path:
    """Write the feed with a byte order mark, as offices do."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in tables.items():
            archive.writestr(f"{within}{name}.txt", text(name, rows))
        archive.writestr(f"{within}shapes.txt", "never read")
    return path


def text(name: str, rows: list[str]) -> bytes:
    """One table of the feed."""
    return ("\ufeff" + "\r\n".join([HEADS[name], *rows]) + "\r\n").encode()
