"""Fields of the layers, relations between them, and the forms that show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from foncier.export.layers import VIEWS
from foncier.export.qgis import columns
from foncier.export.qgis.environment import render, settings, uuid, words_in
from foncier.results.labels import alias, value_labels

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foncier.i18n import Lang
    from foncier.results.layers import Layer
    from foncier.schemas import Column

MULTILINE = ("note", "reason")
VIEW_KEY = "OGC_FID"  # column that identifies a row of a view


def layer_id(name: str) -> str:
    """Identifier of a layer in the project: QGIS replaces one of ten characters or less."""
    return f"foncier_layer_{name}"


def relations(layers: Mapping[str, Layer], lang: Lang) -> list[dict[str, Any]]:
    """Relations between the layers of a project; ``tab`` is empty where no form lists them.

    Every layer with the key of another one is related to it, views of a kind excepted.
    """
    return [
        {
            "id": f"{parent}_{child.name}",
            "title": f"{layers[parent].title[lang]} – {child.title[lang]}",
            "child": child.name,
            "parent": parent,
            "referencing": layer_id(child.name),
            "referenced": layer_id(parent),
            "column": column,
            "tab": _tab_title(child, lang),
        }
        for column, parents in settings()["relations"].items()
        for parent in parents
        if parent in layers
        for child in _in_order(layers)
        if child.name not in (*parents, *VIEWS.values())
        and column in [one.name for one in child.columns]
    ]


def indexed(layers: Mapping[str, Layer]) -> set[tuple[str, str]]:
    """Layer and column of both ends of every relation: each needs an index."""
    ends = [(r["child"], r["parent"], r["column"]) for r in relations(layers, "fr")]
    return {(layer, column) for child, parent, column in ends for layer in (child, parent)}


def _in_order(layers: Mapping[str, Layer]) -> list[Layer]:
    """Layers in the order of the tabs of a form."""
    named = list(settings()["related"])
    return sorted(
        layers.values(), key=lambda one: named.index(one.name) if one.name in named else len(named)
    )


def _tab_title(child: Layer, lang: Lang) -> str:
    titles = settings()["related"]
    if child.name in titles["no_tab"]:
        return ""
    title: str = titles[child.name][lang] if child.name in titles else child.title[lang]
    return title


def tabs(layer: Layer, layers: Mapping[str, Layer], lang: Lang) -> list[dict[str, Any]]:
    """Tabs of the form of a layer that others refer to; empty where none does."""
    related = [
        {"title": relation["tab"], "columns": [], "relation": relation["id"]}
        for relation in relations(layers, lang)
        if relation["referenced"] == layer_id(layer.name) and relation["tab"]
    ]
    names = [column.name for column in layer.columns]
    index = {name: place for place, name in enumerate(names, start=1)}  # after fid
    by_tab: dict[str, list[tuple[str, int]]] = {tab: [] for tab in settings()["tabs"]}
    for column in columns.by_use(layer.columns):
        if not columns.in_other_language(column.name, names, lang):
            tab = _tab(column.name, names) if layer.name == "opportunites" else "card"
            by_tab[tab].append((column.name, index[column.name]))
    first = [
        {"title": settings()["tabs"][tab][lang], "columns": listed, "relation": None}
        for tab, listed in by_tab.items()
        if listed
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
    names = [column.name for column in layer.columns]
    shown = [
        {
            "name": column.name,
            "index": index,
            "alias": alias(column, lang),
            "widget": _widget(column, names, lang, alone=alone),
            "decimals": columns.decimals(column),
            "choices": _choices(column, values, lang),
            "multiline": column.name in MULTILINE,
        }
        for index, column in enumerate(layer.columns, start=1)
    ]
    key = [] if alone else [{"name": "fid", "index": 0, "alias": "", "widget": None}]
    context = {"date_format": words_in(lang)["date_format"], "editable": editable}
    return render("fields.xml", fields=[*key, *shown], **context) + preview(
        layer, lang, alone=alone
    )


def reading(layer: Layer, lang: Lang) -> Markup:
    """Attribute table, map tip and actions of a layer: what is seen without its form."""
    names = [column.name for column in layer.columns]
    ordered = columns.by_use(layer.columns)
    key = VIEW_KEY if layer.name in VIEWS.values() else "fid"
    rows = [
        {
            "name": column.name,
            "hidden": columns.hidden(column.name, names, lang),
            "width": columns.width(column, lang),
        }
        for column in ordered
    ]
    seen = [c for c, row in zip(ordered, rows, strict=True) if not row["hidden"]]
    tip = [
        {"alias": alias(column, lang), "expression": columns.text_expression(column, lang)}
        for column in seen[: settings()["columns"]["tip"]]
    ]
    return render(
        "reading.xml",
        columns=[*rows, {"name": key, "hidden": True, "width": -1}],
        sort=next((f'"{name}"' for name in ("overall_rank", "use_rank") if name in names), ""),
        tip=render("tip.html", rows=tip) if layer.shape else "",
        actions=_actions(layer, names, lang) if layer.shape == "MultiPolygon" else [],
    )


def _actions(layer: Layer, names: list[str], lang: Lang) -> list[dict[str, str]]:
    """Pages that open from a site or a parcel."""
    if not {"opportunity_id", "parcel_id"} & {*names} or layer.name == "isochrones":
        return []
    listed = settings()["actions"]
    return [
        {
            "id": uuid(f"{layer.name}/{name}"),
            "name": action[lang],
            "url": action["url"].replace("{lang}", lang),
        }
        for name, action in listed.items()
        if name != "card" or "opportunity_id" in names
    ]


def preview(layer: Layer, lang: Lang, *, alone: bool = False) -> Markup:
    """Expression that names a row; QGIS reads it from every style, whatever its categories.

    The name of a site or a place; of a row of a linked table, what a reader looks at first.
    """
    names = [column.name for column in layer.columns]
    keys = settings()["relations"]
    if alone or "name" in names:
        known = [name for name in ("name", "address", "opportunity_id") if name in names]
        listed = ", ".join(f'"{name}"' for name in known)
        expression = f"coalesce({listed})" if len(known) > 1 else listed
    else:
        ordered = columns.by_use([one for one in layer.columns if one.name not in keys])
        shown = [one for one in ordered if not columns.hidden(one.name, names, lang)]
        expression = columns.text_expression((shown or layer.columns)[0], lang)
    return Markup(" <previewExpression>{}</previewExpression>\n").format(expression)


def _tab(name: str, names: list[str]) -> str:
    """Tab of a column of an opportunity."""
    listed = settings()["tab_columns"]
    if name in listed["card"]:
        return "card"
    if name.startswith(tuple(listed["score"])):
        return "score"
    target = name.removesuffix("_min").removesuffix("_m").removesuffix("_bike")
    return "access" if {f"{target}_min", f"{target}_m"} <= set(names) else "measures"


def _choices(column: Column, values: Mapping[str, str] | None, lang: Lang) -> dict[str, str]:
    if values is None:
        return value_labels(column, lang)
    return {value: values[value] for value in column.values}


def _widget(column: Column, names: list[str], lang: Lang, *, alone: bool) -> str | None:
    """Widget of QGIS for a column; None leaves the choice to QGIS."""
    if column.values:
        return "ValueMap"
    if alone:
        return "DateTime" if column.kind == "date" else "TextEdit"
    if columns.in_other_language(column.name, names, lang):
        return "Hidden"
    if column.kind == "date":
        return "DateTime"
    if column.name in settings()["relations"]:
        return "TextEdit"  # QGIS would read every site for a list to choose from
    return None if columns.decimals(column) is None else "Range"
