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


FRONT_M, FRONTS = 0.02, ("access", "street")


def same(one: detect.Plots, other: detect.Plots) -> None:
    """Check every value of every table, geometries byte by byte."""
    for field in fields(detect.Plots):
        left, right = getattr(one, field.name), getattr(other, field.name)
        if isinstance(left, gpd.GeoDataFrame):
            assert (left.geometry.to_wkb() == right.geometry.to_wkb()).all(), field.name
            left, right = left.drop(columns="geometry"), right.drop(columns="geometry")
        left, right = pd.DataFrame(left), level_fronts(pd.DataFrame(left), pd.DataFrame(right))
        pd.testing.assert_frame_equal(left, right, check_exact=True, obj=field.name)


def level_fronts(left: pd.DataFrame, right: pd.DataFrame) -> pd.DataFrame:
    """Right table with the fronts of the left one, where they differ by `FRONT_M` at most.

    Where a front ends is found by halving, on what a tile holds of the streets: a known limit,
    stated in docs/scale.md. Every other value is the same to the bit.
    """
    if "rule" not in right or len(left) != len(right):
        return right
    right, front = right.copy(), right["rule"].isin(FRONTS).to_numpy()
    for name in {"value", "margin"} & set(right.columns):
        near = front & ((left[name] - right[name]).abs() <= FRONT_M).to_numpy()
        right.loc[near, name] = left.loc[near, name]
    return right


def found(
    layers: Path,
    cut: tiles.Tiling,
    profile: Profile | None = None,
    lacking: Mapping[str, frozenset[str]] | None = None,
) -> detect.Plots:
    """What is found tile by tile, by the rules of foncier unless others are given."""
    rules = published("foncier") if profile is None else profile
    return cut.find(layers, rules, AREA, source=SOURCE, lacking=lacking or {})
