"""Details of signs that our own readers word: in French as they are read, and in English."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from foncier.records import Text

if TYPE_CHECKING:
    import pandas as pd

OF_TOTAL = Text("{} sur {}", "{} of {}")
VACANCY = Text("{}\u00a0% de vacance", "{}% vacant")
FREE_LOTS = Text("{} lot(s) libre(s) sur {}", "{} free lot(s) of {}")
WORDED = (FREE_LOTS, OF_TOTAL, VACANCY)
# A detail follows a colon, and is followed by how often it is said, by why it counts less, or by
# nothing: the figures of a sentence that somebody wrote stay as they are.
BEFORE, AFTER = "(?<=: )", r"(?= × \d+|\ \(|$)"


def worded(words: Text, *figures: Any) -> list[str]:
    """Details in French, one a row: figures without decimals.

    Examples
    --------
    >>> worded(FREE_LOTS, [2.0], [5.0])
    ['2 lot(s) libre(s) sur 5']
    """
    return [words.fr.format(*(f"{x:.0f}" for x in row)) for row in zip(*figures, strict=True)]


def in_english(texts: pd.Series[str]) -> pd.Series[str]:
    """English texts of evidence whose details are in French, with the details in English too.

    Examples
    --------
    >>> import pandas as pd
    >>> told = "Premises partly free: 2 lot(s) libre(s) sur 5 × 2 (age: weight × 0.90)"
    >>> in_english(pd.Series([told], dtype="str")).item()
    'Premises partly free: 2 free lot(s) of 5 × 2 (age: weight × 0.90)'
    """
    for words in WORDED:
        french = re.escape(words.fr).replace(r"\{\}", r"(\d+)")
        numbered = words.en.replace("{}", r"\{}").format(1, 2)
        texts = texts.str.replace(f"{BEFORE}{french}{AFTER}", numbered, regex=True)
    return texts
