"""Pages of the reference that are read from the program: commands, and the file of a study."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from typer.testing import CliRunner

from foncier.cli import app
from foncier.study.config import Study

if TYPE_CHECKING:
    from sphinx.application import Sphinx

# Files of the root that are pages of the site too, with the links between them.
ROOT_FILES = {
    "CONTRIBUTING.md": "contributing.md",
    "CODE_OF_CONDUCT.md": "conduct.md",
    "SECURITY.md": "security.md",
    "CHANGELOG.md": "changelog.md",
}
INTERNAL = ("folder", "former_keys", "untrusted", "visits", "statuses")  # no keys of the file
LANGUAGES = {"fr": "Français", "en": "English"}


def commands_page() -> str:
    """Help of every command, in both languages, as a terminal of 90 columns shows it."""
    os.environ |= {"COLUMNS": "90", "TERMINAL_WIDTH": "90", "NO_COLOR": "1"}
    runner = CliRunner()

    def help_of(lang: str, *words: str) -> str:
        done = runner.invoke(
            app, [*words, "--help"], prog_name="foncier", env={"FONCIER_LANG": lang}
        )
        return done.output.rstrip()

    names = sorted(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    lines = [
        "# Commands",
        "",
        "What `foncier COMMAND --help` prints. Exit codes are in the",
        "[overview](../index.md).",
        "",
    ]
    for words in [[], *[[name] for name in names]]:
        lines += [f"## {' '.join(['foncier', *words])}", "", "::::{tab-set}"]
        for lang, label in LANGUAGES.items():
            lines += [f":::{{tab-item}} {label}", "```text", help_of(lang, *words), "```", ":::"]
        lines += ["::::", ""]
    return "\n".join(lines)


def study_page() -> str:
    """Every key of ``study.toml``, from the model that reads it."""
    schema = Study.model_json_schema(by_alias=True)
    models = schema.get("$defs", {})
    lines = [
        "# The file study.toml",
        "",
        "Read from the model that checks a study. A key that is",
        "not here is an error that names the nearest one.",
        "",
    ]
    for name, field in schema["properties"].items():
        if name in INTERNAL:
            continue
        lines += [f"## `[{name}]`", "", _text(field), ""]
        for model in _models(field, models):
            lines += _table(models[model])
    return "\n".join(lines)


def _models(field: dict[str, Any], models: dict[str, Any]) -> list[str]:
    found = [part.split("/")[-1] for part in _references(field)]
    return [name for name in dict.fromkeys(found) if models[name].get("properties")]


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if "$ref" in value else []
        return own + [one for part in value.values() for one in _references(part)]
    if isinstance(value, list):
        return [one for part in value for one in _references(part)]
    return []


def _table(model: dict[str, Any]) -> list[str]:
    lines = ["| key | value | default | |", "|---|---|---|---|"]
    required = set(model.get("required", ()))
    for key, field in model["properties"].items():
        default = "required" if key in required else _default(field)
        lines.append(f"| `{key}` | {_kind(field)} | {default} | {_text(field)} |")
    return [_text(model), "", *lines, ""]


def _default(field: dict[str, Any]) -> str:
    value = field.get("default")
    return "" if value in (None, {}, [], "") else f"`{json.dumps(value, ensure_ascii=False)}`"


def _kind(field: dict[str, Any]) -> str:
    if "enum" in field or "const" in field:
        return ", ".join(f"`{one}`" for one in field.get("enum", [field.get("const")]))
    if "anyOf" in field:
        kinds = [_kind(one) for one in field["anyOf"] if one.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    if "$ref" in field:
        return f"`{field['$ref'].split('/')[-1]}`"
    if field.get("type") == "array":
        return f"list of {_kind(field.get('items', {}))}"
    return {"object": "table", "string": "text"}.get(
        field.get("type", ""), field.get("type", "any")
    )


def _text(field: dict[str, Any]) -> str:
    """First paragraph of a description, on one line."""
    first = str(field.get("description", "")).split("\n\n")[0]
    return " ".join(first.split()).replace("|", "\\|").replace("``", "`")


def root_page(path: Path) -> str:
    """A file of the root, whose links start in the folder ``project`` of the site."""
    text = path.read_text(encoding="utf-8")
    for name, page in ROOT_FILES.items():
        text = text.replace(f"]({name}", f"]({page}")
    return text.replace("](docs/", "](../")


def write(sphinx: Sphinx) -> None:
    """Write the pages that have changed, before the sources are listed."""
    docs = Path(sphinx.srcdir)
    pages = {"reference/commands.md": commands_page(), "reference/study-file.md": study_page()}
    pages |= {f"project/{page}": root_page(docs.parent / name) for name, page in ROOT_FILES.items()}
    for name, page in pages.items():
        path = docs / name
        if not path.exists() or path.read_text(encoding="utf-8") != page:
            path.write_text(page, encoding="utf-8")


def setup(sphinx: Sphinx) -> dict[str, bool]:
    """Connect the extension."""
    sphinx.connect("builder-inited", write)
    return {"parallel_read_safe": True}
