"""A report as a Word document (python-docx), with the styles of a template where one is given."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

from foncier.errors import ConfigError
from foncier.export.report.document import Grid, Heading, Paragraph, Picture, Turn
from foncier.export.report.writers.package import (
    AUTHOR,
    HEAD_COLOUR,
    LANGUAGES,
    MANY_FIELDS,
    RULE_COLOUR,
    TOTAL_COLOUR,
    day_of,
    opening,
    undated,
    xml_text,
)
from foncier.export.sheets.typography import printable

if TYPE_CHECKING:
    from pathlib import Path

    from foncier.export.report.document import Block, Document, Shown
    from foncier.i18n import Lang

STYLES = {
    "title": "Title",
    "subtitle": "Subtitle",
    "body": "Normal",
    "bullet": "List Bullet",
    "note": "Caption",
}
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
MARGIN_MM = 20.0
CELL_SIZE, SMALL_SIZE = 16, 13  # half points


def write_docx(document: Document, template: Path | None = None) -> bytes:
    """Write a report as ``.docx``.

    ``template``: its styles (Title, Subtitle, Heading 1 to 3, Normal, List Bullet, Caption), page,
    header and footer are used, its text is left out. A style that it lacks is the normal one.

    Raises
    ------
    ConfigError
        The template is no Word document.
    """
    book = _opened(template)
    _properties(book, document)
    for style, text in opening(document):
        _add(book, printable(text, lang=document.lang), STYLES[style])
    for block in document.blocks:
        _block(book, block, document.lang)
    out = io.BytesIO()
    book.save(out)
    return undated(out.getvalue())


def _opened(template: Path | None) -> Any:
    import docx  # noqa: PLC0415 (only for those who ask for a document)
    from docx.opc.exceptions import PackageNotFoundError  # noqa: PLC0415
    from docx.shared import Mm  # noqa: PLC0415

    if template is None:
        book = docx.Document()
        for section in book.sections:
            section.page_width, section.page_height = Mm(210), Mm(297)
            section.left_margin = section.right_margin = Mm(MARGIN_MM)
            section.top_margin = section.bottom_margin = Mm(MARGIN_MM)
            _number_pages(section)
        return book
    try:
        book = docx.Document(str(template))
    except (PackageNotFoundError, BadZipFile, KeyError, ValueError, OSError) as why:
        raise ConfigError("export.report_files.template", file=template, format="Word") from why
    body = book.element.body
    for child in list(body)[:-1]:
        body.remove(child)
    return book


def _number_pages(section: Any) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH  # noqa: PLC0415
    from docx.oxml import parse_xml  # noqa: PLC0415

    line = section.footer.paragraphs[0]
    line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    line._p.append(
        parse_xml(
            f'<w:fldSimple xmlns:w="{W}" w:instr="PAGE"><w:r><w:t>1</w:t></w:r></w:fldSimple>'
        )
    )


def _properties(book: Any, document: Document) -> None:
    known = book.core_properties
    known.title, known.author, known.language = document.title, AUTHOR, document.lang
    known.created = known.modified = day_of(document)
    known.last_modified_by, known.revision, known.comments = AUTHOR, 1, ""
    for one in book.styles.element.iter(f"{{{W}}}lang"):
        one.set(f"{{{W}}}val", LANGUAGES[document.lang])


def _add(book: Any, text: str, style: str) -> Any:
    known = {one.name for one in book.styles}
    return book.add_paragraph(text, style=style if style in known else None)


def _block(book: Any, block: Block, lang: Lang) -> None:
    if isinstance(block, Heading):
        _add(book, printable(block.text, lang=lang), f"Heading {block.level}")
    elif isinstance(block, Paragraph):
        _add(book, printable(block.text, lang=lang, limit=4000), STYLES[block.style])
    elif isinstance(block, Grid):
        _table(book, block, lang)
    elif isinstance(block, Picture):
        _picture(book, block, lang)
    elif isinstance(block, Turn):
        _turn(book, block)


def _picture(book: Any, picture: Picture, lang: Lang) -> None:
    from docx.shared import Mm  # noqa: PLC0415

    shape = book.add_picture(io.BytesIO(picture.png), width=Mm(picture.width_mm))
    shape._inline.docPr.set("descr", picture.alt)
    book.paragraphs[-1].paragraph_format.keep_with_next = True
    _add(book, printable(picture.caption, lang=lang), "Caption")


def _turn(book: Any, turn: Turn) -> None:
    from docx.enum.section import WD_ORIENT, WD_SECTION  # noqa: PLC0415

    section = book.add_section(WD_SECTION.NEW_PAGE)
    wide = section.page_width > section.page_height
    if wide != turn.landscape:
        section.page_width, section.page_height = section.page_height, section.page_width
    section.orientation = WD_ORIENT.LANDSCAPE if turn.landscape else WD_ORIENT.PORTRAIT


def _table(book: Any, table: Grid, lang: Lang) -> None:
    """Append a table as XML: cell by cell python-docx takes seconds for a thousand rows."""
    from docx.oxml import parse_xml  # noqa: PLC0415

    caption = _add(book, printable(table.caption, lang=lang), "Caption")
    caption.paragraph_format.keep_with_next = True
    shown = table.shown(lang)
    section = book.sections[-1]
    inside = (section.page_width - section.left_margin - section.right_margin) / 635  # twips
    whole = sum(field.width for field in shown.fields)
    widths = [int(inside * field.width / whole) for field in shown.fields]
    size = SMALL_SIZE if len(shown.fields) > MANY_FIELDS else CELL_SIZE
    rows = [_row(shown.labels, shown, widths, size, lang, head=True)]
    last = len(shown.rows) - 1
    for n, words in enumerate(shown.rows):
        rows.append(_row(words, shown, widths, size, lang, total=table.total and n == last))
    columns = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    xml = (
        f'<w:tbl xmlns:w="{W}"><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/>'
        f'<w:tblBorders>{_borders()}</w:tblBorders><w:tblLayout w:type="fixed"/>'
        '<w:tblCellMar><w:left w:w="60" w:type="dxa"/><w:right w:w="60" w:type="dxa"/>'
        f"</w:tblCellMar></w:tblPr><w:tblGrid>{columns}</w:tblGrid>{''.join(rows)}</w:tbl>"
    )
    body = book.element.body
    body.insert(len(body) - 1, parse_xml(xml))
    _add(book, "", "Normal")


def _borders() -> str:
    sides = ("top", "bottom", "insideH")
    return "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="{RULE_COLOUR}"/>' for side in sides
    )


def _row(
    words: tuple[str, ...],
    shown: Shown,
    widths: list[int],
    size: int,
    lang: Lang,
    *,
    head: bool = False,
    total: bool = False,
) -> str:
    fill = HEAD_COLOUR if head else TOTAL_COLOUR if total else ""
    shade = f'<w:shd w:val="clear" w:color="auto" w:fill="{fill}"/>' if fill else ""
    strong = "<w:b/>" if head or total else ""
    colour = '<w:color w:val="FFFFFF"/>' if head else ""
    run = f'<w:rPr>{strong}{colour}<w:sz w:val="{size}"/></w:rPr>'
    cells = []
    for text, field, width in zip(words, shown.fields, widths, strict=True):
        side = '<w:jc w:val="right"/>' if field.numeric else ""
        cells.append(
            f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{shade}</w:tcPr><w:p><w:pPr>'
            f'<w:spacing w:before="20" w:after="20"/>{side}</w:pPr><w:r>{run}'
            f'<w:t xml:space="preserve">{xml_text(text, lang)}</w:t></w:r></w:p></w:tc>'
        )
    repeat = "<w:tblHeader/>" if head else ""
    return f"<w:tr><w:trPr><w:cantSplit/>{repeat}</w:trPr>{''.join(cells)}</w:tr>"
