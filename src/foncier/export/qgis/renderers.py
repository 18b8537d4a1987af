"""How each layer may be drawn: by kind, by score, by confidence, by reason, by area."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foncier.export import words
from foncier.export.layers import VIEWS
from foncier.export.qgis import symbols
from foncier.model import Localized
from foncier.schemas import ALL_KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from xml.etree.ElementTree import Element

    from foncier.results.layers import Layer

INK = "#1A1A1A"
GREY = "#9E9E9E"
PALE = "#E3E3E3"
# ColorBrewer YlGnBu in five classes (Brewer 2003): dark is more, told apart without red or green.
SCALE = ("#FFFFCC", "#A1DAB4", "#41B6C4", "#2C7FB8", "#253494")
# ColorBrewer YlOrBr, light to dark: how far in the funnel a parcel went.
FUNNEL = ("#FFF7BC", "#FEC44F", "#EC7014", "#993404")
# ColorBrewer Purples, the fewest minutes the darkest.
MINUTES = ("#9E9AC8", "#DADAEB")
# Shape, colour, size in millimetres, outline.
MARKERS = {
    "acces": ("circle", INK, 1.2, "#FFFFFF"),
    "etapes": ("diamond", "#FFFFFF", 3.2, INK),
    "lieux": ("square", "#595959", 2.4, "#FFFFFF"),
}
# Width in millimetres, dashes, casing, colour.
LINES = {
    "boucle": (0.6, True, "#FFFFFF", INK),
    "axe": (1.0, False, "#FFFFFF", INK),
    "chemins": (0.3, False, "", "#6A3D9A"),
    "voies": (0.25, False, "", "#B8B8B8"),
}
# Colour, opacity, outline and its width in millimetres.
FILLS = {
    # Apart from the colours of the kinds: an assembly is no opportunity yet.
    "assemblages": ("#B8860B", 0.25, "#B8860B", 0.5),
    "parcelles_ecartees": (PALE, 0.5, GREY, 0.1),
}
# Areas of several sites lie over one another: of two the darker shows, and what lies below.
OVERLAID = {"isochrones": 0.6}
GROUNDS = {
    "#C6DDEE": (Localized("Eau", "Water"), ("water",)),
    "#DDEBD0": (
        Localized("Parcs, jardins, cimetières, sports", "Parks, gardens, cemeteries, sports"),
        ("park", "cemetery", "sports", "allotments"),
    ),
    "#E9E3EF": (
        Localized("Équipements, rail, voirie", "Facilities, railway, roads"),
        ("school", "railway", "road"),
    ),
}
BY_KIND = Localized("Par nature", "By kind")
BY_SCORE = Localized("Par score", "By score")
BY_CONFIDENCE = Localized("Par confiance", "By confidence")
BY_REASON = Localized("Par motif", "By reason")
PLAIN = Localized("Simple", "Plain")
UNKNOWN = Localized("Inconnu", "Unknown")


def looks(layer: Layer, *, rules: Mapping[str, Localized], lang: str) -> dict[str, Element]:
    """Renderers of a layer by the name of their style, the default one first."""
    names = {column.name for column in layer.columns}
    if {"kind", "score", "confidence"} <= names:
        return {
            BY_KIND[lang]: _kinds(layer, lang),
            BY_SCORE[lang]: _shares("score", lang),
            BY_CONFIDENCE[lang]: _shares("confidence", lang),
        }
    plain = _plain(layer, lang)
    if layer.name == "parcelles_ecartees":
        return {PLAIN[lang]: plain, BY_REASON[lang]: _reasons(layer, rules, lang)}
    return {PLAIN[lang]: plain}


def _plain(layer: Layer, lang: str) -> Element:
    if layer.name in LINES:
        width, dashed, casing, colour = LINES[layer.name]
        return symbols.single(symbols.line(colour, width=width, dashed=dashed, casing=casing))
    if layer.name in MARKERS:
        shape, colour, size, outline = MARKERS[layer.name]
        return symbols.single(symbols.marker(shape, colour, size=size, outline=outline))
    if layer.name == "contraintes":
        return _grounds(lang)
    if layer.name == "quartiers":
        return _areas(layer)
    if layer.name == "isochrones":
        return _minutes(layer, lang)
    colour, opacity, outline, width = FILLS.get(layer.name, ("#D3D0CB", 1.0, "", 0.1))
    return symbols.single(symbols.fill(colour, opacity=opacity, outline=outline, width=width))


def _kinds(layer: Layer, lang: str) -> Element:
    """By kind; in a view of one kind, this one only."""
    seen = {kind for kind, (name, _) in VIEWS.items() if name == layer.name} or set(words.KINDS)
    return symbols.categorised(
        "kind",
        [
            (
                kind,
                words.VALUES[kind][lang],
                symbols.fill(colour, opacity=0.6, outline=colour, width=0.5),
            )
            for kind, colour in words.KINDS.items()
            if kind in seen
        ],
    )


def _shares(column: str, lang: str) -> Element:
    """Five classes from 0 to 1, and the unknown as such."""
    step = 1 / len(SCALE)
    classes = []
    for i, colour in reversed(list(enumerate(SCALE))):
        low, high = round(i * step, 1), round((i + 1) * step, 1)
        closed = "<=" if high == 1 else "<"
        condition = f'"{column}" >= {low} and "{column}" {closed} {high}'
        label = _comma(f"{low:.1f} – {high:.1f}", lang)
        classes.append((condition, label, _shaded(colour)))
    unknown = symbols.fill("#FFFFFF", opacity=0.4, outline=GREY, width=0.4)
    return symbols.ruled([*classes, (f'"{column}" is null', UNKNOWN[lang], unknown)])


def _reasons(layer: Layer, rules: Mapping[str, Localized], lang: str) -> Element:
    """By the first rule that was not met, the later in the funnel the darker."""
    seen = set(layer.frame["rule"].unique())
    known = [rule for rule in rules if rule in seen]
    met = [*known, *sorted(seen - set(known))]
    return symbols.categorised(
        "rule",
        [
            (
                rule,
                rules[rule][lang] if rule in rules else rule,
                symbols.fill(_between(FUNNEL, i / max(len(met) - 1, 1)), outline=GREY, width=0.1),
            )
            for i, rule in enumerate(met)
        ],
    )


def _areas(layer: Layer) -> Element:
    """Quarters by the area that they hold, all kinds together, in hectares."""
    whole = layer.frame.loc[layer.frame["kind"] == ALL_KINDS, "area_m2"]
    step = _round_up(float(whole.max()) / len(SCALE) / 1e4 if len(whole) else 1.0)
    condition = f'"kind" = \'{ALL_KINDS}\' and "area_m2" / 10000'
    classes = []
    for i, colour in enumerate(SCALE):
        low, high = round(i * step, 2), round((i + 1) * step, 2)
        upper = f' and "area_m2" / 10000 < {high}' if i < len(SCALE) - 1 else ""
        label = f"{low:g} – {high:g} ha".replace(".", ",")
        classes.append((f"{condition} >= {low}{upper}", label, _shaded(colour)))
    return symbols.ruled(classes)


def _minutes(layer: Layer, lang: str) -> Element:
    """By the minutes that they take on foot; see `OVERLAID`."""
    times = sorted({int(time) for time in layer.frame["minutes"]})
    on_foot = {"fr": "min à pied", "en": "min on foot"}[lang]
    return symbols.ruled(
        [
            (
                f'"minutes" = {time}',
                f"{time} {on_foot}",
                symbols.fill(_between(MINUTES, i / max(len(times) - 1, 1))),
            )
            for i, time in enumerate(times)
        ]
    )


def _grounds(lang: str) -> Element:
    return symbols.ruled(
        [
            (
                '"kind" in (' + ", ".join(f"'{kind}'" for kind in kinds) + ")",
                text[lang],
                symbols.fill(colour),
            )
            for colour, (text, kinds) in GROUNDS.items()
        ]
    )


def _shaded(colour: str) -> Element:
    return symbols.fill(colour, opacity=0.85, outline="#4D4D4D", width=0.3)


def _round_up(value: float) -> float:
    """Smallest of 0.1, 0.2, 0.5, 1, 2, 5… that is not below a value.

    Examples
    --------
    >>> _round_up(0.3), _round_up(2.0), _round_up(11)
    (0.5, 2.0, 20.0)
    """
    steps = [m * 10.0**e for e in range(-1, 6) for m in (1, 2, 5)]
    return next((step for step in steps if step >= value), steps[-1])


def _between(colours: tuple[str, ...], share: float) -> str:
    """Colour at a share of the way along a list of colours.

    Examples
    --------
    >>> _between(("#000000", "#FFFFFF"), 0.5)
    '#808080'
    """
    place = share * (len(colours) - 1)
    i = min(int(place), len(colours) - 2)
    pairs = [
        (int(colours[i][k : k + 2], 16), int(colours[i + 1][k : k + 2], 16)) for k in (1, 3, 5)
    ]
    return "#" + "".join(f"{round(a + (b - a) * (place - i)):02X}" for a, b in pairs)


def _comma(text: str, lang: str) -> str:
    return text.replace(".", ",") if lang == "fr" else text
