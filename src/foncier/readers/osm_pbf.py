"""OpenStreetMap as the extracts of Geofabrik come (``.osm.pbf``), cut to the study as it is read.

A region does not fit into memory as XML, a study's surroundings do: osmium reads the file, and what
touches the box is given on as the same elements that the reader of XML knows. Ways that leave the
box stay whole, and so do areas of which a part lies in it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from foncier.errors import FormatError
from foncier.readers import files
from foncier.readers.report import complaint

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

Box = tuple[float, float, float, float]
HEADER = b"OSMHeader"
AREAS = ("multipolygon", "boundary")
MARGIN_M = 1500.0  # as far around the parcels as `foncier fetch` asks
MOST_WHOLE = 10_000_000  # bytes, some 8 GB of memory: a town and around; more has to be cut


def root_of(path: Path, shown: str, box: Box | None) -> ET.Element:
    """Objects of a PBF that touch a box, as the root element of OSM XML.

    Nodes without tags are there only where a way needs them.

    Parameters
    ----------
    box
        West, south, east, north in degrees; all of the file when None.

    Raises
    ------
    FormatError
        Not a PBF, cut short, or too large to be read whole.
    """
    files.check(path, shown)
    with path.open("rb") as begun:
        start = begun.read(64)
    if HEADER not in start:
        raise FormatError(
            complaint(
                shown,
                "ce n'est pas un extrait .osm.pbf",
                "Téléchargez-le de nouveau (Geofabrik), ou donnez un .osm au format osm-xml.",
            )
        )
    stat = path.stat()
    if box is None and stat.st_size > MOST_WHOLE:
        raise FormatError(
            complaint(
                shown,
                f"{stat.st_size / 1e6:.0f} Mo à lire sans savoir où couper",
                "Déclarez une couche de parcelles, ou coupez-le : osmium extract -b …",
            )
        )
    return _cut(path, shown, box, (stat.st_size, stat.st_mtime_ns))


@lru_cache(maxsize=1)  # four layers read one file
def _cut(path: Path, shown: str, box: Box | None, version: tuple[int, int]) -> ET.Element:
    del version  # another version of the file is another key
    try:
        return _Cut(box).read(path)
    except RuntimeError as reason:  # all that osmium says of a file that it cannot read
        raise FormatError(
            complaint(
                shown,
                f"fichier illisible ou tronqué ({reason})",
                "Téléchargez l'extrait de nouveau.",
            )
        ) from reason


class _Cut:
    """Elements that touch a box, collected in two readings."""

    def __init__(self, box: Box | None) -> None:
        self.box = box
        self.places: dict[int, tuple[float, float]] = {}
        self.nodes: dict[int, list[tuple[str, str]]] = {}
        self.ways: dict[int, ET.Element] = {}
        self.inside: set[int] = set()
        self.relations: dict[int, ET.Element] = {}

    def read(self, path: Path) -> ET.Element:
        """Root of what touches the box: nodes, ways and relations, each by their number."""
        import osmium  # noqa: PLC0415 (only needed here)

        file = osmium.io.File(str(path), "pbf")
        bare = osmium.filter.EmptyTagFilter()
        bare.enable_for(osmium.osm.NODE)
        one: Any
        for one in osmium.FileProcessor(file).with_locations().with_filter(bare):
            if one.is_node():
                self._node(one)
            elif one.is_way():
                self._way(one)
            elif one.is_relation():
                self._relation(one)
        members = {int(m.get("ref", "")) for r in self.relations.values() for m in r.iter("member")}
        if lacking := members - self.ways.keys():
            wanted = osmium.filter.IdFilter(lacking)
            wanted.enable_for(osmium.osm.WAY)
            ways = osmium.FileProcessor(file, osmium.osm.NODE | osmium.osm.WAY).with_locations()
            for one in ways.with_filter(bare).with_filter(wanted):
                if one.is_way():
                    self.ways[one.id] = self._element(one, self._refs(one))
        root = ET.Element("osm", version="0.6")
        root.extend(self._placed(ident) for ident in sorted(self.places))
        root.extend(self.ways[ident] for ident in sorted(self.ways))
        root.extend(self.relations[ident] for ident in sorted(self.relations))
        return root

    def _node(self, node: Any) -> None:
        if node.location.valid() and self._holds(node.location.lon, node.location.lat):
            self.places[node.id] = (node.location.lon, node.location.lat)
            self.nodes[node.id] = [(tag.k, tag.v) for tag in node.tags]

    def _way(self, way: Any) -> None:
        if self.box is not None and not any(
            n.location.valid() and self._holds(n.location.lon, n.location.lat) for n in way.nodes
        ):
            return
        self.inside.add(way.id)
        if len(way.tags):
            self.ways[way.id] = self._element(way, self._refs(way))

    def _relation(self, relation: Any) -> None:
        """An area that touches the box; ways come before relations in such a file."""
        if relation.tags.get("type") not in AREAS:
            return
        ways = [(m.ref, m.role) for m in relation.members if m.type == "w"]
        if any(ref in self.inside for ref, _ in ways):
            said = [ET.Element("member", type="way", ref=str(r), role=role) for r, role in ways]
            self.relations[relation.id] = self._element(relation, said)

    def _holds(self, lon: float, lat: float) -> bool:
        if self.box is None:
            return True
        west, south, east, north = self.box
        return west <= lon <= east and south <= lat <= north

    def _refs(self, way: Any) -> list[ET.Element]:
        refs = []
        for node in way.nodes:
            refs.append(ET.Element("nd", ref=str(node.ref)))
            if node.location.valid():
                self.places[node.ref] = (node.location.lon, node.location.lat)
        return refs

    def _element(self, one: Any, inner: Iterable[ET.Element]) -> ET.Element:
        made = ET.Element("way" if one.is_way() else "relation", id=str(one.id))
        made.extend(inner)
        made.extend(ET.Element("tag", k=tag.k, v=tag.v) for tag in one.tags)
        return made

    def _placed(self, ident: int) -> ET.Element:
        lon, lat = self.places[ident]
        made = ET.Element("node", id=str(ident), lat=f"{lat:.7f}", lon=f"{lon:.7f}")
        made.extend(ET.Element("tag", k=k, v=v) for k, v in self.nodes.get(ident, ()))
        return made
