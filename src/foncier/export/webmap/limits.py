"""What one page can hold: the map of a département still opens, and says what it leaves out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from foncier.records import Missing, Text
from foncier.wording import figure

if TYPE_CHECKING:
    from foncier.records import Result

MOST_REJECTED = 150_000  # a métropole; about 7 MB of the page
MOST_BUILDINGS = 250_000  # of the base map


def held(result: Result) -> tuple[Result, tuple[Missing, ...]]:
    """Result as far as one page holds it, and what was left out.

    Rejected parcels and the buildings of the base map go, each whole, where there are too many:
    they are all in the GeoPackage. Sites never go.
    """
    told = []
    rejected, houses = len(result.rejections), len(result.background.buildings)
    if rejected > MOST_REJECTED:
        result = replace(result, rejections=result.rejections.iloc[:0])
        fr, en = (figure(rejected, "", lang) for lang in ("fr", "en"))
        told.append(Missing("rejections", Text(
            f"{fr} parcelles écartées : trop pour cette page. Elles sont dans le GeoPackage, "
            "chacune avec son motif.",
            f"{en} rejected parcels: too many for this page. They are in the GeoPackage, each with "
            "its reason.",
        )))  # fmt: skip
    if houses > MOST_BUILDINGS:
        background = result.background
        bare = replace(background, buildings=background.buildings.iloc[:0])
        result = replace(result, background=bare)
        fr, en = (figure(houses, "", lang) for lang in ("fr", "en"))
        told.append(Missing("background", Text(
            f"{fr} bâtiments : trop pour le fond de cette page. Affichez le plan IGN en ligne, ou "
            "ouvrez le GeoPackage.",
            f"{en} buildings: too many for the background of this page. Switch the online IGN map "
            "on, or open the GeoPackage.",
        )))  # fmt: skip
    return result, tuple(told)
