"""GeoPackage of a result: layers, metadata, styles, project."""

from foncier.export.geopackage.write import write_geopackage

__all__ = ["write_geopackage"]
