"""Legal metric CRS of a territory, and checks that coordinates fit their declared CRS."""

import re

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from foncier.errors import ConfigError, CrsError

# EPSG code by INSEE prefix: décret 2000-1276, modified in 2019 (références géodésiques légales).
LEGAL_CRS = {
    "971": 5490,
    "972": 5490,
    "977": 5490,
    "978": 5490,
    "973": 2972,
    "974": 2975,
    "976": 4471,
}
MAINLAND_CRS = 2154
# Conic zones CC42 to CC50 and Lambert II étendu.
MAINLAND_CODES = (*range(3942, 3951), 27572)
INSEE = re.compile(r"([0-9]{2}|2[AB])[0-9]{3}")
DEGREES = pyproj.CRS.from_epsg(4326)


def legal_crs(insee: str) -> pyproj.CRS:
    """Legal metric CRS of a commune, from its INSEE code of five characters.

    Raises
    ------
    ConfigError
        The code is not an INSEE code, or of a territory without a known CRS.

    Examples
    --------
    >>> legal_crs("80021").to_epsg(), legal_crs("97411").to_epsg()
    (2154, 2975)
    """
    known = INSEE.fullmatch(insee) is not None
    if not known or (insee.startswith(("97", "98")) and insee[:3] not in LEGAL_CRS):
        raise ConfigError("crs.unknown_commune", insee=insee)
    return pyproj.CRS.from_epsg(LEGAL_CRS.get(insee[:3], MAINLAND_CRS))


class Transformation:
    """Transform a layer to the legal metric CRS, whole or in blocks, and check its coordinates.

    Whether the coordinates fit the declared CRS is known when all blocks are transformed: `check`.

    Parameters
    ----------
    source
        CRS that the layer declares; None without one.
    crs
        Legal metric CRS of the study.
    where
        File as the user wrote it, for the errors.

    Examples
    --------
    >>> metric = legal_crs("80021")
    >>> transformation = Transformation(DEGREES, metric, where="a.geojson")
    >>> point = gpd.GeoSeries([shapely.Point(2.3, 49.9)], crs=DEGREES)
    >>> transformation.transform(point).crs == metric
    True
    >>> transformation.check()
    """

    def __init__(self, source: pyproj.CRS | None, crs: pyproj.CRS, *, where: str) -> None:
        self._source, self._crs, self._where = source, crs, where
        self._points: list[np.ndarray] = []
        self._points_m: list[np.ndarray] = []

    def transform(self, block: gpd.GeoSeries) -> gpd.GeoSeries:
        """Transform a block to the legal CRS; without a declared CRS it is returned unchanged.

        Raises
        ------
        CrsError
            There is no transformation from the declared CRS.
        """
        if self._source is None:
            self._points.append(_first_corners(block))
            return block
        try:
            transformed = block.to_crs(self._crs)
        except pyproj.exceptions.ProjError as fault:
            names = {"crs": self._source.name, "legal": self._crs.name}
            raise CrsError("crs.no_transformation", where=self._where, **names) from fault
        self._points.append(_first_corners(block))
        self._points_m.append(_first_corners(transformed))
        return transformed

    def check(self) -> None:
        """Check the coordinates of all blocks.

        Raises
        ------
        CrsError
            No CRS, degrees declared as metres (or the reverse), swapped axes, another territory.
        """
        points = np.concatenate([np.empty((0, 2)), *self._points])
        if self._source is None:
            raise _with_likely("not_declared", points, self._crs, where=self._where)
        if len(points):
            _check_unit(points, self._source, self._where)
            points_m = np.concatenate([np.empty((0, 2)), *self._points_m])
            _check_territory(points_m, points, self._source, self._crs, self._where)


def _first_corners(shapes: gpd.GeoSeries) -> np.ndarray:
    """Lower left corners of the bounds, shape (n, 2), without missing, empty or infinite ones."""
    bounds = shapely.bounds(shapes.to_numpy())[:, :2]
    return np.asarray(bounds[np.isfinite(bounds).all(axis=1)], dtype=np.float64)


def in_territory(points: np.ndarray, crs: pyproj.CRS) -> np.ndarray:
    """Tell which points in a legal metric CRS lie in its territory, with a margin of half a degree.

    Parameters
    ----------
    points
        x and y in metres, shape (n, 2).
    crs
        Legal metric CRS.

    Returns
    -------
    Booleans, shape (n,); False where a coordinate is missing or infinite.

    Examples
    --------
    >>> in_territory(np.array([[650e3, 6977e3], [np.inf, 0]]), legal_crs("80021"))
    array([ True, False])
    """
    inside: np.ndarray = np.isfinite(points).all(axis=1)
    inside[inside] = _inside(_degrees(points[inside], crs), crs)
    return inside


