"""Relief from GeoTIFFs: one hill whatever the CRS of the file, and what is wrong with others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import pytest
import rasterio
from rasterio.transform import from_origin

from foncier.errors import (
    ConfigError,
    CrsError,
    FormatError,
    SourceError,
)
from foncier.geometry import heights_m
from foncier.model import Dem, LayerFile, LayerReport
from foncier.readers import dem as dem_reader

from .conftest import LAMBERT_93

if TYPE_CHECKING:
    from pathlib import Path

X, Y = 650_000.0, 6_977_000.0
STUDY = (X + 200, Y + 200, X + 400, Y + 500)
Read = Any


def plane(x: Any, y: Any) -> Any:
    """A hillside that climbs 10 % to the east and 5 % to the north."""
    return 40 + 0.10 * (x - X) + 0.05 * (y - Y)


def raster(path: Path, *, crs: str = "EPSG:2154", cell: float = 5.0, **given: Any) -> Path:
    """Write the hillside over one kilometre, in any CRS, and what ``spoil`` makes of it."""
    corner = (X - 200, Y + 1000)
    move = pyproj.Transformer.from_crs(crs, LAMBERT_93, always_xy=True)
    back = pyproj.Transformer.from_crs(LAMBERT_93, crs, always_xy=True)
    west, north = back.transform(*corner)
    if crs == "EPSG:4326":
        cell = cell / 111_000
    size = given.get("size", 240)
    at = np.arange(size) + 0.5
    lon, lat = np.meshgrid(west + at * cell, north - at * cell)
    heights = plane(*move.transform(lon, lat)).astype(given.get("dtype", "float32"))
    heights = given.get("spoil", lambda h: h)(heights)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=size,
        height=size,
        count=given.get("bands", 1),
        dtype=heights.dtype,
        crs=None if given.get("bare") else crs,
        nodata=given.get("nodata"),
        transform=from_origin(west, north, cell, cell),
    ) as written:
        for band in range(1, given.get("bands", 1) + 1):
            written.write(heights, band)
        if "unit" in given:
            written.set_band_unit(1, given["unit"])
    return path


def read(path: Path, **given: Any) -> tuple[Dem, LayerReport]:
    bounds = given.pop("bounds", STUDY)
    file = LayerFile("elevation", path, path.name, "geotiff", **given)
    return dem_reader.read_dem(file, crs=LAMBERT_93, bounds=bounds)


@pytest.mark.parametrize(
    ("crs", "slack"), [("EPSG:2154", 1e-3), ("EPSG:32631", 0.05), ("EPSG:4326", 0.05)]
)
def test_the_same_hill_whatever_the_system_of_the_file(
    tmp_path: Path, crs: str, slack: float
) -> None:
    dem, report = read(raster(tmp_path / "hill.tif", crs=crs))
    x, y = np.meshgrid(np.linspace(*STUDY[::2], 20), np.linspace(*STUDY[1::2], 20))
    found = heights_m(dem, x.ravel(), y.ravel())
    assert found == pytest.approx(plane(x, y).ravel(), abs=slack)
    assert report.crs == crs
    assert report.format == "geotiff"
    assert len(report.sha256) == 64


def test_only_the_part_that_serves_is_read(tmp_path: Path) -> None:
    dem, report = read(raster(tmp_path / "hill.tif"))
    assert dem.heights_m.shape == (64, 44)  # 300 m by 200 m, and two cells on each side
    assert (report.rows_read, report.rows_kept) == (64 * 44, 64 * 44)
    whole, _ = read(raster(tmp_path / "hill.tif"), bounds=None)
    assert whole.heights_m.shape == (240, 240)


def test_a_fine_raster_is_averaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dem_reader, "MAX_CELLS", 200)
    dem, _ = read(raster(tmp_path / "hill.tif"))
    assert dem.cell_m == 20.0
    inner = heights_m(dem, np.array([X + 300]), np.array([Y + 300]))
    assert inner == pytest.approx(plane(X + 300, Y + 300), abs=0.05)


def hole(heights: Any) -> Any:
    heights[100:120, 100:120] = -9999
    return heights


@pytest.mark.parametrize("dtype", ["float32", "int16"])
def test_cells_without_elevation_are_nan(tmp_path: Path, dtype: str) -> None:
    path = raster(tmp_path / "hill.tif", spoil=hole, nodata=-9999, dtype=dtype)
    dem, report = read(path)
    found = heights_m(dem, np.array([X + 350.0, X + 250.0]), np.array([Y + 450.0, Y + 250.0]))
    assert np.isnan(found[0])
    assert found[1] == pytest.approx(plane(X + 250, Y + 250), abs=1.0)
    assert np.nanmin(dem.heights_m) > 0
    assert any("sans altitude" in note.text.fr for note in report.notes)


def test_undeclared_nodata_values_are_unknown(tmp_path: Path) -> None:
    dem, report = read(raster(tmp_path / "hill.tif", spoil=hole))
    assert np.nanmin(dem.heights_m) > 0
    assert any(note.effect == "assumed" and note.count for note in report.notes)


def test_elevation_outside_the_raster_is_unknown(tmp_path: Path) -> None:
    dem, _ = read(raster(tmp_path / "hill.tif"), bounds=(X + 800, Y, X + 5000, Y + 500))
    east = heights_m(dem, np.array([X + 900.0, X + 2000]), np.array([Y + 300.0, Y + 300]))
    assert np.isnan(east).tolist() == [False, True]


FAULTS: list[tuple[dict[str, Any], dict[str, Any], type[Exception], str]] = [
    ({}, {"bounds": (X + 9000, Y, X + 9500, Y + 500)}, FormatError, "ne couvre pas l'étude"),
    ({"bare": True}, {}, CrsError, "aucun système de coordonnées"),
    ({"bands": 3}, {}, FormatError, "3 bandes"),
    ({"unit": "ft"}, {}, FormatError, "« ft »"),
    ({"spoil": lambda h: h * 0 - 9999, "nodata": -9999}, {}, FormatError, "aucune altitude"),
    ({}, {"crs": "EPSG:2"}, ConfigError, "n'est pas un système"),
]


@pytest.mark.parametrize(("made", "asked", "error", "words"), FAULTS)
def test_error_names_the_file_and_the_cause(
    tmp_path: Path, made: dict[str, Any], asked: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error) as told:
        read(raster(tmp_path / "hill.tif", **made), **asked)
    assert words in str(told.value).replace("\xa0", " ")
    assert "hill.tif" in str(told.value)


@pytest.mark.parametrize(
    ("crs", "west", "north"),
    [
        ("EPSG:2154", 0.0, 0.0),  # no tie point
        ("EPSG:2154", 3.4e39, 6_978_000.0),  # no inverse in floats
        ("EPSG:4326", 2.3, 239.6),  # off the globe
    ],
)
@pytest.mark.parametrize("bounds", [None, STUDY])
def test_raster_without_usable_coordinates_is_an_error(
    tmp_path: Path, crs: str, west: float, north: float, bounds: Any
) -> None:
    path = raster(tmp_path / "hill.tif", crs=crs)
    with rasterio.open(path, "r+") as dataset:
        dataset.transform = from_origin(west, north, 0.001, 0.001)
    with pytest.raises(FormatError) as caught:
        read(path, bounds=bounds)
    assert caught.value.id == "readers.dem.not_georeferenced"


def test_other_files_than_geotiff_are_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "relief.tif"
    path.write_text("<html>404</html>", encoding="utf-8")
    with pytest.raises(FormatError, match="GeoTIFF"):
        read(path)
    with pytest.raises(SourceError, match="n'existe pas"):
        read(tmp_path / "absent.tif")
    whole = raster(tmp_path / "hill.tif").read_bytes()
    path.write_bytes(whole[:200])
    with pytest.raises(FormatError, match="tronqué"):
        read(path)
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FormatError, match="tronqué"):
        read(path, bounds=None)


def test_crs_of_the_study_completes_the_file(tmp_path: Path) -> None:
    dem, _ = read(raster(tmp_path / "hill.tif", bare=True), crs="EPSG:2154")
    assert heights_m(dem, np.array([X + 300]), np.array([Y + 300])) == pytest.approx(
        plane(X + 300, Y + 300), abs=1e-3
    )


def test_tiles_are_laid_side_by_side(tmp_path: Path) -> None:
    whole, _ = read(raster(tmp_path / "hill.tif"))
    heights = whole.heights_m
    west = Dem(heights[:, :20], whole.west_m, whole.north_m, 5.0)
    east = Dem(heights[10:, 15:], whole.west_m + 75, whole.north_m - 50, 5.0)
    for order in ([west, east], [east, west]):
        both = dem_reader.merge_dems(order, "relief")
        assert (both.west_m, both.north_m) == (whole.west_m, whole.north_m)
        assert np.isnan(both.heights_m[:10, 20:]).all()
        assert (both.heights_m[10:] == heights[10:]).all()
    with pytest.raises(ConfigError, match="même maille"):
        dem_reader.merge_dems([west, Dem(heights, whole.west_m + 2, whole.north_m, 5.0)], "r")
