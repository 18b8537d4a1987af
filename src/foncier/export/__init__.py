"""Everything that leaves foncier: GeoPackage, flat files, manifest, map, data dictionary."""

from foncier.export.tables import opportunities

__all__ = ["opportunities"]
