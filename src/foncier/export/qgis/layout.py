"""The A3 landscape print layout of the QGIS project: title, map, legend, scale, north, sources."""

from __future__ import annotations

import base64
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement

from foncier.export import words
from foncier.export.qgis import symbols
from foncier.model import Localized

if TYPE_CHECKING:
    from foncier.model import LayerReport, ResultTables

Bounds = tuple[float, float, float, float]
PAPER = (420.0, 297.0)  # millimetres: A3 landscape
MAP = (10.0, 26.0, 296.0, 255.0)  # x, y, width, height
SIDE = (312.0, 98.0)  # x and width of the column at the right of the map
FONT = "Arial"  # QGIS takes the nearest font where it is not there
SCALES = tuple(m * 10**e for e in range(2, 6) for m in (1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 7.5))
SEGMENTS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 5000, 10000)
SEGMENT_MM = 30.0  # longest segment of the scale bar
ROOM = 1.03  # the map goes a little beyond the study area
TYPES = {
    "page": 65638,
    "map": 65639,
    "picture": 65640,
    "label": 65641,
    "legend": 65642,
    "scalebar": 65646,
}
INK = {"red": "26", "green": "26", "blue": "26", "alpha": "255"}
WHITE = {"red": "255", "green": "255", "blue": "255", "alpha": "255"}
LEFT, CENTRE, RIGHT = 1, 4, 2
NORTH = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 56">'
    '<path d="M20 14 33 54 20 44 7 54Z" fill="#fff" stroke="#1a1a1a" stroke-width="1.5"/>'
    '<path d="M20 14 20 44 7 54Z" fill="#1a1a1a"/>'
    '<path d="M15 11V1L25 11V1" fill="none" stroke="#1a1a1a" stroke-width="2"/></svg>'
)
NAME = Localized("Carte A3 paysage", "A3 landscape map")
LEGEND = Localized("Légende", "Legend")
SOURCES = Localized("Sources", "Sources")
CAUTION = Localized(
    "Carte indicative établie par foncier à partir de données ouvertes. Une opportunité est une "
    "piste à vérifier sur le terrain, jamais la preuve qu'un terrain est à vendre ou un local "
    "vacant.",
    "Indicative map made by foncier from open data. An opportunity is a lead to be checked on the "
    "ground, never proof that a plot is for sale or premises vacant.",
)
UNDATED = Localized("sans date", "undated")


@dataclass(frozen=True)
class Frame:
    """What the map of the layout shows: extent in metres, scale 1:n, metres a segment."""

    extent: Bounds
    scale: float
    segment_m: int


def frame(bounds: Bounds) -> Frame:
    """Extent of the map around bounds in metres, at the largest round scale that holds them.

    Examples
    --------
    >>> frame((0, 0, 1000, 1000)).scale, frame((0, 0, 1000, 1000)).segment_m
    (5000.0, 100)
    """
    west, south, east, north = bounds
    needed = max((east - west) * ROOM / MAP[2], (north - south) * ROOM / MAP[3]) * 1000
    scale = float(next((s for s in SCALES if s >= needed), needed))
    half_x, half_y = MAP[2] * scale / 2000, MAP[3] * scale / 2000
    x, y = (west + east) / 2, (south + north) / 2
    fitting = [s for s in SEGMENTS if s * 1000 / scale <= SEGMENT_MM]
    return Frame((x - half_x, y - half_y, x + half_x, y + half_y), scale, (fitting or [1])[-1])


def corners(extent: Bounds) -> dict[str, str]:
    """Bounds by the names that QGIS gives them."""
    return {
        name: f"{value:.3f}"
        for name, value in zip(("xmin", "ymin", "xmax", "ymax"), extent, strict=True)
    }


def a3(
    result: ResultTables, shown: Frame, *, layers: Element, theme: Localized, lang: str
) -> Element:
    """Print layout as XML.

    Parameters
    ----------
    result
        Title, date, sources and the mark of fictional data.
    shown
        Extent and scale, as `frame` gives them.
    layers
        Layer tree of the legend.
    theme
        The theme that the map follows.
    lang
        ``fr`` or ``en``.
    """
    root = Element(
        "Layout", {"name": NAME[lang], "units": "mm", "printResolution": "300", "worldFileMap": ""}
    )
    pages = SubElement(root, "PageCollection")
    paper = symbols.fill("#FFFFFF")
    pages.append(paper)
    page = _item("page", "page", (0, 0, *PAPER))
    page.append(symbols.fill("#FFFFFF"))
    pages.append(page)
    # The first item of the list is on top.
    items = [
        _north(),
        _scalebar(shown, lang),
        *_texts(result, shown, lang),
        _legend(layers, lang),
        _map(shown, theme, lang),
    ]
    for place, item in enumerate(items):
        item.set("zValue", str(len(items) - place))
        root.append(item)
    SubElement(root, "customproperties")
    SubElement(root, "Atlas", {"enabled": "0"})
    return root


