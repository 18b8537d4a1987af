"""A report in the formats that people edit: Word, OpenDocument, and a workbook of its tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foncier.export.report.writers.docx import write_docx
from foncier.export.report.writers.odt import write_odt
from foncier.export.report.writers.xlsx import write_xlsx

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from foncier.export.report.document import Document

__all__ = ["editable"]


def editable(document: Document, name: str, templates: Mapping[str, Path]) -> Mapping[str, bytes]:
    """Write a report as ``.docx``, ``.odt`` and ``.xlsx``, by the name of the file.

    ``templates`` are documents whose styles, header and footer are used, by suffix. The same report
    gives the same bytes.
    """
    return {
        f"{name}.docx": write_docx(document, templates.get("docx")),
        f"{name}.odt": write_odt(document, templates.get("odt")),
        f"{name}.xlsx": write_xlsx(document),
    }
