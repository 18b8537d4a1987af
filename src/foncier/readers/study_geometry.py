"""Geometry drawn by the planner: axis or loop, waypoints, study area."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier.errors import FormatError
from foncier.readers import columns, files, parse, shapes
from foncier.readers.report import Journal

if TYPE_CHECKING:
    from pathlib import Path

    import pyproj

POLYGON_TYPES = ("Polygon", "MultiPolygon")


def read_line(
    path: Path, *, crs: pyproj.CRS, shown: str, sublayer: str | None = None
) -> shapely.Geometry:
    """Read an axis or a loop of any vector file.

    Parameters
    ----------
    path
        A vector file with one layer; lines that touch end to end are merged. A polygon is
        replaced by its outline.
    crs
        Legal metric CRS of the study.
    shown
        The path as in the study.
    sublayer
        Layer of a file with several; the one with shapes when None.

    Returns
    -------
    LineString, or MultiLineString where the drawing has gaps, in ``crs``.

    Raises
    ------
    FormatError, CrsError
        No line in it, unreadable, or coordinates that do not fit.
    """
    frame = _read_features(path, shown, sublayer)
    surface = frame.geom_type.isin(POLYGON_TYPES)
    outlined = frame.set_geometry(frame.geometry.where(~surface, frame.boundary))
    lines = shapes.to_legal_crs(outlined, crs, shape="line", shown=shown, journal=Journal())
    # Not a union: it would cut the loop wherever it crosses itself.
    return shapely.line_merge(
        shapely.multilinestrings(shapely.get_parts(lines.geometry.to_numpy()))
    )


def read_lines(path: Path, *, crs: pyproj.CRS, shown: str) -> gpd.GeoDataFrame:
    """Read lines with their names: crossings to compare.

    Returns
    -------
    Columns ``name`` (numbered where the file has none) and lines in ``crs``.

    Raises
    ------
    FormatError, CrsError
        No line in it, unreadable, or coordinates that do not fit.
    """
    with files.no_choice():
        features = _read_features(path, shown)
    frame = shapes.to_legal_crs(features, crs, shape="line", shown=shown, journal=Journal())
    by_lower_name = {str(name).lower(): name for name in reversed(frame.columns)}
    label = next((by_lower_name[name] for name in ("name", "nom") if name in by_lower_name), None)
    numbered = pd.Series([f"franchissement {n}" for n in range(1, len(frame) + 1)], frame.index)
    names = numbered if label is None else frame[label].astype("str").fillna(numbered)
    lines = shapely.line_merge(frame.geometry.to_numpy())
    return gpd.GeoDataFrame({"name": names.to_numpy()}, geometry=lines, crs=crs)


def read_waypoints(
    path: Path, *, crs: pyproj.CRS, shown: str, sublayer: str | None = None
) -> gpd.GeoDataFrame:
    """Read the waypoints of the loop, in the order of the ``order`` column or of the file.

    Returns
    -------
    Columns ``order`` (from 1), ``name`` (missing where the file has none) and points in ``crs``.

    Raises
    ------
    FormatError, CrsError
        No point in it, an order that is no number, coordinates that do not fit.
    """
    frame = _read_features(path, shown, sublayer)
    points = shapes.to_legal_crs(frame, crs, shape="point", shown=shown, journal=Journal())
    by_lower_name = {str(name).lower(): name for name in reversed(points.columns)}
    order = next(
        (by_lower_name[name] for name in ("order", "ordre") if name in by_lower_name), None
    )
    if order is not None:
        rank = parse.numbers(points[order], column=str(order), shown=shown, journal=Journal())
        points = points.loc[rank.sort_values(kind="stable").index]
    label = next((by_lower_name[name] for name in ("name", "nom") if name in by_lower_name), None)
    names: Any = points[label] if label is not None else pd.Series(None, points.index)
    texts = columns.tidy(pd.DataFrame({"name": names.astype("str")}), Journal())
    texts = columns.printable(texts, Journal())
    return gpd.GeoDataFrame(
        {"order": np.arange(1, len(points) + 1), "name": texts["name"].to_numpy()},
        geometry=points.geometry.to_numpy(),
        crs=crs,
    )


def read_area(
    path: Path, *, crs: pyproj.CRS, shown: str, sublayer: str | None = None
) -> shapely.Geometry:
    """Read the study area: all polygons of a vector file as one.

    Returns
    -------
    Valid Polygon or MultiPolygon in ``crs``.

    Raises
    ------
    FormatError, CrsError
        No polygon in it, unreadable, or coordinates that do not fit.
    """
    area = shapes.to_legal_crs(
        _read_features(path, shown, sublayer), crs, shape="polygon", shown=shown, journal=Journal()
    )
    return shapely.union_all(area.geometry.to_numpy())


def _read_features(path: Path, shown: str, sublayer: str | None = None) -> gpd.GeoDataFrame:
    frame = files.vector(path, shown=shown, sublayer=sublayer)
    if frame.empty:
        raise FormatError("readers.study_geometry.empty", path=shown)
    return frame
