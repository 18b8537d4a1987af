"""Minutes on foot as a raster that any GIS opens: a cloud-optimised GeoTIFF."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from rasterio import Affine
from rasterio.errors import RasterioError
from rasterio.io import MemoryFile
from rasterio.shutil import copy

from foncier.errors import ExportError
from foncier.export.words import FICTIONAL

if TYPE_CHECKING:
    from pathlib import Path

    from foncier.model import ResultTables

NODATA = -1.0
# In the order that GDAL documents for COG; one thread and no date, for the same bytes twice.
OPTIONS = {
    "COMPRESS": "DEFLATE",
    "LEVEL": "9",
    "PREDICTOR": "YES",
    "BLOCKSIZE": "256",
    "OVERVIEW_RESAMPLING": "AVERAGE",
    "BIGTIFF": "NO",
    "NUM_THREADS": "1",
}


def write_surface(result: ResultTables, path: Path, *, lang: str = "fr") -> None:
    """Write the surface of a result, one band a target, minutes in 32-bit floats.

    Parameters
    ----------
    result
        A result with a ``surface``; the file is in the legal metric CRS.
    path
        The file to write. What is unknown or out of reach is nodata (−1).
    lang
        Language of the descriptions of the bands, ``fr`` or ``en``.

    Raises
    ------
    ExportError
        The result has no surface, or the file cannot be written.
    """
    made = result.surface
    if made is None:
        raise ExportError(f"{path.name}\u00a0: ce résultat n'a pas de surface d'accessibilité.")
    bands, rows, columns = made.minutes.shape
    known = np.nan_to_num(made.minutes, nan=NODATA)
    profile = {
        "driver": "GTiff",
        "count": bands,
        "height": rows,
        "width": columns,
        "dtype": "float32",
        "crs": result.candidates.crs.to_wkt(),
        "nodata": NODATA,
        "transform": Affine(made.cell_m, 0.0, made.west_m, 0.0, -made.cell_m, made.north_m),
    }
    try:
        with MemoryFile() as memory, MemoryFile() as cloud:
            with memory.open(**profile) as raster:
                raster.write(known)
                for band, key in enumerate(made.keys, start=1):
                    raster.set_band_description(band, _words(result, key, lang))
                    raster.set_band_unit(band, "min")
                raster.update_tags(TITLE=result.title, **_notice(result, lang))
            with memory.open() as raster:
                copy(raster, cloud.name, driver="COG", **OPTIONS)
            path.write_bytes(cloud.getbuffer())
    except (RasterioError, OSError) as reason:
        raise ExportError(
            f"{path.name}\u00a0: la surface d'accessibilité n'a pas pu être écrite ({reason}). "
            "Vérifiez la place sur le disque et le droit d'écrire dans ce dossier."
        ) from reason


def _words(result: ResultTables, key: str, lang: str) -> str:
    name = result.destinations[key][lang] if key in result.destinations else key
    return f"{name}, minutes à pied" if lang == "fr" else f"{name}, minutes on foot"


def _notice(result: ResultTables, lang: str) -> dict[str, str]:
    return {"NOTICE": FICTIONAL[lang]} if result.demo else {}
