"""Catalogue of the public services, from ``catalog.toml`` and installed packages, and queries."""

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

import pyproj

from foncier.crs import DEGREES
from foncier.download.policies import Service
from foncier.errors import ConfigError, SourceError
from foncier.i18n import Localized

if TYPE_CHECKING:
    from datetime import date

ENTRY_POINTS = "foncier.sources"  # group of entry points by which other packages add sources
YEAR_COMPLETE_FROM = 5  # month: the edition of April completes the sales of the previous year
COMMON_KEYS = {
    "name",
    "group",
    "fr",
    "en",
    "form",
    "address",
    "file",
    "attribution",
    "licence",
    "fresh",
    "fresh_en",
    "most_mb",
    "layers",
    "margin_m",
}

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Source:
    """A public service: its address, its form, the file it becomes, the layers read from the file.

    Parameters
    ----------
    name, group
        Names by which ``--only`` selects it; several sources may share a group.
    label, label_en
        Title in French and in English (French where empty).
    form
        Kind of service, a key of `foncier.download.services.DOWNLOADERS`.
    address
        May contain ``{commune}`` (INSEE code), ``{dep}`` and ``{year}`` (the last one with
        complete sales).
    file
        Name in the folder of the downloads; with ``{commune}`` each commune has its own file.
    fresh, fresh_en
        How often the service is updated, in French and in English.
    most_bytes
        Larger answers are refused.
    layers
        Pairs (layer, format) of `foncier.readers.FORMATS`.
    margin_m
        Margin in metres around the parcels.
    options
        Options of the form, and ``may_be_empty`` (a commune may have no row), ``may_keep_none``
        (a commune may have rows, none of which is of use), ``dated_by`` (columns with the dates of
        the rows, of which the newest is the vintage), ``without``
        (départements that the service does not cover), ``instead_of`` (group that it replaces).
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
    label_en: str = ""
    fresh_en: str = ""

    @property
    def title(self) -> Localized:
        """Title in both languages."""
        return Localized(self.label, self.label_en or self.label)

    @property
    def frequency(self) -> Localized:
        """How often the service is updated, in both languages."""
        return Localized(self.fresh, self.fresh_en or self.fresh)

    @property
    def may_be_empty(self) -> bool:
        """Tell whether a file without rows is valid."""
        return bool(self.options.get("may_be_empty", False))

    @property
    def may_keep_none(self) -> bool:
        """Tell whether a file is valid none of whose rows is of use to its layers."""
        return bool(self.options.get("may_keep_none", False))

    @property
    def instead_of(self) -> str:
        """Group of sources that it replaces; "" for none."""
        return str(self.options.get("instead_of", ""))

    def covers(self, commune: str) -> bool:
        """Tell whether the service covers the département of a commune."""
        return department_code(commune) not in self.options.get("without", ())

    @property
    def by_bounds(self) -> bool:
        """Tell whether the bounds of the parcels select its rows."""
        return self.requests_bounds or bool({"cut", "near_parcels"} & self.options.keys())

    @property
    def checked_by_bounds(self) -> bool:
        """Tell whether the bounds of the parcels only check its rows, after the download."""
        return self.form == "gtfs"

    @property
    def requests_bounds(self) -> bool:
        """Tell whether its requests hold the bounds of the parcels."""
        return self.form in {"wfs", "overpass", "bil"}

    @property
    def by_commune(self) -> bool:
        """Tell whether each commune has its own file."""
        return "{commune}" in self.file


@dataclass(frozen=True)
class Query:
    """What is requested from a source.

    Parameters
    ----------
    communes
        INSEE codes.
    bounds
        Bounds of the parcels in degrees (west, south, east, north); None while no parcel is known.
    asked_on
        Date, for services that have one file a year.
    network
        Data set of the transit network that the study names.
    """

    communes: tuple[str, ...]
    bounds: Bounds | None = None
    asked_on: date | None = None
    network: str | None = None


@cache
def sources() -> tuple[Source, ...]:
    """All sources in the order of the requests: parcels first, those of other packages last.

    Raises
    ------
    ConfigError
        A package adds a source that cannot be read, or has the same name as another.
    """
    return _load_all()[0]


def all_services() -> tuple[Service, ...]:
    """Policies of the public services, those of other packages last.

    Raises
    ------
    ConfigError
        As `sources`.
    """
    return _load_all()[1]


@cache
def hosts() -> frozenset[str]:
    """Hosts that may be requested, directly or by a redirection."""
    asked = {urlsplit(source.address).hostname or "" for source in sources()}
    return frozenset(asked).union(*(service.hosts for service in all_services()))


def read_catalog(file: Path) -> tuple[tuple[Source, ...], tuple[Service, ...]]:
    """Sources and policies of services of a file in the format of ``catalog.toml``.

    ``[hosts] also`` names further hosts of redirections that have no policy of their own.

    Raises
    ------
    ConfigError
        The file is not a catalogue.
    """
    try:
        return _parse(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
        raise ConfigError("download.catalog.unreadable", file=file.name, why=repr(fault)) from fault


def _parse(text: str) -> tuple[tuple[Source, ...], tuple[Service, ...]]:
    raw = tomllib.loads(text)
    parsed = tuple(
        Source(
            name=row["name"],
            group=row["group"],
            label=row["fr"],
            form=row["form"],
            address=row["address"],
            file=row["file"],
            attribution=row["attribution"],
            licence=row["licence"],
            fresh=row["fresh"],
            most_bytes=int(row["most_mb"] * 1e6),
            layers=tuple((pair["layer"], pair["format"]) for pair in row["layers"]),
            margin_m=float(row.get("margin_m", 0)),
            options={key: value for key, value in row.items() if key not in COMMON_KEYS},
            label_en=row.get("en", ""),
            fresh_en=row.get("fresh_en", ""),
        )
        for row in raw["source"]
    )
    policies = tuple(Service.from_row(row) for row in raw.get("service", ()))
    other_hosts = tuple(
        Service(host, frozenset({host})) for host in raw.get("hosts", {}).get("also", ())
    )
    return parsed, policies + other_hosts


def _load_all() -> tuple[tuple[Source, ...], tuple[Service, ...]]:
    text = files("foncier.download").joinpath("catalog.toml").read_text(encoding="utf-8")
    loaded, policies = _parse(text)
    for entry in sorted(entry_points(group=ENTRY_POINTS), key=lambda entry: entry.name):
        added, added_policies = _load_entry_point(entry.name, entry)
        for source in added:
            _check_added(source, loaded, entry.name)
            loaded += (source,)
        policies += added_policies
    return loaded, policies


def _check_added(source: Source, loaded: tuple[Source, ...], package: str) -> None:
    """Raise on a source of another package that would hide one, or write outside its folder."""
    params = {"name": source.name, "group": ENTRY_POINTS, "package": package}
    if Path(source.file).name != source.file:
        raise ConfigError("download.catalog.file_outside", file=source.file, **params)
    names = {name for other in loaded for name in (other.name, other.file)}
    if {source.name, source.file} & names:
        raise ConfigError("download.catalog.name_taken", **params)


def _load_entry_point(name: str, entry: Any) -> tuple[tuple[Source, ...], tuple[Service, ...]]:
    """Load the sources of a package: a `Source`, several, or the path of a catalogue."""
    try:
        value = entry.load()
    except (ImportError, AttributeError) as fault:
        raise ConfigError(
            "download.catalog.import_failed", name=name, group=ENTRY_POINTS, why=fault
        ) from fault
    if isinstance(value, str | os.PathLike):
        return read_catalog(Path(value))
    added = (value,) if isinstance(value, Source) else value
    if not isinstance(added, Iterable) or not all(isinstance(s, Source) for s in added):
        raise ConfigError("download.catalog.no_source", name=name, group=ENTRY_POINTS)
    return tuple(added), ()


def select_sources(only: tuple[str, ...]) -> tuple[Source, ...]:
    """Sources of some groups or names; without any, all but those that replace others.

    Raises
    ------
    ConfigError
        No such group or name.

    Examples
    --------
    >>> [source.name for source in select_sources(("cadastre",))]
    ['parcelles', 'batiments']
    """
    known = {source.group for source in sources()} | {source.name for source in sources()}
    if unknown := sorted(set(only) - known):
        groups = tuple(dict.fromkeys(source.group for source in sources()))
        raise ConfigError("download.catalog.unknown_source", names=",".join(unknown), known=groups)
    if not only:
        return tuple(source for source in sources() if not source.instead_of)
    return tuple(source for source in sources() if source.group in only or source.name in only)


def department_code(commune: str) -> str:
    """Code of the département of a commune, as in the addresses of the cadastre.

    Examples
    --------
    >>> department_code("80021"), department_code("97411"), department_code("2A004")
    ('80', '974', '2A')
    """
    return commune[:3] if commune.startswith("97") else commune[:2]


def address_of(source: Source, query: Query) -> str:
    """Address of a source for the first commune of a query.

    Examples
    --------
    >>> from datetime import date
    >>> [dvf] = select_sources(("dvf",))
    >>> address_of(dvf, Query(("97411",), asked_on=date(2026, 3, 1))).split("csv/")[1]
    '2024/communes/974/97411.csv'
    """
    return fill_address(source.address, query)


def fill_address(address: str, query: Query) -> str:
    """Replace ``{commune}``, ``{dep}`` and ``{year}`` in an address."""
    commune, day = query.communes[0], query.asked_on
    year = "" if day is None else day.year - (1 if day.month >= YEAR_COMPLETE_FROM else 2)
    values = {"commune": commune, "dep": department_code(commune), "year": str(year)}
    for name, value in values.items():
        address = address.replace(f"{{{name}}}", value)
    return address


def bounds_degrees(source: Source, query: Query) -> Bounds:
    """Bounds of a query with the margin of a source: west, south, east, north in degrees.

    Raises
    ------
    SourceError
        No parcels are known.
    """
    west, south, east, north = _bounds(source, query)
    margin_lat = source.margin_m / 111_000
    margin_lon = margin_lat / 0.6  # cos(latitude) is at least 0.6 in mainland France
    return west - margin_lon, south - margin_lat, east + margin_lon, north + margin_lat


def bounds_m(source: Source, query: Query, crs: pyproj.CRS) -> Bounds:
    """Bounds of a query with the margin of a source: west, south, east, north in metres of a CRS.

    Raises
    ------
    SourceError
        No parcels are known.
    """
    transformer = pyproj.Transformer.from_crs(DEGREES, crs, always_xy=True)
    west, south, east, north = transformer.transform_bounds(*_bounds(source, query))
    margin = source.margin_m
    return west - margin, south - margin, east + margin, north + margin


def _bounds(source: Source, query: Query) -> Bounds:
    if query.bounds is None:
        raise SourceError("download.catalog.no_parcels", source=source.title)
    return query.bounds
