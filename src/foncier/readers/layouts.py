"""Layouts of yearly files: which column of a file is which, by patterns of names with a year."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from foncier.readers.columns import Field

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

# Spellings of names that differ between exports of the same table.
IGNORED = re.compile(r"\(.*\)|°")
SEPARATORS = re.compile(r"[\s_.]+")


def fields(layout: str, names: Iterable[str], required: Collection[str] = ()) -> tuple[Field, ...]:
    """Columns of a layout, with those of the file that have their names as aliases.

    Parameters
    ----------
    layout
        Name of a layout of ``layouts.toml``.
    names
        Columns of the file.
    required
        Columns without which the file cannot be read.

    Returns
    -------
    One field a column of the layout; the column of the newest year, of the newest edition, first.

    Examples
    --------
    >>> [section] = [f for f in fields("sitadel", ["SEC_CADASTRE1"]) if f.name == "section_1"]
    >>> section.aliases
    ('SEC_CADASTRE1',)
    """
    names = tuple(names)
    wanted = dict.fromkeys(name for edition in _editions(layout) for name in edition["columns"])
    return tuple(
        Field(name, tuple(by_year(layout, name, names).values()), name in required)
        for name in wanted
    )


def by_year(layout: str, column: str, names: Iterable[str]) -> Mapping[int, str]:
    """Columns of the file that hold a column of a layout, by year, the newest first.

    A name without a year has the year 0; a year of two digits is of this century. Of two names of
    one year that of the newest edition counts.

    Examples
    --------
    >>> by_year("personnes-morales", "section", ["Section (Références cadastrales)"])
    {0: 'Section (Références cadastrales)'}
    """
    found: dict[int, str] = {}
    names = tuple(names)
    for edition in _editions(layout):
        pattern = edition["columns"].get(column)
        for name in names if pattern else ():
            match = re.fullmatch(pattern, plain_name(name))
            if match:
                found.setdefault(_year(match), name)
    return dict(sorted(found.items(), reverse=True))


def plain_name(name: str) -> str:
    """Name in lower case, without accents, parentheses and underscores, with single spaces.

    Examples
    --------
    >>> plain_name("N° plan (Références cadastrales)"), plain_name(" CODGEO_26")
    ('n plan', 'codgeo 26')
    """
    text = unicodedata.normalize("NFD", IGNORED.sub(" ", name))
    text = text.encode("ascii", "ignore").decode().lower()
    return SEPARATORS.sub(" ", text).strip()


def _year(match: re.Match[str]) -> int:
    year = match.groupdict().get("year")
    return 0 if not year else int(year) + (2000 if len(year) == 2 else 0)


@cache
def _layouts() -> dict[str, list[dict[str, Any]]]:
    text = files("foncier.readers").joinpath("layouts.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _editions(layout: str) -> list[dict[str, Any]]:
    return _layouts()[layout]
