"""Run by the Python of QGIS, not by ours: save the styles of a project as QGIS writes them.

Usage: qgis_styles_script.py FILE.gpkg FOLDER; writes LAYER.STYLE.qml with the categories that a
template holds.
"""

from __future__ import annotations

import sys


def main(path: str, folder: str) -> None:
    from qgis.core import (  # type: ignore[import-not-found]
        QgsApplication,
        QgsMapLayer,
        QgsProject,
    )

    QgsApplication.setPrefixPath("/usr", True)
    app = QgsApplication([], False)
    app.initQgis()
    project = QgsProject.instance()
    assert project.read(f"geopackage:{path}?projectName=foncier")
    categories = QgsMapLayer.StyleCategories(
        QgsMapLayer.Symbology | QgsMapLayer.Labeling | QgsMapLayer.Rendering
    )
    for layer in project.mapLayers().values():
        manager, name = layer.styleManager(), layer.id().removeprefix("foncier_layer_")
        for style in manager.styles():
            manager.setCurrentStyle(style)
            layer.saveNamedStyle(f"{folder}/{name}.{style}.qml", categories=categories)
    project.clear()
    app.exitQgis()


if __name__ == "__main__":
    main(*sys.argv[1:])
