"""Walking times as a cloud-optimised GeoTIFF."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from rasterio import Affine
from rasterio.errors import RasterioError
from rasterio.io import MemoryFile
from rasterio.shutil import copy

from foncier.errors import ExportError
from foncier.i18n import localize
from foncier.results.labels import FICTIONAL

if TYPE_CHECKING:
    from pathlib import Path

    from foncier.i18n import Lang
    from foncier.model import ResultTables

NODATA = -1.0
# One thread and no date: the same result gives the same bytes.
OPTIONS = {
    "COMPRESS": "DEFLATE",
    "LEVEL": "9",
    "PREDICTOR": "YES",
    "BLOCKSIZE": "256",
    "OVERVIEW_RESAMPLING": "AVERAGE",
    "BIGTIFF": "NO",
    "NUM_THREADS": "1",
}


def write_surface(result: ResultTables, path: Path, *, lang: Lang = "fr") -> None:
    """Write the travel times of a result, one band per destination, minutes in 32-bit floats.

    Parameters
    ----------
    result
        A result with a travel time raster; the file is in the legal metric CRS.
    path
        The file to write. Unknown or unreachable cells are nodata (−1).
    lang
        Language of the descriptions of the bands, ``fr`` or ``en``.

    Raises
    ------
    ExportError
        The result has no travel time raster, or the file cannot be written.
    """
    times = result.surface
    if times is None:
        raise ExportError("export.raster.none", file=path.name)
    bands, rows, columns = times.minutes.shape
    minutes = np.nan_to_num(times.minutes, nan=NODATA)
    profile = {
        "driver": "GTiff",
        "count": bands,
        "height": rows,
        "width": columns,
        "dtype": "float32",
        "crs": result.candidates.crs.to_wkt(),
        "nodata": NODATA,
        "transform": Affine(times.cell_m, 0.0, times.west_m, 0.0, -times.cell_m, times.north_m),
    }
    try:
        with MemoryFile() as memory, MemoryFile() as cloud:
            with memory.open(**profile) as raster:
                raster.write(minutes)
                for band, key in enumerate(times.keys, start=1):
                    raster.set_band_description(band, _band_name(result, key, lang))
                    raster.set_band_unit(band, "min")
                raster.update_tags(TITLE=result.title, **_notice(result, lang))
            with memory.open() as raster:
                copy(raster, cloud.name, driver="COG", **OPTIONS)
            path.write_bytes(cloud.getbuffer())
    except (RasterioError, OSError) as error:
        raise ExportError("export.not_written", file=path.name, why=error) from error


def _band_name(result: ResultTables, key: str, lang: Lang) -> str:
    destination = result.destinations.get(key, key)
    return localize("export.raster.band", lang, destination=destination)


def _notice(result: ResultTables, lang: Lang) -> dict[str, str]:
    return {"NOTICE": FICTIONAL[lang]} if result.demo else {}
