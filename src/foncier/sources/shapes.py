"""From a file's geometries to ours: legal metric CRS, right type, valid, none empty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import geopandas as gpd
import numpy as np
import shapely

from foncier.crs import in_territory, to_legal
from foncier.errors import FormatError
from foncier.geometry import Geometries, polygons_only
from foncier.sources.journal import complaint, some

if TYPE_CHECKING:
    import pyproj
    from numpy.typing import NDArray

    from foncier.sources.journal import Journal

Shape = Literal["polygon", "line", "point", "place", "any"]
POINT, LINE, MULTIPOINT, MULTILINE = 0, 1, 4, 5  # GEOS type ids
POLYGONAL = (3, 6)
FRENCH = {"polygon": "polygones", "line": "lignes", "point": "points", "place": "points",
          "any": "objets"}  # fmt: skip


def legal(
    frame: gpd.GeoDataFrame, crs: pyproj.CRS, *, shape: Shape, shown: str, journal: Journal
) -> gpd.GeoDataFrame:
    """Bring rows into the legal metric CRS and keep those whose geometry serves, with notes.

    Parameters
    ----------
    frame
        Rows in the CRS of their file.
    crs
        Legal metric CRS of the study.
    shape
        What the table holds: ``polygon``, ``line``, ``point`` (a surface or a line becomes one
        point on it), ``place`` (points and polygons, as they are) or ``any``.

    Returns
    -------
    Rows with valid 2D geometries in ``crs``; the same point in gives the same point out, so
    that what shared a vertex still shares it.

    Raises
    ------
    CrsError
        The coordinates do not fit the announced system.
    FormatError
        No row has a geometry of that type.
    """
    if frame.empty:
        return frame.set_crs(crs, allow_override=True)
    given = _present(frame, shown, journal)
    moved = _inside(to_legal(given, crs, where=shown), crs, journal)
    read = np.array(moved.geometry.to_numpy(), dtype=object)
    values = _as(shape, read, journal)
    useful = ~shapely.is_missing(values)
    journal.add(
        "dropped",
        int((~useful).sum()),
        f"géométries d'un autre type écartées ({FRENCH[shape]} attendus)",
        f"geometries of another type dropped ({shape} expected)",
    )
    if len(moved) and not useful.any():
        kinds = sorted(set(given.geom_type))
        raise FormatError(
            complaint(
                shown,
                f"aucun des {len(moved)} objets n'a la géométrie attendue ({FRENCH[shape]}) ; "
                f"trouvé : {some(kinds)}",
                "Vérifiez que c'est le bon fichier, ou la bonne couche (sublayer).",
            )
        )
    return moved.set_geometry(gpd.GeoSeries(values, index=moved.index, crs=crs))[useful]


def _present(frame: gpd.GeoDataFrame, shown: str, journal: Journal) -> gpd.GeoDataFrame:
    """Rows that have a geometry, in two dimensions."""
    values = shapely.force_2d(np.array(frame.geometry.to_numpy(), dtype=object))
    gone = shapely.is_missing(values) | shapely.is_empty(values)
    finite = gone | _finite(values)
    journal.add(
        "dropped",
        int((gone | ~finite).sum()),
        "objets sans géométrie, vides ou aux coordonnées infinies écartés",
        "features without geometry, empty or with infinite coordinates dropped",
    )
    kept = ~gone & finite
    if not kept.any():
        raise FormatError(
            complaint(
                shown,
                f"aucun des {len(frame)} objets n'a de géométrie",
                "Exportez la couche avec sa géométrie.",
            )
        )
    return frame.set_geometry(gpd.GeoSeries(values, index=frame.index, crs=frame.crs))[kept]


def _finite(values: Geometries) -> NDArray[np.bool_]:
    """Tell which geometries have only numbers for coordinates: bounds overlook a lone NaN."""
    xy, of = shapely.get_coordinates(values, return_index=True)
    finite = np.ones(len(values), dtype=np.bool_)
    finite[of[~np.isfinite(xy).all(axis=1)]] = False
    return finite


def _inside(moved: gpd.GeoDataFrame, crs: pyproj.CRS, journal: Journal) -> gpd.GeoDataFrame:
    """Rows that lie on the territory; a few at 0° N 0° E are a known slip of geocoders."""
    values = moved.geometry.to_numpy()
    inside = in_territory(shapely.bounds(values)[:, :2], crs) & _finite(values)
    journal.add(
        "dropped",
        int((~inside).sum()),
        f"objets hors du territoire de {crs.name} écartés",
        f"features outside the territory of {crs.name} dropped",
    )
    return moved[inside]


def _as(shape: Shape, values: Geometries, journal: Journal) -> Geometries:
    """Geometries of the wanted type; None where that cannot be."""
    if shape == "line":
        return _lines(values)
    if shape == "point":
        return _points(values, journal)
    kinds = shapely.get_type_id(values)
    surface = ~np.isin(kinds, (POINT, LINE, MULTIPOINT, MULTILINE))
    if shape == "polygon":
        values[~surface] = None
    elif shape == "place":
        values[np.isin(kinds, (LINE, MULTILINE))] = None
        single = kinds == MULTIPOINT
        values[single] = shapely.get_geometry(values[single], 0)
    values[surface] = _valid(values[surface], journal)
    return values


def _valid(values: Geometries, journal: Journal) -> Geometries:
    """Valid polygons; only the faulty ones pay for the repair."""
    faulty = ~shapely.is_valid(values) | ~np.isin(shapely.get_type_id(values), POLYGONAL)
    repaired = polygons_only(values[faulty])
    lost = shapely.is_missing(repaired)
    values[faulty] = repaired
    journal.add(
        "repaired", int((~lost).sum()), "polygones invalides réparés", "invalid polygons repaired"
    )
    return values


def _lines(values: Geometries) -> Geometries:
    right = np.isin(shapely.get_type_id(values), (LINE, MULTILINE)) & (shapely.length(values) > 0)
    values[~right] = None
    return values


def _points(values: Geometries, journal: Journal) -> Geometries:
    extended = shapely.get_type_id(values) != POINT
    journal.add(
        "assumed",
        int(extended.sum()),
        "objets étendus ramenés à un point pris dessus",
        "extended features reduced to one point on them",
    )
    values[extended] = shapely.point_on_surface(values[extended])
    return values
