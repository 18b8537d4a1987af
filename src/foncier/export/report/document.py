"""Content of a report, before any file format: headings, paragraphs, tables, pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from foncier.i18n import figure, format_value, localize

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from foncier.i18n import Lang

Value = str | float | None
Style = Literal["body", "bullet", "note"]
# Formats of a field; an empty one is text. An area is in square metres, to the unit.
TEXT, COUNT, AREA, SHARE, NUMBER = "", "n", "m²", "%", "number"


@dataclass(frozen=True)
class Field:
    """A column of a table: its label, its format, and its share of the width.

    ``range_label``: in a document it is one column with the next, from this value to that one.
    """

    label: str
    format: str = TEXT
    width: float = 1.0
    range_label: str = ""

    @property
    def numeric(self) -> bool:
        """Tell a column of numbers, which are aligned to the right."""
        return self.format != TEXT

    def words(self, value: Value, lang: Lang) -> str:
        r"""Value as it is read; a missing number is "unknown".

        Examples
        --------
        >>> Field("Surface", AREA).words(1234.4, "fr"), Field("Part", SHARE).words(None, "en")
        ('1\u202f234', 'unknown')
        """
        if not self.numeric or isinstance(value, str):
            return "" if value is None else str(value)
        if value is None or value != value:  # noqa: PLR0124 (NaN is not equal to itself)
            return localize("util.unknown", lang)
        if self.format == SHARE:
            return format_value(value, "%", lang)
        if self.format == NUMBER:
            return figure(value, "", lang)
        return format_value(round(value), "n", lang)


@dataclass(frozen=True)
class Heading:
    """A heading of a level, 1 to 3."""

    text: str
    level: int = 1


@dataclass(frozen=True)
class Paragraph:
    """A paragraph, an item of a list, or a note in small print."""

    text: str
    style: Style = "body"


@dataclass(frozen=True)
class Grid:
    """A table: its name in the workbook, its caption, its columns, its rows.

    ``total``: the last row is a total. ``rows`` have one value a field.
    """

    name: str
    caption: str
    fields: tuple[Field, ...]
    rows: tuple[tuple[Value, ...], ...]
    total: bool = False

    def shown(self, lang: Lang) -> Shown:
        """Columns and words as a document shows them: ends of a range in one column."""
        columns, skip = [], False
        for n, field in enumerate(self.fields):
            if not skip:
                columns.append(n)
            skip = not skip and bool(field.range_label)
        fields = tuple(self.fields[n] for n in columns)
        words = tuple(tuple(self._words(row, n, lang) for n in columns) for row in self.rows)
        labels = tuple(field.range_label or field.label for field in fields)
        return Shown(labels, fields, words)

    def _words(self, row: tuple[Value, ...], n: int, lang: Lang) -> str:
        field, words = self.fields[n], self.fields[n].words(row[n], lang)
        if not field.range_label:
            return words
        other = self.fields[n + 1].words(row[n + 1], lang)
        if words == other:
            return words
        return localize("export.sheets.range", lang, low=words, high=other)


@dataclass(frozen=True)
class Shown:
    """A table in words: labels, fields (for width and side) and rows of texts."""

    labels: tuple[str, ...]
    fields: tuple[Field, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Picture:
    """A picture in PNG, what it shows in words, and its caption."""

    png: bytes
    width_mm: float
    height_mm: float
    alt: str
    caption: str


@dataclass(frozen=True)
class Turn:
    """What follows starts on a new page, in this direction."""

    landscape: bool


Block = Heading | Paragraph | Grid | Picture | Turn


@dataclass(frozen=True)
class Document:
    """A report: title, subtitle, day (None: undated), language, and its blocks in order."""

    title: str
    subtitle: str
    day: dt.date | None
    lang: Lang
    blocks: tuple[Block, ...]

    @property
    def grids(self) -> tuple[Grid, ...]:
        """Tables of the report, in order."""
        return tuple(block for block in self.blocks if isinstance(block, Grid))


def grid(
    name: str,
    caption: str,
    fields: Mapping[str, Field],
    rows: Sequence[Mapping[str, Value]],
    *,
    total: bool = False,
) -> Grid:
    """Build a table of rows by name of field; a name that a row lacks is missing."""
    values = tuple(tuple(row.get(key) for key in fields) for row in rows)
    return Grid(name, caption, tuple(fields.values()), values, total)
