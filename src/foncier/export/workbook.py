"""A result as an Excel workbook: sheets to filter and sort, and their dictionary."""

from __future__ import annotations

import datetime as dt
import io
from typing import TYPE_CHECKING, Any

import pandas as pd

from foncier.errors import ExportError
from foncier.i18n import localize
from foncier.results.labels import FICTIONAL, SHARE
from foncier.results.totals import supply

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import xlsxwriter  # type: ignore[import-untyped]
    from xlsxwriter.format import Format  # type: ignore[import-untyped]
    from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

    from foncier.i18n import Lang
    from foncier.results import Layer, SavedResult

# Layers that are sheets; names of sheets have 31 characters at most.
SHEETS = (
    "opportunites",
    "indices",
    "acces_detail",
    "scores_par_critere",
    "parcelles_ecartees",
    "quartiers",
    "couches",
    "manques",
)
ROWS = 1_048_575  # of a sheet, less its header (limits of Excel)
CHARACTERS = 32_767  # of a cell
WIDEST, NARROWEST, MEASURED_ROWS = 48, 9, 300  # of a column
UNDATED = dt.datetime(2000, 1, 1)  # noqa: DTZ001 (a spreadsheet has no time zone)
DATE_FORMATS = {"fr": "dd/mm/yyyy", "en": "yyyy-mm-dd"}


def write_workbook(result: SavedResult, path: Path) -> None:
    """Write the tables of a result as an Excel workbook, in the language of the result.

    Each sheet has a frozen header with units, a filter, and columns as wide as their content;
    numbers and dates are numbers and dates. Text is written as text, so that it never runs as a
    formula. Coded values are replaced by their labels. The last sheet describes each column. The
    same result gives the same bytes.

    Parameters
    ----------
    result
        A result, opened by `foncier.results.read_saved`.
    path
        The file to write.

    Raises
    ------
    ExportError
        The file cannot be written.
    """
    from xlsxwriter.exceptions import XlsxFileError  # type: ignore[import-untyped]  # noqa: PLC0415

    packed = io.BytesIO()  # on a full disk an unfinished zip would warn after the message
    try:
        _write_book(result, packed)
    except (XlsxFileError, OSError) as error:
        raise ExportError("export.workbook.not_written", file=path.name, why=error) from error
    path.write_bytes(packed.getbuffer())


def _write_book(result: SavedResult, file: io.BytesIO) -> None:
    import xlsxwriter  # noqa: PLC0415 (only for those who ask for a workbook)

    day = _midnight(result.edition) if result.edition else UNDATED
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(file, options) as book:
        book.set_properties({"title": result.title, "author": "foncier", "created": day})
        book.set_size(2400, 1600)
        formats = _formats(book, result.lang)
        sheets = [
            (layer, localize(f"export.workbook.{name}", result.lang))
            for name in SHEETS
            if (layer := result.layer(name)) is not None
        ]
        title = localize("export.workbook.read_me", result.lang)
        _read_me(book.add_worksheet(title), result, sheets, formats)
        for layer, title in sheets:
            if len(layer.frame) <= ROWS:
                _sheet(book.add_worksheet(title), result, layer, formats)
        title = localize("export.workbook.dictionary", result.lang)
        _dictionary(book.add_worksheet(title), result, formats)


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time())


def _formats(book: xlsxwriter.Workbook, lang: Lang) -> dict[str, Format]:
    head = {
        "bold": True,
        "bg_color": "#1F4E5F",
        "font_color": "#FFFFFF",
        "text_wrap": True,
        "valign": "vcenter",
    }
    kinds = {
        "title": {"bold": True, "font_size": 16},
        "warning": {"bold": True, "font_color": "#FFFFFF", "bg_color": "#B00020"},
        "bold": {"bold": True},
        "head": head,
        "text": {},
        "wrap": {"text_wrap": True},
        "date": {"num_format": DATE_FORMATS[lang], "align": "left"},
        "share": {"num_format": "0.00"},
        "number": {"num_format": "#,##0.##"},
        "whole": {"num_format": "#,##0"},
        "count": {"num_format": "0"},
    }
    return {name: book.add_format(properties) for name, properties in kinds.items()}


def _read_me(
    sheet: Worksheet,
    result: SavedResult,
    sheets: list[tuple[Layer, str]],
    formats: dict[str, Format],
) -> None:
    lang = result.lang
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 70)
    row = 0
    sheet.write_string(row, 0, result.title[:CHARACTERS], formats["title"])
    if result.fictional:
        row += 1
        sheet.write_string(row, 0, FICTIONAL[lang], formats["warning"])
    row += 1
    sheet.write_string(row, 0, localize("export.workbook.edition", lang), formats["bold"])
    if result.edition:
        day = _midnight(result.edition)
        sheet.write_datetime(row, 1, day, formats["date"])
    row += 1
    sheet.write_string(row, 0, localize("export.workbook.caution", lang))
    row = _supply(sheet, result, row, formats)
    for layer, title in sheets:
        row += 1
        rows = len(layer.frame)
        sheet.write_string(row, 0, title, formats["bold"])
        words = localize("export.workbook.sheet", lang, title=layer.title, count=rows)
        if rows > ROWS:
            words = localize("export.workbook.too_many_rows", lang, rows=rows)
        sheet.write_string(row, 1, words)


