"""Reports of a result, one module a kind: note for elected members, densification study, ZAN."""

from foncier.export.report.densification import densification
from foncier.export.report.note import note
from foncier.export.report.write import KINDS, write_report
from foncier.export.report.zan import zan

__all__ = ["KINDS", "densification", "note", "write_report", "zan"]
