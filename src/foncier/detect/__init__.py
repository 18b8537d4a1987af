"""From tables to candidates, each with its evidence, and to rejected parcels with their reason."""

from foncier.detect.buildings import find_buildings
from foncier.detect.coverage import lacking
from foncier.detect.friches import find_friches
from foncier.detect.funnel import fabric_reach_m, reach_m
from foncier.detect.ground import Ground
from foncier.detect.plots import PLOT_TABLES, Plots, find_plots

__all__ = [
    "PLOT_TABLES",
    "Ground",
    "Plots",
    "fabric_reach_m",
    "find_buildings",
    "find_friches",
    "find_plots",
    "lacking",
    "reach_m",
]
