"""How each kind of service is asked, until all of its answer lies in one file."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from foncier.errors import FormatError, SourceError
from foncier.sources.fetch.catalog import address_of
from foncier.sources.fetch.pages import MOST_PAGES, pages
from foncier.sources.fetch.pages import told as _json
from foncier.sources.fetch.web import RETRY
from foncier.sources.journal import complaint, some

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from foncier.sources.fetch.catalog import Place, Source
    from foncier.sources.fetch.web import Arrival, Web

UNPACKED = 40  # a cadastre packs 12 to 1; beyond this it is a bomb
# What the readers of OpenStreetMap look for (foncier.sources.osm_tags), and nothing else.
OVERPASS_KEYS = (
    "highway", "railway", "natural", "waterway", "landuse", "leisure", "amenity", "place", "shop",
    "office", "building", "tourism", "industrial", "man_made", "military", "ruins",
    "disused", "abandoned",
)  # fmt: skip
LIFECYCLE = "^(disused|abandoned|ruins):"
QUERY_S = 180


def file(web: Web, source: Source, place: Place, to: Path, known: Mapping[str, Any]) -> Arrival:
    """One file of one commune, as it lies on the service."""
    address = address_of(source, place)
    arrival = web.get(address, to, most_bytes=source.most_bytes, known=known)
    if not arrival.unchanged and to.name.endswith(".gz"):
        _unpacks(to, address, source.most_bytes)
    return arrival


def datagouv(web: Web, source: Source, place: Place, to: Path, known: Mapping[str, Any]) -> Arrival:
    """The newest fitting resource of a dataset of data.gouv.fr."""
    del place  # one file for all of France; its reader keeps the communes of the study
    described = to.with_name(to.name + ".dataset")
    web.get(source.address, described, most_bytes=20_000_000)
    dataset = _json(described, source.address)
    described.unlink()
    wanted = re.compile(source.options["resource"], re.IGNORECASE)
    fitting = [
        one for one in dataset.get("resources", [])
        if str(one.get("format", "")).lower() == source.options["resource_format"]
        and wanted.search(f"{one.get('title', '')} {one.get('url', '')}")
    ]  # fmt: skip
    if not fitting:
        titles = [str(one.get("title")) for one in dataset.get("resources", [])]
        what = f"aucun fichier {source.options['resource_format']} attendu dans le jeu de données"
        raise FormatError(complaint(source.address, f"{what} (il y a {some(titles)})", RETRY))
    newest = max(fitting, key=lambda one: (str(one.get("last_modified", "")), str(one["url"])))
    return web.get(str(newest["url"]), to, most_bytes=source.most_bytes, known=known)


def wfs(web: Web, source: Source, place: Place, to: Path, known: Mapping[str, Any]) -> Arrival:
    """All features of a WFS layer inside the bounds, page after page.

    A full page is never the last, and neither is one that a server cut shorter than it was asked:
    pages follow until all that are announced are there, or, where no number is announced, until
    an empty one.
    """
    del known  # pages have no common mark
    features: dict[str, Any] = {}
    came, page = 0, int(source.options["page"])
    for _ in range(MOST_PAGES):
        address = f"{source.address}?{urlencode(_page(source, place, came, page))}"
        web.get(address, to, most_bytes=source.most_bytes)
        answer = _json(to, address)
        rows = answer.get("features")
        if answer.get("type") != "FeatureCollection" or not isinstance(rows, list):
            raise FormatError(complaint(address, "la réponse n'est pas du GeoJSON", RETRY))
        features |= {str(row.get("id", came + n)): row for n, row in enumerate(rows)}
        came += len(rows)
        announced = answer.get("numberMatched", answer.get("totalFeatures"))
        if not rows or (isinstance(announced, int) and came >= announced):
            _whole(source, features, announced)
            return web.made(_joined(features, to))
    raise SourceError(complaint(source.address, f"plus de {MOST_PAGES} pages", RETRY))


def _page(source: Source, place: Place, start: int, count: int) -> dict[str, str]:
    west, south, east, north = _bounds(source, place)
    return {
        "service": "WFS", "version": "2.0.0", "request": "GetFeature",
        "typeNames": source.options["typename"], "outputFormat": "application/json",
        "srsName": "EPSG:4326", "sortBy": "gid",
        # In WFS 2 this system has latitude first; the answer in GeoJSON has longitude first.
        "bbox": f"{south:.6f},{west:.6f},{north:.6f},{east:.6f},urn:ogc:def:crs:EPSG::4326",
        "count": str(count), "startIndex": str(start),
    }  # fmt: skip


def _whole(source: Source, features: Mapping[str, Any], announced: Any) -> None:
    """Raise when features are missing: fewer than announced, the same ones twice, or none."""
    if isinstance(announced, int) and len(features) < announced:
        what = f"{len(features)} objets différents reçus sur {announced} annoncés"
        raise FormatError(complaint(source.address, what, RETRY))
    if not features:
        what = f"aucun objet de {source.options['typename']} à cet endroit"
        todo = "La commune n'a peut-être rien déposé : la couche reste absente."
        raise SourceError(complaint(source.address, what, todo))


def _joined(features: Mapping[str, Any], to: Path) -> Path:
    ordered = [features[key] for key in sorted(features)]
    text = json.dumps({"type": "FeatureCollection", "features": ordered}, ensure_ascii=False)
    to.write_text(text, encoding="utf-8", newline="\n")
    return to


def overpass(web: Web, source: Source, place: Place, to: Path, known: Mapping[str, Any]) -> Arrival:
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


def _question(source: Source, place: Place) -> str:
    west, south, east, north = _bounds(source, place)
    box = f"({south:.6f},{west:.6f},{north:.6f},{east:.6f})"
    keys = "".join(f'nwr["{key}"]{box};' for key in OVERPASS_KEYS)
    lifecycle = f'nwr[~"{LIFECYCLE}"~"."]{box};'
    return f"[out:xml][timeout:{QUERY_S}];({keys}{lifecycle});(._;>;);out body;"


def _bounds(source: Source, place: Place) -> tuple[float, float, float, float]:
    if place.bounds is None:
        raise SourceError(
            complaint(
                source.label,
                "il faut d'abord les parcelles, qui disent où chercher",
                "Lancez foncier fetch sans --only, ou avec --only cadastre d'abord.",
            )
        )
    west, south, east, north = place.bounds
    up = source.margin_m / 111_000
    aside = up / 0.6  # a degree of longitude is at least that much shorter in mainland France
    return west - aside, south - up, east + aside, north + up


def _unpacks(path: Path, address: str, most_bytes: int) -> None:
    """Make sure that a gzip is whole, and no bomb; nothing of it is kept in memory."""
    size = 0
    try:
        with gzip.open(path) as packed:
            while chunk := packed.read(1 << 20):
                size += len(chunk)
                if size > min(most_bytes * UNPACKED, path.stat().st_size * 10 * UNPACKED):
                    raise SourceError(
                        complaint(address, "archive démesurée une fois décompressée", RETRY)
                    )
    except (EOFError, zlib.error, gzip.BadGzipFile) as fault:
        path.unlink(missing_ok=True)
        raise FormatError(complaint(address, "archive gzip tronquée ou abîmée", RETRY)) from fault


FORMS: Mapping[str, Callable[[Web, Source, Place, Path, Mapping[str, Any]], Arrival]] = (
    MappingProxyType(
        {"file": file, "datagouv": datagouv, "wfs": wfs, "overpass": overpass, "pages": pages}
    )
)
