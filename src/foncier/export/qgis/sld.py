"""Styles as SLD 1.1.0 (Symbology Encoding 1.1): what GeoServer and others read of a style of QGIS.

Made from the QML document of the style, so that both have the same classes and colours. SLD has
classes, filters, plain fills, strokes and marks, and the column of a label. It has no hatching, no
mark from afar, no expression in a property: see `docs/qgis.md`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from foncier.export.qgis.environment import settings
from foncier.export.qgis.ogc_filter import OGC, ogc_filter

if TYPE_CHECKING:
    from collections.abc import Iterator

SLD, SE = "http://www.opengis.net/sld", "http://www.opengis.net/se"
for _prefix, _space in (("sld", SLD), ("se", SE), ("ogc", OGC)):
    ET.register_namespace(_prefix, _space)
PIXEL_MM = 0.28  # of a standardised pixel (Symbology Encoding 1.1, 10.1.3)
# Marks of the standard, and their turn, for those of QGIS.
MARKS = {
    "circle": ("circle", 0),
    "diamond": ("square", 45),
    "hexagon": ("circle", 0),
    "square": ("square", 0),
    "triangle": ("triangle", 0),
}
DASHES = {"dash": (4, 2), "dot": (1, 2), "dash dot": (4, 2, 1, 2)}  # in widths of the line
OTHERWISE = "ELSE"


def sld(layer: str, style: str, qml: str) -> str:
    """SLD document of a style; empty where the style draws nothing that SLD states.

    Parameters
    ----------
    layer
        Name of the layer of the GeoPackage.
    style
        Name of the style.
    qml
        Content of the element ``qgis`` of the style: renderer and labels.
    """
    root = ET.fromstring(f"<qgis>{qml}</qgis>")  # noqa: S314 (we wrote it)
    renderer = root.find("renderer-v2")
    if renderer is None:
        return ""
    rules = list(_rules(renderer))
    if not rules:
        return ""
    rules.extend(_label(layer))
    document = ET.Element(f"{{{SLD}}}StyledLayerDescriptor", version="1.1.0")
    named = ET.SubElement(document, f"{{{SLD}}}NamedLayer")
    ET.SubElement(named, f"{{{SE}}}Name").text = layer
    user = ET.SubElement(named, f"{{{SLD}}}UserStyle")
    ET.SubElement(user, f"{{{SE}}}Name").text = style
    ET.SubElement(user, f"{{{SE}}}FeatureTypeStyle").extend(rules)
    ET.indent(document, " ")
    return ET.tostring(document, encoding="unicode", xml_declaration=False)


def _rules(renderer: ET.Element) -> Iterator[ET.Element]:
    """Rules of a renderer that draw something, in the order in which QGIS draws them."""
    symbols = {one.get("name", ""): one for one in renderer.iterfind("symbols/symbol")}
    for label, expression, symbol in _classes(renderer):
        drawn = [made for layer in symbols[symbol] for made in _symbolizers(layer)]
        if not drawn:
            continue  # hatching alone
        rule = ET.Element(f"{{{SE}}}Rule")
        if label:
            ET.SubElement(rule, f"{{{SE}}}Name").text = label
            words = ET.SubElement(rule, f"{{{SE}}}Description")
            ET.SubElement(words, f"{{{SE}}}Title").text = label
        if expression:
            condition = ogc_filter(expression)
            if condition is None:
                continue  # drawn without its filter, the class would cover the others
            rule.append(condition)
        rule.extend(drawn)
        yield rule


def _classes(renderer: ET.Element) -> Iterator[tuple[str, str, str]]:
    """Label, filter and symbol of each class; an empty filter takes every row.

    A filter states the rows that no class takes: QGIS draws the rule of an ``ElseFilter`` for every
    row.
    """
    found = list(_written(renderer))
    others = " or ".join(f"({text})" for _, text, _ in found if text not in ("", OTHERWISE))
    for label, text, symbol in found:
        yield label, (f"not ({others})" if others else "") if text == OTHERWISE else text, symbol


def _written(renderer: ET.Element) -> Iterator[tuple[str, str, str]]:
    """Label, filter and symbol of each class as the renderer writes them."""
    if renderer.get("type") == "singleSymbol":
        yield "", "", "0"
    for one in renderer.iterfind("rules/rule"):
        yield one.get("label", ""), one.get("filter", ""), one.get("symbol", "")
    for one in renderer.iterfind("categories/category"):
        value = one.get("value", "").replace("'", "''")
        condition = f"\"{renderer.get('attr')}\" = '{value}'" if value else OTHERWISE
        yield one.get("label", ""), condition, one.get("symbol", "")


def _symbolizers(layer: ET.Element) -> Iterator[ET.Element]:
    """Symbolizer of a layer of a symbol; none for hatching and for marks of polygons."""
    values = {one.get("name", ""): one.get("value", "") for one in layer.iterfind("Option/Option")}
    match layer.get("class"):
        case "SimpleFill":
            made = ET.Element(f"{{{SE}}}PolygonSymbolizer")
            if values.get("style") != "no":
                made.append(_fill(values["color"]))
            if values.get("outline_style") != "no":
                made.append(_stroke(values, "outline_"))
            if len(made):
                yield made
        case "SimpleLine":
            made = ET.Element(f"{{{SE}}}LineSymbolizer")
            made.append(_stroke(values, "line_"))
            yield made
        case "SimpleMarker":
            made = ET.Element(f"{{{SE}}}PointSymbolizer")
            made.append(_graphic(values))
            yield made


def _graphic(values: dict[str, str]) -> ET.Element:
    name, turn = MARKS[values["name"]]
    graphic = ET.Element(f"{{{SE}}}Graphic")
    mark = ET.SubElement(graphic, f"{{{SE}}}Mark")
    ET.SubElement(mark, f"{{{SE}}}WellKnownName").text = name
    mark.append(_fill(values["color"]))
    if values.get("outline_style") != "no":
        mark.append(_stroke(values, "outline_"))
    ET.SubElement(graphic, f"{{{SE}}}Size").text = _pixels(values["size"])
    if turn:
        ET.SubElement(graphic, f"{{{SE}}}Rotation").text = str(turn)
    return graphic


def _fill(colour: str) -> ET.Element:
    fill = ET.Element(f"{{{SE}}}Fill")
    _paint(fill, "fill", colour)
    return fill


def _stroke(values: dict[str, str], prefix: str) -> ET.Element:
    stroke = ET.Element(f"{{{SE}}}Stroke")
    _paint(stroke, "stroke", values[f"{prefix}color"])
    width = _pixels(values[f"{prefix}width"])
    _parameter(stroke, "stroke-width", width)
    join = values.get("joinstyle")
    if join:
        _parameter(stroke, "stroke-linejoin", join)
    dashes = DASHES.get(values.get(f"{prefix}style", ""))
    if dashes:
        _parameter(stroke, "stroke-dasharray", " ".join(f"{n * float(width):.2f}" for n in dashes))
    return stroke


def _paint(parent: ET.Element, name: str, colour: str) -> None:
    red, green, blue, opacity = (int(part) for part in colour.split(","))
    _parameter(parent, name, f"#{red:02x}{green:02x}{blue:02x}")
    if opacity < 255:
        _parameter(parent, f"{name}-opacity", f"{opacity / 255:.2f}")


def _parameter(parent: ET.Element, name: str, value: str) -> None:
    ET.SubElement(parent, f"{{{SE}}}SvgParameter", name=name).text = value


def _pixels(millimetres: str) -> str:
    """Width or size in pixels of the standard.

    Examples
    --------
    >>> _pixels("2.8")
    '10.00'
    """
    return f"{float(millimetres) / PIXEL_MM:.2f}"


def _label(layer: str) -> Iterator[ET.Element]:
    """Rule that writes a column beside each row, where ``project.toml`` names one."""
    column = settings()["sld"]["labels"].get(layer)
    if column is None:
        return
    rule = ET.Element(f"{{{SE}}}Rule")
    text = ET.SubElement(rule, f"{{{SE}}}TextSymbolizer")
    label = ET.SubElement(text, f"{{{SE}}}Label")
    ET.SubElement(label, f"{{{OGC}}}PropertyName").text = column
    font = ET.SubElement(text, f"{{{SE}}}Font")
    _parameter(font, "font-family", "Arial")
    _parameter(font, "font-size", "11")
    _parameter(font, "font-weight", "bold")
    halo = ET.SubElement(text, f"{{{SE}}}Halo")
    ET.SubElement(halo, f"{{{SE}}}Radius").text = "2"
    halo.append(_fill("255,255,255,230"))
    text.append(_fill("26,26,26,255"))
    yield rule
