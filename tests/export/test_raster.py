"""Raster of walking times: a valid cloud-optimised GeoTIFF with metadata."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio

from foncier.errors import ExportError
from foncier.export.raster import write_surface
from foncier.model import TravelTimeRaster

if TYPE_CHECKING:
    from pathlib import Path

    from foncier.model import ResultTables


@pytest.fixture
def result(small_result: ResultTables) -> ResultTables:
    minutes = np.add.outer(np.arange(2.0), np.add.outer(np.arange(600.0), np.arange(700.0)) / 40)
    minutes[:, :200, :300] = np.nan
    surface = TravelTimeRaster(
        minutes.astype(np.float32), ("loop", "station"), 650_000.0, 6_992_000.0, 25.0
    )
    return replace(small_result, surface=surface)


def test_raster_reads_back_equal(result: ResultTables, tmp_path: Path) -> None:
    path = tmp_path / "acces.tif"
    write_surface(result, path)
    surface = result.surface
    assert surface is not None
    with rasterio.open(path) as raster:
        assert raster.descriptions == ("Boucle, minutes à pied", "Gare, minutes à pied")
        assert raster.units == ("min", "min")
        assert raster.crs.to_epsg() == 2154
        assert tuple(raster.transform)[:6] == (25.0, 0.0, 650_000.0, 0.0, -25.0, 6_992_000.0)
        assert raster.tags()["NOTICE"] == "DONNÉES FICTIVES"
        assert (raster.nodata, raster.dtypes) == (-1.0, ("float32", "float32"))
        found = raster.read(masked=True)
        assert np.array_equal(found.mask, np.isnan(surface.minutes))
        assert np.array_equal(found.filled(np.nan), surface.minutes, equal_nan=True)
        # Cloud-optimised: tiled, with overviews, its directory before its pixels.
        assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert raster.block_shapes == [(256, 256)] * 2
        assert raster.overviews(1) == [2, 4]
        offset = int(raster.get_tag_item("IFD_OFFSET", "TIFF", bidx=1))
        assert offset < 300
        assert offset < int(raster.get_tag_item("BLOCK_OFFSET_0_0", "TIFF", bidx=1))


def test_band_names_in_english(result: ResultTables, tmp_path: Path) -> None:
    write_surface(result, tmp_path / "a.tif", lang="en")
    with rasterio.open(tmp_path / "a.tif") as raster:
        assert raster.descriptions[1] == "Station, minutes on foot"


def test_same_bytes_twice(result: ResultTables, tmp_path: Path) -> None:
    prints = []
    for name in ("a.tif", "b.tif"):
        write_surface(result, tmp_path / name)
        prints.append(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert prints[0] == prints[1]


def test_error_without_raster_or_without_room(result: ResultTables, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"acces\.tif"):
        write_surface(result, tmp_path / "nowhere" / "acces.tif")
    with pytest.raises(ExportError, match="pas de temps de parcours"):
        write_surface(replace(result, surface=None), tmp_path / "acces.tif")
