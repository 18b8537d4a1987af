"""The whole run and each of its steps, on the demonstration's city laid side by side."""

from __future__ import annotations

import hashlib
import pickle
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import shapely
from tests.bench.jobs import Job, Place
from tests.bench.jobs.towns import ground
from tests.demo_city.city import generate as drawn_generate
from tests.demo_city.writing import write as drawn_write

from foncier import detect, network, scoring
from foncier.export.geopackage.write import write_geopackage
from foncier.export.tables import write_parquet
from foncier.export.webmap import write_map
from foncier.parallel import executors
from foncier.pipeline import accessibility, study_area
from foncier.pipeline import convert as convert_step
from foncier.pipeline import run as run_step
from foncier.pipeline.convert import convert, converted_folder
from foncier.pipeline.layers import Layers, read_layers
from foncier.pipeline.run import run
from foncier.pipeline.tiles import Tiling
from foncier.study import (
    criteria,
    evidence_model,
    profile,
    published,
    read_study,
)

if TYPE_CHECKING:
    import geopandas as gpd

    from foncier.model import ResultTables
    from foncier.study.config import Study

COMPARED = ("candidates", "evidence", "tests", "rejections", "assemblies", "access", "scores")


def city(size: int, folder: Path) -> Path:
    """Study folder of a city of so many parcels, drawn and converted once, never written again."""
    where = folder / f"city-{size}"
    if not where.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as own:
            new = Path(own) / where.name
            drawn_write(drawn_generate(parcels=size), new)
            text = (new / "study.toml").read_text(encoding="utf-8")
            text = text.replace('around = "axis"', 'around = "extent"')
            (new / "study.toml").write_text(text, encoding="utf-8")
            study = read_study(new)
            convert(study, converted_folder(study))
            new.replace(where)
    return where


def layers(study: Study) -> Layers:
    """Layers of a city from its converted files.

    Raises
    ------
    SystemExit
        They are not those of this version, so the figures would not be those of the others.
    """
    found, kept = convert_step.read_study_layers(study)
    if kept is None:
        raise SystemExit(f"{study.folder}: converted by another foncier. Delete it, or --folder.")
    return found


class Prepared:
    """A city, its layers and its streets."""

    def __init__(self, place: Place) -> None:
        self.study = read_study(city(place.size, place.folder))
        self.layers = layers(self.study)

    @property
    def ground(self) -> detect.SpatialContext:
        """A new one: a ground keeps what it has worked out."""
        layers = {name: self.layers.get(name) for name in run_step.CONTEXT_LAYERS}
        return detect.SpatialContext(**layers)

    @property
    def beliefs(self) -> Any:
        """What the study says of each sign."""
        return evidence_model(self.study, None, self.study.info.date)

    def graph(self) -> network.Graph:
        """Streets of the city as a graph."""
        return network.build_graph(self.layers.get("streets"))


class Found(NamedTuple):
    """What the steps need of a former step: small beside a whole result."""

    area: shapely.Geometry
    candidates: gpd.GeoDataFrame
    access: pd.DataFrame


def _kept(place: Place, what: str) -> Any:
    """Read what `whole` found in this run of the suite: ``found`` for a step, or ``result``."""
    return pickle.loads(_file(place, what).read_bytes())  # noqa: S301 - written by `whole`


def _file(place: Place, what: str) -> Path:
    return place.scratch / f"{what}-{place.size}.pickle"


def draw(place: Place) -> Job:
    """Draw the city where it is not there yet, so that no measured process does."""
    return Job(lambda: city(place.size, place.folder), once=True)


def whole(place: Place) -> Job:
    """All tables of a run in one call, no deliverable; they stay for the steps after it."""
    study = read_study(city(place.size, place.folder))
    layers(study)

    def told(result: ResultTables) -> str:
        found = Found(result.area, result.candidates, result.access)
        for what, told in (("found", found), ("result", result)):
            _file(place, what).write_bytes(pickle.dumps(told, protocol=pickle.HIGHEST_PROTOCOL))
        return digest(result)

    return Job(lambda: run(study), told, once=True)


def serial(place: Place) -> Job:
    """The same in four tiles, one after the other."""
    return _tiled(place, executors.get_executor("serial", workers=1))


def processes(place: Place) -> Job:
    """The same in four tiles, on two processes."""
    return _tiled(place, executors.get_executor("processes", workers=2))


def dask(place: Place) -> Job:
    """The same in four tiles, on two dask workers of this machine."""
    return _tiled(place, executors.get_executor("dask", workers=2))


