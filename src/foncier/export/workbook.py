"""The result as an Excel workbook: sheets to filter and sort, and their dictionary."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pandas as pd

from foncier.errors import ExportError
from foncier.i18n import Localized

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import xlsxwriter  # type: ignore[import-untyped]
    from xlsxwriter.format import Format  # type: ignore[import-untyped]
    from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

    from foncier.results import Layer, SavedResult

# Layer, and the name of its sheet (31 characters at most).
SHEETS = (
    ("opportunites", Localized("Opportunités", "Opportunities")),
    ("indices", Localized("Preuves", "Evidence")),
    ("acces_detail", Localized("Accès", "Access")),
    ("scores_par_critere", Localized("Scores", "Scores")),
    ("parcelles_ecartees", Localized("Rejets", "Rejections")),
    ("quartiers", Localized("Potentiel par quartier", "Potential by quarter")),
    ("couches", Localized("Sources", "Sources")),
    ("manques", Localized("Manques", "Missing")),
)
READ_ME, DICTIONARY = Localized("À lire", "Read me"), Localized("Dictionnaire", "Dictionary")
ROWS = 1_048_575  # of a sheet, less its header (limits of Excel)
CHARACTERS = 32_767  # of a cell
WIDEST, NARROWEST, LOOKED_AT = 48, 9, 300
UNDATED = dt.datetime(2000, 1, 1)  # noqa: DTZ001 (a spreadsheet has no time zone)
HEADS = Localized("Couche|Colonne|Nom|Ce qu'elle contient", "Layer|Column|Name|What it holds")
FICTIONAL = Localized("DONNÉES FICTIVES", "FICTIONAL DATA")
CAUTION = Localized(
    "Une opportunité est une piste à vérifier sur le terrain. Une cellule vide veut dire inconnu, "
    "jamais zéro.",
    "An opportunity is a lead to be checked on the ground. An empty cell means unknown, never "
    "zero.",
)
TOO_LONG = Localized(
    "trop de lignes pour un tableur ({rows})\u00a0: voir le GeoPackage",
    "too many rows for a spreadsheet ({rows}): see the GeoPackage",
)


def write_workbook(result: SavedResult, path: Path) -> None:
    """Write the tables of a result as an Excel workbook, in the language of the result.

    Each sheet has a frozen header with units, a filter, and widths that fit; numbers and dates
    are numbers and dates. Text is written as text, so that nothing in it runs as a formula. Coded
    values are in words. The last sheet says what each column holds. The same result gives the
    same bytes.

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

    try:
        _write_book(result, path)
    except (XlsxFileError, OSError) as reason:
        raise ExportError(
            f"{path.name}\u00a0: le classeur n'a pas pu être écrit ({reason}). Vérifiez la place "
            "sur le disque, le droit d'écrire dans ce dossier, et qu'aucun tableur ne tient le "
            "fichier ouvert."
        ) from reason


def _write_book(result: SavedResult, path: Path) -> None:
    import xlsxwriter  # noqa: PLC0415 (only for those who ask for a workbook)

    day = _midnight(result.edition) if result.edition else UNDATED
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(path, options) as book:
        book.set_properties({"title": result.title, "author": "foncier", "created": day})
        book.set_size(2400, 1600)
        formats = _formats(book, result.lang)
        shown = [
            (layer, title[result.lang])
            for name, title in SHEETS
            if (layer := result.layer(name)) is not None
        ]
        _read_me(book.add_worksheet(READ_ME[result.lang]), result, shown, formats)
        for layer, title in shown:
            if len(layer.frame) <= ROWS:
                _sheet(book.add_worksheet(title), result, layer, formats)
        _dictionary(book.add_worksheet(DICTIONARY[result.lang]), result, formats)


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time())


