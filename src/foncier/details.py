"""Details of signs that our own readers or a standard word: as they are read, and in English."""

from __future__ import annotations

import re
from typing import Any

from foncier.i18n import Localized

OF_TOTAL = Localized("{} sur {}", "{} of {}")
VACANCY = Localized("{}\u00a0% de vacance", "{}% vacant")
FREE_LOTS = Localized("{} lot(s) libre(s) sur {}", "{} free lot(s) of {}")
# Closed lists of the inventory's standard (CNIG « Friches » 1.0.6); its French is what is read.
STANDARD = {
    "friche industrielle": "industrial friche",
    "friche commerciale": "commercial friche",
    "friche hospitalière": "hospital friche",
    "friche agro-industrielle": "food and farming industry friche",
    "friche carrière ou mine": "quarry or mine friche",
    "friche militaire": "military friche",
    "friche d'habitat": "housing friche",
    "friche d'équipement public": "public facility friche",
    "friche portuaire": "harbour friche",
    "friche aéroportuaire": "airport friche",
    "friche ferroviaire": "railway friche",
    "friche logistique": "logistics friche",
    "friche loisir tourisme hôtellerie": "leisure, tourism or hotel friche",
    "friche enseignement": "school or university friche",
    "friche cultuelle": "place of worship friche",
    "mixte": "mixed",
    "mixte - dominante habitat": "mixed, mostly housing",
    "mixte - autre": "mixed, other",
    "autre": "other",
    "inconnu": "unknown",
    "pollution avérée": "proven pollution",
    "pollution supposée": "suspected pollution",
    "pollution peu probable": "pollution unlikely",
    "pollution inexistante": "no pollution",
    "pollution traitée": "pollution treated",
    "dégradation inexistante ou faible": "little or no decay",
    "dégradation moyenne": "some decay",
    "dégradation très importante": "heavy decay",
    "dégradation hétérogène": "uneven decay",
}
TIMES = r"( × \d+)?"  # how often it is said
FRENCH = tuple(
    (re.compile(re.escape(words.fr).replace(r"\{\}", r"(\d+)") + TIMES), words.en)
    for words in (FREE_LOTS, OF_TOTAL, VACANCY)
)


def worded(words: Localized, *figures: Any) -> list[str]:
    """Details in French, one a row: figures without decimals.

    Examples
    --------
    >>> worded(FREE_LOTS, [2.0], [5.0])
    ['2 lot(s) libre(s) sur 5']
    """
    return [words.fr.format(*(f"{x:.0f}" for x in row)) for row in zip(*figures, strict=True)]


def english(detail: str) -> str:
    """A detail in English where it is one of ours or of the standard; other words stay as they are.

    Examples
    --------
    >>> english("2 lot(s) libre(s) sur 5 × 2"), english("lot 3 sur 4 en friche")
    ('2 free lot(s) of 5 × 2', 'lot 3 sur 4 en friche')
    >>> english("pollution peu probable")
    'pollution unlikely'
    """
    if detail in STANDARD:
        return STANDARD[detail]
    for french, words in FRENCH:
        found = french.fullmatch(detail)
        if found:
            *figures, times = found.groups()
            return words.format(*figures) + (times or "")
    return detail
