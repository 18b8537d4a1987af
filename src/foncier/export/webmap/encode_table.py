"""Columns of a table as plain lists for JSON: None when unknown, repeated texts kept once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from foncier.i18n import Localized

NUMBER = re.compile(r"(\d+(?:[.,\u202f\u00a0 ]\d+)*)")
GAP, ROW = "\x01", "\x02"
SEPARATORS = re.compile(f"[{GAP}{ROW}]")
DIGITS = 3


def pair(text: Localized) -> list[str]:
    """French, then English."""
    return [text.fr, text.en]


def numbers(values: Any, digits: int | None = DIGITS) -> list[float | int | None]:
    """Numbers rounded to some digits: None when unknown, an integer when it is whole.

    Examples
    --------
    >>> numbers(pd.Series([6.0, None, 0.12345]))
    [6, None, 0.123]
    """
    array = values.to_numpy(dtype=np.float64, na_value=np.nan)
    array = array if digits is None else np.round(array, digits)
    known = np.isfinite(array)
    if not known.any():
        return [None] * len(array)
    whole = known & (array == np.rint(array))
    written = array.astype(object)
    written[whole] = array[whole].astype(np.int64).astype(object)
    written[~known] = None
    listed: list[float | int | None] = written.tolist()
    return listed


def texts(values: pd.Series[Any]) -> list[str | None]:
    """Texts one by one, None when unknown."""
    known = values.notna()
    if not known.any():
        return [None] * len(values)
    if known.all():
        return [str(value) for value in values.tolist()]
    shown = zip(values.tolist(), known.tolist(), strict=True)
    return [str(value) if one else None for value, one in shown]


def pool(values: pd.Series[Any]) -> dict[str, list[Any]]:
    """Texts that repeat, kept once: ``pool`` of distinct texts and a code a row (-1 unknown).

    Examples
    --------
    >>> pool(pd.Series(["U", "N", "U", None], dtype="str"))
    {'pool': ['U', 'N'], 'codes': [0, 1, 0, -1]}
    """
    codes, distinct = pd.factorize(values)
    return {"pool": [str(text) for text in distinct], "codes": codes.tolist()}


def phrases(values: pd.Series[Any]) -> dict[str, list[Any]]:
    """Sentences that differ by their figures only, kept once with the figures apart.

    Thousands of rejected parcels have the same few sentences. ``figures`` are those of all rows in
    one list: a row takes as many as its sentence has gaps.

    Examples
    --------
    >>> packed = phrases(pd.Series(["Surface 150 m²", "Surface 90 m²"], dtype="str"))
    >>> packed["codes"], packed["figures"]
    ([0, 0], ['150', '90'])
    """
    if not len(values):
        return {**pool(values), "figures": []}
    # all rows at once: a hundred thousand calls of the expression take three times as long
    plain = [str(text) for text in values.tolist()]
    whole = ROW.join(plain)
    if GAP in whole or whole.count(ROW) >= len(plain):  # a text contains a separator
        whole = ROW.join(SEPARATORS.sub("\ufffd", text) for text in plain)
    pieces = NUMBER.split(whole)
    sentences = GAP.join(pieces[::2]).split(ROW)
    return {**pool(pd.Series(sentences, dtype="str")), "figures": pieces[1::2]}
