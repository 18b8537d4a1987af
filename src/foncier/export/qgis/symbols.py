"""Pieces of QML, the style language of QGIS: symbols, labels and scales, as XML elements."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement

MM = "MM"
Properties = dict[str, str]


def rgba(colour: str, opacity: float = 1.0) -> str:
    """Colour as QGIS writes it.

    Examples
    --------
    >>> rgba("#D55E00", 0.5)
    '213,94,0,128'
    """
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"{red},{green},{blue},{round(opacity * 255)}"


def fill(colour: str, *, opacity: float = 1.0, outline: str = "", width: float = 0.2) -> Element:
    """Plain fill, with an outline in millimetres when a colour is given for it."""
    return _symbol(
        "fill",
        (
            "SimpleFill",
            {
                "color": rgba(colour, opacity),
                "style": "solid",
                "joinstyle": "bevel",
                "outline_color": rgba(outline or colour),
                "outline_width": f"{width}",
                "outline_width_unit": MM,
                "outline_style": "solid" if outline else "no",
            },
        ),
    )


def line(colour: str, *, width: float, dashed: bool = False, casing: str = "#FFFFFF") -> Element:
    """Line on a paler casing, so that it reads on any ground; widths in millimetres.

    Without a colour for the casing there is none.
    """
    under = [_stroke(casing, width + 0.8, "solid")] if casing else []
    return _symbol("line", *under, _stroke(colour, width, "dash" if dashed else "solid"))


def marker(shape: str, colour: str, *, size: float, outline: str = "#FFFFFF") -> Element:
    """Point of a shape (circle, square, diamond, triangle), size in millimetres."""
    return _symbol(
        "marker",
        (
            "SimpleMarker",
            {
                "name": shape,
                "color": rgba(colour),
                "size": f"{size}",
                "size_unit": MM,
                "outline_color": rgba(outline),
                "outline_style": "solid",
                "outline_width": "0.3",
                "outline_width_unit": MM,
            },
        ),
    )


def single(symbol: Element) -> Element:
    """Renderer that draws every row alike."""
    renderer = Element("renderer-v2", {"type": "singleSymbol", "symbollevels": "0"})
    symbols = SubElement(renderer, "symbols")
    symbol.set("name", "0")
    symbols.append(symbol)
    return renderer


def categorised(column: str, classes: list[tuple[str, str, Element]]) -> Element:
    """Renderer by the values of a column: (value, words, symbol), in the order of the legend."""
    renderer = Element(
        "renderer-v2", {"type": "categorizedSymbol", "attr": column, "symbollevels": "0"}
    )
    categories = SubElement(renderer, "categories")
    symbols = SubElement(renderer, "symbols")
    for i, (value, words, symbol) in enumerate(classes):
        SubElement(
            categories,
            "category",
            {"value": value, "type": "string", "label": words, "symbol": str(i), "render": "true"},
        )
        symbol.set("name", str(i))
        symbols.append(symbol)
    return renderer


def ruled(classes: list[tuple[str, str, Element]]) -> Element:
    """Renderer by conditions: (expression, words, symbol); a row may meet one only, or none."""
    renderer = Element("renderer-v2", {"type": "RuleRenderer", "symbollevels": "0"})
    rules = SubElement(renderer, "rules", {"key": "root"})
    symbols = SubElement(renderer, "symbols")
    for i, (expression, words, symbol) in enumerate(classes):
        SubElement(
            rules,
            "rule",
            {"key": f"rule{i}", "filter": expression, "label": words, "symbol": str(i)},
        )
        symbol.set("name", str(i))
        symbols.append(symbol)
    return renderer


def text_style(expression: str, *, size: float, bold: bool = False) -> Element:
    """Font in points; the expression gives the text of a label, where there is one."""
    return Element(
        "text-style",
        {
            "fieldName": expression,
            "isExpression": "1",
            "fontFamily": "Arial",
            "fontSize": f"{size}",
            "fontSizeUnit": "Point",
            "fontWeight": "75" if bold else "50",
            "textColor": rgba("#1A1A1A"),
            "textOpacity": "1",
            "namedStyle": "",
        },
    )


def labelling(expression: str, *, size: float, below_scale: int, bold: bool = False) -> Element:
    """Labels in points with a white halo, shown at 1:``below_scale`` and closer."""
    node = Element("labeling", {"type": "simple"})
    settings = SubElement(node, "settings", {"calloutType": "simple"})
    style = text_style(expression, size=size, bold=bold)
    settings.append(style)
    SubElement(
        style,
        "text-buffer",
        {
            "bufferDraw": "1",
            "bufferSize": "0.8",
            "bufferSizeUnits": MM,
            "bufferColor": rgba("#FFFFFF"),
            "bufferOpacity": "0.9",
        },
    )
    SubElement(settings, "text-format", {"wrapChar": "", "autoWrapLength": "24"})
    SubElement(
        settings,
        "placement",
        {
            "placement": "0",
            "dist": "1.5",
            "distUnits": MM,
            "priority": "7",
            "centroidInside": "1",
            "centroidWhole": "1",
        },
    )
    SubElement(
        settings,
        "rendering",
        {
            "scaleVisibility": "1",
            "scaleMin": "0",
            "scaleMax": str(below_scale),
            "drawLabels": "1",
            "obstacle": "1",
            "zIndex": "1" if bold else "0",
        },
    )
    return node


def _stroke(colour: str, width: float, style: str) -> tuple[str, Properties]:
    return "SimpleLine", {
        "line_color": rgba(colour),
        "line_width": f"{width:.2g}",
        "line_width_unit": MM,
        "line_style": style,
        "capstyle": "flat" if style == "dash" else "round",
        "joinstyle": "round",
    }


def _symbol(kind: str, *strata: tuple[str, Properties]) -> Element:
    symbol = Element(
        "symbol", {"type": kind, "name": "0", "alpha": "1", "clip_to_extent": "1", "force_rhr": "0"}
    )
    for name, properties in strata:
        layer = SubElement(
            symbol,
            "layer",
            {"class": name, "enabled": "1", "locked": "0", "pass": "0"},  # nosec B105
        )
        options = SubElement(layer, "Option", {"type": "Map"})
        for key, value in properties.items():
            SubElement(options, "Option", {"name": key, "value": value, "type": "QString"})
    return symbol
