"""The opportunity map: one self-contained HTML file that opens without a network."""

from foncier.export.webmap.page import write_map

__all__ = ["write_map"]
