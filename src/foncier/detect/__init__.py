"""Detection: from tables to candidates with their evidence, and rejected parcels with a reason."""

from foncier.detect.buildings import find_buildings
from foncier.detect.context import SpatialContext, uncovered_communes
from foncier.detect.friches import find_friches
from foncier.detect.measures import (
    Measure,
    current_params,
    find_measure,
    known_measures,
    register_measure,
)
from foncier.detect.plots import PLOT_TABLES, Plots, find_plots
from foncier.detect.rule_engine import check_rule, fabric_radius_m, rules_radius_m

__all__ = [
    "PLOT_TABLES",
    "Measure",
    "Plots",
    "SpatialContext",
    "check_rule",
    "current_params",
    "fabric_radius_m",
    "find_buildings",
    "find_friches",
    "find_measure",
    "find_plots",
    "known_measures",
    "register_measure",
    "rules_radius_m",
    "uncovered_communes",
]
