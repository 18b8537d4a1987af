"""Extension by call: measures, rule sets, criteria and file formats of one's own.

An installed package does the same by the entry points ``foncier.measures``, ``foncier.rule_sets``,
``foncier.criteria`` and ``foncier.formats``; a study by its ``study.toml``.
"""

from foncier.detect import Measure, register_measure
from foncier.readers import register_format
from foncier.study import register_criterion, register_rule_set

__all__ = [
    "Measure",
    "register_criterion",
    "register_format",
    "register_measure",
    "register_rule_set",
]
