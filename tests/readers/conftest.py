"""Fixtures of the readers: write a small file, read it as a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pyproj
import pytest

from foncier import readers
from foncier.model import LayerFile, LayerReport

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import shapely

    Read = Callable[..., tuple[Any, LayerReport]]
    Write = Callable[..., Path]

LAMBERT_93 = pyproj.CRS.from_epsg(2154)


@pytest.fixture
def read() -> Read:
    """Read a file as a layer of a study of Amiens."""

    def reading(
        layer: str, format_: str, path: Path, *, communes: tuple[str, ...] = (), **given: Any
    ) -> tuple[Any, LayerReport]:
        file = LayerFile(layer, path, path.name, format_, **given)
        return readers.read(file, crs=LAMBERT_93, communes=communes)

    return reading


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a vector file: rows, geometries, in Lambert-93 unless told."""

    def writing(
        rows: list[dict[str, Any]],
        geometry: list[shapely.Geometry | None],
        *,
        name: str = "layer.gpkg",
        crs: str = "EPSG:2154",
    ) -> Path:
        path = tmp_path / name
        gpd.GeoDataFrame(rows, geometry=geometry, crs=crs).to_file(path)
        return path

    return writing
