"""OpenStreetMap XML to rows: an extract that OSMnx can build geometries from.

OSMnx stops at files that are cut at a box (a relation whose ways lack nodes), and makes a column
of every tag of every object. So the file is first reduced to what a layer needs: whole objects
that bear one of its keys, with these keys only. Nothing of who drew the object is kept.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import geopandas as gpd
import pandas as pd
import pyproj

from foncier.errors import FormatError
from foncier.readers import files
from foncier.readers.report import complaint

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from foncier.readers.report import Journal

DEGREES = pyproj.CRS.from_epsg(4326)
PROLOG = 1 << 16  # where a DOCTYPE stands, if there is one; expat bounds what might follow
NUMBER = re.compile(r"-?\d{1,18}")
AREAS = ("multipolygon", "boundary")


def objects(
    root: ET.Element,
    *,
    keys: Collection[str],
    carried: Collection[str] = (),
    journal: Journal,
    shown: str,
) -> gpd.GeoDataFrame:
    """Objects of OpenStreetMap that bear one of some keys.

    Parameters
    ----------
    root
        The elements of a file (`root_of`, `foncier.readers.osm_pbf.root_of`).
    keys
        An object is read when it has one of these.
    carried
        Other keys to bring along.
    shown
        Name of the file, for messages.

    Returns
    -------
    Columns ``osm_id`` (``way/123``), every key of ``keys`` and ``carried`` (missing where an
    object lacks it) and geometry in EPSG:4326. The runs of a way that leaves the file and comes
    back are rows of their own (``way/123``, ``way/123-2``).
    """
    wanted = {*keys, *carried, "type"}
    extract, lost = _extract(root, frozenset(keys), wanted)
    journal.add(
        "dropped",
        lost,
        "surfaces OpenStreetMap coupées par le bord du fichier écartées",
        "OpenStreetMap areas cut by the edge of the file dropped",
    )
    names = list(dict.fromkeys((*keys, *carried)))
    if not len(extract):
        empty = {name: pd.Series([], dtype="str") for name in ("osm_id", *names)}
        return gpd.GeoDataFrame(empty, geometry=gpd.GeoSeries([], crs=DEGREES), crs=DEGREES)
    frame = _geometries(extract, keys, shown).reset_index()
    ids = frame["element"].astype("str") + "/" + frame["id"].astype("str")
    nth = ids.groupby(ids).cumcount()
    ids = ids.where(nth == 0, ids + "-" + (nth + 1).astype("str"))
    tags = frame.reindex(columns=names).astype("str")
    return gpd.GeoDataFrame(
        tags.assign(osm_id=ids), geometry=frame.geometry.to_numpy(), crs=DEGREES
    )


def root_of(path: Path, shown: str) -> ET.Element:
    """Root element of an OSM XML file.

    Raises
    ------
    FormatError
        Not OSM XML, or cut short.
    """
    if path.name.lower().endswith(".pbf"):
        raise FormatError(
            complaint(
                shown,
                "c'est un fichier .pbf, pas du XML",
                'Écrivez format = "osm-pbf".',
            )
        )
    written = files.content(path, shown)
    if b"<!DOCTYPE" in written[:PROLOG]:
        raise FormatError(
            complaint(
                shown,
                "le fichier déclare des entités XML (DOCTYPE), ce qu'aucun extrait ne fait",
                "Téléchargez l'extrait d'un service connu (Overpass, Geofabrik).",
            )
        )
    try:
        root = ET.fromstring(written)  # noqa: S314  # nosec B314  # see above
    except (ET.ParseError, LookupError, ValueError) as reason:  # or of an encoding that is none
        line = reason.position[0] if isinstance(reason, ET.ParseError) else 1
        raise FormatError(
            complaint(
                shown,
                f"XML illisible ou tronqué (ligne {line})",
                "Téléchargez l'extrait de nouveau.",
            )
        ) from reason
    if root.tag != "osm":
        raise FormatError(
            complaint(
                shown,
                f"ce n'est pas un fichier OpenStreetMap (racine « {root.tag} »)",
                "Donnez un extrait .osm ou .osm.gz (Overpass, JOSM, osmium).",
            )
        )
    return root


def _extract(root: ET.Element, keys: frozenset[str], wanted: set[str]) -> tuple[ET.Element, int]:
    """Whole objects with one of the keys and what they are made of; and how many were cut."""
    nodes = {node.get("id", ""): node for node in root.iterfind("node") if _placed(node)}
    ways = {way.get("id", ""): way for way in root.iterfind("way") if _named(way)}
    whole = {ident for ident, way in ways.items() if all(ref in nodes for ref in _refs(way))}
    relations, members, lost = [], set(), 0
    for relation in root.iterfind("relation"):
        tags = _tags(relation, wanted)
        if not keys & tags.keys() or tags.get("type") not in AREAS or not _named(relation):
            continue
        refs = {m.get("ref", "") for m in relation.iterfind("member[@type='way']")}
        if refs and refs <= whole:
            relations.append(relation)
            members |= refs
        else:
            lost += 1
    extract = ET.Element("osm", version="0.6")
    used: set[str] = set()
    for ident, way in ways.items():
        tagged = bool(keys & _tags(way, wanted).keys())
        if not tagged and ident not in members:
            continue
        runs = list(_runs(way, nodes, whole=ident in whole))
        lost += not runs
        for run in runs:
            used.update(run)
            _copy(way, extract, wanted).extend(ET.Element("nd", ref=ref) for ref in run)
    points = [n for i, n in nodes.items() if i in used or keys & _tags(n, wanted).keys()]
    extract[:0] = [_copy(node, None, wanted) for node in points]
    for relation in relations:
        _copy(relation, extract, wanted).extend(relation.iterfind("member[@type='way']"))
    return extract, lost


def _named(element: ET.Element) -> bool:
    """Whether an object has a number of its own, without which nothing can refer to it."""
    return bool(NUMBER.fullmatch(element.get("id", "")))


def _placed(node: ET.Element) -> bool:
    """Whether a node has a number and a place on Earth."""
    try:
        lat, lon = float(node.get("lat", "")), float(node.get("lon", ""))
    except ValueError:
        return False
    return _named(node) and abs(lat) <= 90 and abs(lon) <= 180


def _runs(way: ET.Element, nodes: Collection[str], *, whole: bool) -> Iterator[list[str]]:
    """Node ids of a way, or of its pieces that lie in the file (none for a ring that is cut)."""
    refs = _refs(way)
    if whole or refs[0] == refs[-1]:
        if whole and len(refs) > 1:
            yield refs
        return
    run: list[str] = []
    for ref in [*refs, ""]:
        if ref in nodes:
            run.append(ref)
            continue
        if len(run) > 1:
            yield run
        run = []


def _refs(way: ET.Element) -> list[str]:
    return [nd.get("ref", "") for nd in way.iterfind("nd")] or [""]


def _tags(element: ET.Element, wanted: Collection[str]) -> dict[str, str]:
    tags = {tag.get("k", ""): tag.get("v", "") for tag in element.iterfind("tag")}
    return {key: value for key, value in tags.items() if key in wanted}


def _copy(element: ET.Element, parent: ET.Element | None, wanted: Collection[str]) -> ET.Element:
    """The element with its place and its wanted tags, without who drew it and when."""
    kept: dict[str, str] = {
        name: value for name, value in element.attrib.items() if name in {"id", "lat", "lon"}
    }
    made = ET.Element(element.tag, kept)
    for key, value in _tags(element, wanted).items():
        ET.SubElement(made, "tag", k=key, v=value)
    if parent is not None:
        parent.append(made)
    return made


def _geometries(extract: ET.Element, keys: Collection[str], shown: str) -> Any:
    # A second to import, and only needed here.
    from osmnx import features_from_xml  # noqa: PLC0415

    with files.scratch(shown) as folder:
        written = folder / "extract.osm"
        ET.ElementTree(extract).write(written, encoding="utf-8", xml_declaration=True)
        return features_from_xml(written, tags=dict.fromkeys(keys, True))
