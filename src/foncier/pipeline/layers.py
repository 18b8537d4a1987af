"""Read the layers of a study: every file to its contract, the files of a layer to one table."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import shapely

from foncier import sources, tables
from foncier.crs import legal_crs
from foncier.records import Background, LayerFile, LayerReport
from foncier.study.model import LAYERS, Layer, LayerSpec, Study

if TYPE_CHECKING:
    import pyproj

MAP_MARGIN_M = 300.0  # the base map goes on a little beyond the study area
# Ids that only number the rows of one file, and may come again in the next.
NUMBERED = ("streets", "zones", "constraints", "places", "observations", "population", "quarters")


@dataclass(frozen=True)
class Layers:
    """Tables read for a study by layer, and what was read of each file."""

    frames: dict[Layer, Any]
    reports: tuple[LayerReport, ...]

    def get(self, layer: Layer) -> Any:
        """Table of a layer, None when the study has none."""
        return self.frames.get(layer)


def layer_file(plan: Study, layer: str, spec: LayerSpec) -> LayerFile:
    """File of a layer, as the sources want it."""
    return LayerFile(
        layer=layer,
        path=plan.path(spec.path),
        shown=spec.path,
        format=spec.format,
        sublayer=spec.layer,
        crs=spec.crs,
        columns=spec.columns,
        constants=spec.constants,
        vintage=spec.date,
        source=spec.source,
        licence=spec.licence,
    )


def read_layers(plan: Study, *, workers: int = 1) -> Layers:
    """Read every layer of a study; the files of one layer become one table."""
    crs = legal_crs(plan.study.communes[0])
    files = [
        layer_file(plan, layer, spec) for layer in LAYERS for spec in plan.layers.get(layer, ())
    ]

    def read(file: LayerFile) -> tuple[Any, LayerReport]:
        return sources.read(file, crs=crs, communes=plan.study.communes)

    with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
        found = list(pool.map(read, files))
    frames: dict[Layer, Any] = {}
    for layer in LAYERS:
        parts = [t for f, (t, _) in zip(files, found, strict=True) if f.layer == layer]
        if parts:
            frames[layer] = parts[0] if len(parts) == 1 else _stacked(layer, parts)
    return Layers(frames, tuple(report for _, report in found))


def _stacked(layer: Layer, parts: list[Any]) -> Any:
    table = next(t for t in tables.INPUTS if t.name == layer)
    key = table.key[0]
    if layer in NUMBERED:
        parts = [p.assign(**{key: f"{n}-" + p[key]}) for n, p in enumerate(parts, start=1)]
    return table.conform(pd.concat(parts, ignore_index=True))


def background(layers: Layers, area: shapely.Geometry, crs: pyproj.CRS) -> Background:
    """Layers of the base map that meet the study area and its surroundings."""
    frame = shapely.box(*shapely.bounds(shapely.buffer(area, MAP_MARGIN_M)))

    def near(layer: Layer, contract: tables.Table) -> Any:
        table = layers.get(layer)
        if table is None:
            return contract.empty(crs)
        met = shapely.intersects(frame, table.geometry.to_numpy())
        return table.loc[met].reset_index(drop=True)

    return Background(
        near("streets", tables.STREETS),
        near("buildings", tables.BUILDINGS),
        near("constraints", tables.CONSTRAINTS),
        near("places", tables.PLACES),
    )
