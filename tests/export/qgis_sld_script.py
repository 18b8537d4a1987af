"""Run by the Python of QGIS, not by ours: load the SLD of each style, and compare it with its QML.

Usage: qgis_sld_script.py FILE.gpkg FOLDER; prints JSON.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any


def classes(layer: Any) -> dict[str, int]:
    """Number of rows by class; empty where a style has one symbol."""
    from qgis.core import (  # type: ignore[import-not-found]
        QgsExpression,
        QgsExpressionContext,
        QgsExpressionContextUtils,
    )

    renderer = layer.renderer()
    if renderer.type() == "categorizedSymbol":
        name = renderer.classAttribute()
        rules = [(one.label(), f"\"{name}\" = '{one.value()}'") for one in renderer.categories()]
    elif renderer.type() == "RuleRenderer":
        rules = [
            (rule.label(), rule.filterExpression())
            for rule in renderer.rootRule().children()
            if not rule.isElse()
        ]
    else:
        return {}
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    found = Counter({label: 0 for label, _ in rules})
    for feature in layer.getFeatures():
        context.setFeature(feature)
        for label, text in rules:
            found[label] += QgsExpression(text).evaluate(context) in (1, True)
    return dict(found)


def main(path: str, folder: str) -> None:
    from qgis.core import QgsApplication, QgsVectorLayer
    from qgis.PyQt.QtXml import QDomDocument  # type: ignore[import-not-found]

    QgsApplication.setPrefixPath("/usr", True)
    app = QgsApplication([], False)
    app.initQgis()
    with closing(sqlite3.connect(path)) as base:
        rows = base.execute(
            "SELECT f_table_name, styleName, styleQML, styleSLD FROM layer_styles "
            "WHERE f_geometry_column != '' ORDER BY id"
        ).fetchall()
    seen = {}
    for table, name, qml, sld in rows:
        layer = QgsVectorLayer(f"{path}|layername={table}", table, "ogr")
        Path(folder, "style.sld").write_text(sld, encoding="utf-8")
        document = QDomDocument()
        document.setContent(qml)
        layer.importNamedStyle(document)
        expected = classes(layer)
        message, loaded = layer.loadSldStyle(f"{folder}/style.sld")
        seen[f"{table}/{name}"] = {
            "loaded": loaded,
            "message": message,
            "qml": expected,
            "sld": classes(layer),
            "label": layer.labeling().settings().fieldName if layer.labelsEnabled() else "",
        }
        del layer
    sys.stdout.write(json.dumps(seen))
    sys.stdout.flush()
    app.exitQgis()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
