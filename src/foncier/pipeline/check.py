"""Check a study without running it: each layer, then what a run needs beside the layers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from foncier import detect, network
from foncier.crs import legal_crs
from foncier.errors import FoncierError
from foncier.i18n import Localized, label, localize, localized
from foncier.pipeline.accessibility import missing_raster
from foncier.pipeline.layers import (
    ON_GROUND,
    RELIEF,
    TIMETABLE,
    Layers,
    layer_file,
    layer_files,
    one,
    read_file,
    read_relief,
    read_timetable,
    relief_bounds,
    with_stops,
)
from foncier.pipeline.missing import (
    absent_layers,
    missing,
    newest_vintage,
    uncovered,
    unmeasured,
)
from foncier.pipeline.run import destinations_of
from foncier.pipeline.streets import connect_layers, isolated, loop_gaps
from foncier.pipeline.study_area import study_area, trace_lines
from foncier.study import criteria, measurable_criteria
from foncier.study.config import FORMER_KEYS, LAYERS, Layer, Study

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyproj
    import shapely

    from foncier.i18n import Lang
    from foncier.model import LayerFile, LayerReport, Missing, Note
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
    tables = _Tables(study)
    present = [layer for layer in LAYERS if study.layers.get(layer)]
    costs = {gap.what: gap.cost for gap in absent_layers(study, present)}
    # DEM and timetable come last, as in a run: they need the bounds of the others.
    last = (RELIEF, TIMETABLE)
    for layer in (*(name for name in LAYERS if name not in last), *last):
        if layer not in present:
            yield LayerCheck(layer, label("pipeline.check.absent"), cost=costs.get(layer))
        yield from tables.read(layer)
    yield from _check_whole(study, tables)


@dataclass
class _Tables:
    """Tables and reports of the layers, read as a run reads them, and whether all could be."""

    study: Study
    frames: dict[Layer, Any] = field(default_factory=dict)
    reports: list[LayerReport] = field(default_factory=list)
    corners: list[Any] = field(default_factory=list)
    complete: bool = True

    def read(self, layer: Layer) -> Iterator[LayerCheck]:
        """Read the files of a layer, then combine them, as a run does."""
        parts, reports = [], []
        for file in self._files(layer):
            table, check = self._read_file(file)
            parts.append(table)
            reports += [check.report] if check.report else []
            yield check
        readable = all(part is not None for part in parts)
        self.complete &= readable
        if not parts or not readable:
            return
        try:
            table, notes = self._combined(layer, parts, reports)
        except FoncierError as fault:
            self.complete = False
            yield LayerCheck(layer, label("pipeline.check.combined"), fault=fault)
            return
        yield from (_remark(layer, "pipeline.check.combined", note) for note in notes)
        if layer in ON_GROUND and len(table):
            self.corners.append(table.total_bounds)
        self.frames[layer] = table

    def _files(self, layer: Layer) -> list[LayerFile]:
        if layer not in (RELIEF, TIMETABLE):
            return layer_files(self.study, layer)
        return [layer_file(self.study, layer, spec) for spec in self.study.layers.get(layer, ())]

    def _combined(
        self, layer: Layer, parts: list[Any], reports: list[LayerReport]
    ) -> tuple[Any, tuple[Note, ...]]:
        """Table of the files of a layer, and notes on what several of them have in common."""
        if layer == RELIEF:
            from foncier.readers.dem import merge_dems  # noqa: PLC0415 (slow to import)

            return merge_dems(parts, self.study.layers[RELIEF][0].path), ()
        table, joined = one(layer, parts, reports)
        return table, joined[-1].notes[len(reports[-1].notes) :]

    def _read_file(self, file: LayerFile) -> tuple[Any, LayerCheck]:
        """Table of a file, None where it cannot be read, and its check."""
        study, bounds = self.study, relief_bounds(self.corners)
        table: Any
        try:
            if file.layer == RELIEF:
                table, report = read_relief(study, file, bounds)
            elif file.layer == TIMETABLE:
                on = study.info.date or newest_vintage(tuple(self.reports))
                table, report = read_timetable(study, file, bounds, on)
            else:
                table, report = read_file(study, file, self.frames.get("parcels"))
        except FoncierError as fault:
            return None, LayerCheck(file.layer, file.shown, fault=fault)
        self.reports.append(report)
        return table, LayerCheck(file.layer, file.shown, report=report)


def _remark(layer: str, state: str, note: Note) -> LayerCheck:
    words = localized("pipeline.inventory_note", text=note.text, count=note.count)
    return LayerCheck(layer, label(state), cost=words)


def _check_whole(study: Study, tables: _Tables) -> Iterator[LayerCheck]:
    """Check lines, study area, pictures and coverage, then all that a run would miss."""
    yield from _check_pictures(study)
    if not tables.complete:
        return
    crs = legal_crs(study.info.communes[0])
    layers = Layers(with_stops(tables.frames), tuple(tables.reports))
    connected, _ = connect_layers(study, layers)
    yield from (
        _remark("streets", "pipeline.check.connected", note)
        for before, after in zip(layers.reports, connected.reports, strict=True)
        for note in after.notes[len(before.notes) :]
    )
    try:
        graph, lines = _check_streets(study, connected, crs)
    except FoncierError as fault:
        yield LayerCheck("axis", label("pipeline.check.lines"), fault=fault)
        return
    for gap in (*isolated(graph, layers.get("places")), *loop_gaps(lines.straight)):
        yield LayerCheck(gap.what, label("pipeline.check.incomplete"), cost=gap.cost)
    try:
        area = study_area(study, layers, lines.axis, crs)
    except FoncierError as fault:
        yield LayerCheck("area", label("pipeline.check.area"), fault=fault)
        return
    said = {gap.what for gap in absent_layers(study, list(study.layers))}
    for gap in _gaps(study, layers, lines, area):
        if gap.what not in said:
            yield LayerCheck(gap.what, label("pipeline.check.incomplete"), cost=gap.cost)


def _gaps(
    study: Study, layers: Layers, lines: StudyLines, area: shapely.Geometry
) -> tuple[Missing, ...]:
    """What the result will lack, but for what only the search can tell."""
    context = detect.SpatialContext(**{layer: layers.get(layer) for layer in COMPARED})
    _, left_out = measurable_criteria(criteria(study), study)
    known = context.parcels is not None and not context.parcels.empty
    return (
        *(uncovered(detect.uncovered_communes(context, area)) if known else ()),
        *missing(study, layers, destinations_of(layers.get("places")), lines.loop),
        *missing_raster(area),
        *unmeasured(left_out, [one.name for one in left_out]),
    )


def _check_streets(
    study: Study, layers: Layers, crs: pyproj.CRS
) -> tuple[network.Graph | None, StudyLines]:
    """Graph of the connected streets, and the lines of the study traced along them, as a run."""
    streets = layers.get("streets")
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
