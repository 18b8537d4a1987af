"""GTFS of the transit network that serves a commune, from transport.data.gouv.fr.

The list of all data sets gives the area that each covers; a commune belongs to it by its own code
or by that of its intercommunality. Networks of a département, a region or the country are never
selected without the study naming them. The feed is downloaded from the storage of
transport.data.gouv.fr, not from the server of the network: one known host for all networks.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from foncier.download.client import NoDataError
from foncier.download.paged_json import parse_json, read_json
from foncier.download.responses import RETRY
from foncier.errors import FormatError, SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from foncier.download.catalog import Query, Source
    from foncier.download.client import Download, HttpClient

LICENCES = {
    "lov2": "Licence Ouverte 2.0",
    "fr-lo": "Licence Ouverte",
    "odc-odbl": "ODbL",
    "mobility-licence": "Licence Mobilités",
}
UNKNOWN_LICENCE = "licence non précisée"


def download_gtfs(
    client: HttpClient, source: Source, query: Query, path: Path, validators: Mapping[str, Any]
) -> Download:
    """Download the newest GTFS of the network that covers the communes, or that the study names.

    Option of the source: ``communes``, the address that gives the intercommunality of a commune.

    Raises
    ------
    NoDataError
        No network with a GTFS covers the commune.
    SourceError
        Several networks do, or that of the study does not exist, or its feed is not stored.
    FormatError
        The list or a data set does not have the documented structure.
    """
    answer = path.with_name(path.name + ".liste")
    client.get(source.address, answer, max_bytes=source.most_bytes, shared=True)
    networks = _read_networks(answer, source.address)
    answer.unlink()
    if query.network:
        network = _network_by_name(networks, query.network, source)
    else:
        network = _network_by_area(networks, _areas(client, source, query, path), source)
    address = f"{source.address}/{network['id']}"
    client.get(address, answer, max_bytes=source.most_bytes)
    published, feed = _newest_copy(read_json(answer, address), address)
    answer.unlink()
    download = client.get(
        feed, path, max_bytes=source.most_bytes, validators=validators, shared=True
    )
    licence = str(network.get("licence") or UNKNOWN_LICENCE)
    publisher = (network.get("publisher") or {}).get("name")
    return replace(
        download,
        address=feed,
        published=published,
        licence=LICENCES.get(licence, licence),
        attribution=f"{network.get('title')} ({publisher}, transport.data.gouv.fr)",
    )


def _read_networks(file: Path, address: str) -> list[dict[str, Any]]:
    """Data sets of public transit with a GTFS."""
    datasets = parse_json(file, address)
    if not isinstance(datasets, list) or not all(isinstance(one, dict) for one in datasets):
        raise FormatError("download.transit.no_list", address=address, retry=RETRY)
    networks = [one for one in datasets if one.get("type") == "public-transit" and _feeds(one)]
    if not networks or not all(isinstance(one.get("covered_area"), list) for one in networks):
        raise FormatError("download.transit.no_covered_area", address=address, retry=RETRY)
    return networks


def _feeds(dataset: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [
        resource
        for resource in dataset.get("resources", [])
        if str(resource.get("format")).upper() == "GTFS" and resource.get("is_available", True)
    ]


def _areas(client: HttpClient, source: Source, query: Query, path: Path) -> set[tuple[str, str]]:
    """Kinds and codes of the communes and of their intercommunalities."""
    areas = set()
    answer = path.with_name(path.name + ".commune")
    for commune in query.communes:
        address = str(source.options["communes"]).format(commune=commune)
        client.get(address, answer, max_bytes=1_000_000)
        code = str(read_json(answer, address).get("codeEpci"))
        areas |= {("commune", commune), ("epci", code)}
        answer.unlink()
    return areas


def _network_by_name(
    networks: Sequence[Mapping[str, Any]], name: str, source: Source
) -> Mapping[str, Any]:
    for network in networks:
        if name in {network.get("slug"), network.get("id")}:
            return network
    raise SourceError(
        "download.transit.unknown_network", source=source.title, name=name, networks=len(networks)
    )


def _network_by_area(
    networks: Sequence[Mapping[str, Any]], areas: set[tuple[str, str]], source: Source
) -> Mapping[str, Any]:
    covering = [
        network
        for network in networks
        if areas & {(str(a.get("type")), str(a.get("insee"))) for a in network["covered_area"]}
    ]
    if not covering:
        raise NoDataError("download.transit.no_network", source=source.title)
    if len(covering) > 1:
        names = [network["slug"] for network in covering]
        raise SourceError(
            "download.transit.several_networks",
            source=source.title,
            networks=len(covering),
            names=names,
        )
    return covering[0]


def _newest_copy(dataset: Mapping[str, Any], address: str) -> tuple[str, str]:
    """Date and address of the newest stored copy of a feed of a data set.

    If a data set has several feeds, that with the newest copy is taken.
    """
    history = dataset.get("history")
    if not isinstance(history, list):
        raise FormatError("download.transit.no_history", address=address, retry=RETRY)
    current = {str(feed.get("id")) for feed in _feeds(dataset)}
    copies = []
    for row in history:
        payload = row.get("payload") or {}
        url = str(payload.get("permanent_url", ""))
        # The folder of a copy is the number of its resource: …/82192/82192.20260901.zip
        folder = url.split("/")[-2:-1]
        if str(payload.get("format")).upper() == "GTFS" and folder and folder[0] in current:
            copies.append((str(row.get("inserted_at", "")), url))
    if not copies:
        raise SourceError("download.transit.no_copy", address=address, retry=RETRY)
    return max(copies)
