"""What makes a fetched file doubtful although it can be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from foncier.sources.journal import some

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from foncier.sources.fetch.store import Provenance

LEAST_SHARE = 0.5  # of the rows of last time: fewer is a service that lost some, until shown


@dataclass(frozen=True)
class Doubt:
    """Something that a planner has to decide on: its short name, and the words."""

    name: str
    text: str


def doubts(
    rows: Mapping[str, int],
    columns: Mapping[str, Iterable[str]],
    former: Provenance | None,
    *,
    expected: bool = True,
) -> list[Doubt]:
    """Compare what came with what was there.

    Parameters
    ----------
    rows
        Rows kept, by layer.
    columns
        Names of the file's own columns, by layer.
    former
        The file that it would replace; None for the first.
    expected
        Whether there must be some row; a file for all of France may hold none of a commune.

    Examples
    --------
    >>> [doubt.name for doubt in doubts({"zones": 0}, {}, None)]
    ['vide']
    """
    found = []
    if expected and not any(rows.values()):
        found.append(Doubt("vide", "aucune ligne pour ces communes"))
    if former is None:
        return found
    for layer, count in rows.items():
        before = former.rows.get(layer, 0)
        if count < LEAST_SHARE * before:
            found.append(Doubt("moins", f"{layer} : {count} lignes, il y en avait {before}"))
    for layer, names in columns.items():
        gone = sorted(set(former.columns.get(layer, ())) - set(names))
        new = sorted(set(names) - set(former.columns.get(layer, names)))
        if gone:
            more = f", {some(new)} apparues" if new else ""
            found.append(Doubt("colonnes", f"{layer} : colonnes {some(gone)} disparues{more}"))
    return found
