"""The legal metric reference system of a territory, and the guard that coordinates fit it."""

import re

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from foncier.errors import ConfigError, CrsError

# Décret 2000-1276 modified in 2019 (references géodésiques légales), by INSEE prefix.
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
INSEE = re.compile(r"([0-9]{2}|2[AB])[0-9]{3}")
DEGREES = pyproj.CRS.from_epsg(4326)


def legal_crs(insee: str) -> pyproj.CRS:
    """Legal metric CRS of a commune, from its INSEE code of five characters.

    Raises
    ------
    ConfigError
        The code is not an INSEE code, or the territory has no system here.

    Examples
    --------
    >>> legal_crs("80021").to_epsg(), legal_crs("97411").to_epsg()
    (2154, 2975)
    """
    known = INSEE.fullmatch(insee) is not None
    if not known or (insee.startswith(("97", "98")) and insee[:3] not in LEGAL_CRS):
        raise ConfigError(
            f"commune {insee!r} : ce n'est pas un code INSEE connu. "
            "Attendu : cinq caractères, par exemple 80021 (Amiens), 2A004 ou 97411."
        )
    return pyproj.CRS.from_epsg(LEGAL_CRS.get(insee[:3], MAINLAND_CRS))


class Transformation:
    """A layer on its way into the legal metric CRS, in one piece or in many.

    Whether its coordinates fit what it says shows only once all of it has passed: `check`.

    Parameters
    ----------
    source
        CRS that the layer announces, None where it announces none.
    crs
        The legal metric CRS of the study.
    where
        The file as the user wrote it, for the messages.

    Examples
    --------
    >>> metric = legal_crs("80021")
    >>> passage = Transformation(DEGREES, metric, where="a.geojson")
    >>> passage.move(gpd.GeoSeries([shapely.Point(2.3, 49.9)], crs=DEGREES)).crs == metric
    True
    >>> passage.check()
    """

    def __init__(self, source: pyproj.CRS | None, crs: pyproj.CRS, *, where: str) -> None:
        self._source, self._crs, self._where = source, crs, where
        self._given: list[np.ndarray] = []
        self._moved: list[np.ndarray] = []

    def move(self, piece: gpd.GeoSeries) -> gpd.GeoSeries:
        """Some shapes in the legal CRS; what has none passes through."""
        if self._source is None:
            return piece
        moved = piece.to_crs(self._crs)
        self._given.append(_sample(piece))
        self._moved.append(_sample(moved))
        return moved

    def check(self) -> None:
        """Judge all that has passed.

        Raises
        ------
        CrsError
            No CRS, degrees announced as metres (or the reverse), swapped axes, another territory.
        """
        if self._source is None:
            raise CrsError(
                f"{self._where} : le fichier n'annonce aucun système de coordonnées. "
                'Indiquez-le dans study.toml, par exemple crs = "EPSG:2154".'
            )
        points = np.concatenate([np.empty((0, 2)), *self._given])
        if len(points):
            _check_unit(points, self._source, self._where)
            moved = np.concatenate([np.empty((0, 2)), *self._moved])
            _check_territory(moved, points, self._source, self._crs, self._where)


def _sample(shapes: gpd.GeoSeries) -> np.ndarray:
    """First corner of each geometry, shape (n, 2), without missing, empty or infinite ones."""
    bounds = shapely.bounds(shapes.to_numpy())[:, :2]
    return np.asarray(bounds[np.isfinite(bounds).all(axis=1)], dtype=np.float64)


def in_territory(points: np.ndarray, crs: pyproj.CRS) -> np.ndarray:
    """Which points of a legal metric CRS lie on its territory (half a degree of slack).

    Parameters
    ----------
    points
        x and y in metres, shape (n, 2).
    crs
        The legal metric CRS.

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
    move = pyproj.Transformer.from_crs(crs, DEGREES, always_xy=True)
    return np.column_stack(move.transform(points[:, 0], points[:, 1]))


def _check_unit(points: np.ndarray, crs: pyproj.CRS, where: str) -> None:
    degrees = (np.abs(points) <= [180, 90]).all(axis=1)
    if not crs.is_geographic and degrees.mean() > 0.5 and np.abs(points).max() > 0:
        low, high = points[degrees].min(), points[degrees].max()
        raise CrsError(
            f"{where} : {int(degrees.sum())} objets ont des coordonnées entre {low:.0f} et "
            f"{high:.0f}, comme des degrés, mais le fichier annonce {crs.to_string()} (mètres). "
            'Indiquez le bon système : crs = "EPSG:4326".'
        )
    # Most, not any: a few wild coordinates are the reader's to drop, with a note.
    if crs.is_geographic and (np.abs(points) > 180).any(axis=1).mean() > 0.5:
        raise CrsError(
            f"{where} : des coordonnées vont jusqu'à {points.max():.0f}, comme des mètres, "
            f"mais le fichier annonce {crs.to_string()} (degrés). "
            'Indiquez le bon système, par exemple crs = "EPSG:2154".'
        )


def _inside(points: np.ndarray, crs: pyproj.CRS) -> np.ndarray:
    """Which points, given in degrees, fall in the area of use of a CRS (half a degree of slack)."""
    use = crs.area_of_use
    if use is None:  # a local system without a stated area: nothing to compare with
        return np.ones(len(points), dtype=bool)
    west, south, east, north = use.bounds
    lon, lat = points[:, 0], points[:, 1]
    return np.asarray(
        (lon >= west - 0.5) & (lon <= east + 0.5) & (lat >= south - 0.5) & (lat <= north + 0.5)
    )


def _check_territory(
    moved: np.ndarray, points: np.ndarray, source: pyproj.CRS, crs: pyproj.CRS, where: str
) -> None:
    if len(moved) and in_territory(moved, crs).mean() > 0.5:
        return
    first = f"{points[0, 0]:.4f}, {points[0, 1]:.4f}"
    swapped = points[:, ::-1] if source.is_geographic else _degrees(points[:, ::-1], source)
    if _inside(swapped, crs).mean() > 0.5:
        orders = ("latitude et longitude sont inversées", "longitude, latitude")
        if not source.is_geographic:
            orders = ("les deux axes sont inversés", "est (x), nord (y)")
        raise CrsError(
            f"{where} : {orders[0]} (premier point : {first}). "
            f"L'ordre attendu est {orders[1]} : réécrivez le fichier dans cet ordre."
        )
    raise CrsError(
        f"{where} : les objets tombent hors du territoire de {crs.name} "
        f"(premier point : {first} en {source.to_string()}). "
        "Vérifiez le fichier, son système de coordonnées et le code de la commune."
    )
