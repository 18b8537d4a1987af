"""Run by the Python of QGIS, not by ours: tell the places where the style of a layer paints.

Usage: qgis_drawn_script.py FILE.gpkg LAYER X,Y ...; prints a JSON list of true and false.
"""

from __future__ import annotations

import json
import sys

PIXELS = 120
AROUND = 40.0  # metres on each side of a place


def main(path: str, name: str, *places: str) -> None:
    from qgis.core import (  # type: ignore[import-not-found]
        QgsApplication,
        QgsMapRendererParallelJob,
        QgsMapSettings,
        QgsRectangle,
        QgsVectorLayer,
    )
    from qgis.PyQt.QtCore import QSize  # type: ignore[import-not-found]
    from qgis.PyQt.QtGui import QColor  # type: ignore[import-not-found]

    application = QgsApplication([], False)
    application.initQgis()
    layer = QgsVectorLayer(f"{path}|layername={name}", name, "ogr")
    layer.loadDefaultStyle()
    layer.setLabelsEnabled(False)
    found = []
    for place in places:
        x, y = map(float, place.split(","))
        settings = QgsMapSettings()
        settings.setLayers([layer])
        settings.setDestinationCrs(layer.crs())
        settings.setBackgroundColor(QColor("white"))
        settings.setOutputSize(QSize(PIXELS, PIXELS))
        settings.setExtent(QgsRectangle(x - AROUND, y - AROUND, x + AROUND, y + AROUND))
        job = QgsMapRendererParallelJob(settings)
        job.start()
        job.waitForFinished()
        picture = job.renderedImage()
        white = picture.copy()
        white.fill(QColor("white"))
        found.append(picture != white)
    print(json.dumps(found))
    del layer
    application.exitQgis()


if __name__ == "__main__":
    main(*sys.argv[1:])
