"""Readers: one adapter a source, from files to contract tables in the legal metric CRS.

Each row that is repaired, dropped or assumed is counted in the report of its layer.
"""

from foncier.sources.drawn import read_area, read_line, read_waypoints
from foncier.sources.registry import FORMATS, read
from foncier.sources.terrain import join_reliefs, read_relief

__all__ = [
    "FORMATS",
    "join_reliefs",
    "read",
    "read_area",
    "read_line",
    "read_relief",
    "read_waypoints",
]