def _degrees(points: np.ndarray, crs: pyproj.CRS) -> np.ndarray:
    """Longitude and latitude of points, shape (n, 2)."""
    transformer = pyproj.Transformer.from_crs(crs, DEGREES, always_xy=True)
    return np.column_stack(transformer.transform(points[:, 0], points[:, 1]))


def _check_unit(points: np.ndarray, crs: pyproj.CRS, where: str) -> None:
    """Raise when most points are degrees and the CRS is metric, or the reverse.

    Single wild coordinates are left to the reader, which drops them with a note.
    """
    like_degrees = (np.abs(points) <= [180, 90]).all(axis=1)
    if not crs.is_geographic and like_degrees.mean() > 0.5 and np.abs(points).max() > 0:
        raise CrsError(
            "crs.degrees_as_metres",
            where=where,
            count=int(like_degrees.sum()),
            low=float(points[like_degrees].min()),
            high=float(points[like_degrees].max()),
            crs=crs.to_string(),
        )
    if crs.is_geographic and (np.abs(points) > 180).any(axis=1).mean() > 0.5:
        raise CrsError(
            "crs.metres_as_degrees", where=where, high=float(points.max()), crs=crs.to_string()
        )


def _inside(points: np.ndarray, crs: pyproj.CRS) -> np.ndarray:
    """Tell which points in degrees are in the area of use of a CRS, plus half a degree."""
    use = crs.area_of_use
    if use is None:  # a local CRS without a declared area: every point is possible
        return np.ones(len(points), dtype=bool)
    west, south, east, north = use.bounds
    lon, lat = points[:, 0], points[:, 1]
    return np.asarray(
        (lon >= west - 0.5) & (lon <= east + 0.5) & (lat >= south - 0.5) & (lat <= north + 0.5)
    )


def _check_territory(
    points_m: np.ndarray, points: np.ndarray, source: pyproj.CRS, crs: pyproj.CRS, where: str
) -> None:
    """Raise when most points are outside the territory; tell whether the axes are swapped."""
    if len(points_m) and in_territory(points_m, crs).mean() > 0.5:
        return
    first = f"{points[0, 0]:.4f}, {points[0, 1]:.4f}"
    swapped = points[:, ::-1] if source.is_geographic else _degrees(points[:, ::-1], source)
    if _inside(swapped, crs).mean() > 0.5:
        message = "crs.swapped_degrees" if source.is_geographic else "crs.swapped_axes"
        raise CrsError(message, where=where, first=first)
    raise _with_likely(
        "elsewhere",
        points,
        crs,
        where=where,
        territory=crs.name,
        first=first,
        crs=source.to_string(),
    )


def likely_crs(points: np.ndarray, crs: pyproj.CRS) -> pyproj.CRS | None:
    """CRS in which coordinates fall into a territory, of those that French files are in.

    Degrees, the legal CRS, and on the mainland the nine conic zones and Lambert II étendu, whose
    coordinates differ by hundreds of kilometres. None where none of them fits.

    Examples
    --------
    >>> found = likely_crs(np.array([[1650e3, 9188e3]]), legal_crs("80021"))
    >>> found.to_epsg(), likely_crs(np.array([[12.0, 7000e3]]), legal_crs("97411"))
    (3950, None)
    """
    if not len(points):
        return None
    middle = np.median(points, axis=0)[None, :]
    codes = [4326, crs.to_epsg(), *(MAINLAND_CODES if crs.to_epsg() == MAINLAND_CRS else ())]
    for code in codes:
        known = pyproj.CRS.from_epsg(code)
        if known.is_geographic and (np.abs(middle) > [180, 90]).any():
            continue
        place = _degrees(middle, known)
        if np.isfinite(place).all() and _inside(place, crs).all():
            return known
    return None


def _with_likely(
    message: str, points: np.ndarray, territory_crs: pyproj.CRS, **params: object
) -> CrsError:
    """Error on a CRS, with that which the coordinates fit, where there is one."""
    likely = likely_crs(points, territory_crs)
    if likely is None:
        return CrsError(f"crs.{message}", **params)
    code = f"EPSG:{likely.to_epsg()}"
    return CrsError(f"crs.{message}_likely", likely=likely.name, code=code, **params)
