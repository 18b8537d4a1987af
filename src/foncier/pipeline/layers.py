"""Read the layers of a study: every file to its contract, the files of a layer to one table."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier import readers, schemas
from foncier.crs import legal_crs
from foncier.model import (
    Background,
    Dem,
    LayerFile,
    LayerReport,
)
from foncier.pipeline.missing import newest_vintage
from foncier.study.config import (
    LAYERS,
    Layer,
    LayerSpec,
    Study,
)

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Mapping

    import pyproj

RELIEF: Layer = "elevation"  # a raster: read for the bounds of the other layers
TIMETABLE: Layer = "transit"  # read for the place and the date of the other layers
ON_GROUND: tuple[Layer, ...] = ("parcels", "buildings", "streets", "inventory")
MAP_MARGIN_M = 300.0  # the base map goes on a little beyond the study area
# Ids that only number the rows of one file, and may come again in the next.
NUMBERED = (
    "streets",
    "zones",
    "constraints",
    "places",
    "observations",
    "population",
    "envelope",
    "districts",
    "transit",
)


@dataclass(frozen=True)
class Layers:
    """Tables read for a study by layer, and what was read of each file.

    The layer ``elevation`` is a `foncier.model.Dem` in place of a table.
    """

    frames: dict[Layer, Any]
    reports: tuple[LayerReport, ...]

    def get(self, layer: Layer) -> Any:
        """Table of a layer, None when the study has none."""
        return self.frames.get(layer)


def layer_file(study: Study, layer: str, spec: LayerSpec) -> LayerFile:
    """File of a layer, as the sources want it."""
    return LayerFile(
        layer=layer,
        path=study.path(spec.path),
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


def read_layers(study: Study, *, workers: int = 1) -> Layers:
    """Read every layer of a study; the files of one layer become one table."""
    files = [file for layer in LAYERS for file in layer_files(study, layer)]
    # What is located by the parcels, or cut around them, waits for the cadastre.
    early = [n for n, file in enumerate(files) if file.format not in readers.AFTER_PARCELS]
    with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
        read = pool.map(lambda n: read_file(study, files[n]), early)
        found = dict(zip(early, read, strict=True))
    frames: dict[Layer, Any] = {}
    reports: list[LayerReport] = []

    def given(layer: Layer) -> list[tuple[Any, LayerReport]]:
        own = [n for n, file in enumerate(files) if file.layer == layer]
        return [found.get(n) or read_file(study, files[n], frames.get("parcels")) for n in own]

    for layer, table, told in each_layer(study, given):
        frames[layer] = table
        reports += told
    return Layers(frames, tuple(reports))


def layer_files(study: Study, layer: Layer) -> list[LayerFile]:
    """Files of a layer that is read for itself: neither relief nor timetable."""
    specs = () if layer in (RELIEF, TIMETABLE) else study.layers.get(layer, ())
    return [layer_file(study, layer, spec) for spec in specs]


def read_file(study: Study, file: LayerFile, parcels: Any = None) -> tuple[Any, LayerReport]:
    """Table and report of one of `layer_files`, located by the study's parcels if it must be."""
    crs = legal_crs(study.info.communes[0])
    return readers.read(file, crs=crs, communes=study.info.communes, parcels=parcels)


def each_layer(
    study: Study, given: Callable[[Layer], list[tuple[Any, LayerReport]]]
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
    if study.layers.get(RELIEF):
        dem, told = _relief(study, bounds)
        reports += told
        yield RELIEF, dem, told
    if study.layers.get(TIMETABLE):
        timed = _timetables(study, bounds, study.info.date or newest_vintage(tuple(reports)))
        stops = one(TIMETABLE, [part for part, _ in timed])
        yield TIMETABLE, stops, [report for _, report in timed]
        reached = with_stops({**places, TIMETABLE: stops}).get("places")
        if reached is not places.get("places"):
            yield "places", reached, []


def _relief(
    study: Study, bounds: tuple[float, float, float, float] | None
) -> tuple[Dem, list[LayerReport]]:
    """The relief, its tiles joined, as far as the other layers say."""
    crs, specs = legal_crs(study.info.communes[0]), study.layers[RELIEF]
    tiles = [
        readers.read_dem(layer_file(study, RELIEF, spec), crs=crs, bounds=bounds) for spec in specs
    ]
    whole = readers.merge_dems([tile for tile, _ in tiles], specs[0].path)
    return whole, [report for _, report in tiles]


def _timetables(
    study: Study, bounds: tuple[float, float, float, float] | None, on: dt.date | None
) -> list[tuple[Any, LayerReport]]:
    """Timetables about a date, of the stops near what the other layers hold."""
    crs = legal_crs(study.info.communes[0])
    return [
        readers.read(
            layer_file(study, TIMETABLE, spec),
            crs=crs,
            communes=study.info.communes,
            on=on,
            bounds=bounds,
        )
        for spec in study.layers[TIMETABLE]
    ]


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
    table = next(t for t in schemas.INPUTS if t.name == layer)
    key = table.key[0]
    ids = pd.concat([p[key] for p in parts])
    if layer in NUMBERED and ids.duplicated().any():
        parts = [p.assign(**{key: f"{n}-" + p[key]}) for n, p in enumerate(parts, start=1)]
    return table.conform(pd.concat(parts, ignore_index=True))


def background(layers: Layers, area: shapely.Geometry, crs: pyproj.CRS) -> Background:
    """Layers of the base map that meet the study area and its surroundings."""
    frame = shapely.box(*shapely.bounds(shapely.buffer(area, MAP_MARGIN_M)))

    def near(layer: Layer, contract: schemas.Table) -> Any:
        table = layers.get(layer)
        if table is None:
            return contract.empty(crs)
        met = shapely.intersects(frame, table.geometry.to_numpy())
        return table.loc[met].reset_index(drop=True)

    return Background(
        near("streets", schemas.STREETS),
        near("buildings", schemas.BUILDINGS),
        near("constraints", schemas.CONSTRAINTS),
        near("places", schemas.PLACES),
    )


def with_stops(frames: Mapping[Any, Any]) -> dict[Any, Any]:
    """Tables by layer, with the stops that something leaves among the places.

    A stop that nothing leaves on an ordinary weekday is no place to reach.
    """
    stops = frames.get("transit")
    served = None if stops is None else stops[stops["departures_per_hour"] > 0]
    if served is None or served.empty:
        return dict(frames)
    rows = {
        "place_id": "gtfs-" + served["stop_id"],
        "category": "stop",
        "name": served["name"],
    }
    own = gpd.GeoDataFrame(rows, geometry=served.geometry, crs=served.crs)
    known = frames.get("places")
    both = own if known is None else pd.concat([known, own], ignore_index=True)
    return {**frames, "places": schemas.PLACES.conform(both.sort_values("place_id"))}
