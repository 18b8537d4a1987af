"""Relief: heights of the ground from a GeoTIFF, on a square grid of the legal metric CRS."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import rasterio
from rasterio import warp
from rasterio._err import CPLE_BaseError  # what GDAL says where rasterio does not reword it
from rasterio.enums import Resampling
from rasterio.errors import CRSError, NotGeoreferencedWarning, RasterioError

from foncier.errors import ConfigError, CrsError, FormatError
from foncier.model import Dem, LayerReport
from foncier.readers import files
from foncier.readers.report import Journal

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

    from foncier.model import LayerFile

Bounds = tuple[float, float, float, float]
TIFF_SIGNATURES = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
MAX_CELLS = 25_000_000  # 100 MB of heights; a finer raster is averaged
MARGIN_CELLS = 2  # cells around the study, so that a slope is known at its edge
ELEVATION_RANGE_M = (
    -500.0,
    9000.0,
)  # beyond, a figure is a mark for "no height" that nothing announces
GRID_TOLERANCE = 0.01  # of a cell: more is another grid
METRE_UNITS = ("", "m", "metre", "meter", "metres", "meters", "mètre", "mètres")


def read_dem(
    file: LayerFile, *, crs: pyproj.CRS, bounds: Bounds | None = None
) -> tuple[Dem, LayerReport]:
    """Read the heights around a study from a GeoTIFF of one band, in metres.

    Only the part of the file that serves is read. In another CRS it is brought into the legal one,
    in square cells of its own size; a grid of more than `MOST_CELLS` cells is averaged to fewer.

    Parameters
    ----------
    file
        The GeoTIFF; ``crs`` of the study's table holds where the file says none, or a wrong one.
    crs
        Legal metric CRS of the study.
    bounds
        West, south, east, north of what must be covered, in ``crs``; all of the file when None.

    Returns
    -------
    The relief, NaN where the file has no height or does not reach; and its report, with cells for
    rows.

    Raises
    ------
    SourceError
        There is no such file.
    FormatError
        It is no GeoTIFF of heights in metres, or lies wholly elsewhere.
    CrsError
        It names no CRS, and the study neither.
    """
    journal, fingerprint = Journal(), files.sha256(file.path, file.shown)
    with file.path.open("rb") as begun:
        if not begun.read(4).startswith(TIFF_SIGNATURES):
            raise FormatError("readers.dem.not_geotiff", path=file.shown)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)  # said below, as an error
            opened = rasterio.open(file.path, driver="GTiff")
        with opened as raster:
            system = _raster_crs(raster, file)
            dem = _reproject(raster, system, crs, bounds, file)
    except (RasterioError, CPLE_BaseError) as reason:
        raise FormatError("readers.dem.unreadable", path=file.shown, why=reason) from reason
    known = _check_elevations(dem, file, journal)
    return dem, LayerReport(
        layer=file.layer,
        path=file.shown,
        format="geotiff",
        sha256=fingerprint,
        rows_read=dem.heights_m.size,
        rows_kept=known,
        crs=system.to_string(),
        vintage=file.vintage,
        source=file.source,
        licence=file.licence,
        notes=journal.notes,
    )


def _raster_crs(raster: DatasetReader, file: LayerFile) -> pyproj.CRS:
    """CRS of a raster of one band of metres, as the study says it or as it says itself."""
    if raster.count != 1:
        raise FormatError("readers.dem.several_bands", path=file.shown, bands=raster.count)
    if raster.transform.is_identity:
        raise FormatError("readers.dem.not_georeferenced", path=file.shown)
    unit = (raster.units[0] or "").strip().lower()
    if unit not in METRE_UNITS:
        raise FormatError("readers.dem.not_metres", path=file.shown, unit=unit)
    if file.crs is not None:
        return files.system(file.crs, file.shown)
    try:
        if raster.crs is not None:
            return pyproj.CRS.from_wkt(raster.crs.to_wkt())
    except (CRSError, pyproj.exceptions.CRSError):
        pass  # a name that nobody knows is no name
    raise CrsError("readers.dem.no_crs", path=file.shown)


def _reproject(
    raster: DatasetReader,
    system: pyproj.CRS,
    crs: pyproj.CRS,
    bounds: Bounds | None,
    file: LayerFile,
) -> Dem:
    """Heights on a grid of the legal CRS that holds the bounds, as far as the file reaches."""
    source, target = (rasterio.crs.CRS.from_wkt(c.to_wkt()) for c in (system, crs))
    cell, west, north = _grid(raster, source, target, same=system == crs)
    held = _shared_bounds(warp.transform_bounds(source, target, *raster.bounds), bounds, cell, file)
    width, height = held[2] - held[0], held[3] - held[1]
    fold = max(1, math.ceil(math.sqrt(width * height / MAX_CELLS) / cell))
    size = cell * fold
    first, last = math.floor((held[0] - west) / size), math.ceil((held[2] - west) / size)
    top, bottom = math.floor((north - held[3]) / size), math.ceil((north - held[1]) / size)
    corner = (west + first * size, north - top * size)
    heights = np.full((bottom - top, last - first), np.nan, dtype=np.float32)
    warp.reproject(
        rasterio.band(raster, 1),
        heights,
        src_crs=source,
        src_nodata=raster.nodata,
        dst_transform=rasterio.Affine(size, 0.0, corner[0], 0.0, -size, corner[1]),
        dst_crs=target,
        dst_nodata=np.nan,
        resampling=Resampling.bilinear if fold == 1 else Resampling.average,
    )
    return Dem(heights, *corner, size)


def _grid(
    raster: DatasetReader, source: Any, target: Any, *, same: bool
) -> tuple[float, float, float]:
    """Size of the cells and a corner to lay them from: the file's own where it is in our CRS."""
    own = raster.transform
    if same and own.b == 0 and own.d == 0 and own.a == -own.e:
        return own.a, own.c, own.f
    moved, *_ = warp.calculate_default_transform(
        source, target, raster.width, raster.height, *raster.bounds
    )
    return moved.a, 0.0, 0.0


