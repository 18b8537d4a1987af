"""QGIS project inside the GeoPackage: groups, themes, relations, forms, layout.

Written without QGIS, from templates that QGIS 3.22 and later read.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd
from markupsafe import Markup

from foncier.export.qgis import forms, layouts, print_pages, print_tables, rasters
from foncier.export.qgis.environment import render, settings, words_in
from foncier.export.qgis.legends import present_classes
from foncier.i18n import localize
from foncier.i18n.catalog import messages
from foncier.model.entries import ENTRIES
from foncier.model.entries import LAYERS as ENTRY_LAYERS
from foncier.results.labels import FICTIONAL
from foncier.results.tokens import entries_token, result_token, source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from foncier.export.qgis.styles import Style
    from foncier.i18n import Lang, Localized
    from foncier.model import ResultTables
    from foncier.results.layers import Layer

NAME = "foncier"
AREAS = ("parcelles_ecartees", "quartiers")  # layers of the whole study area
EPOCH = (1980, 1, 1, 0, 0, 0)  # the first date that a zip can hold: the same bytes on any day
# 1:n of the scale list of QGIS and of the pages of the atlas.
SCALES = (50_000, 25_000, 20_000, 15_000, 10_000, 7_500, 5_000, 2_500, 2_000, 1_000, 500)
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
    def token(self) -> str:
        """Name by which the project recognises its own GeoPackage."""
        result = self.result
        return result_token(result.title, result.communes, result.edition)

    def source(self, layer: str) -> str:
        """Source of a layer, relative to the project."""
        if layer in ENTRY_LAYERS:
            return source(ENTRIES, layer, entries_token(self.result.communes))
        return source(self.file, layer, self.token)

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
    vectors = {
        name: _layer(context, layer, shown=name in first) for name, layer in context.layers.items()
    }
    every = vectors | {raster["name"]: raster for raster in rasters.rasters(result, lang)}
    groups = grouped(list(every))
    layers = {name: every[name] for names in groups for name in names}
    alone = _alone(context)
    return render(
        "project.qgs",
        title=context.title,
        crs=result.candidates.crs,
        extent=shown.corners,
        settings=settings(),
        themes=themes(context),
        words=words_in(lang),
        lang=lang,
        groups=[
            (group[lang], [every[name] for name in names])
            for group, names in zip(settings()["groups"], groups, strict=True)
            if names
        ],
        layers=layers | alone,
        private=[one["name"] for one in alone.values()],
        unpublished=[*(one["name"] for one in alone.values()), *ENTRY_LAYERS],
        published_crs=_published_crs(result),
        relations=forms.relations(context.layers, lang),
        abstract=layouts.credits_of(result, lang),
        licences=_licences(result),
        keywords=[words_in(lang)["keywords"], *result.communes],
        creation=_midnight(result),
        scales=SCALES,
        layouts=list(_layouts(context, layers | alone, shown)),
    )


def grouped(names: list[str]) -> list[list[str]]:
    """Layers of each group of ``project.toml``; those that no group names are in the last one."""
    listed = [[name for name in group["layers"] if name in names] for group in settings()["groups"]]
    known = {name for group in listed for name in group}
    return [*listed[:-1], listed[-1] + [name for name in names if name not in known]]


def themes(context: ProjectContext) -> list[dict[str, Any]]:
    """Themes of ``project.toml`` of which the file has the layers and something is known."""
    sites = context.layers["opportunites"].frame
    return [
        theme
        for theme in settings()["themes"]
        if {theme["layers"][0], theme.get("needs", theme["layers"][0])} <= {*context.layers}
        # A map of sites that are all unknown says nothing.
        and ("known" not in theme or not len(sites) or sites[theme["known"]].notna().any())
    ]


def rules_of(result: ResultTables) -> dict[str, Localized]:
    """Labels of the rules of a profile by name, in order."""
    return {rule.name: rule.label for rules in result.profile.rules.values() for rule in rules}


def _alone(context: ProjectContext) -> dict[str, dict[str, Any]]:
    """Private layers with one style that is not the default one of their layer.

    A legend shows the current style of a layer, whatever the theme of the map beside it: these
    layers are what the legend of a theme with styles refers to.
    """
    found = {}
    for theme in themes(context):
        for name, key in theme.get("styles", {}).items():
            if name in context.layers:
                (style,) = (
                    s for s in context.styles[name] if s.name == words_in(context.lang)[key]
                )
                layer = _layer(context, context.layers[name], shown=False)
                fields = forms.fields(context.layers[name], lang=context.lang)
                identity = f"{name}_{key}"
                found[identity] = layer | {
                    "name": identity,
                    "id": forms.layer_id(identity),
                    "title": f"{layer['title']}, {style.name.lower()}",
                    "styles": (replace(style, content=style.content + fields),),
                    "tabs": [],
                }
    return found


def _layouts(
    context: ProjectContext, layers: Mapping[str, Mapping[str, Any]], shown: layouts.Frame
) -> Iterator[Markup]:
    """One A3 layout a theme whose layers have rows, the atlas and the list."""
    result, lang, sites = context.result, context.lang, context.layers["opportunites"]
    filled = {name for name, layer in context.layers.items() if len(layer.frame)}
    for theme in themes(context):
        first = theme["layers"][0]
        if not {first, theme.get("needs", first)} <= filled:
            continue
        table = print_tables.theme_table(theme, layers, sites.frame, lang)
        legend = _legend(context, theme, layers)
        near = shown if first in AREAS else _around_sites(result)
        yield layouts.theme_layout(result, theme, near, legend=legend, table=table, lang=lang)
    legend = _legend(context, settings()["themes"][0], layers)
    yield print_pages.atlas_layout(result, sites, layers, legend=legend, lang=lang)
    yield print_pages.list_layout(result, sites, layers, lang=lang)


def _around_sites(result: ResultTables) -> layouts.Frame:
    """Extent of the sites, the axis and the loop; of the study area where there are none."""
    shapes = pd.concat([result.candidates.geometry, result.lines.geometry])
    return layouts.frame(tuple(shapes.total_bounds) if len(shapes) else result.area.bounds)


def _legend(
    context: ProjectContext, theme: Mapping[str, Any], layers: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Layers of the legend of a theme with the classes that they have; none without rows."""
    legend = []
    for name in theme["layers"] + settings()["base"]["layers"]:
        style = theme.get("styles", {}).get(name)
        layer = layers.get(f"{name}_{style}" if style else name)
        if layer is None:
            continue
        rows = context.layers[name].frame if name in context.layers else None
        if rows is None:
            legend.append({**layer, "classes": None})
        elif len(rows):
            classes = present_classes(layer["styles"][0].content, rows)
            legend.append({**layer, "classes": classes})
    return legend