def _tiled(place: Place, engine: executors.JobExecutor) -> Job:
    study = read_study(city(place.size, place.folder))
    tiling = Tiling("4", engine, place.own / "work")
    return Job(lambda: run(study, tiling=tiling), digest, once=True)


def digest(result: ResultTables) -> str:
    """Mark of every value of the tables that a run found."""
    mark = hashlib.sha256()
    for name in COMPARED:
        table = getattr(result, name)
        for column in table.columns:
            values = table[column]
            if column == "geometry":
                values = pd.Series(shapely.to_wkb(np.array(values, dtype=object), hex=True))
            mark.update(pd.util.hash_pandas_object(values, index=False).to_numpy().tobytes())
    return mark.hexdigest()[:16]


def sources(place: Place) -> Job:
    """Read the layers from their sources."""
    study = read_study(city(place.size, place.folder))
    return Job(lambda: read_layers(study), once=True)


def converted(place: Place) -> Job:
    """Read the layers from the converted files, every one checked against its mark."""
    study = read_study(city(place.size, place.folder))
    return Job(lambda: layers(study))


def streets(place: Place) -> Job:
    """Build the graph of the streets, draw the axis and the loop."""
    at = Prepared(place)
    streets, crs = at.layers.get("streets"), at.layers.get("parcels").crs
    return Job(lambda: study_area.trace_lines(at.study, at.graph(), crs, streets))


def plots(place: Place) -> Job:
    """Search for plots without the search for assemblies."""
    at, area = Prepared(place), _kept(place, "found").area
    rules = replace(profile(at.study), assembly=None)
    return Job(lambda: detect.find_plots(at.ground, rules, area, source="Cadastre"), once=True)


def assemblies(place: Place) -> Job:
    """Search for plots and for what they make together."""
    at, area = Prepared(place), _kept(place, "found").area
    rules = profile(at.study)
    return Job(lambda: detect.find_plots(at.ground, rules, area, source="Cadastre"), once=True)


def bare(place: Place) -> Job:
    """Search a town a third of whose plots are bare: most pass the cheap tests."""
    town, rules = ground(place), replace(published("foncier"), assembly=None)
    area = shapely.box(-1e7, -1e7, 1e8, 1e8)
    return Job(lambda: detect.find_plots(replace(town), rules, area, source="Cadastre"), once=True)


def friches(place: Place) -> Job:
    """Weigh the signs of the inventory's sites and of the others."""
    at, area = Prepared(place), _kept(place, "found").area
    beliefs = at.beliefs
    return Job(lambda: detect.find_friches(at.ground, beliefs, area))


def buildings(place: Place) -> Job:
    """Weigh the signs of every building."""
    at, area = Prepared(place), _kept(place, "found").area
    beliefs = at.beliefs
    known = detect.find_friches(at.ground, beliefs, area).candidates
    return Job(lambda: detect.find_buildings(at.ground, beliefs, area, friches=known))


def access(place: Place) -> Job:
    """Doors, times, routes and residents of every site."""
    at, found = Prepared(place), _kept(place, "found")
    graph, crs = at.graph(), at.layers.get("parcels").crs
    loop = study_area.trace_lines(at.study, graph, crs, at.layers.get("streets")).loop
    destinations = run_step.destinations_of(at.layers.get("places"))
    return Job(
        lambda: accessibility.compute_accessibility(
            found.candidates, at.layers, graph, destinations, loop
        )
    )


def scores(place: Place) -> Job:
    """Measures, scores and ranks of every site, with the draws that tell how sure they are."""
    at, found = Prepared(place), _kept(place, "found")
    ramps = criteria(at.study)
    return Job(
        lambda: scoring.scores(
            run_step.measure_criteria(found.candidates, found.access, at.layers), ramps
        )
    )


def parquet(place: Place) -> Job:
    """Write the sites as GeoParquet."""
    result, file = _kept(place, "result"), place.own / "opportunites.parquet"
    return Job(lambda: write_parquet(result, file), written=file)


def geopackage(place: Place) -> Job:
    """Write the GeoPackage, every rejected parcel with its reason."""
    result, file = _kept(place, "result"), place.own / "opportunites.gpkg"
    return Job(lambda: write_geopackage(result, file), written=file)


def page(place: Place) -> Job:
    """Write the map, one file that opens without a network."""
    result, file = _kept(place, "result"), place.own / "opportunites.html"
    return Job(lambda: write_map(result, file), written=file)
