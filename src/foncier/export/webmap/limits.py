"""What one page can hold: the map of a département still opens, and says what it leaves out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from foncier.records import Missing, Text
from foncier.wording import figure

if TYPE_CHECKING:
    from foncier.records import Result
    from foncier.wording import Lang

MOST_REJECTED = 150_000  # a métropole; about 7 MB of the page
MOST_BUILDINGS = 250_000  # of the base map
LANGUAGES: tuple[Lang, ...] = ("fr", "en")
REJECTED = Text(
    "{} parcelles écartées : trop pour être dessinées une à une. La carte les compte par carreau, "
    "avec leurs motifs ; le GeoPackage a chacune.",
    "{} rejected parcels: too many to be drawn one by one. The map counts them by square, with "
    "their reasons; the GeoPackage has each.",
)
BUILDINGS = Text(
    "{} bâtiments : trop pour le fond de cette page. Affichez le plan IGN en ligne.",
    "{} buildings: too many for the background of this page. Switch the online IGN map on.",
)


def held(result: Result) -> tuple[Result, tuple[Missing, ...]]:
    """Result as far as one page holds it, and what was left out.

    Rejected parcels and the buildings of the base map go, each whole, where there are too many;
    rejected parcels are then counted by square, and all in the GeoPackage. Sites never go.
    """
    told = []
    background = result.background
    rejected, houses = len(result.rejections), len(background.buildings)
    if rejected > MOST_REJECTED:
        result = replace(result, rejections=result.rejections.iloc[:0])
        told.append(_gap("rejections", rejected, REJECTED))
    if houses > MOST_BUILDINGS:
        bare = replace(background, buildings=background.buildings.iloc[:0])
        result = replace(result, background=bare)
        told.append(_gap("background", houses, BUILDINGS))
    return result, tuple(told)


def _gap(what: str, count: int, words: Text) -> Missing:
    fr, en = (words[lang].format(figure(count, "", lang)) for lang in LANGUAGES)
    return Missing(what, Text(fr, en))
