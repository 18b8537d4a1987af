"""What lies on the straight line where the way goes round: a river, a railway."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    import geopandas as gpd

    from foncier.network.cutting import Floats, Geometries, Integers

# Two sides of a square for its diagonal: a grid of streets alone explains that much.
DETOUR_FROM = float(np.sqrt(2))
CROSSED_M = 3.0  # a ditch is stepped over
KINDS = ("water", "railway")


@dataclass(frozen=True)
class Walls:
    """Water and railways: shapes, kind and name of each, and the kinds that the layer holds."""

    shapes: Geometries
    kind: Geometries
    label: Geometries
    tree: shapely.STRtree


def walls(constraints: gpd.GeoDataFrame | None) -> Walls | None:
    """Water and railways of the constraints; None where there is neither.

    Parameters
    ----------
    constraints
        Table of the contract ``CONSTRAINTS``, or None.
    """
    if constraints is None:
        return None
    rows = constraints[constraints["kind"].isin(KINDS)]
    rows = rows[~rows.geometry.geom_type.isin(["Point", "MultiPoint"])]
    if rows.empty:
        return None
    rows = rows.sort_values("constraint_id")
    shapes = rows.geometry.to_numpy()
    label = rows["label"].to_numpy(dtype=object)
    return Walls(shapes, rows["kind"].to_numpy(dtype=object), label, shapely.STRtree(shapes))


def barriers(
    start: Geometries, end: Geometries, detour: Floats, found: Walls | None
) -> tuple[Geometries, Geometries]:
    """Name what each straight line crosses where the way by the streets is a detour.

    What holds one of the two ends is no barrier between them: a station lies in its railway land.

    Parameters
    ----------
    start, end
        Points, shape (n,).
    detour
        Detour index of the way between them, NaN where unknown.
    found
        What may be crossed, None when unknown.

    Returns
    -------
    Kinds (``water``, ``railway``, ``water_railway``, ``none``) and the name of what is crossed
    the longest, shape (n,). The kind is ``none`` where there is no detour, and where nothing is
    crossed while both kinds are mapped; else it is missing, for what is not mapped is unknown.
    """
    kinds, names = (np.full(len(start), None, dtype=object) for _ in range(2))
    if found is None:
        return kinds, names
    kinds[detour < DETOUR_FROM] = "none"
    far = np.flatnonzero(detour >= DETOUR_FROM)
    lines = shapely.linestrings(
        np.stack([shapely.get_coordinates(start[far]), shapely.get_coordinates(end[far])], axis=1)
    ) if len(far) else np.empty(0, dtype=object)  # fmt: skip
    line, wall = _parting(lines, start[far], end[far], found)
    row, shapes = far[line], found.shapes[wall]
    length = shapely.length(shapely.intersection(lines[line], shapes))
    drawn = shapely.get_dimensions(shapes) == 1  # a track drawn as a line has no width
    kept = np.flatnonzero(drawn | (length >= CROSSED_M))
    if set(KINDS) <= set(found.kind):
        kinds[far] = "none"
    row, wall, length = row[kept], wall[kept], length[kept]
    water, railway = (np.bincount(row[found.kind[wall] == kind], minlength=len(start)) > 0
                      for kind in KINDS)  # fmt: skip
    kinds[water], kinds[railway], kinds[water & railway] = "water", "railway", "water_railway"
    named = np.array([isinstance(text, str) for text in found.label[wall]], dtype=bool)
    order = np.lexsort((wall, -length, ~named, row))
    first, position = np.unique(row[order], return_index=True)
    best = order[position]
    names[first[named[best]]] = found.label[wall[best[named[best]]]]
    return kinds, names


def _parting(
    lines: Geometries, start: Geometries, end: Geometries, found: Walls
) -> tuple[Integers, Integers]:
    """Pairs of a line and a wall that it meets, the wall holding neither of its two ends.

    The walls are few and large: they are prepared, not the lines.
    """
    line, wall = found.tree.query(lines)
    shapely.prepare(found.shapes)
    met = shapely.intersects(found.shapes[wall], lines[line])
    for ends in (start, end):
        line, wall = line[met], wall[met]
        met = ~shapely.intersects(found.shapes[wall], ends[line])
    return line[met], wall[met]
