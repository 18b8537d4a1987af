"""Detection: from tables to candidates with their evidence, and rejected parcels with a reason."""

from foncier.detect.artificial_land import artificialised_share
from foncier.detect.buildings import find_buildings
from foncier.detect.capacity import bound_capacity
from foncier.detect.context import SpatialContext, uncovered_communes
from foncier.detect.deduplicate import count_land_once
from foncier.detect.evidence import Detection, signal_of
from foncier.detect.friches import find_friches
from foncier.detect.measures import (
    Measure,
    current_params,
    find_measure,
    known_measures,
    register_measure,
)
from foncier.detect.mutable_plots import mutable_plots, with_sites
from foncier.detect.owners import owner_columns, owner_evidence, public_units
from foncier.detect.past import Past, as_one_piece, parcel_ids, past_ground
from foncier.detect.permits import (
    demolition_observations,
    permit_columns,
    permit_evidence,
    permits_on,
)
from foncier.detect.planning import prescription_columns, prescription_evidence, prescriptions_on
from foncier.detect.plot_confidence import FEATURES, plot_features
from foncier.detect.plots import PLOT_TABLES, Plots, find_plots
from foncier.detect.rule_engine import (
    check_rule,
    fabric_radius_m,
    pass_each_rule,
    rules_radius_m,
)

__all__ = [
    "FEATURES",
    "PLOT_TABLES",
    "Detection",
    "Measure",
    "Past",
    "Plots",
    "SpatialContext",
    "artificialised_share",
    "as_one_piece",
    "bound_capacity",
    "check_rule",
    "count_land_once",
    "current_params",
    "demolition_observations",
    "fabric_radius_m",
    "find_buildings",
    "find_friches",
    "find_measure",
    "find_plots",
    "known_measures",
    "mutable_plots",
    "owner_columns",
    "owner_evidence",
    "parcel_ids",
    "pass_each_rule",
    "past_ground",
    "permit_columns",
    "permit_evidence",
    "permits_on",
    "plot_features",
    "prescription_columns",
    "prescription_evidence",
    "prescriptions_on",
    "public_units",
    "register_measure",
    "rules_radius_m",
    "signal_of",
    "uncovered_communes",
    "with_sites",
]
