"""From the geometries of a file to those of a contract: legal CRS, type, valid, not empty."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier.crs import Transformation, in_territory
from foncier.errors import FormatError
from foncier.geometry import Geometries, polygons_only
from foncier.i18n import label

if TYPE_CHECKING:
    import pyproj
    from numpy.typing import NDArray

    from foncier.readers.report import Journal

CHUNK_ROWS = 16_384  # geometries in memory both as read and as reprojected
Shape = Literal["polygon", "line", "point", "place", "any"]
POINT, LINE, MULTIPOINT, MULTILINE = 0, 1, 4, 5  # GEOS type ids
POLYGONAL = (3, 6)
FAR_M = 200_000.0  # no commune is as large
FEW = 0.1


def to_legal_crs(
    frame: gpd.GeoDataFrame, crs: pyproj.CRS, *, shape: Shape, shown: str, journal: Journal
) -> gpd.GeoDataFrame:
    """Reproject rows to the legal metric CRS and keep those with a usable geometry, with notes.

    Parameters
    ----------
    frame
        Rows in the CRS of their file.
    crs
        Legal metric CRS of the study.
    shape
        Geometry of the table: ``polygon``, ``line``, ``point`` (a polygon or line is replaced by a
        point on it), ``place`` (points and polygons) or ``any``.

    Returns
    -------
    Rows with valid 2D geometries in ``crs``; equal points stay equal, so that shared vertices
    stay shared.

    Raises
    ------
    CrsError
        The coordinates do not fit the declared CRS.
    FormatError
        No row has a geometry of that type.
    """
    reprojection = Reprojection(frame.crs, crs, shape=shape, shown=shown)
    for start in range(0, len(frame), CHUNK_ROWS):
        reprojection.add(frame.geometry.iloc[start : start + CHUNK_ROWS])
    return reprojection.apply(frame, journal)


class Reprojection:
    """Do what `to_legal_crs` does for chunks of geometries; notes and errors are on all.

    Parameters
    ----------
    source
        CRS of the file, None where it declares none.
    """

    def __init__(
        self, source: pyproj.CRS | None, crs: pyproj.CRS, *, shape: Shape, shown: str
    ) -> None:
        self._crs, self._shape, self._shown = crs, shape, shown
        self._transformation = Transformation(source, crs, where=shown)
        self._counts: Counter[str] = Counter()
        self._kinds: set[str] = set()
        self._useful: list[NDArray[np.bool_]] = []
        self._values: list[Geometries] = []

    def add(self, piece: gpd.GeoSeries) -> None:
        """Reproject the next geometries, and keep the usable ones."""
        values = np.array(piece.to_numpy(), dtype=object)
        has_z = shapely.get_coordinate_dimension(values) > 2
        values[has_z] = shapely.force_2d(values[has_z])
        absent = shapely.is_missing(values) | shapely.is_empty(values)
        useful = ~absent & (absent | _finite(values))
        present = gpd.GeoSeries(values[useful], crs=piece.crs)
        self._counts["read"] += len(values)
        self._counts["absent"] += len(values) - len(present)
        self._kinds |= set(present.geom_type)
        reprojected = self._transformation.transform(present).to_numpy()
        inside = in_territory(shapely.bounds(reprojected)[:, :2], self._crs) & _finite(reprojected)
        self._counts["inside"] += int(inside.sum())
        shaped = _as_shape(self._shape, np.array(reprojected[inside], dtype=object), self._counts)
        valid = ~shapely.is_missing(shaped)
        useful[useful] = inside
        useful[useful] = valid
        self._useful.append(useful)
        self._values.append(shaped[valid])

    def apply(self, frame: pd.DataFrame, journal: Journal) -> gpd.GeoDataFrame:
        """Return the rows with a usable geometry; raises as `to_legal_crs`.

        Geometries of ``frame`` itself, if any, are ignored.
        """
        if not len(frame):
            return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries([], crs=self._crs))
        self._check_present(journal)
        self._transformation.check()
        self._note_counts(journal)
        rows: Any = frame[np.concatenate(self._useful)]
        values = np.concatenate(self._values)
        self._values.clear()
        return gpd.GeoDataFrame(rows, geometry=gpd.GeoSeries(values, rows.index, crs=self._crs))

    def _check_present(self, journal: Journal) -> None:
        read, absent = self._counts["read"], self._counts["absent"]
        journal.add(
            "dropped",
            absent,
            "readers.shapes.no_geometry",
        )
        if absent == read:
            raise FormatError("readers.shapes.no_geometry_at_all", path=self._shown, features=read)

    def _note_counts(self, journal: Journal) -> None:
        """Add notes on the geometries; some points at 0° N 0° E are a common error in files."""
        counts, name = self._counts, self._crs.name
        inside, useful = counts["inside"], sum(map(len, self._values))
        journal.add(
            "dropped",
            counts["read"] - counts["absent"] - inside,
            "readers.shapes.outside_territory",
            name=name,
        )
        journal.add(
            "assumed",
            counts["reduced"],
            "readers.shapes.reduced_to_point",
        )
        journal.add(
            "repaired",
            counts["repaired"],
            "readers.shapes.repaired_polygons",
        )
        journal.add(
            "dropped",
            inside - useful,
            "readers.shapes.other_geometry",
            expected=label(f"readers.shapes.names.{self._shape}"),
        )
        if inside and not useful:
            raise FormatError(
                "readers.shapes.wrong_geometry",
                path=self._shown,
                features=inside,
                expected=label(f"readers.shapes.names.{self._shape}"),
                kinds=sorted(self._kinds),
            )


def drop_far(
    frame: gpd.GeoDataFrame, key: str, journal: Journal, *, group: pd.Series[Any] | None = None
) -> gpd.GeoDataFrame:
    """Leave out the few objects that lie hundreds of kilometres from the others, with a note.

    A sheet in another zone than it declares, or coordinates of another place.

    Parameters
    ----------
    frame
        Rows in a metric CRS.
    key
        Column that names them in the note.
    group
        Commune of each row: its objects are within 200 km of their middle. Without one, at most a
        tenth of the rows may be left out, and more is a large study.
    """
    if frame.empty:
        return frame
    west, south, east, north = shapely.bounds(frame.geometry.to_numpy()).T
    places = pd.DataFrame({"x": (west + east) / 2, "y": (south + north) / 2}, frame.index)
    codes = pd.Series("", frame.index) if group is None else group.fillna("").astype("str")
    middle = places.groupby(codes).transform("median")
    far = np.hypot(places["x"] - middle["x"], places["y"] - middle["y"]) > FAR_M
    if group is None and far.mean() > FEW:
        return frame
    names = list(frame.loc[far, key].dropna().astype("str"))
    journal.add("dropped", int(far.sum()), "readers.shapes.far", names=names, far_km=FAR_M / 1000)
    kept: gpd.GeoDataFrame = frame.loc[~far]
    return kept


def _finite(values: Geometries) -> NDArray[np.bool_]:
    """Tell which geometries have finite coordinates only: bounds ignore a single NaN."""
    xy, of = shapely.get_coordinates(values, return_index=True)
    finite = np.ones(len(values), dtype=np.bool_)
    finite[of[~np.isfinite(xy).all(axis=1)]] = False
    return finite


def _as_shape(shape: Shape, values: Geometries, counts: Counter[str]) -> Geometries:
    """Convert geometries to a type; None where this is not possible."""
    if shape == "line":
        return _lines(values)
    if shape == "point":
        return _points(values, counts)
    kinds = shapely.get_type_id(values)
    surface = ~np.isin(kinds, (POINT, LINE, MULTIPOINT, MULTILINE))
    if shape == "polygon":
        values[~surface] = None
    elif shape == "place":
        values[np.isin(kinds, (LINE, MULTILINE))] = None
        single = kinds == MULTIPOINT
        values[single] = shapely.get_geometry(values[single], 0)
    values[surface] = _repair(values[surface], counts)
    return values


def _repair(values: Geometries, counts: Counter[str]) -> Geometries:
    """Repair invalid polygons."""
    faulty = ~shapely.is_valid(values) | ~np.isin(shapely.get_type_id(values), POLYGONAL)
    repaired = polygons_only(values[faulty])
    values[faulty] = repaired
    counts["repaired"] += int((~shapely.is_missing(repaired)).sum())
    return values


def _lines(values: Geometries) -> Geometries:
    valid = np.isin(shapely.get_type_id(values), (LINE, MULTILINE)) & (shapely.length(values) > 0)
    values[~valid] = None
    return values


def _points(values: Geometries, counts: Counter[str]) -> Geometries:
    extended = shapely.get_type_id(values) != POINT
    counts["reduced"] += int(extended.sum())
    values[extended] = shapely.point_on_surface(values[extended])
    return values
