"""Street files with gaps: ends joined within a tolerance, crossings at one level noded.

Files that are drawn (cadastre, a communal file, lines by hand) are not topological: ends miss each
other by centimetres, and streets cross without a vertex.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from foncier.geometry import vertex_measures
from foncier.network.graph import VERTEX_TOLERANCE_M
from foncier.network.islands import AFTER, BEFORE, bridge_islands, groups
from foncier.network.pairs import near_pairs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foncier.network.graph import Floats, Geometries, Integers

JOINED, NODED, BRIDGED = "joined", "noded", "bridged"


@dataclass(frozen=True)
class Joints:
    """Streets that are connected, and where.

    ``points`` are the joints: ``kind`` (``joined``: an end that was extended to the next street;
    ``noded``: a crossing that got a vertex; ``bridged``: an end that was extended over public
    ground, so that an isolated group of streets is not), ``gap_m`` (0 at a crossing) and a point.
    ``unsearched`` counts the streets of which not all joints were searched, because too many
    streets meet (`foncier.network.pairs`).
    """

    streets: gpd.GeoDataFrame
    points: gpd.GeoDataFrame
    unsearched: int = 0

    def count(self, kind: str) -> int:
        """Count the joints of a kind."""
        return int((self.points["kind"] == kind).sum())


@dataclass(frozen=True)
class _Parts:
    """Parts of the streets that may be connected, with their vertices."""

    lines: Geometries
    level: Integers


@dataclass(frozen=True)
class _Added:
    """Vertices to add: part, measure along it in metres, side of an end (0 inside), position.

    ``unsearched`` are parts of which not all pairs were searched.
    """

    part: Integers
    along_m: Floats
    side: Floats
    xy: Floats
    unsearched: Integers


def connect_streets(
    streets: gpd.GeoDataFrame,
    *,
    tolerance_m: float,
    drawn: NDArray[np.bool_],
    parcels: Geometries | None = None,
    island_m: float = 0.0,
) -> Joints:
    """Connect streets whose ends miss each other, or that cross, at one level.

    An end is extended to the nearest street that it does not touch, within the tolerance. Two
    streets that cross get a vertex there. Bridges, tunnels and other levels are left as they are,
    and so are streets for cars only.

    Parameters
    ----------
    streets
        Table of the schema ``STREETS``, in a metric CRS.
    tolerance_m
        Largest gap, in metres; 0 changes nothing.
    drawn
        True for the streets of files that are drawn, shape (n,): the others are topological.
    parcels, island_m
        Outlines of the parcels, and the largest gap over which an isolated group of streets is
        joined to the rest where no parcel lies in it (`foncier.network.islands`); 0 joins none.

    Returns
    -------
    The streets with their ids and attributes, and the joints.

    Examples
    --------
    >>> lines = shapely.from_wkt(["LINESTRING (0 0, 50 0)", "LINESTRING (50.5 0, 90 0)"])
    >>> streets = gpd.GeoDataFrame(
    ...     {"street_id": ["a", "b"], "level": 0, "walk": True, "bike": True},
    ...     geometry=lines, crs=2154)
    >>> joints = connect_streets(streets, tolerance_m=1, drawn=np.array([True, True]))
    >>> joints.points[["kind", "gap_m"]].values.tolist()
    [['joined', 0.5]]
    """
    none = gpd.GeoDataFrame({"kind": [], "gap_m": []}, geometry=[], crs=streets.crs)
    used = (streets["walk"] | streets["bike"]).fillna(False).to_numpy(dtype=bool) & drawn
    if not tolerance_m > 0 or not used.any():
        return Joints(streets, none)
    order = np.argsort(streets["street_id"].to_numpy(dtype=object), kind="stable")
    rows = order[used[order]]
    parts, owner = shapely.get_parts(streets.geometry.to_numpy()[rows], return_index=True)
    level = streets["level"].to_numpy(dtype=np.int64)[rows]
    ends, gaps = _end_joints(_Parts(parts, level[owner]), tolerance_m)
    lines = _with_vertices(parts, ends)
    crossings, places = _crossings(_Parts(lines, level[owner]))
    lines = _with_vertices(lines, crossings)
    bridges, bridged_m = _bridges(lines, level[owner], parcels, island_m)
    lines = _with_vertices(lines, bridges)
    kinds = [(JOINED, _ends_of(ends), gaps), (NODED, places, np.zeros(len(places)))]
    kinds.append((BRIDGED, _ends_of(bridges), bridged_m))
    points = gpd.GeoDataFrame(
        {
            "kind": [kind for kind, xy, _ in kinds for _ in xy],
            "gap_m": np.concatenate([gap for _, _, gap in kinds]),
        },
        geometry=shapely.points(np.concatenate([xy for _, xy, _ in kinds])),
        crs=streets.crs,
    )
    left = np.concatenate([added.unsearched for added in (ends, crossings, bridges)])
    unsearched = len(np.unique(owner[left]))
    return Joints(_with_lines(streets, rows, owner, lines), points, unsearched)


def _ends_of(added: _Added) -> Floats:
    """Return where ends were extended to."""
    xy: Floats = added.xy[added.side != 0]
    return xy


def _bridges(
    lines: Geometries, level: Integers, parcels: Geometries | None, island_m: float
) -> tuple[_Added, Floats]:
    """Return the vertices that join isolated groups of streets, and the gaps."""
    if parcels is None or not len(parcels) or not island_m > 0:
        none, nowhere = np.empty(0), np.empty(0, dtype=np.intp)
        return _Added(nowhere, none, none, np.empty((0, 2)), nowhere), none
    found = bridge_islands(lines, level, parcels, most_m=island_m)
    added = _extended(
        lines, found.part, found.side, found.other, found.target, unsearched=found.unsearched
    )
    return added, found.gap_m.round(3)


def _with_lines(
    streets: gpd.GeoDataFrame, rows: Integers, owner: Integers, lines: Geometries
) -> gpd.GeoDataFrame:
    """Put the parts back into the rows that they came from."""
    shapes = np.array(streets.geometry.to_numpy(), dtype=object)
    count = np.bincount(owner, minlength=len(rows))
    single = count[owner] == 1
    shapes[rows[owner[single]]] = lines[single]
    several = np.flatnonzero(count > 1)
    if len(several):
        where = np.searchsorted(several, owner[~single])
        shapes[rows[several]] = shapely.multilinestrings(lines[~single], indices=where)
    return streets.set_geometry(gpd.GeoSeries(shapes, streets.index, crs=streets.crs))


def _end_joints(parts: _Parts, tolerance_m: float) -> tuple[_Added, Floats]:
    """Return the vertices that join ends to streets, and the gap of each joined end.

    Each gap adds two vertices: one that extends the line with the end, one in the other line.
    """
    ends = np.concatenate([shapely.get_point(parts.lines, 0), shapely.get_point(parts.lines, -1)])
    end_part = np.tile(np.arange(len(parts.lines)), 2)
    side = np.repeat([BEFORE, AFTER], len(parts.lines))
    lines = parts.lines
    pairs = near_pairs(ends, lines, tolerance_m)
    end, other = pairs.first, pairs.second
    apart = (end_part[end] != other) & (parts.level[end_part[end]] == parts.level[other])
    end, other = end[apart], other[apart]
    # What touches or crosses is connected, or gets a vertex at the crossing.
    apart = ~shapely.intersects(lines[end_part[end]], lines[other])
    end, other = end[apart], other[apart]
    gap = shapely.distance(ends[end], lines[other])
    target = shapely.line_interpolate_point(
        lines[other], shapely.line_locate_point(lines[other], ends[end])
    )
    target = _at_vertices(target, lines[other], ends[end], tolerance_m)
    group = groups(lines, parts.level)
    apart = group[end_part[end]] != group[other]
    # An end where another street ends too is connected: it joins another group only.
    place = _places(ends)
    lonely = np.bincount(place)[place[end]] == 1
    best = _nearest(place[end], gap, other, lonely | apart)
    end, other, target = end[best], other[best], target[best]
    once = ~_facing(end_part[end], other, ends[end], target)
    end, other, target = end[once], other[once], target[once]
    left = end_part[pairs.searched :]
    added = _extended(lines, end_part[end], side[end], other, target, unsearched=left)
    return added, np.round(shapely.distance(ends[end], target), 3)


def _extended(
    lines: Geometries,
    part: Integers,
    side: Floats,
    other: Integers,
    target: Geometries,
    *,
    unsearched: Integers,
) -> _Added:
    """Return the vertices that extend ends to points of other lines, and those in these lines."""
    xy = shapely.get_coordinates(target)
    measure = shapely.line_locate_point(lines[other], target)
    none = np.zeros(len(part))
    return _Added(
        np.concatenate([part, other]),
        np.concatenate([none, measure]),
        np.concatenate([side, none]),
        np.concatenate([xy, xy]),
        unsearched,
    )


def _at_vertices(
    target: Geometries, lines: Geometries, ends: Geometries, tolerance_m: float
) -> Geometries:
    """Replace a target by the end of its line where that is within the tolerance too."""
    target = target.copy()
    for n in (0, -1):
        corner = shapely.get_point(lines, n)
        near = shapely.distance(ends, corner) <= tolerance_m
        target[near] = corner[near]
    return target


def _places(ends: Geometries) -> Integers:
    """Number the distinct positions of ends."""
    x, y = np.round(shapely.get_coordinates(ends) / VERTEX_TOLERANCE_M).astype("int64").T
    return np.asarray(pd.factorize(pd.MultiIndex.from_arrays([x, y]))[0])


def _nearest(place: Integers, gap: Floats, other: Integers, useful: NDArray[np.bool_]) -> Integers:
    """Return the useful pair with the least gap of each place; ends at one place join once."""
    order = np.lexsort((other, gap, place))
    order = order[useful[order]]
    first = np.ones(len(order), dtype=bool)
    first[1:] = place[order][1:] != place[order][:-1]
    return np.asarray(order[first])


def _facing(
    part: Integers, other: Integers, ends: Geometries, target: Geometries
) -> NDArray[np.bool_]:
    """Tell the gaps that were found from the other side too."""
    if not len(part):
        return np.zeros(0, dtype=bool)
    both = shapely.get_coordinates(ends) + shapely.get_coordinates(target)
    middle = np.round(both / 2, 3)
    low, high = np.minimum(part, other), np.maximum(part, other)
    pairs = pd.DataFrame({"low": low, "high": high, "x": middle[:, 0], "y": middle[:, 1]})
    return pairs.duplicated().to_numpy()


def _crossings(parts: _Parts) -> tuple[_Added, Floats]:
    """Return the vertices that crossings lack, and the places of these crossings."""
    pairs = near_pairs(parts.lines, parts.lines)
    first, second = pairs.first, pairs.second
    once = (first < second) & (parts.level[first] == parts.level[second])
    first, second = first[once], second[once]
    common = shapely.intersection(parts.lines[first], parts.lines[second])
    points, pair = _points_of(common)
    xy = shapely.get_coordinates(points)
    part = np.concatenate([first[pair], second[pair]])
    both = np.concatenate([xy, xy])
    lacking = ~_are_vertices(parts.lines, part, both)
    measure = shapely.line_locate_point(parts.lines[part], shapely.points(both))
    left = np.arange(pairs.searched, len(parts.lines))
    along = measure[lacking]
    added = _Added(part[lacking], along, np.zeros(len(along)), both[lacking], left)
    at = lacking[: len(pair)] | lacking[len(pair) :]
    return added, np.unique(np.round(xy[at], 3), axis=0)


def _points_of(common: Geometries) -> tuple[Geometries, Integers]:
    """Return the points of intersections, and both ends of common stretches."""
    pieces, pair = shapely.get_parts(common, return_index=True)
    lines = shapely.get_dimensions(pieces) == 1
    ends = np.concatenate([shapely.get_point(pieces[lines], n) for n in (0, -1)])
    points = np.concatenate([pieces[~lines], ends])
    return points, np.concatenate([pair[~lines], np.tile(pair[lines], 2)])


def _are_vertices(lines: Geometries, part: Integers, xy: Floats) -> NDArray[np.bool_]:
    """Tell which points are vertices of their line."""
    vertices, owner = shapely.get_coordinates(lines, return_index=True)

    def keys(of: Integers, at: Floats) -> Any:
        x, y = np.round(at / VERTEX_TOLERANCE_M).astype(np.int64).T
        return pd.MultiIndex.from_arrays([of, x, y])

    return np.asarray(keys(part, xy).isin(keys(owner, vertices)))


def _with_vertices(lines: Geometries, added: _Added) -> Geometries:
    """Return the lines with the vertices that were added, in the order along each line."""
    if not len(added.part):
        return lines
    xy, owner, along = vertex_measures(lines)
    all_xy = np.concatenate([xy, added.xy])
    all_owner = np.concatenate([owner, added.part])
    all_along = np.concatenate([along, added.along_m])
    side = np.concatenate([np.zeros(len(xy)), added.side])
    order = np.lexsort((all_along, side, all_owner))
    shapes: Geometries = shapely.linestrings(all_xy[order], indices=all_owner[order])
    return shapes
