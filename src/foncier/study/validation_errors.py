"""Errors of a TOML file: which key, what is wrong, and which keys or values are possible."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

from foncier.errors import ConfigError
from foncier.i18n import Message

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

SHOWN = 5
# Message by type of pydantic's error.
PROBLEMS = {
    "extra_forbidden": "study.validation.unknown_key",
    "missing": "study.validation.missing",
    "string_type": "study.validation.text",
    "float_parsing": "study.validation.number",
    "float_type": "study.validation.number",
    "int_type": "study.validation.integer",
    "int_from_float": "study.validation.integer",
    "bool_type": "study.validation.boolean",
    "dict_type": "study.validation.table",
    "tuple_type": "study.validation.list",
    "date_from_datetime_parsing": "study.validation.date",
    "date_type": "study.validation.date",
    "model_type": "study.validation.table",
    "literal_error": "study.validation.unknown_value",
    "greater_than": "study.validation.too_small",
    "greater_than_equal": "study.validation.too_small",
    "less_than": "study.validation.too_large",
    "less_than_equal": "study.validation.too_large",
    "too_short": "study.validation.too_short",
    "string_pattern_mismatch": "study.validation.pattern",
}
# Fields of the study that no file may set.
NOT_IN_FILE = ("folder", "former_keys", "untrusted", "visits", "statuses")
KEY = "[key]"  # how pydantic locates an error of a key itself


def validation_error(file: Path, faults: ValidationError, model: type[BaseModel]) -> ConfigError:
    """Error of a file: its first five problems, each with the possible keys or values."""
    problems = [_problem(one, model, file) for one in faults.errors()[:SHOWN]]
    return ConfigError("study.validation.file", file=file, problems=JoinedMessages(problems))


class JoinedMessages:
    """Messages separated by semicolons, worded in the language of the message around them."""

    def __init__(self, messages: Iterable[Message]) -> None:
        self.messages = tuple(messages)

    def __localize__(self, lang: Any) -> str:
        """Words in a language."""
        separator = " ; " if lang == "fr" else "; "
        return separator.join(message.__localize__(lang) for message in self.messages)


def _problem(fault: ErrorDetails, model: type[BaseModel], file: Path) -> Message:
    location = [str(part) for part in fault["loc"] if not isinstance(part, int) and part != KEY]
    is_key = fault["type"] == "extra_forbidden" or (bool(location) and fault["loc"][-1] == KEY)
    value = fault.get("input")
    shown = isinstance(value, str | int | float)
    written = location[-1] if is_key else str(value)
    message = Message(
        "study.validation.found" if shown else "study.validation.problem",
        key=".".join(location) or file.name,
        what=_what(fault, is_key=is_key),
        **({"value": repr(value)} if shown else {}),
    )
    known = _possible(fault, model)
    if not known:
        return message
    return Message(
        "study.validation.expected", problem=message, hint=suggestion(written, known), known=known
    )


def _what(fault: ErrorDetails, *, is_key: bool) -> Message | str:
    if is_key:
        return Message(PROBLEMS["extra_forbidden"])
    error = fault.get("ctx", {}).get("error")
    if isinstance(error, ValueError) and error.args and isinstance(error.args[0], Message):
        return error.args[0]
    known = PROBLEMS.get(fault["type"])
    return Message(known) if known else fault["msg"]


def suggestion(name: str, known: Iterable[str]) -> Message | str:
    """Question about the known name that is nearest to an unknown one; empty if none is near.

    Examples
    --------
    >>> suggestion("building", ["parcels", "buildings"])
    Message('study.validation.did_you_mean', name='buildings')
    """
    near = get_close_matches(name, list(known), n=1)
    return Message("study.validation.did_you_mean", name=near[0]) if near else ""


def _possible(fault: ErrorDetails, model: type[BaseModel]) -> list[str]:
    """Keys, or values, that may replace an unknown one; none for other problems."""
    if fault["type"] == "literal_error":
        expected = str(fault["ctx"]["expected"]).replace(" or ", ", ")
        return [word.strip(" '") for word in expected.split(",")]
    if fault["type"] != "extra_forbidden":
        return []
    for part in fault["loc"][:-1]:
        # Keys of a mapping and positions in a list lead to the same model.
        field = _fields(model).get(str(part))
        model = (_model_of(field.annotation) if field else None) or model
    return [name for name in _fields(model) if name not in NOT_IN_FILE]


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    """Fields of a model by the key that a file uses."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _model_of(kind: Any) -> type[BaseModel] | None:
    """Model that a type is, or contains."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind
    models = (_model_of(part) for part in reversed(get_args(kind)))
    return next((one for one in models if one is not None), None)
