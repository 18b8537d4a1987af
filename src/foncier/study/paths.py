"""Paths in the tables of a study, and the environment variables that they may contain."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from foncier.i18n import hide_value

if TYPE_CHECKING:
    from collections.abc import Iterator

VARIABLE = re.compile(r"\$\{(\w+)\}")
PATH_KEYS = ("path", "file", "waypoints_file", "calibration")
NOT_PATHS = ("columns", "constants")  # tables whose keys are names of columns
PROFILE = "rules.profile"  # a path if it ends so
TOML = ".toml"
MIRROR = "fetch.mirror"
RESULT = "constants.result"  # of a list of visits: the GeoPackage that locates them


def expanded(text: str) -> str:
    """Replace each ``${NAME}`` of a path or of a mirror by the value of the environment variable.

    Messages, logs and files then show the variable instead of its value.
    """
    return VARIABLE.sub(_value, text)


def _value(match: re.Match[str]) -> str:
    value = os.environ[match[1]]
    hide_value(value, match[0])
    return value


def is_path(key: str, text: str) -> bool:
    """Tell whether the text of a key of a study is a path.

    Examples
    --------
    >>> is_path("layers.parcels.path", "a.gpkg"), is_path("rules.profile", "foncier")
    (True, False)
    """
    if key == PROFILE:
        return text.endswith(TOML)
    if key.endswith(RESULT):
        return True
    table, _, name = key.rpartition(".")
    return name in PATH_KEYS and table.rpartition(".")[2] not in NOT_PATHS


def texts(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield each text of nested tables with its key: names that are joined by dots."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from texts(item, f"{key}.{name}".strip("."))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts(item, key)
    elif isinstance(value, str):
        yield key, value


def named_paths(tables: Any) -> Iterator[tuple[str, str]]:
    """Yield the paths that the tables of a study name, each with its key."""
    for key, text in texts(tables):
        if is_path(key, text):
            yield key, text
