"""Run by the Python of QGIS, not by ours: open the print layouts of a GeoPackage.

Usage: qgis_layouts_script.py FILE.gpkg FOLDER; prints JSON, writes a PDF a layout.
"""

from __future__ import annotations

import json
import sys
from typing import Any

SITES = "foncier_layer_opportunites"
DPI = 96


def legend_seen(legend: Any) -> dict[str, list[str]]:
    """Classes of each layer of a legend, as QGIS prints them."""
    from qgis.PyQt.QtCore import Qt  # type: ignore[import-not-found]

    model = legend.model()
    return {
        node.name(): [one.data(Qt.DisplayRole) for one in model.layerLegendNodes(node)]
        for node in model.rootGroup().findLayers()
    }


def ranks_placed(drawn: Any) -> int:
    """Sites whose label is on the map at the scale of the layout."""
    from qgis.core import QgsMapRendererParallelJob  # type: ignore[import-not-found]
    from qgis.PyQt.QtCore import QSizeF

    size = drawn.sizeWithUnits()
    pixels = QSizeF(size.width() * DPI / 25.4, size.height() * DPI / 25.4)
    job = QgsMapRendererParallelJob(drawn.mapSettings(drawn.extent(), pixels, DPI, True))
    job.start()
    job.waitForFinished()
    placed = job.takeLabelingResults().labelsWithinRect(drawn.extent())
    return len({one.featureId for one in placed if one.layerID == SITES})


def items(layout: Any, kind: Any) -> list[Any]:
    return [one for one in layout.items() if isinstance(one, kind)]


def layout_seen(layout: Any, folder: str, number: int) -> dict[str, Any]:
    from qgis.core import (
        QgsLayoutExporter,
        QgsLayoutFrame,
        QgsLayoutItemAttributeTable,
        QgsLayoutItemLabel,
        QgsLayoutItemLegend,
        QgsLayoutItemMap,
    )

    atlas = layout.atlas()
    if atlas.enabled():
        atlas.beginRender()
        atlas.updateFeatures()
        atlas.seekTo(0)
    tables = {one.multiFrame() for one in items(layout, QgsLayoutFrame)}
    pages = layout.pageCollection()
    seen = {
        "theme": next(
            (m.followVisibilityPresetName() for m in items(layout, QgsLayoutItemMap)), ""
        ),
        "scale": next((round(m.scale()) for m in items(layout, QgsLayoutItemMap)), 0),
        "legend": {
            k: v for one in items(layout, QgsLayoutItemLegend) for k, v in legend_seen(one).items()
        },
        "linked": any(one.linkedMap() for one in items(layout, QgsLayoutItemLegend)),
        "texts": {one.id(): one.currentText() for one in items(layout, QgsLayoutItemLabel)},
        "tables": {
            one.frame(0).id(): [[str(cell) for cell in row] for row in one.contents()]
            for one in tables
            if isinstance(one, QgsLayoutItemAttributeTable)
        },
        "shown_pages": sum(pages.shouldExportPage(n) for n in range(pages.pageCount())),
        "sites": atlas.count() if atlas.enabled() else 0,
        "overflow": [
            one.id()
            for one in items(layout, QgsLayoutFrame)
            if one.sceneBoundingRect().right() > layout.pageCollection().page(0).rect().right()
        ],
    }
    settings = QgsLayoutExporter.PdfExportSettings()
    settings.dpi = DPI
    seen["pdf"] = QgsLayoutExporter(layout).exportToPdf(f"{folder}/{number}.pdf", settings)
    if seen["theme"] and not atlas.enabled():
        seen["ranks"] = ranks_placed(items(layout, QgsLayoutItemMap)[0])
    if atlas.enabled():
        atlas.endRender()
    return seen


def main(path: str, folder: str) -> None:
    from qgis.core import QgsApplication, QgsProject

    QgsApplication.setPrefixPath("/usr", True)
    app = QgsApplication([], True)
    app.initQgis()
    project = QgsProject.instance()
    assert project.read(f"geopackage:{path}?projectName=foncier")
    found = project.layoutManager().printLayouts()
    told = {one.name(): layout_seen(one, folder, n) for n, one in enumerate(found)}
    sys.stdout.write(json.dumps(told))
    sys.stdout.flush()
    project.clear()
    del found
    app.exitQgis()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
