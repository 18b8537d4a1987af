"""Parcel references as people write them (``AB160/161/163``) to IDUs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pandas as pd

from foncier.readers.cadastre import IDU

if TYPE_CHECKING:
    from foncier.readers.report import Journal

MAX_RANGE = 100  # « 891 à 897 » is a range; a longer one is probably an error
# In the order of precedence.
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
    """Return the IDUs that a text names, in order, and the words that were not understood.

    A number alone is in the section before it; « 24 à 27 » is every parcel from one to the other.
    Without its commune a short reference is unresolved.

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
    parser = _Parser(commune)
    for match in TOKENS.finditer(" ".join(text.upper().split())):
        parser.add_token(match)
    return tuple(dict.fromkeys(parser.ids)), tuple(dict.fromkeys(parser.unresolved))


class _Parser:
    """State of the parser: current section, ids, and words that were not understood."""

    def __init__(self, commune: str | None) -> None:
        self.ids: list[str] = []
        self.unresolved: list[str] = []
        self.commune, self.prefix, self.section = commune, "000", ""
        self.last, self.ranged = 0, False

    def add_token(self, match: re.Match[str]) -> None:
        kind = match.lastgroup if match["ref"] is None else "ref"
        if kind == "idu":
            self.ids.append(match[0])
            self.prefix, self.section = match[0][5:8], match[0][8:10]
            self.last, self.ranged = int(match[0][10:]), False
        elif kind == "range":
            self.ranged = bool(self.section)
        elif kind == "ref":
            self._ref(match)
        elif kind == "more":
            self._number(int(match[0]), match[0])
        elif kind == "word":
            self.unresolved.append(match[0])

    def _ref(self, match: re.Match[str]) -> None:
        self.commune = match["insee"] or self.commune
        section = (match["section"] or match["numeric"]).rjust(2, "0")
        self.ranged = self.ranged and section == self.section
        self.prefix, self.section = match["prefix"] or "000", section
        self._number(int(match["number"]), match[0])

    def _number(self, number: int, text: str) -> None:
        if not self.section or not self.commune or not number:
            self.unresolved.append(text)
            return
        first = self.last + 1 if self.ranged else number
        if not 0 <= number - first < MAX_RANGE:
            self.unresolved.append(text)
            first = number
        self.ids += [
            f"{self.commune}{self.prefix}{self.section}{n:04d}" for n in range(first, number + 1)
        ]
        self.last, self.ranged = number, False


def resolve_lists(
    values: pd.Series[Any], communes: pd.Series[Any], journal: Journal
) -> pd.Series[Any]:
    """Return the distinct IDUs of each row, sorted, joined by ``|``; missing where none.

    Cells that hold only IDUs (CNIG layout) are unchanged. Others are resolved with the commune of
    their row; references that are not understood are noted.
    """
    written = values.astype("str").str.strip("{} ").str.upper()
    split = written.str.split(r"[|,;\s]+", regex=True).explode().astype("str")
    split = split[split.notna() & (split != "")]
    is_idu = split.str.fullmatch(IDU.pattern)
    other_rows = is_idu.index[~is_idu].unique()
    ids_of_row: dict[Any, Any] = (
        split[~split.index.isin(other_rows)].groupby(level=0).agg(list).to_dict()
    )
    unresolved: list[str] = []
    texts = zip(other_rows, written.loc[other_rows], communes.loc[other_rows], strict=True)
    for row, text, commune in texts:
        ids, unknown = resolve(str(text), commune if isinstance(commune, str) else None)
        unresolved += unknown
        if ids:
            ids_of_row[row] = ids
    _note(sum(row in ids_of_row for row in other_rows), unresolved, journal)
    lists = {row: "|".join(sorted(set(ids))) for row, ids in ids_of_row.items()}
    return pd.Series(lists, dtype="str").reindex(values.index)


def _note(resolved: int, unresolved: list[str], journal: Journal) -> None:
    journal.add(
        "repaired",
        resolved,
        "readers.parcel_refs.expanded",
    )
    journal.add(
        "dropped",
        len(unresolved),
        "readers.parcel_refs.not_understood",
        names=list(dict.fromkeys(unresolved)),
    )
