"""What the two formats of documents share: a zip without dates, texts without controls."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from foncier.export.sheets.typography import printable

if TYPE_CHECKING:
    from foncier.i18n import Lang

EPOCH = (1980, 1, 1, 0, 0, 0)  # the first date of a zip
FIRST = ("mimetype", "[Content_Types].xml")
LONGEST = 2000
HEAD_COLOUR, RULE_COLOUR, TOTAL_COLOUR = "1F4E5F", "B7C4CA", "EAF0F2"

__all__ = ["HEAD_COLOUR", "RULE_COLOUR", "TOTAL_COLOUR", "quoteattr", "undated", "xml_text"]


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
