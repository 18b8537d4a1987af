"""Objects that installed packages add by entry points."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from typing import Any

from foncier.errors import ConfigError


@cache
def load_plugins(group: str) -> tuple[tuple[str, Any], ...]:
    """Load the entry points of a group, sorted by name.

    Parameters
    ----------
    group
        ``foncier.rule_sets``, ``foncier.criteria`` or ``foncier.formats``.

    Raises
    ------
    ConfigError
        A package cannot be imported or lacks the object that it announces.
    """
    entries = sorted(entry_points(group=group), key=lambda entry: entry.name)
    return tuple((entry.name, _load(entry, group)) for entry in entries)


def _load(entry: Any, group: str) -> Any:
    try:
        return entry.load()
    except (ImportError, AttributeError) as fault:
        raise ConfigError(
            "util.plugins.not_importable", name=entry.name, group=group, why=fault
        ) from fault
