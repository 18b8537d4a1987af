"""The legal metric reference system of a territory, and the guard that coordinates fit it."""

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from foncier.errors import ConfigError, CrsError

# Décret 2000-1276 modified in 2019 (references géodésiques légales), by INSEE prefix.
LEGAL_CRS = {"971": 5490, "972": 5490, "977": 5490, "978": 5490, "973": 2972, "974": 2975,
             "976": 4471}  # fmt: skip
MAINLAND_CRS = 2154
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
    known = len(insee) == 5 and insee.isalnum() and insee.isupper() | insee.isdigit()
    if not known or (insee.startswith(("97", "98")) and insee[:3] not in LEGAL_CRS):
        raise ConfigError(
            f"commune {insee!r} : ce n'est pas un code INSEE connu. "
            "Attendu : cinq caractères, par exemple 80021 (Amiens), 2A004 ou 97411."
        )
    return pyproj.CRS.from_epsg(LEGAL_CRS.get(insee[:3], MAINLAND_CRS))


def to_legal(frame: gpd.GeoDataFrame, crs: pyproj.CRS, *, where: str) -> gpd.GeoDataFrame:
    """Bring a layer into the legal metric CRS, once its coordinates are seen to fit what it says.

    Parameters
    ----------
    frame
        Any layer with a CRS. Rows without geometry pass through.
    crs
        The legal metric CRS of the study.
    where
        The file as the user wrote it, for the message.

    Raises
    ------
    CrsError
        No CRS, degrees announced as metres (or the reverse), swapped axes, or another territory.
    """
    if frame.crs is None:
        raise CrsError(
            f"{where} : le fichier n'annonce aucun système de coordonnées. "
            'Indiquez-le dans study.toml, par exemple crs = "EPSG:2154".'
        )
    points = _sample(frame)
    if len(points):
        _check_unit(points, frame.crs, where)
    moved = frame.to_crs(crs)
    if len(points):
        _check_territory(_sample(moved), points, frame.crs, crs, where)
    return moved


def _sample(frame: gpd.GeoDataFrame) -> np.ndarray:
    """First corner of each geometry, shape (n, 2), without missing, empty or infinite ones."""
    bounds = shapely.bounds(frame.geometry.values)[:, :2]
    return np.asarray(bounds[~np.isnan(bounds).any(axis=1)], dtype=np.float64)


def _check_unit(points: np.ndarray, crs: pyproj.CRS, where: str) -> None:
    degrees = bool((np.abs(points) <= [180, 90]).all())
    low, high = points.min(), points.max()
    if not crs.is_geographic and degrees and np.abs(points).max() > 0:
        raise CrsError(
            f"{where} : {len(points)} objets ont des coordonnées entre {low:.0f} et {high:.0f}, "
            f"comme des degrés, mais le fichier annonce {crs.to_string()} (mètres). "
            'Indiquez le bon système : crs = "EPSG:4326".'
        )
    if crs.is_geographic and (np.abs(points) > 180).any():
        raise CrsError(
            f"{where} : des coordonnées vont jusqu'à {high:.0f}, comme des mètres, "
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
    finite = np.isfinite(moved).all(axis=1)
    to_degrees = pyproj.Transformer.from_crs(crs, DEGREES, always_xy=True)
    lonlat = np.column_stack(to_degrees.transform(moved[finite, 0], moved[finite, 1]))
    if finite.any() and _inside(lonlat, crs).mean() > 0.5:
        return
    if source.is_geographic and _inside(points[:, ::-1], crs).mean() > 0.5:
        raise CrsError(
            f"{where} : latitude et longitude sont inversées "
            f"(premier point : {points[0, 0]:.4f}, {points[0, 1]:.4f}). "
            "En GeoJSON l'ordre est longitude, latitude : réécrivez le fichier dans cet ordre."
        )
    raise CrsError(
        f"{where} : les objets tombent hors du territoire de {crs.name} "
        f"(premier point : {points[0, 0]:.4f}, {points[0, 1]:.4f} en {source.to_string()}). "
        "Vérifiez le fichier, son système de coordonnées et le code de la commune."
    )
