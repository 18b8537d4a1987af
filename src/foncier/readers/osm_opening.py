"""Open an OpenStreetMap file for osmium: XML is checked, decompressed with limits, sorted."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from foncier.errors import FoncierError, FormatError
from foncier.readers import files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROLOG_BYTES = 1 << 16  # first bytes, with a DOCTYPE and the root element
ROOT = re.compile(rb"<([A-Za-z][\w.-]*)")
PBF_HEADER = b"OSMHeader"
NEGATIVE_ID = re.compile(rb"""\sid=["']-""")
DISORDER = re.compile("out of order|twice in input")  # messages of osmium
DELETED = re.compile(rb"""<(?:node|way|relation)\s[^>]*\baction=["']delete["'][^>]*>""")
ACTION = re.compile(rb"""\baction=["']delete["']""")
VISIBLE = re.compile(rb"""\bvisible=["'][^"']*["']""")
HIDDEN = re.compile(rb"""<(?:node|way|relation)\s[^>]*\bvisible=["']false["']""")
NEGATIVE_ID_OFFSET = 1 << 50  # objects that were never uploaded have negative ids


def is_pbf(path: Path) -> bool:
    """Tell if a file starts as a PBF."""
    with path.open("rb") as file:
        return PBF_HEADER in file.read(64)


@contextmanager
def readable(shown: str) -> Iterator[None]:
    """Turn the exceptions of osmium on a damaged file into one error."""
    import osmium  # noqa: PLC0415 (only needed here)

    try:
        yield
    except FoncierError:
        raise
    except (RuntimeError, ValueError, osmium.InvalidLocationError) as reason:
        line = re.search(r"line (\d+)", str(reason))
        if line:
            raise FormatError(
                "readers.osm_opening.unreadable_at_line", path=shown, line=line[1]
            ) from reason
        raise FormatError("readers.osm_opening.unreadable", path=shown, why=reason) from reason


def open_source(path: Path, shown: str, folder: Path) -> tuple[Any, int]:
    """Return what osmium reads, and how many objects of it were deleted.

    The PBF file, or the decompressed XML, sorted if needed, in which the objects that were deleted
    in JOSM (``action="delete"``) are marked as those of a history (``visible="false"``).

    Raises
    ------
    FormatError
        Not an OpenStreetMap file, or the JSON of Overpass.
    """
    import osmium  # noqa: PLC0415 (only needed here)

    if is_pbf(path):
        return osmium.io.File(str(path), "pbf"), 0
    xml = files.content(path, shown)
    if xml.lstrip().startswith(b"{"):
        raise FormatError("readers.osm_opening.json", path=shown)
    if b"<!DOCTYPE" in xml[:PROLOG_BYTES]:
        raise FormatError("readers.osm_opening.doctype", path=shown)
    root = ROOT.search(xml[:PROLOG_BYTES])
    if root and root[1] != b"osm":
        raise FormatError("readers.osm_opening.not_osm", path=shown, root=root[1].decode())
    xml = DELETED.sub(_as_history, xml)
    source = osmium.io.FileBuffer(xml, "osm")
    gone = len(HIDDEN.findall(xml))
    return (source if _is_sorted(xml) else sort_objects(source, folder)), gone


def _as_history(match: re.Match[bytes]) -> bytes:
    """Start of an element that was deleted in JOSM, as a history writes it."""
    return ACTION.sub(b'visible="false"', VISIBLE.sub(b"", match[0]))


def _is_sorted(xml: bytes) -> bool:
    """Tell if nodes precede ways, ways precede relations, and no id is negative.

    Examples
    --------
    >>> _is_sorted(b'<osm><node id="1"/><way id="2"/></osm>')
    True
    >>> _is_sorted(b'<osm><way id="2"/><node id="1"/></osm>')
    False
    """
    last_node, last_way = xml.rfind(b"<node"), xml.rfind(b"<way")
    way, relation = xml.find(b"<way"), xml.find(b"<relation")
    sorted_ = (way < 0 or last_node < way) and (relation < 0 or max(last_node, last_way) < relation)
    return sorted_ and NEGATIVE_ID.search(xml) is None


def objects() -> Any:
    """Nodes, ways and relations: a file may hold changesets too."""
    import osmium  # noqa: PLC0415 (only needed here)

    return osmium.osm.NODE | osmium.osm.WAY | osmium.osm.RELATION


def sort_objects(source: Any, folder: Path) -> Any:
    """Sort objects as osmium needs them: by type and id, with positive ids, each once."""
    import osmium  # noqa: PLC0415 (only needed here)

    numbered, ordered = str(folder / "numbered.osm.pbf"), str(folder / "ordered.osm.pbf")
    with osmium.SimpleWriter(numbered) as writer:
        feature: Any
        for feature in osmium.FileProcessor(source, objects()):
            if feature.deleted:
                continue
            references: dict[str, Any] = {}
            if feature.is_way():
                references["nodes"] = [_positive_id(node.ref) for node in feature.nodes]
            elif feature.is_relation():
                references["members"] = [
                    (m.type, _positive_id(m.ref), m.role) for m in feature.members
                ]
            elif not feature.location.valid():
                continue
            writer.add(feature.replace(id=_positive_id(feature.id), **references))
    merged = osmium.MergeInputReader()
    merged.add_file(numbered)
    handler = osmium.WriteHandler(ordered)
    merged.apply(handler, simplify=True)
    handler.close()
    return osmium.io.File(ordered, "pbf")


def _positive_id(ident: int) -> int:
    return ident if ident >= 0 else NEGATIVE_ID_OFFSET - ident


def original_id(ident: int) -> int:
    """Return the id of an object in the file, before `sort_objects` made it positive.

    Examples
    --------
    >>> original_id(7), original_id(_positive_id(-7))
    (7, -7)
    """
    return ident if ident < NEGATIVE_ID_OFFSET else NEGATIVE_ID_OFFSET - ident
