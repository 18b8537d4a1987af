"""OpenStreetMap files, XML (gzipped or not) and PBF, as rows; osmium reads them all.

A file is read once for all layers: objects with a key of some layer, with the tags that some layer
uses. User names and edits are not kept. A large file is clipped to a box while it is read.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from foncier.errors import FormatError
from foncier.readers import files, osm_opening, osm_tags

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from foncier.geometry import Geometries
    from foncier.readers.report import Journal

Box = tuple[float, float, float, float]
Tags = dict[str, str]

DEGREES = pyproj.CRS.from_epsg(4326)
AREA_TYPES = ("multipolygon", "boundary")
MARGIN_M = 1500.0  # around the parcels, as `foncier fetch`
MAX_UNCLIPPED_BYTES = 10_000_000  # PBF, 1.2 GB of memory
BATCH = 50_000  # geometries decoded and compared with the box at once
WKB_HEAD = 9  # bytes before the coordinates of a line: byte order, type, number of points
MIN_RING_POINTS = 4  # a polygon has three corners, and the first one again


class Extract(NamedTuple):
    """Objects of a file in degrees, lines for closed ways; and the tags of dropped objects.

    ``cut`` lack nodes or members in the file, ``faulty`` have open or crossing outlines;
    ``deleted`` counts the objects that were deleted.
    """

    ids: list[str]
    closed: list[bool]
    tags: list[Tags]
    shapes: Geometries
    cut: list[Tags]
    faulty: list[Tags]
    deleted: int = 0


class _FileVersion(NamedTuple):
    """Version of a file, the key of the cache."""

    path: Path
    shown: str
    size: int
    modified_ns: int


def read(
    path: Path,
    shown: str,
    *,
    keys: Collection[str],
    extra_tags: Collection[str] = (),
    box: Box | None = None,
    journal: Journal,
) -> gpd.GeoDataFrame:
    """Read the objects of an OpenStreetMap file that have one of some keys.

    Parameters
    ----------
    path
        ``.osm``, ``.osm.gz`` or ``.osm.pbf``, recognised by the first bytes.
    keys
        Objects with one of these keys are read.
    extra_tags
        Other keys to read of these objects.
    box
        West, south, east, north in degrees; all of the file when None.

    Returns
    -------
    Columns ``osm_id`` (``way/123``), every key of ``keys`` and ``extra_tags`` (missing where an
    object lacks it) and geometry in EPSG:4326. The parts of a way that leaves the file and comes
    back are separate rows (``way/123``, ``way/123-2``).

    Raises
    ------
    FormatError
        Not an OpenStreetMap file, truncated, or too large to be read without a box.
    """
    names = list(dict.fromkeys((*keys, *extra_tags)))
    tag_keys = osm_tags.KEYS.union(osm_tags.EXTRA_TAGS, names)
    selecting = osm_tags.KEYS.union(keys) - osm_tags.NODE_KEYS
    extract = _extract(_file_version(path, shown, box), box, selecting, tag_keys)
    _note(extract, keys, journal)
    rows = [n for n, tags in enumerate(extract.tags) if not tags.keys().isdisjoint(keys)]
    tags = [{k: v for k, v in extract.tags[n].items() if k in names} for n in rows]
    areas = [extract.closed[n] and osm_tags.is_area(t) for n, t in zip(rows, tags, strict=True)]
    shapes = _to_polygons(extract.shapes[rows], np.array(areas, dtype=bool))
    table = pd.DataFrame(tags, columns=names).astype("str")
    table["osm_id"] = pd.Series([extract.ids[n] for n in rows], dtype="str")
    frame = gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(shapes, crs=DEGREES), crs=DEGREES)
    return frame[~frame.geometry.is_empty].reset_index(drop=True)


def _file_version(path: Path, shown: str, box: Box | None) -> _FileVersion:
    """Return the version of a file; a PBF that is too large without a box is an error."""
    files.check(path, shown)
    stat = path.stat()
    if box is None and stat.st_size > MAX_UNCLIPPED_BYTES and osm_opening.is_pbf(path):
        raise FormatError("readers.osm_files.too_large", path=shown, size_mb=stat.st_size / 1e6)
    return _FileVersion(path, shown, stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=1)  # four layers read one file
def _extract(
    file: _FileVersion, box: Box | None, keys: frozenset[str], tag_keys: frozenset[str]
) -> Extract:
    with files.scratch(file.shown) as folder, osm_opening.readable(file.shown):
        source, deleted = osm_opening.open_source(file.path, file.shown, folder)
        try:
            extract = _Extraction(box, keys, tag_keys).read(source)
        except RuntimeError as reason:
            if not osm_opening.DISORDER.search(str(reason)):
                raise
            sorted_source = osm_opening.sort_objects(source, folder)
            extract = _Extraction(box, keys, tag_keys).read(sorted_source)
        return extract._replace(deleted=deleted)


def _id(feature: Any) -> str:
    kind = {"n": "node", "w": "way", "r": "relation", "a": "relation"}[feature.type_str()]
    ident = feature.orig_id() if feature.is_area() else feature.id
    return f"{kind}/{osm_opening.original_id(ident)}"


class _Extraction:
    """Extraction of the objects that touch a box, in one pass (osmium needs two for areas)."""

    def __init__(self, box: Box | None, keys: frozenset[str], tag_keys: frozenset[str]) -> None:
        import osmium  # noqa: PLC0415 (only needed here)

        self.osmium, self.wkb = osmium, osmium.geom.WKBFactory()
        self.box, self.keys, self.tag_keys = box, keys, tag_keys
        self.batch: list[tuple[str, bool, Tags, str]] = []  # id, closed, tags, shape
        self.extract = Extract([], [], [], np.empty(0, dtype=object), [], [])
        self.shapes: list[Geometries] = []
        self.inside: set[str] = set()  # ways, with or without tags
        self.unassembled: dict[str, tuple[Tags, set[str]]] = {}  # relations without an area yet

    def read(self, source: Any) -> Extract:
        """Read a file to its end."""
        key_filter, kinds = self.osmium.filter.KeyFilter, self.osmium.osm
        # Ways without tags are needed to know if a relation touches the box.
        selecting = key_filter(*self.keys)
        selecting.enable_for(kinds.RELATION | kinds.AREA)
        nodes = key_filter(*self.keys, *osm_tags.NODE_KEYS)
        nodes.enable_for(kinds.NODE)
        processor = self.osmium.FileProcessor(source, osm_opening.objects())
        processor = processor.with_areas(key_filter(*self.keys))
        feature: Any
        for feature in processor.with_filter(nodes).with_filter(selecting):
            if feature.deleted:
                continue
            if feature.is_node():
                if feature.location.valid():
                    self._add(
                        _id(feature), self.wkb.create_point(feature), self._node_tags(feature)
                    )
            elif feature.is_way():
                self._way(feature)
            elif feature.is_relation():
                self._relation(feature)
            elif not feature.from_way():
                self._area(feature)
        self._flush()
        for tags, ways in self.unassembled.values():
            if self.box is None or ways & self.inside:
                self.extract.cut.append(tags)
        return self.extract._replace(shapes=np.concatenate(self.shapes))

    def _add(self, ident: str, shape: str, tags: Tags, *, closed: bool = False) -> None:
        self.batch.append((ident, closed, tags, shape))
        if len(self.batch) >= BATCH:
            self._flush()

    def _flush(self) -> None:
        """Decode the geometries of the batch and keep those that touch the box."""
        shapes = np.asarray(shapely.from_wkb([row[3] for row in self.batch]), dtype=object)
        inside = self._in_box(shapes)
        tagged = np.array([bool(row[2]) for row in self.batch], dtype=bool)
        for n in np.flatnonzero(inside):
            ident, closed, tags, _ = self.batch[n]
            self.inside.add(ident)
            if tags:
                self.extract.ids.append(ident)
                self.extract.closed.append(closed)
                self.extract.tags.append(tags)
        self.shapes.append(shapes[inside & tagged])
        self.batch.clear()

    def _in_box(self, shapes: Geometries) -> Any:
        """Tell which geometries have bounds that touch the box."""
        if self.box is None:
            return np.ones(len(shapes), dtype=bool)
        west, south, east, north = self.box
        xmin, ymin, xmax, ymax = shapely.bounds(shapes).T
        return (xmin <= east) & (xmax >= west) & (ymin <= north) & (ymax >= south)

    def _tags(self, feature: Any, more_keys: frozenset[str] = frozenset()) -> Tags:
        """Return the used tags of an object; none if it has no key of a layer, or of some more."""
        tags = {tag.k: tag.v for tag in feature.tags if tag.k in self.tag_keys}
        return {} if self.keys.isdisjoint(tags) and more_keys.isdisjoint(tags) else tags

    def _node_tags(self, node: Any) -> Tags:
        """Return the used tags of a node; barriers are nodes of streets."""
        return self._tags(node, osm_tags.NODE_KEYS)

    def _way(self, way: Any) -> None:
        try:
            line = self.wkb.create_linestring(way, use_nodes=self.osmium.geom.use_nodes.ALL)
        except (RuntimeError, self.osmium.InvalidLocationError):  # a node is not in the file
            self._parts(way, _id(way), self._tags(way))
            return
        if self.box is not None and not _touches(line, self.box):
            return
        tags = self._tags(way)
        if tags or self.box is not None:
            closed = len(way.nodes) > 1 and way.is_closed()
            self._add(_id(way), line, tags, closed=closed)

    def _parts(self, way: Any, ident: str, tags: Tags) -> None:
        """Add the parts of a way whose nodes are in the file; a cut ring has none."""
        places = [(n.lon, n.lat) if n.location.valid() else None for n in way.nodes]
        located = [place for place in places if place]
        runs = [] if len(places) < 2 or way.is_closed() else list(_runs(places))
        for nth, run in enumerate(runs, 1):
            line = shapely.to_wkb(shapely.LineString(run), hex=True)
            self._add(ident if nth == 1 else f"{ident}-{nth}", line, tags)
        if not runs and tags and (self.box is None or self._in_box(shapely.points(located)).any()):
            self.extract.cut.append(tags)

    def _relation(self, relation: Any) -> None:
        tags = self._tags(relation)
        if relation.tags.get("type") in AREA_TYPES:
            ways = {
                f"way/{osm_opening.original_id(m.ref)}" for m in relation.members if m.type == "w"
            }
            self.unassembled[_id(relation)] = tags, ways

    def _area(self, area: Any) -> None:
        tags, _ = self.unassembled.pop(_id(area), ({}, set()))
        try:
            shape = self.wkb.create_multipolygon(area)
        except RuntimeError:  # outlines that do not close, or that cross each other
            self.extract.faulty.append(tags)
        else:
            self._add(_id(area), shape, tags)


def _touches(line: str, box: Box) -> bool:
    """Tell if the bounds of a line (hexadecimal WKB) touch a box; faster than reading its tags.

    Examples
    --------
    >>> line = shapely.to_wkb(shapely.LineString([(0, 0), (4, 4)]), hex=True)
    >>> _touches(line, (1, 1, 2, 2)), _touches(line, (5, 0, 6, 4))
    (True, False)
    """
    west, south, east, north = box
    xy = memoryview(bytes.fromhex(line))[WKB_HEAD:].cast("d")
    x, y = xy[::2], xy[1::2]
    return min(x) <= east and max(x) >= west and min(y) <= north and max(y) >= south


def _runs(places: list[tuple[float, float] | None]) -> Iterator[list[tuple[float, float]]]:
    """Yield the runs of at least two known positions between missing ones.

    Examples
    --------
    >>> list(_runs([(0, 0), (1, 0), None, (2, 0), None, (3, 0), (4, 0)]))
    [[(0, 0), (1, 0)], [(3, 0), (4, 0)]]
    """
    for located, run in groupby(places, key=bool):
        pieces = [place for place in run if place]
        if located and len(pieces) > 1:
            yield pieces


def _note(extract: Extract, keys: Collection[str], journal: Journal) -> None:
    def count(left_out: list[Tags]) -> int:
        return sum(not tags.keys().isdisjoint(keys) for tags in left_out)

    journal.add(
        "dropped",
        count(extract.cut),
        "readers.osm_files.cut_areas",
    )
    journal.add("dropped", extract.deleted, "readers.osm_files.deleted")
    journal.add(
        "dropped",
        count(extract.faulty),
        "readers.osm_files.open_outlines",
    )


def _to_polygons(lines: Geometries, areas: NDArray[np.bool_]) -> Geometries:
    """Turn closed ways that are areas into polygons, unwrap multipolygons of one part, repair."""
    shapes = np.array(lines, dtype=object)
    short = areas & (shapely.get_num_coordinates(shapes) < MIN_RING_POINTS)
    shapes[short] = shapely.Polygon()
    areas = areas & ~short
    xy, ring = shapely.get_coordinates(shapes[areas], return_index=True)
    shapes[areas] = shapely.polygons(shapely.linearrings(xy, indices=ring))
    single = shapely.get_type_id(shapes) == shapely.GeometryType.MULTIPOLYGON
    single &= shapely.get_num_geometries(shapes) == 1
    shapes[single] = shapely.get_geometry(shapes[single], 0)
    faulty = ~shapely.is_valid(shapes)
    shapes[faulty] = shapely.make_valid(shapes[faulty])
    return shapes
