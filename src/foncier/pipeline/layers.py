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
from foncier.records import Background, LayerFile, LayerReport, Relief
from foncier.study.model import LAYERS, Layer, LayerSpec, Study

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator

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
    files = [file for layer in LAYERS for file in layer_files(plan, layer)]
    # What is located by the parcels, or cut around them, waits for the cadastre.
    early = [n for n, file in enumerate(files) if file.format not in sources.AFTER_PARCELS]
    with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
        read = pool.map(lambda n: read_file(plan, files[n]), early)
        found = dict(zip(early, read, strict=True))
    frames: dict[Layer, Any] = {}
    reports: list[LayerReport] = []

    def given(layer: Layer) -> list[tuple[Any, LayerReport]]:
        own = [n for n, file in enumerate(files) if file.layer == layer]
        return [found.get(n) or read_file(plan, files[n], frames.get("parcels")) for n in own]

    for layer, table, told in each_layer(plan, given):
        frames[layer] = table
        reports += told
    return Layers(frames, tuple(reports))


def layer_files(plan: Study, layer: Layer) -> list[LayerFile]:
    """Files of a layer that is read for itself: neither relief nor timetable."""
    specs = () if layer in (RELIEF, TIMETABLE) else plan.layers.get(layer, ())
    return [layer_file(plan, layer, spec) for spec in specs]


def read_file(plan: Study, file: LayerFile, parcels: Any = None) -> tuple[Any, LayerReport]:
    """Table and report of one of `layer_files`, located by the study's parcels if it must be."""
    crs = legal_crs(plan.study.communes[0])
    return sources.read(file, crs=crs, communes=plan.study.communes, parcels=parcels)


def each_layer(
    plan: Study, given: Callable[[Layer], list[tuple[Any, LayerReport]]]
) -> Iterator[tuple[Layer, Any, list[LayerReport]]]:
    """Layers of a study one after the other, each with its reports; the caller alone holds them.

    What is read by where the others lie comes last. ``places`` come once more, at the end, where a
    timetable adds its stops: the last ones count.

    Parameters
    ----------
    given
        Gives the tables and the reports of `layer_files`.
    """
    reports: list[LayerReport] = []
    corners: list[Any] = []
    places: dict[Layer, Any] = {}
    for layer in LAYERS:
        parts = given(layer)
        if not parts:
            continue
        told = [report for _, report in parts]
        reports += told
        table = one(layer, [part for part, _ in parts])
        del parts
        if layer in ON_GROUND and len(table):
            corners.append(table.total_bounds)
        if layer == "places":
            places[layer] = table
        yield layer, table, told
        del table
    bounds = relief_bounds(corners)
    if plan.layers.get(RELIEF):
        relief, told = _relief(plan, bounds)
        reports += told
        yield RELIEF, relief, told
    if plan.layers.get(TIMETABLE):
        timed = _timetables(plan, bounds, plan.study.date or newest(tuple(reports)))
        stops = one(TIMETABLE, [part for part, _ in timed])
        yield TIMETABLE, stops, [report for _, report in timed]
        reached = with_stops({**places, TIMETABLE: stops}).get("places")
        if reached is not places.get("places"):
            yield "places", reached, []


def _relief(
    plan: Study, bounds: tuple[float, float, float, float] | None
) -> tuple[Relief, list[LayerReport]]:
    """The relief, its tiles joined, as far as the other layers say."""
    crs, specs = legal_crs(plan.study.communes[0]), plan.layers[RELIEF]
    tiles = [
        sources.read_relief(layer_file(plan, RELIEF, spec), crs=crs, bounds=bounds)
        for spec in specs
    ]
    whole = sources.join_reliefs([tile for tile, _ in tiles], specs[0].path)
    return whole, [report for _, report in tiles]


def _timetables(
    plan: Study, bounds: tuple[float, float, float, float] | None, on: dt.date | None
) -> list[tuple[Any, LayerReport]]:
    """Timetables about a date, of the stops near what the other layers hold."""
    crs = legal_crs(plan.study.communes[0])
    return [
        sources.read(
            layer_file(plan, TIMETABLE, spec), crs=crs, communes=plan.study.communes, on=on,
            bounds=bounds,
        )
        for spec in plan.layers[TIMETABLE]
    ]  # fmt: skip


def relief_bounds(corners: list[Any]) -> tuple[float, float, float, float] | None:
    """West, south, east, north of what stands on the ground; None where nothing does.

    ``corners`` are those of each layer.
    """
    if not corners:
        return None
    west, south = np.array(corners)[:, :2].min(axis=0)
    east, north = np.array(corners)[:, 2:].max(axis=0)
    return float(west), float(south), float(east), float(north)


def one(layer: Layer, parts: list[Any]) -> Any:
    """The tables of the files of a layer as one."""
    return parts[0] if len(parts) == 1 else _stacked(layer, parts)


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
