"""Check a study without running it: each layer, then what a run needs beside the layers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from foncier import detect, network, readers
from foncier.crs import legal_crs
from foncier.errors import FoncierError
from foncier.i18n import Localized, label, localize, localized
from foncier.pipeline.layers import (
    ON_GROUND,
    RELIEF,
    TIMETABLE,
    Layers,
    layer_file,
    one,
    read_trusted,
    relief_bounds,
)
from foncier.pipeline.missing import uncovered
from foncier.pipeline.streets import connect_layers, isolated, loop_gaps
from foncier.pipeline.study_area import study_area, trace_lines
from foncier.study import costs as study_costs
from foncier.study.config import FORMER_KEYS, LAYERS, Layer, Study

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyproj

    from foncier.i18n import Lang
    from foncier.model import LayerFile, LayerReport
    from foncier.pipeline.study_area import StudyLines

# Layers whose coverage of the communes is compared.
COMPARED: tuple[Layer, ...] = ("parcels", "buildings", "streets", "zones")


@dataclass(frozen=True)
class LayerCheck:
    """State of a layer, or of another part of the study.

    Exactly one of ``report`` (what was read), ``fault`` (why it cannot be used) and ``cost`` (what
    the result lacks, or a remark) is set; ``shown`` is the file, or the state in words.
    """

    layer: str
    shown: str | Localized
    report: LayerReport | None = None
    fault: FoncierError | None = None
    cost: Localized | None = None

    def describe(self, lang: Lang) -> tuple[str, list[str]]:
        """Word the state: file or state, then what was read and each remark."""
        shown = self.shown if isinstance(self.shown, str) else self.shown[lang]
        if self.fault is not None:
            return shown, [self.fault.message(lang)]
        if self.report is None:
            return shown, [self.cost[lang]] if self.cost else []
        report, cells = self.report, self.layer == RELIEF
        head = localize(
            "pipeline.check.cells" if cells else "pipeline.check.rows",
            lang,
            count=report.rows_kept,
            read=report.rows_read,
            crs=report.crs or label("pipeline.check.no_geometry"),
            vintage=report.vintage.isoformat()
            if report.vintage
            else label("pipeline.check.no_date"),
            licence=report.licence or label("pipeline.check.no_licence"),
        )
        notes = [
            localize("pipeline.inventory_note", lang, text=note.text, count=note.count)
            for note in report.notes
        ]
        return shown, [head, *notes]


def check_layers(study: Study) -> Iterator[LayerCheck]:
    """Read each layer of a study in turn; an error of one does not stop the others.

    What the layers as a whole lack comes last: communes that a layer does not cover, lines, study
    area and pictures. A study without a fault in this list is one that `run` accepts.

    Yields
    ------
    One check a file, one a layer that the study lacks, and one a remark on the whole.
    """
    yield from (
        LayerCheck(
            FORMER_KEYS[key].split(".")[1],
            label("pipeline.check.renamed"),
            cost=localized("pipeline.check.former_key", old=key, new=FORMER_KEYS[key]),
        )
        for key in study.former_keys
    )
    costs, tables = study_costs(), _Tables(study)
    for layer in LAYERS:
        if not study.layers.get(layer):
            yield LayerCheck(layer, label("pipeline.check.absent"), cost=costs.get(layer))
        yield from tables.read(layer)
    yield from _check_whole(study, tables)


@dataclass
class _Tables:
    """Tables of the layers that the last checks need, and whether all could be read."""

    study: Study
    frames: dict[Layer, Any] = field(default_factory=dict)
    corners: list[Any] = field(default_factory=list)
    reports: list[LayerReport] = field(default_factory=list)
    complete: bool = True

    def read(self, layer: Layer) -> Iterator[LayerCheck]:
        """Read the files of a layer, then combine them, as a run does."""
        parts = []
        for spec in self.study.layers.get(layer, ()):
            table, check = self._read_file(layer_file(self.study, layer, spec))
            parts.append(table)
            self.reports += [] if check.report is None else [check.report]
            yield check
        readable = all(part is not None for part in parts)
        self.complete &= readable
        if not parts or not readable:
            return
        try:
            table = self._combined(layer, parts)
        except FoncierError as fault:
            self.complete = False
            yield LayerCheck(layer, label("pipeline.check.combined"), fault=fault)
            return
        if layer in ON_GROUND and len(table):
            self.corners.append(table.total_bounds)
        if layer in (*COMPARED, "inventory", "places"):
            self.frames[layer] = table

    def _combined(self, layer: Layer, parts: list[Any]) -> Any:
        if layer == RELIEF:
            from foncier.readers.dem import merge_dems  # noqa: PLC0415 (slow to import)

            return merge_dems(parts, self.study.layers[RELIEF][0].path)
        return one(layer, parts)

    def _read_file(self, file: LayerFile) -> tuple[Any, LayerCheck]:
        """Table of a file, None where it cannot be read, and its check."""
        info, crs = self.study.info, legal_crs(self.study.info.communes[0])
        bounds = relief_bounds(self.corners)
        try:
            if file.layer == RELIEF:
                from foncier.readers.dem import read_dem  # noqa: PLC0415 (slow to import)

                table, report = read_trusted(
                    self.study, read_dem, file, shown=file.shown, crs=crs, bounds=bounds
                )
            else:
                table, report = read_trusted(
                    self.study,
                    readers.read,
                    file,
                    shown=file.shown,
                    crs=crs,
                    communes=info.communes,
                    parcels=self.frames.get("parcels"),
                    on=info.date,
                    bounds=bounds if file.layer == TIMETABLE else None,
                )
        except FoncierError as fault:
            return None, LayerCheck(file.layer, file.shown, fault=fault)
        return table, LayerCheck(file.layer, file.shown, report=report)


def _check_whole(study: Study, tables: _Tables) -> Iterator[LayerCheck]:
    """Check coverage, lines, study area and pictures."""
    yield from _check_pictures(study)
    if not tables.complete:
        return
    crs = legal_crs(study.info.communes[0])
    layers = Layers(tables.frames, tuple(tables.reports))
    try:
        graph, found = _check_streets(study, layers, crs)
        axis = found.axis
    except FoncierError as fault:
        yield LayerCheck("axis", label("pipeline.check.lines"), fault=fault)
        return
    for gap in (*isolated(graph, layers.get("places")), *loop_gaps(found.straight)):
        yield LayerCheck(gap.what, label("pipeline.check.incomplete"), cost=gap.cost)
    try:
        area = study_area(study, layers, axis, crs)
    except FoncierError as fault:
        yield LayerCheck("area", label("pipeline.check.area"), fault=fault)
        return
    context = detect.SpatialContext(**{layer: layers.get(layer) for layer in COMPARED})
    if context.parcels is None or context.parcels.empty:
        return
    for gap in uncovered(detect.uncovered_communes(context, area)):
        yield LayerCheck(gap.what, label("pipeline.check.incomplete"), cost=gap.cost)


def _check_streets(
    study: Study, layers: Layers, crs: pyproj.CRS
) -> tuple[network.Graph | None, StudyLines]:
    """Graph of the connected streets, and the lines of the study traced along them, as a run."""
    connected, _ = connect_layers(study, layers)
    streets = connected.get("streets")
    graph = None if streets is None or streets.empty else network.build_graph(streets)
    return graph, trace_lines(study, graph, crs, streets)


def _check_pictures(study: Study) -> Iterator[LayerCheck]:
    if study.leaflet is None:
        return
    from foncier.pipeline.write_results import check_pictures  # noqa: PLC0415 (slow to import)

    try:
        check_pictures(study)
    except FoncierError as fault:
        yield LayerCheck("leaflet", label("pipeline.check.pictures"), fault=fault)