def credits_of(result: ResultTables, lang: str) -> str:
    """Sources with their licence and their date, each once, then the credits."""
    lines = dict.fromkeys(filter(None, (_credit(report, lang) for report in result.reports)))
    return "\n".join([*lines, *(credit for credit in result.credits if credit not in lines)])


def _credit(report: LayerReport, lang: str) -> str:
    known = [report.licence, day(report.vintage, lang) if report.vintage else ""]
    told = ", ".join(filter(None, known))
    return f"{report.source} – {told}" if report.source and told else report.source


def day(date: object, lang: str) -> str:
    """Date as a reader writes it: day/month/year in French, ISO in English.

    Examples
    --------
    >>> import datetime
    >>> day(datetime.date(2026, 1, 15), "fr")
    '15/01/2026'
    """
    iso = str(date)
    return "/".join(reversed(iso.split("-"))) if lang == "fr" else iso


def _texts(result: ResultTables, shown: Frame, lang: str) -> list[Element]:
    colon = "\u00a0:" if lang == "fr" else ":"
    date = day(result.edition, lang) if result.edition else UNDATED[lang]
    edition = f"{'Édition' if lang == 'fr' else 'Edition'}{colon} {date}"
    thousands = "\u202f" if lang == "fr" else ","
    scale = f"1:{shown.scale:,.0f}".replace(",", thousands)
    crs = result.candidates.crs
    under = f"{edition}   ·   {scale} (A3)   ·   {crs.name}"
    x, width = SIDE
    texts = [
        _label("title", result.title, (10, 7, 296, 10), size=17, bold=True),
        _label("under", under, (10, 17, 296, 7), size=9),
        _label("sources-title", SOURCES[lang], (x, 192, width, 6), size=10, bold=True),
        _label("sources", credits_of(result, lang), (x, 198, width, 56), size=7, top=True),
        _label("caution", CAUTION[lang], (10, 283, 400, 8), size=8, grey=True),
    ]
    if result.demo:
        texts.append(
            _label(
                "demo",
                words.FICTIONAL[lang],
                (x, 8, width, 13),
                size=15,
                bold=True,
                align=CENTRE,
                ground="#B00020",
            )
        )
    return texts


def _map(shown: Frame, theme: Localized, lang: str) -> Element:
    item = _item("map", "map", MAP, framed=True)
    for name, value in (
        ("followPreset", "true"),
        ("followPresetName", theme[lang]),
        ("mapRotation", "0"),
        ("keepLayerSet", "false"),
        ("drawCanvasItems", "true"),
        ("mapFlags", "0"),
    ):
        item.set(name, value)
    SubElement(item, "Extent", corners(shown.extent))
    SubElement(item, "LayerSet")
    return item


def _legend(layers: Element, lang: str) -> Element:
    x, width = SIDE
    item = _item("legend", "legend", (x, MAP[1], width, 160))
    for name, value in (
        ("title", LEGEND[lang]),
        ("map_uuid", _uuid("map")),
        ("resizeToContents", "1"),
        ("columnCount", "1"),
        ("splitLayer", "0"),
        ("symbolWidth", "7"),
        ("symbolHeight", "4"),
        ("boxSpace", "0"),
        ("columnSpace", "2"),
        ("wrapChar", ""),
        ("fontColor", "#1a1a1a"),
        ("symbolAlignment", "1"),
        ("titleAlignment", "1"),
        ("equalColumnWidth", "0"),
        ("lineSpacing", "1"),
        ("rasterBorder", "0"),
        ("legendFilterByAtlas", "0"),
        ("wmsLegendWidth", "50"),
        ("wmsLegendHeight", "25"),
        ("rasterBorderWidth", "0"),
        ("rasterBorderColor", "0,0,0,255"),
        ("maxSymbolSize", "0"),
        ("minSymbolSize", "0"),
    ):
        item.set(name, value)
    item.append(_legend_fonts())
    item.append(layers)
    return item


def _legend_fonts() -> Element:
    styles = Element("styles")
    for name, size, weight, above in (
        ("title", 13, 75, 0),
        ("group", 11, 75, 3),
        ("subgroup", 10, 75, 2.5),
        ("symbol", 9, 50, 1.5),
        ("symbolLabel", 9, 50, 1.5),
    ):
        style = SubElement(
            styles,
            "style",
            {
                "name": name,
                "alignment": "1",
                "indent": "0",
                "marginTop": str(above),
                "marginBottom": "2" if not above else "0",
                "marginLeft": "2" if name == "symbolLabel" else "0",
            },
        )
        SubElement(style, "styleFont", _font(size, weight))
    return styles


