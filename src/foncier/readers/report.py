"""What a reader did to a layer, in two languages, and the form of every complaint."""

from __future__ import annotations

from typing import Any, Literal

from foncier.i18n import Localized, localized, typeset
from foncier.model import Note

Effect = Literal["repaired", "dropped", "assumed", "kept"]
SHOWN_AT_MOST = 5  # a message names a few culprits, the file holds the others


class Journal:
    """The notes of one reading, in the order in which things were done."""

    def __init__(self) -> None:
        self._notes: list[Note] = []

    def add(
        self, effect: Effect, count: int, message: str, english: str | None = None, /, **params: Any
    ) -> None:
        """Note that something was done to ``count`` rows; nothing is noted for none.

        ``message`` is a message id; ``count`` is one of its parameters. With ``english`` it is
        a French sentence instead.
        """
        if not count:
            return
        if english is None:
            text = localized(message, count=int(count), **params)
        else:
            text = Localized(typeset(message), english)
        self._notes.append(Note(effect, int(count), text))

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
