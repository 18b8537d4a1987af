"""DEM from a WMS that sends raw heights, tile by tile, as one GeoTIFF.

The Géoplateforme has no coverage service (WCS). Its WMS sends heights as rows of 32-bit numbers,
from the north-west, without place, unit or size. The answers are therefore checked against the
request: number of bytes, plausible heights, plausible slopes.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import numpy as np
import rasterio
from rasterio.windows import Window

from foncier._util.scratch import scratch_folder
from foncier.crs import legal_crs
from foncier.download.catalog import bounds_m
from foncier.download.client import Download
from foncier.download.responses import RETRY
from foncier.errors import FormatError, SourceError
from foncier.readers.dem import ELEVATION_RANGE_M, MAX_CELLS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pyproj
    from numpy.typing import NDArray

    from foncier.download.catalog import Query, Source
    from foncier.download.client import HttpClient

TILE_CELLS = 1000  # cells on a side of a tile; the service allows about 5000
NO_DATA = -99_999.0
NO_DATA_BELOW_M = -9_000.0  # the service writes -9999 and -99999 for a missing height
CELL_FACTORS = (1, 2, 5, 10, 20, 50)
MAX_MEDIAN_SLOPE = 1.0  # rise over run: a steeper DEM is not in metres


def download_dem(
    client: HttpClient, source: Source, query: Query, path: Path, validators: Mapping[str, Any]
) -> Download:
    """Download the heights inside the bounds as a GeoTIFF in the legal metric CRS.

    The cell size is the option ``cell_m``, or a multiple of it where there would be too many.

    Raises
    ------
    SourceError
        The service answers with an error in XML (its status may be 200).
    FormatError
        Fewer heights than requested, impossible heights, slopes of another unit.
    """
    del validators  # the tiles have no common validator
    crs = legal_crs(query.communes[0])
    profile = _grid(source, bounds_m(source, query, crs), crs)
    transform = profile["transform"]
    with scratch_folder(path.parent) as folder:
        tile, whole = folder / "tile", folder / "whole.tif"
        with rasterio.open(whole, "w", **profile) as dem:
            for window in _windows(profile["width"], profile["height"]):
                address = _address(source, window, transform, crs)
                client.get(address, tile, max_bytes=source.most_bytes)
                dem.write(_read_heights(tile, window, address, transform.a), 1, window=window)
        whole.replace(path)
    return Download.assembled(path)


def first_tile(source: Source, query: Query) -> str:
    """Address of the first tile of a query.

    Raises
    ------
    SourceError
        No parcels are known.
    """
    crs = legal_crs(query.communes[0])
    profile = _grid(source, bounds_m(source, query, crs), crs)
    window = next(_windows(profile["width"], profile["height"]))
    return _address(source, window, profile["transform"], crs)


def _grid(
    source: Source, bounds: tuple[float, float, float, float], crs: pyproj.CRS
) -> dict[str, Any]:
    """Profile of the GeoTIFF: cells that are multiples of the cell size and contain the bounds."""
    west, south, east, north = bounds
    cell = float(source.options["cell_m"])
    area = (east - west) * (north - south)
    fitting = (k for k in CELL_FACTORS if area / (cell * k) ** 2 <= MAX_CELLS)
    cell *= next(fitting, CELL_FACTORS[-1])
    left, top = math.floor(west / cell), math.ceil(north / cell)
    return {
        "driver": "GTiff",
        "count": 1,
        "dtype": "float32",
        "nodata": NO_DATA,
        "crs": crs.to_wkt(),
        "transform": rasterio.Affine(cell, 0.0, left * cell, 0.0, -cell, top * cell),
        "width": math.ceil(east / cell) - left,
        "height": top - math.floor(south / cell),
        "tiled": True,
        "compress": "deflate",
        "predictor": 3,
    }


def _windows(width: int, height: int) -> Iterator[Window]:
    for row in range(0, height, TILE_CELLS):
        for column in range(0, width, TILE_CELLS):
            yield Window(
                column, row, min(TILE_CELLS, width - column), min(TILE_CELLS, height - row)
            )


def _address(source: Source, window: Window, transform: rasterio.Affine, crs: pyproj.CRS) -> str:
    cell = transform.a
    west, north = transform.c + cell * window.col_off, transform.f - cell * window.row_off
    east, south = west + cell * window.width, north - cell * window.height
    parameters = {
        "SERVICE": "WMS",
        "VERSION": "1.3.0",
        "REQUEST": "GetMap",
        "LAYERS": source.options["coverage"],
        "STYLES": "",
        "FORMAT": "image/x-bil;bits=32",
        # All legal metric CRS of France have the easting first.
        "CRS": f"EPSG:{crs.to_epsg()}",
        "BBOX": f"{west:.2f},{south:.2f},{east:.2f},{north:.2f}",
        "WIDTH": window.width,
        "HEIGHT": window.height,
    }
    return f"{source.address}?{urlencode(parameters)}"


def _read_heights(file: Path, window: Window, address: str, cell_m: float) -> NDArray[np.float32]:
    """Heights of a tile in metres, shape of the window; `NO_DATA` where missing."""
    raw = file.read_bytes()
    size = 4 * window.width * window.height
    if raw.lstrip().startswith(b"<"):
        words = re.sub(r"<[^>]*>|\s+", " ", raw.decode("utf-8", "replace"))
        why = " ".join(words.split())[:120] or "XML"
        raise SourceError("download.dem.service_error", address=address, why=why, retry=RETRY)
    if len(raw) != size:
        raise FormatError(
            "download.dem.incomplete_tile",
            address=address,
            size=len(raw),
            expected=size,
            retry=RETRY,
        )
    heights = np.frombuffer(raw, dtype="<f4").reshape(window.height, window.width).copy()
    missing = ~np.isfinite(heights) | (heights <= NO_DATA_BELOW_M)
    heights[missing] = np.nan
    _check_heights(heights, address, cell_m)
    return np.where(missing, np.float32(NO_DATA), heights)


def _check_heights(heights: NDArray[np.float32], address: str, cell_m: float) -> None:
    """Raise on heights or slopes that are not in metres; NaN is missing."""
    known = heights[~np.isnan(heights)]
    if known.size and (known.min() < ELEVATION_RANGE_M[0] or known.max() > ELEVATION_RANGE_M[1]):
        raise FormatError(
            "download.dem.impossible_heights",
            address=address,
            low=float(known.min()),
            high=float(known.max()),
            retry=RETRY,
        )
    slopes = np.abs(np.diff(heights, axis=1)) / cell_m
    if np.isfinite(slopes).any() and np.nanmedian(slopes) > MAX_MEDIAN_SLOPE:
        raise FormatError(
            "download.dem.impossible_slope",
            address=address,
            slope=float(np.nanmedian(slopes)),
            retry=RETRY,
        )
