"""Download the public layers of a study into its folder, with a list of them."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from threading import Event, Lock
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

import pyproj

from foncier import communes, readers
from foncier import download as services
from foncier._util.address_paths import is_address
from foncier._util.scratch import exclusive
from foncier.crs import DEGREES, legal_crs
from foncier.errors import ExportError
from foncier.i18n import Message, label
from foncier.model import LayerFile
from foncier.pipeline.layers import layer_file
from foncier.study.config import Fetch
from foncier.study.paths import expanded
from foncier.study.reader import FETCHED, LIST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date
    from pathlib import Path

    from foncier.download import HttpClient, Outcome, Source
    from foncier.study.config import Study


LAST_S = 10.0  # for the downloads under way, when the disk is full
Bounds: TypeAlias = tuple[float, float, float, float]
Progress: TypeAlias = "Callable[[Wanted, int, int | None], None]"


@dataclass(frozen=True)
class Wanted:
    """A source to download for a commune, and the earlier download (None: none)."""

    source: Source
    file: Path
    commune: str
    former: services.Provenance | None


def web_of(study: Study | None, *, cache: bool = True) -> HttpClient:
    """HTTP client of the public services, or of the study's mirror.

    ``cache``: share downloads with the user's other studies.
    """
    given = Fetch() if study is None else study.fetch
    own = () if study is None else declared(study)
    web = [one.source.address for one in own if _is_web(one.source.address)]
    hosts = {urlsplit(address).netloc.rpartition("@")[2] for address in web}
    return services.HttpClient(
        services.hosts() | set(given.hosts) | hosts,
        mirror=None if given.mirror is None else expanded(given.mirror),
        insecure=given.insecure,
        pause_s=0.0 if given.mirror else None,
        cache=services.shared_cache() if cache else None,
        contact=given.contact,
    )


def wanted(study: Study, only: tuple[str, ...]) -> tuple[Wanted, ...]:
    """Sources of a study in the order of download, one a commune where each has a file.

    A source that replaces others (`Source.instead_of`) is included only if its file exists; the
    sources that it replaces are then left out.

    Raises
    ------
    ConfigError
        ``only`` has an unknown name.
    """
    own = declared(study)
    groups = {one.source.group for one in own} & set(only)
    if only:
        chosen = tuple(one for one in own if one.source.group in groups)
        names = tuple(name for name in only if name not in groups)
        return chosen + (_every(study, services.select_sources(names)) if names else ())
    all_sources = own + _every(study, services.sources())
    replaced = {(one.source.instead_of, one.commune) for one in all_sources if one.former}
    return tuple(
        one
        for one in all_sources
        if (one.former or not one.source.instead_of)
        and (one.source.group, one.commune) not in replaced
    )


def declared(study: Study) -> tuple[Wanted, ...]:
    """Layers that a study declares by an address: of a server, a WFS, a database."""
    found = []
    for layer, specs in study.layers.items():
        for spec in specs:
            if not is_address(spec.path):
                continue
            # With the layer of the service or the table, which the copy does not have.
            file = replace(layer_file(study, layer, spec), sublayer=spec.layer)
            source = services.address_source(file, expanded(spec.path), spec.path)
            former = services.read_provenance(file.path)
            found.append(Wanted(source, file.path, study.info.communes[0], former))
    return tuple(found)


def _every(study: Study, sources: tuple[Source, ...]) -> tuple[Wanted, ...]:
    folder = study.folder / FETCHED
    files = []
    for source in sources:
        codes = codes_of(source, study.info.communes)
        for commune in codes if source.by_commune else codes[:1]:
            if not source.covers(commune):
                continue
            file = folder / source.file.format(commune=commune)
            files.append(Wanted(source, file, commune, services.read_provenance(file)))
    return tuple(files)


def fetch(
    study: Study,
    *,
    today: date,
    only: tuple[str, ...] = (),
    refresh: bool = False,
    accepted: tuple[str, ...] = (),
    web: HttpClient | None = None,
    progress: Progress | None = None,
) -> Iterator[Outcome]:
    """Download the sources of a study side by side; an error of one does not stop the others.

    Each service has a lane, with as many requests at a time as it allows. Sources that are selected
    by the bounds of the parcels begin when the parcels are there.

    Parameters
    ----------
    only
        Groups or names of sources (see ``foncier.download``); all when empty.
    refresh
        Download again what exists; a service that answers "unchanged" sends nothing.
    accepted
        Quality checks that the planner waives.
    progress
        Called, in the thread of a source, with it, its bytes so far and those that its service
        announces (None: unknown).

    Raises
    ------
    OfflineError
        There is no network.
    ExportError
        The folder of the study cannot be written, or the disk is full.

    Yields
    ------
    The outcome of each source, in the order of the catalogue. After the last one
    ``fetched/couches.toml`` lists the layers.
    """
    folder = study.folder / FETCHED
    with services.explain_disk_errors(FETCHED):
        folder.mkdir(parents=True, exist_ok=True)
    every = wanted(study, only)
    ended = {
        one.file: services.Outcome(one.source, one.file, "current", one.former)
        for one in every
        if one.former and not refresh
    }
    missing = [one for one in every if one.file not in ended]
    client = web or web_of(study)
    services.check_network(client, filter(_is_web, (one.source.address for one in missing)))
    with ExitStack() as stack:
        with services.explain_disk_errors(FETCHED):
            stack.enter_context(exclusive(study.folder, "foncier fetch"))
        running = _Run(study, client, today, accepted, progress).outcomes(missing)
        for one in every:
            while one.file not in ended:
                outcome = next(running)
                ended[outcome.file] = outcome
            yield ended[one.file]
        services.sweep_leftovers(folder)
        with services.explain_disk_errors(LIST):
            services.write_text(folder / LIST, _listed(study))


def _is_web(address: str) -> bool:
    return address.startswith("https://")


@dataclass
class _Run:
    """Downloads of a study, a lane for each service."""

    study: Study
    client: HttpClient
    today: date
    accepted: tuple[str, ...]
    progress: Progress | None
    reading: Lock = field(default_factory=Lock)
    lanes: services.Lanes[Outcome] = field(default_factory=services.Lanes)
    bounds: Bounds | None = None
    bounds_known: Event = field(default_factory=Event)
    fault: ExportError | None = None  # that stops all downloads

    def outcomes(self, missing: list[Wanted]) -> Iterator[Outcome]:
        """Outcomes as they end; sources by bounds begin after the last source of parcels."""
        by_bounds = [one for one in missing if one.source.by_bounds]
        first = [one for one in missing if not one.source.by_bounds]
        parcels = sum("parcels" in dict(one.source.layers) for one in first)
        for one in first:
            self._begin(one)
        try:
            for _ in missing:
                if not parcels and not self.bounds_known.is_set():
                    self._find_bounds()
                    for one in by_bounds:
                        self._begin(one)
                outcome = self.lanes.next()
                parcels -= "parcels" in dict(outcome.source.layers)
                yield outcome
        except ExportError as fault:
            self._stop(fault)
            raise
        finally:
            self.lanes.stop()

    def _stop(self, fault: ExportError) -> None:
        """Let the downloads that have begun end, or fail in turn and leave nothing."""
        self.fault = fault
        self.bounds_known.set()
        self.lanes.stop(within_s=LAST_S)
        services.sweep_leftovers(self.study.folder / FETCHED)

    def _report(self, one: Wanted, size: int, total: int | None) -> None:
        if self.fault is not None:
            raise self.fault
        if self.progress is not None:
            self.progress(one, size, total)

    def _find_bounds(self) -> None:
        try:
            with self.reading:
                self.bounds = bounds_of(self.study)
        finally:
            self.bounds_known.set()

    def _late_bounds(self) -> Bounds | None:
        self.bounds_known.wait()
        if self.fault is not None:
            raise self.fault
        return self.bounds

    def _begin(self, one: Wanted) -> None:
        query = query_of(self.study, one, self.bounds if one.source.by_bounds else None)
        client = self.client.reporting(partial(self._report, one))
        self.lanes.add(
            services.service_of(one.source.address, client.services),
            lambda: services.fetch(
                client,
                one.source,
                query,
                self.study.folder / FETCHED,
                today=self.today,
                accepted=self.accepted,
                reading=self.reading,
                late_bounds=self._late_bounds if one.source.checked_by_bounds else None,
            ),
        )


def probe(client: HttpClient, only: tuple[str, ...], *, today: date) -> Iterator[services.Finding]:
    """Ask each service once for something small, side by side, and compare the answers.

    Parameters
    ----------
    only
        Groups or names of sources; all that have a contract when empty.

    Raises
    ------
    ConfigError
        ``only`` has an unknown name.
    OfflineError
        There is no network.

    Yields
    ------
    What each service answered, in the order of the catalogue.
    """
    selected = services.select_sources(only) if only else services.sources()
    known = [source for source in selected if source.name in services.contracts()]
    services.check_network(client, (source.address for source in known))
    lanes: services.Lanes[services.Finding] = services.Lanes()
    for source in known:
        ask = partial(services.probe, client, source, services.contracts()[source.name])
        lanes.add(services.service_of(source.address, client.services), partial(ask, today=today))
    found: dict[str, services.Finding] = {}
    for source in known:
        while source.name not in found:
            finding = lanes.next()
            found[finding.source.name] = finding
        yield found[source.name]


def to_supply(study: Study) -> tuple[tuple[str, Message], ...]:
    """Public files that the study lacks and that no source brings: layer, and where to take it."""
    if "artificial_land" in study.layers:
        return ()
    zones = {f"D{services.department_code(code).zfill(3)}" for code in study.info.communes}
    words = Message("pipeline.fetch.supply_artificial_land", zones=sorted(zones))
    return (("artificial_land", words),)


def codes_of(source: Source, studied: Iterable[str]) -> tuple[str, ...]:
    """Codes under which a service has the communes of a study.

    The cadastre and most registers have the arrondissements of Paris, Lyon and Marseille; a source
    with the option ``codes = "city"`` has the commune.
    """
    if source.options.get("codes") == "city":
        return tuple(dict.fromkeys(map(communes.whole, studied)))
    parts = (communes.arrondissements(code) or (code,) for code in studied)
    return tuple(dict.fromkeys(code for codes in parts for code in codes))


def query_of(study: Study, one: Wanted, bounds: Bounds | None) -> services.Query:
    """What is asked of a source for its communes, or for the bounds of the parcels."""
    codes = codes_of(one.source, study.info.communes)
    place = (one.commune,) if one.source.by_commune else codes
    return services.Query(place, bounds, network=study.fetch.gtfs)


def requests_of(study: Study, one: Wanted, *, today: date, bounds: Bounds | None) -> list[str]:
    """Addresses that a download of a source begins with, as a browser can open them."""
    query = replace(query_of(study, one, bounds), asked_on=today)
    return services.first_addresses(one.source, query, services.all_services())


def bounds_of(study: Study) -> Bounds | None:
    """Bounds of the parcels in degrees: declared files before downloaded ones; None without any."""
    crs = legal_crs(study.info.communes[0])
    supplied = [
        layer_file(study, "parcels", spec)
        for spec in study.layers.get("parcels", ())
        if not spec.path.startswith(f"{FETCHED}/")
    ]
    # The copy of an address is there once it has been downloaded.
    supplied = [file for file in supplied if not is_address(file.shown) or file.path.exists()]
    downloaded = [
        LayerFile(layer, one.file, one.file.name, format_)
        for one in wanted(study, ())
        if one.former
        for layer, format_ in one.source.layers
        if layer == "parcels"
    ]
    boxes = [
        readers.read(file, crs=crs, communes=study.info.communes)[0].total_bounds
        for file in supplied or downloaded
    ]
    if not boxes:
        return None
    west, south = min(b[0] for b in boxes), min(b[1] for b in boxes)
    east, north = max(b[2] for b in boxes), max(b[3] for b in boxes)
    degrees = pyproj.Transformer.from_crs(crs, DEGREES, always_xy=True)
    left, low, right, high = degrees.transform_bounds(west, south, east, north)
    return float(left), float(low), float(right), float(high)


def _listed(study: Study) -> str:
    """Text of the list of downloaded layers, in the form of a study."""
    text = [f"# {line}\n" for line in label("pipeline.fetch.list_header").fr.split("|")]
    text = ["".join(text)]
    for one in wanted(study, ()):
        if one.former is None or "layer_file" in one.source.options:
            continue
        for layer, format_ in one.source.layers:
            keys = {
                "path": f"{FETCHED}/{one.file.name}",
                "format": format_,
                "source": one.former.attribution,
                "licence": one.former.licence,
            }
            text.append(f"[[layers.{layer}]]")
            if one.former.vintage:
                text.append(f"date = {one.former.vintage}")
            text += [f"{k} = {json.dumps(v, ensure_ascii=False)}" for k, v in keys.items()]
            if one.former.accepted:
                text.append(f"accepted = {json.dumps(one.former.accepted)}")
            text.append("")
    return "\n".join(text)
