"""Features of a WFS inside the bounds, page after page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from foncier.download.bbox import degrees
from foncier.download.client import RETRY, NoDataError
from foncier.download.paged_json import MAX_PAGES, read_json
from foncier.errors import FormatError, SourceError
from foncier.readers.report import complaint, some

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from foncier.download.catalog import Query, Source
    from foncier.download.client import Download, HttpClient


def download_wfs(
    web: HttpClient, source: Source, place: Query, to: Path, known: Mapping[str, Any]
) -> Download:
    """All features of a WFS layer inside the bounds, page after page.

    A full page is never the last, and neither is one that a server cut shorter than it was asked:
    pages follow until all that are announced are there, or, where no number is announced, until
    an empty one. With the options ``kind_from`` (a property) and ``kinds`` (its values), features
    of other values are left out, and the others get our ``kind``.

    Raises
    ------
    FormatError
        Not GeoJSON, fewer features than announced, or none has the property of the kind.
    NothingHereError
        No feature (of these kinds) inside the bounds.
    """
    del known  # pages have no common mark
    features: dict[str, Any] = {}
    came, page = 0, int(source.options["page"])
    for _ in range(MAX_PAGES):
        address = f"{source.address}?{urlencode(_page(source, place, came, page))}"
        web.get(address, to, most_bytes=source.most_bytes)
        answer = read_json(to, address)
        rows = answer.get("features")
        if answer.get("type") != "FeatureCollection" or not isinstance(rows, list):
            raise FormatError(complaint(address, "la réponse n'est pas du GeoJSON", RETRY))
        features |= {str(row.get("id", came + n)): row for n, row in enumerate(rows)}
        came += len(rows)
        announced = answer.get("numberMatched", answer.get("totalFeatures"))
        if not rows or (isinstance(announced, int) and came >= announced):
            _whole(source, features, announced)
            return web.made(_joined(_of_kinds(source, features), to))
    raise SourceError(complaint(source.address, f"plus de {MAX_PAGES} pages", RETRY))


def _page(source: Source, place: Query, start: int, count: int) -> dict[str, str]:
    west, south, east, north = degrees(source, place)
    return {
        "service": "WFS",
        "version": "2.0.0",
        "request": "GetFeature",
        "typeNames": source.options["typename"],
        "outputFormat": "application/json",
        "srsName": "EPSG:4326",
        "sortBy": "gid",
        # In WFS 2 this system has latitude first; the answer in GeoJSON has longitude first.
        "bbox": f"{south:.6f},{west:.6f},{north:.6f},{east:.6f},urn:ogc:def:crs:EPSG::4326",
        "count": str(count),
        "startIndex": str(start),
    }


def _whole(source: Source, features: Mapping[str, Any], announced: Any) -> None:
    """Raise when features are missing: fewer than announced, or the same ones twice."""
    if isinstance(announced, int) and len(features) < announced:
        what = f"{len(features)} objets différents reçus sur {announced} annoncés"
        raise FormatError(complaint(source.address, what, RETRY))


def _of_kinds(source: Source, features: Mapping[str, Any]) -> dict[str, Any]:
    name, kinds = source.options.get("kind_from"), source.options.get("kinds", {})
    if name is None:
        kept = dict(features)
    else:
        if features and not any(name in row.get("properties", {}) for row in features.values()):
            there = sorted(set().union(*(row.get("properties", {}) for row in features.values())))
            what = f"colonne « {name} » absente (il y a {some(there)})"
            raise FormatError(complaint(source.address, what, RETRY))
        kept = {}
        for key, row in features.items():
            kind = kinds.get(str(row["properties"].get(name)).lower())
            if kind is not None:
                told_as = {**row["properties"], "kind": kind}
                told_as["label"] = told_as.get(source.options["label_from"])
                kept[key] = {**row, "properties": told_as}
    if not kept:
        what = f"aucun objet de {source.options['typename']} à cet endroit"
        if features:
            what += f" qui soit de ceux que foncier lit ({len(features)} d'autres)"
        todo = "La commune n'a peut-être rien déposé : la couche reste absente."
        raise NoDataError(complaint(source.address, what, todo))
    return kept


def _joined(features: Mapping[str, Any], to: Path) -> Path:
    ordered = [features[key] for key in sorted(features)]
    text = json.dumps({"type": "FeatureCollection", "features": ordered}, ensure_ascii=False)
    to.write_text(text, encoding="utf-8", newline="\n")
    return to
