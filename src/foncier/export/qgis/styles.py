"""Styles of the layers as QML documents: a template a style, filled with the classes of a result.

A template holds the renderer and the labels, as QGIS saves them; fields come from the contract.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from foncier.export.layers import VIEWS
from foncier.export.qgis import entries, forms, offer_styles
from foncier.export.qgis.environment import render, settings, words_in
from foncier.export.words import KIND_COLOURS
from foncier.results.labels import VALUES
from foncier.schemas import ALL_KINDS, PERIMETER_KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from foncier.i18n import Lang, Localized
    from foncier.results.layers import Layer

# ColorBrewer YlOrBr, light to dark: number of rules that a parcel passed.
RULES = ("#FFF7BC", "#FEC44F", "#EC7014", "#993404")
# ColorBrewer Purples, the fewest minutes the darkest.
MINUTES = ("#9E9AC8", "#DADAEB")
# ColorBrewer Set1, from the violet to the orange: kinds of perimeters.
PERIMETERS = ("#984EA3", "#377EB8", "#FF7F00")
# ColorBrewer YlGnBu, light to dark: fifths of a score or of a confidence.
GRADES = ("#FFFFCC", "#A1DAB4", "#41B6C4", "#2C7FB8", "#253494")
# Extents that are a disc of the stated area around a point, as expressions of QGIS.
ROUGH = "\"perimeter\" in ('emprise_approximative', 'point_seul')"
SURVEYED = ROUGH.replace(" in ", " not in ")
AREA_CLASSES = 5
NAME_LENGTH = 30  # of the column styleName of the table layer_styles
EVERY_CATEGORY = {"styleCategories": Markup("AllStyleCategories")}
READ_ONLY = {"readOnly": Markup("1")}  # a view cannot be edited
VERSION = {"version": Markup("3.22.0")}

Renderer = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Style:
    """One style of a layer: its name in QGIS, attributes and content of its ``qgis`` element."""

    name: str
    attributes: dict[str, Markup]
    content: Markup

    @property
    def qml(self) -> str:
        """QML document, as the table ``layer_styles`` holds it."""
        return render("style.xml", style=self)


def styles(layer: Layer, *, rules: Mapping[str, Localized], lang: Lang) -> tuple[Style, ...]:
    """Styles of a layer, the default one first.

    Only the default style sets fields and forms: QGIS keeps them when another style is chosen.

    Parameters
    ----------
    layer
        One layer of the GeoPackage; a table without geometry has one style: aliases and lists.
    rules
        Labels of the rules of the profile by their name, in their order.
    lang
        Language of legends and aliases, ``fr`` or ``en``.
    """
    fields = forms.fields(layer, lang=lang) + forms.reading(layer, lang)
    if not layer.shape:
        return (Style(layer.title[lang][:NAME_LENGTH], VERSION | EVERY_CATEGORY, fields),)
    named = renderers(layer, rules=rules, lang=lang).items()
    first, *others = [_split(name, render(file, **context)) for name, (file, context) in named]
    preview = forms.preview(layer, lang)
    whole = EVERY_CATEGORY | (READ_ONLY if layer.name in VIEWS.values() else {})
    return (
        Style(first.name, first.attributes | whole, first.content + fields),
        *(Style(other.name, other.attributes, other.content + preview) for other in others),
    )


def form_style(
    layer: Layer,
    *,
    classes: Sequence[Mapping[str, str]],
    values: Mapping[str, str],
    editable: tuple[str, ...],
    lang: Lang,
) -> str:
    """Style of a layer that is delivered alone, with its form, as a QML document.

    Parameters
    ----------
    layer
        A column with values is a list to choose from, a date a calendar.
    classes
        Value, label and colour of each class of the legend.
    values
        Labels of the coded values.
    editable
        Columns that a person fills in; the others are read only.
    lang
        Language of the aliases, ``fr`` or ``en``.
    """
    style = _split(layer.name, render(f"{layer.name}.qml", classes=classes))
    fields = forms.fields(layer, lang=lang, values=values, editable=editable)
    return Style(layer.name, style.attributes | EVERY_CATEGORY, style.content + fields).qml


def entry_style(layer: Layer, lang: Lang) -> Style:
    """Style of a layer of ``saisies.gpkg``, as the project and the file itself hold it."""
    attributes, content = entries.style(layer, lang)
    return Style(layer.title[lang][:NAME_LENGTH], attributes, content)


def renderers(layer: Layer, *, rules: Mapping[str, Localized], lang: Lang) -> dict[str, Renderer]:
    """Template and context of each style of a layer by the name of the style, the default first."""
    words: dict[str, Any] = dict(words_in(lang))
    if {"kind", "score", "confidence"} <= {column.name for column in layer.columns}:
        return {
            words["by_kind"]: ("opportunites.qml", {"classes": _kinds(layer, lang)}),
            words["by_score"]: ("opportunites_classes.qml", _graded("score", words)),
            words["by_confidence"]: ("opportunites_classes.qml", _graded("confidence", words)),
            words["by_availability"]: (
                "opportunites_classes.qml",
                _marked(offer_styles.availability(lang), lang),
            ),
            words["by_owner"]: (
                "opportunites_classes.qml",
                _marked(offer_styles.public_owners(lang), lang),
            ),
        }
    if layer.name == "quartiers":
        words |= {"classes": _areas(layer)}
    if layer.name == "isochrones":
        words |= {"classes": _minutes(layer, words["on_foot"])}
    if layer.name == "perimetres":
        kinds = [kind for kind in PERIMETER_KINDS if (layer.frame["kind"] == kind).any()]
        labels = [VALUES[kind][lang] for kind in kinds]
        words |= {"classes": _shaded(kinds, labels, PERIMETERS)}
    plain = {words["plain"]: (f"{layer.name}.qml", words)}
    if layer.name == "parcelles_ecartees":
        reasons = {"classes": _reasons(layer, rules, lang)}
        return plain | {words["by_reason"]: ("parcelles_ecartees_motif.qml", reasons)}
    return plain


def kind_classes(lang: Lang) -> list[dict[str, str]]:
    """Classes of the catalogue of kinds: value, label, colour."""
    return [
        {"value": kind, "label": VALUES[kind][lang], "colour": colour}
        for kind, colour in KIND_COLOURS.items()
    ]


def _split(name: str, document: Markup) -> Style:
    """Attributes and content of the root of a QML document."""
    head, _, rest = document.partition("<qgis ")[2].partition(">")
    attributes = {key: Markup(value) for key, value in re.findall(r'(\w+)="([^"]*)"', head)}  # noqa: S704  # nosec B704
    return Style(name, attributes, Markup(rest.rpartition("</qgis>")[0].lstrip("\n")))  # noqa: S704  # nosec B704


def _kinds(layer: Layer, lang: Lang) -> list[dict[str, Any]]:
    """Two classes by kind, surveyed and approximate; in a view of one kind, this kind only."""
    kinds = {kind for kind, name in VIEWS.items() if name == layer.name}
    rough = words_in(lang)["rough"]
    return [
        {
            "label": f"{one['label']}, {rough}" if approximate else one["label"],
            "filter": f"\"kind\" = '{one['value']}' and {ROUGH if approximate else SURVEYED}",
            "colour": one["colour"],
            "approximate": approximate,
            **settings()["marks"][one["value"]],
        }
        for one in kind_classes(lang)
        if not kinds or one["value"] in kinds
        for approximate in (False, True)
    ]


def _graded(column: str, words: Mapping[str, str]) -> dict[str, Any]:
    """Five classes of a column from 0 to 1, the unknown, and the outline of approximate extents."""
    last = len(GRADES) - 1
    classes = [
        {
            "label": f"{low / 10:.1f} – {(low + 2) / 10:.1f}".replace(".", words["comma"]),
            "filter": f'"{column}" >= {low / 10} and "{column}" {"<=" if place == last else "<"} '
            f"{(low + 2) / 10}",
            "colour": colour,
        }
        for place, (low, colour) in enumerate(zip(range(0, 10, 2), GRADES, strict=True))
    ]
    unknown = {"label": words["unknown"], "filter": f'"{column}" is null', "colour": "#FFFFFF"}
    listed = [{**one, "approximate": False} for one in (*reversed(classes), unknown)]
    return {"classes": [*listed, _rough(words)], "approximate": ROUGH, "marked": ""}


def _marked(classes: list[dict[str, Any]], lang: Lang) -> dict[str, Any]:
    """Classes with a colour, the outline of approximate extents, and a mark for each kind."""
    return {
        "classes": [*classes, _rough(words_in(lang)), *offer_styles.marks(lang)],
        "approximate": ROUGH,
        "marked": offer_styles.colour_expression(classes),
    }


def _rough(words: Mapping[str, str]) -> dict[str, Any]:
    return {
        "label": words["rough_disc"],
        "filter": ROUGH,
        "colour": "#000000",
        "approximate": True,
    }


def _reasons(layer: Layer, rules: Mapping[str, Localized], lang: Lang) -> list[dict[str, str]]:
    """Classes by the first rule that failed, in the order of the rules, light to dark."""
    present = set(layer.frame["rule"].unique())
    known = [rule for rule in rules if rule in present]
    failed = [*known, *sorted(present - set(known))]
    labels = [rules[rule][lang] if rule in rules else rule for rule in failed]
    return _shaded(failed, labels, RULES)


def _minutes(layer: Layer, on_foot: str) -> list[dict[str, str]]:
    """Classes by walking time, dark to light."""
    times = [str(time) for time in sorted({int(time) for time in layer.frame["minutes"]})]
    return _shaded(times, [f"{time} {on_foot}" for time in times], MINUTES)


def _areas(layer: Layer) -> list[dict[str, str | float]]:
    """Classes of districts by the area of their opportunities of all kinds, in hectares."""
    whole = layer.frame.loc[layer.frame["kind"] == ALL_KINDS, "area_m2"]
    step = _round_up(float(whole.max()) / AREA_CLASSES / 1e4 if len(whole) else 1.0)
    bounds = [round(i * step, 2) for i in range(AREA_CLASSES + 1)]
    return [
        {"low": low, "high": high, "label": f"{low:g} – {high:g} ha".replace(".", ",")}
        for low, high in pairwise(bounds)
    ]


def _shaded(
    values: Sequence[str], labels: Sequence[str], colours: tuple[str, ...]
) -> list[dict[str, str]]:
    """Classes coloured in their order along a list of colours."""
    last = max(len(values) - 1, 1)
    return [
        {"value": value, "label": label, "colour": _interpolate(colours, i / last)}
        for i, (value, label) in enumerate(zip(values, labels, strict=True))
    ]


def _round_up(value: float) -> float:
    """Smallest of 0.1, 0.2, 0.5, 1, 2, 5… that is not below a value.

    Examples
    --------
    >>> _round_up(0.3), _round_up(2.0), _round_up(11)
    (0.5, 2.0, 20.0)
    """
    steps = [m * 10.0**e for e in range(-1, 6) for m in (1, 2, 5)]
    return next((step for step in steps if step >= value), steps[-1])


def _interpolate(colours: tuple[str, ...], share: float) -> str:
    """Colour at a share of the way along a list of colours.

    Examples
    --------
    >>> _interpolate(("#000000", "#FFFFFF"), 0.5)
    '#808080'
    """
    place = share * (len(colours) - 1)
    i = min(int(place), len(colours) - 2)
    pairs = [
        (int(colours[i][k : k + 2], 16), int(colours[i + 1][k : k + 2], 16)) for k in (1, 3, 5)
    ]
    return "#" + "".join(f"{round(a + (b - a) * (place - i)):02X}" for a, b in pairs)
