"""Layouts of yearly files: which column of a file is which, by patterns of names with a year."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from foncier.readers.columns import Field, plain_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping


def fields(
    layout: str,
    names: Iterable[str],
    required: Collection[str] = (),
    known: Mapping[str, Field] | None = None,
) -> tuple[Field, ...]:
    """Columns of a layout, with those of the file that have their names as aliases.

    Parameters
    ----------
    layout
        Name of a layout, that of a file of ``layout_files``.
    names
        Columns of the file.
    required
        Columns without which the file cannot be read.
    known
        Fields by column, where there is more to say than a name: what their cells hold.

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
    wanted = dict.fromkeys(name for edition in editions(layout) for name in edition["columns"])
    return tuple(
        replace(
            (known or {}).get(name, Field(name)),
            aliases=columns_of(layout, name, names),
            required=name in required,
        )
        for name in wanted
    )


def columns_of(layout: str, column: str, names: Iterable[str]) -> tuple[str, ...]:
    """Columns of the file that may hold a column of a layout: of the newest year and edition first.

    Examples
    --------
    >>> columns_of("parcels", "parcel_id", ["id", "idu", "gid"])
    ('idu', 'id')
    """
    names = tuple(names)
    found: dict[str, int] = {}
    for edition in editions(layout):
        pattern = edition["columns"].get(column)
        for name in names if pattern else ():
            match = re.fullmatch(pattern, plain_name(name))
            if match:
                found.setdefault(name, _year(match))
    return tuple(sorted(found, key=lambda name: -found[name]))


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
    for edition in editions(layout):
        pattern = edition["columns"].get(column)
        for name in names if pattern else ():
            match = re.fullmatch(pattern, plain_name(name))
            if match:
                found.setdefault(_year(match), name)
    return dict(sorted(found.items(), reverse=True))


def _year(match: re.Match[str]) -> int:
    year = match.groupdict().get("year")
    return 0 if not year else int(year) + (2000 if len(year) == 2 else 0)


@cache
def editions(layout: str) -> tuple[Mapping[str, Any], ...]:
    """Editions of a layout, the newest first: ``columns``, ``since``, ``seen``, ``sample``."""
    file = files("foncier.readers").joinpath("layout_files", f"{layout}.toml")
    return tuple(tomllib.loads(file.read_text(encoding="utf-8"))["edition"])
