"""Run by the Python of QGIS, not by ours: fill in a form as a visitor would, tell what is seen.

Usage: forms_script.py FILE.gpkg LAYER PICTURE.png [VERDICT]; prints JSON.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def seen(layer: Any) -> dict[str, Any]:
    message, loaded = layer.loadDefaultStyle()
    fields = layer.fields()
    form = layer.editFormConfig()
    return {
        "valid": layer.isValid(),
        "crs": layer.crs().authid(),
        "count": layer.featureCount(),
        "style_loaded": loaded,
        "message": message,
        "renderer": layer.renderer().type(),
        "labels": layer.labelsEnabled(),
        "aliases": {f.name(): layer.attributeAlias(i) for i, f in enumerate(fields)},
        "types": {f.name(): f.typeName() for f in fields},
        "widgets": {f.name(): layer.editorWidgetSetup(i).type() for i, f in enumerate(fields)},
        "choices": choices(layer),
        "closed": [f.name() for i, f in enumerate(fields) if form.readOnly(i)],
    }


def choices(layer: Any) -> list[list[str]]:
    place = layer.fields().indexOf("verdict")
    if place < 0:
        return []
    listed = layer.editorWidgetSetup(place).config().get("map", [])
    return [[word, code] for one in listed for word, code in one.items()]


def draw(layer: Any, picture: str) -> None:
    from qgis.core import (  # type: ignore[import-not-found]
        QgsMapRendererParallelJob,
        QgsMapSettings,
    )
    from qgis.PyQt.QtCore import QSize  # type: ignore[import-not-found]
    from qgis.PyQt.QtGui import QColor  # type: ignore[import-not-found]

    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(layer.crs())
    settings.setBackgroundColor(QColor("white"))
    settings.setOutputSize(QSize(1000, 700))
    extent = layer.extent()
    extent.scale(1.1)
    settings.setExtent(extent)
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    job.renderedImage().save(picture)


def fill(layer: Any, verdict: str) -> bool:
    from qgis.PyQt.QtCore import QDate

    layer.startEditing()
    verdicts, days = (layer.fields().indexOf(name) for name in ("verdict", "date"))
    for feature in layer.getFeatures():
        layer.changeAttributeValue(feature.id(), verdicts, verdict)
        layer.changeAttributeValue(feature.id(), days, QDate(2026, 2, 3))
    return bool(layer.commitChanges())


def main(path: str, name: str, picture: str, verdict: str = "") -> None:
    from qgis.core import QgsApplication, QgsVectorLayer

    QgsApplication.setPrefixPath("/usr", True)
    app = QgsApplication([], False)
    app.initQgis()
    layer = QgsVectorLayer(f"{path}|layername={name}", name, "ogr")
    told = seen(layer)
    draw(layer, picture)
    if verdict:
        told["saved"] = fill(layer, verdict)
    sys.stdout.write(json.dumps(told))
    sys.stdout.flush()
    del layer
    app.exitQgis()


if __name__ == "__main__":
    main(*sys.argv[1:])
