"""Fields of the layers, relations between them, and the forms that show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from foncier.export.qgis.environment import render, settings, words_in
from foncier.results.labels import alias, value_labels

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foncier.i18n import Lang
    from foncier.results.layers import Layer
    from foncier.schemas import Column

MULTILINE = ("note", "reason")


def layer_id(name: str) -> str:
    """Identifier of a layer in the project: QGIS replaces one of ten characters or less."""
    return f"foncier_layer_{name}"


def relations(layers: Mapping[str, Layer], lang: Lang) -> list[dict[str, Any]]:
    """Relations between the layers of a project; ``tab`` is empty where no form lists them."""
    return [
        {
            "id": f"{parent}_{child}",
            "title": f"{layers[parent].title[lang]} – {layers[child].title[lang]}",
            "referencing": layer_id(child),
            "referenced": layer_id(parent),
            "column": relation["column"],
            "tab": relation["tab"][lang] if "tab" in relation else "",
        }
        for relation in settings()["relations"]
        for child, parent in [(relation["referencing"], relation["referenced"])]
        if child in layers and parent in layers
    ]


def tabs(layer: Layer, layers: Mapping[str, Layer], lang: Lang) -> list[dict[str, Any]]:
    """Tabs of the form of a layer that others refer to; empty where none does."""
    related = [
        {"title": relation["tab"], "columns": [], "relation": relation["id"]}
        for relation in relations(layers, lang)
        if relation["referenced"] == layer_id(layer.name) and relation["tab"]
    ]
    names = [column.name for column in layer.columns]
    by_tab: dict[str, list[tuple[str, int]]] = {tab: [] for tab in settings()["tabs"]}
    for index, name in enumerate(names, start=1):  # after fid
        tab = _tab(name, names) if layer.name == "opportunites" else "card"
        by_tab[tab].append((name, index))
    first = [
        {"title": settings()["tabs"][tab][lang], "columns": columns, "relation": None}
        for tab, columns in by_tab.items()
        if columns
    ]
    return [*first, *related] if related else []


def fields(
    layer: Layer,
    *,
    lang: Lang,
    values: Mapping[str, str] | None = None,
    editable: tuple[str, ...] | None = None,
) -> Markup:
    """Aliases, lists of values and widgets of the columns, in the order of the file.

    Parameters
    ----------
    layer
        Its columns in order.
    lang
        Language of the aliases, ``fr`` or ``en``.
    values
        Labels of the coded values; without them, those of `foncier.results.labels`.
    editable
        Columns that a person fills in, in a layer that is delivered alone to be filled in.
    """
    alone = editable is not None
    columns = [
        {
            "name": column.name,
            "index": index,
            "alias": alias(column, lang),
            "widget": _widget(column, alone=alone),
            "choices": _choices(column, values, lang),
            "multiline": column.name in MULTILINE,
        }
        for index, column in enumerate(layer.columns, start=1)
    ]
    key = [] if alone else [{"name": "fid", "index": 0, "alias": "", "widget": None}]
    context = {"date_format": words_in(lang)["date_format"], "editable": editable}
    return render("fields.xml", fields=[*key, *columns], **context) + preview(layer, alone=alone)


def preview(layer: Layer, *, alone: bool = False) -> Markup:
    """Expression that names a row; QGIS reads it from every style, whatever its categories."""
    names = [column.name for column in layer.columns]
    expression = f'"{"name" if "name" in names else names[0]}"'
    if alone:
        expression = 'coalesce("name", "opportunity_id")'
    return Markup(" <previewExpression>{}</previewExpression>\n").format(expression)


def _tab(name: str, names: list[str]) -> str:
    """Tab of a column of an opportunity."""
    columns = settings()["tab_columns"]
    if name in columns["card"]:
        return "card"
    if name.startswith(tuple(columns["score"])):
        return "score"
    target = name.removesuffix("_min").removesuffix("_m").removesuffix("_bike")
    return "access" if {f"{target}_min", f"{target}_m"} <= set(names) else "measures"


def _choices(column: Column, values: Mapping[str, str] | None, lang: Lang) -> dict[str, str]:
    if values is None:
        return value_labels(column, lang)
    return {value: values[value] for value in column.values}


def _widget(column: Column, *, alone: bool) -> str | None:
    """Widget of QGIS for a column; None leaves the choice to QGIS."""
    if column.values:
        return "ValueMap"
    if not alone:
        return None
    return "DateTime" if column.kind == "date" else "TextEdit"
