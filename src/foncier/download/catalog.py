"""The public services that can be fetched, from the package's data file."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from foncier.errors import ConfigError
from foncier.i18n import typeset

if TYPE_CHECKING:
    from datetime import date

GROUP = "foncier.readers"  # entry points by which other packages add services
YEAR_KNOWN_FROM = 5  # month: sales of a year are whole in the edition of the next April


@dataclass(frozen=True)
class Source:
    """A public service: its address and form, the file it becomes, the layers read from it.

    ``address`` may hold ``{commune}`` (INSEE code), ``{dep}`` and ``{year}`` (the last one whose
    sales are all known), ``file`` ``{commune}``: each commune then has a file of its own.
    ``layers`` are pairs (layer, format) of `foncier.readers.FORMATS`. ``margin_m``: how far
    around the parcels is asked. ``options`` holds what only its form needs, and
    ``may_be_empty`` (a commune may truly have no row) and ``without`` (départements that the
    service does not cover).
    """

    name: str
    group: str
    label: str
    form: str
    address: str
    file: str
    attribution: str
    licence: str
    fresh: str
    most_bytes: int
    layers: tuple[tuple[str, str], ...]
    margin_m: float = 0.0
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def may_be_empty(self) -> bool:
        """Tell whether no row at all is an answer."""
        return bool(self.options.get("may_be_empty", False))

    @property
    def instead_of(self) -> str:
        """Group in whose place it stands; "" for none."""
        return str(self.options.get("instead_of", ""))

    def covers(self, commune: str) -> bool:
        """Tell whether the service has the département of a commune."""
        return department_code(commune) not in self.options.get("without", ())

    @property
    def by_bounds(self) -> bool:
        """Tell whether it is asked for by the bounds of the parcels, or held against them."""
        return self.form in {"wfs", "overpass", "bil", "gtfs"} or "cut" in self.options

    @property
    def by_commune(self) -> bool:
        """Tell whether each commune has a file of its own."""
        return "{commune}" in self.file


@dataclass(frozen=True)
class Query:
    """What is asked for: communes (INSEE codes), and bounds in degrees (west, south, east, north).

    Bounds are None as long as no parcel is known. ``asked_on``: the day, for services by year;
    ``network``: the data set of the timetable that the study names.
    """

    communes: tuple[str, ...]
    bounds: tuple[float, float, float, float] | None = None
    asked_on: date | None = None
    network: str | None = None


COMMON = {
    "name",
    "group",
    "fr",
    "form",
    "address",
    "file",
    "attribution",
    "licence",
    "fresh",
    "most_mb",
    "layers",
    "margin_m",
}


@cache
def sources() -> tuple[Source, ...]:
    """Every service in the order of asking: parcels first, they give the bounds; others' last.

    Raises
    ------
    ConfigError
        A package adds a service that cannot be read, or bears the name of another.
    """
    return _all()[0]


@cache
def hosts() -> frozenset[str]:
    """Hosts that may be asked, and sent on to."""
    return _all()[1]


def read_catalog(file: Path) -> tuple[tuple[Source, ...], frozenset[str]]:
    """Services of a file like this package's ``catalog.toml``, and the hosts they may send on to.

    Raises
    ------
    ConfigError
        Not such a file.
    """
    try:
        return _read(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
        told = f"{file.name} : catalogue de sources illisible ({fault!r}). "
        raise ConfigError(typeset(told + "Voyez docs/fetch.md.")) from fault


def _read(text: str) -> tuple[tuple[Source, ...], frozenset[str]]:
    raw = tomllib.loads(text)
    found = tuple(
        Source(
            name=one["name"],
            group=one["group"],
            label=one["fr"],
            form=one["form"],
            address=one["address"],
            file=one["file"],
            attribution=one["attribution"],
            licence=one["licence"],
            fresh=one["fresh"],
            most_bytes=int(one["most_mb"] * 1e6),
            layers=tuple((pair["layer"], pair["format"]) for pair in one["layers"]),
            margin_m=float(one.get("margin_m", 0)),
            options={k: v for k, v in one.items() if k not in COMMON},
        )
        for one in raw["source"]
    )
    return found, frozenset(raw.get("hosts", {}).get("also", ()))


def _all() -> tuple[tuple[Source, ...], frozenset[str]]:
    own = files("foncier.download").joinpath("catalog.toml").read_text(encoding="utf-8")
    found, also = _read(own)
    for entry in sorted(entry_points(group=GROUP), key=lambda one: one.name):
        more, others = _added(entry.name, entry)
        for one in more:
            _sound(one, found, entry.name)
            found += (one,)
        also |= others
    return found, also | {urlsplit(source.address).hostname or "" for source in found}


def _sound(one: Source, found: tuple[Source, ...], entry: str) -> None:
    """Raise on a source of another package that would hide one, or write outside its folder."""
    fault = ""
    if Path(one.file).name != one.file:
        fault = f"le fichier « {one.file} » sort du dossier"
    elif {one.name, one.file} & {taken for other in found for taken in (other.name, other.file)}:
        fault = "nom ou fichier déjà pris"
    if fault:
        told = f"source « {one.name} » ({GROUP}, {entry}) : {fault}. "
        raise ConfigError(typeset(told + "Corrigez ou désinstallez ce module."))


def _added(name: str, entry: Any) -> tuple[tuple[Source, ...], frozenset[str]]:
    """What an installed package adds: a `Source`, several, or the path of a catalogue."""
    try:
        given = entry.load()
    except (ImportError, AttributeError) as fault:
        told = f"sources de « {name} » ({GROUP}) : import impossible ({fault}). "
        raise ConfigError(typeset(told + "Réparez ou désinstallez ce module.")) from fault
    if isinstance(given, str | os.PathLike):
        return read_catalog(Path(given))
    several = (given,) if isinstance(given, Source) else given
    if not isinstance(several, Iterable) or not all(isinstance(s, Source) for s in several):
        told = f"sources de « {name} » ({GROUP}) : ni Source, ni chemin d'un catalogue. "
        raise ConfigError(typeset(told + "Voyez docs/fetch.md."))
    return tuple(several), frozenset()


def select_sources(only: tuple[str, ...]) -> tuple[Source, ...]:
    """Services of some groups or names; all but stand-ins where none is named.

    Raises
    ------
    ConfigError
        No such group.

    Examples
    --------
    >>> [source.name for source in chosen(("cadastre",))]
    ['parcelles', 'batiments']
    """
    known = {source.group for source in sources()} | {source.name for source in sources()}
    if unknown := sorted(set(only) - known):
        raise ConfigError(
            f"--only {','.join(unknown)}\u00a0: source inconnue. "
            f"Sources\u00a0: {', '.join(dict.fromkeys(s.group for s in sources()))}."
        )
    if not only:
        return tuple(s for s in sources() if not s.instead_of)
    return tuple(s for s in sources() if s.group in only or s.name in only)


def department_code(commune: str) -> str:
    """Département of a commune, as the addresses of the cadastre write it.

    Examples
    --------
    >>> department("80021"), department("97411"), department("2A004")
    ('80', '974', '2A')
    """
    return commune[:3] if commune.startswith("97") else commune[:2]


def address_of(source: Source, place: Query) -> str:
    """Address of a source for the first commune of a place.

    Examples
    --------
    >>> from datetime import date
    >>> [dvf] = chosen(("dvf",))
    >>> address_of(dvf, Place(("97411",), asked_on=date(2026, 3, 1))).split("csv/")[1]
    '2024/communes/974/97411.csv'
    """
    return fill_address(source.address, place)


def fill_address(address: str, place: Query) -> str:
    """Address with the commune, its département and the year in their places."""
    commune, day = place.communes[0], place.asked_on
    year = "" if day is None else day.year - (1 if day.month >= YEAR_KNOWN_FROM else 2)
    given = {"commune": commune, "dep": department_code(commune), "year": str(year)}
    for name, value in given.items():
        address = address.replace(f"{{{name}}}", value)
    return address
