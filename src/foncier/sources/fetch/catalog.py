"""The public services that can be fetched, from the package's data file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from foncier.errors import ConfigError


@dataclass(frozen=True)
class Source:
    """A public service: its address and form, the file it becomes, the layers read from it.

    ``layers`` are pairs (layer, format). ``margin_m``: how far around the parcels is asked.
    ``options`` holds what only its form needs.
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
    margin_m: float
    options: dict[str, str]

    @property
    def by_commune(self) -> bool:
        """Tell whether each commune has a file of its own."""
        return "{commune}" in self.file


@dataclass(frozen=True)
class Place:
    """What is asked for: communes (INSEE codes), and bounds in degrees (west, south, east, north).

    Bounds are None as long as no parcel is known.
    """

    communes: tuple[str, ...]
    bounds: tuple[float, float, float, float] | None = None


COMMON = {"name", "group", "fr", "form", "address", "file", "attribution", "licence", "fresh",
          "most_mb", "layers", "margin_m"}  # fmt: skip


@cache
def sources() -> tuple[Source, ...]:
    """Every service, in the order in which they are asked: parcels first, they give the bounds."""
    raw = _raw()
    return tuple(
        Source(
            name=one["name"], group=one["group"], label=one["fr"], form=one["form"],
            address=one["address"], file=one["file"], attribution=one["attribution"],
            licence=one["licence"], fresh=one["fresh"],
            most_bytes=int(one["most_mb"] * 1e6),
            layers=tuple((pair["layer"], pair["format"]) for pair in one["layers"]),
            margin_m=float(one.get("margin_m", 0)),
            options={k: str(v) for k, v in one.items() if k not in COMMON},
        )
        for one in raw["source"]
    )  # fmt: skip


@cache
def hosts() -> frozenset[str]:
    """Hosts that may be asked, and sent on to."""
    own = {urlsplit(source.address).hostname or "" for source in sources()}
    return frozenset(own | set(_raw()["hosts"]["also"]))


def chosen(only: tuple[str, ...]) -> tuple[Source, ...]:
    """Services of some groups or names; all where none is named.

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
    return tuple(s for s in sources() if not only or s.group in only or s.name in only)


def department(commune: str) -> str:
    """Département of a commune, as the addresses of the cadastre write it.

    Examples
    --------
    >>> department("80021"), department("97411"), department("2A004")
    ('80', '974', '2A')
    """
    return commune[:3] if commune.startswith("97") else commune[:2]


def _raw() -> dict[str, Any]:
    text = files("foncier.sources.fetch").joinpath("catalog.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
