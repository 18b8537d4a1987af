"""Layers that a study declares by an address: a file of a server, a WFS layer, a PostGIS table."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import geopandas as gpd
import pandas as pd

from foncier._util.address_paths import DATABASE, WFS, copy_name
from foncier._util.addresses import origin
from foncier.crs import DEGREES
from foncier.download.catalog import Source, fill_address
from foncier.download.client import Download, NoDataError
from foncier.download.paged_json import MAX_PAGES
from foncier.download.responses import RETRY
from foncier.errors import ConfigError, FormatError, SourceError
from foncier.i18n import label, without_secrets
from foncier.readers import other_formats
from foncier.readers.report import Journal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from foncier.download.catalog import Query
    from foncier.download.client import HttpClient
    from foncier.model import LayerFile

MOST_BYTES = 500_000_000
PAGE = 1000  # features asked of a WFS at a time
MARGIN_M = 1500.0  # around the parcels
GEOJSON, GML = "application/json", "application/gml+xml; version=3.2"
# Parameters of a request that are ours; others of the address are kept.
OURS = {"service", "version", "request", "typenames", "typename", "outputformat", "srsname"}
OURS |= {"count", "startindex", "bbox", "maxfeatures"}


def source_of(file: LayerFile, address: str, written: str) -> Source:
    """Source of a layer that is declared by its address.

    Parameters
    ----------
    file
        The layer, as the study declares it.
    address
        The address, with the values of its variables.
    written
        The address as the study writes it, by which its copy is named.

    Raises
    ------
    ConfigError
        Neither https, a WFS over https, nor PostgreSQL.
    """
    form = "address-file"
    if DATABASE.match(address):
        form = "address-postgis"
    elif prefix := WFS.match(address):
        form, address = "address-wfs", address[prefix.end() :]
    found = origin(address)
    if form != "address-postgis" and (found is None or found[0] != "https"):
        raise ConfigError("download.addresses.kind", layer=file.layer, address=written)
    title = f"{file.layer} ({without_secrets(address)})"
    often = label("download.addresses.on_request")
    near = form != "address-file" and file.layer != "parcels"
    return Source(
        name=f"{file.layer}:{copy_name(file.layer, written, file.sublayer)}",
        group=file.layer,
        label=title,
        form=form,
        address=address,
        file=copy_name(file.layer, written, file.sublayer),
        attribution=file.source,
        licence=file.licence,
        fresh=often.fr,
        fresh_en=often.en,
        most_bytes=MOST_BYTES,
        layers=((file.layer, file.format),),
        margin_m=MARGIN_M,
        options={"layer_file": file, **({"near_parcels": True} if near else {})},
    )


def download_address(
    client: HttpClient, source: Source, query: Query, path: Path, validators: Mapping[str, Any]
) -> Download:
    """Download a file as it is; it is not kept in the cache that studies share."""
    address = fill_address(source.address, query)
    return client.get(address, path, max_bytes=source.most_bytes, validators=validators)


def download_wfs_layer(
    client: HttpClient, source: Source, query: Query, path: Path, validators: Mapping[str, Any]
) -> Download:
    """Download the features of a WFS layer near the parcels, page by page, as GeoJSON in degrees.

    A server that has no GeoJSON is asked for GML. Pages are requested until the announced number is
    reached or, where none is announced, until an empty page.

    Raises
    ------
    ConfigError
        The study does not name the layer.
    FormatError
        Neither GeoJSON nor GML, or fewer features than announced.
    NoDataError
        No feature.
    """
    del validators
    if not source.options["layer_file"].sublayer:
        raise ConfigError("download.addresses.no_layer", address=source.address)
    form, received, parts = GEOJSON, 0, list[gpd.GeoDataFrame]()
    announced: int | None = None
    while len(parts) < MAX_PAGES:
        address = wfs_address(source, query, received, form)
        try:
            client.get(address, path, max_bytes=source.most_bytes)
            rows, total = _geojson_page(path) if form == GEOJSON else _gml_page(path, source)
        except (SourceError, FormatError):
            if form == GML or received:
                raise
            form = GML
            continue
        received += len(rows)
        announced = total if announced is None or total is None else min(announced, total)
        if not len(rows) or (announced is not None and received >= announced):
            parts += [rows] if len(rows) else []
            break
        parts.append(rows)
    whole = _different(parts)
    if announced is not None and len(whole) < announced:
        raise FormatError(
            "download.wfs.features_missing",
            address=source.address,
            count=len(whole),
            announced=announced,
            retry=RETRY,
        )
    if whole.empty:
        raise NoDataError("download.no_data", source=source.title)
    path.write_text(whole.to_json(drop_id=True, ensure_ascii=False), encoding="utf-8", newline="\n")
    return Download.assembled(path)


def wfs_address(source: Source, query: Query, start: int = 0, form: str = GEOJSON) -> str:
    """Address of a page of a WFS layer; parameters of the study's own address are kept."""
    parts = urlsplit(fill_address(source.address, query))
    own = [(k, v) for k, v in parse_qsl(parts.query) if k.lower() not in OURS]
    asked = {
        "service": "WFS",
        "version": "2.0.0",
        "request": "GetFeature",
        "typeNames": str(source.options["layer_file"].sublayer),
        "outputFormat": form,
        "srsName": "urn:ogc:def:crs:EPSG::4326",
        "count": str(PAGE),
        "startIndex": str(start),
    }
    filtered = any(key.lower() in {"cql_filter", "filter"} for key, _ in own)
    if query.bounds is not None and not filtered and "near_parcels" in source.options:
        asked["bbox"] = ",".join(_box(source, query))
    return parts._replace(query=urlencode([*own, *asked.items()])).geturl()


