"""Outputs: GeoPackage, tables, other formats, map, sheets, reports, data dictionary."""

from foncier.export.tables import opportunities

__all__ = ["opportunities"]
