"""Limits of the page: rejected parcels counted by grid cell where they are too many to draw."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from foncier.export.webmap import encode_geometry
from foncier.export.webmap.encode_table import pair
from foncier.export.words import VALUES
from foncier.i18n import Localized, localized
from foncier.model import Missing

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from foncier.model import Profile, ResultTables

MIN_SIDE_M = 200.0  # the side of INSEE's squares
MAX_CELLS = 20_000  # beyond, sides are doubled: a département has cells of 800 m
EMPTY: dict[str, Any] = {
    "side_m": MIN_SIDE_M,
    "count": [],
    "reasons": [],
    "several": [],
    "reason": [],
    "parcels": [],
}


def count_by_cell(rejections: gpd.GeoDataFrame, profile: Profile) -> dict[str, Any]:
    """Count rejected parcels by cell of a regular grid (by their centroid) and by reason.

    Parameters
    ----------
    rejections
        Table of the contract ``REJECTIONS``, in the legal metric CRS.
    profile
        Whose rules name the reasons, in their order.

    Returns
    -------
    Ready for JSON: ``side_m``; ``count`` of parcels of each cell, from south to north, then west
    to east; ``reasons`` (French, English, kind sought); ``several``, the number of reasons of
    each cell; ``reason`` and ``parcels`` list them cell by cell, the most frequent first;
    ``shapes`` of the cells.
    """
    if rejections.empty:
        return {**EMPTY, "shapes": encode_geometry.encode_polygons([], rejections.crs)}
    cell, side = _cells(shapely.centroid(rejections.geometry.to_numpy()))
    corner, index = np.unique(cell[:, ::-1], axis=0, return_inverse=True)
    reasons, reason = _reasons(rejections, profile)
    pairs, parcels = np.unique(index * len(reasons) + reason, return_counts=True)
    of, why = np.divmod(pairs, len(reasons))
    order = np.lexsort((why, -parcels, of))
    south, west = corner.T * side
    return {
        "side_m": side,
        "count": np.bincount(index).tolist(),
        "reasons": reasons,
        "several": np.bincount(of).tolist(),
        "reason": why[order].tolist(),
        "parcels": parcels[order].tolist(),
        "shapes": encode_geometry.encode_polygons(
            shapely.box(west, south, west + side, south + side), rejections.crs
        ),
    }


def _cells(centres: Any) -> tuple[NDArray[np.int64], float]:
    """Column and row of the cell of each point, and the side of the cells in metres."""
    xy, side = shapely.get_coordinates(centres), MIN_SIDE_M
    while True:
        cell = np.floor(xy / side).astype(np.int64)
        if len(np.unique(cell, axis=0)) <= MAX_CELLS:
            return cell, side
        side *= 2


def _reasons(
    rejections: gpd.GeoDataFrame, profile: Profile
) -> tuple[list[list[str]], NDArray[np.intp]]:
    """Labels of the reasons, by kind and in the order of the rules, and index of that of each row.

    A rule that the profile does not have is named by its id, after the others.
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


MAX_REJECTED = 150_000  # a métropole; about 7 MB of the page
MAX_BUILDINGS = 250_000  # of the base map


def fit_to_page(result: ResultTables) -> tuple[ResultTables, tuple[Missing, ...]]:
    """Leave out the layers that are too large for one page, and say which.

    Rejected parcels and the buildings of the base map are left out whole where there are too many;
    rejected parcels are then counted by grid cell, and all are in the GeoPackage. Sites stay.
    """
    left_out = []
    background = result.background
    rejected, buildings = len(result.rejections), len(background.buildings)
    if rejected > MAX_REJECTED:
        result = replace(result, rejections=result.rejections.iloc[:0])
        words = localized("export.webmap.too_many_rejected", count=rejected)
        left_out.append(Missing("rejections", words))
    if buildings > MAX_BUILDINGS:
        bare = replace(background, buildings=background.buildings.iloc[:0])
        result = replace(result, background=bare)
        words = localized("export.webmap.too_many_buildings", count=buildings)
        left_out.append(Missing("background", words))
    return result, tuple(left_out)
