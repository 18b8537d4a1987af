"""The tables of a report as a workbook: numbers are numbers, to the unit of the GeoPackage."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import xlsxwriter  # type: ignore[import-untyped]

from foncier.export.report.document import AREA, COUNT, NUMBER, SHARE, TEXT
from foncier.export.report.writers.package import AUTHOR, HEAD_COLOUR, day_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foncier.export.report.document import Document, Grid, Value

NUMBERS = {TEXT: "@", AREA: "#,##0", COUNT: "#,##0", SHARE: "0%", NUMBER: "General"}
WIDEST, NARROWEST, PER_WIDTH = 60, 10, 14
OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def write_xlsx(document: Document) -> bytes:
    """Write the tables of a report as ``.xlsx``, one sheet a table, with a header and a filter.

    A missing number is an empty cell: unknown, never 0.
    """
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, OPTIONS) as book:
        book.set_properties(
            {"title": document.title, "author": AUTHOR, "created": day_of(document)}
        )
        head = book.add_format(
            {
                "bold": True,
                "bg_color": f"#{HEAD_COLOUR}",
                "font_color": "#FFFFFF",
                "text_wrap": True,
            }
        )
        title = book.add_format({"bold": True, "font_size": 13})
        numbers = {
            (name, strong): book.add_format({"num_format": code, "bold": strong})
            for name, code in NUMBERS.items()
            for strong in (False, True)
        }
        for table in document.grids:
            _sheet(book.add_worksheet(table.name), table, {"head": head, "title": title, **numbers})
    return out.getvalue()


def _sheet(sheet: Any, table: Grid, formats: Mapping[Any, Any]) -> None:
    sheet.write_string(0, 0, table.caption, formats["title"])
    for n, field in enumerate(table.fields):
        sheet.set_column(n, n, min(max(NARROWEST, PER_WIDTH * field.width), WIDEST))
        unit = f" ({field.format})" if field.format == AREA else ""
        sheet.write_string(1, n, field.label + unit, formats["head"])
    last = len(table.rows) - 1
    for row, values in enumerate(table.rows):
        strong = table.total and row == last
        for n, (field, value) in enumerate(zip(table.fields, values, strict=True)):
            _write(sheet, row + 2, n, value, formats[field.format, strong])
    sheet.freeze_panes(2, 1)
    filtered = len(table.rows) + 1 - table.total
    sheet.autofilter(1, 0, max(filtered, 1), len(table.fields) - 1)


def _write(sheet: Any, row: int, column: int, value: Value, style: Any) -> None:
    if value is None or value != value:  # noqa: PLR0124 (NaN is not equal to itself)
        sheet.write_blank(row, column, None, style)
    elif isinstance(value, str):
        sheet.write_string(row, column, value, style)
    else:
        sheet.write_number(row, column, float(value), style)
