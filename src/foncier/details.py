"""Details of signs that our own readers word: in French as they are read, and in English."""

from __future__ import annotations

import re
from typing import Any

from foncier.records import Text

OF_TOTAL = Text("{} sur {}", "{} of {}")
VACANCY = Text("{}\u00a0% de vacance", "{}% vacant")
FREE_LOTS = Text("{} lot(s) libre(s) sur {}", "{} free lot(s) of {}")
TIMES = r"( × \d+)?"  # how often it is said
FRENCH = tuple(
    (re.compile(re.escape(words.fr).replace(r"\{\}", r"(\d+)") + TIMES), words.en)
    for words in (FREE_LOTS, OF_TOTAL, VACANCY)
)


def worded(words: Text, *figures: Any) -> list[str]:
    """Details in French, one a row: figures without decimals.

    Examples
    --------
    >>> worded(FREE_LOTS, [2.0], [5.0])
    ['2 lot(s) libre(s) sur 5']
    """
    return [words.fr.format(*(f"{x:.0f}" for x in row)) for row in zip(*figures, strict=True)]


def english(detail: str) -> str:
    """A detail in English where it is one of ours; what somebody else wrote stays as it is.

    Examples
    --------
    >>> english("2 lot(s) libre(s) sur 5 × 2"), english("lot 3 sur 4 en friche")
    ('2 free lot(s) of 5 × 2', 'lot 3 sur 4 en friche')
    """
    for french, words in FRENCH:
        found = french.fullmatch(detail)
        if found:
            *figures, times = found.groups()
            return words.format(*figures) + (times or "")
    return detail
