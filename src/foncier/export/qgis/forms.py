"""Fields of the layers, relations between them, and the forms that show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from foncier.export.layers import VIEWS
from foncier.export.qgis import columns
from foncier.export.qgis.environment import render, settings, uuid, words_in
from foncier.model.entries import LAYERS as ENTRY_LAYERS
from foncier.results.labels import alias, value_labels

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foncier.i18n import Lang
    from foncier.results.layers import Layer
    from foncier.schemas import Column

ENTRY_BUTTONS = "AddChildFeature|SaveChildEdits"  # of the rows that people write
# Characters of a label, and of a value to choose: longer ones push the values out of sight.
LONGEST_BESIDE, LONGEST_CHOICE = 20, 20
# Characters of a value to choose, which QGIS does not wrap: in a form, and in one inside a tab.
MOST_IN_FORM, MOST_IN_TAB = 80, 36
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
        {
            "title": relation["tab"],
            "columns": [],
            "relation": relation["id"],
            "visible": _visible(relation),
            "buttons": ENTRY_BUTTONS if relation["child"] in ENTRY_LAYERS else "NoButton",
        }
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
        {
            "title": settings()["tabs"][tab][lang],
            "columns": listed,
            "relation": None,
            "visible": "",
        }
        for tab, listed in by_tab.items()
        if listed
    ]
    return [*first, *related] if related else []


def _visible(relation: Mapping[str, Any]) -> str:
    """Expression that hides a tab without content.

    A table without a row for this site; entries of which the file is not beside the GeoPackage.
    ``relation_aggregate`` would do, but counts the rows of every site when a form evaluates it.
    """
    if relation["child"] in ENTRY_LAYERS:
        return f"layer_property('{relation['referencing']}', 'feature_count') >= 0"
    column = relation["column"]
    rows = f"\"{column}\" = attribute(@parent, '{column}')"
    return f"aggregate('{relation['referencing']}', 'count', \"{column}\", {rows}) > 0"


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
    shown = [
        {
            "name": column.name,
            "index": index,
            "alias": alias(column, lang),
            "widget": _widget(column, layer, lang, alone=alone),
            "decimals": columns.decimals(column),
            "choices": _fitting(_choices(column, layer, values, lang), layer, alone=alone),
            "multiline": column.name in MULTILINE,
        }
        for index, column in enumerate(layer.columns, start=1)
    ]
    for field in shown:
        field["above"] = _is_above(field)
    key = {"name": "fid", "index": 0, "alias": "", "widget": "Hidden", "above": False}
    rendered = render(
        "fields.xml",
        fields=shown if alone else [key, *shown],
        date_format=words_in(lang)["date_format"],
        editable=editable,
    )
    return rendered + preview(layer, lang, alone=alone)


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
        {
            "alias": alias(column, lang),
            "expression": columns.text_expression(column, lang, layer.words),
        }
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

    The name of a site or a place; of a row of a linked table, its words where it has any, never a
    code that has a label beside it.
    """
    there = {column.name: column for column in layer.columns}
    keys = settings()["relations"]
    if alone or ("name" in there and "category" not in there):
        known = [name for name in ("name", "address", "opportunity_id") if name in there]
        listed = ", ".join(f'"{name}"' for name in known)
        expression = f"coalesce({listed})" if len(known) > 1 else listed
        return _preview(expression)
    worded = [name for name in (f"label_{lang}", f"text_{lang}", "name") if name in there]
    parts = [there[name] for name in worded]
    if not worded:
        ordered = columns.by_use([one for one in layer.columns if one.name not in keys])
        names = list(there)
        shown = [one for one in ordered if not columns.hidden(one.name, names, lang)]
        parts = [*shown, layer.columns[-1]][:1]
    if "category" in there:
        parts = [there["category"], *(part for part in parts if part.name != "category")]
    texts = [columns.text_expression(part, lang, layer.words) for part in parts]
    first, *others = texts
    return _preview(first + "".join(f" || coalesce(' : ' || {text}, '')" for text in others))


def _preview(expression: str) -> Markup:
    return Markup(" <previewExpression>{}</previewExpression>\n").format(expression)


def _tab(name: str, names: list[str]) -> str:
    """Tab of a column of an opportunity."""
    listed = settings()["tab_columns"]
    for tab in ("card", "rights"):
        if name in listed[tab]:
            return tab
    if name.startswith(tuple(listed["score"])):
        return "score"
    target = name.removesuffix("_min").removesuffix("_m").removesuffix("_bike")
    return "access" if {f"{target}_min", f"{target}_m"} <= set(names) else "measures"


def _choices(
    column: Column, layer: Layer, values: Mapping[str, str] | None, lang: Lang
) -> dict[str, str]:
    """Words of the values of a column, of the catalogue or of the study."""
    if values is not None:
        return {value: values[value] for value in column.values}
    if column.name in layer.words:
        return {value: words[lang] for value, words in layer.words[column.name].items()}
    return value_labels(column, lang)


def _fitting(choices: dict[str, str], layer: Layer, *, alone: bool) -> dict[str, str]:
    """Labels of values that leave the form as narrow as a screen; a cut one ends with "…"."""
    most = MOST_IN_FORM if layer.shape or alone else MOST_IN_TAB
    return {
        value: text if len(text) <= most else f"{text[: most - 1].rstrip(' ,')}…"
        for value, text in choices.items()
    }


def _is_above(field: Mapping[str, Any]) -> bool:
    """Tell whether the label of a field stands above its value: one of them is too long."""
    widest = max(map(len, field["choices"].values()), default=0)
    return len(field["alias"]) > LONGEST_BESIDE or widest > LONGEST_CHOICE


def _widget(column: Column, layer: Layer, lang: Lang, *, alone: bool) -> str | None:
    """Widget of QGIS for a column; None leaves the choice to QGIS."""
    if column.values or column.name in layer.words:
        return "ValueMap"
    if alone:
        return "DateTime" if column.kind == "date" else "TextEdit"
    if columns.in_other_language(column.name, [one.name for one in layer.columns], lang):
        return "Hidden"
    if column.kind == "date":
        return "DateTime"
    if column.name in settings()["relations"]:
        return "TextEdit"  # QGIS would read every site for a list to choose from
    return None if columns.decimals(column) is None else "Range"
