"""``foncier fetch``: the public layers of a study into its folder, and their list beside them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyproj

from foncier import download as services
from foncier import readers
from foncier.crs import DEGREES, legal_crs
from foncier.model import LayerFile
from foncier.pipeline.layers import layer_file
from foncier.study.reader import FETCHED, LIST

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

    from foncier.download import HttpClient, Outcome, Source
    from foncier.study.config import Study

HEAD = """# Écrit par foncier fetch : ne pas modifier, il sera récrit.
# Une couche que study.toml nomme lui-même passe avant celle d'ici.
"""


@dataclass(frozen=True)
class Wanted:
    """A source that would be asked for a commune, and what is there already."""

    source: Source
    file: Path
    commune: str
    former: services.Provenance | None


def web_of(study: Study, *, cache: bool = True) -> HttpClient:
    """Client for the public services, through the study's mirror where it names one.

    ``cache``: share what is fetched with the user's other studies.
    """
    return services.HttpClient(
        services.hosts(),
        mirror=study.fetch.mirror,
        insecure=study.fetch.insecure,
        pause_s=0.0 if study.fetch.mirror else 0.5,
        cache=services.shared_cache() if cache else None,
    )


def wanted(study: Study, only: tuple[str, ...]) -> tuple[Wanted, ...]:
    """Sources of a study in the order of asking, one by commune where they have a file each.

    A source that stands in the place of others (`Source.instead_of`) is among all only when its
    file is there, and the others then are not.

    Raises
    ------
    ConfigError
        ``only`` names no source.
    """
    if only:
        return _every(study, services.chosen(only))
    every = _every(study, services.sources())
    replaced = {(one.source.instead_of, one.commune) for one in every if one.former}
    return tuple(
        one
        for one in every
        if (one.former or not one.source.instead_of)
        and (one.source.group, one.commune) not in replaced
    )


def _every(study: Study, asked: tuple[Source, ...]) -> tuple[Wanted, ...]:
    folder = study.folder / FETCHED
    found = []
    for source in asked:
        for commune in study.info.communes if source.by_commune else study.info.communes[:1]:
            if not source.covers(commune):
                continue
            file = folder / source.file.format(commune=commune)
            found.append(Wanted(source, file, commune, services.provenance(file)))
    return tuple(found)


def fetch(
    study: Study,
    *,
    today: date,
    only: tuple[str, ...] = (),
    refresh: bool = False,
    accepted: tuple[str, ...] = (),
    web: HttpClient | None = None,
) -> Iterator[Outcome]:
    """Fetch the sources of a study one after the other; a fault of one does not stop the others.

    Parameters
    ----------
    only
        Groups or names of sources (see ``foncier.download``); all when empty.
    refresh
        Ask again for what is there already; a service that says "unchanged" sends nothing.
    accepted
        Doubts that the planner lets pass.

    Raises
    ------
    ExportError
        The study's folder cannot be written, or its disk is full.

    Yields
    ------
    The outcome of each source. When all are through, ``fetched/couches.toml`` lists what there is.
    """
    asked = web or web_of(study)
    folder = study.folder / FETCHED
    with services.kept(FETCHED):
        folder.mkdir(parents=True, exist_ok=True)
    bounds = None
    for one in wanted(study, only):
        if one.former and not refresh:
            yield services.Outcome(one.source, one.file, "current", one.former)
            continue
        communes = (one.commune,) if one.source.by_commune else study.info.communes
        if one.source.by_bounds and bounds is None:
            bounds = _bounds(study)
        place = services.Place(
            communes, bounds if one.source.by_bounds else None, network=study.fetch.gtfs
        )
        yield services.fetch(asked, one.source, place, folder, today=today, accepted=accepted)
    services.sweep_leftovers(folder)
    with services.kept(LIST):
        services.write(folder / LIST, _listed(study))


def _bounds(study: Study) -> tuple[float, float, float, float] | None:
    """Bounds of the study's parcels in degrees, its own before those fetched; None without any."""
    crs = legal_crs(study.info.communes[0])
    own = [
        layer_file(study, "parcels", spec)
        for spec in study.layers.get("parcels", ())
        if not spec.path.startswith(f"{FETCHED}/")
    ]
    came = [
        LayerFile(layer, one.file, one.file.name, format_)
        for one in wanted(study, ())
        if one.former
        for layer, format_ in one.source.layers
        if layer == "parcels"
    ]
    boxes = [
        readers.read(file, crs=crs, communes=study.info.communes)[0].total_bounds
        for file in own or came
    ]
    if not boxes:
        return None
    west, south = min(b[0] for b in boxes), min(b[1] for b in boxes)
    east, north = max(b[2] for b in boxes), max(b[3] for b in boxes)
    degrees = pyproj.Transformer.from_crs(crs, DEGREES, always_xy=True)
    left, low, right, high = degrees.transform_bounds(west, south, east, north)
    return float(left), float(low), float(right), float(high)


def _listed(study: Study) -> str:
    """Text of the list of fetched layers, as a study would declare them."""
    text = [HEAD]
    for one in wanted(study, ()):
        if one.former is None:
            continue
        for layer, format_ in one.source.layers:
            told = {
                "path": f"{FETCHED}/{one.file.name}",
                "format": format_,
                "date": one.former.fetched_on,
                "source": one.former.attribution,
                "licence": one.former.licence,
            }
            text.append(f"[[layers.{layer}]]")
            text += [f"{k} = {json.dumps(v, ensure_ascii=False)}" for k, v in told.items()]
            if one.former.accepted:
                text.append(f"accepted = {json.dumps(one.former.accepted)}")
            text.append("")
    return "\n".join(text)
