"""A result folder: its one reader, its manifest, and what it says of one site or parcel."""

from foncier.results.descriptions import Description
from foncier.results.explain import Explanation, explain
from foncier.results.layers import Layer
from foncier.results.reader import ResultTables, read_tables

__all__ = ["Description", "Explanation", "Layer", "ResultTables", "explain", "read_tables"]
