"""Rejected parcels counted by square of ground, where they are too many to be drawn one by one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from foncier.export.webmap import encode_geometry
from foncier.export.webmap.encode_table import pair
from foncier.export.words import VALUES
from foncier.i18n import Localized, figure
from foncier.model import Missing

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from foncier.i18n import Lang
    from foncier.model import Profile, ResultTables

LEAST_SIDE_M = 200.0  # the side of INSEE's squares
MOST_SQUARES = 20_000  # beyond, sides are doubled: a département is told in squares of 800 m
NONE: dict[str, Any] = {
    "side_m": LEAST_SIDE_M,
    "count": [],
    "reasons": [],
    "several": [],
    "reason": [],
    "parcels": [],
}


def squares(rejections: gpd.GeoDataFrame, profile: Profile) -> dict[str, Any]:
    """Count rejected parcels by square of the legal grid that their centre lies in, and by reason.

    Parameters
    ----------
    rejections
        Table of the contract ``REJECTIONS``, in the legal metric CRS.
    profile
        Whose rules name the reasons, in their order.

    Returns
    -------
    Ready for JSON: ``side_m``; ``count`` of parcels of each square, from south to north, then west
    to east; ``reasons`` (French, English, kind sought); ``several``, how many reasons each square
    has, whose numbers ``reason`` and ``parcels`` list square by square, the most frequent first;
    ``shapes`` of the squares.
    """
    if rejections.empty:
        return {**NONE, "shapes": encode_geometry.encode_polygons([], rejections.crs)}
    place, side = _places(shapely.centroid(rejections.geometry.to_numpy()))
    corner, square = np.unique(place[:, ::-1], axis=0, return_inverse=True)
    reasons, reason = _reasons(rejections, profile)
    both, parcels = np.unique(square * len(reasons) + reason, return_counts=True)
    of, why = np.divmod(both, len(reasons))
    order = np.lexsort((why, -parcels, of))
    south, west = corner.T * side
    return {
        "side_m": side,
        "count": np.bincount(square).tolist(),
        "reasons": reasons,
        "several": np.bincount(of).tolist(),
        "reason": why[order].tolist(),
        "parcels": parcels[order].tolist(),
        "shapes": encode_geometry.encode_polygons(
            shapely.box(west, south, west + side, south + side), rejections.crs
        ),
    }


def _places(centres: Any) -> tuple[NDArray[np.int64], float]:
    """Column and row of the square of each point, and the side of the squares in metres."""
    xy, side = shapely.get_coordinates(centres), LEAST_SIDE_M
    while True:
        place = np.floor(xy / side).astype(np.int64)
        if len(np.unique(place, axis=0)) <= MOST_SQUARES:
            return place, side
        side *= 2


def _reasons(
    rejections: gpd.GeoDataFrame, profile: Profile
) -> tuple[list[list[str]], NDArray[np.intp]]:
    """Words of the reasons that occur, by kind and in the order of the rules, and that of each row.

    A rule that the profile does not have is told by its name, after the others.
    """
    known = {
        (kind, rule.name): rule.label for kind, rules in profile.rules.items() for rule in rules
    }
    met = pd.MultiIndex.from_frame(rejections[["kind", "rule"]].astype(object))
    last = sorted(set(met.unique()) - known.keys())
    listed = pd.MultiIndex.from_tuples([*(key for key in known if key in set(met.unique())), *last])
    words = [known.get(key, Localized(key[1], key[1])) for key in listed]
    reasons = [
        [
            *(
                f"{kind} · {name}"
                for kind, name in zip(pair(VALUES[key[0]]), pair(word), strict=True)
            ),
            key[0],
        ]
        for key, word in zip(listed, words, strict=True)
    ]
    return reasons, np.asarray(listed.get_indexer(met), dtype=np.intp)


MOST_REJECTED = 150_000  # a métropole; about 7 MB of the page
MOST_BUILDINGS = 250_000  # of the base map
LANGUAGES: tuple[Lang, ...] = ("fr", "en")
REJECTED = Localized(
    "{} parcelles écartées : trop pour être dessinées une à une. La carte les compte par carreau, "
    "avec leurs motifs ; le GeoPackage a chacune.",
    "{} rejected parcels: too many to be drawn one by one. The map counts them by square, with "
    "their reasons; the GeoPackage has each.",
)
BUILDINGS = Localized(
    "{} bâtiments : trop pour le fond de cette page. Affichez le plan IGN en ligne.",
    "{} buildings: too many for the background of this page. Switch the online IGN map on.",
)


def held(result: ResultTables) -> tuple[ResultTables, tuple[Missing, ...]]:
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


def _gap(what: str, count: int, words: Localized) -> Missing:
    fr, en = (words[lang].format(figure(count, "", lang)) for lang in LANGUAGES)
    return Missing(what, Localized(fr, en))
