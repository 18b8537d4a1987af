"""Look at the layers of a study one by one, without running it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from foncier import detect, sources, study
from foncier.crs import legal_crs
from foncier.errors import FoncierError
from foncier.pipeline.gaps import uncovered
from foncier.pipeline.layers import RELIEF, Layers, layer_file, one
from foncier.pipeline.tracing import study_area, trace
from foncier.study.model import LAYERS, Layer, Study
from foncier.wording import figure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from foncier.records import LayerFile, LayerReport, Text

COMPARED: tuple[Layer, ...] = ("parcels", "buildings", "streets", "zones")


@dataclass(frozen=True)
class Seen:
    """What there is of a layer: a report, or a fault, or only what its absence costs."""

    layer: str
    shown: str
    report: LayerReport | None = None
    fault: FoncierError | None = None
    cost: Text | None = None

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


def look(plan: Study) -> Iterator[Seen]:
    """Read each layer of a study in turn; a fault of one does not stop the others.

    What does not come to some communes is told last, where all layers that tell it could be read.
    """
    costs = study.costs()
    kept: dict[Layer, list[Any]] = {layer: [] for layer in COMPARED}
    for layer in LAYERS:
        specs = plan.layers.get(layer, ())
        if not specs:
            yield Seen(layer, "absente", cost=costs.get(layer))
        for spec in specs:
            table, seen = _read(plan, layer_file(plan, layer, spec))
            if layer in kept:
                kept[layer].append(table)
            yield seen
    if all(table is not None for tables in kept.values() for table in tables):
        yield from _uncovered(plan, kept)


def _read(plan: Study, file: LayerFile) -> tuple[Any, Seen]:
    """Table of a file, None where it has a fault, and what is told of it."""
    crs = legal_crs(plan.study.communes[0])
    try:
        if file.layer == RELIEF:
            table, report = sources.read_relief(file, crs=crs)
        else:
            table, report = sources.read(
                file, crs=crs, communes=plan.study.communes, on=plan.study.date
            )
    except FoncierError as fault:
        return None, Seen(file.layer, file.shown, fault=fault)
    return table, Seen(file.layer, file.shown, report=report)


def _uncovered(plan: Study, kept: dict[Layer, list[Any]]) -> Iterator[Seen]:
    """Layers that do not come to some communes of the study area."""
    crs = legal_crs(plan.study.communes[0])
    layers = Layers({layer: one(layer, parts) for layer, parts in kept.items() if parts}, ())
    ground = detect.Ground(**{layer: layers.get(layer) for layer in COMPARED})
    if ground.parcels is None or ground.parcels.empty:
        return
    try:
        area = study_area(plan, layers, trace(plan, None, crs).axis, crs)
    except FoncierError as fault:
        yield Seen("axis", "secteur d'étude", fault=fault)
        return
    for gap in uncovered(detect.lacking(ground, area)):
        yield Seen(gap.what, "incomplète", cost=gap.cost)
