"""A study: one folder with a ``study.toml``, read into frozen typed values."""

from foncier.study.baselines import baselines
from foncier.study.model import Study
from foncier.study.reading import load, load_bare, template
from foncier.study.rules import costs, criteria, ledger, profile, profiles, published, targets

__all__ = [
    "Study",
    "baselines",
    "costs",
    "criteria",
    "ledger",
    "load",
    "load_bare",
    "profile",
    "profiles",
    "published",
    "targets",
    "template",
]
