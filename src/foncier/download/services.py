"""Forms of services: for each, the function that downloads its answer to one file."""

from __future__ import annotations

import gzip
import re
import zlib
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from foncier.download.addresses import download_address, download_wfs_layer, wfs_address
from foncier.download.catalog import address_of, bounds_degrees, fill_address
from foncier.download.clip import download_clip, file_addresses
from foncier.download.datagouv import download_resource
from foncier.download.dem import download_dem, first_tile
from foncier.download.edigeo import download_sheets
from foncier.download.geocode import download_located
from foncier.download.land_registers import (
    download_owners,
    download_permits,
    permit_addresses,
)
from foncier.download.paged_json import download_pages, first_pages
from foncier.download.policies import service_of
from foncier.download.postgis import download_table
from foncier.download.responses import RETRY
from foncier.download.second import SECONDS
from foncier.download.transit import download_gtfs
from foncier.download.wfs import download_wfs, page_address
from foncier.errors import FormatError, OfflineError, SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from foncier.download.catalog import Query, Source
    from foncier.download.client import Download, HttpClient
    from foncier.download.policies import Service

MAX_EXPANSION = 40  # a file of the cadastre expands 12 times; more is a decompression bomb
# Keys that the readers of OpenStreetMap use (foncier.readers.osm_tags).
OVERPASS_KEYS = (
    "highway",
    "railway",
    "natural",
    "waterway",
    "landuse",
    "leisure",
    "amenity",
    "place",
    "shop",
    "office",
    "craft",
    "healthcare",
    "building",
    "tourism",
    "industrial",
    "man_made",
    "military",
    "ruins",
    "disused",
    "abandoned",
)
LIFECYCLE = "^(disused|abandoned|ruins):"
POWER = "^(substation|plant)$"  # not the poles and lines


def download_file(
    client: HttpClient, source: Source, query: Query, path: Path, validators: Mapping[str, Any]
) -> Download:
    """Download one file of one commune as it is."""
    address = address_of(source, query)
    download = client.get(
        address, path, max_bytes=source.most_bytes, validators=validators, shared=True
    )
    if not download.unchanged and path.name.endswith(".gz"):
        _check_gzip(path, address, source.most_bytes)
    return download


def download_overpass(
    client: HttpClient, source: Source, query: Query, path: Path, validators: Mapping[str, Any]
) -> Download:
    """Download the objects of OpenStreetMap inside the bounds, with all nodes of their ways.

    The second server of the service is asked when the first does not answer.

    Raises
    ------
    SourceError
        The query exceeded the time or the memory of the server.
    FormatError
        The answer is truncated.
    """
    del validators  # answers of Overpass have none
    service = service_of(source.address, client.services)
    fields = {"data": _overpass_query(source, query, service.query_s)}
    address = source.address
    try:
        download = client.get(address, path, max_bytes=source.most_bytes, fields=fields)
    except OfflineError:
        if not service.second:
            raise
        address = service.second
        download = client.get(address, path, max_bytes=source.most_bytes, fields=fields)
    _check_overpass_end(path, address)
    return replace(download, address=address, published=_osm_base(path))


def _osm_base(path: Path) -> str | None:
    """Date of the data, which Overpass writes at the beginning of its answer."""
    with path.open("rb") as file:
        found = re.search(rb"osm_base=\"([^\"]{10,30})\"", file.read(4000))
    return None if found is None else found[1].decode("ascii", "replace")


def _check_overpass_end(path: Path, address: str) -> None:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 4000))
        end = file.read()
    # A query that exceeds its time or memory returns a partial result with a remark.
    if b"<remark>" in end:
        remark = end.split(b"<remark>")[1].split(b"</remark>")[0].decode("utf-8", "replace")
        raise SourceError(
            "download.services.overpass_remark",
            address=address,
            remark=remark.strip()[:120],
            retry=RETRY,
        )
    if not end.rstrip().endswith(b"</osm>"):
        raise FormatError("download.services.truncated", address=address, retry=RETRY)


def _overpass_query(source: Source, query: Query, query_s: int) -> str:
    west, south, east, north = bounds_degrees(source, query)
    box = f"({south:.6f},{west:.6f},{north:.6f},{east:.6f})"
    keys = "".join(f'nwr["{key}"]{box};' for key in OVERPASS_KEYS)
    lifecycle = f'nwr[~"{LIFECYCLE}"~"."]{box};'
    power = f'nwr["power"~"{POWER}"]{box};'
    return f"[out:xml][timeout:{query_s}];({keys}{power}{lifecycle});(._;>;);out body;"


def _check_gzip(path: Path, address: str, max_bytes: int) -> None:
    """Raise on a truncated gzip and on a decompression bomb; memory use is constant."""
    size = 0
    limit = min(max_bytes * MAX_EXPANSION, path.stat().st_size * 10 * MAX_EXPANSION)
    try:
        with gzip.open(path) as file:
            while chunk := file.read(1 << 20):
                size += len(chunk)
                if size > limit:
                    raise SourceError("download.archive_too_large", where=address, retry=RETRY)
    except (EOFError, zlib.error, gzip.BadGzipFile) as fault:
        path.unlink(missing_ok=True)
        raise FormatError("download.services.bad_gzip", address=address, retry=RETRY) from fault


DOWNLOADERS: Mapping[
    str, Callable[[HttpClient, Source, Query, Path, Mapping[str, Any]], Download]
] = MappingProxyType(
    {
        "file": download_file,
        "datagouv": download_resource,
        "wfs": download_wfs,
        "overpass": download_overpass,
        "pages": download_pages,
        "located-pages": download_located,
        "bil": download_dem,
        "cut": download_clip,
        "gtfs": download_gtfs,
        "sheets": download_sheets,
        "owners": download_owners,
        "permits": download_permits,
        "address-file": download_address,
        "address-wfs": download_wfs_layer,
        "address-postgis": download_table,
        **SECONDS,
    }
)


def first_addresses(source: Source, query: Query, services: Iterable[Service]) -> list[str]:
    """Addresses that a download of a source begins with, as a browser can open them.

    Without the bounds of a query, those of a source by bounds have no parameters: its service alone
    is known.
    """
    if source.requests_bounds and query.bounds is None:
        return [source.address]
    if source.form == "overpass":
        text = _overpass_query(source, query, service_of(source.address, services).query_s)
        return [f"{source.address}?{urlencode({'data': text})}"]
    return FIRST_ADDRESSES.get(source.form, _plain_address)(source, query)


def _plain_address(source: Source, query: Query) -> list[str]:
    return [address_of(source, query)]


FIRST_ADDRESSES: Mapping[str, Callable[[Source, Query], list[str]]] = MappingProxyType(
    {
        "wfs": lambda source, query: [page_address(source, query, 0)],
        "pages": first_pages,
        "located-pages": first_pages,
        "bil": lambda source, query: [first_tile(source, query)],
        "cut": file_addresses,
        "permits": permit_addresses,
        "address-wfs": lambda source, query: [wfs_address(source, query)],
        "sheets": lambda source, query: [fill_address(source.options["listing"], query)],
    }
)