def _scalebar(shown: Frame, lang: str) -> Element:
    item = _item("scalebar", "scalebar", (SIDE[0], 262, SIDE[1], 15))
    for name, value in (
        ("style", "Single Box"),
        ("mapUuid", _uuid("map")),
        ("unitType", "meters"),
        ("unitLabel", "m"),
        ("numUnitsPerSegment", str(shown.segment_m)),
        ("numSegments", "2"),
        ("numSegmentsLeft", "0"),
        ("numMapUnitsPerScaleBarUnit", "1"),
        ("height", "2.5"),
        ("segmentSizeMode", "0"),
        ("labelBarSpace", "1.5"),
        ("boxContentSpace", "0"),
        ("alignment", "0"),
        ("minBarWidth", "50"),
        ("maxBarWidth", "150"),
        ("outlineWidth", "0.3"),
        ("segmentMillimeters", "0"),
        ("labelHorizontalPlacement", "0"),
        ("labelVerticalPlacement", "0"),
        ("subdivisionsHeight", "1.5"),
        ("numSubdivisions", "1"),
    ):
        item.set(name, value)
    item.append(symbols.text_style("", size=9))
    number = SubElement(item, "numericFormat", {"id": "basic"})
    options = SubElement(number, "Option", {"type": "Map"})
    separator = {
        "name": "thousand_separator",
        "type": "QChar",
        "value": "\u202f" if lang == "fr" else ",",
    }
    SubElement(options, "Option", {"name": "decimals", "type": "int", "value": "0"})
    SubElement(
        options, "Option", {"name": "show_thousand_separator", "type": "bool", "value": "true"}
    )
    SubElement(options, "Option", separator)
    for name, symbol in (
        ("lineSymbol", symbols.line("#1A1A1A", width=0.3, casing="")),
        ("divisionLineSymbol", symbols.line("#1A1A1A", width=0.3, casing="")),
        ("subdivisionLineSymbol", symbols.line("#1A1A1A", width=0.3, casing="")),
        ("fillSymbol1", symbols.fill("#1A1A1A")),
        ("fillSymbol2", symbols.fill("#FFFFFF")),
    ):
        SubElement(item, name).append(symbol)
    return item


def _north() -> Element:
    item = _item("picture", "north", (MAP[0] + MAP[2] - 15, MAP[1] + 3, 12, 17))
    coded = base64.b64encode(NORTH.encode()).decode("ascii")
    for name, value in (
        ("file", f"base64:{coded}"),
        ("mapUuid", _uuid("map")),
        ("northMode", "0"),
        ("northOffset", "0"),
        ("pictureRotation", "0"),
        ("resizeMode", "0"),
        ("anchorPoint", "4"),
        ("mode", "0"),
        ("svgFillColor", "255,255,255,255"),
        ("svgBorderColor", "0,0,0,255"),
        ("svgBorderWidth", "0.2"),
    ):
        item.set(name, value)
    return item


def _label(
    name: str,
    text: str,
    place: Bounds,
    *,
    size: float,
    bold: bool = False,
    align: int = LEFT,
    top: bool = False,
    grey: bool = False,
    ground: str = "",
) -> Element:
    item = _item("label", name, place, ground=ground)
    # QGIS runs what stands between [% and %]: a title from a study is only text.
    item.set("labelText", text.replace("[%", "[\u200b%"))
    item.set("htmlState", "0")
    item.set("halign", str(align))
    item.set("valign", "32" if top else "128")
    item.set("marginX", "0")
    item.set("marginY", "0")
    SubElement(item, "LabelFont", _font(size, 75 if bold else 50))
    shade = "90" if grey else "26"
    colour = WHITE if ground else {"red": shade, "green": shade, "blue": shade, "alpha": "255"}
    SubElement(item, "FontColor", colour)
    return item


def _item(
    kind: str, name: str, place: Bounds, *, framed: bool = False, ground: str = ""
) -> Element:
    x, y, width, height = place
    position = f"{x:g},{y:g},mm"
    item = Element(
        "LayoutItem",
        {
            "type": str(TYPES[kind]),
            "id": name,
            "uuid": _uuid(name),
            "templateUuid": _uuid(name),
            "position": position,
            "positionOnPage": position,
            "size": f"{width:g},{height:g},mm",
            "referencePoint": "0",
            "itemRotation": "0",
            "opacity": "1",
            "visibility": "1",
            "positionLock": "false",
            "frame": "true" if framed else "false",
            "background": "true" if ground or kind == "map" else "false",
            "blendMode": "0",
            "frameJoinStyle": "miter",
            "outlineWidthM": "0.3,mm",
            "excludeFromExports": "0",
            "groupUuid": "",
            "zValue": "0",
        },
    )
    SubElement(item, "FrameColor", INK)
    red, green, blue = (str(int((ground or "#FFFFFF")[i : i + 2], 16)) for i in (1, 3, 5))
    SubElement(item, "BackgroundColor", {"red": red, "green": green, "blue": blue, "alpha": "255"})
    SubElement(item, "LayoutObject")
    return item


def _font(size: float, weight: int) -> dict[str, str]:
    return {"description": f"{FONT},{size:g},-1,5,{weight},0,0,0,0,0", "style": ""}


def _uuid(name: str) -> str:
    """The same identifier for the same item in every file."""
    return "{" + str(uuid.uuid5(uuid.NAMESPACE_URL, f"foncier/layout/{name}")) + "}"
