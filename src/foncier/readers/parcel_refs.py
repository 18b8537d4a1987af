"""Parcel references as people write them (``AB160/161/163``) to IDUs, or said to be unresolved."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pandas as pd

from foncier.readers.cadastre import IDU

if TYPE_CHECKING:
    from foncier.readers.report import Journal

MAX_RANGE = 100  # « 891 à 897 » is a range; a longer one is more likely a slip
# In the order in which they are tried at each place of a text.
TOKENS = re.compile(
    r"""
    (?P<idu>\d[0-9AB]\d{3}\d{3}[0-9A-Z]{2}\d{4}(?!\d))
  | (?P<range>(?<=\d\s)(?:À|AU|A)(?=\s(?:0{3})?[A-Z]{0,2}\d))
  | (?P<ref>(?:(?P<insee>\d[0-9AB]\d{3}(?=\d{3}[A-Z]))?(?P<prefix>\d{3}))?
      (?:(?!(?:ET|OU|AU|DE|DU|LE|EN|NO)\s)(?P<section>[A-Z]{1,2})[\s.-]*(?:N[°O]\s*)?|(?P<numeric>\d{1,2})_)
      (?P<number>\d{1,4})(?![\dA-Z]))
  | (?P<more>\d{1,4}(?![\dA-Z_]))
  | (?P<gap>[\s/,;|&'"{}\[\]()]+|ET\b|N[°O](?=\s*\d)|SECTIONS?\b|PARCELLES?\b|CADASTR\w*|DE\b|LES\b)
  | (?P<word>[^\s/,;|]+)
    """,
    re.VERBOSE,
)


def resolve(text: str, commune: str | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """IDUs that a text names, in order, and the words that could not be understood.

    A number alone continues the section before it; « 24 à 27 » is every parcel from one to the
    other. Without its commune a short reference stays unresolved.

    Parameters
    ----------
    text
        ``AB160/161/163``, ``000AR150``, ``AC 24 à 26``, ``00012_114``, an IDU…
    commune
        INSEE code of the site, None when unknown.

    Examples
    --------
    >>> resolve("AB160/161", "80021")
    (('80021000AB0160', '80021000AB0161'), ())
    >>> resolve("AC 24 à 26 et une cour", "80021")[1]
    ('UNE', 'COUR')
    """
    state = _Parser(commune)
    for found in TOKENS.finditer(" ".join(text.upper().split())):
        state.take(found)
    return tuple(dict.fromkeys(state.ids)), tuple(dict.fromkeys(state.strange))


class _Parser:
    """One text being read: where it stands, what was found, what was not understood."""

    def __init__(self, commune: str | None) -> None:
        self.ids: list[str] = []
        self.strange: list[str] = []
        self.commune, self.prefix, self.section = commune, "000", ""
        self.last, self.ranged = 0, False

    def take(self, found: re.Match[str]) -> None:
        kind = found.lastgroup if found["ref"] is None else "ref"
        if kind == "idu":
            self.ids.append(found[0])
            self.prefix, self.section = found[0][5:8], found[0][8:10]
            self.last, self.ranged = int(found[0][10:]), False
        elif kind == "range":
            self.ranged = bool(self.section)
        elif kind == "ref":
            self._ref(found)
        elif kind == "more":
            self._number(int(found[0]), found[0])
        elif kind == "word":
            self.strange.append(found[0])

    def _ref(self, found: re.Match[str]) -> None:
        self.commune = found["insee"] or self.commune
        section = (found["section"] or found["numeric"]).rjust(2, "0")
        self.ranged = self.ranged and section == self.section
        self.prefix, self.section = found["prefix"] or "000", section
        self._number(int(found["number"]), found[0])

    def _number(self, number: int, written: str) -> None:
        if not self.section or not self.commune or not number:
            self.strange.append(written)
            return
        first = self.last + 1 if self.ranged else number
        if not 0 <= number - first < MAX_RANGE:
            self.strange.append(written)
            first = number
        self.ids += [
            f"{self.commune}{self.prefix}{self.section}{n:04d}" for n in range(first, number + 1)
        ]
        self.last, self.ranged = number, False


def resolve_lists(
    values: pd.Series[Any], communes: pd.Series[Any], journal: Journal
) -> pd.Series[Any]:
    """IDUs of each row, sorted, each once, joined by ``|``; missing where none was understood.

    Cells that hold nothing but IDUs (the layout of the CNIG) are taken as they are. Others are
    resolved with the commune of their row; what is not understood is noted, the first few by name.
    """
    written = values.astype("str").str.strip("{} ").str.upper()
    split = written.str.split(r"[|,;\s]+", regex=True).explode().astype("str")
    split = split[split.notna() & (split != "")]
    plain = split.str.fullmatch(IDU.pattern)
    free = plain.index[~plain].unique()
    known: dict[Any, Any] = split[~split.index.isin(free)].groupby(level=0).agg(list).to_dict()
    strange: list[str] = []
    texts = zip(free, written.loc[free], communes.loc[free], strict=True)
    for row, text, commune in texts:
        ids, left = resolve(str(text), commune if isinstance(commune, str) else None)
        strange += left
        if ids:
            known[row] = ids
    _note(sum(row in known for row in free), strange, journal)
    joined = {row: "|".join(sorted(set(ids))) for row, ids in known.items()}
    return pd.Series(joined, dtype="str").reindex(values.index)


def _note(solved: int, strange: list[str], journal: Journal) -> None:
    journal.add(
        "repaired",
        solved,
        "readers.parcel_refs.expanded",
    )
    journal.add(
        "dropped",
        len(strange),
        "readers.parcel_refs.not_understood",
        names=list(dict.fromkeys(strange)),
    )
