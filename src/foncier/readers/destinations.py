"""Destinations: points of any vector file, or a JSON list of stations."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from foncier import schemas
from foncier.errors import FormatError
from foncier.readers import base, columns, files, geocoding, ids, parse
from foncier.readers.columns import Field

if TYPE_CHECKING:
    from foncier.model import LayerFile
    from foncier.readers.base import Draft, Target
    from foncier.readers.report import Journal

FIELDS = (
    Field("place_id", ("id", "number", "osm_id")),
    Field("category", ("categorie", "catégorie"), required=True),
    Field("name", ("nom", "libelle")),
    *geocoding.FIELDS,
)
LATLON_FIELDS = (
    Field("latitude", ("lat", "y"), required=True),
    Field("longitude", ("lon", "lng", "long", "x"), required=True),
)
FRENCH_CATEGORIES = {
    "gare": "station",
    "arrêt": "stop",
    "université": "university",
    "recherche": "research",
    "innovation": "innovation",
    "hôpital": "hospital",
    "service public": "public_service",
    "commerce": "shop",
    "école": "school",
    "espace vert": "green",
    "tiers-lieu": "third_place",
    "incubateur": "incubator",
    "pépinière": "incubator",
    "logement social": "social_housing",
    "hlm": "social_housing",
    "autre": "other",
}


def vector(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read destinations of any vector file; lines and polygons are replaced by a point on them."""
    return _with_category(
        base.layer(file, target, journal, fields=FIELDS, shape="point"), file, journal
    )


def latlon(file: LayerFile, target: Target, journal: Journal) -> Draft:
    """Read a JSON list of objects with a latitude and a longitude in degrees (bike stations).

    Raises
    ------
    FormatError
        Not a JSON list of objects, or a coordinate that is not a number.
    """
    try:
        items = json.loads(files.content(file.path, file.shown))
    except (ValueError, RecursionError) as reason:
        raise FormatError("readers.destinations.bad_json", path=file.shown, why=reason) from reason
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise FormatError("readers.destinations.not_a_list", path=file.shown)
    try:
        cells: Any = columns.pick(pd.DataFrame(items), (*FIELDS, *LATLON_FIELDS), file, journal)
    except UnicodeEncodeError as reason:
        raise FormatError("readers.destinations.bad_text", path=file.shown) from reason
    lat, lon = (
        parse.numbers(cells[name], column=name, shown=file.shown, journal=journal)
        for name in ("latitude", "longitude")
    )
    points = gpd.points_from_xy(lon, lat, crs=file.crs or "EPSG:4326")
    points[(lat.isna() | lon.isna()).to_numpy()] = None
    rows = gpd.GeoDataFrame(cells, geometry=points)
    return _with_category(base.placed(rows, file, target, journal, shape="point"), file, journal)


def _with_category(draft: Draft, file: LayerFile, journal: Journal) -> Draft:
    frame: Any = geocoding.drop_rough(draft.frame, journal, streets=False)
    words = columns.allowed_values(schemas.PLACES, "category") | FRENCH_CATEGORIES
    category = columns.translate(
        frame["category"], words, column="category", shown=file.shown, journal=journal
    )
    frame = frame.assign(category=category.fillna("other"))
    journal.add(
        "assumed",
        int(category.isna().sum()),
        "readers.destinations.no_category",
    )
    frame = ids.fill_keys(frame, "place_id", journal=journal)
    return base.Draft(frame, draft.rows_read, draft.crs)
