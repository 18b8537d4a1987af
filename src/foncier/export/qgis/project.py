"""QGIS project inside the GeoPackage: groups, themes, relations, forms, layout.

Written without QGIS, from templates that QGIS 3.22 and later read.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from foncier.export.qgis import forms, layouts
from foncier.export.qgis.environment import render, settings, words_in
from foncier.results.labels import FICTIONAL

if TYPE_CHECKING:
    from foncier.export.qgis.styles import Style
    from foncier.i18n import Lang, Localized
    from foncier.model import ResultTables
    from foncier.results.layers import Layer

NAME = "foncier"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the first date that a zip can hold: the same bytes on any day
GEOMETRIES = {"Point": "Point", "MultiLineString": "Line", "MultiPolygon": "Polygon", "": ""}


@dataclass(frozen=True)
class ProjectContext:
    """Content of a project: the result, its layers with their styles, file and language.

    The views by kind are among the layers.
    """

    result: ResultTables
    layers: dict[str, Layer]
    styles: dict[str, tuple[Style, ...]]
    file: str
    lang: Lang

    @property
    def title(self) -> str:
        """Title of the study, with a notice when the data are fictional."""
        fictional = f"{FICTIONAL[self.lang]} – " if self.result.demo else ""
        return f"{fictional}{self.result.title}"


def project(context: ProjectContext) -> tuple[str, str, str]:
    """Row of the table ``qgis_projects``: name, metadata as JSON, archive as hexadecimal digits.

    The same result gives the same text.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo(f"{NAME}.qgs", EPOCH)
        entry.create_system = 0  # else it names the system of the machine
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, qgs(context).encode())
    metadata = {
        "last_modified_time": _midnight(context.result) or "2000-01-01T00:00:00",
        "last_modified_user": "foncier",
    }
    return NAME, json.dumps(metadata), buffer.getvalue().hex()


def qgs(context: ProjectContext) -> str:
    """Whole project as XML."""
    result, lang = context.result, context.lang
    shown = layouts.frame(result.area.bounds)
    first = _first_theme()
    ordered = [name for group in settings()["groups"] for name in group["layers"]]
    layers = {
        name: _layer(context, context.layers[name], shown=name in first)
        for name in ordered
        if name in context.layers
    }
    # An empty layer is not in the legend.
    legend = [layers[name] for name in first if name in layers and len(context.layers[name].frame)]
    return render(
        "project.qgs",
        title=context.title,
        crs=result.candidates.crs,
        extent=shown.corners,
        settings=settings(),
        words=words_in(lang),
        lang=lang,
        layers=layers,
        relations=forms.relations(context.layers, lang),
        abstract=layouts.credits_of(result, lang),
        creation=_midnight(result),
        layout=layouts.a3_layout(result, shown, legend=legend, lang=lang),
    )


def rules_of(result: ResultTables) -> dict[str, Localized]:
    """Labels of the rules of a profile by name, in order."""
    return {rule.name: rule.label for rules in result.profile.rules.values() for rule in rules}


def _first_theme() -> list[str]:
    """Layers of the theme with which the project opens."""
    layers: list[str] = settings()["themes"][0]["layers"] + settings()["base"]["layers"]
    return layers


def _midnight(result: ResultTables) -> str:
    return f"{result.edition}T00:00:00" if result.edition else ""


def _layer(context: ProjectContext, layer: Layer, *, shown: bool) -> dict[str, Any]:
    """One layer of the project, for the layer tree, the legend and the list of layers."""
    styles, far = context.styles[layer.name], settings()["scale_dependent"]
    attributes = {"simplifyDrawingHints": Markup("1"), "labelsEnabled": Markup("0")}
    attributes |= {k: v for k, v in styles[0].attributes.items() if k != "version"}
    if layer.name in far["layers"] and len(layer.frame) > far["rows"]:
        attributes |= {"hasScaleBasedVisibilityFlag": Markup("1"), "maxScale": Markup("0")}
        attributes["minScale"] = Markup("{}").format(far["from_scale"])
    return {
        "name": layer.name,
        "id": forms.layer_id(layer.name),
        "title": layer.title[context.lang],
        "source": f"./{context.file}|layername={layer.name}",
        "geometry": GEOMETRIES[layer.shape],
        "wkb": layer.shape,
        "attributes": attributes,
        "styles": styles,
        "tabs": forms.tabs(layer, context.layers, context.lang),
        "shown": shown,
    }
