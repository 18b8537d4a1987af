"""Heights of the ground from a WMS that sends bare numbers, put together as one GeoTIFF.

The Géoplateforme has no coverage service (WCS); its WMS gives the heights themselves as rows of
32-bit numbers, from the north-west, without any word on place, unit or size. What is asked is
therefore held against what comes: the number of bytes, heights that can be, slopes that can be.
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
from foncier.download.bbox import metres
from foncier.download.client import RETRY
from foncier.errors import FormatError, SourceError
from foncier.readers.dem import ELEVATION_RANGE_M, MAX_CELLS
from foncier.readers.report import complaint

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pyproj
    from numpy.typing import NDArray

    from foncier.download.catalog import Place, Source
    from foncier.download.client import Arrival, HttpClient

SIDE = 1000  # cells of a tile; the service allows some 5000
NO_HEIGHT = -99_999.0
NONE_BELOW_M = -9_000.0  # marks for "no height" of this service: -9999 and -99999
COARSER = (1, 2, 5, 10, 20, 50)
STEEPEST = 1.0  # median rise over run: beyond it the unit is not metres


def bil(
    web: HttpClient, source: Source, place: Place, to: Path, known: Mapping[str, Any]
) -> Arrival:
    """Heights inside the bounds, tile after tile, as a GeoTIFF in the legal metric CRS.

    Cells are those of the option ``cell_m``, or coarser where there would be too many.

    Raises
    ------
    SourceError
        The service answers with a complaint in XML (status 200, too).
    FormatError
        Fewer numbers than asked, heights that cannot be, slopes of another unit.
    """
    del known  # tiles have no common mark
    crs = legal_crs(place.communes[0])
    west, south, east, north = metres(source, place, crs)
    cell = float(source.options["cell_m"])
    cell *= next(
        (k for k in COARSER if (east - west) * (north - south) / (cell * k) ** 2 <= MAX_CELLS),
        COARSER[-1],
    )
    left, top = math.floor(west / cell), math.ceil(north / cell)
    width, height = math.ceil(east / cell) - left, top - math.floor(south / cell)
    corner = rasterio.Affine(cell, 0.0, left * cell, 0.0, -cell, top * cell)
    profile = {
        "driver": "GTiff",
        "count": 1,
        "dtype": "float32",
        "nodata": NO_HEIGHT,
        "crs": crs.to_wkt(),
        "transform": corner,
        "width": width,
        "height": height,
        "tiled": True,
        "compress": "deflate",
        "predictor": 3,
    }
    with scratch_folder(to.parent) as folder:
        tile, whole = folder / "tile", folder / "whole.tif"
        with rasterio.open(whole, "w", **profile) as made:
            for window in _windows(width, height):
                address = _address(source, window, corner, crs)
                web.get(address, tile, most_bytes=source.most_bytes)
                made.write(_heights(tile, window, address, cell), 1, window=window)
        whole.replace(to)
    return web.made(to)


def _windows(width: int, height: int) -> Iterator[Window]:
    for row in range(0, height, SIDE):
        for column in range(0, width, SIDE):
            yield Window(column, row, min(SIDE, width - column), min(SIDE, height - row))


def _address(source: Source, window: Window, corner: rasterio.Affine, crs: pyproj.CRS) -> str:
    cell = corner.a
    west, north = corner.c + cell * window.col_off, corner.f - cell * window.row_off
    east, south = west + cell * window.width, north - cell * window.height
    return (
        source.address
        + "?"
        + urlencode(
            {
                "SERVICE": "WMS",
                "VERSION": "1.3.0",
                "REQUEST": "GetMap",
                "LAYERS": source.options["coverage"],
                "STYLES": "",
                "FORMAT": "image/x-bil;bits=32",
                # The legal metric systems of France all have the easting first.
                "CRS": f"EPSG:{crs.to_epsg()}",
                "BBOX": f"{west:.2f},{south:.2f},{east:.2f},{north:.2f}",
                "WIDTH": window.width,
                "HEIGHT": window.height,
            }
        )
    )


def _heights(file: Path, window: Window, address: str, cell: float) -> NDArray[np.float32]:
    raw = file.read_bytes()
    if raw.lstrip().startswith(b"<"):
        words = re.sub(r"<[^>]*>|\s+", " ", raw.decode("utf-8", "replace"))
        what = f"le service se plaint ({' '.join(words.split())[:120] or 'sans dire de quoi'})"
        raise SourceError(complaint(address, what, RETRY))
    if len(raw) != 4 * window.width * window.height:
        what = f"{len(raw)} octets reçus, {4 * window.width * window.height} attendus"
        raise FormatError(complaint(address, f"dalle de relief incomplète ({what})", RETRY))
    heights = np.frombuffer(raw, dtype="<f4").reshape(window.height, window.width).copy()
    unknown = ~np.isfinite(heights) | (heights <= NONE_BELOW_M)
    known = heights[~unknown]
    if known.size and (known.min() < ELEVATION_RANGE_M[0] or known.max() > ELEVATION_RANGE_M[1]):
        what = f"altitudes de {known.min():g} à {known.max():g} : ce ne sont pas des mètres"
        raise FormatError(complaint(address, what, RETRY))
    heights[unknown] = np.nan
    rises = np.abs(np.diff(heights, axis=1)) / cell
    if np.isfinite(rises).any() and np.nanmedian(rises) > STEEPEST:
        what = f"pente médiane de {100 * np.nanmedian(rises):.0f} % : ce ne sont pas des mètres"
        raise FormatError(complaint(address, what, RETRY))
    return np.where(unknown, np.float32(NO_HEIGHT), heights)
