"""Run by the Python of QGIS, not by ours: what a GIS team does to the files of a result.

Usage: gis_script.py STEP ARGUMENTS…; the last line that it prints is JSON.
"""

from __future__ import annotations

import json
import sys
from typing import Any

STORED = "geopackage:{}?projectName=foncier"


def layers(project: Any) -> dict[str, list[Any]]:
    """Of each layer: file that it reads, whether it is valid, number of rows."""
    return {
        layer.name(): [
            layer.source().split("|")[0].split("/")[-1],
            layer.isValid(),
            layer.featureCount(),
        ]
        for layer in project.mapLayers().values()
        if layer.providerType() == "ogr"
    }


def show(path: str) -> dict[str, Any]:
    """Open the stored project."""
    from qgis.core import QgsProject  # type: ignore[import-not-found]

    project = QgsProject.instance()
    opened = project.read(STORED.format(path) if path.endswith(".gpkg") else path)
    sites = project.mapLayersByName("Opportunités")[0]
    communes = sorted(map(str, sites.uniqueValues(sites.fields().indexOf("commune"))))
    return {
        "opened": opened,
        "title": project.title(),
        "layers": layers(project),
        "communes": communes if sites.isValid() else [],
    }


def save(path: str) -> dict[str, Any]:
    """Open the stored project, change its title and save it: Ctrl+S."""
    from qgis.core import QgsProject

    project = QgsProject.instance()
    project.read(STORED.format(path))
    project.setTitle("Titre de l'agence")
    return {"saved": project.write()}


def edit(path: str, table: str, column: str, value: str) -> dict[str, Any]:
    """Set a value in every row of a layer, through the editing of QGIS."""
    from qgis.core import QgsVectorLayer

    layer = QgsVectorLayer(f"{path}|layername={table}", table, "ogr")
    layer.startEditing()
    at = layer.fields().indexOf(column)
    for feature in list(layer.getFeatures()):
        layer.changeAttributeValue(feature.id(), at, value)
    return {"saved": layer.commitChanges(), "errors": layer.commitErrors()}


def look(path: str) -> dict[str, Any]:
    """Open each layer of the project for editing, and leave without a change."""
    from qgis.core import QgsProject

    project = QgsProject.instance()
    project.read(STORED.format(path))
    tried = {}
    for layer in project.mapLayers().values():
        if layer.providerType() == "ogr":
            tried[layer.name()] = layer.startEditing()
            layer.rollBack()
    return {"tried": tried}


def add_visit(path: str) -> dict[str, Any]:
    """Add a visit by its point, in the middle of the first site, as the form would."""
    from qgis.core import (
        QgsExpressionContext,
        QgsExpressionContextUtils,
        QgsGeometry,
        QgsProject,
        QgsVectorLayerUtils,
    )

    project = QgsProject.instance()
    project.read(STORED.format(path) if path.endswith(".gpkg") else path)
    visits = project.mapLayer("foncier_layer_visites")
    site = next(project.mapLayer("foncier_layer_opportunites").getFeatures())
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(visits))
    point: Any = QgsGeometry(site.geometry().pointOnSurface())
    visits.startEditing()
    feature = QgsVectorLayerUtils.createFeature(visits, point, {}, context)
    feature["verdict"] = "occupe"
    feature["note"] = "ajoutée dans QGIS"
    feature["photo"] = "photos/visite.jpg"
    visits.addFeature(feature)
    names = visits.fields().names()
    form = visits.editFormConfig()
    return {
        "saved": visits.commitChanges(),
        "errors": visits.commitErrors(),
        "widgets": {name: visits.editorWidgetSetup(at).type() for at, name in enumerate(names)},
        "read_only": sorted(
            layer.name()
            for layer in project.mapLayers().values()
            if layer.providerType() == "ogr" and layer.readOnly()
        ),
        "editable": sorted(n for at, n in enumerate(names) if not form.readOnly(at)),
    }


def packaging(path: str) -> dict[str, Any]:
    """What the checker of QFieldSync looks at before a project is copied to a device."""
    from qgis.core import Qgis, QgsProject

    project = QgsProject.instance()
    project.read(path)
    home = path.rsplit("/", 1)[0] + "/"
    every = list(project.mapLayers().values())
    stored = [one for one in every if one.providerType() != "wms"]
    return {
        "absolute": project.filePathStorage() == Qgis.FilePathType.Absolute,
        "home_path": project.presetHomePath(),
        "dirty": project.isDirty(),
        "crs": project.crs().authid(),
        "invalid": [one.name() for one in stored if not one.isValid()],
        "without_crs": [
            one.name() for one in stored if one.isSpatial() and not one.crs().isValid()
        ],
        "outside": [one.name() for one in stored if not one.source().startswith(home)],
        "not_ascii": [one.source() for one in stored if not one.source().split("|")[0].isascii()],
        "providers": sorted({one.providerType() for one in every}),
        "names": sorted(one.name() for one in every),
        "encodings": sorted(
            {one.dataProvider().encoding() for one in stored if one.providerType() == "ogr"}
        ),
        "without_key": [
            one.name()
            for one in stored
            if one.providerType() == "ogr" and not one.readOnly() and not one.primaryKeyAttributes()
        ],
        "actions": {
            one.name(): [
                one.customProperty("QFieldSync/action"),
                one.customProperty("QFieldSync/cloud_action"),
            ]
            for one in every
        },
        "editable": sorted(
            one.name() for one in stored if one.providerType() == "ogr" and not one.readOnly()
        ),
    }


STEPS = {step.__name__: step for step in (show, save, edit, look, add_visit, packaging)}


def main() -> None:
    from qgis.core import QgsApplication, QgsProject

    QgsApplication.setPrefixPath("/usr", True)
    app = QgsApplication([], False)
    app.initQgis()
    told = STEPS[sys.argv[1]](*sys.argv[2:])
    QgsProject.instance().clear()
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()
    app.exitQgis()


if __name__ == "__main__":
    main()