def _shared_bounds(own: Bounds, wanted: Bounds | None, cell: float, file: LayerFile) -> Bounds:
    """Bounds that the file and the study, with a margin, share."""
    if wanted is None:
        return own
    west, south, east, north = wanted
    edge = MARGIN_CELLS * cell
    held = (
        max(own[0], west - edge),
        max(own[1], south - edge),
        min(own[2], east + edge),
        min(own[3], north + edge),
    )
    if held[0] >= held[2] or held[1] >= held[3]:
        raise FormatError(
            "readers.dem.outside_study",
            path=file.shown,
            raster_bounds=[round(edge) for edge in own],
            study_bounds=[round(edge) for edge in wanted],
        )
    return held


def _check_elevations(dem: Dem, file: LayerFile, journal: Journal) -> int:
    """Make unknown what cannot be a height, note what is unknown, and count the known cells.

    Raises
    ------
    FormatError
        No height is left.
    """
    cells = dem.heights_m
    low, high = ELEVATION_RANGE_M
    wrong = ~np.isnan(cells) & ~((cells >= low) & (cells <= high))
    cells[wrong] = np.nan
    journal.add(
        "assumed",
        int(wrong.sum()),
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
    """Lay the tiles of a relief side by side; where two overlap, the first known height is kept.

    Raises
    ------
    ConfigError
        Their cells differ in size, or do not lie on one grid.
    """
    first = dems[0]
    cell = first.cell_m
    offsets = [((r.west_m - first.west_m) / cell, (first.north_m - r.north_m) / cell) for r in dems]
    places = np.round(np.array(offsets)).astype(np.intp)
    if any(r.cell_m != cell for r in dems) or np.abs(places - offsets).max() > GRID_TOLERANCE:
        raise ConfigError("readers.dem.different_grids", path=shown)
    sizes = np.array([r.heights_m.shape[::-1] for r in dems])
    low, high = places.min(axis=0), (places + sizes).max(axis=0)
    heights = np.full(tuple((high - low)[::-1]), np.nan, dtype=np.float32)
    for dem, (x, y), (width, height) in zip(dems, places - low, sizes, strict=True):
        part = heights[y : y + height, x : x + width]
        np.copyto(part, dem.heights_m, where=np.isnan(part))
    west, north = first.west_m + low[0] * cell, first.north_m - low[1] * cell
    return Dem(heights, float(west), float(north), cell)
