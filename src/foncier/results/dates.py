"""Dates of the layers that evidence comes from, shown where the evidence itself has no date."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def layer_dates(sources: Iterable[str], layers: Iterable[tuple[str, str | None]]) -> dict[str, str]:
    """Date (ISO) of the layer of each source of evidence, where its layers have the same date.

    The date of a layer is not that of an observation: it does not change the weight of the
    evidence, it shows how recent the data are. Several sources are joined by ``" | "``: the oldest
    date is used.

    Parameters
    ----------
    sources
        Sources, as in the table of evidence.
    layers
        Source and date of each layer that was read; the date may be unknown.

    Examples
    --------
    >>> layers = [("© contributeurs OpenStreetMap", "2026-01-15"), ("Cadastre", None)]
    >>> layer_dates(["OpenStreetMap", "Cadastre"], layers)
    {'OpenStreetMap': '2026-01-15'}
    """
    known = list(layers)
    dates = {source: _date(source, known) for source in sources}
    return {source: day for source, day in dates.items() if day is not None}


def _date(source: str, layers: list[tuple[str, str | None]]) -> str | None:
    days = []
    for part in source.split(" | "):
        dates = {day for name, day in layers if name == part}
        dates = dates or {day for name, day in layers if part and part in name}
        if len(dates) != 1 or None in dates:
            return None
        days += [day for day in dates if day]
    return min(days, default=None)