def _published_crs(result: ResultTables) -> list[str]:
    """Codes of the systems in which a server gives the map: the legal one, degrees, web tiles."""
    epsg = result.candidates.crs.to_epsg()
    return [*([f"EPSG:{epsg}"] if epsg else []), "EPSG:4326", "EPSG:3857"]


def _licences(result: ResultTables) -> list[str]:
    """Licences of the sources, each once."""
    return list(dict.fromkeys(filter(None, (report.licence for report in result.reports))))


def _first_theme() -> list[str]:
    """Layers of the theme with which the project opens."""
    layers: list[str] = settings()["themes"][0]["layers"] + settings()["base"]["layers"]
    return layers


def _midnight(result: ResultTables) -> str:
    return f"{result.edition}T00:00:00" if result.edition else ""


def _note(layer: Layer, lang: Lang) -> str:
    """What the layer is, in a sentence; its title where the catalogue has no note on it."""
    known = f"export.qgis.notes.{layer.name}" in messages(lang)
    return localize(f"export.qgis.notes.{layer.name}", lang) if known else layer.title[lang]


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
        "note": _note(layer, context.lang),
        "provider": "ogr",
        "source": context.source(layer.name),
        "crs": context.result.candidates.crs if layer.shape else None,
        "geometry": GEOMETRIES[layer.shape],
        "wkb": layer.shape,
        "attributes": attributes,
        "styles": styles,
        "tabs": forms.tabs(layer, context.layers, context.lang),
        "shown": shown,
    }
