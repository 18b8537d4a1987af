"""Compare the sites of a study with another loop or new crossings, detecting them once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely
from pydantic import ValidationError

from foncier import network, readers, scoring
from foncier._util.destination import Owner, subject_of
from foncier._util.toml import read_toml
from foncier.crs import DEGREES, legal_crs
from foncier.errors import ConfigError, FormatError
from foncier.i18n import localize
from foncier.parallel import confined
from foncier.pipeline import run
from foncier.pipeline.accessibility import add_columns
from foncier.pipeline.layers import Layers, read_layers
from foncier.pipeline.streets import connect_layers
from foncier.pipeline.study_area import trace_lines
from foncier.scoring import Situation
from foncier.study import criteria as study_criteria
from foncier.study import study_files
from foncier.study.config import Loop
from foncier.study.untrusted import check_paths
from foncier.study.validation_errors import validation_error

if TYPE_CHECKING:
    from pathlib import Path

    from foncier.model import ResultTables
    from foncier.study.config import Layer, Study

OWN_CROSSINGS = "franchissements"  # name of a scenario of the crossings of the study alone
REREAD: tuple[Layer, ...] = ("streets", "places", "population", "constraints", "prices", "transit")


@dataclass(frozen=True)
class WhatIf:
    """Effect of each scenario.

    ``gains`` follows the schema ``WHAT_IF``; ``lines`` are the loop of the study, the other loop
    and the crossings (``name``, ``role``, ``length_m``, line). ``result`` is the study unchanged.
    """

    result: ResultTables
    gains: pd.DataFrame
    lines: gpd.GeoDataFrame


def run_what_if(
    study: Study, *, loop: Path | None = None, crossings: Path | None = None, workers: int = 1
) -> WhatIf:
    """Compare a study with another loop, and with each new crossing alone.

    Sites are detected once. Travel times before and after start at the same entrances on the same
    streets; only the loop, or one crossing, differs.

    Parameters
    ----------
    study
        The study; its ``[[crossings]]`` are compared too.
    loop
        The other loop: a TOML file with a table ``[loop]`` as in ``study.toml``, or a vector file
        of ordered waypoints or of a line.
    crossings
        A vector file of lines with a column ``name``.

    Raises
    ------
    ConfigError
        Nothing to compare, no streets, or no loop in the study.
    ContractError
        A waypoint or an end of a crossing is far from any street.
    FoncierError
        Errors of the run; see `foncier.errors`.
    """
    bridges = _crossings(study, crossings)
    if loop is None and bridges.empty:
        raise ConfigError("pipeline.what_if.nothing")
    result = run.run(study, workers=workers)
    needed = {name: spec for name, spec in study.layers.items() if name in REREAD}
    layers = read_layers(study.model_copy(update={"layers": needed}), workers=workers)
    layers, _ = connect_layers(study, layers)
    streets = layers.get("streets")
    if streets is None or streets.empty:
        raise ConfigError("pipeline.what_if.no_streets")
    sites = _Sites(result, layers, study_criteria(study))
    loops = result.lines.loc[result.lines["role"] == "loop"]
    base_loop = loops.geometry.iloc[0] if len(loops) else None
    before = sites.situation(streets, base_loop)
    tables, rows = [], [loops[["name", "role", "geometry"]]]
    if loop is not None:
        if base_loop is None:
            raise ConfigError("pipeline.what_if.no_loop")
        name, other = _other_loop(study, loop, streets, result)
        tables.append(scoring.gains(name, before, sites.situation(streets, other)))
        rows.append(_line(name, "other_loop", other, result))
    for bridge in bridges.itertuples(index=False):
        widened = network.add_crossing(streets, bridge.geometry, name=str(bridge.name))
        tables.append(scoring.gains(bridge.name, before, sites.situation(widened, base_loop)))
        rows.append(_line(str(bridge.name), "crossing", widened.geometry.iloc[-1], result))
    lines = gpd.GeoDataFrame(pd.concat(rows, ignore_index=True), crs=result.candidates.crs)
    lines = lines.assign(length_m=lines.length)
    return WhatIf(result, pd.concat(tables, ignore_index=True), lines)


def scenario_name(loop: Path | None, crossings: Path | None) -> str:
    """Name of the folder of a scenario, after the files of the other loop and of the crossings.

    Examples
    --------
    >>> from pathlib import Path
    >>> scenario_name(Path("a/autre.geojson"), None)
    'autre'
    """
    return "-".join(file.stem for file in (loop, crossings) if file is not None) or OWN_CROSSINGS


def what_if_owner(
    study: Study,
    folder: Path,
    *,
    loop: Path | None,
    crossings: Path | None,
    replace: bool = False,
) -> Owner:
    """What a scenario may not replace: files of its study, of others, other scenarios."""
    lines = [file for file in (loop, crossings) if file is not None]
    subject = subject_of(folder, study.folder, *lines)
    return Owner("what-if", (subject,), (*study_files(study), *lines), replace)


@dataclass(frozen=True)
class _Sites:
    """Sites of a result, with what is needed to measure and score them again."""

    result: ResultTables
    layers: Layers
    criteria: tuple[Any, ...]

    def situation(self, streets: gpd.GeoDataFrame, loop: Any) -> Situation:
        """Travel times and scores of the sites on these streets with this loop."""
        sites = self.result.candidates
        graph = network.build_graph(streets)
        destinations = run.destinations_of(self.layers.get("places"))
        access = network.travel_time_table(
            self.result.access_points, sites, graph, destinations, loop
        )
        sites = add_columns(
            sites,
            network.departures_within(self.result.access_points, graph, self.layers.get("transit")),
        )
        measures = run.measure_criteria(sites, access, self.layers)
        scores = scoring.scores(measures, self.criteria, order=self.result.order)
        return Situation(access, scores)


def _line(name: str, role: str, line: Any, result: ResultTables) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"name": [name], "role": [role]}, geometry=[line], crs=result.candidates.crs
    )


def _other_loop(study: Study, file: Path, streets: gpd.GeoDataFrame, result: ResultTables) -> Any:
    """Name and line of the other loop, traced as that of the study."""
    crs = result.candidates.crs
    graph = network.build_graph(streets)
    if file.suffix == ".toml":
        wanted = _loop_table(study, file)
    else:
        wanted = Loop.model_validate({"name": file.stem, **_role(study, file, crs)})
    other = study.model_copy(update={"loop": wanted, "axis": None})
    # Paths in that file start at its folder.
    other = other.model_copy(update={"folder": file.parent})
    line = trace_lines(other, graph, crs, streets).loop
    name = wanted.name
    if name in set(result.lines["name"]):
        name = localize("pipeline.what_if.other_line", name=name)
    return name, line


def _role(study: Study, file: Path, crs: Any) -> dict[str, str]:
    """Key of a vector file: ordered waypoints, or a line."""
    limits = confined.limits_of(study.untrusted)
    try:
        with readers.no_choice():
            confined.call(limits, file.name, readers.read_line, file, crs=crs, shown=file.name)
    except FormatError:
        return {"waypoints_file": file.name}
    return {"file": file.name}


def _loop_table(study: Study, file: Path) -> Loop:
    if not file.is_file():
        raise ConfigError("pipeline.what_if.no_file", file=file)
    raw = confined.call(confined.limits_of(study.untrusted), file.name, read_toml, file)
    if study.untrusted:
        check_paths(raw, file)
    if "loop" not in raw:
        raise ConfigError("pipeline.what_if.no_loop_table", file=file)
    try:
        return Loop.model_validate(raw["loop"])
    except ValidationError as faults:
        raise validation_error(file, faults, Loop) from faults


def _crossings(study: Study, file: Path | None) -> gpd.GeoDataFrame:
    """Crossings of the study, then of a file, in the legal CRS, with unique names."""
    crs = legal_crs(study.info.communes[0])
    shapes = [
        shapely.LineString([(w.lon, w.lat) for w in crossing.waypoints])
        for crossing in study.crossings
    ]
    table = gpd.GeoDataFrame(
        {"name": [c.name for c in study.crossings]}, geometry=shapes, crs=DEGREES
    ).to_crs(crs)
    if file is not None:
        limits = confined.limits_of(study.untrusted)
        more = confined.call(limits, file.name, readers.read_lines, file, crs=crs, shown=file.name)
        table = gpd.GeoDataFrame(pd.concat([table, more], ignore_index=True), crs=crs)
    repeat = table.groupby("name").cumcount()
    names = [
        f"{name} {n + 1}" if n else str(name) for name, n in zip(table["name"], repeat, strict=True)
    ]
    return table.assign(name=names)
