"""From tables to candidates, each with its evidence, and to rejected parcels with their reason."""

from foncier.detect.buildings import find_buildings
from foncier.detect.context import SpatialContext, uncovered_communes
from foncier.detect.friches import find_friches
from foncier.detect.plots import PLOT_TABLES, Plots, find_plots
from foncier.detect.rule_engine import fabric_radius_m, rules_radius_m

__all__ = [
    "PLOT_TABLES",
    "Plots",
    "SpatialContext",
    "fabric_radius_m",
    "find_buildings",
    "find_friches",
    "find_plots",
    "rules_radius_m",
    "uncovered_communes",
]
