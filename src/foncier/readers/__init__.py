"""Readers: one function per data set, from files to contract tables in the legal metric CRS.

Rows that are repaired, dropped or assumed are counted in the report of their layer.
"""

from foncier.readers.construction_years import read_construction_years
from foncier.readers.files import no_choice
from foncier.readers.ground_truth import no_truth, read_truth, read_visits
from foncier.readers.registry import (
    AFTER_PARCELS,
    FORMATS,
    fingerprint,
    formats,
    read,
    register_format,
)
from foncier.readers.report import Journal
from foncier.readers.several_files import stack
from foncier.readers.study_geometry import (
    read_area,
    read_line,
    read_lines,
    read_waypoints,
)

__all__ = [
    "AFTER_PARCELS",
    "FORMATS",
    "Journal",
    "fingerprint",
    "formats",
    "no_choice",
    "no_truth",
    "read",
    "read_area",
    "read_construction_years",
    "read_line",
    "read_lines",
    "read_truth",
    "read_visits",
    "read_waypoints",
    "register_format",
    "stack",
]
