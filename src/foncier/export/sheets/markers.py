"""Markers of the kinds and of the places, with the shapes and colours of the web map."""

from __future__ import annotations

from typing import NamedTuple

from foncier.export import words
from foncier.export.sheets.typography import FAMILY


class Marker(NamedTuple):
    """Colour of a kind, its shape on a grid of 28, offset of its number below the middle."""

    colour: str
    shape: str
    lift: float


# As in the web map (static/icons.js; a test compares them): distinct without red or green, and by
# their shape on a black and white copy.
KINDS = {
    kind: Marker(words.KIND_COLOURS[kind], shape, lift)
    for kind, shape, lift in (
        ("friche", "M14 1.5 L26.5 14 L14 26.5 L1.5 14 Z", 0),
        ("dent_creuse", "M14 2 A12 12 0 1 1 13.99 2 Z", 0),
        ("batiment_non_affecte", "M14 1 L27.5 25.5 L0.5 25.5 Z", 4),
        ("terrain_divisible", "M7.5 2.5 L20.5 2.5 L27 14 L20.5 25.5 L7.5 25.5 L1 14 Z", 0),
    )
}
TIGHT = ("friche", "batiment_non_affecte")  # shapes with less space for a number
# Letter of a place by its category: legible at two millimetres, where a pictogram is not.
PLACES = {
    "station": "G",
    "university": "U",
    "research": "R",
    "innovation": "I",
    "hospital": "H",
    "public_service": "S",
}
PLACE_COLOUR = "#2b3a55"
INK = "#161b2b"
LOOP, AXIS, AREA = "#c0143c", "#3a3f63", "#4b5468"


def kind_symbol(kind: str, figure: str, x: float, y: float, size: float) -> str:
    """Marker of a kind as an SVG group, centred on (x, y), ``size`` millimetres wide."""
    marker = KINDS[kind]
    sizes = (13.0, 10.5, 8.0, 6.2) if kind in TIGHT else (13.0, 13.0, 10.0, 7.8)
    text = (
        f'<text x="14" y="{14.4 + marker.lift + sizes[min(len(figure), 4) - 1] * 0.36:.2f}" '
        f'font-family="{FAMILY}" font-weight="700" font-size="{sizes[min(len(figure), 4) - 1]}" '
        f'fill="#ffffff" text-anchor="middle">{figure}</text>'
        if figure
        else ""
    )
    return (
        f'<g transform="translate({x - size / 2:.2f} {y - size / 2:.2f}) scale({size / 28:.4f})">'
        f'<path d="{marker.shape}" fill="{marker.colour}" stroke="#ffffff" stroke-width="1.8" '
        f'stroke-linejoin="round"/>{text}</g>'
    )


def kind_marker(kind: str, figure: str = "") -> str:
    """Marker of a kind as one SVG document."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-1 -1 30 30" width="30" height="30">'
        f"{kind_symbol(kind, figure, 14, 14, 28)}</svg>"
    )


def place_symbol(category: str, x: float, y: float, radius: float) -> str:
    """Marker of a place as an SVG group: a disc with the letter of its category."""
    letter = PLACES.get(category, "")
    return (
        f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{radius}" fill="{PLACE_COLOUR}" stroke="#ffffff" '
        f'stroke-width="{radius * 0.2:.2f}"/>'
        f'<text x="{x:.2f}" y="{y + radius * 0.45:.2f}" font-family="{FAMILY}" font-weight="700" '
        f'font-size="{radius * 1.25:.2f}" fill="#ffffff" text-anchor="middle">{letter}</text>'
    )


def place_marker(category: str) -> str:
    """Marker of a place as one SVG document."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10" width="10" height="10">'
        f"{place_symbol(category, 5, 5, 4.2)}</svg>"
    )


def stop_symbol(letter: str, x: float, y: float, radius: float) -> str:
    """Marker of a stop of the loop: a white disc with its letter."""
    return (
        f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{radius}" fill="#ffffff" stroke="{LOOP}" '
        f'stroke-width="{radius * 0.28:.2f}"/>'
        f'<text x="{x:.2f}" y="{y + radius * 0.45:.2f}" font-family="{FAMILY}" font-weight="700" '
        f'font-size="{radius * 1.2:.2f}" fill="#8f0c2b" text-anchor="middle">{letter}</text>'
    )


def stop_letter(index: int) -> str:
    """Letter of a stop of the loop, as on the web map.

    Examples
    --------
    >>> stop_letter(0), stop_letter(25), stop_letter(26)
    ('A', 'Z', 'A1')
    """
    turn, letter = divmod(index, 26)
    return chr(65 + letter) + (str(turn) if turn else "")
