"""What the formats share: zips without dates, texts without controls, day, colours."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from foncier.export.sheets.typography import printable
from foncier.i18n import format_value, localize

if TYPE_CHECKING:
    from foncier.export.report.document import Document
    from foncier.i18n import Lang

EPOCH = (1980, 1, 1, 0, 0, 0)  # the first date of a zip
FIRST = ("mimetype", "[Content_Types].xml")
LONGEST = 2000
HEAD_COLOUR, RULE_COLOUR, TOTAL_COLOUR = "1F4E5F", "B7C4CA", "EAF0F2"
UNDATED = dt.datetime(2000, 1, 1)  # noqa: DTZ001 (documents have no time zone)
LANGUAGES = {"fr": "fr-FR", "en": "en-GB"}
MANY_FIELDS = 10  # a table with more columns is set in small print
AUTHOR = "foncier"


def day_of(document: Document) -> dt.datetime:
    """Day that the properties of a file state."""
    return UNDATED if document.day is None else dt.datetime.combine(document.day, dt.time())


def opening(document: Document) -> tuple[tuple[str, str], ...]:
    """Style and text of the lines before the first block: title, subtitle, edition if dated."""
    lang = document.lang
    lines = [("title", document.title), ("subtitle", document.subtitle)]
    if document.day is not None:
        day = format_value(document.day, "day", lang)
        lines.append(("body", localize("export.report_files.edition", lang, day=day)))
    return tuple(lines)


def xml_text(text: str, lang: Lang) -> str:
    """Text of the data for XML: one line, no controls, escaped."""
    return escape(printable(text, lang=lang, limit=LONGEST).replace("\u200b", ""))


def undated(package: bytes) -> bytes:
    """Zip with the same members in a fixed order and without dates: the same bytes each time."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as source, zipfile.ZipFile(out, "w") as target:
        names = source.namelist()
        first = [name for name in FIRST if name in names]
        for name in (*first, *sorted(set(names) - set(first))):
            info = zipfile.ZipInfo(name, EPOCH)
            stored = name == FIRST[0]  # OpenDocument: the type can be read without unpacking
            info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            target.writestr(info, source.read(name))
    return out.getvalue()