def _formats(book: xlsxwriter.Workbook, lang: str) -> dict[str, Format]:
    day = "dd/mm/yyyy" if lang == "fr" else "yyyy-mm-dd"
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
        "date": {"num_format": day, "align": "left"},
        "share": {"num_format": "0.00"},
        "number": {"num_format": "#,##0.##"},
        "whole": {"num_format": "#,##0"},
        "count": {"num_format": "0"},
    }
    return {name: book.add_format(asked) for name, asked in kinds.items()}


def _read_me(
    sheet: Worksheet,
    result: SavedResult,
    shown: list[tuple[Layer, str]],
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
    sheet.write_string(row, 0, "Édition" if lang == "fr" else "Edition", formats["bold"])
    if result.edition:
        day = _midnight(result.edition)
        sheet.write_datetime(row, 1, day, formats["date"])
    row += 1
    sheet.write_string(row, 0, CAUTION[lang])
    for layer, title in shown:
        row += 1
        rows = len(layer.frame)
        said = f"{rows:,}".replace(",", "\u202f" if lang == "fr" else ",")
        sheet.write_string(row, 0, title, formats["bold"])
        words = f"{layer.title[lang]} – {said}"
        sheet.write_string(row, 1, words if rows <= ROWS else TOO_LONG[lang].format(rows=said))


def _sheet(sheet: Worksheet, result: SavedResult, layer: Layer, formats: dict[str, Format]) -> None:
    heads = [column.fr for column in layer.columns]
    words = result.descriptions[layer.name].words
    columns = [_cells(layer.frame[c.name], c.kind, words.get(c.name, {})) for c in layer.columns]
    styles = [formats[_format(c.kind, c.fr)] for c in layer.columns]
    for i, (head, cells) in enumerate(zip(heads, columns, strict=True)):
        sheet.set_column(i, i, _width(head, cells), styles[i])
    _head(sheet, heads, len(layer.frame), formats)
    kinds = [column.kind for column in layer.columns]
    for number, row in enumerate(zip(*columns, strict=True), start=1):
        for i, value in enumerate(row):
            if value is not None:
                _write(sheet, (number, i), value, kind=kinds[i], style=styles[i])


def _cells(values: pd.Series[Any], kind: str, words: Any) -> list[Any]:
    """Plain values, None where unknown; coded ones in words."""
    if words:
        values = values.map(lambda code: words.get(code, code), na_action="ignore")
    if kind == "date":
        values = pd.to_datetime(values)
        return [None if pd.isna(v) else v.to_pydatetime() for v in values]
    return [None if pd.isna(value) else value for value in values.tolist()]


def _format(kind: str, head: str) -> str:
    if kind != "number":
        return {"text": "text", "date": "date", "count": "count", "yes_no": "text"}[kind]
    if "0 à 1" in head or "0 to 1" in head:
        return "share"
    return "whole" if "(m²)" in head or "(m)" in head else "number"


def _write(
    sheet: Worksheet, place: tuple[int, int], value: Any, *, kind: str, style: Format
) -> None:
    row, column = place
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
            for cell, _ in zip(cells, range(LOOKED_AT), strict=False)
            if isinstance(cell, str)
        ),
        default=0,
    )
    words = max(len(word) for word in head.split()) if head else 0
    return min(max(longest, words + 3, len(head) / 2.5, NARROWEST), WIDEST)


def _dictionary(sheet: Worksheet, result: SavedResult, formats: dict[str, Format]) -> None:
    heads = HEADS[result.lang].split("|")
    rows = [
        (one.name, c.name, c.fr, one.comments.get(c.name, ""))
        for one in result.descriptions.values()
        for c in one.columns
    ]
    for i, width in enumerate((22, 24, 42, 96)):
        sheet.set_column(i, i, width, formats["wrap"])
    _head(sheet, heads, len(rows), formats)
    for number, row in enumerate(rows, start=1):
        for i, text in enumerate(row):
            sheet.write_string(number, i, text[:CHARACTERS], formats["wrap"])
