"""The timetable of the network that serves a commune, from the national access point.

The list of all data sets says which area each covers; a commune belongs to it by its own code or
by that of its intercommunality. Networks of a département, a region or the country are not
guessed: the study names them. The feed itself is taken from the access point's own storage, not
from the network's server: one known host, whatever the network.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from foncier.download.client import RETRY, NoDataError
from foncier.download.paged_json import read_json
from foncier.errors import FormatError, SourceError
from foncier.readers.report import complaint, some

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from foncier.download.catalog import Query, Source
    from foncier.download.client import Download, HttpClient

NAMED = 'Nommez-en un : [fetch] gtfs = "…" dans study.toml, d\'après transport.data.gouv.fr.'
LICENCES = {
    "lov2": "Licence Ouverte 2.0",
    "fr-lo": "Licence Ouverte",
    "odc-odbl": "ODbL",
    "mobility-licence": "Licence Mobilités",
}


def download_gtfs(
    web: HttpClient, source: Source, place: Query, to: Path, known: Mapping[str, Any]
) -> Download:
    """The newest feed of the one network that covers the study's communes, or that it names.

    The options of the source: ``communes``, the address that tells a commune's intercommunality.

    Raises
    ------
    NothingHereError
        No network with a GTFS covers the commune.
    SourceError
        Several do, or the one that the study names is not there, or has no feed in store.
    FormatError
        The list or a data set is not as documented.
    """
    listing = to.with_name(to.name + ".liste")
    web.get(source.address, listing, most_bytes=source.most_bytes, shared=True)
    every = _listed(listing, source.address)
    listing.unlink()
    chosen = (
        _named(every, place.network, source)
        if place.network
        else _covering(every, _areas(web, source, place, to), source)
    )
    address = f"{source.address}/{chosen['id']}"
    web.get(address, listing, most_bytes=source.most_bytes)
    feed = _newest(read_json(listing, address), address)
    listing.unlink()
    arrival = web.get(feed, to, most_bytes=source.most_bytes, known=known, shared=True)
    licence = str(chosen.get("licence") or "licence non précisée")
    network = f"{chosen.get('title')} ({(chosen.get('publisher') or {}).get('name')}, "
    return replace(
        arrival,
        address=feed,
        licence=LICENCES.get(licence, licence),
        attribution=f"{network}transport.data.gouv.fr)",
    )


def _listed(file: Path, address: str) -> list[dict[str, Any]]:
    """Data sets of public transit that hold a GTFS."""
    try:
        every = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as fault:
        file.unlink(missing_ok=True)
        raise FormatError(complaint(address, "réponse illisible ou tronquée", RETRY)) from fault
    if not isinstance(every, list) or not all(isinstance(one, dict) for one in every):
        raise FormatError(complaint(address, "pas de liste de jeux de données", RETRY))
    transit = [one for one in every if one.get("type") == "public-transit" and _feeds(one)]
    if not transit or not all(isinstance(one.get("covered_area"), list) for one in transit):
        what = "les jeux de données ne disent plus ce qu'ils couvrent (covered_area)"
        raise FormatError(complaint(address, what, RETRY))
    return transit


def _feeds(dataset: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [
        one
        for one in dataset.get("resources", [])
        if str(one.get("format")).upper() == "GTFS" and one.get("is_available", True)
    ]


def _areas(web: HttpClient, source: Source, place: Query, to: Path) -> set[tuple[str, str]]:
    """Kinds and codes of the areas that the communes are, or belong to."""
    areas = set()
    answer = to.with_name(to.name + ".commune")
    for commune in place.communes:
        address = str(source.options["communes"]).format(commune=commune)
        web.get(address, answer, most_bytes=1_000_000)
        areas |= {("commune", commune), ("epci", str(read_json(answer, address).get("codeEpci")))}
        answer.unlink()
    return areas


def _named(every: Sequence[Mapping[str, Any]], name: str, source: Source) -> Mapping[str, Any]:
    for one in every:
        if name in {one.get("slug"), one.get("id")}:
            return one
    what = f"aucun réseau « {name} » avec un GTFS parmi {len(every)}"
    raise SourceError(complaint(source.label, what, NAMED))


def _covering(
    every: Sequence[Mapping[str, Any]], areas: set[tuple[str, str]], source: Source
) -> Mapping[str, Any]:
    found = [
        one
        for one in every
        if areas & {(str(a.get("type")), str(a.get("insee"))) for a in one["covered_area"]}
    ]
    if not found:
        raise NoDataError(
            complaint(source.label, "aucun réseau ne déclare couvrir la commune", NAMED)
        )
    if len(found) > 1:
        what = f"{len(found)} réseaux couvrent la commune : {some(o['slug'] for o in found)}"
        raise SourceError(complaint(source.label, what, NAMED))
    return found[0]


def _newest(dataset: Mapping[str, Any], address: str) -> str:
    """Where the access point keeps the newest copy of a data set's feed.

    A data set with several feeds gives that of which it has the newest copy.
    """
    history = dataset.get("history")
    if not isinstance(history, list):
        raise FormatError(complaint(address, "l'historique du flux manque (history)", RETRY))
    current = {str(one.get("id")) for one in _feeds(dataset)}
    kept = []
    for one in history:
        payload = one.get("payload") or {}
        where = str(payload.get("permanent_url", ""))
        # The storage files a copy under the number of its resource: …/82192/82192.20260901.zip
        if (
            str(payload.get("format")).upper() == "GTFS"
            and where.split("/")[-2:-1]
            and (where.split("/")[-2] in current)
        ):
            kept.append((str(one.get("inserted_at", "")), where))
    if not kept:
        what = "aucune copie du flux en réserve"
        raise SourceError(complaint(address, what, RETRY))
    return max(kept)[1]
