"""How each kind of service is asked, until all of its answer lies in one file."""

from __future__ import annotations

import gzip
import zlib
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from foncier.download.bbox import degrees
from foncier.download.catalog import address_of
from foncier.download.client import RETRY
from foncier.download.clip import download_clip
from foncier.download.datagouv import newest_resource
from foncier.download.dem import download_dem
from foncier.download.edigeo import download_sheets
from foncier.download.paged_json import download_pages
from foncier.download.transit import download_gtfs
from foncier.download.wfs import download_wfs
from foncier.errors import FormatError, SourceError
from foncier.readers.report import complaint

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from foncier.download.catalog import Query, Source
    from foncier.download.client import Download, HttpClient

MAX_EXPANSION = 40  # a cadastre packs 12 to 1; beyond this it is a bomb
# What the readers of OpenStreetMap look for (foncier.readers.osm_tags), and nothing else.
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
QUERY_S = 180


def download_file(
    web: HttpClient, source: Source, place: Query, to: Path, known: Mapping[str, Any]
) -> Download:
    """One file of one commune, as it lies on the service."""
    address = address_of(source, place)
    arrival = web.get(address, to, most_bytes=source.most_bytes, known=known, shared=True)
    if not arrival.unchanged and to.name.endswith(".gz"):
        _unpacks(to, address, source.most_bytes)
    return arrival


def download_resource(
    web: HttpClient, source: Source, place: Query, to: Path, known: Mapping[str, Any]
) -> Download:
    """The newest fitting resource of a dataset of data.gouv.fr."""
    del place  # one file for all of France; its reader keeps the communes of the study
    address = newest_resource(web, source, to)
    return web.get(address, to, most_bytes=source.most_bytes, known=known, shared=True)


def download_overpass(
    web: HttpClient, source: Source, place: Query, to: Path, known: Mapping[str, Any]
) -> Download:
    """Objects of OpenStreetMap inside the bounds, with all nodes of their ways."""
    del known
    arrival = web.get(
        source.address, to, most_bytes=source.most_bytes, form={"data": _question(source, place)}
    )
    with to.open("rb") as opened:
        opened.seek(max(0, to.stat().st_size - 4000))
        end = opened.read()
    # A query that runs out of time or memory is answered with what was found so far, and a remark.
    if b"<remark>" in end:
        remark = end.split(b"<remark>")[1].split(b"</remark>")[0].decode("utf-8", "replace")
        what = f"réponse incomplète ({remark.strip()[:120]})"
        raise SourceError(complaint(source.address, what, RETRY))
    if not end.rstrip().endswith(b"</osm>"):
        raise FormatError(complaint(source.address, "réponse tronquée", RETRY))
    return arrival


def _question(source: Source, place: Query) -> str:
    west, south, east, north = degrees(source, place)
    box = f"({south:.6f},{west:.6f},{north:.6f},{east:.6f})"
    keys = "".join(f'nwr["{key}"]{box};' for key in OVERPASS_KEYS)
    lifecycle = f'nwr[~"{LIFECYCLE}"~"."]{box};'
    return f"[out:xml][timeout:{QUERY_S}];({keys}{lifecycle});(._;>;);out body;"


def _unpacks(path: Path, address: str, most_bytes: int) -> None:
    """Make sure that a gzip is whole, and no bomb; nothing of it is kept in memory."""
    size = 0
    try:
        with gzip.open(path) as packed:
            while chunk := packed.read(1 << 20):
                size += len(chunk)
                if size > min(most_bytes * MAX_EXPANSION, path.stat().st_size * 10 * MAX_EXPANSION):
                    raise SourceError(
                        complaint(address, "archive démesurée une fois décompressée", RETRY)
                    )
    except (EOFError, zlib.error, gzip.BadGzipFile) as fault:
        path.unlink(missing_ok=True)
        raise FormatError(complaint(address, "archive gzip tronquée ou abîmée", RETRY)) from fault


DOWNLOADERS: Mapping[
    str, Callable[[HttpClient, Source, Query, Path, Mapping[str, Any]], Download]
] = MappingProxyType(
    {
        "file": download_file,
        "datagouv": download_resource,
        "wfs": download_wfs,
        "overpass": download_overpass,
        "pages": download_pages,
        "bil": download_dem,
        "cut": download_clip,
        "gtfs": download_gtfs,
        "sheets": download_sheets,
    }
)
