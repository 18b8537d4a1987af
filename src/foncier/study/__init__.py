"""A study: one folder with a ``study.toml``, read into frozen typed values."""

from foncier.study.config import Study
from foncier.study.mutafriches import effort_rules, given_answers, mutafriches
from foncier.study.reader import fetched_layers, read_bare_study, read_study, template
from foncier.study.requirements import (
    Requirements,
    conditions,
    read_requirements,
    requirements_template,
)
from foncier.study.rulesets import (
    baselines,
    costs,
    costs_in_communes,
    criteria,
    destination_categories,
    evidence_model,
    impedance,
    profile,
    profiles,
    projects,
    published,
)

__all__ = [
    "Requirements",
    "Study",
    "baselines",
    "conditions",
    "costs",
    "costs_in_communes",
    "criteria",
    "destination_categories",
    "effort_rules",
    "evidence_model",
    "fetched_layers",
    "given_answers",
    "impedance",
    "mutafriches",
    "profile",
    "profiles",
    "projects",
    "published",
    "read_bare_study",
    "read_requirements",
    "read_study",
    "requirements_template",
    "template",
]
