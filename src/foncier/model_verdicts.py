"""What may be said of a site after a visit, and what it makes of a finding of each kind."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from foncier.i18n import Localized
from foncier.schemas.results import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd


@dataclass(frozen=True)
class Verdict:
    """A verdict, its words, and whether a finding holds by it, kind after kind (None: unknown).

    ``says`` is the kind of opportunity that the verdict itself tells, if it tells one.
    """

    name: str
    text: Localized
    holds: tuple[bool | None, bool | None, bool | None, bool | None]
    says: str | None = None

    def of(self, kind: str) -> bool | None:
        """Whether a finding of a kind holds by this verdict; None when it cannot be told."""
        return self.holds[KINDS.index(kind)] if kind in KINDS else None


# The one table of verdicts (docs/adr/0013). Columns: friche, dent creuse, bâtiment non affecté,
# terrain divisible. The first eight are those of the web map, the last three any truth file's.
_TABLE = (
    Verdict(
        "friche_confirmee",
        Localized("Friche confirmée", "Brownfield confirmed"),
        (True, False, True, None),
        "friche",
    ),
    Verdict(
        "dent_creuse_confirmee",
        Localized("Dent creuse confirmée", "Infill plot confirmed"),
        (False, True, False, True),
        "dent_creuse",
    ),
    Verdict(
        "batiment_vacant",
        Localized("Bâtiment vacant", "Vacant building"),
        (True, False, True, None),
        "batiment_non_affecte",
    ),
    Verdict("partiel", Localized("Partiellement occupé", "Partly used"), (True, None, False, None)),
    Verdict("occupe", Localized("Occupé", "In use"), (False, False, False, False)),
    Verdict("bati_depuis", Localized("Bâti depuis", "Built since"), (False, False, False, False)),
    Verdict("inaccessible", Localized("Inaccessible", "Out of reach"), (None, None, None, None)),
    Verdict("a_revoir", Localized("À revoir", "To see again"), (None, None, None, None)),
    Verdict("vrai", Localized("Vrai", "True"), (True, True, True, True)),
    Verdict("faux", Localized("Faux", "False"), (False, False, False, False)),
    Verdict("inconnu", Localized("Inconnu", "Unknown"), (None, None, None, None)),
)

VERDICTS: Mapping[str, Verdict] = MappingProxyType({v.name: v for v in _TABLE})
FIELD = tuple(VERDICTS)[:8]  # those that a visitor chooses from
PARTIAL = "partiel"


def plain(word: str) -> str:
    """Word without accents nor case, blanks and hyphens as ``_``.

    Examples
    --------
    >>> plain(" Bâtiment vacant"), plain("À revoir")
    ('batiment_vacant', 'a_revoir')
    """
    bare = unicodedata.normalize("NFD", word.strip()).encode("ascii", "ignore").decode()
    return "_".join(bare.lower().replace("-", " ").split())


_SPELLINGS: Mapping[str, str] = MappingProxyType(
    {plain(words): v.name for v in _TABLE for words in (v.name, v.text.fr, v.text.en)}
    | {"oui": "vrai", "yes": "vrai", "non": "faux", "no": "faux"}
)


def codes(words: pd.Series[Any]) -> pd.Series[Any]:
    """Code of each verdict as it is written: a code, or its words in French or in English.

    Missing stays missing, and so does a word that no verdict bears.

    Examples
    --------
    >>> import pandas as pd
    >>> codes(pd.Series(["Friche confirmée", "oui", "bof"])).tolist()
    ['friche_confirmee', 'vrai', nan]
    """
    return words.map(lambda word: _SPELLINGS.get(plain(str(word))), na_action="ignore").astype(
        "str"
    )
