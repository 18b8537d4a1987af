"""What is public: names of the API, keys of a study, commands, columns of results, entry points.

``python -m tests.public_surface`` writes `tests/golden/public.json` again. It refuses while the
changelog, under Unreleased, does not name each thing that was removed or changed: who uses it must
learn how to go on.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from pathlib import Path
from typing import Any

import typer

import foncier as fo
from foncier import schemas
from foncier.cli import app
from foncier.results.layers import KEYS
from foncier.study.config import Study

ROOT = Path(__file__).parents[1]
GOLDEN = Path(__file__).parent / "golden" / "public.json"


def signature(value: Any) -> str:
    """Parameters and their defaults; annotations say less than the docstring and vary more."""
    words = ", ".join(
        str(one.replace(annotation=one.empty))
        for one in inspect.signature(value).parameters.values()
    )
    return re.sub(r"<function (\w+) at 0x\w+>", r"\1", words)


def api() -> dict[str, str]:
    """Functions and classes of `foncier`, and the public members of the classes."""
    found: dict[str, str] = {}
    for name in fo.__all__:
        value = getattr(fo, name)
        if inspect.isclass(value):
            members = {
                f"{name}.{key}": signature(one) if inspect.isfunction(one) else "property"
                for key, one in vars(value).items()
                if not key.startswith("_")
                and (inspect.isfunction(one) or isinstance(one, property))
            }
            found |= {name: signature(value), **members}
        elif callable(value):
            found[name] = signature(value)
    return found


def study_keys() -> dict[str, str]:
    """Keys of ``study.toml`` and the type of their values."""
    schema = Study.model_json_schema(by_alias=True)
    models = {"": schema, **schema.get("$defs", {})}
    return {
        f"{model}.{key}" if model else key: str(field.get("type", "")) or "choice"
        for model, described in models.items()
        for key, field in described.get("properties", {}).items()
    }


def commands() -> dict[str, str]:
    """Commands and their options."""
    group: Any = typer.main.get_command(app)
    return {
        name: " ".join(sorted(option for one in command.params for option in one.opts))
        for name, command in group.commands.items()
    }


def columns() -> dict[str, str]:
    """Columns of the tables of a result, with their unit."""
    tables = {
        name: value for name, value in vars(schemas).items() if isinstance(value, schemas.Table)
    }
    return {
        f"{table.name}.{column.name}": f"{column.kind} {column.unit or ''}".strip()
        for table in tables.values()
        for column in table.columns
    }


def surface() -> dict[str, dict[str, str]]:
    """All that is public, by part, in alphabetical order."""
    parts = {
        "api": api(),
        "study.toml": study_keys(),
        "commands": commands(),
        "columns": columns(),
        "layers": {name: " ".join(key) for name, key in KEYS.items()},
    }
    return {part: dict(sorted(found.items())) for part, found in parts.items()}


def broken(old: dict[str, dict[str, str]], new: dict[str, dict[str, str]]) -> list[str]:
    """What is gone, or is no longer what it was; what is new breaks nobody."""
    return [
        name
        for part, found in old.items()
        for name, value in found.items()
        if new.get(part, {}).get(name) != value
    ]


def unreleased() -> str:
    """The part of the changelog that is not in a version yet."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    return re.split(r"^## ", text, flags=re.MULTILINE)[1]


def main() -> int:
    """Write the file again, unless a change is not in the changelog."""
    if GOLDEN.exists():
        words = unreleased()
        silent = [
            name
            for name in broken(json.loads(GOLDEN.read_text(encoding="utf-8")), surface())
            if f"`{name.split('.')[-1]}`" not in words
        ]
        if silent:
            print("Not in the changelog under Unreleased:", *silent, sep="\n  ")
            return 1
    text = json.dumps(surface(), indent=1, ensure_ascii=False)
    GOLDEN.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
