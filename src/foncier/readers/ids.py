"""Keys of tables, made where the file has none, and objects that are there several times."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from foncier import geometry
from foncier.readers.shapes import CHUNK_ROWS

if TYPE_CHECKING:
    import geopandas as gpd

    from foncier.readers.report import Journal

LINES = (1, 5)  # GEOS type ids


def fill_keys(frame: gpd.GeoDataFrame, key: str, *, journal: Journal) -> gpd.GeoDataFrame:
    """Fill in missing keys with the position of the rows, in tenths of a metre.

    Positions do not depend on the order of the file: an object keeps its key from one delivery to
    the next. Objects at the same position get a suffix, in the order of geometry and cells;
    identical objects are kept, with a note.

    Parameters
    ----------
    frame
        Rows in the legal metric CRS.
    key
        Column of the key, existing or not.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import shapely
    >>> from foncier.readers.report import Journal
    >>> rows = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 30, 10), shapely.box(10, 0, 20, 10)])
    >>> list(fill_keys(rows, "building_id", journal=Journal())["building_id"])
    ['150-50-2', '150-50']
    """
    if key not in frame:
        frame = frame.assign(**{key: pd.Series(np.nan, frame.index, dtype=object)})
    if frame[key].notna().all():
        return frame
    missing = frame[frame[key].isna()]
    tenths = _positions(missing)
    x, y = (tenths[side].astype("str") for side in tenths)
    positions = x + "-" + y
    # Only objects at a shared position are compared: identical ones have equal positions.
    texts = as_text(missing[tenths.duplicated(keep=False)].drop(columns=key))
    journal.add(
        "kept",
        int(texts.duplicated().sum()),
        "readers.ids.superposed",
    )
    shared = positions.loc[texts.sort_values(list(texts.columns)).index]
    nth = shared.groupby(shared).cumcount()
    later = nth[nth > 0]
    positions.loc[later.index] = positions.loc[later.index] + "-" + (later + 1).astype("str")
    return frame.assign(**{key: frame[key].astype("str").fillna(positions)})


def merge_equal_shapes(
    frame: gpd.GeoDataFrame, *, prefer: list[str], same: list[str] | None = None, journal: Journal
) -> gpd.GeoDataFrame:
    """Keep one row of those with exactly the same shape, with a note.

    A layer that was joined to dwellings, addresses or diagnoses, or merged of tiles, has an object
    several times. Shapes are compared as sets of points: the corner that a ring starts at and its
    direction do not count.

    Parameters
    ----------
    frame
        Rows with a geometry in each.
    prefer
        The row with the smallest values of these columns is kept; known comes before unknown.
    same
        Columns that must be equal too; none when None.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from foncier.readers.report import Journal
    >>> house, again = shapely.box(0, 0, 9, 9), shapely.box(0, 0, 9, 9, ccw=False)
    >>> rows = gpd.GeoDataFrame({"id": [None, "b", "a"]}, geometry=[house, again, house])
    >>> list(merge_equal_shapes(rows, prefer=["id"], journal=Journal())["id"])
    ['a']
    """
    bounds = frame.bounds
    shared = np.flatnonzero(bounds.duplicated(keep=False).to_numpy())
    if not len(shared):
        return frame
    rows = frame.iloc[shared]
    outlines = shapely.to_wkb(shapely.normalize(rows.geometry.to_numpy()))
    cells = {name: rows[name].astype("str").fillna("").to_numpy() for name in same or ()}
    compared = pd.DataFrame({"shape": outlines, **cells})
    ranked = rows[prefer].astype("str").reset_index(drop=True)
    order = ranked.sort_values(prefer, na_position="last", kind="stable").index
    copies = compared.loc[order].duplicated().sort_index().to_numpy()
    journal.add("dropped", int(copies.sum()), "readers.ids.equal_shapes")
    return frame.drop(index=rows.index[copies])


def first_of_crowds(frame: gpd.GeoDataFrame, key: str, *, journal: Journal) -> gpd.GeoDataFrame:
    """Keep the first objects of those that are drawn over each other by dozens, with a note.

    Objects of a layer without overlaps, such as parcels: which one of a crowd is on the ground
    cannot be known (see `foncier.geometry.crowded`). Kept is the first one by its key, and each
    next one that meets none that is kept.

    Parameters
    ----------
    frame
        Valid polygons in a metric CRS.
    key
        Column of the key, in whose order objects are kept.
    """
    crowd = frame[geometry.crowded(frame.geometry.to_numpy())].sort_values(key)
    gone = crowd.index[~geometry.apart(crowd.geometry.to_numpy())]
    journal.add("dropped", len(gone), "readers.ids.crowd", most=geometry.CROWD)
    return frame.drop(index=gone)


def merge_crowds(
    frame: gpd.GeoDataFrame, *, prefer: list[str], journal: Journal
) -> gpd.GeoDataFrame:
    """Unite the objects that are drawn over each other by dozens, with a note.

    Objects whose ground counts together, such as buildings (see `foncier.geometry.crowded`). Each
    united part keeps the row with the smallest values of ``prefer``.

    Parameters
    ----------
    frame
        Valid polygons in a metric CRS.
    prefer
        Columns of text; known comes before unknown.
    """
    crowd = frame[geometry.crowded(frame.geometry.to_numpy())]
    if crowd.empty:
        return frame
    parts = shapely.get_parts(shapely.union_all(crowd.geometry.to_numpy()))
    inside = shapely.point_on_surface(crowd.geometry.to_numpy())
    row, part = shapely.STRtree(parts).query(inside, predicate="intersects")
    ranked = crowd[prefer].astype("str").iloc[row].assign(part=part)
    kept = ranked.sort_values(prefer, na_position="last", kind="stable").drop_duplicates("part")
    united = crowd.loc[kept.index].set_geometry(parts[kept["part"]], crs=frame.crs)
    journal.add("repaired", len(crowd) - len(united), "readers.ids.crowd_united")
    others: gpd.GeoDataFrame = pd.concat([frame.drop(index=crowd.index), united]).sort_index()
    return others


def _positions(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return x and y of a point on each geometry (middle of a line), in tenths of a metre."""
    values = np.array(frame.geometry.to_numpy(), dtype=object)
    pieces = [values[n : n + CHUNK_ROWS] for n in range(0, len(values), CHUNK_ROWS)]
    return pd.DataFrame(np.concatenate([_tenths(piece) for piece in pieces]), frame.index)


