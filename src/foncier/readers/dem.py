"""DEM: elevations from a GeoTIFF, on a square grid in the legal metric CRS."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import rasterio
from rasterio import warp
from rasterio._err import CPLE_BaseError  # of GDAL, where rasterio has no class of its own
from rasterio.enums import Resampling
from rasterio.errors import CRSError, NotGeoreferencedWarning, RasterioError

from foncier._util import gdal
from foncier.errors import ConfigError, CrsError, FoncierError, FormatError
from foncier.model import Dem, LayerReport
from foncier.readers import crs_references, files
from foncier.readers.report import Journal

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

    from foncier.model import LayerFile

Bounds = tuple[float, float, float, float]
TIFF_SIGNATURES = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
MAX_CELLS = 25_000_000  # 100 MB of elevations; a finer raster is averaged
MAX_DEGREES, MAX_METRES = (361.0, 91.0), (1e8, 1e8)  # with half a cell, any false easting
MIN_SIZE = 1e-12  # extent of the raster, area of a cell, in units of the CRS
MARGIN_CELLS = 2  # cells around the study, so that slopes are known at its edge
ELEVATION_RANGE_M = (-500.0, 9000.0)  # other values are undeclared nodata
GRID_TOLERANCE = 0.01  # of a cell: a larger offset is another grid
METRE_UNITS = ("", "m", "metre", "meter", "metres", "meters", "mètre", "mètres")


def read_dem(
    file: LayerFile, *, crs: pyproj.CRS, bounds: Bounds | None = None
) -> tuple[Dem, LayerReport]:
    """Read the elevations around a study from a GeoTIFF of one band, in metres.

    Only the part that covers the study is read. Another CRS is reprojected to the legal one, on
    square cells of about the same size; a grid of more than `MAX_CELLS` cells is averaged.

    Parameters
    ----------
    file
        The GeoTIFF; its ``crs``, if any, replaces the CRS that the raster declares.
    crs
        Legal metric CRS of the study.
    bounds
        West, south, east, north to cover, in ``crs``; the whole file when None.

    Returns
    -------
    The DEM, NaN where the elevation is unknown; and its report, which counts cells as rows.

    Raises
    ------
    SourceError
        The file does not exist.
    FormatError
        Not a GeoTIFF of elevations in metres, or one that does not meet the study.
    CrsError
        Neither the raster nor the study names a CRS.
    """
    journal, fingerprint = Journal(), files.sha256(file.path, file.shown)
    with file.path.open("rb") as stream:
        if not stream.read(4).startswith(TIFF_SIGNATURES):
            raise FormatError("readers.dem.not_geotiff", path=file.shown)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)  # an error below
            crs_references.check_content(file.path)
            with gdal.open_geotiff(file.path) as raster:
                raster_crs = _raster_crs(raster, file)
                dem = _reproject(raster, raster_crs, crs, bounds, file)
    except FoncierError:
        raise
    except gdal.OutsideReferenceError as reason:
        raise files.outside_reference(file.shown, reason) from reason
    except (RasterioError, CPLE_BaseError, CRSError, ValueError) as reason:
        raise FormatError("readers.dem.unreadable", path=file.shown, why=reason) from reason
    known = _check_elevations(dem, file, journal)
    return dem, LayerReport(
        layer=file.layer,
        path=file.shown,
        format="geotiff",
        sha256=fingerprint,
        rows_read=dem.heights_m.size,
        rows_kept=known,
        crs=raster_crs.to_string(),
        vintage=file.vintage,
        source=file.source,
        licence=file.licence,
        notes=journal.notes,
    )


def _raster_crs(raster: DatasetReader, file: LayerFile) -> pyproj.CRS:
    """Return the CRS of a raster: that of the study, else its own; checks bands and units."""
    if raster.count != 1:
        raise FormatError("readers.dem.several_bands", path=file.shown, bands=raster.count)
    if raster.transform.is_identity:
        raise FormatError("readers.dem.not_georeferenced", path=file.shown)
    unit = (raster.units[0] or "").strip().lower()
    if unit not in METRE_UNITS:
        raise FormatError("readers.dem.not_metres", path=file.shown, unit=unit)
    crs = _declared_crs(raster, file)
    if not _is_georeferenced(raster.transform, raster.bounds, degrees=crs.is_geographic):
        raise FormatError("readers.dem.not_georeferenced", path=file.shown)
    return crs


def _declared_crs(raster: DatasetReader, file: LayerFile) -> pyproj.CRS:
    if file.crs is not None:
        return files.system(file.crs, file.shown)
    try:
        if raster.crs is not None:
            crs = pyproj.CRS.from_wkt(raster.crs.to_wkt())
            if crs.is_geographic or crs.is_projected:  # else a plan without a place on the globe
                return crs
    except (CRSError, pyproj.exceptions.CRSError):
        pass  # an unknown name is no CRS
    raise CrsError("readers.dem.no_crs", path=file.shown)


def _is_georeferenced(transform: rasterio.Affine, bounds: Bounds, *, degrees: bool) -> bool:
    """Tell if cells have a position that GDAL can reproject.

    A transform without origin has no tie point; a damaged one has coordinates off the globe.
    """
    west, south, east, north = bounds
    if transform.is_degenerate or (transform.c, transform.f) == (0, 0):
        return False
    corners = np.abs([[west, south], [east, north]])
    size = min(abs(transform.determinant), abs(east - west), abs(north - south))
    return bool((corners <= (MAX_DEGREES if degrees else MAX_METRES)).all() and size > MIN_SIZE)


def _reproject(
    raster: DatasetReader,
    raster_crs: pyproj.CRS,
    crs: pyproj.CRS,
    bounds: Bounds | None,
    file: LayerFile,
) -> Dem:
    """Reproject the elevations of a raster to a grid of the legal CRS within the bounds."""
    source_crs, target_crs = (rasterio.crs.CRS.from_wkt(c.to_wkt()) for c in (raster_crs, crs))
    raster_bounds = warp.transform_bounds(source_crs, target_crs, *raster.bounds)
    _shared_bounds(raster_bounds, bounds, 0.0, file)  # far from the study, no grid can be made
    cell, west, north = _grid(raster, source_crs, target_crs, same_crs=raster_crs == crs)
    shared = _shared_bounds(raster_bounds, bounds, cell, file)
    width, height = shared[2] - shared[0], shared[3] - shared[1]
    factor = max(1, math.ceil(math.sqrt(width * height / MAX_CELLS) / cell))
    size = cell * factor
    first, last = math.floor((shared[0] - west) / size), math.ceil((shared[2] - west) / size)
    top, bottom = math.floor((north - shared[3]) / size), math.ceil((north - shared[1]) / size)
    if (bottom - top) * (last - first) > 4 * MAX_CELLS:  # one of the sides is absurd
        raise FormatError("readers.dem.not_georeferenced", path=file.shown)
    corner = (west + first * size, north - top * size)
    heights = np.full((bottom - top, last - first), np.nan, dtype=np.float32)
    warp.reproject(
        rasterio.band(raster, 1),
        heights,
        src_crs=source_crs,
        src_nodata=raster.nodata,
        dst_transform=rasterio.Affine(size, 0.0, corner[0], 0.0, -size, corner[1]),
        dst_crs=target_crs,
        dst_nodata=np.nan,
        resampling=Resampling.bilinear if factor == 1 else Resampling.average,
    )
    return Dem(heights, *corner, size)


def _grid(
    raster: DatasetReader, source_crs: Any, target_crs: Any, *, same_crs: bool
) -> tuple[float, float, float]:
    """Return cell size, west and north of the grid: those of the raster where the CRS is equal."""
    transform = raster.transform
    if same_crs and transform.b == 0 and transform.d == 0 and transform.a == -transform.e:
        return transform.a, transform.c, transform.f
    moved, *_ = warp.calculate_default_transform(
        source_crs, target_crs, raster.width, raster.height, *raster.bounds
    )
    return moved.a, 0.0, 0.0


def _shared_bounds(
    raster_bounds: Bounds, study_bounds: Bounds | None, cell: float, file: LayerFile
) -> Bounds:
    """Return the intersection of the bounds of the raster and of the study with a margin."""
    if study_bounds is None:
        return raster_bounds
    west, south, east, north = study_bounds
    margin = MARGIN_CELLS * cell
    shared = (
        max(raster_bounds[0], west - margin),
        max(raster_bounds[1], south - margin),
        min(raster_bounds[2], east + margin),
        min(raster_bounds[3], north + margin),
    )
    if not (shared[0] < shared[2] and shared[1] < shared[3]):  # true for NaN too
        raise FormatError(
            "readers.dem.outside_study",
            path=file.shown,
            raster_bounds=[f"{edge:.0f}" for edge in raster_bounds],
            study_bounds=[f"{edge:.0f}" for edge in study_bounds],
        )
    return shared


def _check_elevations(dem: Dem, file: LayerFile, journal: Journal) -> int:
    """Set impossible elevations to NaN, note unknown cells, and count the known ones.

    Raises
    ------
    FormatError
        No elevation is known.
    """
    cells = dem.heights_m
    low, high = ELEVATION_RANGE_M
    impossible = ~np.isnan(cells) & ~((cells >= low) & (cells <= high))
    cells[impossible] = np.nan
    journal.add(
        "assumed",
        int(impossible.sum()),
        "readers.dem.impossible_elevation",
        low=low,
        high=high,
    )
    known = int((~np.isnan(cells)).sum())
    if not known:
        raise FormatError("readers.dem.no_elevation", path=file.shown)
    journal.add(
        "kept",
        cells.size - known,
        "readers.dem.unknown_elevation",
    )
    return known


def merge_dems(dems: list[Dem], shown: str) -> Dem:
    """Merge the tiles of a DEM; where two overlap, the first known elevation is kept.

    Raises
    ------
    ConfigError
        The cells differ in size, or are not on one grid.
    """
    first = dems[0]
    cell = first.cell_m
    offsets = [((r.west_m - first.west_m) / cell, (first.north_m - r.north_m) / cell) for r in dems]
    positions = np.round(np.array(offsets)).astype(np.intp)
    if any(r.cell_m != cell for r in dems) or np.abs(positions - offsets).max() > GRID_TOLERANCE:
        raise ConfigError("readers.dem.different_grids", path=shown)
    sizes = np.array([r.heights_m.shape[::-1] for r in dems])
    low, high = positions.min(axis=0), (positions + sizes).max(axis=0)
    heights = np.full(tuple((high - low)[::-1]), np.nan, dtype=np.float32)
    for dem, (x, y), (width, height) in zip(dems, positions - low, sizes, strict=True):
        window = heights[y : y + height, x : x + width]
        np.copyto(window, dem.heights_m, where=np.isnan(window))
    west, north = first.west_m + low[0] * cell, first.north_m - low[1] * cell
    return Dem(heights, float(west), float(north), cell)
