"""Find, score and map the land and property opportunities of a French commune.

The public names are those of ``__all__``; each is imported when it is first used, so that
``import foncier`` is quick. In the examples of this package ``result`` is that of the
demonstration: ``result = fo.run(fo.demo_study())``.

Examples
--------
>>> import foncier as fo
>>> result.opportunities.loc[0, ["kind", "label"]].tolist()
['friche', 'Ateliers de la Vallée']
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from foncier.api.compare import (
        backtest,
        compare_profiles,
        diff,
        learn,
        match,
        validate,
        what_if,
    )
    from foncier.api.explain import Explanation
    from foncier.api.extend import (
        Measure,
        register_criterion,
        register_format,
        register_measure,
        register_rule_set,
    )
    from foncier.api.layer import Layer
    from foncier.api.result import Result, read_result
    from foncier.api.run import fetch, run
    from foncier.api.study import Study, demo_study, read_study
    from foncier.api.tables import find_infill, travel_times

_MODULES = {
    "Explanation": "explain",
    "Layer": "layer",
    "Measure": "extend",
    "Result": "result",
    "Study": "study",
    "backtest": "compare",
    "learn": "compare",
    "compare_profiles": "compare",
    "demo_study": "study",
    "diff": "compare",
    "fetch": "run",
    "find_infill": "tables",
    "match": "compare",
    "read_result": "result",
    "read_study": "study",
    "register_criterion": "extend",
    "register_format": "extend",
    "register_measure": "extend",
    "register_rule_set": "extend",
    "run": "run",
    "travel_times": "tables",
    "validate": "compare",
    "what_if": "compare",
}
__version__: str

__all__ = [
    "Explanation",
    "Layer",
    "Measure",
    "Result",
    "Study",
    "__version__",
    "backtest",
    "compare_profiles",
    "demo_study",
    "diff",
    "fetch",
    "find_infill",
    "learn",
    "match",
    "read_result",
    "read_study",
    "register_criterion",
    "register_format",
    "register_measure",
    "register_rule_set",
    "run",
    "travel_times",
    "validate",
    "what_if",
]


if not TYPE_CHECKING:  # a type checker knows the names above, and refuses others

    def __getattr__(name: str) -> Any:
        """Import a public name when it is first used (PEP 562)."""
        if name == "__version__":
            from importlib.metadata import version  # noqa: PLC0415 (slow to import)

            return version("foncier")
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"foncier.api.{_MODULES[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    """Public names, imported or not."""
    return sorted({*globals(), *__all__})