def _supply(sheet: Worksheet, result: SavedResult, row: int, formats: dict[str, Format]) -> int:
    """Write what is on offer, as every deliverable states it; the last row written."""
    layer = result.layer("opportunites")
    for name, land in supply(layer.frame).items() if layer is not None else ():
        row += 1
        title = localize(f"export.workbook.supply_{name}", result.lang)
        sheet.write_string(row, 0, title, formats["bold"])
        values = {"count": land.sites, "hectares": land.area_m2 / 1e4}
        sheet.write_string(row, 1, localize("export.workbook.supply", result.lang, **values))
    return row


def _sheet(sheet: Worksheet, result: SavedResult, layer: Layer, formats: dict[str, Format]) -> None:
    heads = [column.fr for column in layer.columns]
    description = result.descriptions[layer.name]
    words, units = description.words, description.units
    columns = [_cells(layer.frame[c.name], c.kind, words.get(c.name, {})) for c in layer.columns]
    styles = [formats[_format(c.kind, units.get(c.name, ""))] for c in layer.columns]
    for i, (head, cells) in enumerate(zip(heads, columns, strict=True)):
        sheet.set_column(i, i, _width(head, cells), styles[i])
    _head(sheet, heads, len(layer.frame), formats)
    kinds = [column.kind for column in layer.columns]
    for number, row in enumerate(zip(*columns, strict=True), start=1):
        for i, value in enumerate(row):
            if value is not None:
                _write(sheet, (number, i), value, kind=kinds[i], style=styles[i])


def _cells(values: pd.Series[Any], kind: str, words: Any) -> list[Any]:
    """Plain values, None where unknown; codes are replaced by their labels."""
    if words:
        values = values.map(lambda code: words.get(code, code), na_action="ignore")
    if kind == "date":
        values = pd.to_datetime(values)
        return [None if pd.isna(v) else v.to_pydatetime() for v in values]
    return [None if pd.isna(value) else value for value in values.tolist()]


def _format(kind: str, unit: str) -> str:
    if kind != "number":
        return {"text": "text", "date": "date", "count": "count", "yes_no": "text"}[kind]
    return {SHARE: "share", "m²": "whole", "m": "whole"}.get(unit, "number")


def _write(
    sheet: Worksheet, cell: tuple[int, int], value: Any, *, kind: str, style: Format
) -> None:
    row, column = cell
    if kind == "text":
        sheet.write_string(row, column, value[:CHARACTERS], style)
    elif kind == "date":
        sheet.write_datetime(row, column, value, style)
    elif kind == "yes_no":
        sheet.write_boolean(row, column, bool(value), style)
    else:
        sheet.write_number(row, column, value, style)


def _head(sheet: Worksheet, heads: list[str], rows: int, formats: dict[str, Format]) -> None:
    sheet.set_row(0, 44)
    for i, head in enumerate(heads):
        sheet.write_string(0, i, head, formats["head"])
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(rows, 1), max(len(heads) - 1, 0))
    sheet.set_landscape()
    sheet.set_paper(8)  # A3
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _width(head: str, cells: Iterable[Any]) -> float:
    longest = max(
        (
            len(str(cell))
            for cell, _ in zip(cells, range(MEASURED_ROWS), strict=False)
            if isinstance(cell, str)
        ),
        default=0,
    )
    words = max(len(word) for word in head.split()) if head else 0
    return min(max(longest, words + 3, len(head) / 2.5, NARROWEST), WIDEST)


def _dictionary(sheet: Worksheet, result: SavedResult, formats: dict[str, Format]) -> None:
    heads = [
        localize(f"export.workbook.dictionary_{name}", result.lang)
        for name in ("layer", "column", "label", "content")
    ]
    rows = [
        (layer.name, c.name, c.fr, layer.comments.get(c.name, ""))
        for layer in result.descriptions.values()
        for c in layer.columns
    ]
    for i, width in enumerate((22, 24, 42, 96)):
        sheet.set_column(i, i, width, formats["wrap"])
    _head(sheet, heads, len(rows), formats)
    for number, row in enumerate(rows, start=1):
        for i, text in enumerate(row):
            sheet.write_string(number, i, text[:CHARACTERS], formats["wrap"])
