"""Read the layers of a study: every file to its schema, the files of a layer to one table."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier import detect, readers, schemas
from foncier._util.address_paths import copy_name, is_address
from foncier.crs import legal_crs
from foncier.i18n import without_secrets
from foncier.model import (
    Background,
    Dem,
    LayerFile,
    LayerReport,
)
from foncier.model.entries import ENTRIES, VISITS
from foncier.parallel import confined
from foncier.pipeline.missing import newest_vintage
from foncier.study import land_rules
from foncier.study.config import (
    LAYERS,
    Layer,
    LayerSpec,
    Study,
    TableSpec,
)
from foncier.study.paths import expanded, is_path
from foncier.study.reader import FETCHED

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import pyproj

RELIEF: Layer = "elevation"  # a raster, read within the bounds of the other layers
TIMETABLE: Layer = "transit"  # read within the bounds and at the date of the other layers
ON_GROUND: tuple[Layer, ...] = ("parcels", "buildings", "streets", "inventory")
MAP_MARGIN_M = 300.0  # of the base map around the study area


@dataclass(frozen=True)
class Layers:
    """Tables of a study by layer, and the report of each file.

    The layer ``elevation`` is a `foncier.model.Dem`, not a table.
    """

    frames: dict[Layer, Any]
    reports: tuple[LayerReport, ...]

    def get(self, layer: Layer) -> Any:
        """Table of a layer, None if the study has none."""
        return self.frames.get(layer)


def layer_file(study: Study, layer: str, spec: LayerSpec) -> LayerFile:
    """Description of a file of a layer, for the readers; of an address, its downloaded copy."""
    if not is_address(spec.path):
        return spec_file(layer, spec, study.path(spec.path))
    copy = study.folder / FETCHED / copy_name(layer, spec.path, spec.layer)
    return replace(spec_file(layer, spec, copy), sublayer=None)


def spec_file(layer: str, spec: LayerSpec, path: Path) -> LayerFile:
    """Description of a file or table of a layer, once its path is known."""
    return LayerFile(
        layer=layer,
        path=path,
        shown=without_secrets(spec.path),
        format=spec.format,
        sublayer=spec.layer,
        crs=spec.crs,
        columns=spec.columns,
        constants={
            key: expanded(text) if is_path(f"constants.{key}", text) else text
            for key, text in spec.constants.items()
        },
        replacements=spec.values,
        where=spec.where,
        vintage=spec.date,
        source=spec.source,
        licence=spec.licence,
        frame=spec.frame if isinstance(spec, TableSpec) else None,
    )


def read_layers(study: Study, *, workers: int = 1) -> Layers:
    """Read every layer of a study."""
    files = [file for layer in LAYERS for file in layer_files(study, layer)]
    # Formats that are located by the parcels, or clipped to them, wait for the cadastre.
    early = [n for n, file in enumerate(files) if file.format not in readers.AFTER_PARCELS]
    with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
        read = pool.map(lambda n: read_file(study, files[n]), early)
        done = dict(zip(early, read, strict=True))
    frames: dict[Layer, Any] = {}
    reports: list[LayerReport] = []

    def read_parts(layer: Layer) -> list[tuple[Any, LayerReport]]:
        of_layer = [n for n, file in enumerate(files) if file.layer == layer]
        return [done.get(n) or read_file(study, files[n], frames.get("parcels")) for n in of_layer]

    for layer, table, of_layer in each_layer(study, read_parts, lambda: frames.get("parcels")):
        frames[layer] = table
        reports += of_layer
    return Layers(frames, tuple(reports))


def layer_files(study: Study, layer: Layer) -> list[LayerFile]:
    """Files of a layer that does not depend on the bounds of the others (DEM and timetable do)."""
    specs = () if layer in (RELIEF, TIMETABLE) else study.layers.get(layer, ())
    return [*(layer_file(study, layer, spec) for spec in specs), *entry_files(study, layer)]


def entry_files(study: Study, layer: Layer) -> list[LayerFile]:
    """What people wrote beside the former result that belongs to a layer: verdicts of visits."""
    if layer != "observations" or study.visits is None:
        return []
    return [LayerFile(layer, study.visits, ENTRIES, "visits", sublayer=VISITS)]


def read_file(study: Study, file: LayerFile, parcels: Any = None) -> tuple[Any, LayerReport]:
    """Table and report of one of `layer_files`; ``parcels`` locate the formats that need them."""
    crs, communes = legal_crs(study.info.communes[0]), study.info.communes
    parcels = parcels if file.format in readers.AFTER_PARCELS else None
    found: tuple[Any, LayerReport] = read_trusted(
        study, readers.read, file, shown=file.shown, crs=crs, communes=communes, parcels=parcels
    )
    return found


def read_trusted(
    study: Study, read: Callable[..., Any], *args: Any, shown: str, **more: Any
) -> Any:
    """Call a reader: in a child process with limits where somebody else made the study."""
    return confined.call(confined.limits_of(study.untrusted), shown, read, *args, **more)


def each_layer(
    study: Study,
    read_parts: Callable[[Layer], list[tuple[Any, LayerReport]]],
    parcels: Callable[[], Any],
) -> Iterator[tuple[Layer, Any, list[LayerReport]]]:
    """Iterate over the layers of a study, each with its reports; none is kept in memory.

    DEM and timetable come last: they need the bounds of the others. ``places`` come a second time
    at the end if a timetable adds its stops, ``land_units`` if the owners add those of public
    bodies; such a table replaces the first.

    Parameters
    ----------
    read_parts
        Returns the tables and reports of `layer_files`.
    parcels
        Returns the parcels, which come first.
    """
    reports: list[LayerReport] = []
    corners: list[Any] = []
    places: dict[Layer, Any] = {}
    units: Any = None
    for layer in LAYERS:
        parts = read_parts(layer)
        if not parts:
            continue
        table, of_layer = one(layer, [table for table, _ in parts], [r for _, r in parts])
        reports += of_layer
        del parts
        if layer in ON_GROUND and len(table):
            corners.append(table.total_bounds)
        if layer == "places":
            places[layer] = table
        if layer == "land_units":
            units = table
        yield layer, table, list(of_layer)
        if (
            layer == "owners"
            and (with_public := add_public_units(units, table, parcels())) is not None
        ):
            yield "land_units", with_public, []
        del table
    bounds = relief_bounds(corners)
    if study.layers.get(RELIEF):
        dem, of_tiles = _dem(study, bounds)
        reports += of_tiles
        yield RELIEF, dem, of_tiles
    if study.layers.get(TIMETABLE):
        parts = _timetables(study, bounds, study.info.date or newest_vintage(tuple(reports)))
        stops, of_feeds = one(TIMETABLE, [table for table, _ in parts], [r for _, r in parts])
        yield TIMETABLE, stops, list(of_feeds)
        with_all = with_stops({**places, TIMETABLE: stops}).get("places")
        if with_all is not places.get("places"):
            yield "places", with_all, []


def add_public_units(units: Any, owners: Any, parcels: Any) -> Any:
    """Land units of the study and those of public bodies beside them; None: none to add.

    Where the study supplies a unit on the land of a public one, its own stays.
    """
    if parcels is None or owners.empty:
        return None
    public = detect.public_units(parcels, owners, land_rules().owners)
    if units is not None and len(public):
        inner = shapely.point_on_surface(public.geometry.to_numpy())
        taken = shapely.STRtree(units.geometry.to_numpy()).query(inner, predicate="intersects")[0]
        public = public.drop(index=public.index[np.unique(taken)])
    if public.empty:
        return None
    parts = [public] if units is None else [units, public]
    return schemas.LAND_UNITS.conform(pd.concat(parts, ignore_index=True))


def _dem(
    study: Study, bounds: tuple[float, float, float, float] | None
) -> tuple[Dem, list[LayerReport]]:
    """DEM of all tiles within the bounds of the other layers."""
    from foncier.readers.dem import merge_dems  # noqa: PLC0415 (slow to import)

    specs = study.layers[RELIEF]
    tiles = [read_relief(study, layer_file(study, RELIEF, spec), bounds) for spec in specs]
    whole = merge_dems([tile for tile, _ in tiles], specs[0].path)
    return whole, [report for _, report in tiles]


def _timetables(
    study: Study, bounds: tuple[float, float, float, float] | None, on: dt.date | None
) -> list[tuple[Any, LayerReport]]:
    """Timetables at a date, with the stops near the other layers."""
    files = [layer_file(study, TIMETABLE, spec) for spec in study.layers[TIMETABLE]]
    return [read_timetable(study, file, bounds, on) for file in files]


def read_relief(
    study: Study, file: LayerFile, bounds: tuple[float, float, float, float] | None
) -> tuple[Dem, LayerReport]:
    """DEM of a file within the bounds of the other layers, and its report."""
    from foncier.readers.dem import read_dem  # noqa: PLC0415 (slow to import)

    crs = legal_crs(study.info.communes[0])
    found: tuple[Dem, LayerReport] = read_trusted(
        study, read_dem, file, shown=file.shown, crs=crs, bounds=bounds
    )
    return found


def read_timetable(
    study: Study,
    file: LayerFile,
    bounds: tuple[float, float, float, float] | None,
    on: dt.date | None,
) -> tuple[Any, LayerReport]:
    """Stops of a timetable at a date, near the other layers, and its report."""
    found: tuple[Any, LayerReport] = read_trusted(
        study,
        readers.read,
        file,
        shown=file.shown,
        crs=legal_crs(study.info.communes[0]),
        communes=study.info.communes,
        on=on,
        bounds=bounds,
    )
    return found


def relief_bounds(corners: list[Any]) -> tuple[float, float, float, float] | None:
    """West, south, east, north of all layers; None without any.

    ``corners`` are the bounds of each layer.
    """
    if not corners:
        return None
    west, south = np.array(corners)[:, :2].min(axis=0)
    east, north = np.array(corners)[:, 2:].max(axis=0)
    return float(west), float(south), float(east), float(north)


def one(
    layer: Layer, parts: list[Any], reports: Sequence[LayerReport]
) -> tuple[Any, tuple[LayerReport, ...]]:
    """One table of the files of a layer, and their reports.

    Notes on what several files have in common are in the report of the last one.
    """
    if len(parts) == 1:
        return parts[0], tuple(reports)
    journal = readers.Journal()
    names = [report.source or report.path for report in reports]
    if len(set(names)) < len(names):
        names = [report.path for report in reports]
    table = readers.stack(layer, parts, names, journal)
    *first, last = reports
    return table, (*first, replace(last, notes=last.notes + journal.notes))


def background(layers: Layers, area: shapely.Geometry, crs: pyproj.CRS) -> Background:
    """Layers of the base map within the study area and its margin."""
    frame = shapely.box(*shapely.bounds(shapely.buffer(area, MAP_MARGIN_M)))

    def near(layer: Layer, schema: schemas.Table) -> Any:
        table = layers.get(layer)
        if table is None:
            return schema.empty(crs)
        inside = shapely.intersects(frame, table.geometry.to_numpy())
        return table.loc[inside].reset_index(drop=True)

    return Background(
        near("streets", schemas.STREETS),
        near("buildings", schemas.BUILDINGS),
        near("constraints", schemas.CONSTRAINTS),
        near("places", schemas.PLACES),
    )


def with_stops(frames: Mapping[Any, Any]) -> dict[Any, Any]:
    """Tables by layer, with the stops that have departures on a weekday added to the places."""
    stops = frames.get("transit")
    served = None if stops is None else stops[stops["departures_per_hour"] > 0]
    if served is None or served.empty:
        return dict(frames)
    rows = {
        "place_id": "gtfs-" + served["stop_id"],
        "category": "stop",
        "name": served["name"],
    }
    added = gpd.GeoDataFrame(rows, geometry=served.geometry, crs=served.crs)
    known = frames.get("places")
    places = added if known is None else pd.concat([known, added], ignore_index=True)
    return {**frames, "places": schemas.PLACES.conform(places.sort_values("place_id"))}
