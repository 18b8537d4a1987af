"""Styles of each layer of the GeoPackage, in QML that QGIS 3.22 and later read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from foncier.export import words
from foncier.export.qgis import renderers, symbols

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foncier.model import Localized
    from foncier.results.layers import Layer
    from foncier.schemas import Column

QGIS = "3.22.0"
DARKEN = "5"  # QgsPainting::BlendDarken
DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
# From afar the rank alone, close by the name too.
NEAR = 6_000
RANK_AND_NAME = (
    f"if(@map_scale > {NEAR}, coalesce(to_string(to_int(\"rank\")), '–'), "
    "concat(if(\"rank\" is null, '', concat(to_int(\"rank\"), '. ')), "
    'coalesce("name", "opportunity_id")))'
)


@dataclass(frozen=True)
class Style:
    """One style of a layer: the name under which QGIS lists it, and its QML."""

    name: str
    qml: str


def styles(layer: Layer, *, rules: Mapping[str, Localized], lang: str) -> tuple[Style, ...]:
    """Styles of a layer, the default one first.

    Parameters
    ----------
    layer
        One layer of the GeoPackage; a table without geometry has one style: aliases and lists.
    rules
        Words of the rules of the funnel by their name, in its order.
    lang
        Language of legends and aliases, ``fr`` or ``en``.
    """
    if not layer.shape:
        return (Style(layer.title[lang][:30], _document(None, layer, lang)),)
    found = renderers.looks(layer, rules=rules, lang=lang)
    return tuple(Style(name, _document(drawn, layer, lang)) for name, drawn in found.items())


def pieces(root: Element, layer: Layer, renderer: Element | None, lang: str) -> None:
    """Add to a QML document, or to a layer of a project, all that makes a style."""
    if renderer is not None:
        root.append(renderer)
        _overlaid(root, layer)
        label = _label(layer)
        if label is not None:
            root.set("labelsEnabled", "1")
            root.append(label)
    _fields(root, layer, lang)


def _document(renderer: Element | None, layer: Layer, lang: str) -> str:
    root = Element("qgis", {"version": QGIS, "styleCategories": "AllStyleCategories"})
    pieces(root, layer, renderer, lang)
    indent(root, " ")
    return f"{DOCTYPE}\n{tostring(root, encoding='unicode')}\n"


def _overlaid(root: Element, layer: Layer) -> None:
    """Let the darker of two features show, and the layers below, where a layer's look says so."""
    opacity = renderers.OVERLAID.get(layer.name)
    if opacity is not None:
        SubElement(root, "featureBlendMode").text = DARKEN
        SubElement(root, "layerOpacity").text = str(opacity)


def _label(layer: Layer) -> Element | None:
    if any(column.name == "rank" for column in layer.columns):
        return symbols.labelling(RANK_AND_NAME, size=8, below_scale=20_000, bold=True)
    if layer.name == "etapes":
        expression = 'concat("order", \'. \', "name")'
        return symbols.labelling(expression, size=8, below_scale=25_000)
    if layer.name == "lieux":
        return symbols.labelling('"name"', size=8, below_scale=10_000)
    if layer.name == "quartiers":
        expression = (
            'if("kind" = \'toutes\', concat(coalesce("name", "quarter_id"), \'\\n\', '
            "format_number(\"area_m2\" / 10000, 1), ' ha'), '')"
        )
        return symbols.labelling(expression, size=8, below_scale=50_000)
    if layer.name == "voies":
        return symbols.labelling('"name"', size=6, below_scale=4_000)
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
