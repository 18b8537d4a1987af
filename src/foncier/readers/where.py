"""Filter of the rows of a layer: ``where = "NATURE = 'Maison' and HAUTEUR >= 3"``.

A comparison is a column, an operator and a value; ``and`` binds tighter than ``or``. It is
evaluated on the columns here: no text of a study is passed to a database or to GDAL.
"""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from foncier.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

MOST_COMPARISONS = 50
MOST_CHARACTERS = 4000
OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")|(?P<operator><=|>=|!=|<>|=|<|>)"""
    r"""|(?P<word>[^\s'"<>=!]+))"""
)


class Comparison(NamedTuple):
    """One comparison; ``value`` is a text, compared as a number where both are numbers."""

    column: str
    operator: str
    value: str


def parse(text: str, shown: str) -> tuple[tuple[Comparison, ...], ...]:
    """Parse a filter: alternatives (``or``) of comparisons that all hold (``and``).

    Raises
    ------
    ConfigError
        Not a filter of this form.

    Examples
    --------
    >>> parse("ETAT = 'En service' and HAUTEUR >= 3 or NATURE = Silo", "a.gpkg")[1]
    (Comparison(column='NATURE', operator='=', value='Silo'),)
    """
    tokens = _tokens(text, shown)
    alternatives: list[tuple[Comparison, ...]] = []
    group: list[Comparison] = []
    for start in range(0, len(tokens) + 1, 4):
        part = tokens[start : start + 4]
        if len(part) < 3 or part[0][0] == "operator" or part[1][0] != "operator":
            raise _error(text, shown)
        if part[2][0] == "operator":
            raise _error(text, shown)
        sign = "!=" if part[1][1] == "<>" else part[1][1]
        group.append(Comparison(part[0][1], sign, part[2][1]))
        joint = part[3][1].lower() if len(part) == 4 and part[3][0] == "word" else None
        if len(part) == 4 and joint not in ("and", "or"):
            raise _error(text, shown)
        if joint != "and":
            alternatives.append(tuple(group))
            group = []
        if joint is None:
            break
    if sum(map(len, alternatives)) > MOST_COMPARISONS:
        raise _error(text, shown)
    return tuple(alternatives)


def _tokens(text: str, shown: str) -> list[tuple[str, str]]:
    if not text.strip() or len(text) > MOST_CHARACTERS:
        raise _error(text, shown)
    found, at, text = [], 0, text.strip()
    while at < len(text):
        token = TOKEN.match(text, at)
        if token is None:
            raise _error(text, shown)
        kind = str(token.lastgroup)
        value = token[kind]
        if kind == "text":
            value = value[1:-1].replace(value[0] * 2, value[0])
        found.append((kind, value))
        at = token.end()
    return found


def _error(text: str, shown: str) -> ConfigError:
    return ConfigError("readers.where.not_a_filter", path=shown, where=text[:200])


def columns_of(text: str, names: Iterable[str], shown: str) -> list[str]:
    """Return the columns of the file that a filter compares, whatever their case.

    Raises
    ------
    ConfigError
        Not a filter, or a column that the file does not have.
    """
    names = [str(name) for name in names]
    by_lower_name = {name.lower(): name for name in reversed(names)}
    wanted = [one.column for group in parse(text, shown) for one in group]
    for column in wanted:
        if column.lower() not in by_lower_name:
            raise ConfigError("readers.where.no_column", path=shown, column=column, names=names)
    return [by_lower_name[column.lower()] for column in wanted]


def rows_that_fit(frame: pd.DataFrame, text: str, shown: str) -> pd.Series[Any]:
    """Tell which rows fit a filter; a missing value fits no comparison.

    Examples
    --------
    >>> rows = pd.DataFrame({"h": ["2", "10", None], "etat": ["En projet", "En service", "x"]})
    >>> list(rows_that_fit(rows, "h >= 3 or ETAT = 'En projet'", "a.gpkg"))
    [True, True, False]
    """
    names = [str(name) for name in frame.columns if name != "geometry"]
    columns = iter(columns_of(text, names, shown))
    fits = pd.Series(False, frame.index)
    for group in parse(text, shown):
        together = pd.Series(True, frame.index)
        for one in group:
            together &= _compared(frame[next(columns)], one)
        fits |= together
    return fits


def _compared(values: pd.Series[Any], one: Comparison) -> pd.Series[Any]:
    compare = OPERATORS[one.operator]
    texts = values.astype("str")
    number = pd.to_numeric(pd.Series([one.value]), errors="coerce").iloc[0]
    numbers = pd.to_numeric(texts, errors="coerce")
    as_text = compare(texts.fillna(""), one.value) & texts.notna()
    if np.isnan(number):
        return pd.Series(as_text, values.index).astype(bool)
    as_number = compare(numbers, number) & numbers.notna()
    fits: pd.Series[Any] = as_number.where(numbers.notna(), as_text).astype(bool)
    return fits
