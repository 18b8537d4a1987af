"""What a PDF says."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from pypdf import PdfReader

if TYPE_CHECKING:
    from pathlib import Path


def pages(pdf: bytes | Path) -> list[str]:
    """Text of each page of a PDF, blanks and line ends as one blank."""
    reader = PdfReader(BytesIO(pdf) if isinstance(pdf, bytes) else pdf)
    texts = [page.extract_text().replace("\u200b", "") for page in reader.pages]
    return [" ".join(one.split()) for one in texts]
