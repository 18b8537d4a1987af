"""Look at the layers of a study one by one, without running it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from foncier import sources, study
from foncier.crs import legal_crs
from foncier.errors import FoncierError
from foncier.pipeline.layers import RELIEF, layer_file
from foncier.study.model import LAYERS, Study
from foncier.wording import figure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from foncier.records import LayerFile, LayerReport, Text


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
    """Read each layer of a study in turn; a fault of one does not stop the others."""
    costs = study.costs()
    for layer in LAYERS:
        specs = plan.layers.get(layer, ())
        if not specs:
            yield Seen(layer, "absente", cost=costs.get(layer))
        for spec in specs:
            yield _read(plan, layer_file(plan, layer, spec))


def _read(plan: Study, file: LayerFile) -> Seen:
    crs = legal_crs(plan.study.communes[0])
    try:
        if file.layer == RELIEF:
            report = sources.read_relief(file, crs=crs)[1]
        else:
            report = sources.read(file, crs=crs, communes=plan.study.communes, on=plan.study.date)[
                1
            ]
    except FoncierError as fault:
        return Seen(file.layer, file.shown, fault=fault)
    return Seen(file.layer, file.shown, report=report)
