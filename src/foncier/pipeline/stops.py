"""Stops of the timetables as places to reach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from foncier import tables

if TYPE_CHECKING:
    from collections.abc import Mapping


def with_stops(frames: Mapping[Any, Any]) -> dict[Any, Any]:
    """Tables by layer, with the stops that something leaves among the places.

    A stop that nothing leaves on an ordinary weekday is no place to reach.
    """
    stops = frames.get("transit")
    served = None if stops is None else stops[stops["departures_per_hour"] > 0]
    if served is None or served.empty:
        return dict(frames)
    rows = {
        "place_id": "gtfs-" + served["stop_id"],
        "category": "stop",
        "name": served["name"],
    }
    own = gpd.GeoDataFrame(rows, geometry=served.geometry, crs=served.crs)
    known = frames.get("places")
    both = own if known is None else pd.concat([known, own], ignore_index=True)
    return {**frames, "places": tables.PLACES.conform(both.sort_values("place_id"))}
