"""How far around the parcels a source is asked, in degrees or in metres."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyproj

from foncier.crs import DEGREES
from foncier.errors import SourceError
from foncier.readers.report import complaint

if TYPE_CHECKING:
    from foncier.download.catalog import Query, Source

Box = tuple[float, float, float, float]


def degrees(source: Source, place: Query) -> Box:
    """West, south, east, north in degrees, the source's margin added.

    Raises
    ------
    SourceError
        No parcels are known.
    """
    west, south, east, north = _bounds(source, place)
    up = source.margin_m / 111_000
    aside = up / 0.6  # a degree of longitude is at least that much shorter in mainland France
    return west - aside, south - up, east + aside, north + up


def metres(source: Source, place: Query, crs: pyproj.CRS) -> Box:
    """West, south, east, north in a metric CRS, the source's margin added.

    Raises
    ------
    SourceError
        No parcels are known.
    """
    moved = pyproj.Transformer.from_crs(DEGREES, crs, always_xy=True)
    west, south, east, north = moved.transform_bounds(*_bounds(source, place))
    edge = source.margin_m
    return west - edge, south - edge, east + edge, north + edge


def _bounds(source: Source, place: Query) -> Box:
    if place.bounds is None:
        raise SourceError(
            complaint(
                source.label,
                "il faut d'abord les parcelles, qui disent où chercher",
                "Lancez foncier fetch sans --only, ou avec --only cadastre d'abord.",
            )
        )
    return place.bounds
