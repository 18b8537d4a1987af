"""Typed values that packages pass on: layers as read, rule sets, evidence, verdicts, results."""

from foncier.model.availability import AvailabilityRules, Factor, FactorValue, RankOrder
from foncier.model.evidence import Band, Calibration, EvidenceModel, Signal
from foncier.model.land import (
    LandRules,
    MutableRules,
    OwnerRules,
    PermitRules,
    PlanningCode,
    PlanningRules,
)
from foncier.model.layers import Dem, LayerFile, LayerReport, Missing, Note
from foncier.model.result import (
    KIND_LABELS,
    KIND_PLURALS,
    Agreement,
    Background,
    Contact,
    Criterion,
    ResultTables,
    TravelTimeRaster,
    Validation,
)
from foncier.model.rules import (
    Assembly,
    DwellingCapacity,
    Fabric,
    PlotConfidence,
    PlotModel,
    Profile,
    Rule,
)
from foncier.model.verdicts import PARTIAL, VERDICTS, VISIT_VERDICTS, Verdict, verdict_codes

__all__ = [
    "KIND_LABELS",
    "KIND_PLURALS",
    "PARTIAL",
    "VERDICTS",
    "VISIT_VERDICTS",
    "Agreement",
    "Assembly",
    "AvailabilityRules",
    "Background",
    "Band",
    "Calibration",
    "Contact",
    "Criterion",
    "Dem",
    "DwellingCapacity",
    "EvidenceModel",
    "Fabric",
    "Factor",
    "FactorValue",
    "LandRules",
    "LayerFile",
    "LayerReport",
    "Missing",
    "MutableRules",
    "Note",
    "OwnerRules",
    "PermitRules",
    "PlanningCode",
    "PlanningRules",
    "PlotConfidence",
    "PlotModel",
    "Profile",
    "RankOrder",
    "ResultTables",
    "Rule",
    "Signal",
    "TravelTimeRaster",
    "Validation",
    "Verdict",
    "verdict_codes",
]
