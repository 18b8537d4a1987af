"""Geometry of rows that give coordinates or parcel ids."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier import communes as cog
from foncier.geometry import unions_by
from foncier.geometry.nested import read_wkt
from foncier.readers import base, columns, frames, geocoding, json_text, parse
from foncier.readers.former_communes import to_cadastre
from foncier.readers.parcel_ids import commune_codes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from foncier.model import LayerFile
    from foncier.readers.base import Draft, Target
    from foncier.readers.report import Journal

DEGREES = "EPSG:4326"
MOST_DEGREES = 180.0
CODE_LENGTH = 5  # of a commune
SEPARATOR = " | "  # between the items of a list in one cell


def cells(
    file: LayerFile,
    fields: columns.Fields,
    journal: Journal,
) -> tuple[pd.DataFrame, int, gpd.GeoSeries | None]:
    """Return the columns of a CSV or vector file, its number of rows and its geometries if any.

    ``fields`` may depend on the names of the columns (`foncier.readers.layouts`). The quality of
    the place of each row is read of every file (`foncier.readers.geocoding`).
    """
    fields = partial(_with_quality, fields)
    if frames.is_table(file):
        table: Any = frames.rows(file, journal)
        return columns.pick(table, fields, file, journal), len(table), None
    with json_text.as_utf8(file, journal) as readable:
        frame = frames.vector(readable)
    attributes = pd.DataFrame(frame.drop(columns="geometry"))
    lists = attributes.map(lambda cell: isinstance(cell, (list, np.ndarray))).any()
    for name in lists.index[lists]:
        attributes[name] = attributes[name].map(_join_items, na_action="ignore")
    rows: Any = columns.pick(attributes, fields, file, journal)
    return (
        rows,
        len(frame),
        gpd.GeoSeries(frame.geometry.to_numpy(), index=rows.index, crs=frame.crs),
    )


def _with_quality(fields: columns.Fields, names: Iterable[str]) -> tuple[columns.Field, ...]:
    """Columns of a format and `geocoding.FIELDS`; the names of a column of both are joined."""
    known = {field.name: field for field in columns.of_names(fields, names)}
    for field in geocoding.FIELDS:
        own = known.get(field.name, field)
        aliases = dict.fromkeys((*own.aliases, *field.aliases))
        known[field.name] = replace(own, aliases=tuple(aliases))
    return tuple(known.values())


def _join_items(cell: Any) -> Any:
    return SEPARATOR.join(map(str, cell)) if isinstance(cell, (list, np.ndarray)) else cell


def to_points(rows: pd.DataFrame, crs: str) -> gpd.GeoSeries:
    """Make points of the columns ``lon`` and ``lat`` (x and y, in ``crs``), None if unknown."""
    lon, lat = parse.loose_numbers(rows["lon"]), parse.loose_numbers(rows["lat"])
    shapes = np.array(shapely.points(lon.fillna(0).to_numpy(), lat.fillna(0).to_numpy()))
    shapes[(lon.isna() | lat.isna() | ((lon == 0) & (lat == 0))).to_numpy()] = None
    return gpd.GeoSeries(shapes, index=rows.index, crs=crs)


def points_of(
    rows: pd.DataFrame, metric: str, journal: Journal, *, degrees: str = DEGREES
) -> gpd.GeoSeries:
    """Points of rows in metres, else in degrees, else of a text ``lat,lon``; None where unknown.

    Degrees that are none are metres in ``metric``, with a note.

    Parameters
    ----------
    rows
        With the columns that the format has of ``lon``, ``lat``, ``east``, ``north`` and
        ``geopoint``.
    metric, degrees
        CRS of ``east`` and ``north``, and of ``lon`` and ``lat``.
    """
    points = _of_columns(rows, "lon", "lat", degrees)
    metres = points.x.abs().gt(MOST_DEGREES) | points.y.abs().gt(MOST_DEGREES)
    journal.add("assumed", int(metres.sum()), "readers.geolocate.metres", crs=metric)
    moved = points.mask(metres).to_crs(metric)
    points = moved.fillna(points.where(metres).set_crs(metric, allow_override=True))
    if "geopoint" in rows:
        pair = rows["geopoint"].astype("str").str.split(",", n=1, expand=True)
        text = pair.reindex(columns=[0, 1]).set_axis(["lat", "lon"], axis=1)
        points = points.fillna(_of_columns(text, "lon", "lat", DEGREES).to_crs(metric))
    if "east" in rows:
        points = _of_columns(rows, "east", "north", metric).fillna(points)
    return points


def _of_columns(rows: pd.DataFrame, x: str, y: str, crs: str) -> gpd.GeoSeries:
    if x not in rows:
        return gpd.GeoSeries(np.full(len(rows), None, dtype=object), rows.index, crs=crs)
    return to_points(pd.DataFrame({"lon": rows[x], "lat": rows[y]}), crs)


def from_wkt(values: pd.Series[Any]) -> np.ndarray:
    """Read WKT with or without ``SRID=…;``; None where missing or invalid, shape (n,)."""
    texts = values.astype("str").str.replace(r"^SRID=\d+;", "", regex=True)
    return read_wkt(texts)


def in_communes(
    rows: pd.DataFrame, target: Target, journal: Journal, points: gpd.GeoSeries | None = None
) -> pd.DataFrame:
    """Set ``commune`` to the code of ``insee``; drop rows of other communes.

    A name or a postal code instead of a code is that of its commune where there is only one, or
    one of the study only has the name; else the commune is unknown. ``points`` are the locations
    of the rows, where the format has them.
    """
    codes = commune_codes(rows["insee"])
    other = codes.notna() & ~codes.isin(cog.table())
    wanted = cog.written_as(target.communes)
    meant = {text: _commune_of(text, wanted) for text in rows["insee"][other].unique()}
    named = rows["insee"].map(meant).astype("str")
    found = other & named.isin(cog.table())
    journal.add("assumed", int(found.sum()), "readers.geolocate.commune_names")
    rows = rows.assign(commune=codes.where(~other, named))
    return base.filter_communes(rows, target, journal, points)


def _commune_of(text: Any, wanted: Collection[str]) -> str | None:
    """Code of a commune that a cell names; a code that no commune has is that of none."""
    found = [one.code for one in cog.search(str(text))]
    inside = [code for code in found if code in wanted]
    if not found:
        code = str(commune_codes(pd.Series([text]))[0])
        return code if code[2:].isdigit() and len(code) == CODE_LENGTH else None
    return (inside or found)[0] if len(inside) == 1 or len(found) == 1 else None


def parcel_outlines(lists: pd.Series[Any], target: Target) -> np.ndarray:
    """Return the union of the parcels that each row lists, in the legal CRS, else None."""
    outlines = np.full(len(lists), None, dtype=object)
    if target.parcels is None or not len(target.parcels):
        return outlines
    row = pd.Series(np.arange(len(lists)), index=lists.index)
    pairs = lists.str.split("|").explode()
    row_of_id = pd.Series(np.arange(len(target.parcels)), target.parcels["parcel_id"].to_numpy())
    pairs = pairs.map(row_of_id).dropna()
    if len(pairs):
        shapes = np.array(target.parcels.geometry.to_numpy(), dtype=object)
        sites, unions = unions_by(
            row.loc[pairs.index].to_numpy(dtype=np.intp), shapes[pairs.to_numpy(dtype=np.intp)]
        )
        outlines[sites] = unions
    return outlines


def locate(
    rows: pd.DataFrame,
    points: gpd.GeoSeries,
    file: LayerFile,
    target: Target,
    journal: Journal,
    *,
    parcels_first: bool,
) -> Draft:
    """Give each row the union of its parcels or its own geometry; drop rows with neither.

    A point that is that of a street or a commune, by its own quality, is none, with a note.

    Parameters
    ----------
    rows
        With ``parcel_ids`` (``|`` between IDUs), missing where unknown.
    points
        Geometry of each row in the CRS of the file, None where unknown.
    parcels_first
        Prefer known parcels to the geometry of the row.
    """
    listed = to_cadastre(rows["parcel_ids"], target.parcels, journal)
    rows = rows.assign(parcel_ids=listed)
    outline = parcel_outlines(listed, target)
    has_point = ~shapely.is_missing(points.to_numpy()) & ~shapely.is_empty(points.to_numpy())
    rough = has_point & geocoding.levels(rows).notna().to_numpy(dtype=bool)
    journal.add("dropped", int(rough.sum()), "readers.geocoding.rough")
    has_point &= ~rough
    use_parcels = ~shapely.is_missing(outline)
    use_parcels = use_parcels if parcels_first else use_parcels & ~has_point
    unlocated = ~has_point & ~use_parcels
    journal.add(
        "dropped",
        int(unlocated.sum()),
        "readers.geolocate.no_location",
    )
    table = gpd.GeoDataFrame(rows, geometry=outline, crs=target.crs)
    parts = [table[use_parcels]]
    crs = "" if points.crs is None else points.crs.to_string()
    use_point = has_point & ~use_parcels
    if use_point.any():
        pointed = gpd.GeoDataFrame(rows[use_point], geometry=points[use_point], crs=points.crs)
        parts.append(base.placed(pointed, file, target, journal, shape="place").frame)
    filled = [part for part in parts if len(part)]
    located = pd.concat(filled).sort_index() if filled else table.iloc[:0]
    return base.Draft(located, len(rows), crs)
