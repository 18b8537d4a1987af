"""OpenStreetMap: who may use a way or pass a gate, and ways cut at closed barriers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier.crs import Transformation
from foncier.geometry import line_substring, vertex_measures
from foncier.readers import osm_tags
from foncier.readers.osm_objects import is_set

if TYPE_CHECKING:
    import pyproj
    from numpy.typing import NDArray

    from foncier.geometry import Geometries
    from foncier.readers.report import Journal

CUT_HALF_M = 0.5  # a way is closed so far on both sides of a barrier
MODES = tuple(osm_tags.ACCESS_KEYS)
GRID_M = 1e-3  # nodes nearer than a millimetre are one, as in `foncier.network.graph`


def with_access(open_to: pd.Series[Any], tags: pd.DataFrame, mode: str) -> pd.Series[Any]:
    """Apply the access tags to what a mode may use by default; the more specific key decides.

    ``access=private`` with ``foot=yes`` is open to walkers. ``access=yes`` does not add modes to
    those of the class, ``foot=yes`` does.

    Examples
    --------
    >>> tags = pd.DataFrame({"access": ["private", "no", "yes"], "foot": ["yes", None, None]})
    >>> list(with_access(pd.Series([True, True, False]), tags, "walk"))
    [True, False, False]
    """
    for key in osm_tags.ACCESS_KEYS[mode]:
        opened, closed = _values(tags[key])
        if key != "access":
            open_to = open_to | opened
        open_to = open_to & ~closed
    return open_to


def _values(access: pd.Series[Any]) -> tuple[pd.Series[Any], pd.Series[Any]]:
    """Tell where a key opens and where it closes; of several values one that opens is enough."""
    words = {text: {part.strip() for part in text.split(";")} for text in access.dropna().unique()}
    opens = {text for text, parts in words.items() if not parts.isdisjoint(osm_tags.ACCESS_YES)}
    closes = {text for text, parts in words.items() if parts <= set(osm_tags.ACCESS_NO)}
    return access.isin(opens), access.isin(closes)


def closed_nodes(nodes: gpd.GeoDataFrame, crs: pyproj.CRS) -> gpd.GeoDataFrame:
    """Return the nodes that are closed to a mode, in the legal metric CRS.

    Parameters
    ----------
    nodes
        Points with the columns `osm_tags.NODE_TAGS` and `osm_tags.NODE_OTHERS`.

    Returns
    -------
    Boolean columns ``walk``, ``bike`` and ``drive``: closed to it. A locked gate is closed but to
    those whom its own key names (``foot=yes``).
    """
    beside = np.logical_or.reduce([is_set(nodes[key]) for key in osm_tags.NODE_OTHERS])
    nodes = nodes[is_set(nodes["barrier"]) | ~beside]
    locked = nodes["locked"] == "yes"
    closed = {}
    for mode, keys in osm_tags.ACCESS_KEYS.items():
        by_kind = [kind for kind, modes in osm_tags.BARRIERS_CLOSED.items() if mode in modes]
        passable = ~nodes["barrier"].isin(by_kind)
        explicit, _ = _values(nodes["access"])
        passable |= explicit  # a wall that is stated to be open has an opening
        passable = with_access(passable, nodes, mode) & ~locked
        for key in keys[1:]:
            passable |= _values(nodes[key])[0] & locked
        closed[mode] = ~passable
    table = gpd.GeoDataFrame(closed, geometry=nodes.geometry)
    table = table[table[list(MODES)].any(axis=1)]
    points = Transformation(nodes.crs, crs, where="").transform(table.geometry)
    return table.set_geometry(points)


def cut_at(streets: Any, closed: gpd.GeoDataFrame, journal: Journal) -> Any:
    """Cut streets at closed nodes: the piece around the node is closed to the modes of the node.

    Parameters
    ----------
    streets
        Rows with ``street_id``, the modes and lines, in the legal metric CRS.
    closed
        Nodes of `closed_nodes`.

    Returns
    -------
    The streets; one that was cut has a row a piece, ``way/7``, ``way/7.2``, ``way/7.3``.
    """
    if closed.empty or streets.empty:
        return streets
    row, along, node = _on_streets(streets, closed)
    shut = closed[list(MODES)].to_numpy(dtype=bool)[node]
    modes = streets[list(MODES)].to_numpy(dtype=bool)[row]
    matters = (shut & modes).any(axis=1)
    row, along, shut, node = row[matters], along[matters], shut[matters], node[matters]
    journal.add("assumed", len(np.unique(node)), "readers.osm.closed_nodes")
    if not len(row):
        return streets
    lengths = shapely.length(streets.geometry.to_numpy())
    owner, start, end, barrier = _pieces(row, along, lengths)
    lines = streets.geometry.to_numpy()
    cut = streets.iloc[owner].reset_index(drop=True)
    cut = cut.set_geometry(gpd.GeoSeries(line_substring(lines[owner], start, end), crs=streets.crs))
    around = np.flatnonzero(barrier >= 0)
    for n, mode in enumerate(MODES):
        values = cut[mode].to_numpy(dtype=bool)
        values[around] &= ~shut[barrier[around], n]
        cut[mode] = pd.array(values, dtype="boolean")
    nth = pd.Series(cut.groupby("street_id").cumcount().to_numpy() + 1)
    ids = cut["street_id"]
    cut["street_id"] = ids.where(nth == 1, ids + "." + nth.astype("str"))
    whole = np.setdiff1d(np.arange(len(streets)), row)
    return pd.concat([streets.iloc[whole], cut], ignore_index=True)


def _on_streets(
    streets: Any, closed: gpd.GeoDataFrame
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.intp]]:
    """Return the street, the measure along it and the node of each vertex that is a node."""
    lines: Geometries = streets.geometry.to_numpy()
    single = np.flatnonzero(shapely.get_type_id(lines) == shapely.GeometryType.LINESTRING)
    xy, owner, along = vertex_measures(lines[single])
    points = shapely.get_coordinates(closed.geometry.to_numpy())
    grid = _grid(points)
    first = ~grid.duplicated()
    found = grid[first].get_indexer(_grid(xy))
    at = np.flatnonzero(found >= 0)
    return single[owner[at]], along[at], np.flatnonzero(first)[found[at]]


def _grid(xy: NDArray[np.float64]) -> pd.MultiIndex:
    x, y = np.round(xy / GRID_M).astype("int64").T
    return pd.MultiIndex.from_arrays([x, y])


def _pieces(
    row: NDArray[np.intp], along: NDArray[np.float64], lengths: NDArray[np.float64]
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64], NDArray[np.intp]]:
    """Return street, start and end of each piece, and the barrier that it is around, else −1.

    Between two near barriers the piece of each ends half-way.
    """
    order = np.lexsort((along, row))
    row, along = row[order], along[order]
    same = row[1:] == row[:-1]
    half = np.diff(along) / 2
    before = np.full(len(row), CUT_HALF_M)
    after = before.copy()
    before[1:] = np.where(same, np.minimum(CUT_HALF_M, half), before[1:])
    after[:-1] = np.where(same, np.minimum(CUT_HALF_M, half), after[:-1])
    low, high = np.maximum(along - before, 0.0), np.minimum(along + after, lengths[row])
    last = np.append(~same, True)
    previous = np.concatenate([[0.0], np.where(same, high[:-1], 0.0)])
    owner = np.concatenate([row, row, row[last]])
    start = np.concatenate([previous, low, high[last]])
    end = np.concatenate([low, high, lengths[row[last]]])
    barrier = np.concatenate([np.full(len(row), -1), order, np.full(int(last.sum()), -1)])
    some = end - start > GRID_M
    owner, start, end, barrier = owner[some], start[some], end[some], barrier[some]
    by_place = np.lexsort((start, owner))
    return owner[by_place], start[by_place], end[by_place], barrier[by_place]
