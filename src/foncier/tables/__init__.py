"""Contracts of every table that crosses a floor, in two languages.

The same contract checks the rows, fills the data dictionary, and names the columns on the map,
in the GeoPackage and in the spreadsheet.
"""

from foncier.tables.contract import Column, Table, describe
from foncier.tables.inputs import (
    BUILDINGS,
    CONSTRAINTS,
    ENVELOPE,
    INVENTORY,
    LAND_UNITS,
    OBSERVATIONS,
    PARCELS,
    PLACES,
    POPULATION,
    QUARTER_OUTLINES,
    STREETS,
    VACANCY_RATES,
    ZONES,
)
from foncier.tables.results import (
    ACCESS,
    ACCESS_POINTS,
    ALL_KINDS,
    ASSEMBLIES,
    CANDIDATES,
    EVIDENCE,
    ISOCHRONES,
    LINES,
    QUARTERS,
    REJECTIONS,
    SCORES,
    TESTS,
)

INPUTS = (
    PARCELS, BUILDINGS, STREETS, ZONES, CONSTRAINTS, PLACES, INVENTORY, OBSERVATIONS, POPULATION,
    VACANCY_RATES, ENVELOPE, LAND_UNITS, QUARTER_OUTLINES,
)  # fmt: skip
RESULTS = (
    CANDIDATES,
    EVIDENCE,
    TESTS,
    REJECTIONS,
    ACCESS_POINTS,
    ACCESS,
    SCORES,
    LINES,
    ISOCHRONES,
    QUARTERS,
    ASSEMBLIES,
)

__all__ = [
    "ACCESS", "ACCESS_POINTS", "ALL_KINDS",
    "ASSEMBLIES", "BUILDINGS", "CANDIDATES", "CONSTRAINTS", "ENVELOPE",
    "EVIDENCE", "INPUTS", "INVENTORY", "ISOCHRONES", "LAND_UNITS", "LINES",
    "OBSERVATIONS", "PARCELS", "PLACES", "POPULATION", "QUARTERS",
    "QUARTER_OUTLINES", "REJECTIONS", "RESULTS", "SCORES",
    "STREETS", "TESTS", "VACANCY_RATES", "ZONES",
    "Column", "Table", "describe",
]  # fmt: skip
