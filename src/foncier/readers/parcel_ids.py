"""Identity of parcels: the one module that turns what files and people write into IDUs.

An IDU has 14 characters: commune (5), prefix of an absorbed commune (3, else ``000``), section (2)
and number (4). A wrong parcel is worse than none: what can be read in two ways is unresolved.
Free text is read by `foncier.readers.parcel_text`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from foncier import communes as cog

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

COMMUNE = r"(?:\d\d|2[AB])\d{3}"
SECTION = r"(?:[A-Z]{2}|0[A-Z]|\d\d)"
LETTERED = r"(?:[A-Z]{2}|0[A-Z])"
IDU = re.compile(rf"{COMMUNE}\d{{3}}{SECTION}\d{{4}}")
NO_PREFIX = "000"
# Moselle, Bas-Rhin, Haut-Rhin: sections are numbers, so that an IDU may look like a SIRET.
NUMBERED_SECTIONS = ("57", "67", "68")
# A number as Excel shows it: 80021000E0012 becomes 8,0021E+16, and its digits are lost.
EXCEL = re.compile(r"\d(?:[.,]\d+)?E\+\d+")
# Forms of the QGIS plugin Cadastre: with the direction of DGFiP, and with the year before it.
DIRECTED = re.compile(rf"(?:(?:19|20)\d\d)?(\d\d|2[AB])\d(\d{{3}}\d{{3}}{SECTION}\d{{4}})")
SPACED = re.compile(r"[\s._-]")  # between the parts of an IDU
OF_COMMUNE = re.compile(rf"(\d{{3}})(\d{{3}}{SECTION}\d{{4}})")  # IDU of EDIGEO: no département
SHORT = re.compile(rf"({COMMUNE})({LETTERED}\d{{4}})")  # no prefix
UNPADDED = re.compile(rf"({COMMUNE}\d{{3}})([A-Z])(\d{{4}})")  # 80021000E0012
NO_ZERO = re.compile(rf"\d{{4}}\d{{3}}{LETTERED}\d{{4}}")  # 01004… that lost its zero
PARTS = re.compile(
    rf"({COMMUNE})[\s._/-]+(?:(\d{{3}})[\s._/-]+)?([A-Z]{{1,2}}|0[A-Z]|\d{{1,2}})[\s._/-]+(\d{{1,4}})"
)
DECIMALS = re.compile(r"[.,]0+$")  # of a whole number that a missing cell made a decimal
OVERSEAS = ("97", "98")
# What a spreadsheet, a copy or a URI leaves around an id: ="…", '…, FR., characters without width.
AROUND = re.compile(r"^[\s=\"'’`\ufeff\u200b-\u200f\u2060]+|[\s\"'’`\ufeff\u200b-\u200f\u2060]+$")
COUNTRY = re.compile(r"FR[.:_-]?(?=(?:\d\d|2[AB])\d{6})")
# Letters typed or scanned for digits, where an IDU has digits only: O for 0, I and L for 1.
MISTYPED = re.compile(rf"([\dOIL]{{2}}|2[AB])([\dOIL]{{6}})({LETTERED})([\dOIL]{{4}})")
DIGITS = str.maketrans("OIL", "011")


def identity(text: str, communes: Collection[str] = ()) -> str | None:
    """IDU that a cell of an id column holds, None where it is none or may be several.

    Parameters
    ----------
    text
        IDU of 14 characters (blanks for zeros, as Cerema writes them), or of the 12, 15 and 19
        characters of the QGIS plugin Cadastre, or parts with a separator; any case.
    communes
        INSEE codes of the study: they complete an id without département.

    Examples
    --------
    >>> identity("2023800021000AB0012"), identity("021000ab0012", ["80021"])
    ('80021000AB0012', '80021000AB0012')
    >>> identity("021000AB0012"), identity("8,00210E+16"), identity("80021-000-A-12")
    (None, None, '800210000A0012')
    """
    plain = bare(text.upper())
    if len(plain) == 14 and " " in plain:  # an IDU with blanks for zeros
        filled = plain.replace(" ", "0")
        plain = filled if IDU.fullmatch(filled) else plain
    plain = plain.removesuffix(".0")
    tight = SPACED.sub("", plain)
    if IDU.fullmatch(plain) or (SPACED.search(plain) and IDU.fullmatch(tight)):
        return tight
    if match := DIRECTED.fullmatch(plain):
        return match[1] + match[2]
    if match := OF_COMMUNE.fullmatch(plain):
        own = {code for code in communes if code[2:] == match[1]}
        return own.pop() + match[2] if len(own) == 1 else None
    if match := SHORT.fullmatch(plain):
        return None if cog.parts(match[1]) else match[1] + NO_PREFIX + match[2]
    if match := PARTS.fullmatch(plain):
        section, number = match[3].zfill(2), match[4].zfill(4)
        return f"{match[1]}{match[2] or NO_PREFIX}{section}{number}"
    return _thirteen(plain, communes)


def bare(text: str) -> str:
    """Id in capitals without what surrounds it, and with digits where letters were typed for them.

    Only where an IDU has digits: the letter O of a section may be one.

    Examples
    --------
    >>> bare('="80021000AB0012"'), bare("FR.80021000AB0012"), bare("8OO21000ABOO12")
    ('80021000AB0012', '80021000AB0012', '80021000AB0012')
    >>> bare("80021000OA0012")
    '80021000OA0012'
    """
    plain = COUNTRY.sub("", AROUND.sub("", text), count=1) if text else text
    match = MISTYPED.fullmatch(plain)
    if match is None:
        return plain
    place, prefix, section, number = match.groups()
    if place not in ("2A", "2B"):
        place = place.translate(DIGITS)
    return place + prefix.translate(DIGITS) + section + number.translate(DIGITS)


def mistyped(values: pd.Series[Any]) -> pd.Series[Any]:
    """Tell the cells in which letters were typed for digits, which `identity` reads as digits."""
    texts = values.astype("str").str.upper().str.replace(AROUND, "", regex=True)
    like = texts.str.fullmatch(MISTYPED.pattern).fillna(False).astype(bool)
    official = texts.str.fullmatch(IDU.pattern).fillna(False).astype(bool)
    return like & ~official


def _thirteen(text: str, communes: Collection[str]) -> str | None:
    """IDU of 13 characters: its first zero is lost, or its section is one letter without zero."""
    found = []
    if NO_ZERO.fullmatch(text):
        found.append("0" + text)
    if match := UNPADDED.fullmatch(text):
        found.append(f"{match[1]}0{match[2]}{match[3]}")
    if len(found) > 1 and communes:
        known = cog.written_as(communes)
        found = [one for one in found if one[:5] in known]
    elif len(found) > 1:
        found = [one for one in found if one[5:8] == NO_PREFIX or _is_part(one)]
    return found[0] if len(found) == 1 else None


def _is_part(idu: str) -> bool:
    return idu[:2] + idu[5:8] in cog.parts(idu[:5])


def identities(values: pd.Series[Any], communes: Collection[str] = ()) -> pd.Series[Any]:
    """`identity` of each cell; missing where it is missing or unresolved."""
    texts = values.astype("str").str.strip().str.upper()
    official = texts.str.fullmatch(IDU.pattern).fillna(False).to_numpy(dtype=bool)
    if official.all():
        return texts
    others = texts[~official].dropna()
    found = {text: identity(text, communes) for text in others.unique()}
    resolved = texts.where(official)
    resolved[others.index] = others.map(found)
    return resolved.astype("str")


def share_of_ids(values: pd.Series[Any], communes: Collection[str] = ()) -> float:
    """Share of the known cells that are parcels, of the first thousand; 0 without any.

    Fourteen digits are a parcel where sections are numbers, and a SIRET anywhere else.

    Examples
    --------
    >>> share_of_ids(pd.Series(["parcelle.12", "80021000AB0012"])), share_of_ids(pd.Series([1, 2]))
    (0.5, 0.0)
    """
    texts = values.dropna().astype("str").head(1000)
    ids = identities(texts, communes)
    # The twelve characters of EDIGEO lack the département: another column may be better.
    half = texts[ids.isna()].str.strip().str.upper().str.fullmatch(OF_COMMUNE.pattern).sum() / 2
    ids = ids.dropna()
    numbers = ids.str.fullmatch(r"\d{14}") & ~ids.str.slice(0, 2).isin(NUMBERED_SECTIONS)
    whole = (~numbers.fillna(False).astype(bool)).sum()
    return float((whole + half) / len(texts)) if len(texts) else 0.0


def commune_codes(values: pd.Series[Any]) -> pd.Series[Any]:
    """INSEE codes of five characters: lost zeros and decimals restored, any case.

    Examples
    --------
    >>> list(commune_codes(pd.Series(["1004", "80021.0", " 2a004", "8,0E+4"])))
    ['01004', '80021', '2A004', nan]
    """
    texts = values.astype("str").str.upper().str.replace(AROUND, "", regex=True)
    texts = texts.str.replace(DECIMALS, "", regex=True)
    texts = texts.where(~texts.str.fullmatch(EXCEL.pattern).fillna(False).astype(bool))
    return texts.mask(texts == "").str.zfill(5)


def commune_of(department: pd.Series[Any], commune: pd.Series[Any]) -> pd.Series[Any]:
    """INSEE codes of département and commune in columns of their own, padded or not.

    A commune of five characters is complete. Overseas the département has two or three characters
    and the commune three or two: 97 and 105, 971 and 05.

    Examples
    --------
    >>> list(commune_of(pd.Series(["80", "971", "97", "2A"]), pd.Series(["21", "5", "105", "4"])))
    ['80021', '97105', '97105', '2A004']
    """
    of, code = (
        part.astype("str").str.strip().str.upper().str.replace(DECIMALS, "", regex=True)
        for part in (department, commune)
    )
    of, three = of.str.zfill(2), of.str.len() == len("971")
    # 971 and 105, of which the first digit is written twice
    twice = three & (code.str.len() == len("105"))
    padded = (of.str.slice(0, 2) + code.str.zfill(3)).where(~three | twice, of + code.str.zfill(2))
    complete = code.str.fullmatch(COMMUNE).fillna(False).astype(bool)
    return padded.where(~complete, code).where(code.notna() & (code != ""))


def compose(
    commune: pd.Series[Any],
    prefix: pd.Series[Any] | None,
    section: pd.Series[Any],
    number: pd.Series[Any],
    *,
    prefixed: Mapping[str, Iterable[str]] | None = None,
) -> pd.Series[Any]:
    """IDUs of parts in columns, in any padding and as decimals; missing where a part is none.

    Parameters
    ----------
    commune
        INSEE codes (`commune_codes`).
    prefix
        Of an absorbed commune, missing for none; None where the file has no such column.
    section, number
        ``A``, ``0A``, ``AB``, ``1``; ``12``, ``0012``, ``12.0``.
    prefixed
        `with_prefix` of the cadastre, for parts without a prefix.

    Examples
    --------
    >>> row = pd.Series(["80021"]), pd.Series([None]), pd.Series(["d"]), pd.Series([7.0])
    >>> list(compose(*row))
    ['800210000D0007']
    """
    letters = section.astype("str").str.strip().str.upper().str.replace(DECIMALS, "", regex=True)
    letters = letters.str.zfill(2).where(letters != "")
    letters = letters.where(letters.str.fullmatch(SECTION).fillna(False) & (letters != "00"))
    figures = number.astype("str").str.extract(r"^\s*0*([1-9]\d{0,3})(?:[.,]0+)?\s*$", expand=False)
    own = pd.Series(NO_PREFIX, commune.index)
    if prefix is not None:
        written = prefix.astype("str").str.strip().str.replace(DECIMALS, "", regex=True)
        written = written.mask(written == "").fillna(NO_PREFIX).str.zfill(3)
        own = written.where(written.str.fullmatch(r"\d{3}").fillna(False))
    codes = commune.where(commune.astype("str").str.fullmatch(COMMUNE).fillna(False))
    ids = codes.astype("str") + own.astype("str") + letters + figures.str.zfill(4)
    if prefix is not None or not prefixed:
        return ids
    return ids.map(lambda one: chosen(one, prefixed), na_action="ignore").astype("str")


def with_prefix(parcels: pd.DataFrame | None) -> Mapping[str, list[str]]:
    """Parcels of absorbed communes by their IDU without the prefix (commune, section, number)."""
    if parcels is None or not len(parcels):
        return {}
    ids = parcels["parcel_id"].astype("str")
    ids = ids[ids.str.fullmatch(IDU.pattern).fillna(False)]
    without = ids.str.slice(0, 5) + ids.str.slice(8)
    merged = without[ids.str.slice(5, 8) != NO_PREFIX].unique()
    if not len(merged):
        return {}
    concerned = without.isin(merged)
    of_key: dict[str, list[str]] = {}
    for key, idu in zip(without[concerned], ids[concerned], strict=True):
        of_key.setdefault(key, []).append(idu)
    return of_key


def chosen(idu: str, prefixed: Mapping[str, Iterable[str]]) -> str | None:
    """Parcel that a reference without a prefix means: the only one there is, else none.

    Two villages of a commune nouvelle both have a parcel AB 12.

    Examples
    --------
    >>> chosen("80999000AB0012", {"80999AB0012": ["80999021AB0012"]})
    '80999021AB0012'
    """
    several = list(prefixed.get(idu[:5] + idu[8:], [idu]))
    return several[0] if len(several) == 1 else None


def excel_numbers(values: pd.Series[Any]) -> pd.Series[Any]:
    """Tell the cells that Excel turned into a number with an exponent: their digits are lost."""
    texts = values.astype("str").str.strip().str.upper()
    return pd.Series(
        np.asarray(texts.str.fullmatch(EXCEL.pattern).fillna(False), bool), texts.index
    )
