"""Layers of `saisies.gpkg` in QGIS: symbols, forms ready to fill in, defaults of a new row."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from foncier.export.qgis import columns
from foncier.export.qgis.environment import render, words_in
from foncier.export.qgis.forms import layer_id
from foncier.i18n import localize
from foncier.model import KIND_LABELS, VERDICTS
from foncier.model.entries import (
    PHOTOS,
    STATUS_ENTRIES,
    STATUS_WRITTEN,
    STATUSES,
    VISIT_ENTRIES,
    VISITS,
    WRITTEN,
)
from foncier.results.labels import VALUES, alias
from foncier.results.layers import Layer

if TYPE_CHECKING:
    import pyproj

    from foncier.i18n import Lang
    from foncier.schemas import Column

# Verdicts that confirm a site, that deny it, that leave it open: Okabe and Ito, each with a shape.
CONFIRMED, DENIED, OPEN = (
    ("#009E73", "circle"),
    ("#D55E00", "square"),
    ("#CC79A7", "triangle"),
)
GREY = "#4D4D4D"
WIDGETS = {"photo": "ExternalResource"}
HIDDEN = ("visit_id", "status_id", "outline_wkt")
SITE = f"get_feature('{layer_id('opportunites')}', 'opportunity_id', \"opportunity_id\")"
DEFAULTS = {
    "visit_id": "uuid('WithoutBraces')",
    "status_id": "uuid('WithoutBraces')",
    "date": "to_date(now())",
    "outline_wkt": f'coalesce("outline_wkt", geom_to_wkt(geometry({SITE}), 2))',
}
# A visit is one of the site in which its point is.
NEAREST = (
    f"array_first(overlay_nearest('{layer_id('opportunites')}', opportunity_id, max_distance:=15))"
)
FILLED_IN = frozenset((*WRITTEN, *STATUS_WRITTEN, "opportunity_id", "kind"))
PHOTO_NAME = f"'{PHOTOS}/visite_' || format_date(now(), 'yyyyMMdd_hhmmss_zzz') || '.jpg'"


def entry_layers(crs: pyproj.CRS) -> dict[str, Layer]:
    """Both layers of entries, without rows."""
    visits = Layer(
        VISITS, VISIT_ENTRIES.label, VISIT_ENTRIES.columns, "Point", VISIT_ENTRIES.empty(crs)
    )
    statuses = Layer(
        STATUSES, STATUS_ENTRIES.label, STATUS_ENTRIES.columns, "", STATUS_ENTRIES.empty()
    )
    return {VISITS: visits, STATUSES: statuses}


def style(layer: Layer, lang: Lang) -> tuple[dict[str, Markup], Markup]:
    """Attributes and content of the QGIS style of a layer of entries."""
    content = render(
        "saisies.xml",
        classes=_classes(lang) if layer.shape else [],
        fields=[_field(column, layer, lang) for column in layer.columns],
        date_format=words_in(lang)["date_format"],
        photo_name=json.dumps({"photo": PHOTO_NAME}) if layer.name == VISITS else "",
        preview=_shown_name(layer, lang),
    )
    return {"version": Markup("3.22.0"), "styleCategories": Markup("AllStyleCategories")}, content


def _shown_name(layer: Layer, lang: Lang) -> str:
    """Expression that names a row in the lists of QGIS: its day, what was found, the place.

    The identifier is that of the site: all rows of a form would have the same name.
    """
    day, found = '"date"', "verdict" if layer.shape else "site_status"
    day = f"format_date({day}, '{words_in(lang)['date_format']}')"
    if layer.shape:
        day = f"coalesce({day}, '{localize('export.qgis.to_visit', lang)}')"
    place = """coalesce(' - ' || "name", '')""" if layer.shape else "''"
    return f"""concat({day}, coalesce(' : ' || represent_value("{found}"), ''), {place})"""


def _classes(lang: Lang) -> list[dict[str, str]]:
    """A class a verdict, and one for the sites that are to be visited."""
    classes = []
    for name in next(c for c in VISIT_ENTRIES.columns if c.name == "verdict").values:
        verdict = VERDICTS[name]
        said = {verdict.by_kind[kind] for kind in verdict.by_kind}
        colour, shape = CONFIRMED if True in said else DENIED if False in said else OPEN
        classes.append(
            {"value": name, "label": verdict.text[lang], "colour": colour, "shape": shape}
        )
    to_visit = {"value": "", "label": localize("export.qgis.to_visit", lang)}
    return [*classes, {**to_visit, "colour": GREY, "shape": "diamond"}]


def _field(column: Column, layer: Layer, lang: Lang) -> dict[str, Any]:
    decimals = columns.decimals(column)
    widget = "ValueMap" if column.values else "DateTime" if column.kind == "date" else "TextEdit"
    if decimals is not None:
        widget = "Range"
    default = DEFAULTS.get(column.name, "")
    if column.name == "opportunity_id" and layer.name == VISITS:
        default = NEAREST
    return {
        "name": column.name,
        "alias": alias(column, lang),
        "widget": "Hidden" if column.name in HIDDEN else WIDGETS.get(column.name, widget),
        "choices": {value: _words(value, lang) for value in column.values},
        "decimals": decimals,
        "default": default,
        "editable": column.name in FILLED_IN,
    }


def _words(value: str, lang: Lang) -> str:
    if value in VERDICTS:
        return VERDICTS[value].text[lang]
    return (KIND_LABELS[value] if value in KIND_LABELS else VALUES[value])[lang]
