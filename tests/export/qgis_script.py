"""Run by the Python of QGIS, not by ours: open a GeoPackage as a planner would, tell what is seen.

Usage: qgis_script.py FILE.gpkg PICTURE.png; prints JSON.
"""

from __future__ import annotations

import json
import sys
from typing import Any

DRAWN = [
    "lieux",
    "etapes",
    "acces",
    "boucle",
    "axe",
    "opportunites",
    "parcelles_ecartees",
    "batiments",
]


def seen(path: str, name: str) -> tuple[Any, dict[str, Any]]:
    from qgis.core import QgsVectorLayer  # type: ignore[import-not-found]

    layer = QgsVectorLayer(f"{path}|layername={name}", name, "ogr")
    message, loaded = layer.loadDefaultStyle()
    renderer = layer.renderer()
    ruled = renderer is not None and renderer.type() == "RuleRenderer"
    rules = renderer.rootRule().children() if ruled else []
    fields = layer.fields()
    return layer, {
        "valid": layer.isValid(),
        "crs": layer.crs().authid(),
        "count": layer.featureCount(),
        "style_loaded": loaded,
        "message": message,
        "renderer": renderer.type() if renderer else None,
        "rules": {rule.label(): rule.symbol().color().name() for rule in rules},
        "aliases": {f.name(): layer.attributeAlias(i) for i, f in enumerate(fields)},
        "types": {f.name(): f.typeName() for f in fields},
        "widgets": {f.name(): layer.editorWidgetSetup(i).type() for i, f in enumerate(fields)},
        "labels": layer.labelsEnabled(),
        "label_faults": label_faults(layer),
        "nulls": sum(
            v is None or v.isNull() if hasattr(v, "isNull") else v is None
            for feature in layer.getFeatures()
            for v in feature.attributes()
        ),
    }


def label_faults(layer: Any) -> list[str]:
    from qgis.core import QgsExpression, QgsExpressionContext, QgsExpressionContextUtils

    if not layer.labelsEnabled():
        return []
    settings = layer.labeling().settings()
    expression = QgsExpression(settings.fieldName)
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    faults = [expression.parserErrorString()] if expression.hasParserError() else []
    for feature in layer.getFeatures():
        context.setFeature(feature)
        text = expression.evaluate(context)
        faults += [expression.evalErrorString()] if expression.hasEvalError() else []
        faults += [] if text else [f"no label for {feature.id()}"]
    return faults


def draw(layers: list[Any], picture: str) -> None:
    from qgis.core import QgsMapRendererParallelJob, QgsMapSettings
    from qgis.PyQt.QtCore import QSize  # type: ignore[import-not-found]
    from qgis.PyQt.QtGui import QColor  # type: ignore[import-not-found]

    settings = QgsMapSettings()
    settings.setLayers(layers)
    settings.setDestinationCrs(layers[0].crs())
    settings.setBackgroundColor(QColor("white"))
    settings.setOutputSize(QSize(1200, 700))
    settings.setOutputDpi(120)
    extent = layers[0].extent()
    for layer in layers:
        extent.combineExtentWith(layer.extent())
    extent.scale(1.1)
    settings.setExtent(extent)
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    job.renderedImage().save(picture)


def main(path: str, picture: str) -> None:
    from qgis.core import QgsApplication, QgsProviderRegistry

    QgsApplication.setPrefixPath("/usr", True)
    app = QgsApplication([], False)
    app.initQgis()
    details = QgsProviderRegistry.instance().querySublayers(path)
    names = [one.name() for one in details]
    found = {name: seen(path, name) for name in names}
    drawn = [found[name][0] for name in DRAWN if found[name][0].featureCount()]
    draw(drawn, picture)
    sys.stdout.write(json.dumps({name: told for name, (_, told) in found.items()}))
    sys.stdout.flush()
    drawn.clear()
    found.clear()
    app.exitQgis()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
