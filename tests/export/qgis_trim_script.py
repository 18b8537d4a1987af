"""Run by the Python of QGIS, not by ours: cut what has a default out of a style or layout.

Usage: qgis_trim_script.py TEMPLATES FILE...; each FILE is a .qml or .qpt that QGIS saved, and is
rewritten. An element or an attribute goes when QGIS saves the same without it. What the templates
of the folder TEMPLATES write out (colours, widths, sizes) stays, default or not, to be read.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Callable

GEOMETRIES = {"0": "Point", "1": "MultiLineString", "2": "MultiPolygon"}
VERSION = "3.22.0"  # the oldest QGIS that reads the templates
DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
FIRST = ("type", "class", "name", "id", "attr", "value", "label", "key", "filter", "symbol")


def written(folder: Path) -> set[tuple[str, str]]:
    """Elements with an attribute, and options by name, that the templates write out."""
    found = set()
    for path in (*folder.glob("*.qml"), folder / "layout_a3.qpt"):
        if path.suffix == ".qml" and "{" in path.read_text("utf-8"):
            continue  # what is filled in is written out for a reason of its own
        for element in ET.parse(path).iter():  # noqa: S314 (ours)
            found |= {(element.tag, name) for name in element.attrib}
            found.add((element.tag, f"={element.get('name')}"))
    return found


def style_reader(root: ET.Element) -> Callable[[ET.Element], str]:
    """Give what QGIS saves of a style that it has read."""
    from qgis.core import (  # type: ignore[import-not-found]
        QgsMapLayer,
        QgsMapLayerStyle,
        QgsReadWriteContext,
        QgsVectorLayer,
    )
    from qgis.PyQt.QtXml import QDomDocument  # type: ignore[import-not-found]

    geometry = GEOMETRIES[root.findtext("layerGeometryType", "2")]
    layer = QgsVectorLayer(f"{geometry}?crs=EPSG:2154&field=name:string", "trimmed", "memory")
    fresh = QgsMapLayerStyle()
    fresh.readFromLayer(layer)
    categories = QgsMapLayer.StyleCategories(
        QgsMapLayer.Symbology | QgsMapLayer.Labeling | QgsMapLayer.Rendering
    )

    def read(style: ET.Element) -> str:
        fresh.writeToLayer(layer)
        document, saved = QDomDocument(), QDomDocument()
        document.setContent(ET.tostring(style, encoding="unicode"))
        layer.importNamedStyle(document)
        layer.exportNamedStyle(saved, QgsReadWriteContext(), categories)
        return ET.canonicalize(saved.toString())

    return read


def layout_reader(_: ET.Element) -> Callable[[ET.Element], str]:
    """Give what QGIS saves of a layout that it has read, its random identifiers numbered."""
    from qgis.core import QgsPrintLayout, QgsProject, QgsReadWriteContext
    from qgis.PyQt.QtXml import QDomDocument

    def read(layout: ET.Element) -> str:
        opened = QgsPrintLayout(QgsProject.instance())
        document, saved = QDomDocument(), QDomDocument()
        document.setContent(ET.tostring(layout, encoding="unicode"))
        opened.loadFromTemplate(document, QgsReadWriteContext(), True)
        saved.appendChild(opened.writeXml(saved, QgsReadWriteContext()))
        root = ET.fromstring(saved.toString())  # noqa: S314 (QGIS wrote it)
        items = sorted(root.findall("LayoutItem"), key=lambda item: item.get("id", ""))
        text = "\n".join(ET.tostring(part, encoding="unicode") for part in (*items, *root))
        known: dict[str, str] = {}
        return re.sub(
            r"\{[0-9a-f-]{36}\}", lambda m: known.setdefault(m[0], f"id{len(known)}"), text
        )

    return read


def trim(root: ET.Element, read: Callable[[ET.Element], str], kept: set[tuple[str, str]]) -> None:
    """Remove what QGIS does without, from the root to the leaves."""
    wanted = read(root)

    def stays(element: ET.Element) -> bool:
        if element.tag == "Option":
            return len(element) == 0 and ("Option", f"={element.get('name')}") in kept
        return any((element.tag, name) in kept for name in element.attrib)

    def walk(parent: ET.Element) -> None:
        for child in list(parent):
            if not stays(child):
                place = list(parent).index(child)
                parent.remove(child)
                if read(root) == wanted:
                    continue
                parent.insert(place, child)
            for name in [n for n in child.attrib if (child.tag, n) not in kept]:
                value = child.attrib.pop(name)
                if read(root) != wanted:
                    child.set(name, value)
            walk(child)

    for parent in list(root.iter()):
        for old in parent.findall("prop"):  # the options again, for QGIS 3.16
            parent.remove(old)
    walk(root)
    for name in [n for n in root.attrib if (root.tag, n) not in kept]:
        del root.attrib[name]


def tidy(element: ET.Element) -> None:
    """Order attributes as a person reads them, and shorten numbers."""
    attributes = dict(element.attrib)
    element.attrib.clear()
    for name in sorted(attributes, key=lambda n: (FIRST.index(n) if n in FIRST else 99, n)):
        value = attributes[name]
        element.set(name, f"{float(value):g}" if re.fullmatch(r"\d\.\d{10,}", value) else value)
    element.text = element.text if element.text and element.text.strip() else None
    for child in element:
        tidy(child)


def main(templates: str, *paths: str) -> None:
    from qgis.core import QgsApplication

    app: Any = QgsApplication([], True)
    app.initQgis()
    kept = written(Path(templates))
    for path in map(Path, paths):
        root = ET.parse(path).getroot()  # noqa: S314 (QGIS wrote it)
        style = root.tag == "qgis"
        trim(root, style_reader(root) if style else layout_reader(root), kept)
        if style:
            root.set("version", VERSION)
        tidy(root)
        ET.indent(root, " ")
        text = f"{DOCTYPE * style}{ET.tostring(root, encoding='unicode')}\n"
        path.write_text(text, encoding="utf-8")
    app.exitQgis()


if __name__ == "__main__":
    main(*sys.argv[1:])
