"""Notes on what a reader did to a layer: rows repaired, dropped, assumed or kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from foncier.i18n import Localized, localized, without_controls
from foncier.model import Note

if TYPE_CHECKING:
    from collections.abc import Iterable

Effect = Literal["repaired", "dropped", "assumed", "kept"]


class Journal:
    """Notes on the reading of one layer, in the order of the steps."""

    def __init__(self) -> None:
        self._notes: list[Note] = []

    def add(self, effect: Effect, count: int, message: str, /, **params: Any) -> None:
        """Add a note on ``count`` rows; none for a count of 0.

        ``message`` is a message id; ``count`` is one of its parameters.
        """
        if count:
            words = localized(message, count=int(count), **params)
            text = Localized(without_controls(words.fr), without_controls(words.en))
            self._notes.append(Note(effect, int(count), text))

    def extend(self, notes: Iterable[Note]) -> None:
        """Add notes that were made elsewhere."""
        self._notes.extend(notes)

    @property
    def notes(self) -> tuple[Note, ...]:
        """All notes so far."""
        return tuple(self._notes)
