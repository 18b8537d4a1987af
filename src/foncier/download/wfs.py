"""Features of a WFS inside the bounds of a query, page by page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from foncier.download.catalog import bounds_degrees, fill_address
from foncier.download.client import Download, NoDataError
from foncier.download.paged_json import MAX_PAGES, columns_missing, read_json
from foncier.download.responses import RETRY
from foncier.errors import FormatError, SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from foncier.download.catalog import Query, Source
    from foncier.download.client import HttpClient


def download_wfs(
    client: HttpClient, source: Source, query: Query, path: Path, validators: Mapping[str, Any]
) -> Download:
    """Download all features of one or several WFS layers, page by page, as GeoJSON.

    The features are those inside the bounds, or those that the filter of the option ``cql`` selects
    (a template of an address). ``typename`` is a layer or a list of layers; where it has no
    feature, that of the option ``or_else`` is asked. Each feature gets a property ``objet``, its
    layer and number.

    A full page is never the last, nor is one that the server cut below the requested size: pages
    are requested until all announced features are there or, where no number is announced, until
    an empty page. With the options ``kind_from`` (a property) and ``kinds`` (its values),
    features of other values are left out, and the others get a property ``kind``.

    Raises
    ------
    FormatError
        Not GeoJSON, fewer features than announced, or no feature has the property of the kind.
    NoDataError
        No feature (of these kinds) inside the bounds.
    """
    del validators  # the pages have no common validator
    features: dict[str, Any] = {}
    for typename in typenames(source):
        features |= read_features(client, source, query, path, typename)
    if not features and "or_else" in source.options:
        features = read_features(client, source, query, path, source.options["or_else"])
        _check_rules_of_town_planning(client, source, query, path, features)
    _write_geojson(_select_kinds(source, features), path)
    return Download.assembled(path)


def typenames(source: Source) -> tuple[str, ...]:
    """Layers of a source."""
    names = source.options["typename"]
    return (names,) if isinstance(names, str) else tuple(names)


def _check_rules_of_town_planning(
    client: HttpClient, source: Source, query: Query, path: Path, features: Mapping[str, Any]
) -> None:
    """Raise where the communes have no planning document: the national rules apply (RNU).

    Raises
    ------
    NoDataError
        No zone and no sector, and the service says that the communes are under the RNU.
    """
    layer = source.options.get("rnu")
    if features or not layer:
        return
    rows = read_features(client, source, query, path, layer).values()
    towns = [row["properties"] for row in rows]
    known = [town for town in towns if town.get("insee") in query.communes]
    if known and all(town.get("is_rnu") for town in known):
        names = [str(town.get("name") or town["insee"]) for town in known]
        raise NoDataError("download.wfs.rnu", communes=names, count=len(names))


def read_features(
    client: HttpClient, source: Source, query: Query, path: Path, typename: str
) -> dict[str, Any]:
    """All features of a layer, by their id; ``path`` is where a page is written.

    Raises
    ------
    FormatError
        Not GeoJSON, or fewer features than announced.
    """
    features: dict[str, Any] = {}
    totals: list[int] = []
    received = 0
    for _ in range(MAX_PAGES):
        address = page_address(source, query, received, typename)
        client.get(address, path, max_bytes=source.most_bytes)
        answer = read_json(path, address)
        rows = answer.get("features")
        if answer.get("type") != "FeatureCollection" or not isinstance(rows, list):
            raise FormatError("download.wfs.not_geojson", address=address, retry=RETRY)
        features |= {str(row.get("id", received + n)): row for n, row in enumerate(rows)}
        received += len(rows)
        announced = answer.get("numberMatched", answer.get("totalFeatures"))
        totals += [announced] if isinstance(announced, int) else []
        if not rows or (isinstance(announced, int) and received >= announced):
            _check_complete(address, len(features), totals)
            return {key: _numbered(key, row) for key, row in features.items()}
    raise SourceError(
        "download.too_many_pages", address=source.address, pages=MAX_PAGES, retry=RETRY
    )


def _numbered(key: str, row: Mapping[str, Any]) -> dict[str, Any]:
    properties = row.get("properties") or {}
    # A sector of a carte communale is a zone: its type is read as that of one.
    sector = {"typezone": properties["typesect"]} if "typesect" in properties else {}
    return {**row, "properties": {**properties, **sector, "objet": key}}


def page_address(source: Source, query: Query, start: int, typename: str = "") -> str:
    """Address of the page of a layer (by default the first) that begins with a number of features.

    Raises
    ------
    SourceError
        No parcels are known.
    """
    layer = typename or typenames(source)[0]
    return f"{source.address}?{urlencode(_parameters(source, query, start, layer))}"


def _where(source: Source, query: Query) -> dict[str, str]:
    cql = source.options.get("cql")
    if cql:
        return {"cql_filter": fill_address(cql, query)}
    west, south, east, north = bounds_degrees(source, query)
    # WFS 2 has latitude first in this CRS; GeoJSON answers have longitude first.
    box = f"{south:.6f},{west:.6f},{north:.6f},{east:.6f},urn:ogc:def:crs:EPSG::4326"
    return {"bbox": box}


def _parameters(source: Source, query: Query, start: int, typename: str) -> dict[str, str]:
    return {
        "service": "WFS",
        "version": "2.0.0",
        "request": "GetFeature",
        "typeNames": typename,
        "outputFormat": "application/json",
        "srsName": "EPSG:4326",
        "sortBy": source.options.get("sort_by", "gid"),
        **_where(source, query),
        "count": str(source.options["page"]),
        "startIndex": str(start),
    }


def _check_complete(address: str, count: int, totals: Sequence[int]) -> None:
    """Raise when there are fewer different features than in any of the announced totals."""
    if totals and count < min(totals):
        raise FormatError(
            "download.wfs.features_missing",
            address=address,
            count=count,
            announced=min(totals),
            retry=RETRY,
        )


def _select_kinds(source: Source, features: Mapping[str, Any]) -> dict[str, Any]:
    kinds, typename = source.options.get("kinds", {}), ", ".join(typenames(source))
    name = source.options.get("kind_from")
    if not features:
        raise NoDataError("download.wfs.no_feature", address=source.address, layer=typename)
    if name is None:
        return dict(features)
    columns = set().union(*(row.get("properties", {}) for row in features.values()))
    if name not in columns:
        raise columns_missing(source.address, [name], columns)
    selected = {}
    for key, row in features.items():
        kind = kinds.get(str(row["properties"].get(name)).lower())
        if kind is not None:
            properties = {**row["properties"], "kind": kind}
            properties["label"] = properties.get(source.options["label_from"])
            selected[key] = {**row, "properties": properties}
    if not selected:
        raise NoDataError(
            "download.wfs.no_known_kind",
            address=source.address,
            layer=typename,
            count=len(features),
        )
    return selected


def _write_geojson(features: Mapping[str, Any], path: Path) -> None:
    ordered = [features[key] for key in sorted(features)]
    text = json.dumps({"type": "FeatureCollection", "features": ordered}, ensure_ascii=False)
    path.write_text(text, encoding="utf-8", newline="\n")
