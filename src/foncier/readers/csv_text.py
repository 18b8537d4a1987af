"""CSV as people have it: any encoding, ``sep=`` lines, trailing separators, odd lines.

Every CSV that foncier reads is read here (`foncier.readers.files.rows`); the tables of a GTFS feed,
which has one encoding and one separator, are not.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from typing import TYPE_CHECKING

import pandas as pd

from foncier.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from foncier.readers.report import Journal

BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins with that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Encodings of one byte a character, the usual one first, with the name that a reader knows.
OLD_ENCODINGS = {"cp1252": "Windows-1252", "mac_roman": "Mac Roman", "cp850": "MS-DOS (850)"}
FRENCH = frozenset("éèêëàâäîïôöùûüÿçœæÉÈÊËÀÂÎÏÔÙÛÜÇŒ«»’‘“”–—…€°²³§·\xa0")
ASCII = bytes(range(128))
SNIFFED_BYTES = 1 << 16
SEPARATORS = ";,\t|"
SEPARATOR_LINE = re.compile(r'"?sep=(?P<separator>.)"?[;,\t|]*\s*', re.IGNORECASE)
LINE_END = re.compile(r"\r\n|\n|\r")
QUOTED = re.compile(r'"[^"]*"')
FORMULA = re.compile(r'^="(.*)"$', re.DOTALL)  # text that Excel is kept from changing
TITLE_LINES, TITLED_COLUMNS = 20, 3
WORKBOOKS = (b"PK", b"\xd0\xcf\x11\xe0")
MAX_COLUMNS = 2000  # the widest register has two hundred
csv.field_size_limit(2**31 - 1)  # the outline of a site in a cell is longer than the default


def decode(data: bytes, shown: str, journal: Journal) -> str:
    """Text of a file: by its byte order mark, else UTF-8, else that of an old encoding.

    UTF-16 without a mark has a zero in every second byte. Of the encodings of one byte that in
    which the bytes above 127 are letters of French is taken, with a note; Windows-1252 in doubt.

    Raises
    ------
    FormatError
        A workbook or an archive, not a text.

    Examples
    --------
    >>> from foncier.readers.report import Journal
    >>> decode("Bâtiment à l'état".encode("mac_roman"), "a.csv", Journal())
    "Bâtiment à l'état"
    """
    if data.startswith(WORKBOOKS):
        raise FormatError("readers.files.not_csv", path=shown)
    wide = next((name for mark, name in BOMS if data.startswith(mark)), None) or _wide(data)
    if wide is not None and wide != "utf-8":
        journal.add("assumed", 1, "readers.csv_text.encoding", name=wide.upper()[:6])
        return data.decode(wide, "replace").removeprefix("\ufeff")
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        mixed = _mixed(data)
        name = old_encoding(data)
    if mixed is not None:
        text, lines = mixed
        journal.add("assumed", lines, "readers.csv_text.mixed_encodings")
        return text
    journal.add("assumed", 1, "readers.csv_text.encoding", name=OLD_ENCODINGS[name])
    try:
        return data.decode(name)
    except UnicodeDecodeError:  # five bytes are undefined in Windows-1252, none in Latin-1
        return data.decode("latin-1")


def _mixed(data: bytes) -> tuple[str, int] | None:
    """Text of a file that is UTF-8 but for a few lines, and how many; None for any other file.

    Files of two programs that were put together. The other lines are in an encoding of one byte.
    """
    lines = data.split(b"\n")
    texts: list[str | None] = [_utf8(line) for line in lines]
    odd = [n for n, text in enumerate(texts) if text is None]
    accents = sum(text is not None and not text.isascii() for text in texts)
    if accents < len(odd):
        return None
    name = old_encoding(b"".join(lines[n] for n in odd))
    others = {n: lines[n].decode(name, "replace") for n in odd}
    whole = (others.get(n, text) or "" for n, text in enumerate(texts))
    return "\n".join(whole), len(odd)


def _utf8(line: bytes) -> str | None:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _wide(data: bytes) -> str | None:
    """UTF-16 of a text without a byte order mark, None for any other text."""
    start = data[:SNIFFED_BYTES]
    half = len(start) // 2
    for first, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        if half and start[first::2].count(0) > half * 0.6 and not start[1 - first :: 2].count(0):
            return name
    return None


def old_encoding(data: bytes) -> str:
    """Encoding of one byte a character in which most letters are French."""
    letters = data.translate(None, ASCII)[:SNIFFED_BYTES]

    def french(name: str) -> int:
        return sum(letter in FRENCH for letter in letters.decode(name, "replace"))

    return max(OLD_ENCODINGS, key=french)


def table(text: str, shown: str, journal: Journal) -> pd.DataFrame:
    r"""Rows of a CSV, every cell as text, ``""`` where the line is shorter than the header.

    The separator is that of a first line ``sep=;``, else the most frequent one of the header. Lines
    of one cell before the header are a title, with a note. Empty cells beyond the header are none;
    a line with other cells there is set aside and listed. A cell ``="…"`` is the text in it.

    Raises
    ------
    FormatError
        No header, too many columns, or most lines have more cells than the header.

    Examples
    --------
    >>> from foncier.readers.report import Journal
    >>> table("sep=;\na;b\n1;2;\n", "a.csv", Journal()).to_dict("records")
    [{'a': '1', 'b': '2'}]
    """
    text, separator = _header(text.replace("\ufeff", ""), shown, journal)
    try:
        rows = _parsed(text, separator)
        # With a longer first row pandas takes the first cells as an index: columns are shifted.
        whole = isinstance(rows.index, pd.RangeIndex)
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as reason:
        if isinstance(reason, pd.errors.EmptyDataError):
            raise FormatError("readers.files.bad_csv", path=shown, why=str(reason)) from reason
        whole, open_quote = False, "inside string" in str(reason)
    else:
        open_quote = False
    if not whole:
        even = _even_lines(text, separator, shown, journal, open_quote=open_quote)
        rows = _parsed(even, separator)
    rows = rows.fillna("")
    nameless = [name for name in rows if str(name).startswith("Unnamed: ")]
    rows = rows.drop(columns=[name for name in nameless if (rows[name].str.strip() == "").all()])
    if '="' in text:
        rows = rows.apply(lambda cells: cells.str.replace(FORMULA, r"\1", regex=True))
    return rows.rename(columns=lambda name: FORMULA.sub(r"\1", str(name).strip()))


def _header(text: str, shown: str, journal: Journal) -> tuple[str, str]:
    """Text from its header on, and its separator."""
    text = text.lstrip("\r\n")
    first, *rest = LINE_END.split(text, maxsplit=1)
    stated = SEPARATOR_LINE.fullmatch(first)
    if stated is not None:
        return (rest[0] if rest else ""), stated["separator"]
    titles, text = _title_lines(text)
    journal.add("dropped", titles, "readers.csv_text.title")
    header = QUOTED.sub("", LINE_END.split(text, maxsplit=1)[0])
    separator = max(SEPARATORS, key=header.count)
    if header.count(separator) >= MAX_COLUMNS:
        raise FormatError("readers.files.too_many_columns", path=shown, most=MAX_COLUMNS)
    return text, separator


def _title_lines(text: str) -> tuple[int, str]:
    """Count the lines of one cell before the header, and return the text from the header on.

    A table of less than three columns has no title.
    """
    *lines, rest = LINE_END.split(text, maxsplit=TITLE_LINES)
    titles = 0
    for n, line in enumerate(lines):
        separator = max(SEPARATORS, key=QUOTED.sub("", line).count)
        filled = sum(bool(cell.strip(' "')) for cell in line.split(separator))
        if filled > 1 or line.count('"') % 2:
            whole = filled >= TITLED_COLUMNS or not titles  # without titles, blank lines only
            return (titles, "\n".join([*lines[n:], rest])) if whole and n else (0, text)
        titles += filled
    return 0, text


def _parsed(text: str, separator: str) -> pd.DataFrame:
    return pd.read_csv(
        io.StringIO(text), sep=separator, dtype=str, keep_default_na=False, na_filter=False
    )


def _even_lines(
    text: str, separator: str, shown: str, journal: Journal, *, open_quote: bool
) -> str:
    """CSV with as many cells a line as in the header; lines with more are set aside.

    Where a quote is never closed, quotes are taken as they are: they do not join lines.
    """
    source = io.StringIO(LINE_END.sub("\n", text), newline="")
    lines = csv.reader(
        source,
        delimiter=separator,
        quoting=csv.QUOTE_NONE if open_quote else csv.QUOTE_MINIMAL,
    )
    out = io.StringIO(newline="")
    write = csv.writer(out, delimiter=separator, lineterminator="\n")
    kept, odd = 0, []
    width = 0
    for number, cells in _without_blank_ends(lines):
        cells = [cell.strip('"') for cell in cells] if open_quote else cells  # noqa: PLW2901
        width = width or len(cells)
        if len(cells) > width:
            odd.append(str(number))
            continue
        kept += 1
        write.writerow(cells + [""] * (width - len(cells)))
    if len(odd) >= kept:  # the header is one of the kept lines
        raise FormatError("readers.files.ragged_csv", path=shown)
    journal.add("dropped", len(odd), "readers.csv_text.ragged_lines", lines=odd)
    return out.getvalue()


def _without_blank_ends(lines: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of each line that is not blank, up to its last cell with a text."""
    for number, cells in enumerate(lines, start=1):
        last = next((n for n in range(len(cells), 0, -1) if cells[n - 1].strip()), 0)
        if last:
            yield number, cells[:last]
