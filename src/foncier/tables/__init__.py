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
    PRICES,
    QUARTER_OUTLINES,
    STREETS,
    TRANSIT,
    VACANCY_RATES,
    ZONES,
)
from foncier.tables.results import (
    ACCESS,
    ACCESS_POINTS,
    ALL_KINDS,
    ASSEMBLIES,
    CANDIDATES,
    EFFORT,
    EVIDENCE,
    ISOCHRONES,
    LINES,
    MATCH_CHECKS,
    MATCHES,
    MUTABILITY,
    MUTABILITY_FACTS,
    QUARTERS,
    REJECTIONS,
    SCORES,
    TESTS,
    WHAT_IF,
)

INPUTS = (
    PARCELS, BUILDINGS, STREETS, ZONES, CONSTRAINTS, PLACES, INVENTORY, OBSERVATIONS, POPULATION,
    VACANCY_RATES, ENVELOPE, LAND_UNITS, QUARTER_OUTLINES, PRICES,
    TRANSIT,
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
    MUTABILITY,
    MUTABILITY_FACTS,
    EFFORT,
    MATCHES,
    MATCH_CHECKS,
    WHAT_IF,
    ASSEMBLIES,
)

__all__ = [
    "ACCESS", "ACCESS_POINTS", "ALL_KINDS", "ASSEMBLIES", "BUILDINGS", "CANDIDATES", "CONSTRAINTS",
    "EFFORT", "ENVELOPE", "EVIDENCE", "INPUTS", "INVENTORY", "ISOCHRONES", "LAND_UNITS", "LINES",
    "MATCHES", "MATCH_CHECKS", "MUTABILITY", "MUTABILITY_FACTS", "OBSERVATIONS", "PARCELS",
    "PLACES", "POPULATION", "PRICES", "QUARTERS", "QUARTER_OUTLINES", "REJECTIONS", "RESULTS",
    "SCORES", "STREETS", "TESTS", "TRANSIT", "VACANCY_RATES", "WHAT_IF", "ZONES",
    "Column", "Table", "describe",
]  # fmt: skip
