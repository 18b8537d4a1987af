"""Geometries as flat lists of small integers: millionths of a degree, each a step from the last.

A building of six corners takes about 40 characters this way, against 220 in GeoJSON. The pointer
runs on from one ring to the next through the whole layer, so the first corner of a ring is a step
from the last corner of the ring before.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyproj
import shapely

from foncier.crs import DEGREES

if TYPE_CHECKING:
    from foncier.geometry import Geometries

STEPS_PER_DEGREE = 1_000_000  # 0.11 m north-south: finer than the cadastre
NUMBER = re.compile(r"\d+(?:[.,\u202f\u00a0 ]\d+)*")
HOLE = "\x01"


def to_degrees(values: Any, crs: pyproj.CRS) -> Geometries:
    """Geometries of a metric CRS in longitude and latitude (WGS 84)."""
    move = pyproj.Transformer.from_crs(crs, DEGREES, always_xy=True)
    return np.asarray(
        shapely.transform(
            np.asarray(values, dtype=object),
            lambda corners: np.column_stack(move.transform(corners[:, 0], corners[:, 1])),
        ),
        dtype=object,
    )


def _steps(pieces: Geometries, *, closed: bool) -> list[list[int]]:
    """Steps of each ring or line; the closing corner of a ring is left out."""
    corners, owner = shapely.get_coordinates(pieces, return_index=True)
    if closed and len(owner):
        last = np.append(owner[1:] != owner[:-1], True)
        corners, owner = corners[~last], owner[~last]
    if not len(owner):
        return []
    whole = np.rint(corners * STEPS_PER_DEGREE).astype(np.int64)
    steps = np.diff(whole, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    cuts = np.flatnonzero(np.diff(owner)) + 1
    return [piece.ravel().tolist() for piece in np.split(steps, cuts)]


def encode_polygons(values: Any) -> list[list[list[list[int]]]]:
    """Steps of polygons in degrees: one list of parts a feature, of rings a part.

    A missing or empty geometry gives an empty list.

    Examples
    --------
    >>> import shapely
    >>> encode_polygons([shapely.box(2, 49, 2.00001, 49.00002)])
    [[[[2000010, 49000000, 0, 20, -10, 0, 0, -20]]]]
    """
    shapes = np.asarray(values, dtype=object)
    parts, feature = shapely.get_parts(shapes, return_index=True)
    whole = ~shapely.is_empty(parts)
    parts, feature = parts[whole], feature[whole]
    rings, part = shapely.get_rings(parts, return_index=True)
    grouped: list[list[list[int]]] = [[] for _ in parts]
    for steps, owner in zip(_steps(rings, closed=True), part, strict=True):
        grouped[owner].append(steps)
    features: list[list[list[list[int]]]] = [[] for _ in shapes]
    for some_rings, owner in zip(grouped, feature, strict=True):
        features[owner].append(some_rings)
    return features


def encode_lines(values: Any) -> list[list[list[int]]]:
    """Steps of lines in degrees: one list of parts a feature."""
    shapes = np.asarray(values, dtype=object)
    parts, feature = shapely.get_parts(shapes, return_index=True)
    features: list[list[list[int]]] = [[] for _ in shapes]
    for steps, owner in zip(_steps(parts, closed=False), feature, strict=True):
        features[owner].append(steps)
    return features


def encode_points(values: Any) -> list[list[int]]:
    """Longitude and latitude of points in millionths of a degree (no steps)."""
    shapes = np.asarray(values, dtype=object)
    corners = np.column_stack([shapely.get_x(shapes), shapely.get_y(shapes)])
    whole = np.rint(corners * STEPS_PER_DEGREE).astype(np.int64)
    return [list(map(int, row)) for row in whole]


def pool(values: pd.Series[Any]) -> dict[str, list[Any]]:
    """Texts that repeat, kept once: ``pool`` of distinct texts and a code a row (-1 unknown).

    Examples
    --------
    >>> pool(pd.Series(["U", "N", "U", None], dtype="str"))
    {'pool': ['U', 'N'], 'codes': [0, 1, 0, -1]}
    """
    codes, distinct = pd.factorize(values)
    return {"pool": [str(text) for text in distinct], "codes": codes.tolist()}


def pack_phrases(values: pd.Series[Any]) -> dict[str, list[Any]]:
    """Sentences that differ by their figures only, kept once with the figures apart.

    Thousands of rejected parcels say the same few sentences.

    Examples
    --------
    >>> packed = pack_phrases(pd.Series(["Surface 150 m²", "Surface 90 m²"], dtype="str"))
    >>> packed["codes"], packed["figures"]
    ([0, 0], [['150'], ['90']])
    """
    texts = [str(text).replace(HOLE, "\ufffd") for text in values]
    phrases = pd.Series([NUMBER.sub(HOLE, text) for text in texts], dtype="str")
    return {**pool(phrases), "figures": [NUMBER.findall(text) for text in texts]}
