"""A report as an OpenDocument text (odfdo), with the styles of a template where one is given."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr
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

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from foncier.export.report.document import Block, Document, Shown
    from foncier.i18n import Lang

STYLES = {
    "title": "Title",
    "subtitle": "Subtitle",
    "body": "Text_20_body",
    "bullet": "foncier_bullet",
    "note": "Caption",
}
PAGE_MM, MARGIN_MM = (210, 297), 20
MASTER = {False: "foncier_portrait", True: "foncier_landscape"}
RIGHT = 'fo:text-align="end"'
# Size in points and side of the texts of cells; weight, colour and ground by state.
CELLS = {"cell": (8, ""), "number": (8, RIGHT), "small": (6.5, ""), "small_number": (6.5, RIGHT)}
STATES = {
    "": ("normal", "#000000", ""),
    "_head": ("bold", "#FFFFFF", HEAD_COLOUR),
    "_total": ("bold", "#000000", TOTAL_COLOUR),
}
FIXED = (
    '<style:style style:name="foncier_bullet" style:family="paragraph" '
    'style:parent-style-name="Text_20_body"><style:paragraph-properties '
    'fo:margin-left="6mm" fo:text-indent="-4mm" fo:margin-bottom="1mm"/></style:style>',
    '<style:style style:name="foncier_caption" style:family="paragraph" '
    'style:parent-style-name="Caption"><style:paragraph-properties '
    'fo:keep-with-next="always"/></style:style>',
    '<style:style style:name="foncier_row" style:family="table-row">'
    '<style:table-row-properties fo:keep-together="always"/></style:style>',
)


def write_odt(document: Document, template: Path | None = None) -> bytes:
    """Write a report as ``.odt``.

    ``template``: its styles (Title, Subtitle, Heading 1 to 3, Text body, Caption) are used, its
    text is left out; its page is that of the first master page.

    Raises
    ------
    ConfigError
        The template is no OpenDocument text.
    """
    book = _opened(template)
    body = book.body
    body.clear()
    for style in _styles(document):
        book.insert_style(style, automatic=True)
    for layout, master in _pages():
        book.insert_style(layout, automatic=True)
        book.insert_style(master)
    _fill(book, document)
    _properties(book, document)
    out = io.BytesIO()
    book.save(out)
    return undated(out.getvalue())


def _opened(template: Path | None) -> Any:
    import odfdo  # noqa: PLC0415 (only for those who ask for a document)

    if template is None:
        book = odfdo.Document("text")
        for level in book.styles.get_elements("//text:outline-level-style"):
            level.set_attribute("style:num-format", "")  # annexes have names, not numbers
            level.del_attribute("style:num-suffix")
        return book
    try:
        book = odfdo.Document(str(template))
        kind = book.get_type()
    except (OSError, BadZipFile, KeyError, ValueError, TypeError) as why:
        raise _no_document(template) from why
    if kind not in ("text", "text-template"):
        raise _no_document(template)
    return book


def _no_document(template: Path) -> ConfigError:
    return ConfigError("export.report_files.template", file=template, format="OpenDocument")


def _element(xml: str) -> Any:
    from odfdo import Element  # noqa: PLC0415

    return Element.from_tag(xml)


def _styles(document: Document) -> Iterator[Any]:
    """Automatic styles of tables and paragraphs; names of their own, so a template keeps its."""
    yield from (_element(one) for one in FIXED)
    yield from _cell_styles()
    for turned, name in MASTER.items():
        yield _element(
            f'<style:style style:name="foncier_turn_{name}" style:family="paragraph" '
            f'style:parent-style-name="Text_20_body" style:master-page-name="{name}"/>'
        )
        yield _element(
            f'<style:style style:name="foncier_table_{name}" style:family="table">'
            f'<style:table-properties style:width="{_inside_mm(turned)}mm" '
            'table:align="left"/></style:style>'
        )
    yield from _column_styles(document)


def _inside_mm(turned: bool) -> int:
    """Width between the margins of a page."""
    return (PAGE_MM[1] if turned else PAGE_MM[0]) - 2 * MARGIN_MM


def _cell_styles() -> Iterator[Any]:
    """Texts and boxes of the cells: of a header, a row, a total."""
    for name, (size, side) in CELLS.items():
        for state, (weight, colour, _) in STATES.items():
            yield _element(
                f'<style:style style:name="foncier_{name}{state}" style:family="paragraph" '
                f'style:parent-style-name="Standard"><style:paragraph-properties {side} '
                'fo:margin-top="0.3mm" fo:margin-bottom="0.3mm"/><style:text-properties '
                f'fo:font-size="{size}pt" fo:font-weight="{weight}" fo:color="{colour}"/>'
                "</style:style>"
            )
    for state, (_, _, fill) in STATES.items():
        back = f'fo:background-color="#{fill}"' if fill else ""
        yield _element(
            f'<style:style style:name="foncier_box{state}" style:family="table-cell">'
            f'<style:table-cell-properties {back} fo:padding="0.6mm" '
            f'fo:border-bottom="0.5pt solid #{RULE_COLOUR}"/></style:style>'
        )


def _column_styles(document: Document) -> Iterator[Any]:
    for table, turned in _with_direction(document):
        inside = _inside_mm(turned)
        fields = table.shown(document.lang).fields
        whole = sum(field.width for field in fields)
        for n, field in enumerate(fields):
            width = inside * field.width / whole
            yield _element(
                f'<style:style style:name="foncier_{table.name}_{n}" '
                'style:family="table-column"><style:table-column-properties '
                f'style:column-width="{width:.2f}mm"/></style:style>'
            )


def _with_direction(document: Document) -> Iterator[tuple[Grid, bool]]:
    """Tables with whether their page is landscape."""
    turned = False
    for block in document.blocks:
        if isinstance(block, Turn):
            turned = block.landscape
        elif isinstance(block, Grid):
            yield block, turned


def _pages() -> Iterator[tuple[Any, Any]]:
    """Page layout and master page of each direction, with the number of the page."""
    for turned, name in MASTER.items():
        wide, high = reversed(PAGE_MM) if turned else PAGE_MM
        direction = "landscape" if turned else "portrait"
        layout = _element(
            f'<style:page-layout style:name="{name}_layout"><style:page-layout-properties '
            f'fo:page-width="{wide}mm" fo:page-height="{high}mm" fo:margin="{MARGIN_MM}mm" '
            f'style:print-orientation="{direction}"/><style:footer-style>'
            '<style:header-footer-properties fo:min-height="8mm"/></style:footer-style>'
            "</style:page-layout>"
        )
        master = _element(
            f'<style:master-page style:name="{name}" style:page-layout-name="{name}_layout">'
            '<style:footer><text:p text:style-name="Standard"><text:page-number '
            'text:select-page="current">1</text:page-number></text:p></style:footer>'
            "</style:master-page>"
        )
        yield layout, master


def _fill(book: Any, document: Document) -> None:
    body, lang, turned = book.body, document.lang, False
    for style, text in opening(document):
        words = xml_text(text, lang)
        body.append(_element(f'<text:p text:style-name="{STYLES[style]}">{words}</text:p>'))
    for n, block in enumerate(document.blocks):
        if isinstance(block, Turn):
            turned = block.landscape
        if isinstance(block, Picture):
            _add_picture(book, block, n)
        for xml in _xml(block, n, lang, turned=turned):
            body.append(_element(xml))


def _xml(block: Block, n: int, lang: Lang, *, turned: bool) -> Iterator[str]:
    if isinstance(block, Heading):
        text = xml_text(block.text, lang)
        style = f"Heading_20_{block.level}"
        yield (
            f'<text:h text:style-name="{style}" text:outline-level="{block.level}">{text}</text:h>'
        )
    elif isinstance(block, Paragraph):
        mark = "•  " if block.style == "bullet" else ""
        text = mark + xml_text(block.text, lang)
        yield f'<text:p text:style-name="{STYLES[block.style]}">{text}</text:p>'
    elif isinstance(block, Grid):
        yield f'<text:p text:style-name="foncier_caption">{xml_text(block.caption, lang)}</text:p>'
        yield _table(block, lang, turned=turned)
        yield '<text:p text:style-name="Text_20_body"/>'
    elif isinstance(block, Picture):
        yield _frame(block, n)
        yield f'<text:p text:style-name="Caption">{xml_text(block.caption, lang)}</text:p>'
    elif isinstance(block, Turn):
        yield f'<text:p text:style-name="foncier_turn_{MASTER[block.landscape]}"/>'


def _add_picture(book: Any, picture: Picture, n: int) -> None:
    name = f"Pictures/foncier{n}.png"
    book.container.set_part(name, picture.png)
    book.manifest.add_full_path(name, "image/png")


def _frame(picture: Picture, n: int) -> str:
    size = f'svg:width="{picture.width_mm}mm" svg:height="{picture.height_mm}mm"'
    return (
        f'<text:p text:style-name="Text_20_body"><draw:frame draw:name="foncier{n}" '
        f'text:anchor-type="as-char" {size}><draw:image xlink:href="Pictures/foncier{n}.png" '
        'xlink:type="simple" xlink:show="embed" xlink:actuate="onLoad"/>'
        f"<svg:desc>{xml_text(picture.alt, 'en')}</svg:desc></draw:frame></text:p>"
    )


def _table(table: Grid, lang: Lang, *, turned: bool) -> str:
    shown = table.shown(lang)
    columns = "".join(
        f'<table:table-column table:style-name="foncier_{table.name}_{n}"/>'
        for n in range(len(shown.fields))
    )
    head = _row(shown.labels, shown, "_head", lang)
    last = len(shown.rows) - 1
    rows = [
        _row(words, shown, "_total" if table.total and n == last else "", lang)
        for n, words in enumerate(shown.rows)
    ]
    name, style = quoteattr(table.name), f"foncier_table_{MASTER[turned]}"
    return (
        f'<table:table table:name={name} table:style-name="{style}">{columns}'
        f"<table:table-header-rows>{head}</table:table-header-rows>{''.join(rows)}</table:table>"
    )


def _row(words: tuple[str, ...], shown: Shown, state: str, lang: Lang) -> str:
    small = len(shown.fields) > MANY_FIELDS
    cells = []
    for text, field in zip(words, shown.fields, strict=True):
        kind = "number" if field.numeric else "cell"
        style = ("small_number" if field.numeric else "small") if small else kind
        cells.append(
            f'<table:table-cell table:style-name="foncier_box{state}" '
            f'office:value-type="string"><text:p text:style-name="foncier_{style}{state}">'
            f"{xml_text(text, lang)}</text:p></table:table-cell>"
        )
    return f'<table:table-row table:style-name="foncier_row">{"".join(cells)}</table:table-row>'


def _properties(book: Any, document: Document) -> None:
    day, meta = day_of(document), book.meta
    meta.set_title(document.title)
    meta.set_creation_date(day)
    meta.set_modification_date(day)
    meta.set_initial_creator(AUTHOR)
    meta.set_creator(AUTHOR)
    meta.set_generator(AUTHOR)
    meta.set_editing_cycles(1)
    book.set_language(LANGUAGES[document.lang])
