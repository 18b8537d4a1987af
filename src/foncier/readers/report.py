"""What a reader did to a layer, in two languages, and the form of every complaint."""

from __future__ import annotations

import re
from typing import Literal

from foncier.model import Localized, Note

Effect = Literal["repaired", "dropped", "assumed", "kept"]
SHOWN_AT_MOST = 5  # a message names a few culprits, the file holds the others


class Journal:
    """The notes of one reading, in the order in which things were done."""

    def __init__(self) -> None:
        self._notes: list[Note] = []

    def add(self, effect: Effect, count: int, fr: str, en: str) -> None:
        """Note that something was done to ``count`` rows; nothing is noted for none."""
        if count:
            self._notes.append(Note(effect, int(count), Localized(typeset(fr), en)))

    @property
    def notes(self) -> tuple[Note, ...]:
        """All notes so far."""
        return tuple(self._notes)


def typeset(text: str) -> str:
    r"""Put the no-break spaces that French typography wants.

    Examples
    --------
    >>> typeset("« voirie » : 5 %")
    '«\xa0voirie\xa0»\xa0: 5\xa0%'
    """
    return re.sub(r" (?=[:;?!%»])", "\u00a0", text.replace("« ", "«\u00a0"))


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
