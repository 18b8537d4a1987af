"""Run by the Python of QGIS, not by ours: draw one layer as it is styled, tell colours of places.

Usage: qgis_colours_script.py FILE.gpkg LAYER X,Y ...; prints a JSON list of colours, in the order
of the places, each in the layer's own system.
"""

from __future__ import annotations

import json
import sys

PIXELS = 400


def main(path: str, name: str, *places: str) -> None:
    from qgis.core import (  # type: ignore[import-not-found]
        QgsApplication,
        QgsMapRendererParallelJob,
        QgsMapSettings,
        QgsPointXY,
        QgsVectorLayer,
    )
    from qgis.PyQt.QtCore import QSize  # type: ignore[import-not-found]
    from qgis.PyQt.QtGui import QColor  # type: ignore[import-not-found]

    application = QgsApplication([], False)
    application.initQgis()
    layer = QgsVectorLayer(f"{path}|layername={name}", name, "ogr")
    layer.loadDefaultStyle()
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(layer.crs())
    settings.setBackgroundColor(QColor("white"))
    settings.setOutputSize(QSize(PIXELS, PIXELS))
    settings.setExtent(layer.extent())
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    picture, to_pixel = job.renderedImage(), settings.mapToPixel()
    found = []
    for place in places:
        at = to_pixel.transform(QgsPointXY(*map(float, place.split(","))))
        found.append(picture.pixelColor(round(at.x()), round(at.y())).name())
    print(json.dumps(found))
    del layer
    application.exitQgis()


if __name__ == "__main__":
    main(*sys.argv[1:])
