"""A small result delivered to a folder, as a run does, to be printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pyogrio
import pytest
import shapely

from foncier._util.atomic_write import write_atomically
from foncier.export.geopackage.write import write_geopackage
from foncier.results.manifest import build_manifest, to_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from foncier.model import ResultTables


def base_map(result: ResultTables) -> dict[str, gpd.GeoDataFrame]:
    """Layers of the base map, which a result may have or not."""
    back, entry = result.background, result.access_points
    way = shapely.LineString([entry.geometry.iloc[0], result.stops.geometry.iloc[0]])
    ways = gpd.GeoDataFrame(
        {"opportunity_id": entry["opportunity_id"].iloc[:1], "target": ["loop"]},
        geometry=[way],
        crs=entry.crs,
    )
    return {"voies": back.streets, "contraintes": back.constraints, "chemins": ways}


@pytest.fixture
def delivered(tmp_path: Path) -> Callable[..., Path]:
    """Deliver a result: GeoPackage and manifest, with the base map unless told otherwise."""

    def make(
        result: ResultTables,
        *,
        leaflet: dict[str, Any] | None = None,
        mapped: bool = True,
        files: dict[str, bytes] | None = None,
        name: str = "result",
    ) -> Path:
        folder = tmp_path / name

        def write(path: Path) -> None:
            write_geopackage(result, path)
            there = {str(layer) for layer, _ in pyogrio.list_layers(path)}
            for layer, frame in base_map(result).items() if mapped else ():
                if layer not in there and len(frame):
                    pyogrio.write_dataframe(frame, path, layer=layer, append=True)

        study: dict[str, Any] = {"area": {}, "axis": {"half_width_m": 150.0}}
        if leaflet is not None:
            study["leaflet"] = leaflet
        writers = {
            n: (lambda path, data=data: path.write_bytes(data) and None)
            for n, data in (files or {}).items()
        }
        write_atomically(
            folder,
            {"opportunites.gpkg": write, **writers},
            manifest=lambda done: to_json(
                build_manifest(result, configuration=study, timings={}, deliverables=done)
            ),
        )
        return folder

    return make
