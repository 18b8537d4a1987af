"""Read TOML files that a user writes: a study, project requirements, a loop."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from foncier.errors import ConfigError
from foncier.i18n import Message

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 4_000_000
MAX_KEY_PARTS = 50  # parts of a dotted key; a thousand of them take gigabytes to read
KEY_PART = re.compile(r"""\s*["']?[\w-]+["']?\s*""")


def read_toml(path: Path) -> dict[str, Any]:
    """Tables of a TOML file.

    Raises
    ------
    ConfigError
        The file cannot be read, or is not TOML of a plausible size and depth.
    """
    try:
        return tomllib.loads(_text(path))
    except RecursionError as fault:
        why = Message("util.toml.too_nested")
        raise ConfigError("util.toml.not_toml", path=path, why=why) from fault
    except ValueError as fault:
        raise ConfigError("util.toml.not_toml", path=path, why=fault) from fault
    except OSError as fault:
        raise ConfigError("util.toml.not_readable", path=path, why=fault.strerror) from fault


def _text(path: Path) -> str:
    if path.stat().st_size > MAX_BYTES:
        raise ValueError(Message("util.toml.too_large", size_mb=MAX_BYTES // 10**6))
    text = path.read_text(encoding="utf-8")
    if _longest_key(text) > MAX_KEY_PARTS:
        raise ValueError(Message("util.toml.key_too_deep"))
    return text


def _longest_key(text: str) -> int:
    """Largest number of consecutive parts between dots that could be one key."""
    longest = run = 0
    for part in text.split("."):
        run = run + 1 if KEY_PART.fullmatch(part) else 0
        longest = max(longest, run)
    return longest
