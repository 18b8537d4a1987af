"""Readers: one adapter a source, from files to contract tables in the legal metric CRS.

Each row that is repaired, dropped or assumed is counted in the report of its layer.
"""

from foncier.sources.drawn import read_area, read_line, read_lines, read_waypoints
from foncier.sources.registry import AFTER_PARCELS, FORMATS, fingerprint, read
from foncier.sources.terrain import join_reliefs, read_relief
from foncier.sources.truth import no_truth, read_truth

__all__ = [
    "AFTER_PARCELS",
    "FORMATS",
    "fingerprint",
    "join_reliefs",
    "no_truth",
    "read",
    "read_area",
    "read_line",
    "read_lines",
    "read_relief",
    "read_truth",
    "read_waypoints",
]
