"""A study: one folder with a ``study.toml``, read into frozen typed values."""

from foncier.study.availability import availability_rules, rank_order
from foncier.study.calibration import calibrated
from foncier.study.config import Study
from foncier.study.criteria import (
    criteria,
    destination_categories,
    known_criteria,
    measurable_criteria,
    projects,
    register_criterion,
)
from foncier.study.densification import Densification, mutable_rules
from foncier.study.land import land_rules
from foncier.study.mutafriches import effort_rules, mutafriches, study_answers
from foncier.study.names import check_names
from foncier.study.reader import fetched_layers, read_bare_study, read_study, study_files
from foncier.study.requirements import (
    Requirements,
    conditions,
    read_requirements,
    requirements_template,
)
from foncier.study.rulesets import (
    costs,
    costs_in_communes,
    impedance,
    known_profiles,
    profile,
    profiles,
    published,
    register_rule_set,
)
from foncier.study.signals import baselines, evidence_model, least_confidence, signals

__all__ = [
    "Densification",
    "Requirements",
    "Study",
    "availability_rules",
    "baselines",
    "calibrated",
    "check_names",
    "conditions",
    "costs",
    "costs_in_communes",
    "criteria",
    "destination_categories",
    "effort_rules",
    "evidence_model",
    "fetched_layers",
    "impedance",
    "known_criteria",
    "known_profiles",
    "land_rules",
    "least_confidence",
    "measurable_criteria",
    "mutable_rules",
    "mutafriches",
    "profile",
    "profiles",
    "projects",
    "published",
    "rank_order",
    "read_bare_study",
    "read_requirements",
    "read_study",
    "register_criterion",
    "register_rule_set",
    "requirements_template",
    "signals",
    "study_answers",
    "study_files",
]
