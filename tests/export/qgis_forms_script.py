"""Run by the Python of QGIS, not by ours: open the form of a site, as a user sees it.

Usage: qgis_forms_script.py FILE.gpkg EXPRESSION…; prints JSON: for each expression the tabs of the
form of the first site, and the names of the rows that its tables list.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any


def names_of_rows(layer: Any, relation: Any, site: Any) -> list[str]:
    """What the list of a related table shows of each row of a site."""
    from qgis.core import (  # type: ignore[import-not-found]
        QgsExpression,
        QgsExpressionContext,
        QgsExpressionContextUtils,
    )

    child = relation.referencingLayer()
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(child))
    expression = QgsExpression(child.displayExpression())
    expression.prepare(context)
    found = []
    for row in relation.getRelatedFeatures(site):
        context.setFeature(row)
        found.append(str(expression.evaluate(context)))
    return found


def form_seen(project: Any, layer: Any, text: str, tools: Any) -> dict[str, Any]:
    from qgis.core import QgsAttributeEditorElement
    from qgis.gui import (  # type: ignore[import-not-found]
        QgsAttributeEditorContext,
        QgsAttributeForm,
    )
    from qgis.PyQt.QtWidgets import QApplication, QTabWidget  # type: ignore[import-not-found]

    site = next(layer.getFeatures(text))
    context = QgsAttributeEditorContext()
    context.setVectorLayerTools(tools)
    form = QgsAttributeForm(layer, site, context)
    form.show()
    QApplication.processEvents()
    tabs = form.findChildren(QTabWidget)[0]
    rows = {}
    for tab in layer.editFormConfig().tabs():
        for one in tab.children():
            if one.type() == QgsAttributeEditorElement.AeTypeRelation and one.relation().isValid():
                rows[tab.name()] = names_of_rows(layer, one.relation(), site)
    return {
        "tabs": [tabs.tabText(at) for at in range(tabs.count()) if tabs.isTabVisible(at)],
        "rows": rows,
    }


def main(path: str, *expressions: str) -> None:
    from qgis.core import QgsApplication, QgsProject, QgsVectorLayerTools
    from qgis.gui import QgsGui

    class Tools(QgsVectorLayerTools):  # type: ignore[misc]
        """A related table has a form of its own, which asks for these."""

    QgsApplication.setPrefixPath("/usr", True)
    app = QgsApplication([], True)
    app.initQgis()
    QgsGui.editorWidgetRegistry().initEditors()
    project = QgsProject.instance()
    assert project.read(f"geopackage:{path}?projectName=foncier")
    layer = project.mapLayer("foncier_layer_opportunites")
    tools = Tools()
    seen = [form_seen(project, layer, text, tools) for text in expressions]
    sys.stdout.write(json.dumps(seen))
    sys.stdout.flush()
    os._exit(0)  # forms are not taken down in order


if __name__ == "__main__":
    main(*sys.argv[1:])
