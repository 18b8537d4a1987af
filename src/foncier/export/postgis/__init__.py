"""A result in a PostGIS database: tables in place, styles and project for QGIS."""

from foncier.export.postgis.write import write_postgis

__all__ = ["write_postgis"]
