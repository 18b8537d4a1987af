"""Paper of a delivered result: an A4 sheet a site, and the leaflet of the sector."""

from foncier.export.sheets.render import PrintedSheets, print_sheets
from foncier.export.sheets.select import FIRST, Choice

__all__ = ["FIRST", "Choice", "PrintedSheets", "print_sheets"]
