"""Try another loop or new crossings on the sites of a study, without looking for them again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely
from pydantic import ValidationError

from foncier import network, readers, scoring
from foncier._util.toml import read_toml
from foncier.crs import DEGREES, legal_crs
from foncier.errors import ConfigError, FormatError
from foncier.pipeline import run
from foncier.pipeline.accessibility import joined
from foncier.pipeline.layers import Layers, read_layers
from foncier.pipeline.study_area import trace_lines
from foncier.scoring import Situation
from foncier.study import criteria as study_criteria
from foncier.study.config import Loop
from foncier.study.validation_errors import validation_error

if TYPE_CHECKING:
    from pathlib import Path

    from foncier.model import ResultTables
    from foncier.study.config import Layer, Study

NEEDED: tuple[Layer, ...] = ("streets", "places", "population", "constraints", "prices", "transit")


@dataclass(frozen=True)
class WhatIf:
    """What each scenario changes.

    ``gains`` keeps the contract ``WHAT_IF``; ``lines`` holds the loop of the study, the other loop
    and the crossings (``name``, ``role``, ``length_m``, line). ``result`` is the study as it is.
    """

    result: ResultTables
    gains: pd.DataFrame
    lines: gpd.GeoDataFrame


def run_what_if(
    study: Study, *, loop: Path | None = None, crossings: Path | None = None, workers: int = 1
) -> WhatIf:
    """Compare the study with another loop, and with each new crossing alone.

    The sites are looked for once. Before and after are measured in the same way, on the streets,
    from the same doors; only the loop, or one crossing, differs.

    Parameters
    ----------
    study
        The study; its ``[[crossings]]`` are tried too.
    loop
        The other loop: a TOML file with a table ``[loop]`` as in ``study.toml``, or a vector file
        of ordered waypoints or of a line.
    crossings
        A vector file of lines with a column ``name``.

    Raises
    ------
    ConfigError
        Nothing to try, no streets, or no loop in the study to compare with.
    ContractError
        A waypoint or the end of a crossing is far from any street.
    FoncierError
        As the run of the study raises it.
    """
    bridges = _crossings(study, crossings)
    if loop is None and bridges.empty:
        raise ConfigError(
            "foncier what-if : rien à essayer. Donnez --loop, --crossings, ou [[crossings]] dans "
            "study.toml."
        )
    result = run.run(study, workers=workers)
    kept = {name: spec for name, spec in study.layers.items() if name in NEEDED}
    layers = read_layers(study.model_copy(update={"layers": kept}), workers=workers)
    streets = layers.get("streets")
    if streets is None or streets.empty:
        raise ConfigError("study.toml : comparer des tracés demande [layers.streets].")
    town = _Town(result, layers, study_criteria(study))
    own = result.lines.loc[result.lines["role"] == "loop"]
    base_loop = own.geometry.iloc[0] if len(own) else None
    before = town.situation(streets, base_loop)
    tables, rows = [], [own[["name", "role", "geometry"]]]
    if loop is not None:
        if base_loop is None:
            raise ConfigError("study.toml : comparer deux boucles demande une table [loop].")
        name, other = _other_loop(study, loop, streets, result)
        tables.append(scoring.gains(name, before, town.situation(streets, other)))
        rows.append(_line(name, "other_loop", other, result))
    for bridge in bridges.itertuples(index=False):
        widened = network.with_crossing(streets, bridge.geometry, name=str(bridge.name))
        tables.append(scoring.gains(bridge.name, before, town.situation(widened, base_loop)))
        rows.append(_line(str(bridge.name), "crossing", widened.geometry.iloc[-1], result))
    lines = gpd.GeoDataFrame(pd.concat(rows, ignore_index=True), crs=result.candidates.crs)
    lines = lines.assign(length_m=lines.length)
    return WhatIf(result, pd.concat(tables, ignore_index=True), lines)


@dataclass(frozen=True)
class _Town:
    """The sites and what else it takes to measure and score them again."""

    result: ResultTables
    layers: Layers
    criteria: tuple[Any, ...]

    def situation(self, streets: gpd.GeoDataFrame, loop: Any) -> Situation:
        """Ways and scores of the sites on these streets, with this loop."""
        sites = self.result.candidates
        graph = network.build_graph(streets)
        destinations = run.destinations_of(self.layers.get("places"))
        access = network.travel_time_table(
            self.result.access_points, sites, graph, destinations, loop
        )
        sites = joined(
            sites,
            network.departures_reached(
                self.result.access_points, graph, self.layers.get("transit")
            ),
        )
        measures = run.measure_criteria(sites, access, self.layers)
        return Situation(access, scoring.scores(measures, self.criteria))


def _line(name: str, role: str, line: Any, result: ResultTables) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"name": [name], "role": [role]}, geometry=[line], crs=result.candidates.crs
    )


def _other_loop(study: Study, file: Path, streets: gpd.GeoDataFrame, result: ResultTables) -> Any:
    """Name and line of the other loop, drawn as the study's own is."""
    crs = result.candidates.crs
    graph = network.build_graph(streets)
    if file.suffix == ".toml":
        wanted = _loop_table(file)
    else:
        wanted = Loop.model_validate({"name": file.stem, **_role(file, crs)})
    other = study.model_copy(update={"loop": wanted, "axis": None})
    # Paths in the file start beside it.
    other = other.model_copy(update={"folder": file.parent})
    line = trace_lines(other, graph, crs, streets).loop
    own = set(result.lines["name"])
    return (wanted.name if wanted.name not in own else f"{wanted.name} (autre tracé)"), line


def _role(file: Path, crs: Any) -> dict[str, str]:
    """Whether a vector file holds ordered waypoints or a line."""
    try:
        readers.read_line(file, crs=crs, shown=file.name)
    except FormatError:
        return {"waypoints_file": file.name}
    return {"file": file.name}


def _loop_table(file: Path) -> Loop:
    if not file.is_file():
        raise ConfigError(f"{file} : fichier introuvable.")
    raw = read_toml(file)
    if "loop" not in raw:
        raise ConfigError(f"{file} : il faut une table [loop], comme dans study.toml.")
    try:
        return Loop.model_validate(raw["loop"])
    except ValidationError as faults:
        raise validation_error(file, faults, Loop) from faults


def _crossings(study: Study, file: Path | None) -> gpd.GeoDataFrame:
    """Crossings of the study, then those of a file, in the legal CRS; names are made unique."""
    crs = legal_crs(study.info.communes[0])
    drawn = [
        shapely.LineString([(w.lon, w.lat) for w in crossing.waypoints])
        for crossing in study.crossings
    ]
    own = gpd.GeoDataFrame(
        {"name": [c.name for c in study.crossings]}, geometry=drawn, crs=DEGREES
    ).to_crs(crs)
    if file is not None:
        more = readers.read_lines(file, crs=crs, shown=file.name)
        own = gpd.GeoDataFrame(pd.concat([own, more], ignore_index=True), crs=crs)
    again = own.groupby("name").cumcount()
    names = [
        f"{name} {n + 1}" if n else str(name) for name, n in zip(own["name"], again, strict=True)
    ]
    return own.assign(name=names)
