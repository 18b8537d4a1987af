"""Reports of a result, one module a kind: ``note`` is a page for elected members."""

from foncier.export.report.note import note
from foncier.export.report.write import KINDS, write_report

__all__ = ["KINDS", "note", "write_report"]
