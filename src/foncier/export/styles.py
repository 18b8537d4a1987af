"""Style of each layer of the GeoPackage, in QML that QGIS 3.22 and later read."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from foncier.export import palette, symbols, words

if TYPE_CHECKING:
    from foncier.export.layers import Layer
    from foncier.tables import Column

QGIS = "3.22.0"
INK = "#1A1A1A"
GREY = "#BDBDBD"
PALE = "#E3E3E3"
TOGETHER = "#B8860B"  # apart from the colours of the kinds: an assembly is no opportunity yet
# Shape, colour, size in millimetres, outline.
MARKERS = {
    "acces": ("circle", INK, 1.6, "#FFFFFF"),
    "etapes": ("diamond", "#FFFFFF", 3.2, INK),
    "lieux": ("square", "#595959", 2.4, "#FFFFFF"),
}
RANK_AND_NAME = (
    "concat(if(\"rank\" is null, '', concat(to_int(\"rank\"), '. ')), "
    'coalesce("name", "opportunity_id"))'
)


def qml(layer: Layer, *, lang: str) -> str:
    """Style of a layer as QML: symbols, labels, column aliases and lists of values.

    Parameters
    ----------
    layer
        One layer of the GeoPackage; a table without geometry has aliases and lists only.
    lang
        Language of the legend and of the aliases, ``fr`` or ``en``.

    Returns
    -------
    A QML document, the same for the same layer.
    """
    root = Element("qgis", {"version": QGIS, "styleCategories": "AllStyleCategories"})
    if layer.shape:
        root.append(_renderer(layer, lang))
        label = _label(layer)
        if label is not None:
            root.set("labelsEnabled", "1")
            root.append(label)
    _fields(root, layer, lang)
    indent(root, " ")
    doctype = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
    return f"{doctype}\n{tostring(root, encoding='unicode')}\n"


def _renderer(layer: Layer, lang: str) -> Element:
    if layer.name == "opportunites":
        return symbols.categorised(
            "kind",
            [
                (kind, words.VALUES[kind][lang],
                 symbols.fill(colour, opacity=0.6, outline=colour, width=0.5))
                for kind, colour in palette.KINDS.items()
            ],
        )  # fmt: skip
    if layer.name == "parcelles_ecartees":
        return symbols.single(symbols.fill(PALE, opacity=0.5, outline=GREY, width=0.1))
    if layer.name == "assemblages":
        return symbols.single(symbols.fill(TOGETHER, opacity=0.25, outline=TOGETHER, width=0.5))
    if layer.name == "batiments":
        return symbols.single(symbols.fill(GREY))
    if layer.shape == "MultiLineString":
        loop = layer.name == "boucle"
        return symbols.single(symbols.line(INK, width=0.6 if loop else 1.0, dashed=loop))
    shape, colour, size, outline = MARKERS[layer.name]
    return symbols.single(symbols.marker(shape, colour, size=size, outline=outline))


def _label(layer: Layer) -> Element | None:
    if layer.name == "opportunites":
        return symbols.labelling(RANK_AND_NAME, size=9, below_scale=25_000, bold=True)
    if layer.name == "etapes":
        expression = 'concat("order", \'. \', "name")'
        return symbols.labelling(expression, size=8, below_scale=25_000)
    if layer.name == "lieux":
        return symbols.labelling('"name"', size=8, below_scale=10_000)
    return None


def _fields(root: Element, layer: Layer, lang: str) -> None:
    """Aliases of the columns and lists of their coded values, in the order of the file."""
    configuration = SubElement(root, "fieldConfiguration")
    aliases = SubElement(root, "aliases")
    SubElement(aliases, "alias", {"field": "fid", "index": "0", "name": ""})
    for i, column in enumerate(layer.columns, start=1):
        alias = {"field": column.name, "index": str(i), "name": words.label(column, lang)}
        SubElement(aliases, "alias", alias)
        if column.values:
            field = SubElement(configuration, "field", {"name": column.name})
            field.append(_value_map(column, lang))
    preview = "name" if any(c.name == "name" for c in layer.columns) else layer.columns[0].name
    SubElement(root, "previewExpression").text = f'"{preview}"'


def _value_map(column: Column, lang: str) -> Element:
    widget = Element("editWidget", {"type": "ValueMap"})
    config = SubElement(SubElement(widget, "config"), "Option", {"type": "Map"})
    listed = SubElement(config, "Option", {"name": "map", "type": "List"})
    for value, text in words.value_words(column, lang).items():
        one = SubElement(listed, "Option", {"type": "Map"})
        SubElement(one, "Option", {"name": text, "type": "QString", "value": value})
    return widget
