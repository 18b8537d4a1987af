"""Locations of register rows: degrees, Lambert or parcels, and whether they locate a building."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier.readers import columns, geolocate, parse

if TYPE_CHECKING:
    from foncier.readers.report import Journal

# Words of a geocoder for a location that is a street, a commune or none: it is not that of a
# building. `qualite_xy` of INSEE: x1 the number was found, x2 a random point of the street, 33 of
# the commune. `geo_type` of the BAN; `statut_geocodage` of ADEME.
ROUGH = (
    "12",
    "22",
    "32",
    "33",
    "street",
    "locality",
    "municipality",
    "commune",
    "voie",
    "lieu dit",
    "aucun",
)
NOT_GEOCODED = "non geocode"
MIN_SCORE = 0.5  # of the BAN's geocoder: below, the address found is often another one


def points_of(
    rows: pd.DataFrame, metric: str, journal: Journal, *, degrees: str = geolocate.DEGREES
) -> gpd.GeoSeries:
    """Points of rows in degrees, else in metres, else of a text ``lat,lon``; None where unknown.

    A location whose own column says that it is that of a street or a commune is unknown, with a
    note: it says nothing of one building.

    Parameters
    ----------
    rows
        With the columns that the format has of ``lon``, ``lat``, ``east``, ``north``, ``geopoint``,
        ``accuracy`` and ``score``.
    metric, degrees
        CRS of ``east`` and ``north``, and of ``lon`` and ``lat``.
    """
    points = _of_columns(rows, "lon", "lat", degrees).to_crs(metric)
    if "geopoint" in rows:
        pair = rows["geopoint"].astype("str").str.split(",", n=1, expand=True)
        text = pair.reindex(columns=[0, 1]).set_axis(["lat", "lon"], axis=1)
        points = points.fillna(_of_columns(text, "lon", "lat", geolocate.DEGREES).to_crs(metric))
    if "east" in rows:
        points = _of_columns(rows, "east", "north", metric).fillna(points)
    rough = is_rough(rows) & ~shapely.is_missing(points.to_numpy())
    journal.add("dropped", int(rough.sum()), "readers.geocoding.rough")
    return points.mask(rough)


def is_rough(rows: pd.DataFrame) -> pd.Series[Any]:
    """Tell the rows whose location, by its own quality, is not that of one building.

    A row without a quality is not.

    Examples
    --------
    >>> list(is_rough(pd.DataFrame({"accuracy": ["33", "11", None], "score": [None, "0.2", None]})))
    [True, True, False]
    """
    rough = pd.Series(False, rows.index)
    if "accuracy" in rows:
        words = rows["accuracy"].map(lambda text: columns.plain_name(str(text)), na_action="ignore")
        rough |= words.isin(ROUGH) | words.astype("str").str.contains(NOT_GEOCODED, na=False)
    if "score" in rows:
        rough |= parse.loose_numbers(rows["score"]) < MIN_SCORE
    return rough


def _of_columns(rows: pd.DataFrame, x: str, y: str, crs: str) -> gpd.GeoSeries:
    if x not in rows:
        return gpd.GeoSeries(np.full(len(rows), None, dtype=object), rows.index, crs=crs)
    return geolocate.to_points(pd.DataFrame({"lon": rows[x], "lat": rows[y]}), crs)
