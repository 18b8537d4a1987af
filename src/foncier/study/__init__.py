"""A study: one folder with a ``study.toml``, read into frozen typed values."""

from foncier.study.model import Study
from foncier.study.mutability import effort_rules, given_answers, mutafriches
from foncier.study.reading import load, template
from foncier.study.rules import (
    costs,
    criteria,
    ledger,
    profile,
    profiles,
    projects,
    published,
    targets,
)

__all__ = [
    "Study",
    "costs",
    "criteria",
    "effort_rules",
    "given_answers",
    "ledger",
    "load",
    "mutafriches",
    "profile",
    "profiles",
    "projects",
    "published",
    "targets",
    "template",
]
