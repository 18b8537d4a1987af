"""A hamlet of twelve parcels written as real files, to be broken one way at a time."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pyproj
import shapely

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
import numpy as np

X, Y = 650_000.0, 6_977_000.0
TO_DEGREES = pyproj.Transformer.from_crs(2154, 4326, always_xy=True)
STUDY = """
[study]
title = "Hameau"
communes = ["80021"]
date = 2026-01-15

[layers.parcels]
path = "parcelles.json.gz"
format = "etalab-cadastre"
source = "Cadastre"
licence = "Licence Ouverte 2.0"

[layers.buildings]
path = "batiments.json.gz"
format = "etalab-cadastre"
source = "Cadastre"
licence = "Licence Ouverte 2.0"

[layers.streets]
path = "voies.geojson"
format = "lines"
"""


def degrees(shape: shapely.Geometry) -> shapely.Geometry:
    return shapely.transform(shape, _lonlat)


def _lonlat(xy: Any) -> Any:
    return np.column_stack(TO_DEGREES.transform(xy[:, 0], xy[:, 1]))


def feature(shape: shapely.Geometry | None, **properties: Any) -> dict[str, Any]:
    geometry = None if shape is None else shapely.geometry.mapping(shape)
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def write(path: Path, features: list[dict[str, Any]], **more: Any) -> None:
    text = json.dumps({"type": "FeatureCollection", **more, "features": features})
    data = text.encode()
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)


def parcels() -> list[dict[str, Any]]:
    return [
        feature(
            degrees(shapely.box(X + 30 * n, Y, X + 30 * n + 30, Y + 40)),
            id=f"80021000AB{n:04}",
            commune="80021",
            prefixe="000",
            section="AB",
            numero=str(n),
            contenance=1200,
        )
        for n in range(1, 13)
    ]


def hamlet(folder: Path) -> Path:
    """Write the study: parcels 1 to 9 built, 10 to 12 bare; a street along all of them."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    write(folder / "parcelles.json.gz", parcels())
    houses = [
        feature(
            degrees(shapely.box(X + 30 * n + 5, Y + 5, X + 30 * n + 25, Y + 30)),
            type="01",
            nom=None,
            commune="80021",
        )
        for n in range(1, 10)
    ]
    write(folder / "batiments.json.gz", houses)
    street = degrees(shapely.LineString([(X, Y - 5), (X + 400, Y - 5)]))
    write(folder / "voies.geojson", [feature(street, name="Rue du Hameau", roadClass="minor")])
    return folder


def as_gpkg(folder: Path, frame: gpd.GeoDataFrame) -> None:
    """Give the study its parcels as a GeoPackage instead."""
    frame.to_file(folder / "parcelles.gpkg")
    text = (folder / "study.toml").read_text(encoding="utf-8")
    text = text.replace("parcelles.json.gz", "parcelles.gpkg")
    (folder / "study.toml").write_text(
        text.replace('"etalab-cadastre"', '"vector"', 1), encoding="utf-8"
    )
