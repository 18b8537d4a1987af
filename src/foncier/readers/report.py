"""Notes on what a reader did to a layer: rows repaired, dropped, assumed or kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from foncier.i18n import localized, typeset
from foncier.model import Note

if TYPE_CHECKING:
    from collections.abc import Iterable

Effect = Literal["repaired", "dropped", "assumed", "kept"]
SHOWN_AT_MOST = 5  # a message names a few culprits, the file holds the others


class Journal:
    """Notes on the reading of one layer, in the order of the steps."""

    def __init__(self) -> None:
        self._notes: list[Note] = []

    def add(self, effect: Effect, count: int, message: str, /, **params: Any) -> None:
        """Add a note on ``count`` rows; none for a count of 0.

        ``message`` is a message id; ``count`` is one of its parameters.
        """
        if count:
            text = localized(message, count=int(count), **params)
            self._notes.append(Note(effect, int(count), text))

    def extend(self, notes: Iterable[Note]) -> None:
        """Add notes that were made elsewhere."""
        self._notes.extend(notes)

    @property
    def notes(self) -> tuple[Note, ...]:
        """All notes so far."""
        return tuple(self._notes)


def complaint(shown: str, what: str, todo: str) -> str:
    r"""Word an error: where, what is wrong, what to do.

    Examples
    --------
    >>> complaint("a.csv", "le fichier est vide", "Remplacez-le.")
    'a.csv\xa0: le fichier est vide. Remplacez-le.'
    """
    return typeset(f"{shown} : {what}. {todo}")


def some(values: object) -> str:
    """First few values of a list, in quotes, and how many more there are.

    Examples
    --------
    >>> some(["a", "b"]), some("abcdefg")
    ('« a », « b »', '« a », « b », « c », « d », « e » et 2 autres')
    """
    every = [f"« {value} »" for value in values]  # type: ignore[attr-defined]
    rest = len(every) - SHOWN_AT_MOST
    more = f" et {rest} autre{'s' * (rest > 1)}" if rest > 0 else ""
    return ", ".join(every[:SHOWN_AT_MOST]) + more
