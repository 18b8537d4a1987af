"""Read the layers of a study: every file to its contract, the files of a layer to one table."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from foncier import sources, tables
from foncier.crs import legal_crs
from foncier.pipeline.gaps import newest
from foncier.pipeline.stops import with_stops
from foncier.records import Background, LayerFile, LayerReport
from foncier.study.model import LAYERS, Layer, LayerSpec, Study

if TYPE_CHECKING:
    import datetime as dt

    import pyproj

RELIEF: Layer = "elevation"  # a raster: read for the bounds of the other layers
TIMETABLE: Layer = "transit"  # read for the place and the date of the other layers
ON_GROUND: tuple[Layer, ...] = ("parcels", "buildings", "streets", "inventory")
MAP_MARGIN_M = 300.0  # the base map goes on a little beyond the study area
# Ids that only number the rows of one file, and may come again in the next.
NUMBERED = ("streets", "zones", "constraints", "places", "observations", "population",
            "envelope", "quarters", "transit")  # fmt: skip


@dataclass(frozen=True)
class Layers:
    """Tables read for a study by layer, and what was read of each file.

    The layer ``elevation`` is a `foncier.records.Relief` in place of a table.
    """

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
        layer_file(plan, layer, spec)
        for layer in LAYERS if layer not in (RELIEF, TIMETABLE)
        for spec in plan.layers.get(layer, ())
    ]  # fmt: skip

    def read(file: LayerFile, parcels: Any = None) -> tuple[Any, LayerReport]:
        return sources.read(file, crs=crs, communes=plan.study.communes, parcels=parcels)

    # What is located by the parcels, or cut around them, waits for the cadastre.
    later = [file.format in sources.AFTER_PARCELS for file in files]
    with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
        first = iter(
            pool.map(read, (f for f, waits in zip(files, later, strict=True) if not waits))
        )
        early = [None if waits else next(first) for waits in later]
    plots = [e[0] for f, e in zip(files, early, strict=True) if e and f.layer == "parcels"]
    parcels = pd.concat(plots) if len(plots) > 1 else (plots or [None])[0]
    found = [e or read(f, parcels) for f, e in zip(files, early, strict=True)]
    frames: dict[Layer, Any] = {}
    for layer in LAYERS:
        parts = [t for f, (t, _) in zip(files, found, strict=True) if f.layer == layer]
        if parts:
            frames[layer] = parts[0] if len(parts) == 1 else _stacked(layer, parts)
    reports = [report for _, report in found]
    reports += _reliefs(plan, frames)
    timed = _timetables(plan, frames, plan.study.date or newest(tuple(reports)))
    if timed:
        parts = [table for table, _ in timed]
        frames[TIMETABLE] = parts[0] if len(parts) == 1 else _stacked(TIMETABLE, parts)
    return Layers(with_stops(frames), (*reports, *(report for _, report in timed)))


def _reliefs(plan: Study, frames: dict[Layer, Any]) -> list[LayerReport]:
    """Put the relief, its tiles joined, beside the other layers that say how far to read it."""
    specs = plan.layers.get(RELIEF, ())
    if not specs:
        return []
    crs, bounds = legal_crs(plan.study.communes[0]), relief_bounds(frames)
    tiles = [
        sources.read_relief(layer_file(plan, RELIEF, spec), crs=crs, bounds=bounds)
        for spec in specs
    ]
    frames[RELIEF] = sources.join_reliefs([tile for tile, _ in tiles], specs[0].path)
    return [report for _, report in tiles]


def _timetables(
    plan: Study, frames: dict[Layer, Any], on: dt.date | None
) -> list[tuple[Any, LayerReport]]:
    """Timetables about a date, of the stops near what the other layers hold."""
    crs, bounds = legal_crs(plan.study.communes[0]), relief_bounds(frames)
    return [
        sources.read(
            layer_file(plan, TIMETABLE, spec), crs=crs, communes=plan.study.communes, on=on,
            bounds=bounds,
        )
        for spec in plan.layers.get(TIMETABLE, ())
    ]  # fmt: skip


def relief_bounds(frames: dict[Layer, Any]) -> tuple[float, float, float, float] | None:
    """West, south, east, north of what stands on the ground; None where nothing does."""
    known = [frames[n].total_bounds for n in ON_GROUND if n in frames and len(frames[n])]
    if not known:
        return None
    corners = np.array(known)
    west, south = corners[:, :2].min(axis=0)
    east, north = corners[:, 2:].max(axis=0)
    return float(west), float(south), float(east), float(north)


def _stacked(layer: Layer, parts: list[Any]) -> Any:
    table = next(t for t in tables.INPUTS if t.name == layer)
    key = table.key[0]
    ids = pd.concat([p[key] for p in parts])
    if layer in NUMBERED and ids.duplicated().any():
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
