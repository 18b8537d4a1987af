"""Verdicts of field visits, and what each says of an opportunity of each kind."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from foncier.i18n import LANGUAGES, Localized, label

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

PARTIAL = "partiel"  # the verdict of a site that is used in part
YES_NO = {"oui": "vrai", "yes": "vrai", "non": "faux", "no": "faux"}


@dataclass(frozen=True)
class Verdict:
    """A verdict of a visit.

    ``by_kind`` tells for each kind of opportunity whether the verdict confirms it (None: it does
    not tell). ``kind`` is the kind of opportunity that the verdict itself states, if any.
    """

    name: str
    by_kind: Mapping[str, bool | None]
    kind: str | None = None

    @property
    def text(self) -> Localized:
        """Words of the verdict."""
        return label(f"util.verdicts.{self.name}")

    @property
    def is_conclusive(self) -> bool:
        """Whether the verdict confirms or refutes an opportunity of at least one kind."""
        return any(confirmed is not None for confirmed in self.by_kind.values())

    def confirms(self, kind: str) -> bool | None:
        """Whether the verdict confirms an opportunity of a kind; None when it does not tell."""
        return self.by_kind.get(kind)


_KINDS = ("friche", "dent_creuse", "batiment_non_affecte", "terrain_divisible")


def _verdict(name: str, *confirmed: bool | None, kind: str | None = None) -> Verdict:
    """Verdict that confirms each kind of opportunity, or not, in the order of the kinds."""
    return Verdict(name, MappingProxyType(dict(zip(_KINDS, confirmed, strict=True))), kind)


# The only table of verdicts (docs/adr/0013). The first eight are those of the web map, the next
# three those of any file of ground truth, the last three those of parcels read on plans.
_TABLE = (
    _verdict("friche_confirmee", True, False, True, None, kind="friche"),
    _verdict("dent_creuse_confirmee", False, True, False, True, kind="dent_creuse"),
    _verdict("batiment_vacant", True, False, True, None, kind="batiment_non_affecte"),
    _verdict(PARTIAL, True, None, False, None),
    _verdict("occupe", False, False, False, False),
    _verdict("bati_depuis", False, False, False, False),
    _verdict("inaccessible", None, None, None, None),
    _verdict("a_revoir", None, None, None, None),
    _verdict("vrai", True, True, True, True),
    _verdict("faux", False, False, False, False),
    _verdict("inconnu", None, None, None, None),
    _verdict("vrai_dc", None, True, None, False, kind="dent_creuse"),
    _verdict("vrai_td", None, False, None, True, kind="terrain_divisible"),
    _verdict("incertain", None, None, None, None),
)

VERDICTS: Mapping[str, Verdict] = MappingProxyType({v.name: v for v in _TABLE})
VISIT_VERDICTS = tuple(VERDICTS)[:8]  # those that a visitor chooses from


def verdict_codes(words: pd.Series[Any]) -> pd.Series[Any]:
    """Code of each verdict as it is written: a code, or its words in French or in English.

    Missing stays missing, and so does a word that is no verdict.

    Examples
    --------
    >>> import pandas as pd
    >>> verdict_codes(pd.Series(["Friche confirmée", "oui", "bof"])).tolist()
    ['friche_confirmee', 'vrai', nan]
    """
    codes = _code_by_spelling()
    found = words.map(lambda word: codes.get(_spelling(str(word))), na_action="ignore")
    return found.astype("str")


@cache
def _code_by_spelling() -> Mapping[str, str]:
    """Code of each verdict, by its code and its words in both languages."""
    words = {_spelling(v.text[lang]): v.name for v in _TABLE for lang in LANGUAGES}
    return words | {v.name: v.name for v in _TABLE} | YES_NO


def _spelling(word: str) -> str:
    """Word without accents nor case, blanks and hyphens as ``_``.

    Examples
    --------
    >>> _spelling(" Bâtiment vacant"), _spelling("À revoir")
    ('batiment_vacant', 'a_revoir')
    """
    bare = unicodedata.normalize("NFD", word.strip()).encode("ascii", "ignore").decode()
    return "_".join(bare.lower().replace("-", " ").split())
