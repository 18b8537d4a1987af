"""Cities as converted layers, and what one call finds in them."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from tests.demo_city.city import generate as drawn_generate

from foncier import detect, geometry, schemas
from foncier.pipeline import convert, tiles
from foncier.readers import geoparquet
from foncier.study import published

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from foncier.model import Profile
    from foncier.study.config import Layer

AREA = shapely.box(-1e7, -1e7, 1e8, 1e8)
SOURCE = "Cadastre"
LAYERS: tuple[Layer, ...] = ("parcels", "buildings", "zones", "constraints", "streets")


@dataclass(frozen=True)
class City:
    """A city of two communes as converted layers, and what one call finds in it."""

    layers: Path
    whole: detect.Plots


def drawn(parcels: int, folder: Path) -> City:
    """Draw a city, convert it and find its plots in one call."""
    city = drawn_generate(parcels=parcels)
    plots = city.parcels.set_geometry(geometry.polygons_only(city.parcels.geometry))
    plots["commune"] = np.where(np.arange(parcels) < parcels * 2 // 3, "80021", "80016")
    contracts = {table.name: table for table in schemas.INPUTS}
    every = {name: getattr(city, name) for name in LAYERS} | {"parcels": plots}
    frames = {name: contracts[name].conform(frame) for name, frame in every.items()}
    for name, frame in frames.items():
        geoparquet.write_table(frame, folder / f"{name}.parquet")
    index = {"fingerprint": "city", "layers": LAYERS, "reports": []}
    (folder / convert.INDEX).write_text(json.dumps(index), encoding="utf-8")
    rules = published("foncier")
    return City(
        folder, detect.find_plots(detect.SpatialContext(**frames), rules, AREA, source=SOURCE)
    )


def same(one: detect.Plots, other: detect.Plots) -> None:
    """Check every value of every table, geometries byte by byte."""
    for field in fields(detect.Plots):
        left, right = getattr(one, field.name), getattr(other, field.name)
        if isinstance(left, gpd.GeoDataFrame):
            assert (left.geometry.to_wkb() == right.geometry.to_wkb()).all(), field.name
            left, right = left.drop(columns="geometry"), right.drop(columns="geometry")
        pd.testing.assert_frame_equal(
            pd.DataFrame(left), pd.DataFrame(right), check_exact=True, obj=field.name
        )


def found(
    layers: Path,
    cut: tiles.Tiling,
    profile: Profile | None = None,
    lacking: Mapping[str, frozenset[str]] | None = None,
) -> detect.Plots:
    """What is found tile by tile, by the rules of foncier unless others are given."""
    rules = published("foncier") if profile is None else profile
    return cut.find(layers, rules, AREA, source=SOURCE, lacking=lacking or {})