def _tenths(values: np.ndarray) -> np.ndarray:
    points = shapely.point_on_surface(values)
    lines = np.isin(shapely.get_type_id(values), LINES)
    points[lines] = shapely.line_interpolate_point(
        shapely.get_geometry(values[lines], 0), 0.5, normalized=True
    )
    tenths: np.ndarray = np.rint(shapely.get_coordinates(points) * 10).astype("int64")
    return tenths


def as_text(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return geometry and cells of rows as text, to compare rows."""
    cells = {name: frame[name].astype("str").fillna("") for name in frame if name != "geometry"}
    shape = pd.Series(shapely.to_wkb(frame.geometry.to_numpy(), hex=True), frame.index, dtype="str")
    return pd.DataFrame({"geometry": shape, **cells}, index=frame.index)


def merge_pieces(
    frame: gpd.GeoDataFrame, key: str, *, newest: list[str], journal: Journal
) -> gpd.GeoDataFrame:
    """Merge the rows that have the same key in several sheets of a delivery.

    Equal geometries are one object. Geometries that share most of the smaller one are versions of
    it: the newest is kept. Others are parts of it: they are merged.

    Parameters
    ----------
    frame
        Polygons or lines in a metric CRS.
    newest
        Columns that order two versions.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import shapely
    >>> from foncier.readers.report import Journal
    >>> halves = [shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)]
    >>> rows = gpd.GeoDataFrame({"id": ["a", "a"], "on": [1, 2]}, geometry=halves)
    >>> list(merge_pieces(rows, "id", newest=["on"], journal=Journal()).area)
    [200.0]
    """
    repeated = frame[key].duplicated(keep=False) & frame[key].notna() & ~frame.geometry.isna()
    if not repeated.any():
        return frame
    pieces = frame[repeated].sort_values([key, *newest], ascending=False, kind="stable")
    # Invalid geometries cannot be compared; the final repair, with its count, is later.
    pieces = pieces.set_geometry(shapely.make_valid(pieces.geometry.to_numpy()), crs=frame.crs)
    first = pieces.drop_duplicates(key)
    merged = _merge_shapes(pieces, first, key, journal)
    result = frame.drop(index=pieces.index.difference(first.index))
    changed = first.index[first[key].isin(list(merged))]
    result.loc[changed, "geometry"] = [merged[name] for name in first.loc[changed, key]]
    return result


def _merge_shapes(
    pieces: gpd.GeoDataFrame, first: gpd.GeoDataFrame, key: str, journal: Journal
) -> dict[str, shapely.Geometry]:
    """Return the geometry of each object that was merged of parts, by key; add notes."""
    shape_of = dict(zip(first[key], first.geometry, strict=True))
    others = pieces.drop(index=first.index)
    merged = {}
    counts = {"same": 0, "older": 0, "merged": 0}
    for name, shape in zip(others[key], others.geometry, strict=True):
        relation = _relation(shape_of[name], shape)
        counts[relation] += 1
        if relation == "merged":
            shape_of[name] = merged[name] = shapely.union(shape_of[name], shape)
    _note_merges(counts, journal)
    return merged


def _relation(known: shapely.Geometry, other: shapely.Geometry) -> str:
    """Tell if a second geometry of an object is the same, an older version or a part."""
    if shapely.equals(known, other):
        return "same"
    sizes = [shape.area or shape.length for shape in (known, other)]
    common = shapely.intersection(known, other)
    shared = common.area if known.area else common.length
    return "older" if shared > min(sizes) / 2 else "merged"


def _note_merges(counts: dict[str, int], journal: Journal) -> None:
    journal.add(
        "dropped",
        counts["same"],
        "readers.ids.on_two_sheets",
    )
    journal.add(
        "dropped",
        counts["older"],
        "readers.ids.older_version",
    )
    journal.add(
        "repaired",
        counts["merged"],
        "readers.ids.merged_across_sheets",
    )


def drop_without_key(
    frame: pd.DataFrame, key: str, *, message: str, journal: Journal
) -> pd.DataFrame:
    """Drop the rows without key, with a note."""
    missing = frame[key].isna()
    journal.add("dropped", int(missing.sum()), message)
    return frame[~missing]
