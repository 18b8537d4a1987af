"""Reports of a result, one module a kind: the note for elected members, the densification study."""

from foncier.export.report.densification import densification
from foncier.export.report.note import note
from foncier.export.report.write import KINDS, write_report

__all__ = ["KINDS", "densification", "note", "write_report"]
