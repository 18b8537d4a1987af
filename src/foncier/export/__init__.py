"""Everything that leaves foncier: GeoPackage, flat files, manifest, map, data dictionary."""

from foncier.export.wide import opportunities

__all__ = ["opportunities"]
