"""Rows that come from a table in memory instead of a file: the same columns, cells and shapes."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier.crs import DEGREES
from foncier.errors import ConfigError, CrsError
from foncier.readers import files, zips

if TYPE_CHECKING:
    from foncier.model import LayerFile
    from foncier.readers.report import Journal

# Formats that only a file has: an archive, a folder, a raster or a document.
FILE_FORMATS = frozenset({"edigeo", "gtfs", "osm-xml", "osm-pbf", "latlon-json", "visits"})


def check_format(file: LayerFile) -> None:
    """Refuse a table for a format that only a file has.

    Raises
    ------
    ConfigError
        The format of the layer needs a file.
    """
    if file.frame is not None and file.format in FILE_FORMATS:
        raise ConfigError("readers.frames.format_of_files", file=file.shown, format=file.format)


def is_table(file: LayerFile) -> bool:
    """Tell whether a layer is rows without shapes: a plain table, or a CSV by its name."""
    if file.frame is not None:
        return not isinstance(file.frame, gpd.GeoDataFrame)
    return zips.is_table(file.path)


def vector(file: LayerFile) -> gpd.GeoDataFrame:
    """Rows with shapes of a layer, from its table or from its file.

    Raises
    ------
    CrsError
        The table has no CRS and the layer names none.
    FormatError, ConfigError
        The table has no geometry; as `foncier.readers.files.vector` for a file.
    """
    if file.frame is None:
        return files.vector(file.path, shown=file.shown, sublayer=file.sublayer, crs=file.crs)
    frame = file.frame
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        raise files.no_geometry_column(file.shown, frame.columns)
    shapes = frame.geometry.array.copy()
    crs = frame.crs if file.crs is None else files.system(file.crs, file.shown)
    if crs is None:
        raise CrsError("readers.frames.no_crs", file=file.shown)
    plain = _plain(frame.drop(columns=frame.active_geometry_name))
    return gpd.GeoDataFrame(plain, geometry=np.asarray(shapes), crs=crs)


def rows(file: LayerFile, journal: Journal, *, wkt: tuple[str, str] | None = None) -> pd.DataFrame:
    """Rows of a layer without shapes, every cell as text, empty where unknown.

    A file is read as CSV. ``wkt`` names the columns in which the format has surfaces and points as
    WKT in degrees (WGS 84): the shapes of a GeoDataFrame without these columns are put there.
    """
    if file.frame is None:
        return files.rows(file.path, file.shown, journal, sublayer=file.sublayer)
    frame = file.frame
    if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None:
        shapes = vector(file).geometry if wkt and not set(wkt) & set(frame.columns) else None
        frame = pd.DataFrame(frame.drop(columns=frame.active_geometry_name))
        if wkt and shapes is not None:
            surfaces = shapes.where(shapes.geom_type.isin(["Polygon", "MultiPolygon"]))
            points = shapes.representative_point()
            for name, values in zip(wkt, (surfaces, points), strict=True):
                frame[name] = values.to_crs(DEGREES).to_wkt(rounding_precision=-1).to_numpy()
    texts: pd.DataFrame = _plain(frame).apply(_texts)
    return texts


def fingerprint(frame: pd.DataFrame) -> str:
    """SHA-256 of the column names, cells and shapes of a table, in hexadecimal; not of its index.

    Examples
    --------
    >>> one = pd.DataFrame({"a": [1, 2]})
    >>> fingerprint(one) == fingerprint(one.set_index(pd.Index([5, 9])))
    True
    """
    digest = hashlib.sha256()
    for name in frame.columns:
        values = frame[name]
        digest.update(str(name).encode())
        if values.dtype == "geometry":
            cells = shapely.to_wkb(values.to_numpy())
            digest.update(str(gpd.GeoSeries(values).crs).encode())
            digest.update(b"".join(b"" if cell is None else cell for cell in cells))
        else:
            plain = values.map(repr) if values.dtype == object else values  # lists have no hash
            digest.update(str(values.dtype).encode())
            digest.update(pd.util.hash_pandas_object(plain, index=False).to_numpy().tobytes())
    return digest.hexdigest()


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Copy with text for column names, named index levels as columns, no categories, fresh index.

    OSMnx keeps ids (``osmid``) in the index.
    """
    named = [n for n in frame.index.names if n is not None and n not in frame.columns]
    table = pd.DataFrame(frame.reset_index(level=named) if named else frame)
    table = table.reset_index(drop=True)
    table.columns = [str(name) for name in table.columns]
    coded = [name for name in table if isinstance(table[name].dtype, pd.CategoricalDtype)]
    return table.astype(dict.fromkeys(coded, object))


def _texts(values: pd.Series[Any]) -> pd.Series[Any]:
    """Cells as a CSV file has them: whole numbers without decimals, ISO dates, empty if unknown."""
    known = values.notna()
    if pd.api.types.is_datetime64_any_dtype(values):
        texts = values.dt.strftime("%Y-%m-%d")
    else:
        texts = values.map(_cell, na_action="ignore")
    return pd.Series(np.where(known, texts, ""), index=values.index, dtype="str")


def _cell(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
