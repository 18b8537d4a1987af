"""A study: one folder with a ``study.toml``, read into frozen typed values."""

from foncier.study.baselines import baselines
from foncier.study.model import Study
from foncier.study.mutability import effort_rules, given_answers, mutafriches
from foncier.study.needs import Needs, conditions, load_needs, needs_template
from foncier.study.reading import load, load_bare, template
from foncier.study.rules import (
    costs,
    costs_in_communes,
    criteria,
    ledger,
    profile,
    profiles,
    projects,
    published,
    softness,
    targets,
)

__all__ = [
    "Needs",
    "Study",
    "baselines",
    "conditions",
    "costs",
    "costs_in_communes",
    "criteria",
    "effort_rules",
    "given_answers",
    "ledger",
    "load",
    "load_bare",
    "load_needs",
    "mutafriches",
    "needs_template",
    "profile",
    "profiles",
    "projects",
    "published",
    "softness",
    "targets",
    "template",
]
