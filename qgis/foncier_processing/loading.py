"""Load a result into QGIS, with the project that its GeoPackage holds."""

from pathlib import Path

from qgis.core import QgsProject

NAME = "foncier"


def load(folder):
    """Open the project of a result; beside the layers that are there, add its layers as a group."""
    current = QgsProject.instance()
    for file in sorted(Path(folder).glob("opportunites*.gpkg")):
        address = f"geopackage:{file}?projectName={NAME}"
        if not current.mapLayers():
            current.read(address)
            continue
        other = QgsProject()
        if other.read(address):
            _add(other, current)


def _add(other, current):
    group = current.layerTreeRoot().insertGroup(0, other.title() or NAME)
    for part in other.layerTreeRoot().findGroups():
        copies = group.addGroup(part.name())
        copies.setItemVisibilityChecked(part.itemVisibilityChecked())
        for node in part.findLayers():
            if node.layer() is None:
                continue
            layer = node.layer().clone()
            current.addMapLayer(layer, False)
            copies.addLayer(layer).setItemVisibilityChecked(node.itemVisibilityChecked())
