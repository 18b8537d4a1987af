"""Readers: one adapter a source, from files to contract tables in the legal metric CRS.

Each row that is repaired, dropped or assumed is counted in the report of its layer.
"""

from foncier.sources.drawn import read_area, read_line, read_lines, read_waypoints
from foncier.sources.registry import FORMATS, read

__all__ = ["FORMATS", "read", "read_area", "read_line", "read_lines", "read_waypoints"]
