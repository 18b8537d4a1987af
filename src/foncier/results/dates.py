"""Dates of the layers that signs come from: what is said where a sign itself bears no date."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def layer_dates(sources: Iterable[str], layers: Iterable[tuple[str, str | None]]) -> dict[str, str]:
    """Date (ISO) of the layer that each source of evidence names, where the layers agree on one.

    The date of a layer is not that of an observation: it never ages a sign, it only tells the
    reader how fresh the data are. A source may be several, joined by ``" | "``: the oldest counts.

    Parameters
    ----------
    sources
        Sources as the evidence words them.
    layers
        Source and date of each layer that was read; the date may be unknown.

    Examples
    --------
    >>> layers = [("© contributeurs OpenStreetMap", "2026-01-15"), ("Cadastre", None)]
    >>> layer_dates(["OpenStreetMap", "Cadastre"], layers)
    {'OpenStreetMap': '2026-01-15'}
    """
    known = list(layers)
    found = {source: _date(source, known) for source in sources}
    return {source: day for source, day in found.items() if day is not None}


def _date(source: str, layers: list[tuple[str, str | None]]) -> str | None:
    days = []
    for part in source.split(" | "):
        own = {day for name, day in layers if name == part}
        own = own or {day for name, day in layers if part and part in name}
        if len(own) != 1 or None in own:
            return None
        days += [day for day in own if day]
    return min(days, default=None)
