"""Run by the Python of QGIS, not by ours: open the project inside a GeoPackage, as a planner would.

Usage: qgis_project_script.py FILE.gpkg FOLDER; prints JSON, writes a3.pdf.
"""

from __future__ import annotations

import json
import sys
from itertools import islice
from typing import Any

SOME = 50  # rows whose related rows are counted


def layer_seen(layer: Any) -> dict[str, Any]:
    fields = layer.fields()
    form = layer.editFormConfig()
    return {
        "valid": layer.isValid(),
        "name": layer.name(),
        "crs": layer.crs().authid(),
        "count": layer.featureCount(),
        "renderer": layer.renderer().type() if layer.renderer() else None,
        "styles": layer.styleManager().styles(),
        "aliases": {f.name(): layer.attributeAlias(i) for i, f in enumerate(fields)},
        "tabs": [tab.name() for tab in form.tabs()],
        "source": layer.source().split("/")[-1],
        "read_only": layer.readOnly(),
        "described": described(layer),
        "hidden": [c.name for c in layer.attributeTableConfig().columns() if c.hidden],
        "order": [c.name for c in layer.attributeTableConfig().columns()],
        "shown": {f.name(): shown(layer, i) for i, f in enumerate(fields)},
        "tip": evaluated(layer, layer.mapTipTemplate()),
        "actions": [evaluated(layer, one.command()) for one in layer.actions().actions()],
    }


def vector(layer: Any) -> bool:
    return hasattr(layer, "fields")


def raster_seen(layer: Any) -> dict[str, Any]:
    return {"valid": layer.isValid(), "crs": layer.crs().authid(), "described": described(layer)}


def described(layer: Any) -> bool:
    """Tell a layer with a note, and with a title, an abstract, keywords and a licence."""
    from qgis.core import QgsLayerNotesUtils  # type: ignore[import-not-found]

    about = layer.metadata()
    words = (about.title(), about.abstract(), about.keywords(), about.licenses(), about.language())
    return bool(QgsLayerNotesUtils.layerNotes(layer)) and all(words)


def shown(layer: Any, index: int) -> list[str]:
    """Values of the first rows as the attribute table shows them."""
    from qgis.core import QgsApplication

    setup = layer.editorWidgetSetup(index)
    formatter = QgsApplication.fieldFormatterRegistry().fieldFormatter(setup.type())
    return [
        formatter.representValue(layer, index, setup.config(), None, row[index])
        for row in islice(layer.getFeatures(), 5)
    ]


def evaluated(layer: Any, text: str) -> str:
    """Text with its expressions evaluated for the first row."""
    from qgis.core import QgsExpression, QgsExpressionContext, QgsExpressionContextUtils

    rows = list(islice(layer.getFeatures(), 1))
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    if rows:
        context.setFeature(rows[0])
    return QgsExpression.replaceExpressionText(text, context) if rows else ""


def relation_seen(relation: Any) -> dict[str, Any]:
    # One open reader at a time: QGIS waits for ever when its pool of connections is spent.
    first = list(islice(relation.referencedLayer().getFeatures(), SOME))
    return {
        "valid": relation.isValid(),
        "related": sum(len(list(relation.getRelatedFeatures(f))) for f in first),
    }


def theme_seen(project: Any, name: str) -> dict[str, str]:
    from qgis.core import QgsLayerTreeModel

    root = project.layerTreeRoot()
    project.mapThemeCollection().applyTheme(name, root, QgsLayerTreeModel(root))
    return {
        node.layer().id(): node.layer().styleManager().currentStyle()
        for node in root.findLayers()
        if node.isVisible()
    }


def form_seen(layer: Any) -> list[Any]:
    """Layout of the form (1: tabs), and for each relation in it whether QGIS resolved it."""
    from qgis.core import QgsAttributeEditorElement

    form = layer.editFormConfig()
    return [
        form.layout(),
        [
            [tab.name(), part.relation().isValid()]
            for tab in form.tabs()
            for part in tab.children()
            if part.type() == QgsAttributeEditorElement.AeTypeRelation
        ],
    ]


def tree(group: Any) -> list[Any]:
    return [[c.name(), tree(c)] if hasattr(c, "findGroups") else c.name() for c in group.children()]


def main(path: str, folder: str) -> None:
    from qgis.core import (
        QgsApplication,
        QgsLayoutExporter,
        QgsNetworkAccessManager,
        QgsProject,
    )

    QgsApplication.setPrefixPath("/usr", True)
    app = QgsApplication([], False)
    app.initQgis()
    project = QgsProject.instance()
    stores = QgsApplication.projectStorageRegistry().projectStorageFromType("geopackage")
    told: dict[str, Any] = {"projects": stores.listProjects(path), "asked": []}
    QgsNetworkAccessManager.instance().requestAboutToBeCreated.connect(
        lambda one: told["asked"].append(one.request().url().toString())
    )
    told["read"] = project.read(f"geopackage:{path}?projectName=foncier")
    told["error"] = project.error()
    told["title"], told["crs"] = project.title(), project.crs().authid()
    extent = project.viewSettings().defaultViewExtent()
    told["extent"] = [extent.xMinimum(), extent.yMinimum(), extent.xMaximum(), extent.yMaximum()]
    told["tree"] = tree(project.layerTreeRoot())
    layers = project.mapLayers()
    told["layers"] = {key: layer_seen(one) for key, one in layers.items() if vector(one)}
    told["rasters"] = {key: raster_seen(one) for key, one in layers.items() if not vector(one)}
    relations = project.relationManager().relations()
    told["relations"] = {key: relation_seen(one) for key, one in relations.items()}
    names = project.mapThemeCollection().mapThemes()
    first = "Opportunités" if "Opportunités" in names else "Opportunities"
    sites = project.mapLayer("foncier_layer_opportunites")
    told["forms"] = {"on opening": form_seen(sites)}
    told["themes"] = {}
    for name in names:
        told["themes"][name] = theme_seen(project, name)
        told["forms"][name] = form_seen(sites)
    theme_seen(project, first)
    told["forms"]["at the end"] = form_seen(sites)
    layouts = sorted(
        project.layoutManager().printLayouts(), key=lambda one: not one.name().endswith(first)
    )
    told["layouts"] = [one.name() for one in layouts]
    page = layouts[0].pageCollection().page(0).pageSize()
    told["page"] = [page.width(), page.height()]
    told["items"] = sorted(item.id() for item in layouts[0].items() if hasattr(item, "id"))
    exporter = QgsLayoutExporter(layouts[0])
    told["pdf"] = exporter.exportToPdf(f"{folder}/a3.pdf", QgsLayoutExporter.PdfExportSettings())
    sys.stdout.write(json.dumps(told))
    sys.stdout.flush()
    project.clear()
    del layouts, exporter, relations
    app.exitQgis()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
