"""Run by the Python of QGIS, not by ours: open a project that a PostGIS database holds.

Usage: qgis_postgis_script.py ADDRESS TITLE; prints JSON.
"""

from __future__ import annotations

import json
import re
import sys
from typing import Any


def rows_of(layers: list[Any]) -> dict[str, int]:
    """Rows by table: those of the layer itself, not of a view by kind."""
    found: dict[str, int] = {}
    for layer in layers:
        table = re.search(r'table="[^"]*"\."([^"]*)"', layer.source())
        name = table.group(1) if table else layer.source()
        found[name] = max(found.get(name, 0), layer.featureCount())
    return found


def main(address: str, title: str) -> None:
    from qgis.core import (  # type: ignore[import-not-found]
        QgsApplication,
        QgsProject,
        QgsVectorLayer,
    )

    application = QgsApplication([], False)
    application.initQgis()
    storage = application.projectStorageRegistry().projectStorageFromType("postgresql")
    project = QgsProject.instance()
    read = project.read(f"{address}&project={title}")
    # Base maps are tiles of the network.
    layers = [x for x in project.mapLayers().values() if x.providerType() != "wms"]
    styled = {}
    for layer in layers:
        table = re.search(r'table="[^"]*"\."([^"]*)"', layer.source())
        if table and table.group(1) == "opportunites":
            alone = QgsVectorLayer(layer.source(), "alone", "postgres")
            styled["opportunites"] = alone.listStylesInDatabase()[1] != []
    print(
        json.dumps(
            {
                "read": read,
                "error": project.error(),
                "projects": sorted(storage.listProjects(address)),
                "invalid": [layer.name() for layer in layers if not layer.isValid()],
                "rows": rows_of(layers),
                "styled": styled,
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
