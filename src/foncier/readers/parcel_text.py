"""Parcels in free text (``AB160/161/163``, ``section AB parcelle 12``, ``073 AL 104``) to IDUs."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pandas as pd

from foncier import communes as cog
from foncier.readers.parcel_ids import (
    DIRECTED,
    IDU,
    MISTYPED,
    NO_PREFIX,
    NUMBERED_SECTIONS,
    bare,
    chosen,
    excel_numbers,
    mistyped,
    with_prefix,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from foncier.readers.report import Journal

MAX_RANGE = 100  # « 891 à 897 » is a range; a longer one is probably an error
# In the order of precedence. A number before a unit is an area, not a parcel.
TOKENS = re.compile(
    r"""
    (?P<excel>\d(?:[.,]\d+)?E\+\d+)
  | (?P<area>(?<![\d.,])(?:(?:\d{1,3}(?:[\s.]\d{3})+|\d+)(?:,\d+)?\s?(?:M²|M2)
      |\d+(?:,\d+)?\s?HA(?:\s?\d{1,2}\s?A)?(?:\s?\d{1,2}\s?CA)?
      |(?:\d{1,3}\s?A\s?)?\d{1,4}\s?CA)(?![A-Z]|\s?\d))
  | (?P<mistyped>(?<![0-9A-Z])(?!(?:ET|OU|AU|DE|DU|LE|LA|UN|EN|NO)\s)
      (?:[A-Z]{1,2}|0[A-Z])[\s.]O+\d+)
  | (?P<long>(?<![0-9A-Z])(?:(?:19|20)\d\d)?(?:\d\d|2[AB])\d{7}(?:[A-Z]{2}|0[A-Z])\d{4}(?![0-9A-Z]))
  | (?P<idu>(?<![0-9A-Z])(?:\d\d|2[AB])[\s._-]?\d{3}[\s._-]?\d{3}[\s._-]?
      (?:[A-Z]{2}|0[A-Z]|\d\d)[\s._-]?\d{4}(?![0-9A-Z]))
  | (?P<reversed>(?P<list>\d{1,4}(?:\s?(?:,|ET|/)\s?\d{1,4})*),?\s(?:DE\sLA\s|EN\s)?
      SECTION\s(?P<of>[A-Z]{1,2}|0[A-Z])(?![A-Z])(?![\s.,:]*(?:PARC|N[°ºO]|NUM|\d)))
  | (?P<range>(?<=\d\s)(?:À|AU|A)(?=\s(?:0{3})?[A-Z]{0,2}\s?\d))
  | (?P<ref>
      (?:(?P<insee>(?:\d\d|2[AB])\d{3})(?:(?=\d{3}0?[A-Z])|[\s-]+(?=(?:\d{3}[\s-]*)?0?[A-Z])))?
      (?:
        (?:(?P<prefix>\d{3})(?P<apart>[\s-]*)(?=0?[A-Z]))?
        (?!(?:ET|OU|AU|DE|DU|LE|LA|UN|EN|NO)\s)(?P<section>0[A-Z]|[A-Z]{1,2})
        (?P<words>[\s.,:(-]*(?:(?:PARCELLES?|NUM[EÉ]ROS?|N[°ºO]S?)[\s.:]*)+|[\s._:-]*)
        | (?P<numeric>\d{1,5})_
        | SECTION\s(?P<stated>\d{1,2})[\s,]+(?:PARCELLES?|NUM[EÉ]ROS?|N[°ºO]S?)[\s.:]*
      )
      (?P<number>\d{1,4})(?:P{1,2}(?![A-Z]))?(?![\dA-Z])(?!\s?(?:\d{3}\s?)?(?:M²|M2|HA|CA|M|%|€)(?![A-Z])))
  | (?P<address>\d{1,4}(?:\s?(?:,|ET|À|A|/|-|BIS|TER)\s?\d{1,4})*(?:\s?(?:BIS|TER|QUATER))?,?\s
      (?:RUES?|AVENUE|BOULEVARD|PLACE|ALL[EÉ]E|IMPASSE|CHEMIN|ROUTE|QUAI|COURS|SQUARE|PASSAGE
      |SENTE|SENTIER|RUELLE|VENELLE|FAUBOURG|HAMEAU|LOTISSEMENT|R[EÉ]SIDENCE|CIT[EÉ]|ESPLANADE
      |(?:AV|BD|BLD|PL|ALL|IMP|CHE|RTE|SQ|FG)\b(?![\s.]*\d))\b)
  | (?P<dashed>(?<=\d)(?:\s?[-–]\s?\d{1,4})+(?![\dA-Z])
      (?!\s?(?:\d{3}\s?)?(?:M²|M2|HA|CA|M|%|€)(?![A-Z])))
  | (?P<more>\d{1,4}(?:P{1,2}(?![A-Z]))?(?![\dA-Z_])(?!\s?(?:M²|M2|HA|CA|M|%|€)(?![A-Z]))
      (?!\s?A(?:RES?)?(?![A-Z])(?!\s\d)))
  | (?P<heading>SECTIONS?\b)
  | (?P<gap>[\s/,;|&:='"{}\[\]()\ufeff\u200b]+
      |(?:ET|DE|LES|PP?|(?:POUR\s|EN\s)?PARTIE|PARCELLES?|NUM[EÉ]ROS?|
      CADASTR\w*)\b|N[°ºO]S?(?=[\s.]*\d))
  | (?P<word>[^\s/,;|]+)
    """,
    re.VERBOSE,
)
# An IDU with its country before it, or with letters for digits.
# A prefix in words counts for the references of the text that have none of their own.
PREFIX = re.compile(
    r"\bPR[EÉ]FIXE\s?:?\s?(\d{3})\b"
    r"|(?<![\dA-Z])(\d{3})\s(?=SECTION\s[A-Z]{1,2}[\s.,:]*(?:PARCELLES?|NUM[EÉ]ROS?|N[°ºO]S?)?[\s.:]*\d)"
)
WORDED_PREFIX = re.compile(r"\bPR[EÉ]FIXE\s?:?\s?(\d{3})[\s,]+(?=(?:0[A-Z]|[A-Z]{1,2})\s?\d)")
# Parcels that a text names because they are not the ones: « hors AB 14 », « (ex AC 9) ».
OTHERS = re.compile(
    r"\b(?:EX|ANC|ANCIENNE?S?|ANCIENNEMENT|ISSUE?S?|PROVENANT|HORS|SAUF|HORMIS|EXCEPT[EÉ]E?S?"
    r"|(?:À\s)?L'EXCEPTION|SANS)[\s.:-]+(?:(?:DES?|DU|LA|LES|PARCELLES?|SECTIONS?|N[°ºO]S?)\s)*"
    r"(?=(?:\d{3}\s?)?(?:0[A-Z]|[A-Z]{1,2})[\s.-]?\d|(?:\d\d|2[AB])\d{6}(?:0[A-Z]|[A-Z]{2})\d{4})"
    r"[^):;|]*"
)
FRACTION = re.compile(
    r"(?:^|(?<=[,;(+]\s)|(?<=[(+])|(?<=\bET\s))1/[2-9]\s"
    r"(?=(?:DE\s)?(?:LA\s)?(?:PARCELLE\s)?(?:0[A-Z]|[A-Z]{1,2})[\s.-]?\d)"
)
ALIKE = re.compile(rf"(?<![0-9A-Z])(?:FR[.:_-]?)?{MISTYPED.pattern}(?![0-9A-Z])")
# Sections that are more often a road or a box in a sentence: D 934, RN 25, BP 12.
ROADS = frozenset({"0A", "0D", "0N", "0M", "RD", "RN", "CD", "VC", "CR", "BP", "CS"})


def resolve(
    text: str,
    commune: str | None,
    *,
    prefixed: Mapping[str, Iterable[str]] | None = None,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the IDUs that a text names, in order, and the words that were not understood.

    A number alone is in the section before it, unless a word that was not understood is between
    them; « 24 à 27 » is every parcel from one to the other. Without its commune a short reference
    is unresolved, and so is one that can be read in two ways.

    Parameters
    ----------
    text
        ``AB160/161/163``, ``000AR150``, ``AC 24 à 26``, ``00012_114``, an IDU…
    commune
        INSEE code of the site, None when unknown.
    prefixed
        `foncier.readers.parcel_ids.with_prefix` of the cadastre.

    Examples
    --------
    >>> resolve("AB160/161", "80021")
    (('80021000AB0160', '80021000AB0161'), ())
    >>> resolve("section AB parcelle 12", "80021"), resolve("073 AL 104", "80021")
    ((('80021000AB0012',), ()), (('80021073AL0104',), ()))
    >>> resolve("AC 24 et une cour", "80021")[1]
    ('UNE', 'COUR')
    """
    parser = _Parser(commune, prefixed or {})
    plain = ALIKE.sub(lambda match: bare(match[0]), " ".join(text.upper().split()))
    plain = WORDED_PREFIX.sub(r"\1 ", plain)
    parser.given = {a or b for a, b in PREFIX.findall(plain)}
    plain = FRACTION.sub("½ ", plain)
    parser.unresolved = {one.strip(): None for one in OTHERS.findall(plain)}
    plain = OTHERS.sub(" ", plain)
    for match in TOKENS.finditer(PREFIX.sub(" ", plain)):
        parser.add_token(match)
    return parser.result()


class _Parser:
    """State of the parser: current section, ids, and words that were not understood."""

    def __init__(self, commune: str | None, prefixed: Mapping[str, Iterable[str]]) -> None:
        self.ids: dict[str, None] = {}
        self.unresolved: dict[str, None] = {}
        self.doubtful: dict[str, str] = {}  # ids that are a road if the text is a sentence
        self.own, self.prefixed = commune, prefixed
        self.commune, self.prefix, self.section = commune, NO_PREFIX, ""
        self.stated, self.last, self.ranged, self.sentence = False, 0, False, False
        self.given: set[str] = set()  # prefixes that the text states in words

    def result(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Ids and unresolved words, each once, in order."""
        if self.sentence:
            for idu, text in self.doubtful.items():
                self.ids.pop(idu, None)
                self.unresolved[text] = None
        return tuple(self.ids), tuple(self.unresolved)

    def add_token(self, match: re.Match[str]) -> None:
        kind = next(k for k in KINDS if match[k] is not None)
        if kind == "long":
            self._whole(DIRECTED.sub(r"\1\2", match[0]), match[0])
        elif kind == "idu":
            self._whole(re.sub(r"[\s._-]", "", match[0]), match[0])
        elif kind == "reversed":
            self._reversed(match)
        elif kind == "range":
            self.ranged = bool(self.section)
        elif kind == "ref":
            self._ref(match)
        elif kind == "more":
            self._number(int(match[0].rstrip("P")), match[0])
        elif kind == "heading":
            self.section = ""
        elif kind == "dashed":
            self._dashed(match[0])
        elif kind in ("word", "excel", "mistyped", "address"):
            self._forget(match[0])

    def _forget(self, text: str) -> None:
        """Note a word that was not understood: what follows is no more of the section before it."""
        self.unresolved[text] = None
        self.section, self.ranged = "", False
        self.sentence |= bool(re.search(r"[^\W\d]{2}", text))

    def _whole(self, idu: str, text: str) -> None:
        if idu.isdigit() and idu[:2] not in NUMBERED_SECTIONS:  # a SIRET has as many digits
            self._forget(text)
            return
        self.ids[idu] = None
        self.commune, self.prefix, self.section = idu[:5], idu[5:8], idu[8:10]
        self.stated, self.last, self.ranged = True, int(idu[10:]), False

    def _reversed(self, match: re.Match[str]) -> None:
        """Read « parcelles 12 et 13 section AB »."""
        if self.section:  # « AC 11, 12 section AB »: of which section is 12?
            self._forget(match[0])
            return
        self.prefix, self.section, self.stated = NO_PREFIX, match["of"].zfill(2), False
        self.commune = self.own
        for number in re.findall(r"\d+", match["list"]):
            self._number(int(number), number)
        self.section = ""

    def _dashed(self, text: str) -> None:
        """Read « 12-13-14 » as a list; of « 12-15 » nobody can tell if it is a range."""
        numbers = [int(one) for one in re.findall(r"\d+", text)]
        steps = [b - a for a, b in pairwise((self.last, *numbers))]
        rising = all(0 < step < MAX_RANGE for step in steps)
        if not self.section or not rising or (len(numbers) == 1 and steps != [1]):
            self._forget(text)
            return
        for number in numbers:
            self._number(number, text)

    def _ref(self, match: re.Match[str]) -> None:
        if match["insee"] and not self._related(match["insee"]):
            self._forget(match[0])
            return
        section, prefix = self._place(match)
        if self.given and prefix is None:
            if len(self.given) > 1:  # which of them?
                self._forget(match[0])
                return
            (prefix,) = self.given
        if match["prefix"] and match["apart"] and self.section and not self.stated:
            if self._is_part(match["prefix"]):  # « AB 160, 073 AL 104 »: prefix or parcel?
                self._forget(match[0])
                return
            self._number(int(match["prefix"]), match["prefix"])
            prefix = None
        if not section:
            self._forget(match[0])
            return
        self.commune = match["insee"] or self.own or self.commune
        if self.ranged and section != self.section:
            self.unresolved["À"], self.ranged = None, False  # from one section to another
        self.prefix, self.section = prefix or NO_PREFIX, section
        self.stated = prefix is not None
        sure = self.stated or bool(match["stated"])
        sure |= bool((match["words"] or "").strip(" .,:_-"))
        before = set(self.ids)
        self._number(int(match["number"]), match[0])
        if section in ROADS and not sure:
            self.doubtful |= dict.fromkeys(set(self.ids) - before, match[0])

    def _place(self, match: re.Match[str]) -> tuple[str, str | None]:
        """Section of a reference ("" if it is none) and its prefix (None: not stated)."""
        if match["section"]:
            return match["section"].zfill(2), match["prefix"]
        digits = match["stated"] or match["numeric"]
        if int(digits) < 100:
            return (f"{int(digits):02d}" if int(digits) else ""), None
        whole = len(digits) == len("07305")
        return (digits[3:] if whole and int(digits[3:]) else ""), digits[:3]

    def _related(self, code: str) -> bool:
        """Tell if a code is that of the commune of the row, of a part of it, or of its whole.

        A number of five digits may be a postal code.
        """
        if self.own is None:
            return code in cog.table() and not _is_postal(code)
        return code == self.own or cog.whole(code) == cog.whole(self.own)

    def _is_part(self, prefix: str) -> bool:
        code = self.commune or ""
        parts = cog.parts(code)
        return code[:2] + prefix in parts or bool(cog.arrondissements(cog.whole(code)))

    def _number(self, number: int, text: str) -> None:
        if not self.section or not self.commune or not number:
            self.unresolved[text] = None
            self.ranged = False
            return
        first = self.last + 1 if self.ranged else number
        if not 0 <= number - first < MAX_RANGE:
            self.unresolved[text] = None
            first = number
        for one in range(first, number + 1):
            idu: str | None = f"{self.commune}{self.prefix}{self.section}{one:04d}"
            if idu is not None and not self.stated:
                idu = chosen(idu, self.prefixed)
            if idu is None:
                self.unresolved[f"{self.section} {one}"] = None
            else:
                self.ids[idu] = None
        self.last, self.ranged = number, False


KINDS = (
    *("excel", "area", "mistyped", "long", "idu", "reversed", "range", "ref", "address"),
    *("dashed", "more", "heading", "gap", "word"),
)


def _is_postal(code: str) -> bool:
    return any(code in one.postal_codes for one in cog.table().values())


def resolve_lists(
    values: pd.Series[Any],
    communes: pd.Series[Any],
    journal: Journal,
    *,
    parcels: pd.DataFrame | None = None,
) -> pd.Series[Any]:
    """Return the distinct IDUs of each row, sorted, joined by ``|``; missing where none.

    Cells that hold only IDUs (CNIG layout) are unchanged. Others are resolved with the commune of
    their row; references that are not understood are noted.

    Parameters
    ----------
    parcels
        PARCELS of the study: a reference without prefix is the only parcel of that section and
        number, or unresolved where two villages of a commune nouvelle have one. None if unknown.
    """
    written = values.astype("str").str.strip("{} ").str.upper()
    lost = excel_numbers(written)
    journal.add("dropped", int(lost.sum()), "readers.parcel_ids.excel", cells=list(written[lost]))
    written = written.mask(lost)
    blanks = written.str.len() == 14  # Cerema writes blanks for zeros
    filled = written[blanks].str.replace(" ", "0")
    filled = filled[filled.str.fullmatch(IDU.pattern).fillna(False).astype(bool)]
    written[filled.index] = filled
    split = written.str.split(r"[|,;\s\[\]{}\"'=\ufeff\u200b]+", regex=True).explode().astype("str")
    split = split[split.notna() & (split != "")]
    journal.add("repaired", int(mistyped(split).sum()), "readers.parcel_ids.mistyped")
    split = split.map(bare)
    is_idu = split.str.fullmatch(IDU.pattern)
    other_rows = is_idu.index[~is_idu].unique()
    ids_of_row: dict[Any, Any] = (
        split[~split.index.isin(other_rows)].groupby(level=0).agg(list).to_dict()
    )
    unresolved: list[str] = []
    prefixed = with_prefix(parcels)
    texts = zip(other_rows, written.loc[other_rows], communes.loc[other_rows], strict=True)
    for row, text, commune in texts:
        code = commune if isinstance(commune, str) else None
        ids, unknown = resolve(str(text), code, prefixed=prefixed)
        unresolved += unknown
        if ids:
            ids_of_row[row] = ids
    _note(sum(row in ids_of_row for row in other_rows), unresolved, journal)
    ids_of_row = _with_zeros(ids_of_row, parcels, journal)
    lists = {row: "|".join(sorted(set(ids))) for row, ids in ids_of_row.items()}
    return pd.Series(lists, dtype="str").reindex(values.index)


def _with_zeros(
    ids_of_row: dict[Any, list[str]], parcels: pd.DataFrame | None, journal: Journal
) -> dict[Any, list[str]]:
    """Replace a section « OA » by 0A where the cadastre has that parcel, and no section OA."""
    doubtful = {one for ids in ids_of_row.values() for one in ids if one[8] == "O"}
    if parcels is None or not doubtful:
        return ids_of_row
    known = set(parcels["parcel_id"].astype("str"))
    sections = {one[:10] for one in known}
    meant = {one: f"{one[:8]}0{one[9:]}" for one in doubtful if one[:10] not in sections}
    meant = {one: other for one, other in meant.items() if other in known}
    journal.add("repaired", len(meant), "readers.parcel_ids.mistyped")
    return {row: [meant.get(one, one) for one in ids] for row, ids in ids_of_row.items()}


def _note(resolved: int, unresolved: list[str], journal: Journal) -> None:
    journal.add("repaired", resolved, "readers.parcel_ids.expanded")
    journal.add(
        "dropped",
        len(unresolved),
        "readers.parcel_ids.not_understood",
        names=list(dict.fromkeys(unresolved)),
    )