def _box(source: Source, query: Query) -> tuple[str, ...]:
    """Bounds of the parcels, latitude first as WFS 2 has it in this CRS."""
    west, south, east, north = query.bounds or (0.0, 0.0, 0.0, 0.0)
    lat = source.margin_m / 111_000
    lon = lat / 0.6
    sides = (south - lat, west - lon, north + lat, east + lon)
    return (*(f"{side:.6f}" for side in sides), "urn:ogc:def:crs:EPSG::4326")


def _geojson_page(path: Path) -> tuple[gpd.GeoDataFrame, int | None]:
    try:
        answer = json.loads(path.read_bytes())
    except ValueError as fault:
        raise FormatError("readers.files.unreadable", path=path.name) from fault
    rows = answer.get("features") if isinstance(answer, dict) else None
    if not isinstance(rows, list):
        raise FormatError("readers.files.unreadable", path=path.name)
    total = answer.get("numberMatched", answer.get("totalFeatures"))
    named = [{**row, "properties": {**(row.get("properties") or {})}} for row in rows]
    frame = gpd.GeoDataFrame.from_features(named, crs=DEGREES) if rows else _no_rows()
    return _with_ids(frame, [row.get("id") for row in rows]), total if type(total) is int else None


def _gml_page(path: Path, source: Source) -> tuple[gpd.GeoDataFrame, int | None]:
    head = path.read_bytes()[:4096]
    found = other_formats.NUMBER_MATCHED.search(head)
    total = None if found is None else int(found[1])
    if total == 0:
        return _no_rows(), 0
    copy = path.with_name(f"{path.name}.gml")
    path.replace(copy)
    try:
        file = replace(source.options["layer_file"], path=copy, shown=source.file, sublayer=None)
        frame = other_formats.vector(replace(file, crs=None), Journal())
    finally:
        copy.unlink(missing_ok=True)
    frame = frame.set_crs(DEGREES) if frame.crs is None else frame.to_crs(DEGREES)
    ids = frame["gml_id"] if "gml_id" in frame else frame.get("fid", [None] * len(frame))
    return _with_ids(frame, list(ids)), total


def _no_rows() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[], crs=DEGREES)


def _with_ids(frame: gpd.GeoDataFrame, ids: list[Any]) -> gpd.GeoDataFrame:
    """Rows with the id of each feature in the service, by which pages are compared."""
    return frame.assign(objet=[None if one is None else str(one) for one in ids])


def _different(parts: list[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Rows of all pages, each feature once, in the order of their ids."""
    if not parts:
        return _no_rows()
    whole = pd.concat(parts, ignore_index=True)
    if whole["objet"].notna().all():
        whole = whole.drop_duplicates("objet").sort_values("objet", ignore_index=True)
    return gpd.GeoDataFrame(whole, geometry="geometry", crs=DEGREES)
