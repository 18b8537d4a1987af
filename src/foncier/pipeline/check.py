"""Look at the layers of a study one by one, without running it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from foncier import detect, readers
from foncier.crs import legal_crs
from foncier.errors import FoncierError
from foncier.pipeline.layers import (
    RELIEF,
    Layers,
    layer_file,
    one,
)
from foncier.pipeline.missing import uncovered
from foncier.pipeline.study_area import study_area, trace_lines
from foncier.study import costs as study_costs
from foncier.study.config import LAYERS, Layer, Study
from foncier.wording import figure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from foncier.i18n import Localized
    from foncier.model import LayerFile, LayerReport

COMPARED: tuple[Layer, ...] = ("parcels", "buildings", "streets", "zones")


@dataclass(frozen=True)
class LayerCheck:
    """What there is of a layer: a report, or a fault, or only what its absence costs."""

    layer: str
    shown: str
    report: LayerReport | None = None
    fault: FoncierError | None = None
    cost: Localized | None = None

    def told(self, lang: str) -> tuple[str, list[str]]:
        """Say it in words: what was read, then each remark."""
        if self.report is None:
            cost = [self.cost[lang]] if self.cost else []
            return self.shown, [str(self.fault)] if self.fault else cost
        report = self.report
        kept = figure(report.rows_kept, "", "fr")
        read = figure(report.rows_read, "", "fr")
        vintage = report.vintage.isoformat() if report.vintage else "inconnue"
        rows = "cellules" if self.layer == RELIEF else "lignes"
        head = f"{kept} {rows} retenues sur {read} ; {report.crs or 'sans géométrie'} ; "
        notes = [f"{n.text[lang]} ({figure(n.count, '', 'fr')})" for n in report.notes]
        return self.shown, [
            head + f"date {vintage} ; {report.licence or 'licence inconnue'}",
            *notes,
        ]


def check_layers(study: Study) -> Iterator[LayerCheck]:
    """Read each layer of a study in turn; a fault of one does not stop the others.

    What does not come to some communes is told last, where all layers that tell it could be read.
    """
    costs = study_costs()
    kept: dict[Layer, list[Any]] = {layer: [] for layer in COMPARED}
    for layer in LAYERS:
        specs = study.layers.get(layer, ())
        if not specs:
            yield LayerCheck(layer, "absente", cost=costs.get(layer))
        for spec in specs:
            table, seen = _read(study, layer_file(study, layer, spec))
            if layer in kept:
                kept[layer].append(table)
            yield seen
    if all(table is not None for tables in kept.values() for table in tables):
        yield from _uncovered(study, kept)


def _read(study: Study, file: LayerFile) -> tuple[Any, LayerCheck]:
    """Table of a file, None where it has a fault, and what is told of it."""
    crs = legal_crs(study.info.communes[0])
    try:
        if file.layer == RELIEF:
            table, report = readers.read_dem(file, crs=crs)
        else:
            table, report = readers.read(
                file, crs=crs, communes=study.info.communes, on=study.info.date
            )
    except FoncierError as fault:
        return None, LayerCheck(file.layer, file.shown, fault=fault)
    return table, LayerCheck(file.layer, file.shown, report=report)


def _uncovered(study: Study, kept: dict[Layer, list[Any]]) -> Iterator[LayerCheck]:
    """Layers that do not come to some communes of the study area."""
    crs = legal_crs(study.info.communes[0])
    layers = Layers({layer: one(layer, parts) for layer, parts in kept.items() if parts}, ())
    ground = detect.SpatialContext(**{layer: layers.get(layer) for layer in COMPARED})
    if ground.parcels is None or ground.parcels.empty:
        return
    try:
        area = study_area(study, layers, trace_lines(study, None, crs).axis, crs)
    except FoncierError as fault:
        yield LayerCheck("axis", "secteur d'étude", fault=fault)
        return
    for gap in uncovered(detect.uncovered_communes(ground, area)):
        yield LayerCheck(gap.what, "incomplète", cost=gap.cost)
