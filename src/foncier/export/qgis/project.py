"""The QGIS project that travels inside the GeoPackage: groups, themes, relations, forms, layout.

Written without QGIS, in the XML that QGIS 3.22 and later read, so that a planner on any machine
gets it. The parts are those that QGIS itself writes, less all that has a default.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, fromstring, indent, tostring

from foncier.export import words
from foncier.export.qgis import (
    forms,
    layout,
    renderers,
    styles,
)
from foncier.model import Localized

if TYPE_CHECKING:
    import pyproj

    from foncier.model import ResultTables
    from foncier.results.layers import Layer

NAME = "foncier"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the first date that a zip can hold: the same bytes on any day
WKB = {"Point": "Point", "MultiLineString": "Line", "MultiPolygon": "Polygon", "": "No geometry"}

BASE = ("axe", "boucle", "etapes", "voies", "batiments", "contraintes")
# Of a département, these are a grey mass seen from far, and take most of the time to draw.
FROM_NEAR, MANY, SEEN_TO = ("voies", "batiments"), 100_000, 50_000  # layers, rows, scale 1:n
# Groups of the layer tree, from top to bottom; a layer that the file has not is left out.
GROUPS = (
    (Localized("Opportunités", "Opportunities"), ("opportunites",)),
    (
        Localized("Opportunités par nature", "Opportunities by kind"),
        ("friches", "dents_creuses", "batiments_non_affectes", "terrains_divisibles"),
    ),
    (
        Localized("Accessibilité", "Accessibility"),
        ("acces", "lieux", "etapes", "boucle", "axe", "chemins", "isochrones"),
    ),
    (Localized("Potentiel par quartier", "Potential by quarter"), ("quartiers",)),
    (Localized("Parcelles écartées", "Rejected parcels"), ("assemblages", "parcelles_ecartees")),
    (Localized("Fond", "Background"), ("voies", "batiments", "contraintes")),
    (
        Localized("Tables", "Tables"),
        (
            "preuves",
            "notes",
            "acces_detail",
            "parcelles_retenues",
            "essais",
            "criteres",
            "couches",
            "manques",
        ),
    ),
)
# Themes: the layers shown, and the style of the one that is not drawn in its default.
THEMES: tuple[tuple[Localized, tuple[str, ...], dict[str, Localized]], ...] = (
    (Localized("Opportunités", "Opportunities"), ("opportunites", *BASE), {}),
    (
        Localized("Preuves", "Evidence"),
        ("opportunites", "acces", *BASE),
        {"opportunites": renderers.BY_CONFIDENCE},
    ),
    (
        Localized("Accessibilité", "Accessibility"),
        ("opportunites", "acces", "lieux", "chemins", "isochrones", *BASE),
        {},
    ),
    (
        Localized("Rejets", "Rejections"),
        ("parcelles_ecartees", *BASE),
        {"parcelles_ecartees": renderers.BY_REASON},
    ),
    (Localized("Scores", "Scores"), ("opportunites", *BASE), {"opportunites": renderers.BY_SCORE}),
    (Localized("Potentiel par quartier", "Potential by quarter"), ("quartiers", *BASE), {}),
)


@dataclass(frozen=True)
class Book:
    """What a project is made of: the result, its layers with their styles, file and language.

    The views by kind are among the layers.
    """

    result: ResultTables
    layers: dict[str, Layer]
    styles: dict[str, tuple[styles.Style, ...]]
    file: str
    lang: str

    @property
    def crs(self) -> pyproj.CRS:
        """Legal metric CRS of every layer."""
        crs: pyproj.CRS = self.result.candidates.crs
        return crs

    @property
    def title(self) -> str:
        """Title of the study, marked when the data are fictional."""
        warning = f"{words.FICTIONAL[self.lang]} – " if self.result.demo else ""
        return f"{warning}{self.result.title}"


def project(book: Book) -> tuple[str, str, str]:
    """Row of the table ``qgis_projects``: name, metadata as JSON, archive as hexadecimal digits.

    The same result gives the same text.
    """
    document = f"{styles.DOCTYPE}\n{tostring(qgs(book), encoding='unicode')}\n"
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        entry = zipfile.ZipInfo(f"{NAME}.qgs", EPOCH)
        entry.create_system = 0  # else the system of the machine is told
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, document.encode())
    day = book.result.edition
    known = {
        "last_modified_time": f"{day}T00:00:00" if day else "2000-01-01T00:00:00",
        "last_modified_user": "foncier",
    }
    return NAME, json.dumps(known), held.getvalue().hex()


def qgs(book: Book) -> Element:
    """Whole project as XML."""
    root = Element("qgis", {"projectname": book.title, "version": styles.QGIS})
    SubElement(root, "homePath", {"path": ""})
    SubElement(root, "title").text = book.title
    SubElement(root, "projectCrs").append(_crs(book.crs))
    drawn = [n for _, names in GROUPS for n in names if n in book.layers]
    root.append(_tree(book))
    root.append(forms.relations(book.layers, book.lang))
    bounds = layout.frame(book.result.area.bounds)
    root.append(_canvas(book.crs, bounds.extent))
    layers = SubElement(root, "projectlayers")
    for name in drawn:
        layers.append(_layer(book, book.layers[name]))
    order = SubElement(root, "layerorder")
    for name in drawn:
        SubElement(order, "layer", {"id": forms.layer_id(name)})
    root.append(_properties())
    root.append(_themes(book))
    root.append(_about(book))
    sheets = SubElement(root, "Layouts")
    sheets.append(
        layout.a3(book.result, bounds, layers=_legend(book), theme=THEMES[0][0], lang=book.lang)
    )
    view = SubElement(root, "ProjectViewSettings", {"UseProjectScales": "0", "rotation": "0"})
    SubElement(view, "Scales")
    extent = SubElement(view, "DefaultViewExtent", layout.corners(bounds.extent))
    extent.append(_crs(book.crs))
    indent(root, " ")
    return root


def _crs(crs: pyproj.CRS) -> Element:
    system = Element("spatialrefsys", {"nativeFormat": "Wkt"})
    epsg = crs.to_epsg()
    SubElement(system, "wkt").text = crs.to_wkt()
    # QGIS trusts the authority's code below only when there is a number of its own base above.
    for name in ("srsid", "srid"):
        SubElement(system, name).text = str(epsg or 0)
    SubElement(system, "authid").text = f"EPSG:{epsg}" if epsg else ""
    SubElement(system, "description").text = crs.name
    SubElement(system, "geographicflag").text = "false"
    return system


def _source(book: Book, layer: Layer) -> str:
    return f"./{book.file}|layername={layer.name}"


def _node(book: Book, parent: Element, layer: Layer, *, checked: bool) -> None:
    SubElement(
        parent,
        "layer-tree-layer",
        {
            "id": forms.layer_id(layer.name),
            "name": layer.title[book.lang],
            "source": _source(book, layer),
            "providerKey": "ogr",
            "expanded": "0" if layer.shape == "" else "1",
            "checked": "Qt::Checked" if checked else "Qt::Unchecked",
        },
    )


def _tree(book: Book) -> Element:
    """Groups of layers; what the first theme shows is ticked."""
    root = Element("layer-tree-group")
    shown = THEMES[0][1]
    for title, names in GROUPS:
        held = [name for name in names if name in book.layers]
        if not held:
            continue
        ticked = any(name in shown for name in held)
        group = SubElement(
            root,
            "layer-tree-group",
            {
                "name": title[book.lang],
                "expanded": "1" if ticked else "0",
                "checked": "Qt::Checked" if ticked else "Qt::Unchecked",
            },
        )
        for name in held:
            _node(book, group, book.layers[name], checked=name in shown)
    return root


def _legend(book: Book) -> Element:
    """Layer tree of the printed legend: what the first theme shows, less empty layers."""
    root = Element("layer-tree-group")
    for name in THEMES[0][1]:
        if name in book.layers and len(book.layers[name].frame):
            _node(book, root, book.layers[name], checked=True)
    return root


def _layer(book: Book, layer: Layer) -> Element:
    near = layer.name in FROM_NEAR and len(layer.frame) > MANY
    root = Element(
        "maplayer",
        {
            "type": "vector",
            "geometry": WKB[layer.shape],
            "wkbType": layer.shape or "NoGeometry",
            "styleCategories": "AllStyleCategories",
            "labelsEnabled": "0",
            "hasScaleBasedVisibilityFlag": str(int(near)),
            "simplifyDrawingHints": "1",
        },
    )
    if near:
        root.set("minScale", str(SEEN_TO))
        root.set("maxScale", "0")
    SubElement(root, "id").text = forms.layer_id(layer.name)
    SubElement(root, "datasource").text = _source(book, layer)
    SubElement(root, "layername").text = layer.title[book.lang]
    if layer.shape:
        SubElement(root, "srs").append(_crs(book.crs))
    SubElement(root, "provider", {"encoding": "UTF-8"}).text = "ogr"
    made = book.styles[layer.name]
    manager = SubElement(root, "map-layer-style-manager", {"current": made[0].name})
    for style in made:
        held = SubElement(manager, "map-layer-style", {"name": style.name})
        if style is not made[0]:
            held.append(_parsed(style))
    first = _parsed(made[0])
    root.extend(first)
    root.set("labelsEnabled", first.get("labelsEnabled", "0"))
    forms.form(root, layer, book.layers, book.lang)
    return root


def _parsed(style: styles.Style) -> Element:
    return fromstring(style.qml.removeprefix(styles.DOCTYPE))  # noqa: S314  # nosec B314  # we wrote it


def rules_of(result: ResultTables) -> dict[str, Localized]:
    """Words of the rules of a profile, in the order of its funnels."""
    return {rule.name: rule.label for rules in result.profile.rules.values() for rule in rules}


def _themes(book: Book) -> Element:
    root = Element("visibility-presets")
    for title, names, special in THEMES:
        shown = [name for name in names if name in book.layers]
        if names[0] not in shown:
            continue
        preset = SubElement(
            root,
            "visibility-preset",
            {"name": title[book.lang], "has-expanded-info": "0", "has-checked-group-info": "0"},
        )
        for name in shown:
            style = special[name][book.lang] if name in special else book.styles[name][0].name
            SubElement(
                preset,
                "layer",
                {"id": forms.layer_id(name), "style": style, "visible": "1", "expanded": "1"},
            )
    return root


def _canvas(crs: pyproj.CRS, extent: layout.Bounds) -> Element:
    canvas = Element("mapcanvas", {"name": "theMapCanvas", "annotationsVisible": "1"})
    SubElement(canvas, "units").text = "meters"
    box = SubElement(canvas, "extent")
    for name, value in layout.corners(extent).items():
        SubElement(box, name).text = value
    SubElement(canvas, "rotation").text = "0"
    SubElement(canvas, "destinationsrs").append(_crs(crs))
    return canvas


def _properties() -> Element:
    """Paths relative to the file, measures in metres, a reference system of the project."""
    root = Element("properties")
    paths = SubElement(root, "Paths")
    SubElement(paths, "Absolute", {"type": "bool"}).text = "false"
    measures = SubElement(root, "Measurement")
    SubElement(measures, "DistanceUnits", {"type": "QString"}).text = "meters"
    SubElement(measures, "AreaUnits", {"type": "QString"}).text = "m2"
    system = SubElement(root, "SpatialRefSys")
    SubElement(system, "ProjectionsEnabled", {"type": "int"}).text = "1"
    return root


def _about(book: Book) -> Element:
    about = Element("projectMetadata")
    SubElement(about, "title").text = book.title
    SubElement(about, "abstract").text = layout.credits_of(book.result, book.lang)
    SubElement(about, "author").text = "foncier"
    day = book.result.edition
    SubElement(about, "creation").text = f"{day}T00:00:00" if day else ""
    return about
