"""Paper of a delivered result: an A4 sheet a site, and the leaflet of the sector."""

from foncier.export.sheets.choosing import FIRST, Choice
from foncier.export.sheets.printing import Printed, print_sheets

__all__ = ["FIRST", "Choice", "Printed", "print_sheets"]
